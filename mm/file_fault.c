// SPDX-License-Identifier: GPL-2.0-or-later
// Faults on file mappings: the window, fault-around, private copies, the end of the file.
#include <signal.h>
#include <string.h>
#include "mm/pages.h"
#include "mm/resident.h"
#include "mm/snapshot.h"

// As Linux's default fault_around_bytes, 64 KiB.
#define FAULT_AROUND_PAGES 16UL

// The pages around a fault that are looked at together.
struct around {
	pgoff_t first;			 // file page of the first
	u64 nr, fault;			 // how many; which of them faulted (maybe past the end of the file)
	s64 pfn[FAULT_AROUND_PAGES];	 // where each is, if it is resident
	u8 resident[FAULT_AROUND_PAGES]; // bit 0: in the host's page cache
	s64 held[4];			 // windows that are held meanwhile, by what file_get_pfn() said
	u32 nr_held;
	bool untold;			 // the host does not say which are resident: all, then
};

// Linux's do_fault_around: 16 pages, from a multiple of 16 if the VMA reaches that far down, inside the VMA,
// the page table and the file.
static void around_range(const struct vm_area_struct *vma, u64 addr, pgoff_t pgoff, pgoff_t file_pages,
			 struct around *ar)
{
	u64 index = (addr >> PAGE_SHIFT) % PTRS_PER_TABLE;
	u64 before = (addr - vma->vm_start) >> PAGE_SHIFT;
	u64 after = (vma->vm_end - addr) >> PAGE_SHIFT;

	before = min_t(u64, before, index % FAULT_AROUND_PAGES);
	after = min_t(u64, after, FAULT_AROUND_PAGES - before);
	after = min_t(u64, after, PTRS_PER_TABLE - index);
	ar->first = pgoff - before;
	ar->nr = ar->first < file_pages ? min_t(u64, before + after, file_pages - ar->first) : 0;
	ar->fault = before;
}

static void around_put(struct file *file, struct around *ar)
{
	while (ar->nr_held)
		file_put_pfn(file, ar->held[--ar->nr_held]);
}

// Look up the range, window by window (there are at most two), which stay held until around_put().
static void around_look(const struct vm_area_struct *vma, bool write, struct around *ar)
{
	struct file *file = vma->vm_file;
	u64 i, j, len;
	int told;
	s64 pfn;

	for (i = 0; i < ar->nr; i += len) {
		pgoff_t pgoff = ar->first + i;

		len = min_t(u64, ar->nr - i, WINDOW_PAGES - pgoff % WINDOW_PAGES);
		pfn = file_get_pfn(file, pgoff, write);
		ar->held[ar->nr_held++] = pfn;
		told = pfn < 0 ? -EFAULT : file_resident(vma->vm_mm->env, file, pfn, pgoff, len, ar->resident + i);
		if (told < 0)
			memset(ar->resident + i, 0, len);
		ar->untold |= told > 0;
		for (j = 0; j < len; j++)
			ar->pfn[i + j] = pfn < 0 ? pfn : pfn + (s64)j;
	}
}

// What came into the cache only after this fault was not resident.
static void around_hide_late(const struct vm_area_struct *vma, struct around *ar)
{
	for (u64 i = 0; i < ar->nr; i++) {
		const struct late_page *p =
			late_page_find(vma->vm_mm->late, vma->vm_file->f_mapping, ar->first + i);

		if (p && !p->came)
			ar->resident[i] &= (u8)~1;
	}
}

// The fault of a page that had to be read is tried again, and finds what was read ahead: the host says, by such a fault
// of its own. Where nothing is read ahead, it was only the page itself.
static void around_look_again(const struct vm_area_struct *vma, u64 addr, struct around *ar)
{
	file_probe(vma, addr, ar->first, ar->nr, ar->resident);
	if (unlikely(vma->vm_mm->late) && (vma->vm_flags & (VM_RAND_READ | VM_EXEC)) == VM_RAND_READ)
		around_hide_late(vma, ar);
}

// Map the neighbours that are in the host's page cache and not mapped yet.
static void map_around(struct vm_area_struct *vma, u64 addr, pgoff_t file_pages, const struct around *ar,
		       struct rss_vec *rss)
{
	u64 prot = vma_page_prot(vma), first = 0, i;
	pte_t *ptep;

	while (first < ar->nr && !(ar->resident[first] & 1))
		first++;
	// Linux makes no table for what begins with the last page of a file (filemap_map_pages, so as to map
	// nothing huge across the end), except of shmem.
	if (ar->first + first + 1 == file_pages && !vma->vm_file->is_shmem && !pte_lookup(vma->vm_mm, addr))
		return;
	addr -= ar->fault << PAGE_SHIFT;
	for (i = first; i < ar->nr; i++) {
		if (i == ar->fault || !(ar->resident[i] & 1))
			continue;
		if (unlikely(vma->vm_mm->snapshots))
			snapshot_note_locked(vma->vm_mm, addr + (i << PAGE_SHIFT), false);
		ptep = pte_alloc(vma->vm_mm, addr + (i << PAGE_SHIFT));
		if (ptep && pte_none(*ptep))
			set_page_pte(vma, ptep, ar->pfn[i], prot, rss);
	}
}

// Is page @pgoff in the page cache although it was never read (a truncation leaves such pages)? Linux does
// not call the reading of such a page a major fault when it is the user's own access.
static bool cached_unread(const struct file *file, pgoff_t pgoff)
{
	return file_page_cached(file, pgoff) > 0;
}

static void fault_signal(struct mm_fault *out, int code)
{
	out->signo = SIGBUS;
	out->code = code;
}

// Map the page at @pfn of the file, or a private copy of it.
static void map_page(struct vm_area_struct *vma, u64 addr, pfn_t pfn, unsigned flags, struct rss_vec *rss,
		     struct mm_fault *out)
{
	bool write = flags & FAULT_WRITE;
	pte_t *ptep = pte_alloc(vma->vm_mm, addr);

	if (!ptep)
		fault_oom(vma->vm_mm, out);
	else if (write && !(vma->vm_flags & VM_SHARED))
		do_cow(vma, addr, ptep, pfn, flags, out);
	else {
		// Linux's fault_dirty_shared_page(): other mappings see at once that it is dirty.
		if (write && pfn_is_window(vma->vm_mm->phys, pfn))
			__atomic_fetch_or(&pfn_to_page(vma->vm_mm->phys, pfn)->flags, PG_DIRTY, __ATOMIC_RELAXED);
		set_page_pte(vma, ptep, pfn,
			     vma_page_prot(vma) | (write ? _PAGE_RW | _PAGE_DIRTY | _PAGE_SOFT_DIRTY : 0), rss);
	}
}

static void file_fault(struct vm_area_struct *vma, u64 addr, unsigned flags, struct rss_vec *rss,
		       struct around *ar, struct mm_fault *out)
{
	struct file *file = vma->vm_file;
	pgoff_t pgoff = vma->vm_pgoff + ((addr - vma->vm_start) >> PAGE_SHIFT);
	pgoff_t file_pages = late_file_pages(vma);
	bool write = flags & FAULT_WRITE, cached = file->f_mapping->keyed && !file->is_secretmem;
	bool around = !write && cached;
	bool writable, resident, again;
	int probed = -1;
	s64 pfn;

	*ar = (struct around){.first = pgoff, .nr = pgoff < file_pages};
	// A writable PTE, even one that was only read through so far, wants a writable window.
	writable = vma->vm_flags & VM_SHARED && (write || vma_page_prot(vma) & _PAGE_RW);
	// Only read faults look around, past the end of the file even; others just ask whether the page must
	// be read.
	if (around)
		around_range(vma, addr, pgoff, file_pages, ar);
	if (cached)
		around_look(vma, writable, ar);
	if (unlikely(vma->vm_mm->late) && cached)
		around_hide_late(vma, ar);
	if (ar->untold && !file->is_shmem)
		probed = file_probe(vma, addr, ar->first, ar->nr, ar->resident);
	if (around)
		map_around(vma, addr, file_pages, ar, rss);
	if (pgoff >= file_pages) {
		fault_signal(out, BUS_ADRERR);
		return;
	}
	pfn = cached ? ar->pfn[ar->fault] : file_get_pfn(file, pgoff, writable);
	if (!cached)
		ar->held[ar->nr_held++] = pfn;
	if (pfn == -ENOMEM) {
		out->retry = true;
		return;
	}
	resident = !cached || ar->resident[ar->fault] & 1;
	// A hole of shmem is filled without I/O.
	out->major = !resident && !file->is_shmem && !(flags & FAULT_POPULATE) &&
		     !(flags & FAULT_ENGINE && cached_unread(file, pgoff));
	if (probed >= 0)
		out->major = probed && !(flags & FAULT_POPULATE);
	out->minor = !out->major;
	// After I/O the fault is tried again from the start, which finds around the page what was read ahead.
	again = !resident && !file->is_shmem && around;
	if (!resident && pfn > 0 && again)
		around_look_again(vma, addr, ar);
	else if (!resident && pfn > 0 && cached)
		file_probe(vma, addr, ar->first, 0, ar->resident);
	if (pfn < 0 || (!resident && window_read(file->phys, (pfn_t)pfn) < 0)) {
		fault_signal(out, BUS_ADRERR);
		return;
	}
	if (!resident) {
		// What was found around is counted by then.
		add_mm_rss_vec(vma->vm_mm, rss);
		memset(rss, 0, sizeof(*rss));
	}
	if (again)
		map_around(vma, addr, file_pages, ar, rss);
	map_page(vma, addr, pfn, flags, rss, out);
}

void do_file_fault(struct vm_area_struct *vma, u64 addr, unsigned flags, struct mm_fault *out)
{
	struct rss_vec rss = {};
	struct around ar;

	file_fault(vma, addr, flags, &rss, &ar, out);
	around_put(vma->vm_file, &ar);
	add_mm_rss_vec(vma->vm_mm, &rss);
}
