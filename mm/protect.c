// SPDX-License-Identifier: GPL-2.0-or-later
// Changing PTEs in place: mprotect's part and mremap's.
#include "mm/huge.h"

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

	return !pfn_is_window(vma->vm_mm->phys, pte_pfn(pte)) ||
	       file_get_pfn(vma->vm_file, pgoff, true) == (s64)pte_pfn(pte);
}

void change_protection(struct vm_area_struct *vma, u64 start, u64 end)
{
	struct mm_struct *mm = vma->vm_mm;
	u64 prot = vma_page_prot(vma), addr = start, stop;
	pte_t *ptep, old, new;

	pthread_mutex_lock(&mm->page_table_lock);
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

// Move the PTEs of one old and one new table; false when the new table cannot be had. As in Linux it is made
// even if there is nothing to move.
static bool move_ptes(struct mm_struct *mm, pte_t *old_ptep, u64 old, u64 new, u64 len)
{
	pte_t *new_ptep = pte_alloc(mm, new), pte;
	u64 off;

	if (!new_ptep)
		return false;
	huge_split(mm, old);
	for (off = 0; off < len; off += PAGE_SIZE, old_ptep++, new_ptep++) {
		if (pte_none(*old_ptep))
			continue;
		pte = __atomic_exchange_n(old_ptep, 0, __ATOMIC_ACQ_REL);
		if (pte == PTE_MARKER_GUARD) {
			*new_ptep = pte;
			continue;
		}
		tlb_batch_pte(mm, old + off, pte);
		__atomic_store_n(new_ptep, (pte & ~_PAGE_CACHED) | _PAGE_SOFT_DIRTY, __ATOMIC_RELEASE);
	}
	return true;
}

// A whole table moves as one entry, if there is none at the new place.
static bool move_table(struct mm_struct *mm, u64 old, u64 new, u64 len)
{
	if (len != PMD_SIZE || (old | new) % PMD_SIZE || !pmd_move(mm, old, new))
		return false;
	tlb_batch(mm, old, old + len);
	return true;
}

u64 move_page_tables(struct vm_area_struct *vma, u64 old, struct vm_area_struct *new_vma, u64 new_addr,
		     u64 len)
{
	struct mm_struct *mm = vma->vm_mm;
	u64 addr = old, end = old + len, stop, new, extent;
	bool ok = true;
	pte_t *ptep;

	(void)new_vma;
	pthread_mutex_lock(&mm->page_table_lock);
	while (ok && (ptep = pte_next_table(mm, &addr, end, &stop))) {
		new = new_addr + (addr - old);
		extent = min_t(u64, stop - addr, PMD_SIZE - new % PMD_SIZE);
		ok = move_table(mm, addr, new, extent) || move_ptes(mm, ptep, addr, new, extent);
		if (ok)
			addr += extent;
	}
	pthread_mutex_unlock(&mm->page_table_lock);
	return ok ? len : addr - old;
}
