// SPDX-License-Identifier: GPL-2.0-or-later
/* brk: returns, shrinking, what stands in the way, and RLIMIT_DATA. */
#include <stdint.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include "show.h"

static long start;

/* The break after asking, relative to where it began. */
static long brk_to(long offset)
{
	return syscall(SYS_brk, start + offset) - start;
}

int main(void)
{
	struct rlimit r;
	char *heap;

	setvbuf(stdout, NULL, _IONBF, 0);
	start = (syscall(SYS_brk, 0) + 4095) & ~4095L;
	SHOW(brk_to(0));
	SHOW(brk_to(100));
	SHOW(brk_to(4096));
	SHOW(brk_to(5000));
	heap = (char *)start;
	heap[4999] = 1;
	SHOW(brk_to(64 << 20));
	heap[(64 << 20) - 1] = 7;
	SHOW(brk_to(4096));
	SHOW(brk_to(64 << 20));
	SHOW(heap[(64 << 20) - 1]);
	SHOW(brk_to(-(1L << 40)));
	SHOW(brk_to(1L << 46));
	SHOW(brk_to(0));
	SHOW((char *)mmap(heap + 0x10000, 4096, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) ==
	     heap + 0x10000);
	SHOW(brk_to(0xf000));
	SHOW(brk_to(0x10000));
	SHOW(brk_to(0x10001));
	SHOW(brk_to(0x20000));
	munmap(heap + 0x10000, 4096);
	SHOW(brk_to(0x20000));
	SHOW(mprotect(heap, 4096, PROT_READ));
	SHOW(brk_to(0x30000));
	SHOW(munmap(heap + 0x1000, 0x1000));
	SHOW(brk_to(0x40000));
	SHOW(brk_to(0));
	getrlimit(RLIMIT_DATA, &r);
	r.rlim_cur = 1 << 20;
	SHOW(setrlimit(RLIMIT_DATA, &r));
	SHOW(brk_to(512 << 10));
	SHOW(brk_to(2 << 20));
	r.rlim_cur = r.rlim_max;
	SHOW(setrlimit(RLIMIT_DATA, &r));
	SHOW(brk_to(2 << 20));
	return 0;
}
