// SPDX-License-Identifier: GPL-2.0-or-later
/* What a read fault maps of a file that was written in pieces of several pages, and of one: large folios are mapped whole. */
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define PAGE 4096L
#define PAGES 128

static char *area, block[PAGES * PAGE];
static int pagemap;

static void show(const char *what)
{
	uint64_t entry[PAGES] = {0};

	if (pread(pagemap, entry, sizeof(entry), (uintptr_t)area / PAGE * 8) < 0)
		exit(1);
	printf("%-12s", what);
	for (int i = 0; i < PAGES; i++)
		putchar((int)('0' + (entry[i] >> 63)));
	printf("\n");
}

/* A file of 96 pages, written @piece pages at a time from page @from on, single ones before. */
static int make_file(int from, int piece)
{
	int fd = open("folios", O_RDWR | O_CREAT | O_EXCL, 0600), at = 0;

	unlink("folios");
	for (; fd >= 0 && at < 96; at += at < from ? 1 : piece) {
		if (pwrite(fd, block, (size_t)(at < from ? 1 : piece) * PAGE, at * PAGE) < 0)
			exit(1);
	}
	return fd;
}

static void look(int fd, int prot, int flags, int pgoff, int page)
{
	char what[40];

	if (mmap(area, PAGES * PAGE, prot, flags | MAP_FIXED, fd, pgoff * PAGE) == MAP_FAILED)
		exit(1);
	snprintf(what, sizeof(what), "%d at %d", page, pgoff);
	(void)*(volatile char *)(area + page * PAGE);
	show(what);
	(void)*(volatile char *)(area + (page + 30) * PAGE);
	show("  and 30 on");
	area = mmap(area, PAGES * PAGE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
}

int main(void)
{
	static const int pieces[] = {1, 2, 5, 16, 32};

	pagemap = open("/proc/self/pagemap", O_RDONLY);
	memset(block, 1, sizeof(block));
	// At the end of one page table, so that the area has two.
	area = mmap((void *)(0x30200000 - 70 * PAGE), PAGES * PAGE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
	for (unsigned i = 0; i < sizeof(pieces) / sizeof(*pieces); i++) {
		int fd = make_file(i & 1 ? 16 : 0, pieces[i]);

		printf("pieces of %d\n", pieces[i]);
		look(fd, PROT_READ, MAP_PRIVATE, 0, 3);
		look(fd, PROT_READ | PROT_WRITE, MAP_PRIVATE, 7, 40);
		look(fd, PROT_READ | PROT_WRITE, MAP_SHARED, 5, 10);
		look(fd, PROT_READ | PROT_EXEC, MAP_PRIVATE, 30, 20);
		close(fd);
	}
	return 0;
}
