// SPDX-License-Identifier: GPL-2.0-or-later
// A vfork child runs in its parent's memory. Here it has a copy, and hands what it stored back when it lets
// go.
#include <stdlib.h>
#include <string.h>
#include "mm/pages.h"
#include "mm/snapshot.h"
#include "mm/uaccess.h"

// A page as it was before the child first stored to it.
struct vfork_page {
	struct vfork_page *next;
	u64 addr;
	u8 old[PAGE_SIZE];
};

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
			if (!own_frame(mm, pte))
				continue;
			// So that mprotect does not make it writable either.
			__atomic_fetch_or(&pfn_to_page(mm->phys, pte_pfn(pte))->flags, PG_FORKED,
					  __ATOMIC_RELAXED);
			if (!(pte & _PAGE_RW))
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
	mm_vfork_end(mm); // of a child that was one itself
	mm->vforked = true;
	pthread_rwlock_wrlock(&mm->mmap_sem);
	snapshot_mm_gone(mm);
	for_each_vma (mm, vma) {
		if (!(vma->vm_flags & VM_SHARED))
			wrprotect(mm, vma);
	}
	flush_tlb_batched(mm);
	pthread_rwlock_unlock(&mm->mmap_sem);
}

void vfork_note(struct mm_struct *mm, u64 addr, const void *old)
{
	struct vfork_page *page = malloc(sizeof(*page));

	// Out of memory: the parent will not hear of this page.
	if (!page)
		return;
	page->next = mm->vfork_pages;
	page->addr = addr;
	if (old)
		memcpy(page->old, old, PAGE_SIZE);
	else
		memset(page->old, 0, PAGE_SIZE);
	mm->vfork_pages = page;
}

bool mm_vfork_written(struct mm_struct *mm, u64 *addr, void *old, void *new)
{
	struct vfork_page *page;
	bool found = false;

	while (!found && (page = mm->vfork_pages)) {
		mm->vfork_pages = page->next;
		*addr = page->addr;
		memcpy(old, page->old, PAGE_SIZE);
		free(page);
		// Forced, since the child may have protected it meanwhile; where it is unmapped there is
		// nothing to tell.
		found = !access_remote_vm(mm, *addr, new, PAGE_SIZE, false);
	}
	return found;
}

void mm_vfork_end(struct mm_struct *mm)
{
	struct vfork_page *page;

	mm->vforked = false;
	while ((page = mm->vfork_pages)) {
		mm->vfork_pages = page->next;
		free(page);
	}
}
