// SPDX-License-Identifier: GPL-2.0-or-later
// Changing PTEs in place: mprotect's part.
#include "mm/huge.h"
#include "mm/snapshot.h"

// What pte_modify keeps: where the page is and what happened to it.
#define CHG_MASK (PTE_PFN_MASK | _PAGE_SPECIAL | _PAGE_ACCESSED | _PAGE_DIRTY | _PAGE_SOFT_DIRTY)

// After mprotect gave VM_WRITE back: may stores go straight through (Linux's can_change_pte_writable)?
static bool can_change_pte_writable(const struct vm_area_struct *vma, pte_t pte)
{
	struct phys *phys = vma->vm_mm->phys;
	pfn_t pfn = pte_pfn(pte);

	if (!(vma->vm_flags & VM_WRITE) || pte & _PAGE_SPECIAL)
		return false;
	if (vma_soft_dirty_enabled(vma) && !(pte & _PAGE_SOFT_DIRTY))
		return false;
	if (!(vma->vm_flags & VM_SHARED))
		return !pfn_is_window(phys, pfn) &&
		       (pfn_to_page(phys, pfn)->flags & (PG_ANON | PG_FORKED)) == PG_ANON;
	return pte & _PAGE_DIRTY;
}

// A writable PTE wants a window that is writable on the host.
static bool window_ready(struct vm_area_struct *vma, u64 addr, pte_t pte)
{
	pgoff_t pgoff = vma->vm_pgoff + ((addr - vma->vm_start) >> PAGE_SHIFT);

	s64 pfn;

	if (!pfn_is_window(vma->vm_mm->phys, pte_pfn(pte)))
		return true;
	pfn = file_get_pfn(vma->vm_file, pgoff, true);
	file_put_pfn(vma->vm_file, pfn); // the PTE keeps it
	return pfn == (s64)pte_pfn(pte);
}

void change_protection(struct vm_area_struct *vma, u64 start, u64 end)
{
	struct mm_struct *mm = vma->vm_mm;
	u64 prot = vma_page_prot(vma), addr = start, stop;
	pte_t *ptep, old, new;

	pthread_mutex_lock(&mm->page_table_lock);
	if (unlikely(mm->snapshots))
		snapshot_note_range_locked(mm, start, end, false);
	while ((ptep = pte_next_table(mm, &addr, end, &stop))) {
		for (; addr < stop; addr += PAGE_SIZE, ptep++) {
			old = *ptep;
			if (!pte_present(old))
				continue;
			new = (old & CHG_MASK) | prot;
			if (can_change_pte_writable(vma, old) && prot & _PAGE_PRESENT)
				new |= _PAGE_RW;
			if (new &_PAGE_RW && !window_ready(vma, addr, old))
				new &= ~_PAGE_RW;
			if ((old | _PAGE_CACHED) == (new | _PAGE_CACHED))
				continue;
			__atomic_store_n(ptep, new, __ATOMIC_RELEASE);
			tlb_batch_pte(mm, addr, old);
		}
	}
	pthread_mutex_unlock(&mm->page_table_lock);
}
