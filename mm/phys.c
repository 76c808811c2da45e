// SPDX-License-Identifier: GPL-2.0-or-later
// The reservation that is the guest's physical memory, and its frames.
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/sysinfo.h>
#include "mm/file.h"
#include "mm/mm.h"
#include "mm/window.h"

#define WINDOWS_MAX (512UL << 30)
#define WINDOWS_MIN (1UL << 30)

// Recycled frames kept for the next fault: clearing one is cheaper than a fault of the host's.
#define RECYCLED_MAX 16384
// A freed run shorter than this is not worth a system call.
#define RUN_MIN 16

static u64 host_ram(void)
{
	struct sysinfo si;

	if (sysinfo(&si) < 0)
		return 1UL << 30;
	return (u64)si.totalram * si.mem_unit;
}

// Reserve @size bytes at a multiple of the window size; nothing is accessible yet.
static u8 *reserve(u64 size)
{
	u64 extra = WINDOW_SIZE;
	u8 *raw = mmap(NULL, size + extra, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	u8 *base;
	size_t head;

	if (raw == MAP_FAILED)
		return NULL;
	base = (u8 *)(((uintptr_t)raw + WINDOW_SIZE - 1) & ~(WINDOW_SIZE - 1));
	head = base - raw;
	if (head)
		munmap(raw, head);
	if (extra - head)
		munmap(base + size, extra - head);
	return base;
}

// Reserve the region and its page array; under a small RLIMIT_AS the windows make do with less.
static int reserve_all(struct phys *phys)
{
	u64 windows;

	for (windows = WINDOWS_MAX; windows >= WINDOWS_MIN; windows /= 4) {
		phys->windows_start = (phys->frames_end + WINDOW_SIZE - 1) & ~(WINDOW_SIZE - 1);
		phys->size = phys->windows_start + windows;
		phys->base = reserve(phys->size);
		if (!phys->base)
			continue;
		phys->pages =
			mmap(NULL, (phys->size >> PAGE_SHIFT) * sizeof(struct page), PROT_READ | PROT_WRITE,
			     MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
		if (phys->pages != MAP_FAILED)
			return 0;
		phys->pages = NULL;
		munmap(phys->base, phys->size);
		phys->base = NULL;
	}
	return -ENOMEM;
}

static int frames_init(struct phys *phys)
{
	struct page *zero;

	if (mprotect(phys->base, phys->frames_end, PROT_READ | PROT_WRITE) < 0)
		return -errno;
	phys->next_fresh = 1;
	phys->zero_pfn = frame_alloc(phys);
	if (!phys->zero_pfn)
		return -ENOMEM;
	zero = pfn_to_page(phys, phys->zero_pfn);
	zero->flags |= PG_ZERO;
	phys->nr_frames_used = 0;
	return 0;
}

int phys_create(struct phys **out, u64 memory, int fd_floor)
{
	struct phys *phys = calloc(1, sizeof(*phys));
	int err = -ENOMEM;

	if (!phys)
		return -ENOMEM;
	if (!memory)
		memory = host_ram();
	phys->nr_frames_max = memory >> PAGE_SHIFT;
	if (!phys->nr_frames_max)
		phys->nr_frames_max = 1;
	if (phys->nr_frames_max > (1UL << 32) - 2 - (WINDOWS_MAX >> PAGE_SHIFT))
		phys->nr_frames_max = (1UL << 32) - 2 - (WINDOWS_MAX >> PAGE_SHIFT);
	// Page 0 is never given out, and the zero page is the kernel's own.
	phys->frames_end = (phys->nr_frames_max + 2) << PAGE_SHIFT;
	own_fds_init(&phys->own, fd_floor);
	pthread_mutex_init(&phys->lock, NULL);
	err = reserve_all(phys);
	if (!err)
		err = frames_init(phys);
	if (!err)
		err = windows_init(phys);
	if (err) {
		phys_destroy(phys);
		return err;
	}
	*out = phys;
	return 0;
}

void phys_destroy(struct phys *phys)
{
	if (!phys)
		return;
	file_locks_exit(phys);
	truncations_exit(phys);
	windows_exit(phys);
	free(phys->special_mappings);
	own_fds_exit(&phys->own);
	if (phys->pages)
		munmap(phys->pages, (phys->size >> PAGE_SHIFT) * sizeof(struct page));
	if (phys->base)
		munmap(phys->base, phys->size);
	pthread_mutex_destroy(&phys->lock);
	free(phys);
}

// Let the host back the frames from @pfn on (at most @nr) in one call instead of a fault each: few while the
// program is small, more once it is known to be big. Returns where the backed ones end.
static pfn_t populate(struct phys *phys, pfn_t pfn, u64 nr)
{
	u64 batch = min_t(u64, max_t(u64, phys->nr_frames_used / 8, 16), 128);

	nr = min_t(u64, min_t(u64, batch, nr), phys->nr_frames_max - phys->nr_frames_used);
	// No harm if the host cannot: the frames are then backed as they are touched.
	if (nr > 1)
		madvise(pfn_to_host(phys, pfn), nr << PAGE_SHIFT, MADV_POPULATE_WRITE);
	return pfn + nr;
}

// A frame from the free list, else from a run given back earlier, else one never used. 0: none left.
static pfn_t take_frame(struct phys *phys)
{
	struct page *page, *rest;
	pfn_t pfn;

	if (phys->nr_frames_used >= phys->nr_frames_max)
		return 0;
	if (phys->free_head) {
		pfn = phys->free_head;
		phys->free_head = pfn_to_page(phys, pfn)->next_free;
		phys->nr_free--;
	} else if (phys->fresh_runs) {
		pfn = phys->fresh_runs;
		page = pfn_to_page(phys, pfn);
		if (pfn >= phys->run_backed)
			phys->run_backed = populate(phys, pfn, page->mapcount);
		if (page->mapcount > 1) {
			rest = page + 1;
			rest->mapcount = page->mapcount - 1;
			rest->next_free = page->next_free;
			phys->fresh_runs = pfn + 1;
		} else {
			phys->fresh_runs = page->next_free;
			phys->run_backed = 0;
		}
		page->flags = 0;
	} else if (phys->next_fresh < phys->frames_end >> PAGE_SHIFT) {
		pfn = phys->next_fresh++;
		if (pfn >= phys->fresh_backed)
			phys->fresh_backed = populate(phys, pfn, (phys->frames_end >> PAGE_SHIFT) - pfn);
	} else {
		return 0;
	}
	phys->nr_frames_used++;
	return pfn;
}

pfn_t frame_alloc_dirty(struct phys *phys)
{
	struct page *page;
	pfn_t pfn;

	pthread_mutex_lock(&phys->lock);
	pfn = take_frame(phys);
	pthread_mutex_unlock(&phys->lock);
	if (!pfn)
		return 0;
	page = pfn_to_page(phys, pfn);
	page->refcount = 1;
	page->mapcount = 0;
	page->next_free = 0;
	return pfn;
}

pfn_t frame_alloc(struct phys *phys)
{
	pfn_t pfn = frame_alloc_dirty(phys);
	struct page *page = pfn_to_page(phys, pfn);

	if (pfn && page->flags & PG_RECYCLED) {
		memset(pfn_to_host(phys, pfn), 0, PAGE_SIZE);
		page->flags &= ~PG_RECYCLED;
	}
	return pfn;
}

void get_page(struct phys *phys, pfn_t pfn)
{
	if (pfn_is_window(phys, pfn) || pfn == phys->zero_pfn)
		return;
	__atomic_fetch_add(&pfn_to_page(phys, pfn)->refcount, 1, __ATOMIC_RELAXED);
}

// Drop a reference; true when the frame must be freed.
static bool put_page_testzero(struct phys *phys, pfn_t pfn)
{
	if (pfn_is_window(phys, pfn) || pfn == phys->zero_pfn)
		return false;
	return __atomic_sub_fetch(&pfn_to_page(phys, pfn)->refcount, 1, __ATOMIC_ACQ_REL) == 0;
}

// Onto the free list (phys->lock held).
static void recycle_frame(struct phys *phys, pfn_t pfn)
{
	struct page *page = pfn_to_page(phys, pfn);

	page->flags = PG_RECYCLED;
	page->mapcount = 0;
	page->next_free = phys->free_head;
	phys->free_head = pfn;
	phys->nr_free++;
	phys->nr_frames_used--;
}

void put_page(struct phys *phys, pfn_t pfn)
{
	if (!put_page_testzero(phys, pfn))
		return;
	pthread_mutex_lock(&phys->lock);
	recycle_frame(phys, pfn);
	pthread_mutex_unlock(&phys->lock);
}

// Give @nr frames from @pfn on back to the host; they read as zeros from now on (phys->lock held).
static bool release_run(struct phys *phys, pfn_t pfn, size_t nr)
{
	struct page *page = pfn_to_page(phys, pfn);
	size_t i;

	if (madvise(pfn_to_host(phys, pfn), nr << PAGE_SHIFT, MADV_DONTNEED) < 0)
		return false;
	for (i = 0; i < nr; i++)
		page[i].flags = 0;
	page->mapcount = nr;
	page->next_free = phys->fresh_runs;
	phys->fresh_runs = pfn;
	phys->run_backed = 0;
	phys->nr_frames_used -= nr;
	return true;
}

// Free @nr frames whose last reference is gone.
static void free_run(struct phys *phys, pfn_t pfn, size_t nr)
{
	size_t i;

	pthread_mutex_lock(&phys->lock);
	if (nr < RUN_MIN || phys->nr_free < RECYCLED_MAX || !release_run(phys, pfn, nr)) {
		for (i = nr; i-- > 0;)
			recycle_frame(phys, pfn + i);
	}
	pthread_mutex_unlock(&phys->lock);
}

void put_pages(struct phys *phys, const pfn_t *pfns, size_t nr)
{
	pfn_t start = 0;
	size_t len = 0, i;

	for (i = 0; i < nr; i++) {
		if (!put_page_testzero(phys, pfns[i]))
			continue;
		if (len && pfns[i] == start + len) {
			len++;
			continue;
		}
		if (len)
			free_run(phys, start, len);
		start = pfns[i];
		len = 1;
	}
	if (len)
		free_run(phys, start, len);
}

u64 phys_nr_available(const struct phys *phys)
{
	return phys->nr_frames_max - phys->nr_frames_used;
}
