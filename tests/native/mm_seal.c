// SPDX-License-Identifier: GPL-2.0-or-later
/* mseal: what a sealed area refuses, what it still allows, and what it does to its neighbours. */
#include <fcntl.h>
#include <stdlib.h>
#include <sys/mman.h>
#include "show.h"

#ifndef SYS_mseal
#define SYS_mseal 462
#endif
#define BASE		   ((char *)0x10000000)
#define PAGE		   4096UL
#define AT(page)	   (BASE + (page)*PAGE)
#define MSEAL(page, pages) syscall(SYS_mseal, AT(page), (pages)*PAGE, 0)
#define RW		   (PROT_READ | PROT_WRITE)
#define FIXED		   (MAP_PRIVATE | MAP_FIXED)

static void maps(void)
{
	FILE *f = fopen("/proc/self/maps", "r");
	char line[512];

	while (fgets(line, sizeof(line), f)) {
		unsigned long start = strtoul(line, NULL, 16);

		if (start >= (unsigned long)BASE && start < (unsigned long)AT(64))
			printf("  %.22s\n", line);
	}
	fclose(f);
}

/* The operations that discard pages, on one page. */
static void discards(const char *what, int page)
{
	static const int advice[] = {MADV_DONTNEED,
				     MADV_FREE,
				     MADV_REMOVE,
				     MADV_DONTFORK,
				     MADV_DOFORK,
				     MADV_WIPEONFORK,
				     MADV_KEEPONFORK,
				     MADV_DONTDUMP,
				     MADV_DODUMP,
				     MADV_RANDOM,
				     MADV_NORMAL,
				     MADV_WILLNEED,
				     24 /* MADV_DONTNEED_LOCKED */};

	printf("%s:\n", what);
	for (unsigned i = 0; i < sizeof(advice) / sizeof(*advice); i++) {
		printf("  %d ", advice[i]);
		SHOW(madvise(AT(page), PAGE, advice[i]));
	}
}

int main(void)
{
	int fd = open("f", O_CREAT | O_RDWR, 0600);

	setvbuf(stdout, NULL, _IONBF, 0);
	ftruncate(fd, 8 * PAGE);
	mmap(BASE, 16 * PAGE, RW, FIXED | MAP_ANONYMOUS, -1, 0);
	SHOW(syscall(SYS_mseal, BASE + 1, PAGE, 0));
	SHOW(syscall(SYS_mseal, BASE, PAGE, 1));
	SHOW(syscall(SYS_mseal, BASE, ~0UL, 0));
	SHOW(syscall(SYS_mseal, BASE, ~0UL - 8191, 0));
	SHOW(syscall(SYS_mseal, BASE, 0, 0));
	SHOW(MSEAL(15, 2));
	SHOW(MSEAL(14, 1));
	maps();
	SHOW(MSEAL(4, 4));
	maps();
	SHOW(MSEAL(6, 4));
	maps();
	SHOW(munmap(AT(4), PAGE));
	SHOW(munmap(AT(0), 16 * PAGE));
	SHOW(mprotect(AT(3), 2 * PAGE, PROT_READ));
	maps();
	SHOW(mprotect(AT(5), PAGE, PROT_READ));
	SHOW(mprotect(AT(5), PAGE, RW));
	SHOW(mmap(AT(5), PAGE, RW, FIXED | MAP_ANONYMOUS, -1, 0) == MAP_FAILED ? -1 : 0);
	SHOW(mremap(AT(5), PAGE, 2 * PAGE, MREMAP_MAYMOVE) == MAP_FAILED ? -1 : 0);
	SHOW(mremap(AT(5), 2 * PAGE, PAGE, 0) == MAP_FAILED ? -1 : 0);
	SHOW(mremap(AT(0), PAGE, PAGE, MREMAP_MAYMOVE | MREMAP_FIXED, AT(5)) == MAP_FAILED ? -1 : 0);
	SHOW(mlock(AT(5), PAGE));
	SHOW(munlock(AT(5), PAGE));
	*AT(5) = 1;
	discards("writable", 5);
	mmap(AT(20), PAGE, PROT_READ, FIXED | MAP_ANONYMOUS, -1, 0);
	SHOW(MSEAL(20, 1));
	discards("read-only", 20);
	mmap(AT(24), PAGE, PROT_READ, FIXED, fd, 0);
	SHOW(MSEAL(24, 1));
	discards("file, private, read-only", 24);
	mmap(AT(28), PAGE, RW, FIXED, fd, 0);
	*AT(28) = 1;
	mprotect(AT(28), PAGE, PROT_READ);
	SHOW(MSEAL(28, 1));
	discards("file, private, written, read-only", 28);
	mmap(AT(32), PAGE, PROT_READ, MAP_SHARED | MAP_FIXED, fd, 0);
	SHOW(MSEAL(32, 1));
	discards("file, shared, read-only", 32);
	mmap(AT(36), PAGE, PROT_READ, MAP_SHARED | MAP_FIXED | MAP_ANONYMOUS, -1, 0);
	SHOW(MSEAL(36, 1));
	discards("anonymous, shared, read-only", 36);
	maps();
	SHOW(syscall(SYS_brk, syscall(SYS_brk, 0) + 8 * PAGE) > 0);
	/* Over areas of which some are sealed: one area comes of all. */
	mmap(AT(40), 20 * PAGE, RW, FIXED | MAP_ANONYMOUS, -1, 0);
	SHOW(MSEAL(44, 2));
	SHOW(MSEAL(48, 2));
	SHOW(MSEAL(41, 12));
	maps();
	SHOW(MSEAL(40, 20));
	maps();
	return 0;
}
