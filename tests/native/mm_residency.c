// SPDX-License-Identifier: GPL-2.0-or-later
/* mincore, mlock and its kin, pkey_*, membarrier, remap_file_pages: results, vectors and errno. */
#include <fcntl.h>
#include <linux/membarrier.h>
#include <stdint.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include "show.h"

static void vector(const char *what, char *p, int pages)
{
	unsigned char vec[64] = {0};
	long ret = mincore(p, (size_t)pages * 4096, vec);

	show_result(what, ret);
	for (int i = 0; !ret && i < pages; i++)
		putchar(vec[i] & 1 ? '1' : '0');
	putchar('\n');
}

static void residency(void)
{
	char *p = mmap(NULL, 16 * 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	unsigned char vec[4];

	vector("untouched", p, 16);
	p[0] = p[5 * 4096] = 1;
	(void)*(volatile char *)(p + 7 * 4096);
	vector("touched 0, 5, read 7", p, 16);
	madvise(p, 4096, MADV_DONTNEED);
	vector("dropped 0", p, 16);
	SHOW(mincore(p + 1, 4096, vec));
	SHOW(mincore(p, 4096, NULL));
	SHOW(mincore(p, 0, NULL));
	SHOW(mincore((void *)(1UL << 47), 4096, vec));
	SHOW(mincore(p, 4096, (void *)~0UL));
	munmap(p + 8 * 4096, 4096);
	SHOW(mincore(p + 7 * 4096, 2 * 4096, vec));
	SHOW(mincore((void *)0x10000, 4096, vec));
	mprotect(p + 5 * 4096, 4096, PROT_NONE);
	vector("PROT_NONE 5", p, 8);
}

static void locking(void)
{
	char *p = mmap(NULL, 8 * 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	SHOW(mlock(p + 100, 4096));
	vector("locked 2", p, 8);
	SHOW(mlock2(p + 4 * 4096, 4096, MLOCK_ONFAULT));
	vector("locked on fault 4", p, 8);
	SHOW(mlock2(p, 4096, 8));
	SHOW(munlock(p, 8 * 4096));
	SHOW(mlock(p, 0));
	SHOW(mlock((void *)0x10000, 4096));
	SHOW(mlock(p, ~0UL - 8191));
	SHOW(munlock((void *)0x10000, 4096));
	SHOW(mlockall(0));
	SHOW(mlockall(8));
	SHOW(mlockall(MCL_ONFAULT));
	SHOW(mlockall(MCL_CURRENT | MCL_ONFAULT));
	SHOW(munlockall());
	SHOW(mlockall(MCL_FUTURE));
	p = mmap(NULL, 4 * 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	vector("mapped under MCL_FUTURE", p, 4);
	SHOW(munlockall());
}

static void odd_ones(void)
{
	int fd = open("g", O_CREAT | O_RDWR, 0600);
	char *p;

	SHOW(syscall(SYS_pkey_alloc, 0, 0));
	SHOW(syscall(SYS_pkey_alloc, 1, 0));
	SHOW(syscall(SYS_pkey_free, 0));
	SHOW(syscall(SYS_pkey_mprotect, 0x1001, 0, 0, 3));
	SHOW(syscall(SYS_pkey_mprotect, 0x1000, 0, 0, 3));
	SHOW(syscall(SYS_pkey_mprotect, 0x1000, 4096, 0, 3));
	SHOW(syscall(SYS_pkey_mprotect, 0x1000, ~0UL - 8191, 0, 3));
	SHOW(syscall(SYS_membarrier, MEMBARRIER_CMD_QUERY, 0, 0));
	SHOW(syscall(SYS_membarrier, MEMBARRIER_CMD_PRIVATE_EXPEDITED, 0, 0));
	SHOW(syscall(SYS_membarrier, MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED, 0, 0));
	SHOW(syscall(SYS_membarrier, MEMBARRIER_CMD_PRIVATE_EXPEDITED, 0, 0));
	SHOW(syscall(SYS_membarrier, 1 << 20, 0, 0));

	ftruncate(fd, 4 * 4096);
	for (int i = 0; i < 4; i++)
		pwrite(fd, &"abcd"[i], 1, i * 4096);
	p = mmap(NULL, 4 * 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	SHOW(remap_file_pages(p, 4096, 0, 3, 0));
	printf("%c%c%c%c\n", p[0], p[4096], p[8192], p[12288]);
	SHOW(remap_file_pages(p + 4096, 4096, PROT_READ, 0, 0));
	SHOW(remap_file_pages(p + 4096, 0, 0, 0, 0));
	SHOW(remap_file_pages(p + 4096, 8192, 0, 0, 0));
	printf("%c%c%c%c\n", p[0], p[4096], p[8192], p[12288]);
	p = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd, 0);
	SHOW(remap_file_pages(p, 4096, 0, 1, 0));
}

int main(void)
{
	residency();
	locking();
	odd_ones();
	return 0;
}
