// SPDX-License-Identifier: GPL-2.0-or-later
// Faults on file mappings: the window, fault-around, private copies, the end of the file.
#include <signal.h>
#include "mm/pages.h"

// As Linux's default fault_around_bytes, 64 KiB.
#define FAULT_AROUND_PAGES 16UL

// The pages around a fault that are looked at together, as indices relative to the faulting one.
struct around {
	pgoff_t first;      // file page of the first
	u64 addr;           // its address
	u64 nr, fault;      // how many; which of them faulted
	u8 resident[FAULT_AROUND_PAGES];
};

// Linux's do_fault_around: the aligned 16 pages, inside the VMA, the page table and the file.
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
	// One window only; it ends where a page table would if the mapping were aligned.
	before = min_t(u64, before, pgoff % WINDOW_PAGES);
	after = min_t(u64, after, WINDOW_PAGES - pgoff % WINDOW_PAGES);
	ar->first = pgoff - before;
	ar->addr = addr - (before << PAGE_SHIFT);
	ar->nr = before + after;
	ar->fault = before;
}

static void fault_signal(struct mm_fault *out, int code)
{
	out->signo = SIGBUS;
	out->code = code;
}

// Map the neighbours that are in the host's page cache and not mapped yet.
static void map_around(struct vm_area_struct *vma, const struct around *ar, pte_t *ptep, pfn_t pfn)
{
	u64 prot = vma_page_prot(vma), i;
	pte_t *first = ptep - ar->fault;

	for (i = 0; i < ar->nr; i++) {
		if (i != ar->fault && ar->resident[i] & 1 && pte_none(first[i]))
			set_page_pte(vma, &first[i], pfn - ar->fault + i, prot);
	}
}

void do_file_fault(struct vm_area_struct *vma, u64 addr, pte_t *ptep, unsigned flags, struct mm_fault *out)
{
	struct file *file = vma->vm_file;
	pgoff_t pgoff = vma->vm_pgoff + ((addr - vma->vm_start) >> PAGE_SHIFT);
	pgoff_t file_pages = PAGE_ALIGN(file_size(file)) >> PAGE_SHIFT;
	bool write = flags & FAULT_WRITE, shared = vma->vm_flags & VM_SHARED;
	struct around ar = {.nr = 1};
	s64 pfn;

	if (pgoff >= file_pages) {
		fault_signal(out, BUS_ADRERR);
		return;
	}
	// A writable PTE, even one that was only read through so far, wants a writable window.
	pfn = file_get_pfn(file, pgoff, shared && (write || vma_page_prot(vma) & _PAGE_RW));
	if (pfn == -ENOMEM) {
		fault_oom(vma, out);
		return;
	}
	if (pfn < 0) {
		fault_signal(out, BUS_ADRERR);
		return;
	}
	around_range(vma, addr, pgoff, file_pages, &ar);
	if (window_mincore(vma->vm_mm->phys, pfn - ar.fault, ar.nr, ar.resident) < 0)
		ar.nr = 0;
	out->major = ar.nr && !(ar.resident[ar.fault] & 1);
	out->minor = !out->major;
	if (write && !shared) {
		do_cow(vma, addr, ptep, pfn, flags, out);
		return;
	}
	if (!write && ar.nr)
		map_around(vma, &ar, ptep, pfn);
	set_page_pte(vma, ptep, pfn,
		     vma_page_prot(vma) | (write ? _PAGE_RW | _PAGE_DIRTY | _PAGE_SOFT_DIRTY : 0));
}
