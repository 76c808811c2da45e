// SPDX-License-Identifier: GPL-2.0-or-later
// A guest buffer with the same pages missing as in the guest: see mirror.h.
#include <fcntl.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>
#include "mm/mirror.h"
#include "mm/pages.h"
#include "mm/resident.h"

// Stand-ins lie as the guest's pages do within their page table, since faults look around in 64 KiB and 2 MiB.
#define TABLE_SIZE (1UL << PMD_SHIFT)
#define PAGEMAP_PRESENT (1UL << 63)

// So much of an executable area is shown behind the buffer: more than is read ahead of a fault.
#define EXEC_TAIL (16UL << 20)

// One guest buffer and its stand-ins.
struct mirror_range {
	u64 start, end;		// of the guest, whole pages
	u64 begin;		// the buffer's first byte
	size_t before;		// bytes in the buffers before this one
	u64 shown;		// stand-ins of executable files are there up to here
	u8 *area;		// the host's reservation, or NULL when all pages are the guest's own
	size_t area_size;
	u8 *first;		// stand-in of the page at start, in area
};

enum page_kind { PAGE_BAD, PAGE_MAPPED, PAGE_ANON, PAGE_FILE };

// Would reading at @addr, which no area covers, grow the one above down to it?
static struct vm_area_struct *growing_area(struct mm_struct *mm, u64 addr)
{
	struct vm_area_struct *vma = find_vma(mm, addr);

	return vma && vma->vm_flags & VM_GROWSDOWN && !expand_downwards_check(vma, addr) ? vma : NULL;
}

// What is at @addr for a read: *pfn for a page that is mapped, *vma for one that would be faulted in.
static enum page_kind page_kind(struct mm_struct *mm, u64 addr, struct vm_area_struct **vma, pfn_t *pfn)
{
	pte_t *ptep = addr < TASK_SIZE_MAX ? pte_lookup(mm, addr) : NULL;

	if (ptep && *ptep == PTE_MARKER_GUARD)
		return PAGE_BAD;
	if (!ptep || pte_none(*ptep)) {
		*vma = vma_lookup(mm, addr);
		if (!*vma)
			*vma = growing_area(mm, addr);
		if (!*vma || !((*vma)->vm_flags & VM_ACCESS_FLAGS))
			return PAGE_BAD;
		if (vma_is_anonymous(*vma) || ((*vma)->vm_file && (*vma)->vm_file->is_dev_zero))
			return PAGE_ANON;
		if ((*vma)->vm_file && (*vma)->vm_file->f_mapping->keyed)
			return PAGE_FILE;
	}
	*pfn = user_page(mm, addr, 0);
	return *pfn ? PAGE_MAPPED : PAGE_BAD;
}

static bool add_piece(struct user_mirror *m, u8 *host, size_t len)
{
	struct iovec *last = m->count ? &m->iov[m->count - 1] : NULL;

	if (last && (u8 *)last->iov_base + last->iov_len == host) {
		last->iov_len += len;
		return true;
	}
	if (m->count == MIRROR_IOV_MAX)
		return false;
	m->iov[m->count++] = (struct iovec){host, len};
	return true;
}

static bool reserve(struct mirror_range *r)
{
	void *p;

	if (r->area)
		return true;
	r->area_size = r->end - r->start + TABLE_SIZE + EXEC_TAIL;
	p = mmap(NULL, r->area_size, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (p == MAP_FAILED)
		return false;
	r->area = p;
	r->first = r->area + ((r->start - (u64)r->area) & (TABLE_SIZE - 1));
	return true;
}

static long major_faults(void)
{
	struct rusage ru;

	getrusage(RUSAGE_THREAD, &ru);
	return ru.ru_majflt;
}

// Note a page of a file that is not in the page cache now, or may not be, shown at @at.
static bool note_absent(struct user_mirror *m, const struct file *file, pgoff_t pgoff, void *at)
{
	struct late_pages *late = m->late;
	int cached = 0;
	u8 resident;

	if (mincore(at, PAGE_SIZE, &resident))
		return true;
	// To whom mincore(2) does not tell the truth, cachestat does, or nobody.
	if (resident & 1)
		cached = file_page_cached(file, pgoff);
	if (cached > 0 || (cached < 0 && file->is_shmem))
		return true;
	if (!late->page)
		late->page = malloc(MIRROR_PAGES_MAX * sizeof(*late->page));
	if (!late->page)
		return false;
	m->untold |= cached < 0;
	late->page[late->count++] = (struct late_page){file->f_mapping, pgoff, false};
	return true;
}

// What an executable mapping reads ahead depends on the area's end, so all of it is shown, once.
static void *file_stand_in(struct mirror_range *r, u64 addr, const struct vm_area_struct *vma, void *at, pgoff_t pgoff)
{
	u64 size = PAGE_SIZE;

	if (vma->vm_flags & VM_EXEC) {
		if (addr < r->shown)
			return at;
		size = min_t(u64, vma->vm_end - addr, (u64)(r->area + r->area_size - (u8 *)at));
		r->shown = addr + size;
	}
	return file_map_alike(vma, at, size, pgoff);
}

// A page like the guest's at @addr would be, and as absent.
static u8 *stand_in(struct user_mirror *m, struct mirror_range *r, u64 addr, const struct vm_area_struct *vma,
		    enum page_kind kind)
{
	u8 *at = reserve(r) ? r->first + ((addr & PAGE_MASK) - r->start) : NULL;
	pgoff_t pgoff = vma->vm_pgoff + (((addr & PAGE_MASK) - vma->vm_start) >> PAGE_SHIFT);
	void *p;

	if (!at)
		return NULL;
	if (kind == PAGE_FILE)
		p = file_stand_in(r, addr & PAGE_MASK, vma, at, pgoff);
	else
		p = mmap(at, PAGE_SIZE, PROT_READ, MAP_FIXED | MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (!p || p == MAP_FAILED || (kind == PAGE_FILE && !note_absent(m, vma->vm_file, pgoff, at)))
		return NULL;
	return at;
}

// Mirror one buffer; *rest: bytes of it left when it ends at a bad page. 0 or -errno.
static int mirror_range(struct user_mirror *m, struct mirror_range *r, u64 addr, size_t *rest)
{
	struct vm_area_struct *vma = NULL;
	enum page_kind kind;
	pfn_t pfn = 0;
	size_t step;
	u8 *host;

	for (; *rest; addr += step, *rest -= step) {
		step = min_t(size_t, *rest, PAGE_SIZE - (addr & ~PAGE_MASK));
		kind = page_kind(m->mm, addr, &vma, &pfn);
		if (kind == PAGE_BAD)
			return 0;
		host = kind == PAGE_MAPPED ? pfn_to_host(m->mm->phys, pfn) : stand_in(m, r, addr, vma, kind);
		if (!host)
			return -ENOMEM;
		// What the guest has mapped is not to fault in the host.
		if (kind == PAGE_MAPPED)
			(void)*(volatile u8 *)host;
		if (!add_piece(m, host + (addr & ~PAGE_MASK), step))
			return -E2BIG;
		m->bytes += step;
	}
	return 0;
}

int user_mirror(struct mm_struct *mm, struct user_mirror *m, const struct iovec *guest, int count)
{
	size_t before = 0;
	u64 pages = 0;
	int err = 0, i;

	*m = (struct user_mirror){.mm = mm};
	for (i = 0; i < count; i++)
		pages += (guest[i].iov_len >> PAGE_SHIFT) + 2;
	if (pages > MIRROR_PAGES_MAX)
		return -E2BIG;
	m->iov = malloc((MIRROR_IOV_MAX + 1) * sizeof(*m->iov));
	m->ranges = calloc((u32)count, sizeof(*m->ranges));
	m->late = calloc(1, sizeof(*m->late));
	if (!m->iov || !m->ranges || !m->late)
		err = -ENOMEM;
	pthread_rwlock_rdlock(&mm->mmap_sem);
	for (i = 0; i < count && !err; i++) {
		u64 addr = (u64)guest[i].iov_base, end = addr + guest[i].iov_len;
		size_t rest = guest[i].iov_len;
		struct mirror_range *r = &m->ranges[m->nr_ranges++];

		*r = (struct mirror_range){
			.start = PAGE_ALIGN_DOWN(addr), .end = PAGE_ALIGN(end), .begin = addr, .before = before};
		before += rest;
		err = mirror_range(m, r, addr, &rest);
		if (!err && rest) {
			// It never gets past this one: below the lowest address that the host lets anyone map.
			m->bad = end - rest;
			// The filesystem makes room for as much as it is offered.
			for (int more = i + 1; more < count; more++)
				rest += guest[more].iov_len;
			m->iov[m->count++] = (struct iovec){(void *)16, rest};
			break;
		}
	}
	read_flush(mm);
	pthread_rwlock_unlock(&mm->mmap_sem);
	m->major = major_faults();
	if (err)
		user_mirror_done(m, err, &(struct mirror_target){0});
	return err;
}

// Did the host fault this stand-in in? Without /proc what is cached of a file is taken for it.
static bool touched(u8 *host, int pagemap)
{
	u64 entry, page = (u64)host >> PAGE_SHIFT;
	u8 resident;

	if (pread(pagemap, &entry, sizeof(entry), (off_t)(page * sizeof(entry))) == sizeof(entry))
		return entry & PAGEMAP_PRESENT;
	return mincore(host, PAGE_SIZE, &resident) == 0 && resident & 1;
}

static int late_page_cmp(const void *a, const void *b)
{
	const struct late_page *p = a, *q = b;

	if (p->mapping != q->mapping)
		return (uintptr_t)p->mapping < (uintptr_t)q->mapping ? -1 : 1;
	return p->pgoff < q->pgoff ? -1 : p->pgoff > q->pgoff;
}

struct late_page *late_page_find(const struct late_pages *late, const struct address_space *mapping, pgoff_t pgoff)
{
	const struct late_page key = {mapping, pgoff, false};

	return late->count ? bsearch(&key, late->page, late->count, sizeof(key), late_page_cmp) : NULL;
}

// From here on every fault finds the page at @addr, if it is a file's, in the page cache.
static void late_page_came(struct mm_struct *mm, u64 addr)
{
	struct vm_area_struct *vma = vma_lookup(mm, addr);
	struct late_page *p = NULL;

	if (vma && vma->vm_file && mm->late->count)
		p = late_page_find(mm->late, vma->vm_file->f_mapping,
				   vma->vm_pgoff + ((addr - vma->vm_start) >> PAGE_SHIFT));
	if (p)
		p->came = true;
}

// Those that were not there before the host wrote, each once: two buffers may show the same page.
static void late_pages_sort(struct late_pages *late)
{
	u64 n = 0;

	if (late->count)
		qsort(late->page, late->count, sizeof(*late->page), late_page_cmp);
	for (u64 i = 0; i < late->count; i++) {
		if (!n || late_page_cmp(&late->page[n - 1], &late->page[i]))
			late->page[n++] = late->page[i];
	}
	late->count = n;
}

pgoff_t late_file_pages(const struct vm_area_struct *vma)
{
	const struct late_pages *late = vma->vm_mm->late;
	u64 size = file_size(vma->vm_file);

	if (unlikely(late) && late->grown == vma->vm_file->f_mapping)
		size = min_t(u64, size, late->size);
	return PAGE_ALIGN(size) >> PAGE_SHIFT;
}

// How large the file was that is written to, if @vma shows it, when the fault at byte @at of the buffers, address @addr,
// happened: the filesystem lets it grow up to where the copy stopped, then all of the buffer is faulted in that goes to
// the same page. What is past the end then is tried again when the copy has come there.
static void note_grown(struct late_pages *late, const struct vm_area_struct *vma, struct mirror_target *to, u64 at,
		       u64 addr)
{
	const struct address_space *mapping = vma && vma->vm_file ? vma->vm_file->f_mapping : NULL;
	bool grows = mapping && mapping->keyed && mapping->dev == to->dev && mapping->ino == to->ino;

	late->grown = grows ? mapping : NULL;
	late->size = to->size;
	if (at < to->faulted &&
	    (!grows || vma->vm_pgoff + ((addr - vma->vm_start) >> PAGE_SHIFT) < late_file_pages(vma)))
		return;
	to->faulted = at + PAGE_SIZE - ((to->pos + at) & ~PAGE_MASK);
	late->size = to->size = max_t(u64, to->size, to->pos + at);
}

// Fault in for the guest what the host faulted in among the stand-ins, in that order.
static void fault_in_touched(struct mm_struct *mm, const struct mirror_range *r, int pagemap,
			     struct mirror_target *to)
{
	pthread_rwlock_rdlock(&mm->mmap_sem);
	for (u64 addr = r->start; addr < r->end; addr += PAGE_SIZE) {
		if (!touched(r->first + (addr - r->start), pagemap))
			continue;
		note_grown(mm->late, vma_lookup(mm, addr), to, r->before + (max_t(u64, addr, r->begin) - r->begin),
			   addr);
		user_page(mm, addr, 0);
		late_page_came(mm, addr);
	}
	mm->late->grown = NULL;
	read_flush(mm);
	pthread_rwlock_unlock(&mm->mmap_sem);
}

// Where the host stopped after @n bytes: the host's address, NULL at the end.
static u8 *stopped_at(const struct user_mirror *m, size_t n)
{
	for (int i = 0; i < m->count; i++) {
		if (n < m->iov[i].iov_len)
			return (u8 *)m->iov[i].iov_base + n;
		n -= m->iov[i].iov_len;
	}
	return NULL;
}

// A page past the end of its file is none, but the try to read it mapped those around it.
static void try_past_end(struct mm_struct *mm, u64 addr)
{
	struct vm_area_struct *vma;
	pgoff_t pgoff;

	pthread_rwlock_rdlock(&mm->mmap_sem);
	vma = vma_lookup(mm, addr);
	pgoff = vma ? vma->vm_pgoff + ((addr - vma->vm_start) >> PAGE_SHIFT) : 0;
	if (vma && vma->vm_file && pgoff >= PAGE_ALIGN(file_size(vma->vm_file)) >> PAGE_SHIFT)
		user_page(mm, addr, 0);
	read_flush(mm);
	pthread_rwlock_unlock(&mm->mmap_sem);
}

void user_mirror_done(struct user_mirror *m, s64 n, struct mirror_target *target)
{
	u8 *stopped = m->iov && (n >= 0 || n == -EFAULT) ? stopped_at(m, n < 0 ? 0 : (size_t)n) : NULL;
	int i, pagemap = -1;

	// Where nobody tells, so many were not there as the host had to read: taken to be the first.
	if (m->late && m->untold)
		m->late->count = min_t(u64, m->late->count, (u64)(major_faults() - m->major));
	if (m->late)
		late_pages_sort(m->late);
	m->mm->late = m->late;
	for (i = 0; i < m->nr_ranges; i++) {
		struct mirror_range *r = &m->ranges[i];

		if (!r->area)
			continue;
		if (pagemap < 0)
			pagemap = open("/proc/self/pagemap", O_RDONLY | O_CLOEXEC);
		fault_in_touched(m->mm, r, pagemap, target);
		if (stopped >= r->first && stopped < r->first + (r->end - r->start))
			try_past_end(m->mm, r->start + ((u64)(stopped - r->first) & PAGE_MASK));
		munmap(r->area, r->area_size);
	}
	m->mm->late = NULL;
	if (pagemap >= 0)
		close(pagemap);
	// It came to the bad page, where trying may have grown a stack that nobody can read.
	if (m->bad && n == (m->bytes ? (s64)m->bytes : -EFAULT)) {
		pthread_rwlock_rdlock(&m->mm->mmap_sem);
		user_page(m->mm, m->bad, 0);
		pthread_rwlock_unlock(&m->mm->mmap_sem);
	}
	free(m->iov);
	free(m->ranges);
	if (m->late)
		free(m->late->page);
	free(m->late);
}
