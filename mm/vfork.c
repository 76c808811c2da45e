// SPDX-License-Identifier: GPL-2.0-or-later
// A vfork child runs in its parent's memory. Here it has a copy, and hands what it stored back when it lets
// go.
#include <string.h>
#include "mm/pages.h"

// A private page of this process that has a PTE of its own to be written through.
static bool own_frame(const struct mm_struct *mm, pte_t pte)
{
	return pte_present(pte) && !(pte & _PAGE_SPECIAL) && !pfn_is_window(mm->phys, pte_pfn(pte)) &&
	       (pfn_to_page(mm->phys, pte_pfn(pte))->flags & PG_ANON);
}

static void wrprotect(struct mm_struct *mm, struct vm_area_struct *vma)
{
	u64 addr = vma->vm_start, stop;
	pte_t *ptep, pte;

	while ((ptep = pte_next_table(mm, &addr, vma->vm_end, &stop))) {
		for (; addr < stop; addr += PAGE_SIZE, ptep++) {
			pte = *ptep;
			if (!(pte & _PAGE_RW) || !own_frame(mm, pte))
				continue;
			__atomic_store_n(ptep, pte & ~(_PAGE_RW | _PAGE_CACHED), __ATOMIC_RELEASE);
			tlb_batch_pte(mm, addr, pte);
		}
	}
}

void mm_vfork_child(struct mm_struct *mm)
{
	struct vm_area_struct *vma;

	// Threads that held the locks do not exist in the child.
	pthread_mutex_init(&mm->page_table_lock, NULL);
	pthread_rwlock_init(&mm->mmap_sem, NULL);
	pthread_mutex_init(&mm->phys->lock, NULL);
	mm->mm_users = mm->mm_count = 1;
	pthread_rwlock_wrlock(&mm->mmap_sem);
	for_each_vma (mm, vma) {
		if (!(vma->vm_flags & VM_SHARED))
			wrprotect(mm, vma);
	}
	flush_tlb_batched(mm);
	pthread_rwlock_unlock(&mm->mmap_sem);
}

static s64 written_in(struct mm_struct *mm, struct vm_area_struct *vma, u64 from, void *page)
{
	u64 addr = from > vma->vm_start ? from : vma->vm_start, stop;
	pte_t *ptep;

	while ((ptep = pte_next_table(mm, &addr, vma->vm_end, &stop))) {
		for (; addr < stop; addr += PAGE_SIZE, ptep++) {
			if (!(*ptep & _PAGE_RW) || !own_frame(mm, *ptep))
				continue;
			memcpy(page, pfn_to_host(mm->phys, pte_pfn(*ptep)), PAGE_SIZE);
			return (s64)addr;
		}
	}
	return -ENOENT;
}

s64 mm_vfork_written(struct mm_struct *mm, u64 from, u64 end, void *page)
{
	struct vm_area_struct *vma;
	s64 addr = -ENOENT;

	pthread_rwlock_rdlock(&mm->mmap_sem);
	for (vma = find_vma(mm, from); vma && vma->vm_start < end && addr < 0; vma = vma->vm_next) {
		if (!(vma->vm_flags & VM_SHARED))
			addr = written_in(mm, vma, from, page);
	}
	pthread_rwlock_unlock(&mm->mmap_sem);
	return addr >= 0 && (u64)addr >= end ? -ENOENT : addr;
}
