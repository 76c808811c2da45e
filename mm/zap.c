// SPDX-License-Identifier: GPL-2.0-or-later
// Taking PTEs away: munmap, MADV_DONTNEED, truncation; and the counters that follow.
#include <unistd.h>
#include "mm/huge.h"
#include "mm/snapshot.h"

// Frames put at once, so that long runs are seen as runs.
#define ZAP_BATCH 512

int pte_counter(const struct vm_area_struct *vma, pte_t pte)
{
	struct phys *phys = vma->vm_mm->phys;
	pfn_t pfn = pte_pfn(pte);

	if (!pte_present(pte) || pte & _PAGE_SPECIAL)
		return -1;
	if (pfn_is_window(phys, pfn))
		return vma->vm_file && vma->vm_file->is_shmem ? MM_SHMEMPAGES : MM_FILEPAGES;
	return pfn_to_page(phys, pfn)->flags & PG_ANON ? MM_ANONPAGES : MM_FILEPAGES;
}

void page_add_rmap(struct vm_area_struct *vma, pte_t pte, struct rss_vec *rss)
{
	struct mm_struct *mm = vma->vm_mm;
	int counter = pte_counter(vma, pte);

	if (counter < 0)
		return;
	rss->pages[counter]++;
	__atomic_fetch_add(&pfn_to_page(mm->phys, pte_pfn(pte))->mapcount, 1, __ATOMIC_RELAXED);
	if (pfn_is_window(mm->phys, pte_pfn(pte)))
		__atomic_fetch_add(&pfn_to_window(mm->phys, pte_pfn(pte))->mapcount, 1, __ATOMIC_RELAXED);
}

void page_remove_rmap(struct vm_area_struct *vma, pte_t pte, struct rss_vec *rss)
{
	struct mm_struct *mm = vma->vm_mm;
	int counter = pte_counter(vma, pte);
	pfn_t pfn = pte_pfn(pte);
	struct page *page = pfn_to_page(mm->phys, pfn);

	if (counter < 0)
		return;
	rss->pages[counter]--;
	// Nothing shows the page any more: what comes there next must not run this code. A file's page is
	// likely to come back as it was (fork, execve of the same program): translate_pte() looks then.
	if (__atomic_sub_fetch(&page->mapcount, 1, __ATOMIC_ACQ_REL) == 0 && page->flags & PG_CODE) {
		if (pfn_is_window(mm->phys, pfn)) {
			__atomic_fetch_or(&page->flags, PG_CODE_OLD, __ATOMIC_RELAXED);
		} else {
			__atomic_fetch_and(&page->flags, ~PG_CODE, __ATOMIC_RELAXED);
			invalidate_code_page(mm, pfn);
		}
	}
	// Whether the stores came before or after it was fetched from, who knows.
	if (pfn_is_window(mm->phys, pfn) && pte & _PAGE_DIRTY)
		__atomic_fetch_or(&page->flags, PG_DIRTY | PG_CODE_STORED, __ATOMIC_RELAXED);
	if (pfn_is_window(mm->phys, pfn))
		__atomic_fetch_sub(&pfn_to_window(mm->phys, pfn)->mapcount, 1, __ATOMIC_RELEASE);
}

enum zap_what {
	ZAP_ALL,     // the area goes away: markers, too
	ZAP_PAGES,   // it stays, and so do its markers
	ZAP_FILE,    // and its private copies
	ZAP_RECLAIM, // and tables that are empty then are freed, if the whole table was asked for
};

static bool table_is_empty(const pte_t *ptep)
{
	for (u64 i = 0; i < PTRS_PER_TABLE; i++) {
		if (!pte_none(ptep[i]))
			return false;
	}
	return true;
}

static void zap_ptes(struct mm_struct *mm, struct vm_area_struct *vma, u64 start, u64 end, enum zap_what what)
{
	pfn_t batch[ZAP_BATCH];
	u64 addr = start, stop;
	size_t nr = 0;
	pte_t *ptep, pte;

	pthread_mutex_lock(&mm->page_table_lock);
	while ((ptep = pte_next_table(mm, &addr, end, &stop))) {
		u64 first = addr;
		bool whole = stop - addr == PMD_SIZE, huge = whole && pmd_is_huge(mm, addr);
		struct rss_vec rss = {};

		if (!huge)
			huge_split(mm, addr);
		for (; addr < stop; addr += PAGE_SIZE, ptep++) {
			if (pte_none(*ptep))
				continue;
			if (*ptep == PTE_MARKER_GUARD) {
				if (unlikely(mm->snapshots))
					snapshot_note_locked(mm, addr, false);
				*ptep = what == ZAP_ALL ? 0 : PTE_MARKER_GUARD;
				continue;
			}
			if (what == ZAP_FILE && pte_counter(vma, *ptep) == MM_ANONPAGES)
				continue;
			if (unlikely(mm->snapshots))
				snapshot_note_locked(mm, addr, true);
			pte = __atomic_exchange_n(ptep, 0, __ATOMIC_ACQ_REL);
			tlb_batch_pte(mm, addr, pte);
			page_remove_rmap(vma, pte, &rss);
			if (pte & _PAGE_SPECIAL || pfn_is_window(mm->phys, pte_pfn(pte)))
				continue;
			batch[nr++] = pte_pfn(pte);
			if (nr == ZAP_BATCH) {
				put_pages(mm->phys, batch, nr);
				nr = 0;
			}
		}
		add_mm_rss_vec(mm, &rss);
		if (huge)
			huge_zapped(mm, first);
		else if (what == ZAP_RECLAIM && whole && table_is_empty(ptep - PTRS_PER_TABLE))
			pte_table_free(mm, first);
	}
	put_pages(mm->phys, batch, nr);
	pthread_mutex_unlock(&mm->page_table_lock);
}

void zap_page_range(struct mm_struct *mm, struct vm_area_struct *vma, u64 start, u64 end)
{
	zap_ptes(mm, vma, start, end, ZAP_ALL);
}

void zap_page_range_single(struct mm_struct *mm, struct vm_area_struct *vma, u64 start, u64 end)
{
	update_hiwater_rss(mm);
	zap_ptes(mm, vma, start, end, ZAP_PAGES);
}

void zap_page_range_dontneed(struct mm_struct *mm, struct vm_area_struct *vma, u64 start, u64 end)
{
	update_hiwater_rss(mm);
	zap_ptes(mm, vma, start, end, ZAP_RECLAIM);
}

int guard_install(struct vm_area_struct *vma, u64 start, u64 end)
{
	struct mm_struct *mm = vma->vm_mm;
	pte_t *ptep;
	int err = 0;

	zap_page_range_single(mm, vma, start, end);
	pthread_mutex_lock(&mm->page_table_lock);
	for (; start < end && !err; start += PAGE_SIZE) {
		if (unlikely(mm->snapshots))
			snapshot_note_locked(mm, start, true);
		ptep = pte_alloc(mm, start);
		if (ptep)
			*ptep = PTE_MARKER_GUARD;
		else
			err = -ENOMEM;
	}
	pthread_mutex_unlock(&mm->page_table_lock);
	return err;
}

void guard_remove(struct vm_area_struct *vma, u64 start, u64 end)
{
	struct mm_struct *mm = vma->vm_mm;
	u64 addr = start, stop;
	pte_t *ptep;

	pthread_mutex_lock(&mm->page_table_lock);
	if (unlikely(mm->snapshots))
		snapshot_note_range_locked(mm, start, end, false);
	while ((ptep = pte_next_table(mm, &addr, end, &stop))) {
		for (; addr < stop; addr += PAGE_SIZE, ptep++) {
			if (*ptep == PTE_MARKER_GUARD)
				*ptep = 0;
		}
	}
	pthread_mutex_unlock(&mm->page_table_lock);
}

// Zap what @vma shows of its file's pages [first, last].
static void zap_file_pages(struct vm_area_struct *vma, pgoff_t first, pgoff_t last, enum zap_what what)
{
	u64 pages = (vma->vm_end - vma->vm_start) >> PAGE_SHIFT;
	u64 from, to;

	if (last < vma->vm_pgoff || first >= vma->vm_pgoff + pages)
		return;
	from = first > vma->vm_pgoff ? first - vma->vm_pgoff : 0;
	to = min_t(u64, last - vma->vm_pgoff, pages - 1) + 1;
	update_hiwater_rss(vma->vm_mm);
	zap_ptes(vma->vm_mm, vma, vma->vm_start + (from << PAGE_SHIFT), vma->vm_start + (to << PAGE_SHIFT), what);
}

// The mm after @mm (NULL: the first) in this memory, as a user of it; @mm is put.
static struct mm_struct *next_mm(struct phys *phys, struct mm_struct *mm)
{
	struct mm_struct *next;

	pthread_mutex_lock(&phys->lock);
	next = mm ? mm->mmlist_next : phys->mmlist;
	// One without users is going away, and with it what it maps.
	while (next && !__atomic_load_n(&next->mm_users, __ATOMIC_ACQUIRE))
		next = next->mmlist_next;
	if (next)
		mmget(next);
	pthread_mutex_unlock(&phys->lock);
	if (mm)
		mmput(mm);
	return next;
}

void unmap_mapping_pages(struct address_space *mapping, pgoff_t first, pgoff_t last, bool even_cows)
{
	struct phys *phys = mapping->phys;
	struct vm_area_struct *vma;
	struct mm_struct *mm;

	for (mm = next_mm(phys, NULL); mm; mm = next_mm(phys, mm)) {
		pthread_rwlock_rdlock(&mm->mmap_sem);
		for_each_vma (mm, vma) {
			if (vma->vm_file && vma->vm_file->f_mapping == mapping)
				zap_file_pages(vma, first, last, even_cows ? ZAP_PAGES : ZAP_FILE);
		}
		read_flush(mm);
		pthread_rwlock_unlock(&mm->mmap_sem);
	}
}

void file_written(struct phys *phys, int fd, s64 pos, u64 len)
{
	struct address_space *mapping;
	struct mm_struct *mm;
	struct stat st;

	if (!phys->mappings || !len || fstat(fd, &st) < 0 || !S_ISREG(st.st_mode))
		return;
	mapping = mapping_find(phys, st.st_dev, st.st_ino);
	if (!mapping)
		return;
	if (pos < 0)
		pos = lseek(fd, 0, SEEK_CUR) - (s64)len;
	for (pgoff_t pg = pos >> PAGE_SHIFT; pos >= 0 && pg <= (pos + len - 1) >> PAGE_SHIFT; pg++) {
		pfn_t pfn = window_lookup(mapping, pg);

		if (!pfn || !(pfn_to_page(phys, pfn)->flags & PG_CODE))
			continue;
		for (mm = next_mm(phys, NULL); mm; mm = next_mm(phys, mm))
			invalidate_code_page(mm, pfn);
	}
}

// As many as make the next faults cheap again.
#define RECLAIM_BATCH 256

bool reclaim_windows(struct phys *phys)
{
	struct window *win;
	pgoff_t first;
	int i, nr = 0;

	for (i = 0; i < RECLAIM_BATCH && (win = window_victim(phys)); i++) {
		first = window_pgoff(win, win->pfn);
		unmap_mapping_pages(win->mapping, first, first + WINDOW_PAGES - 1, false);
		nr += window_reclaimed(phys, win);
	}
	return nr;
}

// Where @mm shows page @pgoff of @mapping, or 0.
static u64 mapping_address(struct mm_struct *mm, struct address_space *mapping, pgoff_t pgoff)
{
	struct vm_area_struct *vma;
	u64 addr = 0;

	pthread_rwlock_rdlock(&mm->mmap_sem);
	for_each_vma (mm, vma) {
		if (!vma->vm_file || vma->vm_file->f_mapping != mapping || pgoff < vma->vm_pgoff)
			continue;
		addr = vma->vm_start + ((pgoff - vma->vm_pgoff) << PAGE_SHIFT);
		if (addr < vma->vm_end)
			break;
		addr = 0;
	}
	pthread_rwlock_unlock(&mm->mmap_sem);
	return addr;
}

bool mm_sigbus_fixup(struct mm_struct *mm, u64 *addr)
{
	struct phys *phys = mm->phys;
	struct window *win;
	pgoff_t first;
	pfn_t lost;
	u64 where = 0;

	while ((win = window_next_lost(phys, &lost))) {
		if (!where && !(pfn_to_page(phys, lost)->flags & PG_LOST_TOLD))
			where = mapping_address(mm, win->mapping, window_pgoff(win, lost));
		first = window_pgoff(win, win->pfn);
		window_retire(phys, win);
		do {
			unmap_mapping_pages(win->mapping, first, first + WINDOW_PAGES - 1, false);
		} while (!window_retired(phys, win));
	}
	if (where)
		where += phys_sigbus_byte(phys);
	*addr = where;
	return where != 0;
}
