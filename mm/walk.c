// SPDX-License-Identifier: GPL-2.0-or-later
// Page tables as smaps counts them.
#include "mm/huge.h"
#include "mm/walk.h"

// smaps_account() and smaps_page_accumulate() for one present page.
static void smaps_account(struct vm_area_struct *vma, pte_t pte, struct host_pages *hp,
			  struct mem_size_stats *mss)
{
	int counter = pte_counter(vma, pte);
	struct host_page look;
	u32 mapcount;
	bool dirty;
	u64 pss;

	if (counter < 0)
		return; // the zero page and [vvar] are nobody's
	mapcount = pte_mapcount(hp, pte, &look);
	dirty = pte & _PAGE_DIRTY || look.dirty;
	pss = (PAGE_SIZE << PSS_SHIFT) / mapcount;
	mss->resident += PAGE_SIZE;
	if (pte & _PAGE_ACCESSED || look.referenced)
		mss->referenced += PAGE_SIZE;
	if (counter == MM_ANONPAGES) {
		mss->anonymous += PAGE_SIZE;
		if (!dirty && pfn_to_page(hp->phys, pte_pfn(pte))->flags & PG_LAZYFREE)
			mss->lazyfree += PAGE_SIZE;
	}
	mss->pss += pss;
	*(counter == MM_ANONPAGES    ? &mss->pss_anon
	  : counter == MM_SHMEMPAGES ? &mss->pss_shmem
				     : &mss->pss_file) += pss;
	if (vma->vm_flags & VM_LOCKED)
		mss->pss_locked += pss;
	if (dirty) {
		mss->pss_dirty += pss;
		*(mapcount > 1 ? &mss->shared_dirty : &mss->private_dirty) += PAGE_SIZE;
	} else {
		*(mapcount > 1 ? &mss->shared_clean : &mss->private_clean) += PAGE_SIZE;
	}
}

void smap_gather_stats(struct vm_area_struct *vma, u64 start, struct host_pages *hp,
		       struct mem_size_stats *mss)
{
	struct mm_struct *mm = vma->vm_mm;
	u64 addr = max_t(u64, start, vma->vm_start), stop;
	pte_t *ptep, marks;
	bool huge;

	pthread_mutex_lock(&mm->page_table_lock);
	while ((ptep = pte_next_table(mm, &addr, vma->vm_end, &stop))) {
		huge = pmd_is_huge(mm, addr);
		marks = huge ? huge_marks(mm, addr) : 0;
		for (; addr < stop; addr += PAGE_SIZE, ptep++) {
			if (!pte_present(*ptep))
				continue;
			smaps_account(vma, *ptep | marks, hp, mss);
			if (huge && !(*ptep & _PAGE_SPECIAL))
				mss->anon_huge += PAGE_SIZE;
		}
	}
	pthread_mutex_unlock(&mm->page_table_lock);
}
