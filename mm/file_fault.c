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
	pgoff_t file_pages;		 // how many the file has
	bool folios;			 // the page cache may have several pages in one piece
	bool around;			 // a read, which maps the neighbours, too
	bool writable;			 // through a shared mapping
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

// Map the neighbours that are in the host's page cache and not mapped yet.
static void map_around(struct vm_area_struct *vma, u64 addr, const struct around *ar, struct rss_vec *rss)
{
	u64 prot = vma_page_prot(vma), first = 0, i;
	pte_t *ptep;

	while (first < ar->nr && !(ar->resident[first] & 1))
		first++;
	// Linux makes no table for what begins with the last page of a file (filemap_map_pages, so as to map
	// nothing huge across the end), except of shmem.
	if (ar->first + first + 1 == ar->file_pages && !vma->vm_file->is_shmem && !pte_lookup(vma->vm_mm, addr))
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

// Linux (6.18) maps a large folio, in which the page cache has several pages, as a whole when fault-around meets it. What was
// written in one piece is in one; files that nobody stored to since ulk began are taken to have none, since asking takes
// as long as fifty faults.
static bool may_have_folios(const struct vm_area_struct *vma, const struct around *ar)
{
	const struct file *file = vma->vm_file;
	struct stat st;

	return !file->is_shmem && !vma->vm_mm->late && vma->vm_end - vma->vm_start > ar->nr << PAGE_SHIFT &&
	       !fstat(file->fd, &st) && S_ISREG(st.st_mode) && st.st_mtim.tv_sec + 1 >= file->phys->born;
}

// Map the neighbours that the host maps, anywhere in the page table. As file_probe().
static int map_folios(struct vm_area_struct *vma, u64 addr, const struct around *ar, struct rss_vec *rss)
{
	struct file *file = vma->vm_file;
	u64 index = (addr >> PAGE_SHIFT) % PTRS_PER_TABLE;
	u64 before = min_t(u64, (addr - vma->vm_start) >> PAGE_SHIFT, index);
	u64 nr = before + min_t(u64, (vma->vm_end - addr) >> PAGE_SHIFT, PTRS_PER_TABLE - index);
	pgoff_t first = vma->vm_pgoff + ((addr - vma->vm_start) >> PAGE_SHIFT) - before;
	u8 mapped[PTRS_PER_TABLE] = {};
	int ret;

	nr = first < ar->file_pages ? min_t(u64, nr, ar->file_pages - first) : 0;
	ret = file_probe(vma, addr, first, nr, mapped);
	addr -= before << PAGE_SHIFT;
	for (u64 i = 0; i < nr; i++, addr += PAGE_SIZE) {
		pte_t *ptep = mapped[i] && i != before ? pte_alloc(vma->vm_mm, addr) : NULL;
		s64 pfn;

		if (!ptep || !pte_none(*ptep))
			continue;
		if (unlikely(vma->vm_mm->snapshots))
			snapshot_note_locked(vma->vm_mm, addr, false);
		pfn = file_get_pfn(file, first + i, ar->writable);
		if (pfn > 0)
			set_page_pte(vma, ptep, (pfn_t)pfn, vma_page_prot(vma), rss);
		file_put_pfn(file, pfn);
	}
	return ret;
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

// The page at @pfn must be read, by a fault of the host's own. The fault is then tried again from the start, which finds
// around the page what was read ahead (of shmem, nothing); what was found before is counted by then.
static void bring_in(struct vm_area_struct *vma, u64 addr, s64 pfn, struct around *ar,
		     struct rss_vec *rss)
{
	bool again = ar->around && !vma->vm_file->is_shmem;

	add_mm_rss_vec(vma->vm_mm, rss);
	memset(rss, 0, sizeof(*rss));
	if (again && ar->folios && pfn > 0) {
		map_folios(vma, addr, ar, rss);
		return;
	}
	if (pfn > 0)
		file_probe(vma, addr, ar->first, again ? ar->nr : 0, ar->resident);
	// Where nothing is read ahead, it was only the page itself.
	if (unlikely(vma->vm_mm->late) && (vma->vm_flags & (VM_RAND_READ | VM_EXEC)) == VM_RAND_READ)
		around_hide_late(vma, ar);
	if (again)
		map_around(vma, addr, ar, rss);
}

// What is there before anything is read: look, and map the neighbours. 1 or 0 when the host was asked whether the fault
// is a major one, else -1.
static int look_and_map(struct vm_area_struct *vma, u64 addr, pgoff_t pgoff, bool write, bool cached,
			struct around *ar, struct rss_vec *rss)
{
	struct file *file = vma->vm_file;
	int probed = -1;

	ar->first = pgoff;
	ar->nr = pgoff < ar->file_pages;
	// A writable PTE, even one that was only read through so far, wants a writable window.
	ar->writable = vma->vm_flags & VM_SHARED && (write || vma_page_prot(vma) & _PAGE_RW);
	if (!cached)
		return -1;
	// Only read faults look around, past the end of the file even; others just ask whether the page must
	// be read.
	ar->around = !write;
	if (ar->around)
		around_range(vma, addr, pgoff, ar->file_pages, ar);
	around_look(vma, ar->writable, ar);
	if (unlikely(vma->vm_mm->late))
		around_hide_late(vma, ar);
	ar->folios = ar->around && may_have_folios(vma, ar);
	if (ar->folios && (ar->untold || pgoff >= ar->file_pages || ar->resident[ar->fault] & 1))
		probed = map_folios(vma, addr, ar, rss);
	else if (ar->untold && !file->is_shmem)
		probed = file_probe(vma, addr, ar->first, ar->nr, ar->resident);
	if (ar->around && !ar->folios)
		map_around(vma, addr, ar, rss);
	return probed;
}

static void file_fault(struct vm_area_struct *vma, u64 addr, unsigned flags, struct rss_vec *rss,
		       struct around *ar, struct mm_fault *out)
{
	struct file *file = vma->vm_file;
	pgoff_t pgoff = vma->vm_pgoff + ((addr - vma->vm_start) >> PAGE_SHIFT);
	bool cached = file->f_mapping->keyed && !file->is_secretmem, resident;
	int probed;
	s64 pfn;

	*ar = (struct around){.file_pages = late_file_pages(vma)};
	probed = look_and_map(vma, addr, pgoff, flags & FAULT_WRITE, cached, ar, rss);
	if (pgoff >= ar->file_pages) {
		fault_signal(out, BUS_ADRERR);
		return;
	}
	pfn = cached ? ar->pfn[ar->fault] : file_get_pfn(file, pgoff, ar->writable);
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
	if (!resident)
		bring_in(vma, addr, pfn, ar, rss);
	if (pfn < 0 || (!resident && window_read(file->phys, (pfn_t)pfn) < 0)) {
		fault_signal(out, BUS_ADRERR);
		return;
	}
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
