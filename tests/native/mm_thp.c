// SPDX-License-Identifier: GPL-2.0-or-later
// TEST: pairs=3
/* Transparent huge pages: faults, zeros, splitting, moving, fork, MADV_COLLAPSE, PR_SET_THP_DISABLE. */
#include <errno.h>
#include <sys/prctl.h>
#include <sys/rseq.h>
#include <sys/wait.h>
#include "huge.h"

#ifndef MADV_COLLAPSE
#define MADV_COLLAPSE 25
#endif

/*
 * After a fork the first store to the thread's own page is a fault: that of a call that fails (errno), or, if the
 * scheduler took the program off the CPU before, the kernel's (rseq). Here it is nobody's.
 */
static void own_tls(void)
{
	volatile char *rseq = (volatile char *)__builtin_thread_pointer() + __rseq_offset + 28;

	errno = 0;
	*rseq = *rseq;
}

#define AT(page) ((void *)(area + (page) * PAGE))

static void making(void)
{
	unsigned char vec[1024];
	int resident = 0;

	fresh(MADV_HUGEPAGE);
	DO(area[5] = 1);
	DO((void)area[M2 + 77]);
	SHOW(mincore(AT(512), M2, vec));
	for (int i = 0; i < 512; i++)
		resident += vec[i] & 1;
	printf("%d\n", resident);
	DO(area[M2 + 5] = 1);
	DO((void)area[M2 + 9 * PAGE]);
	DO(madvise(AT(1024), M2, MADV_POPULATE_READ));
	DO(madvise(AT(1024), 2 * M2, MADV_POPULATE_WRITE));
	/* Not where a part lies outside, nor where there is a table already. */
	munmap(AT(4 * 512 + 3), PAGE);
	DO(area[4 * M2] = 1);
	madvise(AT(5 * 512), M2, MADV_NOHUGEPAGE);
	DO(area[5 * M2] = 1);
	madvise(AT(5 * 512), M2, MADV_HUGEPAGE);
	DO(area[5 * M2 + 9 * PAGE] = 1);
	DO(madvise(AT(0), area_size / 2, MADV_DONTNEED));
}

static void splitting(void)
{
	fresh(MADV_HUGEPAGE);
	for (int i = 0; i < 8; i++)
		area[i * M2] = 1;
	DO(munmap(AT(2), PAGE));
	DO(mprotect(AT(512), PAGE, PROT_READ));
	DO(madvise(AT(1024 + 5), 2 * PAGE, MADV_DONTNEED));
	DO(area[2 * M2 + 5 * PAGE] = 1);
	DO(mlock(AT(3 * 512), PAGE));
	DO(madvise(AT(4 * 512), 511 * PAGE, MADV_NOHUGEPAGE));
	DO(mprotect(AT(5 * 512), M2, PROT_READ));
	DO(mprotect(AT(5 * 512), M2, PROT_READ | PROT_WRITE));
	DO(area[5 * M2 + 1] = 2);
	DO(mprotect(AT(5 * 512), M2, PROT_NONE));
	DO(mprotect(AT(5 * 512), M2, PROT_READ | PROT_WRITE));
	DO(area[5 * M2 + 9000] = 2);
	DO(madvise(AT(5 * 512), M2, MADV_DONTNEED));
	fresh(MADV_HUGEPAGE);
	(void)area[0], (void)area[M2], (void)area[2 * M2];
	DO(madvise(AT(0), PAGE, MADV_DONTNEED));
	DO(area[2 * PAGE] = 1);
	DO(mprotect(AT(512), PAGE, PROT_READ));
	DO(madvise(AT(1024), M2, MADV_DONTNEED));
}

static void moving(void)
{
	fresh(MADV_HUGEPAGE);
	area[7] = 7;
	DO(mremap(AT(0), M2, M2, MREMAP_MAYMOVE | MREMAP_FIXED, AT(4 * 512)));
	SHOW(area[4 * M2 + 7]);
	DO(mremap(AT(4 * 512), M2, M2, MREMAP_MAYMOVE | MREMAP_FIXED, AT(1)));
	SHOW(area[PAGE + 7]);
	area[6 * M2] = 6;
	DO(mremap(AT(6 * 512), M2, M2 / 2, 0));
	SHOW(area[6 * M2]);
}

static void forking(void)
{
	int hold[2], status;
	char c;

	fresh(MADV_HUGEPAGE);
	area[0] = 1;
	pipe(hold);
	fflush(stdout);
	if (!fork()) {
		report("child", 0);
		DO(area[0] = 2);
		DO(area[5000] = 3);
		DO(area[M2] = 1);
		fflush(stdout);
		_exit(0);
	}
	wait(&status);
	DO(area[0] = 5);
	DO(area[5000] = 5);
	fresh(MADV_HUGEPAGE);
	area[0] = area[M2] = 1;
	fflush(stdout);
	if (!fork()) {
		close(hold[1]);
		read(hold[0], &c, 1);
		_exit(0);
	}
	report("waits", 0);
	faults();
	DO(area[0] = 2);
	DO(area[5000] = 2);
	close(hold[1]);
	close(hold[0]);
	wait(&status);
	DO(area[10000] = 2);
	DO(area[M2 + 100] = 2);
}

static void collapsing(void)
{
	fresh(0);
	own_tls();
	area[PAGE] = area[M2 + 2 * PAGE] = 1;
	(void)area[2 * M2];
	DO(SHOW(madvise(AT(0), M2, MADV_COLLAPSE)));
	SHOW(area[PAGE]);
	DO(SHOW(madvise(AT(1024), M2, MADV_COLLAPSE)));
	DO(SHOW(madvise(AT(3 * 512), M2, MADV_COLLAPSE)));
	DO(SHOW(madvise(AT(0), area_size, MADV_COLLAPSE)));
	SHOW(madvise(AT(1), PAGE, MADV_COLLAPSE));
	SHOW(madvise(AT(0), PAGE, MADV_COLLAPSE));
	SHOW(madvise(AT(1), M2, MADV_COLLAPSE));
	SHOW(madvise(AT(1), 0, MADV_COLLAPSE));
	area[5 * M2] = area[6 * M2] = 1;
	madvise(AT(5 * 512), PAGE, MADV_DONTNEED);
	DO(SHOW(madvise(AT(5 * 512), M2, MADV_COLLAPSE)));
	DO(madvise(AT(6 * 512), M2, MADV_DONTNEED));
	DO(SHOW(madvise(AT(6 * 512), M2, MADV_COLLAPSE)));
	fresh(0);
	DO(SHOW(madvise(AT(0), M2, MADV_COLLAPSE)));
	area[0] = 1;
	mprotect(AT(0), M2, PROT_READ);
	DO(SHOW(madvise(AT(0), M2, MADV_COLLAPSE)));
	mprotect(AT(0), M2, PROT_READ | PROT_WRITE);
	DO(area[1] = 2);
	madvise(AT(512), M2, MADV_NOHUGEPAGE);
	area[M2] = 1;
	SHOW(madvise(AT(512), M2, MADV_COLLAPSE));
	madvise(AT(1024 + 3), PAGE, 102);
	SHOW(madvise(AT(1024), M2, MADV_COLLAPSE));
	munmap(AT(3 * 512 + 7), PAGE);
	area[3 * M2 + 8 * PAGE] = 1;
	SHOW(madvise(AT(3 * 512 + 8), 500 * PAGE, MADV_COLLAPSE));
	SHOW(madvise(AT(3 * 512), M2, MADV_COLLAPSE));
}

static void disabling(void)
{
	fresh(MADV_HUGEPAGE);
	SHOW(prctl(PR_SET_THP_DISABLE, 1, 0, 0, 0));
	DO(area[0] = 1);
	SHOW(madvise(AT(0), M2, MADV_COLLAPSE));
	SHOW(madvise(AT(0), M2, MADV_HUGEPAGE));
	if (prctl(PR_SET_THP_DISABLE, 1, 2, 0, 0) == 0) {
		DO(area[M2] = 1);
		madvise(AT(1024), M2, MADV_DONTNEED);
	}
	SHOW(prctl(PR_SET_THP_DISABLE, 0, 0, 0, 0));
	DO(area[2 * M2] = 1);
}

int main(void)
{
	area_init();
	making();
	splitting();
	moving();
	forking();
	collapsing();
	disabling();
	return 0;
}
