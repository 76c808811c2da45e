// SPDX-License-Identifier: GPL-2.0-or-later
// TEST: pairs=3
/* MADV_FREE, MADV_COLD and MADV_PAGEOUT: what smaps shows of pages, huge ones and their splitting included. */
#include <fcntl.h>
#include "huge.h"

#define AT(page) ((void *)(area + (page) * PAGE))

static void fill(int nr)
{
	for (int i = 0; i < nr; i++)
		area[i * PAGE] = i + 1;
}

static void small(void)
{
	fresh(0);
	fill(5);
	DO(madvise(AT(0), 2 * PAGE, MADV_COLD));
	DO(area[0] = 7);
	DO(madvise(AT(0), 8 * PAGE, MADV_PAGEOUT));
	DO((void)area[PAGE]);
	DO(madvise(AT(0), 2 * PAGE, MADV_FREE));
	DO(area[0] = 7);
	DO((void)area[PAGE]);
	mprotect(AT(2), PAGE, PROT_READ);
	madvise(AT(2), PAGE, MADV_FREE);
	mprotect(AT(2), PAGE, PROT_READ | PROT_WRITE);
	DO(area[2 * PAGE] = 1);
	DO(madvise(AT(0), 8 * PAGE, MADV_DONTNEED));
}

static void big(void)
{
	fresh(MADV_HUGEPAGE);
	area[PAGE] = 1;
	DO(madvise(AT(0), M2, MADV_COLD));
	DO(area[2 * PAGE] = 1);
	DO(madvise(AT(0), PAGE, MADV_COLD));
	DO(area[7 * PAGE] = 1);
	area[M2 + PAGE] = 1;
	DO(madvise(AT(512), M2, MADV_FREE));
	DO(area[M2] = 1);
	DO(madvise(AT(512), 100 * PAGE, MADV_FREE));
	area[2 * M2 + 5] = 1;
	DO(madvise(AT(1024), M2, MADV_PAGEOUT));
	mlock(AT(3 * 512), M2);
	SHOW(madvise(AT(3 * 512), PAGE, MADV_COLD));
	SHOW(madvise(AT(3 * 512), PAGE, MADV_FREE));
	(void)area[4 * M2];
	DO(madvise(AT(4 * 512), PAGE, MADV_COLD));
	DO(area[4 * M2] = 1);
}

static void shared(void)
{
	int fd = memfd_create("shared", 0);

	fresh(0);
	ftruncate(fd, 8 * PAGE);
	mmap(AT(0), 8 * PAGE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED, fd, 0);
	fill(5);
	DO(madvise(AT(0), 3 * PAGE, MADV_COLD));
	DO(madvise(AT(0), 2 * PAGE, MADV_PAGEOUT));
	DO(SHOW(area[0]));
	SHOW(madvise(AT(0), 2 * PAGE, MADV_FREE));
	mmap(AT(16), 8 * PAGE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED, fd, 0);
	SHOW(area[18 * PAGE]);
	DO(madvise(AT(0), 5 * PAGE, MADV_PAGEOUT));
	mmap(AT(32), 8 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_FIXED, fd, 0);
	SHOW(area[32 * PAGE]);
	area[33 * PAGE] = 1;
	DO(madvise(AT(32), 5 * PAGE, MADV_PAGEOUT));
	SHOW(madvise(AT(32), 2 * PAGE, MADV_FREE));
}

/* What was freed lazily goes when it is to be paged out, unless it was stored to, or locked, meanwhile. */
static void lazily(void)
{
	fresh(0);
	fill(12);
	madvise(AT(0), 8 * PAGE, MADV_FREE);
	area[3 * PAGE] = 9;
	mlock(AT(5), PAGE);
	munlock(AT(5), PAGE);
	DO(madvise(AT(0), 12 * PAGE, MADV_PAGEOUT));
	for (int i = 0; i < 12; i++)
		SHOW(area[i * PAGE]);
}

int main(void)
{
	area_init();
	lazily();
	small();
	big();
	shared();
	return 0;
}
