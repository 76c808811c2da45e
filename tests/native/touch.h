// SPDX-License-Identifier: GPL-2.0-or-later
/* To have used memory. */
#pragma once
#include <stddef.h>
#include <sys/mman.h>

/* Touch so many small pages, one by one, and give them back. */
static void touch(int pages)
{
	volatile char *p =
		mmap(NULL, (size_t)pages * 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	madvise((void *)p, (size_t)pages * 4096, MADV_NOHUGEPAGE);
	for (int i = 0; i < pages; i++)
		p[i * 4096] = 1;
	munmap((void *)p, (size_t)pages * 4096);
}
