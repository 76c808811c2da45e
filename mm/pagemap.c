// SPDX-License-Identifier: GPL-2.0-or-later
// Page tables as /proc/PID/pagemap and PAGEMAP_SCAN show them, and as clear_refs resets them.
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>
#include "mm/pagemap.h"
#include "mm/pages.h"
#include "mm/snapshot.h"

// ---- is there a soft-dirty bit? ----

// A fresh page of the host's has it, where the kernel has it at all.
static bool host_soft_dirty(const struct host_pages *hp)
{
	volatile char *page =
		mmap(NULL, PAGE_SIZE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	bool dirty;

	if (page == MAP_FAILED)
		return false;
	*page = 1;
	dirty = host_entry_of(hp, (const void *)page) & PM_SOFT_DIRTY;
	munmap((void *)page, PAGE_SIZE);
	return dirty;
}

bool soft_dirty_on(struct phys *phys)
{
	struct host_pages hp;

	if (phys->soft_dirty == SOFT_DIRTY_HOST) {
		host_pages_open(phys, &hp);
		phys->soft_dirty = host_soft_dirty(&hp) ? SOFT_DIRTY_ON : SOFT_DIRTY_OFF;
		host_pages_close(&hp);
	}
	return phys->soft_dirty == SOFT_DIRTY_ON;
}

// ---- pagemap ----

static u64 pagemap_entry(struct vm_area_struct *vma, pte_t pte, struct pagemap_view *pv)
{
	u64 entry = 0;
	int counter;

	if (pv->soft_dirty && (vma->vm_flags & VM_SOFTDIRTY || (pte_present(pte) && pte & _PAGE_SOFT_DIRTY)))
		entry |= PM_SOFT_DIRTY;
	if (pte == PTE_MARKER_GUARD)
		return entry | PM_SWAP | PM_GUARD_REGION | (pv->show_pfn ? PM_GUARD_FRAME : 0);
	if (!pte_present(pte))
		return entry;
	entry |= PM_PRESENT | (pv->show_pfn ? pte_pfn(pte) : 0);
	counter = pte_counter(vma, pte);
	if (counter < 0)
		return entry; // the zero page and [vvar] are nobody's
	if (counter != MM_ANONPAGES)
		entry |= PM_FILE;
	if (pte_mapcount(&pv->hp, pte, NULL) == 1)
		entry |= PM_MMAP_EXCLUSIVE;
	return entry;
}

void pagemap_fill(struct mm_struct *mm, u64 addr, u64 *entries, size_t nr, struct pagemap_view *pv)
{
	struct vm_area_struct *vma = find_vma(mm, addr);
	pte_t *ptep;

	pthread_mutex_lock(&mm->page_table_lock);
	for (size_t i = 0; i < nr; i++, addr += PAGE_SIZE) {
		while (vma && vma->vm_end <= addr)
			vma = vma->vm_next;
		entries[i] = 0;
		if (!vma || vma->vm_start > addr)
			continue;
		ptep = pte_lookup(mm, addr);
		entries[i] = pagemap_entry(vma, ptep ? *ptep : 0, pv);
	}
	pthread_mutex_unlock(&mm->page_table_lock);
}

void pagemap_view_open(struct mm_struct *mm, struct pagemap_view *pv)
{
	pv->soft_dirty = soft_dirty_on(mm->phys);
	host_pages_open(mm->phys, &pv->hp);
	// Whoever is told the host's frame numbers natively is told ours.
	pv->show_pfn = host_entry_of(&pv->hp, pv) & PM_PFRAME_MASK;
}

void pagemap_view_close(struct pagemap_view *pv)
{
	host_pages_close(&pv->hp);
}

// ---- PAGEMAP_SCAN's categories ----

u64 page_category(struct vm_area_struct *vma, pte_t pte, bool soft_dirty)
{
	int counter;
	u64 cat;

	if (pte_none(pte)) // in a table, and no userfaultfd forbids the store
		return PAGE_IS_WRITTEN;
	if (!pte_present(pte))
		return PAGE_IS_SWAPPED | PAGE_IS_WRITTEN | (pte == PTE_MARKER_GUARD ? PAGE_IS_GUARD : 0);
	cat = PAGE_IS_PRESENT | PAGE_IS_WRITTEN;
	counter = pte_counter(vma, pte);
	if (counter >= 0 && counter != MM_ANONPAGES)
		cat |= PAGE_IS_FILE;
	if (pte_pfn(pte) == vma->vm_mm->phys->zero_pfn)
		cat |= PAGE_IS_PFNZERO;
	if (soft_dirty && pte & _PAGE_SOFT_DIRTY)
		cat |= PAGE_IS_SOFT_DIRTY;
	return cat;
}

// ---- clear_refs ----

static pte_t cleared(pte_t pte, int type)
{
	if (type == CLEAR_REFS_SOFT_DIRTY)
		return pte & ~(_PAGE_SOFT_DIRTY | _PAGE_RW); // so that the next store is seen
	return pte & _PAGE_SPECIAL ? pte : pte & ~_PAGE_ACCESSED;
}

static void clear_refs_vma(struct vm_area_struct *vma, int type)
{
	u64 addr = vma->vm_start, stop;
	pte_t *ptep, old, new;

	if (vma->vm_flags & VM_PFNMAP || (type == CLEAR_REFS_ANON && (vma->vm_file || vma->special)) ||
	    (type == CLEAR_REFS_MAPPED && !vma->vm_file))
		return;
	if (unlikely(vma->vm_mm->snapshots))
		snapshot_note_range_locked(vma->vm_mm, vma->vm_start, vma->vm_end, false);
	while ((ptep = pte_next_table(vma->vm_mm, &addr, vma->vm_end, &stop))) {
		for (; addr < stop; addr += PAGE_SIZE, ptep++) {
			old = *ptep;
			if (!pte_present(old))
				continue;
			new = cleared(old, type);
			if (new == old)
				continue;
			__atomic_store_n(ptep, new & ~_PAGE_CACHED, __ATOMIC_RELEASE);
			tlb_batch_pte(vma->vm_mm, addr, old);
		}
	}
}

// The marks that the host keeps with the pages themselves.
static void clear_host_refs(int type)
{
	char digit = (char)('0' + type);
	int fd = open("/proc/self/clear_refs", O_WRONLY | O_CLOEXEC);

	if (fd < 0)
		return;
	// Failing that, pages that were read(2) from a file go on being called referenced.
	if (write(fd, &digit, 1) != 1)
		digit = 0;
	close(fd);
}

void clear_refs(struct mm_struct *mm, int type)
{
	struct vm_area_struct *vma;

	if (type <= CLEAR_REFS_MAPPED)
		clear_host_refs(type);

	pthread_rwlock_wrlock(&mm->mmap_sem);
	pthread_mutex_lock(&mm->page_table_lock);
	if (type == CLEAR_REFS_MM_HIWATER_RSS) {
		mm->hiwater_rss = get_mm_rss(mm);
	} else if (type != CLEAR_REFS_SOFT_DIRTY || soft_dirty_on(mm->phys)) {
		for_each_vma (mm, vma) {
			if (type == CLEAR_REFS_SOFT_DIRTY)
				vma->vm_flags &= ~VM_SOFTDIRTY;
			clear_refs_vma(vma, type);
		}
		flush_tlb_batched(mm);
	}
	pthread_mutex_unlock(&mm->page_table_lock);
	mm_check_debug(mm, "clear_refs");
	pthread_rwlock_unlock(&mm->mmap_sem);
}
