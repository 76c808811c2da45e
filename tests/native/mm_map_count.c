// SPDX-License-Identifier: GPL-2.0-or-later
/* At vm.max_map_count: what still works and what does not. */
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include "show.h"

#define PAGE 4096L
#define AT   ((char *)0x100000000)
#define ANON (MAP_PRIVATE | MAP_ANONYMOUS)

/* Lines of /proc/self/maps without [vsyscall], which is no area. */
static int count_maps(void)
{
	static char buf[65536];
	int fd = open("/proc/self/maps", O_RDONLY), lines = 0;
	ssize_t n;

	while ((n = read(fd, buf, sizeof(buf))) > 0)
		while (n--)
			lines += buf[n] == '\n';
	close(fd);
	return lines - 1;
}

int main(void)
{
	char *big = mmap((char *)0x80000000, 16 * PAGE, PROT_READ | PROT_WRITE, ANON | MAP_FIXED, -1, 0);
	char *other = mmap((char *)0x90000000, 16 * PAGE, PROT_READ, ANON | MAP_FIXED, -1, 0), *p;
	long i;

	setvbuf(stdout, malloc(65536), _IOFBF, 65536);
	for (i = 0;; i++)
		if (mmap(AT + i * 2 * PAGE, PAGE, PROT_READ, ANON | MAP_FIXED, -1, 0) == MAP_FAILED)
			break;
	printf("made %ld, areas %d\n", i, count_maps());
	SHOW(mprotect(big + PAGE, PAGE, PROT_READ));
	SHOW(mprotect(big, PAGE, PROT_READ));
	SHOW(munmap(big + PAGE, PAGE));
	SHOW(munmap(big, PAGE));
	SHOW(munmap(big + 15 * PAGE, PAGE));
	printf("areas %d\n", count_maps());
	SHOW(madvise(big + 4 * PAGE, PAGE, MADV_DONTFORK));
	SHOW(mlock(big + 4 * PAGE, PAGE));
	SHOW(mlock(big + PAGE, 14 * PAGE));
	SHOW(munlock(big + 4 * PAGE, PAGE));
	SHOW_OK(mmap(other + 4 * PAGE, PAGE, PROT_READ | PROT_WRITE, ANON | MAP_FIXED, -1, 0));
	/* One that merges makes no area: still refused, the count is looked at first. */
	SHOW_OK(mmap(other + 16 * PAGE, PAGE, PROT_READ, ANON | MAP_FIXED, -1, 0));
	p = sbrk(0);
	SHOW(brk(p + 64 * PAGE));
	SHOW_OK(mremap(big + PAGE, 14 * PAGE, 20 * PAGE, MREMAP_MAYMOVE));
	SHOW_OK(mremap(other, 4 * PAGE, 4 * PAGE, MREMAP_MAYMOVE | MREMAP_FIXED, other + 0x1000000));
	/* Room for one, two, ... */
	for (i = 0; i < 7; i++) {
		printf("%ld free\n", i + 1);
		SHOW(munmap(AT + i * 2 * PAGE, PAGE));
		SHOW_OK(mremap(other + 8 * PAGE, PAGE, 2 * PAGE, MREMAP_MAYMOVE));
		SHOW_OK(mmap(other + (2 * i + 1) * PAGE, PAGE, PROT_READ | PROT_WRITE, ANON | MAP_FIXED, -1,
			     0));
		SHOW_OK(mremap(other + 10 * PAGE, PAGE, PAGE, MREMAP_MAYMOVE | MREMAP_FIXED,
			       other + 0x1000000));
		printf("areas %d\n", count_maps());
	}
	SHOW(munmap(AT, 200000 * PAGE));
	printf("areas %d\n", count_maps());
	return 0;
}
