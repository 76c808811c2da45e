// SPDX-License-Identifier: GPL-2.0-or-later
// What the mms of one memory have in common, recounted: frames, free lists, windows and the inodes behind
// them.
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include "mm/frames.h"
#include "mm/pages.h"

struct recount {
	struct phys *phys;
	FILE *log;
	int bad;
	// what the mms say
	s64 mapped, tables;
	// what frames, windows and lists say
	s64 mapcount;
	u64 used, table_frames, free, lazy, handed_out;
};

__attribute__((format(printf, 2, 3))) static void violation(struct recount *rc, const char *fmt, ...)
{
	va_list ap;

	rc->bad++;
	if (!rc->log)
		return;
	fputs("phys_check: ", rc->log);
	va_start(ap, fmt);
	vfprintf(rc->log, fmt, ap);
	va_end(ap);
	fputc('\n', rc->log);
}

static void expect(struct recount *rc, const char *what, s64 is, s64 should)
{
	if (is != should)
		violation(rc, "%s: %ld, should be %ld", what, is, should);
}

// ---- frames ----

static void check_frame(struct recount *rc, pfn_t pfn)
{
	struct page *page = pfn_to_page(rc->phys, pfn);

	if (!page->refcount)
		return;
	rc->used++;
	if (page->flags & PG_TABLE) {
		rc->table_frames++;
		if (page->refcount != 1 || page->mapcount)
			violation(rc, "table %#lx: refcount %u, mapcount %d", pfn, page->refcount,
				  page->mapcount);
		return;
	}
	if (page->mapcount < 0 || (u32)page->mapcount > page->refcount)
		violation(rc, "frame %#lx: %d PTEs, but refcount %u", pfn, page->mapcount, page->refcount);
	if (page->flags & PG_ANON && page->mapcount > 1)
		violation(rc, "anonymous frame %#lx is mapped %d times", pfn, page->mapcount);
	rc->mapcount += page->mapcount;
}

// A chunk's list has free frames of its own only; what was not handed out yet is as new.
static void check_chunk(struct recount *rc, u32 number)
{
	struct phys *phys = rc->phys;
	const struct frame_chunk *c = &phys->frames->chunk[number];
	pfn_t first = (pfn_t)number << CHUNK_SHIFT, pfn;
	struct page *page;
	u32 nr = 0, i;

	for (pfn = c->free_head; pfn && nr <= CHUNK_FRAMES; pfn = page->next_free, nr++) {
		page = pfn_to_page(phys, pfn);
		if (pfn < first || pfn >= first + c->fresh || page->refcount || page->flags & ~(PG_RECYCLED | PG_HOLLOW))
			violation(rc, "frame %#lx on the free list: refcount %u, flags %#x", pfn,
				  page->refcount, page->flags);
	}
	expect(rc, "frames on a chunk's free list", nr, c->nr_free);
	if (c->nr_lazy > c->nr_free)
		violation(rc, "chunk %u: %u free frames, but %u for the host to take", number, c->nr_free, c->nr_lazy);
	for (i = c->fresh; i < CHUNK_FRAMES && c->fresh; i++)
		if (pfn_to_page(phys, first + i)->refcount || pfn_to_page(phys, first + i)->flags)
			violation(rc, "fresh frame %#lx was used", first + i);
	rc->free += nr;
	rc->lazy += c->nr_lazy;
	rc->handed_out += c->fresh;
}

// Which chunks a list has: those of a kind with free frames, or (NR_FRAME_KINDS) those that were given back.
static void check_list(struct recount *rc, u32 head, int kind)
{
	bool given_back = kind == NR_FRAME_KINDS;
	const struct frame_pool *pool = rc->phys->frames;
	u32 prev = 0, at = head, nr = 0, should = 0, i;

	for (; at && nr <= pool->nr_chunks; prev = at, at = pool->chunk[at - 1].next, nr++) {
		const struct frame_chunk *c = &pool->chunk[at - 1];

		if (c->prev != prev || (given_back ? c->fresh != 0 : c->nr_free == 0 || c->kind != kind))
			violation(rc, "chunk %u is on the wrong list", at - 1);
	}
	for (i = 0; i < pool->next_chunk; i++)
		should += given_back ? !pool->chunk[i].fresh
				     : pool->chunk[i].nr_free && pool->chunk[i].kind == kind;
	expect(rc, given_back ? "chunks given back" : "chunks with free frames", nr, should);
}

static void check_frames(struct recount *rc)
{
	struct phys *phys = rc->phys;
	const struct frame_pool *pool = phys->frames;
	pfn_t pfn;
	u32 i;

	for (pfn = 1; pfn < (pfn_t)pool->next_chunk << CHUNK_SHIFT; pfn++)
		if (pfn != phys->zero_pfn)
			check_frame(rc, pfn);
	for (i = 0; i < pool->next_chunk; i++)
		check_chunk(rc, i);
	for (i = 0; i < NR_FRAME_KINDS; i++)
		check_list(rc, pool->avail[i], (int)i);
	check_list(rc, pool->given_back, NR_FRAME_KINDS);
	expect(rc, "frames on the free lists", (s64)pool->nr_free, (s64)rc->free);
	expect(rc, "free frames for the host to take", (s64)pool->nr_lazy, (s64)rc->lazy);
	// Page 0 and the zero page belong to nobody.
	expect(rc, "frames in use and free", (s64)(rc->used + rc->free), (s64)rc->handed_out - 2);
	expect(rc, "nr_frames_used", (s64)phys->nr_frames_used, (s64)rc->used);
	expect(rc, "frames that are page tables", (s64)rc->table_frames, rc->tables);
	if (phys->nr_frames_used > phys->nr_frames_max)
		violation(rc, "%lu frames in use, more than the %lu there are", phys->nr_frames_used,
			  phys->nr_frames_max);
}

// ---- windows ----

static bool knows_mapping(const struct phys *phys, const struct address_space *mapping)
{
	const struct address_space *m;

	for (m = phys->mappings; m && m != mapping; m = m->next)
		;
	return m;
}

static void check_window(struct recount *rc, u64 slot, struct window *win)
{
	struct phys *phys = rc->phys;
	u64 sum = 0, i;

	if (win->pfn != (phys->windows_start + (slot << WINDOW_SHIFT)) >> PAGE_SHIFT)
		violation(rc, "window in slot %lu believes to be at page %#lx", slot, win->pfn);
	if (!knows_mapping(phys, win->mapping)) {
		violation(rc, "window in slot %lu is of an inode that is gone", slot);
		return;
	}
	for (i = 0; i < WINDOW_PAGES; i++)
		sum += (u64)pfn_to_page(phys, win->pfn + i)->mapcount;
	expect(rc, "PTEs of a window", win->mapcount, (s64)sum);
	if (win->retired && (!win->pins || win->mapcount))
		violation(rc, "retired window in slot %lu has %u pins and %u PTEs", slot, win->pins,
			  win->mapcount);
	rc->mapcount += win->mapcount;
}

// An inode is kept by its open files and by the pins of its windows.
static void check_mapping(struct recount *rc, struct address_space *mapping)
{
	struct phys *phys = rc->phys;
	struct window *win;
	struct file *file;
	u64 refs = 0, slot;

	for (file = mapping->files; file; file = file->next) {
		refs++;
		if (file->f_mapping != mapping)
			violation(rc, "a file is in another inode's list");
	}
	for (slot = 0; slot < phys->windows->next_fresh; slot++) {
		win = phys->windows->slots[slot];
		if (win && win->mapping == mapping)
			refs += win->pins;
	}
	expect(rc, "references to an inode", mapping->refcount, (s64)refs);
	for (win = RB_ROOT(&mapping->windows); win && RB_LEFT(win, rb); win = RB_LEFT(win, rb))
		;
	if (win && (win->mapping != mapping || win->retired))
		violation(rc, "an inode's first window is not its own");
	if (mapping->last && mapping->last->mapping != mapping)
		violation(rc, "an inode's last window is not its own");
}

static void check_windows(struct recount *rc)
{
	struct window_pool *pool = rc->phys->windows;
	struct address_space *mapping;
	u64 slot, nr = 0;

	for (slot = 0; slot < pool->next_fresh; slot++) {
		if (!pool->slots[slot])
			continue;
		nr++;
		check_window(rc, slot, pool->slots[slot]);
	}
	expect(rc, "windows in use and free", (s64)(nr + pool->nr_free), (s64)pool->next_fresh);
	for (mapping = rc->phys->mappings; mapping; mapping = mapping->next)
		check_mapping(rc, mapping);
}

// ---- the mms ----

// The mms of this memory, as a user of each; NULL-terminated. NULL: no memory.
static struct mm_struct **get_mms(struct phys *phys)
{
	struct mm_struct *mm, **mms;
	size_t nr = 0;

	pthread_mutex_lock(&phys->lock);
	for (mm = phys->mmlist; mm; mm = mm->mmlist_next)
		nr++;
	mms = calloc(nr + 1, sizeof(*mms));
	nr = 0;
	for (mm = mms ? phys->mmlist : NULL; mm; mm = mm->mmlist_next) {
		if (!__atomic_load_n(&mm->mm_users, __ATOMIC_ACQUIRE))
			continue;
		mmget(mm);
		mms[nr++] = mm;
	}
	pthread_mutex_unlock(&phys->lock);
	return mms;
}

int phys_check(struct phys *phys, FILE *log)
{
	struct recount rc = {.phys = phys, .log = log};
	struct mm_struct **mms = get_mms(phys), **mm;

	if (!mms)
		return 0;
	// With all page tables still, the frames and windows are, too, but for pins, which phys->lock stops.
	for (mm = mms; *mm; mm++) {
		pthread_rwlock_rdlock(&(*mm)->mmap_sem);
		pthread_mutex_lock(&(*mm)->page_table_lock);
		rc.tables += (s64)(1 + (*mm)->nr_ptes + (*mm)->nr_pmds + (*mm)->nr_puds);
		rc.mapped += (*mm)->rss_stat[MM_FILEPAGES] + (*mm)->rss_stat[MM_ANONPAGES] +
			     (*mm)->rss_stat[MM_SHMEMPAGES];
	}
	pthread_mutex_lock(&phys->lock);
	check_frames(&rc);
	check_windows(&rc);
	expect(&rc, "PTEs that show a frame or a window", rc.mapped, rc.mapcount);
	pthread_mutex_unlock(&phys->lock);
	for (mm = mms; *mm; mm++) {
		pthread_mutex_unlock(&(*mm)->page_table_lock);
		pthread_rwlock_unlock(&(*mm)->mmap_sem);
	}
	for (mm = mms; *mm; mm++)
		mmput(*mm);
	free(mms);
	return rc.bad;
}
