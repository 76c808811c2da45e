// SPDX-License-Identifier: GPL-2.0-or-later
/* memfd_secret: a file without reading and writing, whose pages are locked and which no get_user_pages() can have. */
#include <fcntl.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <sys/vfs.h>
#include <sys/wait.h>
#include "show.h"

#ifndef SYS_memfd_secret
#define SYS_memfd_secret 447
#endif

static char buf[4096];

static void *map(int prot, int flags, int fd, long off)
{
	void *p = mmap(NULL, 8192, prot, flags, fd, off);

	printf("mmap %d %x: %s\n", prot, flags, p == MAP_FAILED ? strerrorname_np(errno) : "there");
	return p;
}

/* smaps of what is mapped of such files: all that is not zero. */
static void areas(void)
{
	FILE *f = fopen("/proc/self/smaps", "r");
	char line[512];
	unsigned long start, end;
	int on = 0, at;

	while (fgets(line, sizeof(line), f)) {
		if (sscanf(line, "%lx-%lx%n", &start, &end, &at) == 2) {
			on = strstr(line, " /secretmem") != NULL;
			if (on)
				printf("%lu kB%.15s %s", (end - start) >> 10, line + at, strrchr(line, '/'));
		} else if (on && !strstr(line, " 0 kB")) {
			fputs(line, stdout);
		}
	}
	fclose(f);
	f = fopen("/proc/self/status", "r");
	while (fgets(line, sizeof(line), f))
		if (!strncmp(line, "VmLck", 5) || !strncmp(line, "RssS", 4))
			fputs(line, stdout);
	fclose(f);
}

static void as_file(int fd)
{
	struct statfs fs;
	struct stat st;

	SHOW(syscall(SYS_memfd_secret, 1));
	SHOW(lseek(fd, 0, SEEK_CUR));
	SHOW(read(fd, buf, 10));
	SHOW(write(fd, buf, 10));
	SHOW(pread(fd, buf, 1, 0));
	SHOW(fallocate(fd, 0, 0, 4096));
	SHOW(fcntl(fd, F_GETFL));
	SHOW(fcntl(fd, F_GET_SEALS));
	SHOW(ftruncate(fd, 16384));
	SHOW(ftruncate(fd, 32768));
	SHOW(ftruncate(fd, 0));
	SHOW(fstat(fd, &st));
	SHOW(fstatfs(fd, &fs));
	printf("%o, %ld bytes, type %lx\n", st.st_mode, (long)st.st_size, (long)fs.f_type);
}

static void advice(char *p)
{
	static const int all[] = {0, 1, 2, 3, 4, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 102, 103};

	for (unsigned i = 0; i < sizeof(all) / sizeof(*all); i++) {
		errno = 0;
		printf("advice %d: %d %d\n", all[i], madvise(p, 4096, all[i]), errno);
	}
}

static void from_outside(char *p)
{
	struct iovec here = {buf, 8}, there = {p, 8};
	int mem = open("/proc/self/mem", O_RDWR), direct, ends[2];

	SHOW(pread(mem, buf, 8, (long)p));
	SHOW(pwrite(mem, buf, 8, (long)p));
	SHOW(process_vm_readv(getpid(), &here, 1, &there, 1, 0));
	SHOW(process_vm_writev(getpid(), &here, 1, &there, 1, 0));
	pipe(ends);
	SHOW(vmsplice(ends[1], &there, 1, 0));
	SHOW(write(ends[1], p, 8));
	SHOW(read(ends[0], p, 8));
	direct = open(".", O_TMPFILE | O_RDWR | O_DIRECT, 0600);
	if (direct >= 0)
		SHOW(write(direct, p, 4096));
	SHOW(syscall(SYS_futex, p + 64, 1, 1, 0, 0, 0));
	SHOW(syscall(SYS_futex, p + 64, 1 | 128, 1, 0, 0, 0));
}

static void locks(char *p)
{
	unsigned char vec[2] = {0, 0};

	SHOW(mlock(p, 4096));
	SHOW(munlock(p, 4096));
	SHOW(syscall(SYS_mlock2, p, 4096, 1));
	SHOW(mlockall(MCL_CURRENT));
	SHOW(munlockall());
	SHOW(mprotect(p, 4096, 7));
	SHOW(mprotect(p, 4096, 1));
	SHOW(mprotect(p, 4096, 3));
	SHOW(msync(p, 4096, MS_SYNC));
	SHOW(msync(p, 4096, MS_ASYNC));
	SHOW(msync(p, 4096, MS_INVALIDATE));
	SHOW(mincore(p, 8192, vec));
	printf("in core: %d %d\n", vec[0], vec[1]);
}

static void limited(int fd)
{
	struct rlimit few = {4096, 4096};
	char *old;

	setrlimit(RLIMIT_MEMLOCK, &few);
	if (setuid(65534))
		return;
	/* What was there has gone when the file refuses. */
	old = mmap(NULL, 8192, 3, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	SHOW(mmap(old, 8192, 3, MAP_SHARED | MAP_FIXED, fd, 0) == MAP_FAILED);
	SHOW(msync(old, 8192, MS_ASYNC));
	map(3, MAP_SHARED, fd, 0);
}

int main(void)
{
	int fd = syscall(SYS_memfd_secret, O_CLOEXEC), pid, status;
	char *p, *q, *r;

	setvbuf(stdout, NULL, _IONBF, 0);
	if (fd < 0 && errno == ENOSYS)
		return puts("this kernel has none"), 0;
	as_file(fd);
	map(3, MAP_PRIVATE, fd, 0);
	map(5, MAP_SHARED, fd, 0);
	p = map(3, MAP_SHARED, fd, 0);
	q = map(1, MAP_SHARED | MAP_POPULATE, fd, 4096);
	r = map(3, MAP_SHARED | MAP_LOCKED, fd, 8192);
	areas();
	strcpy(p + 4096, "hidden, and shared");
	printf("%s\n", q);
	SHOW(mremap(r, 8192, 16384, MREMAP_MAYMOVE) == MAP_FAILED);
	areas();
	advice(p);
	locks(p);
	from_outside(p);
	/* Where the two meet they are one area, if flags agree. */
	mmap(q, 8192, 3, MAP_SHARED | MAP_FIXED, fd, 4096);
	mmap(q + 4096, 4096, 3, MAP_SHARED | MAP_FIXED, fd, 8192);
	areas();
	pid = fork();
	if (!pid) {
		areas();
		strcpy(p + 4096, "written by the child");
		SHOW(madvise(p, 4096, MADV_DONTNEED));
		SHOW(madvise(p, 4096, MADV_REMOVE));
		SHOW(madvise(p, 4096, MADV_PAGEOUT));
		limited(fd);
		exit(0);
	}
	waitpid(pid, &status, 0);
	printf("%x %s\n", status, q);
	pid = fork();
	if (!pid) {
		ftruncate(fd = syscall(SYS_memfd_secret, 0), 4096);
		p = mmap(NULL, 8192, 3, MAP_SHARED, fd, 0);
		p[4095] = 1;
		puts("the last byte");
		p[4096] = 1;
	}
	waitpid(pid, &status, 0);
	printf("past the end: %x\n", status);
	return 0;
}
