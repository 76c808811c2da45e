// SPDX-License-Identifier: GPL-2.0-or-later
// A guest buffer with the same pages missing as in the guest: see mirror.h.
#include <fcntl.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>
#include "mm/mirror.h"
#include "mm/pages.h"

// Stand-ins lie as the guest's pages do within their page table, since faults look around in 64 KiB and 2 MiB.
#define TABLE_SIZE (1UL << PMD_SHIFT)
#define PAGEMAP_PRESENT (1UL << 63)

// One guest buffer and its stand-ins.
struct mirror_range {
	u64 start, end;		// of the guest, whole pages
	u8 *area;		// the host's reservation, or NULL when all pages are the guest's own
	size_t area_size;
	u8 *first;		// stand-in of the page at start, in area
	u8 *absent;		// by page: a stand-in for a page that its file's cache did not have
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
	if (!r->absent)
		r->absent = calloc((r->end - r->start) >> PAGE_SHIFT, 1);
	if (!r->absent)
		return false;
	r->area_size = r->end - r->start + TABLE_SIZE;
	p = mmap(NULL, r->area_size, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (p == MAP_FAILED)
		return false;
	r->area = p;
	r->first = r->area + ((r->start - (u64)r->area) & (TABLE_SIZE - 1));
	return true;
}

// A page like the guest's at @addr would be, and as absent.
static u8 *stand_in(struct mirror_range *r, u64 addr, const struct vm_area_struct *vma, enum page_kind kind)
{
	u8 *at = reserve(r) ? r->first + ((addr & PAGE_MASK) - r->start) : NULL;
	pgoff_t pgoff = vma->vm_pgoff + (((addr & PAGE_MASK) - vma->vm_start) >> PAGE_SHIFT);
	u8 resident;
	void *p;

	if (!at)
		return NULL;
	if (kind == PAGE_FILE)
		p = mmap(at, PAGE_SIZE, PROT_READ, MAP_FIXED | MAP_PRIVATE, vma->vm_file->fd,
			 (off_t)(pgoff << PAGE_SHIFT));
	else
		p = mmap(at, PAGE_SIZE, PROT_READ, MAP_FIXED | MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (p == MAP_FAILED)
		return NULL;
	if (kind == PAGE_FILE && !mincore(at, PAGE_SIZE, &resident))
		r->absent[((addr & PAGE_MASK) - r->start) >> PAGE_SHIFT] = !(resident & 1);
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
		host = kind == PAGE_MAPPED ? pfn_to_host(m->mm->phys, pfn) : stand_in(r, addr, vma, kind);
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
	u64 pages = 0;
	int err = 0, i;

	*m = (struct user_mirror){.mm = mm};
	for (i = 0; i < count; i++)
		pages += (guest[i].iov_len >> PAGE_SHIFT) + 2;
	if (pages > MIRROR_PAGES_MAX)
		return -E2BIG;
	m->iov = malloc((MIRROR_IOV_MAX + 1) * sizeof(*m->iov));
	m->ranges = calloc((u32)count, sizeof(*m->ranges));
	if (!m->iov || !m->ranges)
		err = -ENOMEM;
	pthread_rwlock_rdlock(&mm->mmap_sem);
	for (i = 0; i < count && !err; i++) {
		u64 addr = (u64)guest[i].iov_base, end = addr + guest[i].iov_len;
		size_t rest = guest[i].iov_len;
		struct mirror_range *r = &m->ranges[m->nr_ranges++];

		*r = (struct mirror_range){PAGE_ALIGN_DOWN(addr), PAGE_ALIGN(end), NULL, 0, NULL, NULL};
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
	if (err)
		user_mirror_done(m, err);
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

// Fault in for the guest what the host faulted in among the stand-ins. Pages that were in no cache first, and each by
// itself: when it was their turn the others were not there yet to be mapped along.
static void fault_in_touched(struct mm_struct *mm, const struct mirror_range *r, int pagemap)
{
	u64 addr, i;

	pthread_rwlock_rdlock(&mm->mmap_sem);
	for (addr = r->start, i = 0; addr < r->end; addr += PAGE_SIZE, i++)
		if (r->absent[i] && touched(r->first + (addr - r->start), pagemap))
			user_page(mm, addr, FAULT_ALONE);
	for (addr = r->start, i = 0; addr < r->end; addr += PAGE_SIZE, i++)
		if (!r->absent[i] && touched(r->first + (addr - r->start), pagemap))
			user_page(mm, addr, 0);
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

void user_mirror_done(struct user_mirror *m, s64 n)
{
	u8 *stopped = m->iov && (n >= 0 || n == -EFAULT) ? stopped_at(m, n < 0 ? 0 : (size_t)n) : NULL;
	int i, pagemap = -1;

	for (i = 0; i < m->nr_ranges; i++) {
		struct mirror_range *r = &m->ranges[i];

		if (!r->area) {
			free(r->absent);
			continue;
		}
		if (pagemap < 0)
			pagemap = open("/proc/self/pagemap", O_RDONLY | O_CLOEXEC);
		fault_in_touched(m->mm, r, pagemap);
		if (stopped >= r->first && stopped < r->first + (r->end - r->start))
			try_past_end(m->mm, r->start + ((u64)(stopped - r->first) & PAGE_MASK));
		munmap(r->area, r->area_size);
		free(r->absent);
	}
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
}
