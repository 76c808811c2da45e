// SPDX-License-Identifier: GPL-2.0-or-later
/* What is asked first when several things are wrong: huge pages that are not to be had, devices, pages taken from the guest. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/uio.h>
#include "show.h"

#define HUGE 0x40000
#define P    MAP_PRIVATE
#define A    MAP_ANONYMOUS
#define RW   (PROT_READ | PROT_WRITE)
#define BOTH MAP_FIXED_NOREPLACE
#define DROPPABLE 8
#define MAP(...)                                                                                                     \
	do {                                                                                                         \
		errno = 0;                                                                                           \
		void *p_ = mmap(__VA_ARGS__);                                                                        \
		printf("mmap %s: %s\n", #__VA_ARGS__, p_ == MAP_FAILED ? strerrorname_np(errno) : "ok");           \
		if (p_ != MAP_FAILED)                                                                                \
			munmap(p_, 4096);                                                                            \
	} while (0)

static char *place = (char *)0x20000000;

static void shape(void)
{
	char line[256];
	FILE *f = fopen("/proc/self/maps", "r");

	while (fgets(line, sizeof(line), f))
		if (!strncmp(line, "20", 2))
			fputs(line, stdout);
	fclose(f);
}

static void huge(void)
{
	int fd = memfd_create("huge", MFD_HUGETLB);

	MAP(0, 4096, RW, P | A | HUGE, -1, 0);
	MAP(0, 0, RW, P | A | HUGE, -1, 0);
	MAP(0, 4096, RW, A | HUGE, -1, 0);
	MAP(0, 4096, RW, MAP_SHARED_VALIDATE | A | HUGE, -1, 0);
	MAP(0, 4096, RW, MAP_SHARED_VALIDATE | A, -1, 0);
	MAP(0, 4096, RW, DROPPABLE | A | HUGE, -1, 0);
	MAP(0, 1L << 47, RW, P | A | HUGE, -1, 0);
	MAP(0, -1L, RW, P | A | HUGE, -1, 0);
	MAP(0, 4096, RW, P | A | HUGE | 22 << 26, -1, 0);
	MAP(0, 4096, RW, P | A | 22 << 26, -1, 0);
	MAP(0, 4096, RW, P | A | HUGE | MAP_GROWSDOWN, -1, 0);
	MAP(0, 64 << 20, RW, P | A | HUGE | MAP_LOCKED, -1, 0);
	MAP(0, 4096, RW, P | A | HUGE, -1, 4096);
	mmap(place, 8 << 20, RW, P | A | MAP_FIXED, -1, 0);
	MAP(place + 0x1000, 4096, RW, P | A | HUGE | MAP_FIXED, -1, 0);
	MAP(place + 0x200000, 4096, RW, P | A | HUGE | BOTH, -1, 0);
	MAP(place + 0x201000, 4096, RW, P | A | HUGE | BOTH, -1, 0);
	shape();
	/* What was there is gone when the huge pages are looked for. */
	MAP(place + 0x200000, 4096, RW, P | A | HUGE | MAP_FIXED, -1, 0);
	shape();
	ftruncate(fd, 4 << 20);
	MAP(0, 4096, RW, MAP_SHARED, fd, 0);
	MAP(0, 4096, RW, MAP_SHARED, fd, 4096);
	MAP(0, 4096, RW, P, fd, 2 << 20);
	MAP(0, 0, RW, P, fd, 0);
	MAP(0, 4096, RW, MAP_SHARED_VALIDATE | MAP_SYNC, fd, 0);
	MAP(0, 4096, RW, P | MAP_GROWSDOWN, fd, 0);
	MAP(0, 4096, RW, P | HUGE, fd, 0);
	MAP(place + 0x601000, 4096, RW, P | MAP_FIXED, fd, 0);
	MAP(place + 0x600000, 4096, RW, P | MAP_FIXED, fd, 0);
	shape();
	close(fd);
}

static void devices(void)
{
	int null = open("/dev/null", O_RDWR), zero = open("/dev/zero", O_RDWR), dir = open("/", O_RDONLY);

	MAP(0, 4096, RW, MAP_SHARED, null, 0);
	MAP(0, 4096, RW, P | MAP_GROWSDOWN, null, 0);
	MAP(0, 4096, RW, MAP_SHARED_VALIDATE | MAP_GROWSDOWN, null, 0);
	MAP(0, 4096, RW, P | MAP_GROWSDOWN, zero, 0);
	MAP(0, 4096, PROT_READ, P | MAP_GROWSDOWN, dir, 0);
	close(null);
	close(zero);
	close(dir);
}

/* get_user_pages_fast(): what is there needs no permission to be read by name; what is not does. */
static void taken(void)
{
	int pipes[2], i;

	if (pipe(pipes))
		return;
	for (i = 0; i < 8; i++) {
		char *p = mmap(NULL, 8192, i & 1 ? PROT_WRITE : RW, (i & 4 ? MAP_SHARED : P) | A, -1, 0);
		struct iovec iov = {p, 8192};

		if (i & 2)
			*p = 1;
		if (!(i & 1))
			mprotect(p, 8192, PROT_WRITE);
		printf("%d ", i);
		SHOW(vmsplice(pipes[1], &iov, 1, 0));
	}
	char *zero = mmap(NULL, 8192, PROT_READ, P | A, -1, 0);
	struct iovec zeros = {zero, 10};

	*(volatile char *)zero;
	mprotect(zero, 8192, PROT_WRITE);
	SHOW(vmsplice(pipes[1], &zeros, 1, 0));
	zeros.iov_base = NULL;
	SHOW(vmsplice(pipes[1], &zeros, 1, SPLICE_F_NONBLOCK));
	char *stack = mmap(place, 8192, RW, P | A | MAP_FIXED | MAP_GROWSDOWN, -1, 0), *none = stack + 4096;
	struct iovec below = {stack - 100, 200}, at = {none, 10};

	SHOW(vmsplice(pipes[1], &below, 1, 0));
	*none = 1;
	mprotect(none, 4096, PROT_NONE);
	SHOW(vmsplice(pipes[1], &at, 1, 0));
}

int main(void)
{
	FILE *f = fopen("/proc/sys/vm/nr_hugepages", "r");
	long pool = 1;

	if (!f || fscanf(f, "%ld", &pool) != 1 || pool)
		puts("huge pages: skipped, the host has some");
	else
		huge();
	devices();
	taken();
	if (setuid(65534))
		return 1;
	/* Not every kernel has them; who has refuses. */
	for (int advice = 100; advice < 102; advice++) {
		SHOW(madvise(place, 0, advice));
		SHOW(madvise(place, 4096, advice));
		SHOW(madvise(place + 1, 4096, advice));
	}
	return 0;
}
