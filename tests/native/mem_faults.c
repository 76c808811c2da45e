// SPDX-License-Identifier: GPL-2.0-or-later
/* Faults of reading and writing one's own memory through /proc/self/mem, in a forked child, pages met twice included. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#define PAGE 4096L
#define PAGES 64

static char buf[3 * PAGE];
static volatile char *p;

static long faults(void)
{
	struct rusage ru;

	getrusage(RUSAGE_SELF, &ru);
	return ru.ru_minflt;
}

static void transfer(int fd, int write, long page, size_t len)
{
	long before = faults();
	ssize_t n = write ? pwrite(fd, buf, len, (long)p + page * PAGE + 0xcaa)
			  : pread(fd, buf, len, (long)p + page * PAGE + 0xcaa);
	long after = faults();

	printf("%s %ld: %zd, faults %ld\n", write ? "write" : "read", page, n, after - before);
}

int main(void)
{
	// Untouched, stored to, read, read-only.
	static const long written[] = {0, 4, 16, 20, 32, 36, 56, 24, 40}, read_[] = {8, 24, 40, 60};
	int fd;

	p = mmap(NULL, PAGES * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	madvise((void *)p, PAGES * PAGE, MADV_NOHUGEPAGE);
	for (int i = 16; i < 32; i++)
		p[i * PAGE] = 1;
	for (int i = 32; i < 48; i++)
		(void)p[i * PAGE];
	printf("start\n");
	fflush(stdout);
	if (!fork()) {
		memset(buf, 2, sizeof(buf));
		fd = open("/proc/self/mem", O_RDWR);
		mprotect((void *)(p + 56 * PAGE), 8 * PAGE, PROT_READ);
		for (unsigned i = 0; i < sizeof(written) / sizeof(*written); i++)
			transfer(fd, 1, written[i], i & 1 ? 100 : 0x2e9b);
		for (unsigned i = 0; i < sizeof(read_) / sizeof(*read_); i++)
			transfer(fd, 0, read_[i], 0x2e9b);
		fflush(stdout);
		_exit(0);
	}
	wait(NULL);
	return 0;
}
