// SPDX-License-Identifier: GPL-2.0-or-later
// mremap's part: PTEs to another address. Which tables that makes and leaves behind shows in VmPTE, so it is
// done in Linux's steps.
#include "mm/huge.h"
#include "mm/snapshot.h"

struct move {
	struct mm_struct *mm;
	u64 old, end, new;
};

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

// How far it is to the next edge of @size (a power of two), at the old and at the new place.
static u64 extent(const struct move *m, u64 size)
{
	u64 len = min_t(u64, m->end - m->old, size - m->old % size);

	return min_t(u64, len, size - m->new % size);
}

// A whole table moves as one entry, if there is none at the new place.
static bool move_entry(const struct move *m, u64 *old, u64 *new, u64 len)
{
	if (*new)
		return false;
	*new = *old;
	*old = 0;
	tlb_batch(m->mm, m->old, m->old + len);
	return true;
}

// Move what lies before the next edge. Returns how far that is, 0 when tables cannot be had.
static u64 move_step(const struct move *m)
{
	u64 len = extent(m, PUD_SIZE), *old = entry_lookup(m->mm, m->old, LEVEL_PUD), *new;

	if (!old || !*old)
		return len;
	new = entry_alloc(m->mm, m->new, LEVEL_PUD);
	if (!new)
		return 0;
	if (len == PUD_SIZE && move_entry(m, old, new, len))
		return len;
	len = extent(m, PMD_SIZE);
	old = entry_lookup(m->mm, m->old, LEVEL_PMD);
	if (!*old)
		return len;
	new = entry_alloc(m->mm, m->new, LEVEL_PMD);
	if (!new)
		return 0;
	if (len == PMD_SIZE && move_entry(m, old, new, len))
		return len;
	return move_ptes(m->mm, pte_lookup(m->mm, m->old), m->old, m->new, len) ? len : 0;
}

// Nothing is mapped between the start of @vma, which is @addr, and the edge below.
static bool can_align_down(const struct vm_area_struct *vma, u64 addr)
{
	return vma->vm_start == addr && (!vma->vm_prev || vma->vm_prev->vm_end <= (addr & ~(PMD_SIZE - 1)));
}

// Begin at the edge of a table below, where that makes whole tables move (Linux's try_realign_addr).
static void try_realign(struct move *m, const struct vm_area_struct *vma,
			const struct vm_area_struct *new_vma)
{
	u64 off = m->old % PMD_SIZE;

	if (vma == new_vma || !off || off != m->new % PMD_SIZE || m->end - m->old < PMD_SIZE - off ||
	    !can_align_down(vma, m->old) || !can_align_down(new_vma, m->new))
		return;
	m->old -= off;
	m->new -= off;
}

u64 move_page_tables(struct vm_area_struct *vma, u64 old, struct vm_area_struct *new_vma, u64 new_addr,
		     u64 len)
{
	struct move m = {.mm = vma->vm_mm, .old = old, .end = old + len, .new = new_addr};
	u64 step;

	if (!len)
		return 0;
	pthread_mutex_lock(&m.mm->page_table_lock);
	try_realign(&m, vma, new_vma);
	if (unlikely(m.mm->snapshots)) {
		snapshot_note_range_locked(m.mm, m.old, m.end, true);
		for (u64 off = 0; off < m.end - m.old; off += PAGE_SIZE)
			snapshot_note_locked(m.mm, m.new + off, true);
	}
	while (m.old < m.end && (step = move_step(&m))) {
		m.old += step;
		m.new += step;
	}
	pthread_mutex_unlock(&m.mm->page_table_lock);
	return m.old > old ? m.old - old : 0;
}
