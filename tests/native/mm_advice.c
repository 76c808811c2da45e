// SPDX-License-Identifier: GPL-2.0-or-later
/* madvise and process_madvise with every number on every kind of area: result, VmFlags and shape afterwards. */
#include <fcntl.h>
#include <stdlib.h>
#include <sys/auxv.h>
#include <sys/mman.h>
#include <sys/shm.h>
#include <sys/uio.h>
#include "show.h"

#define PAGE 4096L
#define LEN  (3 * PAGE)
#ifndef MAP_DROPPABLE
#define MAP_DROPPABLE 8
#endif

static char *place;
static int disk, disk_ro, memfd, shmid, pidfd;

enum kind {
	ANON, UNTOUCHED, SHARED_ANON, PRIVATE_RO, PRIVATE_RW, SHARED_RO, SHARED_ROFD, SHARED_RW, MEMFD_SHARED, MEMFD_PRIVATE,
	DEV_ZERO, LOCKED, LOCKED_ONFAULT, GROWSDOWN, DROPPABLE, NONE, WRITE_ONLY, STACK, NORESERVE, SYSV, WITH_HOLE,
	SEALED_NOTHING, NR_KINDS
};

static const char *const names[] = {
	"anon", "untouched", "shared anon", "private ro", "private rw", "shared ro", "shared of read-only file", "shared rw",
	"memfd shared", "memfd private", "dev zero", "locked", "locked on fault", "growsdown", "droppable", "none",
	"write only", "stack", "noreserve", "sysv", "with hole", "private exec",
};

static char *make(enum kind kind)
{
	int prot = PROT_READ | PROT_WRITE, flags = MAP_PRIVATE | MAP_FIXED, fd = -1, zero = -1;
	char *p;

	munmap(place, 16 * PAGE);
	switch (kind) {
	case SHARED_ANON:
		flags = MAP_SHARED | MAP_FIXED;
		break;
	case PRIVATE_RO:
		prot = PROT_READ;
		fd = disk_ro;
		break;
	case PRIVATE_RW:
		fd = disk;
		break;
	case SHARED_RO:
	case SHARED_ROFD:
		prot = PROT_READ;
		fd = kind == SHARED_RO ? disk : disk_ro;
		flags = MAP_SHARED | MAP_FIXED;
		break;
	case SHARED_RW:
		fd = disk;
		flags = MAP_SHARED | MAP_FIXED;
		break;
	case MEMFD_SHARED:
		fd = memfd;
		flags = MAP_SHARED | MAP_FIXED;
		break;
	case MEMFD_PRIVATE:
		fd = memfd;
		break;
	case DEV_ZERO:
		fd = zero = open("/dev/zero", O_RDWR);
		break;
	case GROWSDOWN:
		flags |= MAP_GROWSDOWN;
		break;
	case DROPPABLE:
		flags = MAP_DROPPABLE | MAP_FIXED;
		break;
	case NONE:
		prot = PROT_NONE;
		break;
	case WRITE_ONLY:
		prot = PROT_WRITE;
		break;
	case STACK:
		flags |= MAP_STACK;
		break;
	case NORESERVE:
		flags |= MAP_NORESERVE;
		break;
	case SEALED_NOTHING:
		prot |= PROT_EXEC;
		break;
	case SYSV:
		p = shmat(shmid, place + PAGE, 0);
		p[0] = p[PAGE] = 1;
		return p;
	default:
		break;
	}
	p = mmap(place + PAGE, LEN, prot, flags | (fd < 0 ? MAP_ANONYMOUS : 0), fd, 0);
	if (zero >= 0)
		close(zero);
	if (p == MAP_FAILED) {
		show_result(names[kind], -1);
		return NULL;
	}
	if (kind != UNTOUCHED && prot & PROT_WRITE)
		p[0] = p[PAGE] = 1;
	else if (prot & PROT_READ && kind != UNTOUCHED)
		(void)*(volatile char *)(p + PAGE);
	if (kind == LOCKED)
		mlock(p, LEN);
	if (kind == LOCKED_ONFAULT)
		mlock2(p, LEN, MLOCK_ONFAULT);
	if (kind == WITH_HOLE)
		munmap(p + PAGE, PAGE);
	return p;
}

/* VmFlags of the areas there, and their sizes. */
static void shape(char *text, size_t size)
{
	unsigned long start, end;
	char line[512];
	int in = 0;
	FILE *f = fopen("/proc/self/smaps", "r");

	text[0] = '\0';
	while (fgets(line, sizeof(line), f)) {
		size_t n = strlen(text);

		if (sscanf(line, "%lx-%lx ", &start, &end) == 2 && strspn(line, "0123456789abcdef") >= 6) {
			in = (char *)start < place + 16 * PAGE && (char *)end > place;
			if (in)
				snprintf(text + n, size - n, " [%ld", (end - start) / PAGE);
		} else if (in && (!strncmp(line, "Rss:", 4) || !strncmp(line, "Locked:", 7))) {
			snprintf(text + n, size - n, " %d", atoi(strchr(line, ':') + 1));
		} else if (in && !strncmp(line, "VmFlags:", 8)) {
			line[strcspn(line, "\n")] = '\0';
			snprintf(text + n, size - n, "%s]", line + 8);
		}
	}
	fclose(f);
}

static void advise(enum kind kind, int advice, int by_pidfd)
{
	char *p = make(kind), text[1024];
	long ret;

	if (!p)
		return;
	errno = 0;
	if (by_pidfd) {
		struct iovec iov = {kind == WITH_HOLE ? p : p + PAGE, kind == WITH_HOLE ? LEN : PAGE};

		ret = syscall(SYS_process_madvise, pidfd, &iov, 1, advice, 0);
	} else if (kind == WITH_HOLE) {
		ret = madvise(p, LEN, advice);
	} else {
		ret = madvise(p + PAGE, PAGE, advice);
	}
	printf("%s%s %d = %ld %s", by_pidfd ? "process " : "", names[kind], advice, ret,
	       ret < 0 ? strerrorname_np(errno) : "");
	shape(text, sizeof(text));
	puts(text);
}

static int wanted(int advice)
{
	/* These would take the machine's memory away. */
	return advice != 100 && advice != 101;
}

static void special(void)
{
	char *vdso = (char *)getauxval(AT_SYSINFO_EHDR);

	/* Not what would change this program's own [vdso] for good. */
	for (int advice = 0; advice <= 110; advice++) {
		if (!wanted(advice) || advice == 4 || advice == 9 || advice == 24 || advice == 21)
			continue;
		errno = 0;
		long ret = madvise(vdso, PAGE, advice), err = errno;
		printf("vdso %d = %ld %s;", advice, ret, ret < 0 ? strerrorname_np(err) : "");
		errno = 0;
		ret = madvise(vdso - 2 * PAGE, PAGE, advice), err = errno;
		printf(" vvar = %ld %s\n", ret, ret < 0 ? strerrorname_np(err) : "");
	}
}

static void arguments(void)
{
	struct iovec iov[3];
	char *p;

	for (int advice = 0; advice <= 30; advice++) {
		p = make(ANON);
		printf("%d:", advice);
		printf(" %ld", (long)madvise(p + 1, PAGE, advice));
		printf(" %ld", (long)madvise(p, 0, advice));
		printf(" %ld", (long)madvise(p, 1, advice));
		printf(" %ld", (long)madvise(p, -1UL, advice));
		printf(" %ld", (long)madvise(p, -PAGE, advice));
		printf(" %ld", (long)madvise((void *)-PAGE, PAGE, advice));
		printf(" %ld", (long)madvise((void *)0x7ffffffff000, PAGE, advice));
		printf(" %ld", (long)madvise((void *)(1UL << 47), 0, advice));
		printf(" %ld %d\n", (long)madvise(place, PAGE, advice), errno);
	}
	p = make(ANON);
	iov[0] = (struct iovec){p, PAGE};
	iov[1] = (struct iovec){p + PAGE, 0};
	iov[2] = (struct iovec){p + PAGE, PAGE};
	SHOW(syscall(SYS_process_madvise, pidfd, iov, 3, MADV_COLD, 0));
	SHOW(syscall(SYS_process_madvise, pidfd, iov, 3, MADV_DONTNEED, 0));
	SHOW(syscall(SYS_process_madvise, pidfd, iov, 3, MADV_COLD, 1));
	SHOW(syscall(SYS_process_madvise, pidfd, iov, -1, MADV_COLD, 0));
	SHOW(syscall(SYS_process_madvise, pidfd, iov, 1025, MADV_COLD, 0));
	SHOW(syscall(SYS_process_madvise, pidfd, iov, 0, MADV_COLD, 0));
	SHOW(syscall(SYS_process_madvise, pidfd, iov, 0, 999, 0));
	SHOW(syscall(SYS_process_madvise, pidfd, (void *)8, 1, MADV_COLD, 0));
	SHOW(syscall(SYS_process_madvise, -1, iov, 3, MADV_COLD, 0));
	SHOW(syscall(SYS_process_madvise, 0, iov, 3, MADV_COLD, 0));
	SHOW(syscall(SYS_process_madvise, -10000, iov, 3, MADV_COLD, 0));
	iov[1] = (struct iovec){place, PAGE};
	SHOW(syscall(SYS_process_madvise, pidfd, iov, 3, MADV_COLD, 0));
	SHOW(syscall(SYS_process_madvise, pidfd, iov, 3, MADV_DONTNEED, 0));
	iov[1] = (struct iovec){p + 1, PAGE};
	SHOW(syscall(SYS_process_madvise, pidfd, iov, 3, MADV_COLD, 0));
	iov[0] = (struct iovec){place, PAGE};
	SHOW(syscall(SYS_process_madvise, pidfd, iov, 3, MADV_COLD, 0));
	SHOW(syscall(SYS_process_madvise, pidfd, iov, 3, MADV_WILLNEED, 0));
	SHOW(syscall(SYS_process_madvise, pidfd, iov, 3, MADV_POPULATE_READ, 0));
	iov[0] = (struct iovec){p, -1UL};
	SHOW(syscall(SYS_process_madvise, pidfd, iov, 3, MADV_COLD, 0));
	iov[0] = (struct iovec){(void *)(1UL << 60), PAGE};
	SHOW(syscall(SYS_process_madvise, pidfd, iov, 3, MADV_COLD, 0));
}

int main(void)
{
	static const int process[] = {0, 1, 3, 4, 8, 9, 10, 14, 15, 18, 20, 21, 22, 23, 24, 25, 99, 102, 103};
	char page[4096] = "x";

	setvbuf(stdout, NULL, _IOFBF, 1 << 16);
	disk = open("file", O_RDWR | O_CREAT, 0600);
	disk_ro = open("file", O_RDONLY);
	memfd = memfd_create("m", 0);
	for (int i = 0; i < 3; i++) {
		write(disk, page, sizeof(page));
		write(memfd, page, sizeof(page));
	}
	fsync(disk);
	shmid = shmget(IPC_PRIVATE, LEN, 0600);
	pidfd = syscall(SYS_pidfd_open, getpid(), 0);
	place = mmap(NULL, 16 * PAGE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	for (int kind = 0; kind < NR_KINDS; kind++)
		for (int advice = -1; advice <= 105; advice++) {
			/* What of a file's pages leaves the page cache is another matter. */
			if (!wanted(advice) || (advice > 26 && advice < 99) ||
			    (advice == MADV_PAGEOUT && kind >= PRIVATE_RO && kind <= SHARED_RW))
				continue;
			advise(kind, advice, 0);
		}
	for (unsigned i = 0; i < sizeof(process) / sizeof(process[0]); i++) {
		advise(ANON, process[i], 1);
		advise(WITH_HOLE, process[i], 1);
	}
	special();
	arguments();
	shmctl(shmid, IPC_RMID, NULL);
	return 0;
}
