// SPDX-License-Identifier: GPL-2.0-or-later
// mmap_tour: one mapping of each kind, then split and merged by mprotect and munmap.
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#define PAGE 4096UL

static void *map(const char *what, void *hint, size_t len, int prot, int flags, int fd)
{
	void *p = mmap(hint, len, prot, flags, fd, 0);

	if (p == MAP_FAILED) {
		perror(what);
		exit(1);
	}
	printf("%-36s %p + %zu pages\n", what, p, len / PAGE);
	return p;
}

// How many lines of /proc/self/maps touch [start, start + len)?
static int vmas(char *start, size_t len)
{
	char line[256];
	unsigned long from, to, a = (unsigned long)start;
	int n = 0;
	FILE *maps = fopen("/proc/self/maps", "r");

	while (maps && fgets(line, sizeof(line), maps))
		if (sscanf(line, "%lx-%lx", &from, &to) == 2 && from < a + len && to > a)
			n++;
	if (maps)
		fclose(maps);
	return n;
}

int main(void)
{
	int self = open("/proc/self/exe", O_RDONLY);
	char *p;

	map("private anonymous", NULL, 4 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1);
	map("shared anonymous", NULL, 4 * PAGE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1);
	map("private file (this program)", NULL, PAGE, PROT_READ, MAP_PRIVATE, self);
	map("8 TiB reserved, no access", NULL, 8UL << 40, PROT_NONE,
	    MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1);
	map("at a fixed address", (void *)0x10000000, PAGE, PROT_READ,
	    MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1);
	map("below 2 GiB (MAP_32BIT)", NULL, PAGE, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_32BIT, -1);

	p = map("nine pages far from anything", (void *)0x20000000, 9 * PAGE, PROT_READ | PROT_WRITE,
		MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1);
	printf("  one mapping:                     %d VMA\n", vmas(p, 9 * PAGE));
	mprotect(p + 3 * PAGE, 3 * PAGE, PROT_READ);
	printf("  middle made read-only:           %d VMAs\n", vmas(p, 9 * PAGE));
	mprotect(p + 3 * PAGE, 3 * PAGE, PROT_READ | PROT_WRITE);
	printf("  and writable again (they merge): %d VMA\n", vmas(p, 9 * PAGE));
	munmap(p + 4 * PAGE, PAGE);
	printf("  a hole in the middle:            %d VMAs\n", vmas(p, 9 * PAGE));
	return 0;
}
