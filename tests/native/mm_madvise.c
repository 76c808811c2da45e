// SPDX-License-Identifier: GPL-2.0-or-later
/* Each advice of madvise on each kind of area: result, and what is left in the pages. */
#include <elf.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/auxv.h>
#include <sys/mman.h>
#include "show.h"

#define PAGE  4096L
#define AT    ((char *)0x30000000)
#define PAGES 8

struct kind {
	const char *name;
	int prot, flags, file; /* file: 0 none, 1 on disk, 2 memfd, 3 on disk and read-only */
};

static const struct kind kinds[] = {
	{"anonymous", 3, MAP_PRIVATE | MAP_ANONYMOUS, 0},
	{"anonymous read-only", 1, MAP_PRIVATE | MAP_ANONYMOUS, 0},
	{"anonymous, no access", 0, MAP_PRIVATE | MAP_ANONYMOUS, 0},
	{"shared anonymous", 3, MAP_SHARED | MAP_ANONYMOUS, 0},
	{"stack-like", 3, MAP_PRIVATE | MAP_ANONYMOUS | MAP_GROWSDOWN, 0},
	{"locked", 3, MAP_PRIVATE | MAP_ANONYMOUS | MAP_LOCKED, 0},
	{"droppable", 3, 8 | MAP_ANONYMOUS, 0},
	{"private file", 3, MAP_PRIVATE, 1},
	{"shared file", 3, MAP_SHARED, 1},
	{"shared file, read-only descriptor", 1, MAP_SHARED, 3},
	{"private memfd", 3, MAP_PRIVATE, 2},
	{"shared memfd", 3, MAP_SHARED, 2},
};

/* Not: huge pages (what they leave depends on the host's memory), poisoning. */
static const int advices[] = {0,  1,  2,  3,  4,  5,  6,  7,  8,  9,  10, 11, 12,  13, 15,
			      16, 17, 18, 19, 20, 21, 22, 23, 24, 26, 27, 99, 104, -1};

static int open_file(int what)
{
	char page[PAGE];
	int fd, i;

	if (!what)
		return -1;
	fd = what == 2 ? memfd_create("m", 0) : open("f", O_RDWR | O_CREAT | O_TRUNC, 0600);
	for (i = 0; i < PAGES - 1; i++) {
		memset(page, 'a' + i, sizeof(page));
		if (write(fd, page, sizeof(page)) != sizeof(page))
			exit(1);
	}
	if (what == 3) {
		close(fd);
		fd = open("f", O_RDONLY);
	}
	return fd;
}

static void contents(int fd, int prot)
{
	char byte;
	int i;

	printf("    ");
	for (i = 0; i < PAGES; i++) {
		/* The kernel reads it for us: EFAULT instead of a signal. */
		int pipes[2];

		if (pipe(pipes))
			exit(1);
		if (write(pipes[1], AT + i * PAGE, 1) == 1 && read(pipes[0], &byte, 1) == 1)
			printf("%02x ", byte & 0xff);
		else
			printf("-- ");
		close(pipes[0]);
		close(pipes[1]);
	}
	for (i = 0; fd >= 0 && i < PAGES && pread(fd, &byte, 1, i * PAGE) == 1; i++)
		printf("%c%02x", i ? ' ' : '|', byte & 0xff);
	printf("\n");
}

static void try(const struct kind *k, int advice)
{
	int fd = open_file(k->file), i;
	char *p = mmap(AT, PAGES * PAGE, k->prot, k->flags | MAP_FIXED, fd, 0);

	if (p == MAP_FAILED) {
		show_result("mmap", -1);
		return;
	}
	for (i = 0; (k->prot & PROT_WRITE) && i < PAGES - 1; i += 2)
		p[i * PAGE] = (char)('A' + i);
	errno = 0;
	printf("  %3d", advice);
	show_result("", madvise(p + PAGE, 4 * PAGE, advice));
	contents(fd, k->prot);
	/* The hole behind does not keep the rest from being done. */
	errno = 0;
	printf("  %3d to the end and past it", advice);
	show_result("", madvise(p + 4 * PAGE, 6 * PAGE, advice));
	contents(fd, k->prot);
	munmap(p, PAGES * PAGE);
	if (fd >= 0)
		close(fd);
}

static void special(void)
{
	char *vdso = (char *)getauxval(AT_SYSINFO_EHDR);
	size_t i;

	for (i = 0; i < sizeof(advices) / sizeof(advices[0]); i++) {
		errno = 0;
		printf("[vdso] %d", advices[i]);
		show_result("", madvise(vdso, PAGE, advices[i]));
		errno = 0;
		printf("[vvar] %d", advices[i]);
		show_result("", madvise(vdso - 4 * PAGE, PAGE, advices[i]));
	}
}

int main(void)
{
	size_t k, a;

	for (k = 0; k < sizeof(kinds) / sizeof(kinds[0]); k++) {
		printf("%s\n", kinds[k].name);
		for (a = 0; a < sizeof(advices) / sizeof(advices[0]); a++)
			try(&kinds[k], advices[a]);
	}
	special();
	return 0;
}
