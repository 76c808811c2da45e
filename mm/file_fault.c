// SPDX-License-Identifier: GPL-2.0-or-later
// Faults on file mappings: the window, fault-around, private copies, the end of the file.
#include <signal.h>
#include <string.h>
#include "mm/pages.h"

// As Linux's default fault_around_bytes, 64 KiB.
#define FAULT_AROUND_PAGES 16UL

// The pages around a fault that are looked at together.
struct around {
	pgoff_t first;                       // file page of the first
	u64 nr, fault;                       // how many; which of them faulted
	s64 pfn[FAULT_AROUND_PAGES];         // where each is, if it is resident
	u8 resident[FAULT_AROUND_PAGES];     // bit 0: in the host's page cache
};

// Linux's do_fault_around: 16 pages, from a multiple of 16 if the VMA reaches that far down, inside the VMA,
// the page table and the file.
static void around_range(const struct vm_area_struct *vma, u64 addr, pgoff_t pgoff, pgoff_t file_pages,
			 struct around *ar)
{
	u64 index = (addr >> PAGE_SHIFT) % PTRS_PER_TABLE;
	u64 before = (addr - vma->vm_start) >> PAGE_SHIFT;
	u64 after = (vma->vm_end - addr) >> PAGE_SHIFT;

	before = min_t(u64, before, index % FAULT_AROUND_PAGES);
	after = min_t(u64, after, FAULT_AROUND_PAGES - before);
	after = min_t(u64, after, PTRS_PER_TABLE - index);
	after = min_t(u64, after, file_pages - pgoff);
	ar->first = pgoff - before;
	ar->nr = before + after;
	ar->fault = before;
}

// Look up the range, window by window (there are at most two).
static void around_look(struct file *file, bool write, struct around *ar)
{
	u64 i, j, len;
	s64 pfn;

	for (i = 0; i < ar->nr; i += len) {
		pgoff_t pgoff = ar->first + i;

		len = min_t(u64, ar->nr - i, WINDOW_PAGES - pgoff % WINDOW_PAGES);
		pfn = file_get_pfn(file, pgoff, write);
		if (pfn < 0 || window_mincore(file->phys, pfn, len, ar->resident + i) < 0)
			memset(ar->resident + i, 0, len);
		for (j = 0; j < len; j++)
			ar->pfn[i + j] = pfn + j;
	}
}

static void fault_signal(struct mm_fault *out, int code)
{
	out->signo = SIGBUS;
	out->code = code;
}

// Map the neighbours that are in the host's page cache and not mapped yet.
static void map_around(struct vm_area_struct *vma, const struct around *ar, pte_t *ptep)
{
	u64 prot = vma_page_prot(vma), i;
	pte_t *first = ptep - ar->fault;

	for (i = 0; i < ar->nr; i++) {
		if (i != ar->fault && ar->resident[i] & 1 && pte_none(first[i]))
			set_page_pte(vma, &first[i], ar->pfn[i], prot);
	}
}

void do_file_fault(struct vm_area_struct *vma, u64 addr, pte_t *ptep, unsigned flags, struct mm_fault *out)
{
	struct file *file = vma->vm_file;
	pgoff_t pgoff = vma->vm_pgoff + ((addr - vma->vm_start) >> PAGE_SHIFT);
	pgoff_t file_pages = PAGE_ALIGN(file_size(file)) >> PAGE_SHIFT;
	bool write = flags & FAULT_WRITE, shared = vma->vm_flags & VM_SHARED;
	struct around ar = {.first = pgoff, .nr = 1};
	bool writable;
	s64 pfn;

	if (pgoff >= file_pages) {
		fault_signal(out, BUS_ADRERR);
		return;
	}
	// A writable PTE, even one that was only read through so far, wants a writable window.
	writable = shared && (write || vma_page_prot(vma) & _PAGE_RW);
	pfn = file_get_pfn(file, pgoff, writable);
	if (pfn == -ENOMEM) {
		fault_oom(vma, out);
		return;
	}
	if (pfn < 0) {
		fault_signal(out, BUS_ADRERR);
		return;
	}
	// Only read faults look around; others just ask whether the host must read the page first.
	if (!write && file->f_mapping->keyed)
		around_range(vma, addr, pgoff, file_pages, &ar);
	around_look(file, writable, &ar);
	// A hole of shmem is filled without I/O.
	out->major = file->f_mapping->keyed && !file->is_shmem && !(ar.resident[ar.fault] & 1);
	out->minor = !out->major;
	if (write && !shared) {
		do_cow(vma, addr, ptep, pfn, flags, out);
		return;
	}
	if (!write)
		map_around(vma, &ar, ptep);
	set_page_pte(vma, ptep, pfn,
		     vma_page_prot(vma) | (write ? _PAGE_RW | _PAGE_DIRTY | _PAGE_SOFT_DIRTY : 0));
}
