// SPDX-License-Identifier: GPL-2.0-or-later
// Advice about how soon pages are wanted again: MADV_FREE, MADV_COLD, MADV_PAGEOUT.
#include <stddef.h>
#include <string.h>
#include <sys/mman.h>
#include "mm/huge.h"
#include "mm/resident.h"
#include "mm/snapshot.h"
#include "mm/walk.h"

struct aging {
	struct vm_area_struct *vma;
	int behavior;
	bool anon_only; // the file's pages are not ours to page out
	pfn_t first;	// a run of window pages that the host is yet to be told of ...
	u64 nr;		// ... and how many
	struct host_pages hp;
};

// Freed lazily means freed when memory gets short, of which ulk hears nothing: the page stays, clean, as on a
// host with memory to spare.
static void free_lazily(struct aging *ag, u64 addr, pte_t *ptep)
{
	struct mm_struct *mm = ag->vma->vm_mm;
	struct page *page = pfn_to_page(mm->phys, pte_pfn(*ptep));

	if (!(page->flags & PG_ANON))
		return;
	__atomic_fetch_or(&page->flags, PG_LAZYFREE, __ATOMIC_RELAXED);
	tlb_batch_pte(mm, addr, *ptep);
	__atomic_fetch_and(ptep, ~(_PAGE_ACCESSED | _PAGE_DIRTY | _PAGE_CACHED), __ATOMIC_ACQ_REL);
}

// Whether a page of a file can be dropped is the host's to say, whose page it is. It looks at ranges: part of a
// large folio is another matter than all of it.
static void tell_host(struct aging *ag)
{
	if (ag->nr)
		madvise(pfn_to_host(ag->vma->vm_mm->phys, ag->first), ag->nr << PAGE_SHIFT, ag->behavior);
	ag->nr = 0;
}

static void host_run(struct aging *ag, pfn_t pfn)
{
	if (ag->nr && pfn != ag->first + ag->nr)
		tell_host(ag);
	if (!ag->nr)
		ag->first = pfn;
	ag->nr++;
}

static void age_page(struct aging *ag, u64 addr, pte_t *ptep)
{
	struct mm_struct *mm = ag->vma->vm_mm;
	bool window = pfn_is_window(mm->phys, pte_pfn(*ptep));
	bool free = !window && pfn_to_page(mm->phys, pte_pfn(*ptep))->flags & PG_LAZYFREE && !(*ptep & _PAGE_DIRTY);
	struct rss_vec rss = {};
	pte_t old;

	if (window && ag->anon_only)
		return;
	// Nobody else's mapping is interfered with.
	if (pte_mapcount(&ag->hp, *ptep, NULL) != 1)
		return;
	if (ag->behavior == MADV_COLD) {
		if (window)
			host_run(ag, pte_pfn(*ptep));
		tlb_batch_pte(mm, addr, *ptep);
		__atomic_fetch_and(ptep, ~(_PAGE_ACCESSED | _PAGE_CACHED), __ATOMIC_ACQ_REL);
		return;
	}
	// Without swap an anonymous page has nowhere to go, unless it may be lost: then the advice is when it is freed.
	if (!window && !free && !(ag->vma->vm_flags & VM_DROPPABLE))
		return;
	old = __atomic_exchange_n(ptep, 0, __ATOMIC_ACQ_REL);
	tlb_batch_pte(mm, addr, old);
	// Page by page, as try_to_unmap() does.
	update_hiwater_rss(mm);
	page_remove_rmap(ag->vma, old, &rss);
	add_mm_rss_vec(mm, &rss);
	// Of shmem those that nobody stored to can be dropped. What was only made ready for it (MADV_POPULATE_WRITE) is dirty
	// for the guest, so it shall be for the host.
	if (window && old & _PAGE_DIRTY && ag->vma->vm_flags & VM_SHARED)
		__atomic_fetch_or((u8 *)pfn_to_host(mm->phys, pte_pfn(old)), 0, __ATOMIC_RELAXED);
	if (!window)
		put_page(mm->phys, pte_pfn(old));
	else
		host_run(ag, pte_pfn(old));
}

void madvise_age(struct vm_area_struct *vma, u64 start, u64 end, int behavior)
{
	struct mm_struct *mm = vma->vm_mm;
	struct aging ag;
	u64 addr = start, stop;
	pte_t *ptep;

	memset(&ag, 0, offsetof(struct aging, hp));
	ag.vma = vma;
	ag.behavior = behavior;
	// can_do_file_pageout(): the file's owner and who may write to it, as with mincore().
	ag.anon_only = behavior == MADV_PAGEOUT && vma->vm_file && vma->vm_file->fd >= 0 &&
		       !file_mincore_allowed(mm->env, vma->vm_file);
	if (behavior != MADV_FREE)
		host_pages_open(mm->phys, &ag.hp);
	pthread_mutex_lock(&mm->page_table_lock);
	if (unlikely(mm->snapshots))
		snapshot_note_range_locked(mm, start, end, true);
	// madvise_free_single_vma() does, though nothing goes yet.
	if (behavior == MADV_FREE)
		update_hiwater_rss(mm);
	while ((ptep = pte_next_table(mm, &addr, end, &stop))) {
		// Advice about a part, or that the whole be swapped out, makes Linux split the huge page.
		if (pmd_is_huge(mm, addr) && !(*ptep & _PAGE_SPECIAL) &&
		    (stop - addr != PMD_SIZE || behavior == MADV_PAGEOUT))
			huge_split_folio(vma, addr);
		for (; addr < stop; addr += PAGE_SIZE, ptep++) {
			if (!pte_present(*ptep) || *ptep & _PAGE_SPECIAL)
				continue;
			if (behavior == MADV_FREE)
				free_lazily(&ag, addr, ptep);
			else
				age_page(&ag, addr, ptep);
		}
	}
	tell_host(&ag);
	pthread_mutex_unlock(&mm->page_table_lock);
	if (behavior != MADV_FREE)
		host_pages_close(&ag.hp);
}
