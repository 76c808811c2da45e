// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "mm/huge.h"
#include "mm/mempolicy.h"
#include "mm/shm.h"
#include "mm/snapshot_internal.h"

// ---- notes ----

static u32 hash_slot(const struct mm_snapshot *s, u64 addr)
{
	return (u32)(((addr >> PAGE_SHIFT) * 0x9e3779b97f4a7c15UL) >> 32) & (s->hash_size - 1);
}

static bool grow_notes(struct mm_snapshot *s)
{
	u32 cap = s->cap ? s->cap * 2 : 256, i, slot;
	struct note *notes = reallocarray(s->notes, cap, sizeof(*notes));
	u32 *dirty, *hash;

	if (notes)
		s->notes = notes;
	dirty = reallocarray(s->dirty, cap, sizeof(*dirty));
	if (dirty)
		s->dirty = dirty;
	hash = calloc((size_t)cap * 2, sizeof(*hash));
	if (!notes || !dirty || !hash) {
		free(hash);
		return false;
	}
	free(s->hash);
	s->hash = hash;
	s->hash_size = cap * 2;
	s->cap = cap;
	for (i = 0; i < s->nr; i++) {
		for (slot = hash_slot(s, s->notes[i].addr); s->hash[slot]; slot = (slot + 1) & (s->hash_size - 1))
			;
		s->hash[slot] = i + 1;
	}
	return true;
}

struct note *snapshot_find_note(const struct mm_snapshot *s, u64 addr)
{
	u32 slot;

	if (!s->hash_size)
		return NULL;
	for (slot = hash_slot(s, addr); s->hash[slot]; slot = (slot + 1) & (s->hash_size - 1)) {
		if (s->notes[s->hash[slot] - 1].addr == addr)
			return &s->notes[s->hash[slot] - 1];
	}
	return NULL;
}

bool snapshot_is_anon(const struct mm_struct *mm, pte_t pte)
{
	return pte_present(pte) && !(pte & _PAGE_SPECIAL) && !pfn_is_window(mm->phys, pte_pfn(pte)) &&
	       pfn_to_page(mm->phys, pte_pfn(pte))->flags & PG_ANON;
}

struct note *snapshot_add_note(struct mm_snapshot *s, u64 addr, const pte_t *ptep)
{
	struct note *n;
	u32 slot;

	if (s->nr == s->cap && !grow_notes(s))
		return NULL;
	n = &s->notes[s->nr];
	*n = (struct note){.addr = addr, .pte = ptep ? *ptep & ~_PAGE_CACHED : 0, .flags = ptep ? 0 : NO_TABLE};
	if (snapshot_is_anon(s->mm, n->pte))
		n->flags |= WAS_ANON;
	for (slot = hash_slot(s, addr); s->hash[slot]; slot = (slot + 1) & (s->hash_size - 1))
		;
	s->hash[slot] = ++s->nr;
	return n;
}

static void note(struct mm_snapshot *s, u64 addr, const pte_t *ptep, bool content)
{
	struct note *n = snapshot_find_note(s, addr);

	if (!n)
		n = snapshot_add_note(s, addr, ptep);
	if (!n) {
		s->broken = true;
		return;
	}
	if (!(n->flags & NOTED))
		s->dirty[s->nr_dirty++] = (u32)(n - s->notes);
	n->flags |= NOTED;
	if (!content || n->flags & CONTENT)
		return;
	n->flags |= CONTENT;
	// The frame is still the one of then: a PTE that is taken away has its content noted before.
	if (!(n->flags & WAS_ANON) || n->data)
		return;
	n->data = malloc(PAGE_SIZE);
	if (n->data)
		memcpy(n->data, pfn_to_host(s->mm->phys, pte_pfn(n->pte)), PAGE_SIZE);
	else
		s->broken = true;
}

void snapshot_note_locked(struct mm_struct *mm, u64 addr, bool content)
{
	const pte_t *ptep = pte_lookup(mm, addr);

	addr &= PAGE_MASK;
	for (struct mm_snapshot *s = mm->snapshots; s; s = s->next)
		note(s, addr, ptep, content);
	if (content && ptep && snapshot_is_anon(mm, *ptep))
		__atomic_fetch_and(&pfn_to_page(mm->phys, pte_pfn(*ptep))->flags, ~PG_SNAP, __ATOMIC_RELAXED);
}

void snapshot_note_range_locked(struct mm_struct *mm, u64 start, u64 end, bool content)
{
	u64 addr = start, stop;
	pte_t *ptep;

	while ((ptep = pte_next_table(mm, &addr, end, &stop))) {
		for (; addr < stop; addr += PAGE_SIZE, ptep++) {
			if (!pte_none(*ptep))
				snapshot_note_locked(mm, addr, content);
		}
	}
}

void snapshot_note_store(struct mm_struct *mm, u64 addr)
{
	const pte_t *ptep;

	pthread_mutex_lock(&mm->page_table_lock);
	ptep = addr < TASK_SIZE_MAX ? pte_lookup(mm, addr) : NULL;
	// Without W a fault comes, which notes by itself.
	if (ptep && *ptep & _PAGE_RW && snapshot_is_anon(mm, *ptep) &&
	    pfn_to_page(mm->phys, pte_pfn(*ptep))->flags & PG_SNAP)
		snapshot_note_locked(mm, addr, true);
	pthread_mutex_unlock(&mm->page_table_lock);
}

// ---- taking one ----

static void drop_vmas(struct mm_snapshot *s)
{
	for (int i = 0; i < s->nr_vmas; i++)
		vm_area_free(s->vmas[i]);
	free(s->vmas);
	s->vmas = NULL;
	s->nr_vmas = 0;
}

static int copy_vmas(struct mm_snapshot *s)
{
	struct mm_struct *mm = s->mm;
	struct vm_area_struct *vma, *copy;

	s->vmas = calloc((size_t)mm->map_count + 1, sizeof(struct vm_area_struct *));
	if (!s->vmas)
		return -ENOMEM;
	for_each_vma (mm, vma) {
		if (vma->vm_file && file_is_shm(vma->vm_file))
			return -EOPNOTSUPP;
		copy = vm_area_dup(vma);
		if (!copy)
			return -ENOMEM;
		mm->vma_births--;
		copy->vm_birth = vma->vm_birth;
		s->vmas[s->nr_vmas++] = copy;
	}
	return 0;
}

// From now on the first store to each private page is to be noticed.
static void mark_pages(struct mm_struct *mm)
{
	struct vm_area_struct *vma;
	u64 addr, stop;
	pte_t *ptep;

	for_each_vma (mm, vma) {
		addr = vma->vm_start;
		while ((ptep = pte_next_table(mm, &addr, vma->vm_end, &stop))) {
			huge_split(mm, addr);
			for (; addr < stop; addr += PAGE_SIZE, ptep++) {
				if (!snapshot_is_anon(mm, *ptep))
					continue;
				__atomic_fetch_or(&pfn_to_page(mm->phys, pte_pfn(*ptep))->flags, PG_SNAP,
						  __ATOMIC_RELAXED);
				tlb_batch_pte(mm, addr, *ptep);
			}
		}
	}
}

int mm_snapshot_take(struct mm_struct *mm, struct mm_snapshot **out)
{
	struct mm_snapshot *s = calloc(1, sizeof(*s));
	int err;

	if (!s)
		return -ENOMEM;
	pthread_rwlock_wrlock(&mm->mmap_sem);
	s->mm = mm;
	err = copy_vmas(s);
	if (!err) {
		pthread_mutex_lock(&mm->page_table_lock);
		mark_pages(mm);
		s->fields = *mm;
		s->next = mm->snapshots;
		mm->snapshots = s;
		flush_tlb_batched(mm);
		pthread_mutex_unlock(&mm->page_table_lock);
	} else {
		drop_vmas(s);
		free(s);
	}
	pthread_rwlock_unlock(&mm->mmap_sem);
	*out = err ? NULL : s;
	return err;
}

// ---- going back: pages ----

static void zap_one(struct mm_struct *mm, u64 addr)
{
	struct vm_area_struct *vma = vma_lookup(mm, addr);

	if (vma)
		zap_page_range(mm, vma, addr, addr + PAGE_SIZE);
}

// Does the PTE still show what it did? Then only its bits, and perhaps the content, are to be set.
static bool same_page(pte_t now, pte_t then)
{
	return !pte_none(now) && !pte_none(then) && now != PTE_MARKER_GUARD && then != PTE_MARKER_GUARD &&
	       !((now ^ then) & (PTE_PFN_MASK | _PAGE_SPECIAL));
}

static void put_content(struct mm_struct *mm, const struct note *n, pfn_t pfn)
{
	struct page *page = pfn_to_page(mm->phys, pfn);

	if (n->flags & CONTENT && n->data) {
		memcpy(pfn_to_host(mm->phys, pfn), n->data, PAGE_SIZE);
		if (unlikely(page->flags & PG_CODE))
			invalidate_code_page(mm, pfn);
	}
	page->flags = (page->flags & ~(PG_LAZYFREE | (n->pte & _PAGE_RW ? PG_FORKED : 0))) | PG_SNAP;
}

// Put back a page that is mapped no more.
static int bring_back(struct mm_struct *mm, struct note *n)
{
	struct vm_area_struct *vma = vma_lookup(mm, n->addr);
	pte_t *ptep = vma ? pte_alloc(mm, n->addr) : NULL;
	pfn_t pfn = pte_pfn(n->pte);
	s64 got = 0;

	if (!ptep)
		return vma ? -ENOMEM : 0;
	if (n->pte == PTE_MARKER_GUARD) {
		*ptep = n->pte;
		return 0;
	}
	if (n->flags & WAS_ANON) {
		pfn = frame_alloc_dirty(mm->phys);
		if (!pfn)
			return -ENOMEM;
		__atomic_fetch_or(&pfn_to_page(mm->phys, pfn)->flags, PG_ANON, __ATOMIC_RELAXED);
		__atomic_fetch_and(&pfn_to_page(mm->phys, pfn)->flags, ~(PG_RECYCLED | PG_HOLLOW), __ATOMIC_RELAXED);
		n->pte = (n->pte & ~PTE_PFN_MASK) | pfn << PAGE_SHIFT;
		put_content(mm, n, pfn);
	} else if (pfn_is_window(mm->phys, pfn)) {
		// The file may be shorter by now, or its window elsewhere.
		pgoff_t pgoff = vma->vm_pgoff + ((n->addr - vma->vm_start) >> PAGE_SHIFT);

		if (!vma->vm_file || PAGE_ALIGN(file_size(vma->vm_file)) >> PAGE_SHIFT <= pgoff)
			return 0;
		got = file_get_pfn(vma->vm_file, pgoff, n->pte & _PAGE_RW);
		if (got <= 0)
			return 0;
		pfn = (pfn_t)got;
	} else if (!(n->pte & _PAGE_SPECIAL)) {
		get_page(mm->phys, pfn);
	}
	set_page_pte(vma, ptep, pfn, n->pte & ~PTE_PFN_MASK, NULL);
	if (got > 0)
		file_put_pfn(vma->vm_file, got); // the PTE keeps it
	return 0;
}

static bool table_is_empty(const pte_t *table)
{
	for (u64 i = 0; i < PTRS_PER_TABLE; i++) {
		if (!pte_none(table[i]))
			return false;
	}
	return true;
}

// A table that a fault made since is of no use any more.
static void drop_table(struct mm_struct *mm, u64 addr)
{
	pte_t *table = pte_lookup(mm, addr & ~(PMD_SIZE - 1));

	if (table && table_is_empty(table)) {
		tlb_batch(mm, addr & ~(PMD_SIZE - 1), (addr & ~(PMD_SIZE - 1)) + PMD_SIZE);
		pte_table_free(mm, addr);
	}
}

// What is not as it was goes away, while the areas are still those it lies in.
static void zap_changed(struct mm_snapshot *s)
{
	for (u32 i = 0; i < s->nr_dirty; i++) {
		struct note *n = &s->notes[s->dirty[i]];
		pte_t *ptep = pte_lookup(s->mm, n->addr);

		if (ptep && !pte_none(*ptep) && !same_page(*ptep, n->pte))
			zap_one(s->mm, n->addr);
	}
}

static int restore_pages(struct mm_snapshot *s)
{
	struct mm_struct *mm = s->mm;
	int err = 0;

	pthread_mutex_lock(&mm->page_table_lock);
	for (u32 i = 0; i < s->nr_dirty; i++) {
		struct note *n = &s->notes[s->dirty[i]];
		pte_t *ptep = pte_lookup(mm, n->addr);

		if (ptep && same_page(*ptep, n->pte)) {
			tlb_batch_pte(mm, n->addr, *ptep);
			if (n->flags & WAS_ANON)
				put_content(mm, n, pte_pfn(n->pte));
			__atomic_store_n(ptep, n->pte, __ATOMIC_RELEASE);
		} else if (!pte_none(n->pte) && !err) {
			err = bring_back(mm, n);
		} else if (n->flags & NO_TABLE) {
			drop_table(mm, n->addr);
		}
		n->flags &= ~(u32)(NOTED | CONTENT);
	}
	s->nr_dirty = 0;
	pthread_mutex_unlock(&mm->page_table_lock);
	return err;
}

// ---- going back: areas ----

static bool same_vma(const struct vm_area_struct *a, const struct vm_area_struct *b)
{
	return a->vm_start == b->vm_start && a->vm_end == b->vm_end && a->vm_flags == b->vm_flags &&
	       a->vm_pgoff == b->vm_pgoff && a->vm_file == b->vm_file && a->anon_vma == b->anon_vma &&
	       a->special == b->special && a->vm_policy == b->vm_policy && a->vm_birth == b->vm_birth &&
	       !a->anon_name == !b->anon_name && (!a->anon_name || !strcmp(a->anon_name, b->anon_name));
}

static bool same_vmas(const struct mm_snapshot *s)
{
	const struct vm_area_struct *vma = s->mm->mmap;
	int i = 0;

	if (s->mm->map_count != s->nr_vmas)
		return false;
	for (; vma && same_vma(vma, s->vmas[i]); vma = vma->vm_next)
		i++;
	return !vma;
}

// Free the tables of the holes in [start, end).
static void free_hole_tables(struct mm_struct *mm, u64 start, u64 end)
{
	while (start < end) {
		struct vm_area_struct *next = find_vma(mm, start), *prev;
		u64 stop = next ? min_t(u64, next->vm_start, end) : end;

		if (next && next->vm_start <= start) {
			start = next->vm_end;
			continue;
		}
		prev = find_vma_prev(mm, start);
		free_pgtables(mm, start, stop, prev ? prev->vm_end : 0, next ? next->vm_start : 0);
		start = stop;
	}
}

static int restore_vmas(struct mm_snapshot *s)
{
	struct mm_struct *mm = s->mm;
	struct vm_area_struct *vma = mm->mmap, *next, *copy;
	u64 (*gone)[2] = calloc((size_t)mm->map_count + 1, sizeof(*gone));
	int i = 0, nr_gone = 0;

	if (!gone)
		return -ENOMEM;
	for (; vma; vma = next) {
		next = vma->vm_next;
		while (i < s->nr_vmas && s->vmas[i]->vm_start < vma->vm_start)
			i++;
		if (i < s->nr_vmas && same_vma(vma, s->vmas[i]))
			continue;
		gone[nr_gone][0] = vma->vm_start;
		gone[nr_gone++][1] = vma->vm_end;
		vma_unlink(mm, vma);
		vm_area_free(vma);
	}
	for (i = 0; i < s->nr_vmas; i++) {
		vma = vma_lookup(mm, s->vmas[i]->vm_start);
		if (vma)
			continue;
		copy = vm_area_dup(s->vmas[i]);
		if (!copy)
			break;
		copy->vm_birth = s->vmas[i]->vm_birth;
		vma_link(mm, copy);
	}
	for (int g = 0; g < nr_gone; g++)
		free_hole_tables(mm, gone[g][0], gone[g][1]);
	free(gone);
	return i < s->nr_vmas ? -ENOMEM : 0;
}

static void restore_fields(struct mm_snapshot *s)
{
	struct mm_struct *mm = s->mm;
	const struct mm_struct *f = &s->fields;

#define BACK(field) memcpy(&mm->field, &f->field, sizeof(mm->field))
	BACK(get_unmapped_area), BACK(mmap_base), BACK(mmap_legacy_base), BACK(hiwater_rss), BACK(hiwater_vm), BACK(total_vm),
		BACK(locked_vm), BACK(pinned_vm), BACK(shared_vm), BACK(exec_vm), BACK(stack_vm), BACK(data_vm), BACK(def_flags),
		BACK(start_code), BACK(end_code), BACK(start_data), BACK(end_data), BACK(start_brk), BACK(brk), BACK(start_stack),
		BACK(arg_start), BACK(arg_end), BACK(env_start), BACK(env_end), BACK(saved_auxv), BACK(flags), BACK(rss_pcp),
		BACK(vma_births), BACK(locked_vm_stale), BACK(min_flt), BACK(maj_flt);
#undef BACK
}

int mm_snapshot_restore(struct mm_snapshot *s, u64 *pages)
{
	struct mm_struct *mm = s->mm;
	int err = 0;

	if (!mm)
		return -ESTALE;
	if (s->broken)
		return -ENOMEM;
	pthread_rwlock_wrlock(&mm->mmap_sem);
	if (pages)
		*pages = s->nr_dirty;
	// For the others what is done here is a change like any other.
	if (mm->snapshots->next) {
		pthread_mutex_lock(&mm->page_table_lock);
		for (u32 i = 0; i < s->nr_dirty; i++)
			snapshot_note_locked(mm, s->notes[s->dirty[i]].addr, true);
		pthread_mutex_unlock(&mm->page_table_lock);
	}
	zap_changed(s);
	if (!same_vmas(s))
		err = restore_vmas(s);
	if (!err)
		err = restore_pages(s);
	restore_fields(s);
	flush_tlb_batched(mm);
	mm_check_debug(mm, "snapshot restore");
	pthread_rwlock_unlock(&mm->mmap_sem);
	return err;
}

u32 snapshot_anon_refs(const struct mm_struct *mm, const struct anon_vma *av)
{
	u32 refs = 0;

	for (const struct mm_snapshot *s = mm->snapshots; s; s = s->next) {
		for (int i = 0; i < s->nr_vmas; i++)
			refs += s->vmas[i]->anon_vma == av;
	}
	return refs;
}

// ---- ending ----

static void free_notes(struct mm_snapshot *s)
{
	for (u32 i = 0; i < s->nr; i++)
		free(s->notes[i].data);
	free(s->notes);
	free(s->hash);
	free(s->dirty);
	s->notes = NULL;
	s->hash = s->dirty = NULL;
	s->nr = s->nr_dirty = s->cap = s->hash_size = 0;
}

void snapshot_mm_gone(struct mm_struct *mm)
{
	struct mm_snapshot *s;

	while ((s = mm->snapshots)) {
		mm->snapshots = s->next;
		drop_vmas(s);
		free_notes(s);
		s->mm = NULL;
	}
}

void mm_snapshot_free(struct mm_snapshot *s)
{
	struct mm_struct *mm;

	if (!s)
		return;
	mm = s->mm;
	if (mm) {
		pthread_rwlock_wrlock(&mm->mmap_sem);
		for (struct mm_snapshot **p = &mm->snapshots; *p; p = &(*p)->next) {
			if (*p == s) {
				*p = s->next;
				break;
			}
		}
		drop_vmas(s);
		pthread_rwlock_unlock(&mm->mmap_sem);
	}
	free_notes(s);
	free(s);
}
