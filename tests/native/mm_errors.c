// SPDX-License-Identifier: GPL-2.0-or-later
/* The order of checks of mmap, munmap, mprotect, mremap and msync, told by their errno. */
#include <fcntl.h>
#include <stdint.h>
#include <sys/mman.h>
#include "show.h"

static long map(unsigned long addr, unsigned long len, int prot, int flags, int fd, unsigned long off)
{
	return (long)mmap((void *)addr, len, prot, flags, fd, (off_t)off) == -1 ? -1 : 0;
}

#define MMAP	   map
#define PRIV_ANON  (MAP_PRIVATE | MAP_ANONYMOUS)
#define HUGE_SHIFT 26

static void mmap_arguments(void)
{
	SHOW(MMAP(0, 0, PROT_READ, PRIV_ANON, -1, 0));
	SHOW(MMAP(0, 4096, PROT_READ, MAP_ANONYMOUS, -1, 0));
	SHOW(MMAP(0, 4096, PROT_READ, MAP_ANONYMOUS | 3, -1, 0));
	SHOW(MMAP(0, 4096, PROT_READ, MAP_ANONYMOUS | MAP_SHARED | 0x4000000, -1, 0));
	SHOW(MMAP(0, 4096, PROT_READ, PRIV_ANON, -1, 1));
	SHOW(MMAP(0, 4096, PROT_READ, PRIV_ANON, -1, ~0xfffUL));
	SHOW(MMAP(0, ~0UL, PROT_READ, PRIV_ANON, -1, 0));
	SHOW(MMAP(0, 1UL << 47, PROT_READ, PRIV_ANON, -1, 0));
	SHOW(MMAP(0, ~0UL - 4095, PROT_READ, PRIV_ANON, -1, 0));
	SHOW(MMAP(1, 4096, PROT_READ, PRIV_ANON | MAP_FIXED, -1, 0));
	SHOW(MMAP(1UL << 47, 4096, PROT_READ, PRIV_ANON | MAP_FIXED, -1, 0));
	SHOW(MMAP(0x7ffffffff000, 4096, PROT_READ, PRIV_ANON | MAP_FIXED, -1, 0));
	SHOW(MMAP(0, 4096, 0xf0, PRIV_ANON, -1, 0));
	SHOW(MMAP(0, 4096, PROT_READ | PROT_GROWSDOWN, PRIV_ANON, -1, 0));
	SHOW(MMAP(0, 4096, PROT_READ, PRIV_ANON | MAP_SYNC, -1, 0));
	SHOW(MMAP(0, 4096, PROT_READ, MAP_SHARED | MAP_ANONYMOUS | MAP_GROWSDOWN, -1, 0));
	SHOW(MMAP(0, 4096, PROT_READ, PRIV_ANON | MAP_HUGETLB, -1, 0));
	SHOW(MMAP(0, 0, PROT_READ, PRIV_ANON | MAP_HUGETLB, -1, 0));
	SHOW(MMAP(0, 4096, PROT_READ, PRIV_ANON | MAP_HUGETLB | 16 << HUGE_SHIFT, -1, 0));
	SHOW(MMAP(0, 4096, PROT_READ, PRIV_ANON | MAP_HUGETLB | 21 << HUGE_SHIFT, -1, 0));
}

static void mmap_files(void)
{
	int ro = open("f", O_CREAT | O_RDWR, 0600), wo, path, dir, pipes[2];

	ftruncate(ro, 8192);
	close(ro);
	ro = open("f", O_RDONLY);
	wo = open("f", O_WRONLY);
	path = open("f", O_PATH);
	dir = open(".", O_RDONLY);
	pipe(pipes);
	SHOW(MMAP(0, 4096, PROT_READ, MAP_PRIVATE, -1, 0));
	SHOW(MMAP(0, 4096, PROT_READ, MAP_PRIVATE, 999, 0));
	SHOW(MMAP(0, 4096, PROT_READ, MAP_PRIVATE, 99999, 0));
	SHOW(MMAP(0, 0, PROT_READ, MAP_PRIVATE, -1, 0));
	SHOW(MMAP(0, 4096, PROT_READ, MAP_PRIVATE, -1, 1));
	SHOW(MMAP(0, 0, PROT_READ, MAP_PRIVATE, ro, 0));
	SHOW(MMAP(0, 4096, PROT_READ, MAP_PRIVATE, ro, 0));
	SHOW(MMAP(0, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE, ro, 0));
	SHOW(MMAP(0, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, ro, 0));
	SHOW(MMAP(0, 4096, PROT_WRITE, MAP_SHARED, ro, 0));
	SHOW(MMAP(0, 4096, PROT_READ, MAP_PRIVATE, wo, 0));
	SHOW(MMAP(0, 4096, PROT_NONE, MAP_PRIVATE, wo, 0));
	SHOW(MMAP(0, 4096, PROT_WRITE, MAP_SHARED, wo, 0));
	SHOW(MMAP(0, 4096, PROT_READ, MAP_PRIVATE, path, 0));
	SHOW(MMAP(0, 4096, PROT_READ, MAP_PRIVATE, dir, 0));
	SHOW(MMAP(0, 4096, PROT_READ, MAP_PRIVATE, pipes[0], 0));
	SHOW(MMAP(0, 4096, PROT_READ, MAP_PRIVATE, pipes[1], 0));
	SHOW(MMAP(0, 4096, PROT_READ, MAP_PRIVATE | MAP_HUGETLB, ro, 0));
	SHOW(MMAP(0, 4096, PROT_READ, MAP_SHARED_VALIDATE, ro, 0));
	SHOW(MMAP(0, 4096, PROT_READ, MAP_SHARED_VALIDATE | 0x8000000, ro, 0));
	SHOW(MMAP(0, 4096, PROT_READ, MAP_SHARED_VALIDATE | MAP_SYNC, ro, 0));
	SHOW(MMAP(0, 4096, PROT_READ, MAP_PRIVATE | MAP_GROWSDOWN, ro, 0));
	SHOW(MMAP(0, 8192, PROT_READ, MAP_PRIVATE, ro, 0x7ffffffffffff000));
	SHOW(MMAP(0, 4096, PROT_READ, MAP_PRIVATE, ro, 0xfffffffffffff000));
	SHOW(MMAP(0, 4096, PROT_READ, 0, ro, 0));
}

static void ranges(void)
{
	char *p = mmap(NULL, 4 * 4096, PROT_READ | PROT_WRITE, PRIV_ANON, -1, 0);
	char *ro;

	SHOW(munmap(p + 1, 4096));
	SHOW(munmap(p, 0));
	SHOW(munmap((void *)(1UL << 47), 4096));
	SHOW(munmap((void *)0x10000, 4096));
	SHOW(munmap(p + 4096, 1));
	SHOW(munmap(p + 4096, 4096));
	SHOW(mprotect(p + 1, 4096, PROT_READ));
	SHOW(mprotect(p, 0, PROT_READ));
	SHOW(mprotect(p, 4 * 4096, PROT_READ));
	SHOW(mprotect(p, 4096, 0x70));
	SHOW(mprotect(p, 4096, PROT_READ | PROT_GROWSDOWN | PROT_GROWSUP));
	SHOW(mprotect(p, 4096, PROT_READ | PROT_GROWSDOWN));
	SHOW(mprotect(p, ~0UL - 8191, PROT_READ));
	SHOW(mprotect((void *)0x10000, 4096, PROT_READ));
	SHOW(msync(p + 1, 4096, MS_SYNC));
	SHOW(msync(p, 4096, MS_SYNC | MS_ASYNC));
	SHOW(msync(p, 4096, 0x80));
	SHOW(msync(p, 0, MS_SYNC));
	SHOW(msync(p, 4 * 4096, MS_ASYNC));
	SHOW(msync(p, 4096, MS_INVALIDATE));
	ro = mmap(NULL, 4096, PROT_READ, MAP_SHARED, open("f", O_RDONLY), 0);
	SHOW(mprotect(ro, 4096, PROT_READ | PROT_WRITE));
	SHOW(mprotect(ro, 4096, PROT_NONE));
	SHOW(madvise(p + 1, 4096, MADV_NORMAL));
	SHOW(madvise(p, 4096, 9999));
	SHOW(madvise(p, 0, MADV_DONTNEED));
	SHOW(madvise(p, 0, 9999));
	SHOW(madvise(p, 4 * 4096, MADV_DONTNEED));
	SHOW(madvise(p, ~0UL - 8191, MADV_DONTNEED));
}

static void mremaps(void)
{
	char *p = mmap(NULL, 8 * 4096, PROT_READ | PROT_WRITE, PRIV_ANON, -1, 0);

	munmap(p + 4 * 4096, 4096);
#define MREMAP(...) ((long)syscall(SYS_mremap, __VA_ARGS__) == -1 ? -1 : 0)
	SHOW(MREMAP(p + 1, 4096, 4096, 0, 0));
	SHOW(MREMAP(p, 4096, 0, 0, 0));
	SHOW(MREMAP(p, 0, 4096, MREMAP_MAYMOVE, 0));
	SHOW(MREMAP(p, 4096, 4096, 8, 0));
	SHOW(MREMAP(p, 4096, 4096, MREMAP_FIXED, p + 4096));
	SHOW(MREMAP(p, 4096, 8192, MREMAP_DONTUNMAP, 0));
	SHOW(MREMAP(p, 4096, 8192, MREMAP_MAYMOVE | MREMAP_DONTUNMAP, 0));
	SHOW(MREMAP(p, 8192, 8192, MREMAP_MAYMOVE | MREMAP_FIXED, p + 4096));
	SHOW(MREMAP(p, 8192, 8192, MREMAP_MAYMOVE | MREMAP_FIXED, p + 1));
	SHOW(MREMAP(p, 4096, 8192, 0, 0));
	SHOW(MREMAP(p, 6 * 4096, 7 * 4096, MREMAP_MAYMOVE, 0));
	SHOW(MREMAP(0x10000, 4096, 8192, MREMAP_MAYMOVE, 0));
	SHOW(MREMAP(p, 4 * 4096, ~0UL - 8191, MREMAP_MAYMOVE, 0));
	SHOW(MREMAP(p, 4 * 4096, 4096, 0, 0));
	SHOW(MREMAP(p + 4096, 4096, 4096, 0, 0));
	SHOW(MREMAP(p, 4096, 2 * 4096, 0, 0));
	SHOW(MREMAP(p, 2 * 4096, 64 * 4096, MREMAP_MAYMOVE, 0));
}

int main(void)
{
	mmap_arguments();
	mmap_files();
	ranges();
	mremaps();
	return 0;
}
