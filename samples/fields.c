// SPDX-License-Identifier: GPL-2.0-or-later
// One step per group of mm_struct's fields: "ulk mm --at STEP,NEXT_STEP" shows what a step moves
// (docs/mm_struct.md).
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <unistd.h>

#define STEP	__attribute__((noinline, used))
#define PAGE	4096UL
#define KEPT(p) __asm__ volatile("" : : "r"(p) : "memory") // the compiler must not see through it

static char *map(unsigned long at, unsigned long pages, int prot, int flags)
{
	char *p = mmap((void *)at, pages * PAGE, prot, flags | MAP_ANONYMOUS | (at ? MAP_FIXED : 0), -1, 0);

	if (p == MAP_FAILED)
		exit(1);
	return p;
}

STEP static void first_area(void)
{
	map(0x10000, 1, PROT_READ, MAP_PRIVATE); // below the program
}

STEP static void more_areas(void)
{
	char *p = map(0, 100, PROT_NONE, MAP_PRIVATE);

	for (int i = 0; i < 100; i += 2)
		mprotect(p + i * PAGE, PAGE, PROT_READ);
}

STEP static void area_goes(void)
{
	munmap((void *)0x10000, PAGE);
}

STEP static void far_pages(void)
{
	*map(0x100000000000, 1, PROT_WRITE, MAP_PRIVATE) = 1; // its own table on each level
}

STEP static void heap_grows(void)
{
	sbrk(10 * PAGE);
}

STEP static void pages_touched(void)
{
	memset(map(0, 20, PROT_WRITE, MAP_PRIVATE), 1, 20 * PAGE);
	memset(map(0, 5, PROT_WRITE, MAP_SHARED), 1, 5 * PAGE);
}

STEP static void pages_go(void)
{
	char *p = map(0, 500, PROT_WRITE, MAP_PRIVATE);

	memset(p, 1, 500 * PAGE);
	munmap(p, 500 * PAGE);
}

STEP static void pages_locked(void)
{
	char *p = map(0, 10, PROT_WRITE, MAP_PRIVATE);

	mlock(p, 10 * PAGE);
}

STEP static void code_mapped(void)
{
	map(0, 7, PROT_READ | PROT_EXEC, MAP_PRIVATE);
}

STEP static void stack_grows(void)
{
	char deep[1 << 20];

	KEPT(memset(deep, 1, sizeof(deep)));
}

STEP static void future_locked(void)
{
	mlockall(MCL_FUTURE);
}

STEP static void future_free(void)
{
	munlockall();
}

STEP static void not_dumpable(void)
{
	prctl(PR_SET_DUMPABLE, 0);
}

static void *waits(void *arg)
{
	pause();
	return arg;
}

STEP static void thread_starts(void)
{
	pthread_t thread;

	pthread_create(&thread, NULL, waits, NULL);
}

STEP static void last_step(void)
{
	KEPT(NULL);
}

int main(void)
{
	first_area();
	more_areas();
	area_goes();
	far_pages();
	heap_grows();
	pages_touched();
	pages_go();
	pages_locked();
	code_mapped();
	stack_grows();
	future_locked();
	future_free();
	not_dumpable();
	thread_starts();
	last_step();
	_exit(0);
}
