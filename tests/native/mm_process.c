// SPDX-License-Identifier: GPL-2.0-or-later
/* Memory calls that set the whole process: PR_SET_MM, MDWE, MEMORY_MERGE, personality, membarrier, memfds. */
#include <fcntl.h>
#include <linux/membarrier.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/personality.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include "show.h"

#define PAGE 4096L
#ifndef PR_SET_MDWE
#define PR_SET_MDWE 65
#define PR_GET_MDWE 66
#endif
#ifndef PR_SET_MEMORY_MERGE
#define PR_SET_MEMORY_MERGE 67
#define PR_GET_MEMORY_MERGE 68
#endif
#ifndef MFD_NOEXEC_SEAL
#define MFD_NOEXEC_SEAL 8
#define MFD_EXEC 16
#endif

static char *self;

/* In a child, so that what it sets ends with it. */
#define CHILD(...)                                                                                           \
	do {                                                                                                 \
		int status_;                                                                                 \
		fflush(stdout);                                                                              \
		if (!fork()) {                                                                               \
			__VA_ARGS__;                                                                         \
			fflush(stdout);                                                                      \
			_exit(0);                                                                            \
		}                                                                                            \
		wait(&status_);                                                                              \
		printf("status %x\n", status_);                                                              \
	} while (0)

static void flags_of(const void *p)
{
	unsigned long start, end;
	char line[512];
	int in = 0;
	FILE *f = fopen("/proc/self/smaps", "r");

	while (fgets(line, sizeof(line), f)) {
		if (sscanf(line, "%lx-%lx ", &start, &end) == 2 && strspn(line, "0123456789abcdef") >= 6)
			in = start <= (unsigned long)p && (unsigned long)p < end;
		else if (in && !strncmp(line, "VmFlags:", 8))
			fputs(line, stdout);
	}
	fclose(f);
}

static void all_flags(void)
{
	char line[512];
	FILE *f = fopen("/proc/self/smaps", "r");

	while (fgets(line, sizeof(line), f))
		if (!strncmp(line, "VmFlags:", 8))
			fputs(line, stdout);
	fclose(f);
}

static void *anon(int prot, int flags)
{
	return mmap(NULL, 2 * PAGE, prot, MAP_PRIVATE | MAP_ANONYMOUS | flags, -1, 0);
}

static void deny_write_exec(unsigned long bits)
{
	char *rw = anon(PROT_READ | PROT_WRITE, 0), *rx = anon(PROT_READ | PROT_EXEC, 0);
	int fd = open(self, O_RDONLY);

	SHOW(prctl(PR_GET_MDWE, 0, 0, 0, 0));
	SHOW(prctl(PR_SET_MDWE, bits, 0, 0, 0));
	SHOW(prctl(PR_GET_MDWE, 0, 0, 0, 0));
	SHOW_OK(anon(PROT_WRITE | PROT_EXEC, 0));
	SHOW_OK(anon(PROT_READ | PROT_EXEC, 0));
	SHOW_OK(mmap(NULL, PAGE, PROT_WRITE | PROT_EXEC, MAP_PRIVATE, fd, 0));
	SHOW(mprotect(rw, PAGE, PROT_READ | PROT_EXEC));
	SHOW(mprotect(rw, PAGE, PROT_READ));
	SHOW(mprotect(rx, PAGE, PROT_READ | PROT_EXEC));
	SHOW(mprotect(rx, PAGE, PROT_READ | PROT_WRITE | PROT_EXEC));
	SHOW(mprotect(rx, PAGE, PROT_READ | PROT_WRITE));
	SHOW(prctl(PR_SET_MDWE, bits, 0, 0, 0));
	SHOW(prctl(PR_SET_MDWE, 1, 0, 0, 0));
	SHOW(prctl(PR_SET_MDWE, 3, 0, 0, 0));
	SHOW(prctl(PR_SET_MDWE, 0, 0, 0, 0));
	CHILD(SHOW(prctl(PR_GET_MDWE, 0, 0, 0, 0)));
	fflush(stdout);
	execl(self, self, "mdwe", NULL);
}

static void merging(void)
{
	char *before = anon(PROT_READ | PROT_WRITE, 0), *shared, *dropped;

	SHOW(prctl(PR_GET_MEMORY_MERGE, 0, 0, 0, 0));
	if (prctl(PR_SET_MEMORY_MERGE, 1, 0, 0, 0)) {
		puts(strerrorname_np(errno));
		return;
	}
	SHOW(prctl(PR_GET_MEMORY_MERGE, 0, 0, 0, 0));
	all_flags();
	flags_of(before);
	flags_of(anon(PROT_NONE, 0));
	shared = mmap(NULL, PAGE, PROT_READ, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	dropped = mmap(NULL, PAGE, PROT_READ, 8 | MAP_ANONYMOUS, -1, 0);
	flags_of(shared);
	flags_of(dropped);
	sbrk(40 * PAGE);
	flags_of(sbrk(0) - PAGE);
	SHOW(madvise(before, PAGE, MADV_UNMERGEABLE));
	flags_of(before);
	CHILD(SHOW(prctl(PR_GET_MEMORY_MERGE, 0, 0, 0, 0)); flags_of(before + PAGE));
	CHILD(execl(self, self, "merge", NULL));
	SHOW(prctl(PR_SET_MEMORY_MERGE, 0, 0, 0, 0));
	SHOW(prctl(PR_GET_MEMORY_MERGE, 0, 0, 0, 0));
	all_flags();
}

static void set_mm(void)
{
	struct prctl_mm_map map = {0}, bad;
	unsigned size = 0;
	char *p = anon(PROT_READ | PROT_WRITE, 0);

	for (int opt = -1; opt < 18; opt++) {
		errno = 0;
		printf("PR_SET_MM %d:", opt);
		if (opt == PR_SET_MM_MAP_SIZE || opt == PR_SET_MM_EXE_FILE)
			continue;
		for (int i = 0; i < 5; i++) {
			static const unsigned long value[] = {0, 1, 4096, 1UL << 47, -1UL};

			errno = 0;
			printf(" %d", prctl(PR_SET_MM, opt, value[i], 0, 0));
			printf("/%s", errno ? strerrorname_np(errno) : "");
		}
		errno = 0;
		printf(" %d", prctl(PR_SET_MM, opt, p, 1, 0));
		printf("/%d", errno);
		errno = 0;
		printf(" %d", prctl(PR_SET_MM, opt, p, 0, 1));
		printf("/%d\n", errno);
	}
	SHOW(prctl(PR_SET_MM, PR_SET_MM_MAP_SIZE, &size, 0, 0));
	SHOW(size);
	SHOW(prctl(PR_SET_MM, PR_SET_MM_MAP_SIZE, 8, 0, 0));
	SHOW(prctl(PR_SET_MM, PR_SET_MM_MAP, &map, sizeof(map), 0));
	SHOW(prctl(PR_SET_MM, PR_SET_MM_MAP, &map, sizeof(map) - 8, 0));
	SHOW(prctl(PR_SET_MM, PR_SET_MM_MAP, 8, sizeof(map), 0));
	map.start_code = map.start_data = map.start_brk = map.arg_start = map.env_start = (unsigned long)p;
	map.end_code = map.end_data = map.brk = map.arg_end = map.env_end = map.start_stack = (unsigned long)p + PAGE;
	map.exe_fd = -1;
	SHOW(prctl(PR_SET_MM, PR_SET_MM_MAP, &map, sizeof(map), 0));
	for (unsigned i = 0; i < 11; i++) {
		for (int v = 0; v < 4; v++) {
			bad = map;
			(&bad.start_code)[i] = v == 0 ? 0 : v == 1 ? 1UL << 47 : v == 2 ? (unsigned long)p - 1 : (unsigned long)p + 2 * PAGE;
			errno = 0;
			printf(" %d", prctl(PR_SET_MM, PR_SET_MM_MAP, &bad, sizeof(bad), 0));
			printf("/%d", errno);
		}
		puts("");
	}
	bad = map;
	bad.auxv = (void *)p;
	SHOW(prctl(PR_SET_MM, PR_SET_MM_MAP, &bad, sizeof(bad), 0));
	bad.auxv_size = 32;
	SHOW(prctl(PR_SET_MM, PR_SET_MM_MAP, &bad, sizeof(bad), 0));
	bad.auxv_size = 1 << 20;
	SHOW(prctl(PR_SET_MM, PR_SET_MM_MAP, &bad, sizeof(bad), 0));
	bad = map;
	bad.exe_fd = 999;
	SHOW(prctl(PR_SET_MM, PR_SET_MM_MAP, &bad, sizeof(bad), 0));
	SHOW(prctl(PR_SET_MM, PR_SET_MM_EXE_FILE, 999, 0, 0));
	SHOW(prctl(PR_SET_MM, PR_SET_MM_EXE_FILE, open(self, O_RDONLY), 0, 0));
	SHOW(prctl(PR_SET_MM, PR_SET_MM_EXE_FILE, open("/", O_RDONLY), 0, 0));
}

static void barriers(void)
{
	for (int cmd = -1; cmd < 1 << 11; cmd = cmd < 0 ? 0 : cmd ? cmd << 1 : 1)
		for (int flags = 0; flags < 3; flags++) {
			errno = 0;
			printf("membarrier %x %d = %ld", cmd, flags, syscall(SYS_membarrier, cmd, flags, 0));
			printf(" %d\n", errno);
		}
	SHOW(syscall(SYS_membarrier, 3, 0, 0));
	SHOW(syscall(SYS_membarrier, MEMBARRIER_CMD_PRIVATE_EXPEDITED, 0, 0));
}

static void memfds(void)
{
	char name[300];

	for (unsigned flags = 0; flags < 64; flags++) {
		int fd = syscall(SYS_memfd_create, "m", flags);

		printf("memfd %x: %d %s", flags, fd >= 0, fd < 0 ? strerrorname_np(errno) : "");
		if (fd >= 0) {
			printf(" seals %x cloexec %d size %ld", fcntl(fd, F_GET_SEALS), fcntl(fd, F_GETFD), lseek(fd, 0, SEEK_END));
			close(fd);
		}
		puts("");
	}
	for (unsigned shift = 0; shift < 64; shift++) {
		errno = 0;
		int fd = syscall(SYS_memfd_create, "m", 4 | shift << 26), err = errno;
		char *p = fd < 0 ? MAP_FAILED : mmap(NULL, 2 << 20, PROT_READ, MAP_SHARED, fd, 0);

		printf("huge %u: %d %s", shift, fd >= 0, err ? strerrorname_np(err) : "");
		printf(" %d %s\n", p != MAP_FAILED, fd >= 0 && p == MAP_FAILED ? strerrorname_np(errno) : "");
		if (fd >= 0)
			close(fd);
	}
	memset(name, 'n', sizeof(name));
	for (int len = 245; len < 256; len++) {
		name[len] = '\0';
		errno = 0;
		printf("name of %d: %d\n", len, syscall(SYS_memfd_create, name, 0) >= 0 ? 0 : errno);
		name[len] = 'n';
	}
	SHOW(syscall(SYS_memfd_create, 8, 0));
	SHOW(syscall(SYS_memfd_create, "m", 1UL << 40) >= 0);
	SHOW(syscall(SYS_memfd_create, "m", 1UL << 31));
}

int main(int argc, char **argv)
{
	self = argv[0];
	setvbuf(stdout, NULL, _IOFBF, 1 << 16);
	if (argc > 1) {
		if (!strcmp(argv[1], "mdwe"))
			SHOW(prctl(PR_GET_MDWE, 0, 0, 0, 0));
		else if (!strcmp(argv[1], "merge"))
			SHOW(prctl(PR_GET_MEMORY_MERGE, 0, 0, 0, 0));
		return 0;
	}
	for (int bits = 0; bits < 5; bits++)
		SHOW(bits == 1 || bits == 3 ? 0 : prctl(PR_SET_MDWE, bits, 0, 0, 0));
	SHOW(prctl(PR_SET_MDWE, 1, 1, 0, 0));
	SHOW(prctl(PR_GET_MDWE, 1, 0, 0, 0));
	SHOW(prctl(PR_SET_MEMORY_MERGE, 1, 1, 0, 0));
	SHOW(prctl(PR_GET_MEMORY_MERGE, 0, 0, 1, 0));
	CHILD(deny_write_exec(1));
	CHILD(deny_write_exec(3));
	CHILD(merging());
	CHILD(set_mm());
	CHILD(barriers());
	memfds();
	return 0;
}
