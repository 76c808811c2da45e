// SPDX-License-Identifier: GPL-2.0-or-later
// A fault on a file, taken by the host in an area like the guest's.
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>
#include "mm/pages.h"
#include "mm/resident.h"

#define TABLE_SIZE (1UL << PMD_SHIFT)
#define PAGEMAP_PRESENT (1UL << 63)

struct probe {
	u8 *reserved, *area;
	size_t reserved_size, size;
};

void *file_map_alike(const struct vm_area_struct *vma, void *at, size_t size, pgoff_t pgoff)
{
	static const struct {
		u64 flag;
		int advice;
	} table[] = {{VM_RAND_READ, MADV_RANDOM}, {VM_SEQ_READ, MADV_SEQUENTIAL}, {VM_HUGEPAGE, MADV_HUGEPAGE}};
	int prot = PROT_READ | (vma->vm_flags & VM_EXEC ? PROT_EXEC : 0);
	void *p = mmap(at, size, prot, MAP_PRIVATE | MAP_FIXED, vma->vm_file->fd, (off_t)(pgoff << PAGE_SHIFT));

	if (p == MAP_FAILED)
		return NULL;
	for (size_t i = 0; i < ARRAY_SIZE(table); i++) {
		if (vma->vm_flags & table[i].flag)
			madvise(p, size, table[i].advice);
	}
	return p;
}

// How much a fault reads ahead depends on the area's bounds (where it is executable) and advice, what it maps along on its
// place in the page table.
static bool probe_map(struct probe *p, const struct vm_area_struct *vma)
{
	void *at;

	p->size = vma->vm_end - vma->vm_start;
	// All that its page tables cover: a neighbour in one of them would have made it.
	p->reserved_size = p->size + 3 * TABLE_SIZE;
	at = mmap(NULL, p->reserved_size, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (at == MAP_FAILED)
		return false;
	p->reserved = at;
	p->area = (u8 *)((((u64)at + TABLE_SIZE - 1) & ~(TABLE_SIZE - 1)) + (vma->vm_start & (TABLE_SIZE - 1)));
	if (!file_map_alike(vma, p->area, p->size, vma->vm_pgoff)) {
		munmap(p->reserved, p->reserved_size);
		return false;
	}
	return true;
}

// Where the guest has a page table, let there be one: without it less is mapped along. A page beside the area, in the
// same table, makes it.
static void probe_table(const struct probe *p, const u8 *at)
{
	u8 *table = (u8 *)((u64)at & ~(TABLE_SIZE - 1)), *beside = NULL;

	if (p->area > table && p->area > p->reserved)
		beside = p->area - PAGE_SIZE;
	else if (p->area + p->size < table + TABLE_SIZE && p->area + p->size < p->reserved + p->reserved_size)
		beside = p->area + p->size;
	if (beside && !mprotect(beside, PAGE_SIZE, PROT_READ | PROT_WRITE))
		*(volatile u8 *)beside = 0;
}

// Read at @at. The kernel does, so that a file that shrinks meanwhile is no signal: a mask it must copy before it
// finds that it is not told what to do with it. The major faults of that.
static long touch(const u8 *at)
{
	struct rusage before, after;

	getrusage(RUSAGE_THREAD, &before);
	syscall(SYS_rt_sigprocmask, -1, at, NULL, 8);
	getrusage(RUSAGE_THREAD, &after);
	return after.ru_majflt - before.ru_majflt;
}

// Which of @nr pages from number @page on are mapped.
static void look(u64 page, u64 nr, u8 *mapped)
{
	int fd = open("/proc/self/pagemap", O_RDONLY | O_CLOEXEC);
	u64 entry[64], n;

	for (; fd >= 0 && nr; page += n, mapped += n, nr -= n) {
		n = min_t(u64, nr, ARRAY_SIZE(entry));
		if (pread(fd, entry, n * sizeof(*entry), (off_t)(page * sizeof(*entry))) != (ssize_t)(n * sizeof(*entry)))
			break;
		for (u64 i = 0; i < n; i++)
			mapped[i] = !!(entry[i] & PAGEMAP_PRESENT);
	}
	if (fd >= 0)
		close(fd);
}

int file_probe(const struct vm_area_struct *vma, u64 addr, pgoff_t first, u64 nr, u8 *resident)
{
	struct probe p;
	int major;
	u8 *at;

	if (vma->vm_file->fd < 0 || !probe_map(&p, vma))
		return -ENOMEM;
	at = p.area + ((addr & PAGE_MASK) - vma->vm_start);
	if (pte_lookup(vma->vm_mm, addr))
		probe_table(&p, at);
	major = touch(at) > 0;
	if (nr)
		look((u64)p.area / PAGE_SIZE + first - vma->vm_pgoff, nr, resident);
	munmap(p.reserved, p.reserved_size);
	return major;
}
