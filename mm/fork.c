// SPDX-License-Identifier: GPL-2.0-or-later
// The parent's side of fork: nobody may be half way through the mm, and its private pages become read-only.
#include "mm/frames.h"
#include "mm/pages.h"
#include "mm/snapshot.h"

// Linux maps the private pages of both processes read-only, so the first store to each is a fault. The
// copying is the host's work here, but the fault is counted in getrusage and seen by the guest's own eyes in
// /proc.
static void wrprotect_private(struct vm_area_struct *vma)
{
	struct mm_struct *mm = vma->vm_mm;
	u64 addr = vma->vm_start, stop;
	struct page *page;
	pte_t *ptep, pte;

	while ((ptep = pte_next_table(mm, &addr, vma->vm_end, &stop))) {
		for (; addr < stop; addr += PAGE_SIZE, ptep++) {
			pte = *ptep;
			if (!pte_present(pte) || pte & _PAGE_SPECIAL || pfn_is_window(mm->phys, pte_pfn(pte)))
				continue;
			page = pfn_to_page(mm->phys, pte_pfn(pte));
			if (!(page->flags & PG_ANON))
				continue;
			__atomic_fetch_or(&page->flags, PG_FORKED, __ATOMIC_RELAXED);
			if (!(pte & _PAGE_RW))
				continue;
			__atomic_store_n(ptep, pte & ~(_PAGE_RW | _PAGE_CACHED), __ATOMIC_RELEASE);
			tlb_batch_pte(mm, addr, pte);
		}
	}
}

void mm_fork_prepare(struct mm_struct *mm, bool copied)
{
	struct vm_area_struct *vma;

	truncations_share(mm->phys);
	pthread_rwlock_wrlock(&mm->mmap_sem);
	pthread_mutex_lock(&mm->page_table_lock);
	if (unlikely(mm->snapshots) && copied)
		snapshot_note_range_locked(mm, 0, TASK_SIZE, false);
	pthread_mutex_lock(&mm->phys->lock);
	if (!copied)
		return;
	frames_forked(mm->phys);
	for_each_vma (mm, vma) {
		if (vma->anon_vma && !(vma->vm_flags & (VM_SHARED | VM_DONTCOPY | VM_WIPEONFORK)))
			wrprotect_private(vma);
	}
	flush_tlb_batched(mm);
}

void mm_fork_parent(struct mm_struct *mm)
{
	pthread_mutex_unlock(&mm->phys->lock);
	pthread_mutex_unlock(&mm->page_table_lock);
	pthread_rwlock_unlock(&mm->mmap_sem);
}

void fork_mkold(struct vm_area_struct *vma)
{
	u64 addr = vma->vm_start, stop;
	pte_t *ptep, old;

	while ((ptep = pte_next_table(vma->vm_mm, &addr, vma->vm_end, &stop))) {
		for (; addr < stop; addr += PAGE_SIZE, ptep++) {
			old = *ptep;
			if (!pte_present(old) || !(old & _PAGE_ACCESSED))
				continue;
			*ptep = old & ~(_PAGE_ACCESSED | _PAGE_CACHED);
			tlb_batch_pte(vma->vm_mm, addr, old);
		}
	}
}

void fork_free_tables(struct mm_struct *mm)
{
	struct vm_area_struct *vma;
	u64 floor = 0;

	for_each_vma (mm, vma) {
		if (!vma_needs_copy(vma))
			continue;
		free_pgtables(mm, floor, vma->vm_start, floor, vma->vm_start);
		floor = vma->vm_end;
	}
	free_pgtables(mm, floor, TASK_SIZE, floor, 0);
}
