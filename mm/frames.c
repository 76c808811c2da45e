// SPDX-License-Identifier: GPL-2.0-or-later
// Frames of guest physical memory: handing them out, taking them back, and what the host gets back.
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include "mm/frames.h"

// Chunks from this one on become huge pages of the host's: a program that comes so far is not small.
#define HUGE_FROM 8

int frames_init(struct phys *phys)
{
	u64 nr = phys->frames_end >> PAGE_SHIFT, huge = (u64)HUGE_FROM << (CHUNK_SHIFT + PAGE_SHIFT);
	struct frame_pool *pool = calloc(1, sizeof(*pool));

	phys->frames = pool;
	if (!pool)
		return -ENOMEM;
	pool->nr_chunks = (nr + CHUNK_FRAMES - 1) >> CHUNK_SHIFT;
	pool->chunk = calloc(pool->nr_chunks, sizeof(*pool->chunk));
	if (!pool->chunk)
		return -ENOMEM;
	if (mprotect(phys->base, phys->frames_end, PROT_READ | PROT_WRITE) < 0)
		return -errno;
	// No harm where the host has none.
	if (phys->frames_end > huge)
		madvise(phys->base + huge, phys->frames_end - huge, MADV_HUGEPAGE);
	pool->next_chunk = pool->current[FRAME_PAGE] = 1;
	pool->chunk[0].fresh = 1; // page 0 is never handed out
	return 0;
}

void frames_exit(struct phys *phys)
{
	if (phys->frames)
		free(phys->frames->chunk);
	free(phys->frames);
}

// ---- lists of chunks ----

static void list_add(struct frame_pool *pool, u32 *head, u32 number)
{
	struct frame_chunk *c = &pool->chunk[number];

	c->prev = 0;
	c->next = *head;
	if (*head)
		pool->chunk[*head - 1].prev = number + 1;
	*head = number + 1;
}

static void list_del(struct frame_pool *pool, u32 *head, u32 number)
{
	struct frame_chunk *c = &pool->chunk[number];

	if (c->prev)
		pool->chunk[c->prev - 1].next = c->next;
	else
		*head = c->next;
	if (c->next)
		pool->chunk[c->next - 1].prev = c->prev;
	c->next = c->prev = 0;
}

static u32 chunk_frames(const struct phys *phys, u32 number)
{
	u64 rest = (phys->frames_end >> PAGE_SHIFT) - ((u64)number << CHUNK_SHIFT);

	return rest < CHUNK_FRAMES ? (u32)rest : CHUNK_FRAMES;
}

// ---- taking ----

// Let the host back the fresh frames of a chunk in one call instead of a fault each: few while the program is
// small, more once it is known to be big, and all at once where that is one huge page.
static void populate(struct phys *phys, u32 number)
{
	u64 batch = min_t(u64, max_t(u64, phys->nr_frames_used / 8, 16), 128);
	struct frame_chunk *c = &phys->frames->chunk[number];
	pfn_t pfn = ((pfn_t)number << CHUNK_SHIFT) + c->fresh;
	u64 nr = chunk_frames(phys, number) - c->fresh;

	if (number < HUGE_FROM)
		nr = min_t(u64, min_t(u64, batch, nr), phys->nr_frames_max - phys->nr_frames_used);
	// No harm if the host cannot: the frames are then backed as they are touched.
	if (nr > 1)
		madvise(pfn_to_host(phys, pfn), nr << PAGE_SHIFT, MADV_POPULATE_WRITE);
	c->backed = c->fresh + nr;
}

void frames_dropping(struct phys *phys, bool dropping)
{
	phys->frames->dropping = dropping;
}

void frames_forked(struct phys *phys)
{
	struct frame_pool *pool = phys->frames;

	for (int kind = 0; kind < NR_FRAME_KINDS; kind++) {
		u32 number = pool->current[kind] - 1;

		// Of a huge page the rest would have to be copied at once.
		if (pool->current[kind] && number < HUGE_FROM)
			pool->chunk[number].backed = pool->chunk[number].fresh;
	}
}

static pfn_t take_free(struct phys *phys, enum frame_kind kind)
{
	struct frame_pool *pool = phys->frames;
	u32 number = pool->avail[kind] - 1;
	struct frame_chunk *c = &pool->chunk[number];
	pfn_t pfn = c->free_head;

	c->free_head = pfn_to_page(phys, pfn)->next_free;
	pool->nr_free--;
	c->nr_free--;
	if (c->nr_lazy > c->nr_free) {
		c->nr_lazy--;
		pool->nr_lazy--;
	}
	if (!c->nr_free)
		list_del(pool, &pool->avail[kind], number);
	return pfn;
}

static pfn_t take_fresh(struct phys *phys, enum frame_kind kind)
{
	struct frame_pool *pool = phys->frames;
	u32 number = pool->current[kind] - 1;

	if (!pool->current[kind] || pool->chunk[number].fresh == chunk_frames(phys, number)) {
		if (pool->given_back) {
			number = pool->given_back - 1;
			list_del(pool, &pool->given_back, number);
		} else if (pool->next_chunk < pool->nr_chunks) {
			number = pool->next_chunk++;
		} else {
			return 0;
		}
		pool->current[kind] = number + 1;
		pool->chunk[number].kind = kind;
	}
	if (pool->chunk[number].fresh >= pool->chunk[number].backed)
		populate(phys, number);
	return ((pfn_t)number << CHUNK_SHIFT) + pool->chunk[number].fresh++;
}

// phys->lock held. 0: none left.
static pfn_t take_frame(struct phys *phys, enum frame_kind kind)
{
	pfn_t pfn = 0;

	if (phys->nr_frames_used >= phys->nr_frames_max)
		return 0;
	// When all chunks have their kind, the other's will do.
	for (int i = 0; !pfn && i < NR_FRAME_KINDS; i++, kind ^= 1)
		pfn = phys->frames->avail[kind] ? take_free(phys, kind) : take_fresh(phys, kind);
	phys->nr_frames_used += pfn != 0;
	return pfn;
}

static pfn_t alloc_kind(struct phys *phys, enum frame_kind kind)
{
	struct page *page;
	pfn_t pfn;

	pthread_mutex_lock(&phys->lock);
	pfn = take_frame(phys, kind);
	pthread_mutex_unlock(&phys->lock);
	if (!pfn)
		return 0;
	page = pfn_to_page(phys, pfn);
	page->refcount = 1;
	page->mapcount = 0;
	page->next_free = 0;
	return pfn;
}

pfn_t frame_alloc_dirty(struct phys *phys)
{
	return alloc_kind(phys, FRAME_PAGE);
}

// The frame that will most likely be the next to be cleared is fetched into the cache while other work goes on:
// in a storm of faults most of the time is waiting for memory. A guess, so without the lock.
__attribute__((target("prfchw"))) static void
prefetch_next(const struct phys *phys, pfn_t pfn)
{
	pfn_t next = __atomic_load_n(&phys->frames->chunk[pfn >> CHUNK_SHIFT].free_head, __ATOMIC_RELAXED);
	const char *line = pfn_to_host(phys, next);

	if (next)
		for (size_t i = 0; i < PAGE_SIZE; i += 64)
			__builtin_prefetch(line + i, 1, 3);
}

static pfn_t alloc_zeroed(struct phys *phys, enum frame_kind kind)
{
	pfn_t pfn = alloc_kind(phys, kind);
	struct page *page = pfn_to_page(phys, pfn);

	if (pfn && page->flags & PG_RECYCLED) {
		memset(pfn_to_host(phys, pfn), 0, PAGE_SIZE);
		prefetch_next(phys, pfn);
	}
	// One that is not there could not be shared by the next fork either.
	else if (pfn && page->flags & PG_HOLLOW)
		*(volatile u8 *)pfn_to_host(phys, pfn) = 0;
	if (pfn)
		page->flags &= ~(PG_RECYCLED | PG_HOLLOW);
	return pfn;
}

pfn_t frame_alloc(struct phys *phys)
{
	return alloc_zeroed(phys, FRAME_PAGE);
}

pfn_t frame_alloc_table(struct phys *phys)
{
	return alloc_zeroed(phys, FRAME_TABLE);
}

void get_page(struct phys *phys, pfn_t pfn)
{
	if (pfn_is_window(phys, pfn) || pfn == phys->zero_pfn)
		return;
	__atomic_fetch_add(&pfn_to_page(phys, pfn)->refcount, 1, __ATOMIC_RELAXED);
}

// ---- giving back ----

// Drop a reference; true when the frame must be freed.
static bool put_page_testzero(struct phys *phys, pfn_t pfn)
{
	if (pfn_is_window(phys, pfn) || pfn == phys->zero_pfn)
		return false;
	return __atomic_sub_fetch(&pfn_to_page(phys, pfn)->refcount, 1, __ATOMIC_ACQ_REL) == 0;
}

// All frames of a chunk are free: the host may have its pages, which read as zeros from then on.
static void give_back(struct phys *phys, u32 number)
{
	struct frame_pool *pool = phys->frames;
	struct frame_chunk *c = &pool->chunk[number];
	pfn_t first = (pfn_t)number << CHUNK_SHIFT;
	u32 i;

	if (madvise(pfn_to_host(phys, first), (u64)chunk_frames(phys, number) << PAGE_SHIFT, MADV_DONTNEED) <
	    0)
		return;
	for (i = 0; i < c->fresh; i++)
		pfn_to_page(phys, first + i)->flags = 0;
	list_del(pool, &pool->avail[c->kind], number);
	pool->nr_free -= c->nr_free;
	pool->nr_lazy -= c->nr_lazy;
	c->nr_free = c->nr_lazy = c->fresh = c->backed = 0;
	c->free_head = 0;
	list_add(pool, &pool->given_back, number);
}

// All frames of a chunk are free, and enough others are: they are too many.
static void chunk_is_free(struct phys *phys, u32 number)
{
	struct frame_pool *pool = phys->frames;
	struct frame_chunk *c = &pool->chunk[number];
	u16 news = c->nr_free - c->nr_lazy;

	// Not for each frame that comes and goes.
	if (news < CHUNK_FRAMES / 4 && c->nr_lazy)
		return;
	if (pool->nr_lazy + news > LAZY_MAX ||
	    madvise(pfn_to_host(phys, (pfn_t)number << CHUNK_SHIFT), (u64)c->fresh << PAGE_SHIFT, MADV_FREE) < 0) {
		give_back(phys, number);
		return;
	}
	c->nr_lazy = c->nr_free;
	pool->nr_lazy += news;
}

// phys->lock held.
static void free_frame(struct phys *phys, pfn_t pfn)
{
	struct page *page = pfn_to_page(phys, pfn);
	struct frame_pool *pool = phys->frames;
	u32 number = pfn >> CHUNK_SHIFT;
	struct frame_chunk *c = &pool->chunk[number];

	page->flags = PG_RECYCLED;
	page->mapcount = 0;
	page->next_free = c->free_head;
	c->free_head = pfn;
	if (c->nr_free++ == 0)
		list_add(pool, &pool->avail[c->kind], number);
	pool->nr_free++;
	phys->nr_frames_used--;
	if (pool->nr_free - pool->nr_lazy > FREE_MAX && c->nr_free == c->fresh &&
	    number + 1 != pool->current[c->kind])
		chunk_is_free(phys, number);
}

// Freed frames that a forked process may have, too: neighbours, from the top down.
struct shared_run {
	pfn_t first;
	u64 nr;
};

// As long as we keep such a page the kin see it shared (smaps), and our next store would have to copy it: let the host have
// it, which leaves zeros.
static void run_end(struct phys *phys, struct shared_run *run)
{
	if (run->nr && !madvise(pfn_to_host(phys, run->first), run->nr << PAGE_SHIFT, MADV_DONTNEED)) {
		// Unless their chunk went back meanwhile, and they are as new.
		for (u64 i = 0; i < run->nr; i++)
			if (pfn_to_page(phys, run->first + i)->flags & PG_RECYCLED)
				pfn_to_page(phys, run->first + i)->flags = PG_HOLLOW;
	}
	run->nr = 0;
}

// phys->lock held until run_end().
static void drop_frame(struct phys *phys, pfn_t pfn, struct shared_run *run)
{
	bool shared = phys->frames->dropping || pfn_to_page(phys, pfn)->flags & PG_FORKED;

	free_frame(phys, pfn);
	// Its whole chunk may have gone back by that.
	if (!shared || !(pfn_to_page(phys, pfn)->flags & PG_RECYCLED))
		return;
	if (run->nr && pfn != run->first - 1)
		run_end(phys, run);
	run->first = pfn;
	run->nr++;
}

void put_page(struct phys *phys, pfn_t pfn)
{
	struct shared_run run = {};

	if (!put_page_testzero(phys, pfn))
		return;
	pthread_mutex_lock(&phys->lock);
	drop_frame(phys, pfn, &run);
	run_end(phys, &run);
	pthread_mutex_unlock(&phys->lock);
}

void put_pages(struct phys *phys, const pfn_t *pfns, size_t nr)
{
	struct shared_run run = {};

	if (!nr)
		return;
	pthread_mutex_lock(&phys->lock);
	// Backwards, so that they are handed out forwards.
	while (nr-- > 0)
		if (put_page_testzero(phys, pfns[nr]))
			drop_frame(phys, pfns[nr], &run);
	run_end(phys, &run);
	pthread_mutex_unlock(&phys->lock);
}

u64 phys_nr_available(const struct phys *phys)
{
	return phys->nr_frames_max - phys->nr_frames_used;
}
