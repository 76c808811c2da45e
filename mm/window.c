// SPDX-License-Identifier: GPL-2.0-or-later
// Windows: 2 MiB chunks of host files in guest physical memory.
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include "mm/file.h"
#include "mm/shm.h"
#include "mm/window.h"

static int window_cmp(const struct window *a, const struct window *b)
{
	return a->chunk < b->chunk ? -1 : a->chunk > b->chunk;
}

RB_GENERATE_INTERNAL(window_tree, window, rb, window_cmp, static __attribute__((unused)))

static void *lazy_array(size_t bytes)
{
	void *p =
		mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	return p == MAP_FAILED ? NULL : p;
}

int windows_init(struct phys *phys)
{
	struct window_pool *pool = calloc(1, sizeof(*pool));

	if (!pool)
		return -ENOMEM;
	phys->windows = pool;
	pool->nr_slots = (phys->size - phys->windows_start) >> WINDOW_SHIFT;
	pool->slots = lazy_array(pool->nr_slots * sizeof(*pool->slots));
	pool->free = lazy_array(pool->nr_slots * sizeof(*pool->free));
	return pool->slots && pool->free ? 0 : -ENOMEM;
}

static void window_free(struct window *win)
{
	free(win->mapped);
	free(win);
}

void windows_exit(struct phys *phys)
{
	struct window_pool *pool = phys->windows;
	struct address_space *mapping, *next;
	u64 i;

	if (!pool)
		return;
	for (i = 0; pool->slots && i < pool->next_fresh; i++)
		if (pool->slots[i])
			window_free(pool->slots[i]);
	for (mapping = phys->mappings; mapping; mapping = next) {
		next = mapping->next;
		if (mapping->shm)
			shm_release(mapping->shm);
		free(mapping);
	}
	if (pool->slots)
		munmap(pool->slots, pool->nr_slots * sizeof(*pool->slots));
	if (pool->free)
		munmap(pool->free, pool->nr_slots * sizeof(*pool->free));
	free(pool);
	phys->windows = NULL;
}

static u64 pfn_to_slot(const struct phys *phys, pfn_t pfn)
{
	return ((pfn << PAGE_SHIFT) - phys->windows_start) >> WINDOW_SHIFT;
}

struct window *pfn_to_window(const struct phys *phys, pfn_t pfn)
{
	return phys->windows->slots[pfn_to_slot(phys, pfn)];
}

// ---- inodes ----

struct address_space *mapping_find(struct phys *phys, dev_t dev, ino_t ino)
{
	struct address_space *mapping;

	pthread_mutex_lock(&phys->lock);
	for (mapping = phys->mappings; mapping; mapping = mapping->next)
		if (mapping->keyed && mapping->ino == ino && mapping->dev == dev)
			break;
	pthread_mutex_unlock(&phys->lock);
	return mapping;
}

struct address_space *mapping_get(struct phys *phys, dev_t dev, ino_t ino, bool keyed)
{
	struct address_space *mapping;

	pthread_mutex_lock(&phys->lock);
	for (mapping = keyed ? phys->mappings : NULL; mapping; mapping = mapping->next) {
		if (mapping->keyed && mapping->ino == ino && mapping->dev == dev) {
			mapping->refcount++;
			goto out;
		}
	}
	mapping = calloc(1, sizeof(*mapping));
	if (!mapping)
		goto out;
	mapping->phys = phys;
	mapping->refcount = 1;
	mapping->dev = dev;
	mapping->ino = ino;
	mapping->keyed = keyed;
	RB_INIT(&mapping->windows);
	mapping->next = phys->mappings;
	mapping->pprev = &phys->mappings;
	if (mapping->next)
		mapping->next->pprev = &mapping->next;
	phys->mappings = mapping;
out:
	pthread_mutex_unlock(&phys->lock);
	return mapping;
}

pfn_t window_lookup(struct address_space *mapping, pgoff_t pgoff)
{
	struct window key = {.chunk = pgoff >> (WINDOW_SHIFT - PAGE_SHIFT)}, *win;
	pfn_t pfn = 0;

	pthread_mutex_lock(&mapping->phys->lock);
	win = window_tree_RB_FIND(&mapping->windows, &key);
	if (win)
		pfn = win->pfn + (pgoff & (WINDOW_PAGES - 1));
	pthread_mutex_unlock(&mapping->phys->lock);
	return pfn;
}

// Take the host mappings of slots [slot, slot + nr) away: no access must reach a file that is gone.
static void unmap_slots(struct phys *phys, u64 slot, u64 nr)
{
	mmap(phys->base + phys->windows_start + (slot << WINDOW_SHIFT), nr << WINDOW_SHIFT, PROT_NONE,
	     MAP_FIXED | MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
}

// Forget @win (phys->lock held); its host mapping must go with unmap_slots().
static void window_drop(struct phys *phys, struct window *win)
{
	struct window_pool *pool = phys->windows;
	struct page *page = pfn_to_page(phys, win->pfn);
	u64 slot = pfn_to_slot(phys, win->pfn), i;

	if (!win->retired)
		RB_REMOVE(window_tree, &win->mapping->windows, win);
	if (win->mapping->last == win)
		win->mapping->last = NULL;
	if (pool->recent == win)
		pool->recent = NULL;
	pool->slots[slot] = NULL;
	pool->free[pool->nr_free++] = slot;
	for (i = 0; i < WINDOW_PAGES; i++)
		page[i].flags &= ~(PG_LOST | PG_LOST_TOLD | PG_DIRTY);
	window_free(win);
}

void mapping_put(struct address_space *mapping)
{
	struct phys *phys = mapping->phys;
	struct window *win, *next;
	u64 start = 0, nr = 0, slot;

	pthread_mutex_lock(&phys->lock);
	if (--mapping->refcount)
		goto out;
	for (win = RB_MIN(window_tree, &mapping->windows); win; win = next) {
		next = RB_NEXT(window_tree, &mapping->windows, win);
		slot = pfn_to_slot(phys, win->pfn);
		window_drop(phys, win);
		if (nr && slot == start + nr) {
			nr++;
			continue;
		}
		if (nr)
			unmap_slots(phys, start, nr);
		start = slot;
		nr = 1;
	}
	if (nr)
		unmap_slots(phys, start, nr);
	*mapping->pprev = mapping->next;
	if (mapping->next)
		mapping->next->pprev = mapping->pprev;
	if (mapping->shm)
		shm_release(mapping->shm);
	free(mapping);
out:
	pthread_mutex_unlock(&phys->lock);
}

// ---- windows ----

// Does a PTE show it, or is one about to? Who sets one counts it before the hold goes, so that is looked at first.
static bool window_used(struct window *win)
{
	return __atomic_load_n(&win->holds, __ATOMIC_ACQUIRE) || __atomic_load_n(&win->mapcount, __ATOMIC_ACQUIRE);
}

// Drop some windows that no PTE and no pin uses (phys->lock held). Returns how many.
static int evict_windows(struct phys *phys)
{
	struct window_pool *pool = phys->windows;
	int evicted = 0;
	u64 i, slot;

	for (i = 0; i < pool->next_fresh && evicted < 64; i++) {
		slot = pool->hand++ % pool->next_fresh;
		struct window *win = pool->slots[slot];

		if (!win || win == pool->recent || win->mapping->shm ||
		    window_used(win) || __atomic_load_n(&win->pins, __ATOMIC_ACQUIRE))
			continue;
		window_drop(phys, win);
		unmap_slots(phys, slot, 1);
		evicted++;
	}
	return evicted;
}

struct window *window_victim(struct phys *phys)
{
	struct window_pool *pool = phys->windows;
	struct window *win = NULL;
	u64 i;

	pthread_mutex_lock(&phys->lock);
	for (i = 0; i < pool->next_fresh && !win; i++) {
		win = pool->slots[pool->hand++ % pool->next_fresh];
		if (win && (win->retired || win->pins || win->mapping->shm))
			win = NULL;
	}
	if (win) {
		win->mapping->refcount++;
		win->pins++;
	}
	pthread_mutex_unlock(&phys->lock);
	return win;
}

bool window_reclaimed(struct phys *phys, struct window *win)
{
	struct address_space *mapping = win->mapping;
	bool gone;

	pthread_mutex_lock(&phys->lock);
	gone = --win->pins == 0 && !window_used(win);
	if (gone) {
		unmap_slots(phys, pfn_to_slot(phys, win->pfn), 1);
		window_drop(phys, win);
	}
	pthread_mutex_unlock(&phys->lock);
	mapping_put(mapping);
	return gone;
}

static s64 take_slot(struct phys *phys)
{
	struct window_pool *pool = phys->windows;

	if (!pool->nr_free && pool->next_fresh == pool->nr_slots)
		evict_windows(phys);
	if (pool->nr_free)
		return pool->free[--pool->nr_free];
	if (pool->next_fresh < pool->nr_slots)
		return pool->next_fresh++;
	return -ENOMEM;
}

static int slot_cmp(const void *a, const void *b)
{
	u32 x = *(const u32 *)a, y = *(const u32 *)b;

	return x < y ? -1 : x > y;
}

// The index of @nr neighbours among the free slots from @i on that stand in order, or -1.
static s64 find_run(const struct window_pool *pool, u64 i, u64 nr)
{
	u64 len = 0;

	for (; i < pool->nr_free; i++) {
		len = len && pool->free[i] == pool->free[i - 1] + 1 ? len + 1 : 1;
		if (len == nr)
			return (s64)(i + 1 - nr);
	}
	return -1;
}

s64 windows_reserve(struct phys *phys, u64 nr)
{
	struct window_pool *pool = phys->windows;
	s64 at = -1, slot;

	// What was freed last is most likely of the same size.
	if (nr <= pool->nr_free)
		at = find_run(pool, pool->nr_free - nr, nr);
	if (at < 0 && nr > pool->nr_slots - pool->next_fresh) {
		qsort(pool->free, pool->nr_free, sizeof(*pool->free), slot_cmp);
		at = find_run(pool, 0, nr);
		if (at < 0)
			return -ENOMEM;
	}
	if (at < 0) {
		slot = pool->next_fresh;
		pool->next_fresh += nr;
	} else {
		slot = pool->free[at];
		pool->nr_free -= nr;
		memmove(pool->free + at, pool->free + at + nr, (pool->nr_free - at) * sizeof(*pool->free));
	}
	return (phys->windows_start + ((u64)slot << WINDOW_SHIFT)) >> PAGE_SHIFT;
}

void windows_release(struct address_space *mapping, pfn_t pfn, u64 nr)
{
	struct phys *phys = mapping->phys;
	struct window_pool *pool = phys->windows;
	u64 slot = pfn_to_slot(phys, pfn), i;

	unmap_slots(phys, slot, nr);
	for (i = 0; i < nr; i++) {
		if (pool->slots[slot + i])
			window_drop(phys, pool->slots[slot + i]);
		else
			pool->free[pool->nr_free++] = slot + i;
	}
}

int windows_cover(struct address_space *mapping, pfn_t pfn, u64 nr_pages, bool writable)
{
	struct phys *phys = mapping->phys;
	struct window *win;
	u64 chunk;

	for (chunk = 0; chunk * WINDOW_PAGES < nr_pages; chunk++, pfn += WINDOW_PAGES) {
		win = calloc(1, sizeof(*win));
		if (!win)
			return -ENOMEM;
		*win = (struct window){.mapping = mapping, .chunk = chunk, .pfn = pfn, .writable = writable};
		phys->windows->slots[pfn_to_slot(phys, pfn)] = win;
		RB_INSERT(window_tree, &mapping->windows, win);
	}
	return 0;
}

void windows_writable(struct address_space *mapping)
{
	struct window *win;

	RB_FOREACH(win, window_tree, &mapping->windows)
		win->writable = true;
}

// Show @nr pages of the file from @pgoff on at @pfn. 0 or -errno.
static int map_file(struct phys *phys, struct file *file, pfn_t pfn, pgoff_t pgoff, u64 nr, bool write)
{
	int prot = write ? PROT_READ | PROT_WRITE : PROT_READ;
	// A device may have no private mappings worth the name; regular files never see the difference.
	int flags = MAP_FIXED | (write || !file->f_mapping->keyed ? MAP_SHARED : MAP_PRIVATE);
	void *p = mmap(pfn_to_host(phys, pfn), nr << PAGE_SHIFT, prot, flags, file->fd, pgoff << PAGE_SHIFT);

	if (p == MAP_FAILED && errno == EPERM && write && file->f_mapping->sealable)
		p = sealable_map(file->f_mapping, pfn_to_host(phys, pfn), pgoff << PAGE_SHIFT, nr << PAGE_SHIFT);
	return p == MAP_FAILED ? -errno : 0;
}

// From now on the window's pages are mapped one by one, as they are asked for.
static int map_by_page(struct window *win)
{
	free(win->mapped);
	win->mapped = calloc(WINDOW_PAGES / 64, sizeof(u64));
	win->by_page = true;
	return win->mapped ? 0 : -ENOMEM;
}

static int map_window(struct phys *phys, struct file *file, struct window *win, bool write)
{
	int err, evicted;

	// Each page counts against the host's RLIMIT_MEMLOCK. Who has it may always write.
	if (file->is_secretmem) {
		win->writable = true;
		return win->mapped ? 0 : map_by_page(win);
	}
	err = map_file(phys, file, win->pfn, window_pgoff(win, win->pfn), WINDOW_PAGES, write);

	if (err == -ENOMEM) {
		win->pins++; // it may have no PTE yet, and must not be the one to go
		evicted = evict_windows(phys);
		win->pins--;
		if (evicted)
			err = map_file(phys, file, win->pfn, window_pgoff(win, win->pfn), WINDOW_PAGES, write);
	}
	if (err && err != -ENOMEM && err != -EACCES && err != -EPERM && !file->f_mapping->keyed)
		err = map_by_page(win);
	if (!err)
		win->writable = write;
	return err;
}

static int window_create(struct file *file, u64 chunk, bool write, struct window **out)
{
	struct phys *phys = file->phys;
	struct window *win = calloc(1, sizeof(*win));
	s64 slot;
	int err;

	if (!win)
		return -ENOMEM;
	slot = take_slot(phys);
	if (slot < 0) {
		free(win);
		return slot;
	}
	win->mapping = file->f_mapping;
	win->chunk = chunk;
	win->pfn = (phys->windows_start + ((u64)slot << WINDOW_SHIFT)) >> PAGE_SHIFT;
	err = map_window(phys, file, win, write);
	if (err) {
		unmap_slots(phys, slot, 1);
		phys->windows->free[phys->windows->nr_free++] = slot;
		window_free(win);
		return err;
	}
	phys->windows->slots[slot] = win;
	RB_INSERT(window_tree, &file->f_mapping->windows, win);
	*out = win;
	return 0;
}

void windows_protect(struct phys *phys, struct address_space *mapping)
{
	struct window *win;

	pthread_mutex_lock(&phys->lock);
	RB_FOREACH(win, window_tree, &mapping->windows) {
		if (win->writable && !win->pins && mapping->files)
			map_window(phys, mapping->files, win, false);
	}
	pthread_mutex_unlock(&phys->lock);
}

// A device's page, mapped alone.
static int map_one_page(struct file *file, struct window *win, u64 index)
{
	u64 bit = 1UL << (index % 64);
	int err;

	if (win->mapped[index / 64] & bit)
		return 0;
	err = map_file(file->phys, file, win->pfn + index, window_pgoff(win, win->pfn + index), 1,
		       win->writable);
	if (!err)
		win->mapped[index / 64] |= bit;
	return err;
}

s64 window_get_pfn(struct file *file, pgoff_t pgoff, bool write)
{
	struct address_space *mapping = file->f_mapping;
	struct window key = {.chunk = pgoff >> (WINDOW_SHIFT - PAGE_SHIFT)}, *win;
	u64 index = pgoff % WINDOW_PAGES;
	struct phys *phys = file->phys;
	int err = 0;
	s64 pfn;

	pthread_mutex_lock(&phys->lock);
	win = mapping->last;
	if (!win || win->chunk != key.chunk)
		win = RB_FIND(window_tree, &mapping->windows, &key);
	if (mapping->shm)
		// Mapped whole, or not at all.
		err = !win ? -ENXIO : write && !win->writable ? -EACCES : 0;
	else if (!win)
		err = window_create(file, key.chunk, write, &win);
	else if (write && !win->writable)
		err = map_window(phys, file, win, true);
	if (!err && win->by_page)
		err = map_one_page(file, win, index);
	if (!err) {
		mapping->last = phys->windows->recent = win;
		__atomic_fetch_add(&win->holds, 1, __ATOMIC_RELAXED);
	}
	pfn = err ? err : (s64)(win->pfn + index);
	pthread_mutex_unlock(&phys->lock);
	return pfn;
}

void window_put_pfn(struct phys *phys, pfn_t pfn)
{
	// Held, so it is still there.
	__atomic_fetch_sub(&pfn_to_window(phys, pfn)->holds, 1, __ATOMIC_RELEASE);
}

void window_pin(struct phys *phys, pfn_t pfn)
{
	struct window *win;

	pthread_mutex_lock(&phys->lock);
	win = pfn_to_window(phys, pfn);
	win->mapping->refcount++;
	__atomic_fetch_add(&win->pins, 1, __ATOMIC_RELAXED);
	pthread_mutex_unlock(&phys->lock);
}

void window_unpin(struct phys *phys, pfn_t pfn)
{
	struct window *win;
	struct address_space *mapping;

	pthread_mutex_lock(&phys->lock);
	win = pfn_to_window(phys, pfn);
	mapping = win->mapping;
	if (__atomic_sub_fetch(&win->pins, 1, __ATOMIC_RELEASE) == 0 && win->retired) {
		unmap_slots(phys, pfn_to_slot(phys, pfn), 1);
		window_drop(phys, win);
	}
	pthread_mutex_unlock(&phys->lock);
	mapping_put(mapping);
}

int window_mincore(struct phys *phys, pfn_t pfn, size_t nr, u8 *vec)
{
	return mincore(pfn_to_host(phys, pfn), nr << PAGE_SHIFT, vec) < 0 ? -errno : 0;
}

int window_read(struct phys *phys, pfn_t pfn)
{
	int err = madvise(pfn_to_host(phys, pfn), PAGE_SIZE, MADV_POPULATE_READ) < 0 ? -errno : 0;

	// Without that call (before Linux 5.14) the access itself reads the page.
	return err == -EINVAL ? 0 : err;
}

// ---- pages that vanished under an access ----

bool phys_handle_sigbus(struct phys *phys, void *host_addr)
{
	u64 off = (u8 *)host_addr - phys->base;
	pfn_t pfn = off >> PAGE_SHIFT;
	int saved = errno;
	void *p;

	if ((u8 *)host_addr < phys->base || off < phys->windows_start || off >= phys->size)
		return false;
	p = mmap(pfn_to_host(phys, pfn), PAGE_SIZE, PROT_READ | PROT_WRITE,
		 MAP_FIXED | MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	errno = saved;
	if (p == MAP_FAILED)
		return false;
	__atomic_fetch_or(&pfn_to_page(phys, pfn)->flags, PG_LOST, __ATOMIC_RELAXED);
	phys->windows->lost_byte = off & ~PAGE_MASK;
	__atomic_store_n(&phys->windows->lost, true, __ATOMIC_RELEASE);
	return true;
}

u32 phys_sigbus_byte(const struct phys *phys)
{
	return phys->windows->lost_byte;
}

bool phys_sigbus_pending(const struct phys *phys)
{
	return __atomic_load_n(&phys->windows->lost, __ATOMIC_ACQUIRE);
}

struct window *window_next_lost(struct phys *phys, pfn_t *lost)
{
	struct window_pool *pool = phys->windows;
	struct window *win;
	u64 slot, i;

	pthread_mutex_lock(&phys->lock);
	__atomic_store_n(&pool->lost, false, __ATOMIC_RELEASE);
	for (slot = 0; slot < pool->next_fresh; slot++) {
		win = pool->slots[slot];
		for (i = 0; win && !win->retired && i < WINDOW_PAGES; i++) {
			if (!(pfn_to_page(phys, win->pfn + i)->flags & PG_LOST))
				continue;
			// There may be more: look again next time.
			__atomic_store_n(&pool->lost, true, __ATOMIC_RELEASE);
			*lost = win->pfn + i;
			pthread_mutex_unlock(&phys->lock);
			return win;
		}
	}
	pthread_mutex_unlock(&phys->lock);
	return NULL;
}

void window_retire(struct phys *phys, struct window *win)
{
	pthread_mutex_lock(&phys->lock);
	RB_REMOVE(window_tree, &win->mapping->windows, win);
	if (win->mapping->last == win)
		win->mapping->last = NULL;
	win->retired = true;
	win->mapping->refcount++;
	win->pins++;
	pthread_mutex_unlock(&phys->lock);
}

bool window_retired(struct phys *phys, struct window *win)
{
	struct address_space *mapping = win->mapping;

	pthread_mutex_lock(&phys->lock);
	if (window_used(win)) {
		pthread_mutex_unlock(&phys->lock);
		return false;
	}
	if (--win->pins == 0) {
		unmap_slots(phys, pfn_to_slot(phys, win->pfn), 1);
		window_drop(phys, win);
	}
	pthread_mutex_unlock(&phys->lock);
	mapping_put(mapping);
	return true;
}
