// SPDX-License-Identifier: GPL-2.0-or-later
// What the host knows of the pages that are our physical memory: who else maps them, and are they dirty.
#include <fcntl.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>
#include "mm/pagemap.h"
#include "mm/pages.h"

// The host's /proc/kpageflags.
#define KPF_REFERENCED	(1UL << 2)
#define KPF_DIRTY	(1UL << 4)
#define KPF_ACTIVE	(1UL << 6)
#define KPF_UNEVICTABLE (1UL << 18)
#ifndef SYS_cachestat
#define SYS_cachestat 451
#endif

// Processes that map the vDSO, when the host does not say: enough to make the share of one less than 1 kB.
#define VDSO_MAPCOUNT_GUESS 100

// Out of the guest's sight, as all of ulk's descriptors.
static void open_hidden(struct phys *phys, const char *path, int *holder)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	*holder = -1;
	if (fd < 0)
		return;
	own_fd_dup(&phys->own, fd, holder);
	close(fd);
}

void host_pages_open(struct phys *phys, struct host_pages *hp)
{
	hp->phys = phys;
	hp->first = 0;
	hp->want_active = false;
	open_hidden(phys, "/proc/self/pagemap", &hp->pagemap);
	open_hidden(phys, "/proc/kpagecount", &hp->kpagecount);
	open_hidden(phys, "/proc/kpageflags", &hp->kpageflags);
}

void host_pages_close(struct host_pages *hp)
{
	own_fd_close(&hp->phys->own, &hp->pagemap);
	own_fd_close(&hp->phys->own, &hp->kpagecount);
	own_fd_close(&hp->phys->own, &hp->kpageflags);
}

static bool read_u64s(int fd, u64 index, u64 *to, size_t nr)
{
	return fd >= 0 &&
	       pread(fd, to, nr * sizeof(*to), (off_t)(index * sizeof(*to))) == (ssize_t)(nr * sizeof(*to));
}

u64 host_entry_of(const struct host_pages *hp, const void *p)
{
	u64 entry;

	return read_u64s(hp->pagemap, (uintptr_t)p >> PAGE_SHIFT, &entry, 1) ? entry : 0;
}

static u64 pagemap_index(const struct host_pages *hp, pfn_t pfn)
{
	return (uintptr_t)pfn_to_host(hp->phys, pfn) >> PAGE_SHIFT;
}

// The host's entry for @pfn, with the block around it.
static u64 *host_entry(struct host_pages *hp, pfn_t pfn)
{
	pfn_t first = pfn & ~(pfn_t)(HOST_PAGES_BLOCK - 1);

	if (hp->first != first || !first) {
		hp->first = first;
		if (!read_u64s(hp->pagemap, pagemap_index(hp, first), hp->entry, HOST_PAGES_BLOCK))
			memset(hp->entry, 0, sizeof(hp->entry));
	}
	return &hp->entry[pfn - first];
}

// Is the page dirty in the host's page cache? A file of the caller's may be asked without privilege; of
// shmem, which has nowhere to be written back to, the host does not say.
static bool cache_dirty(const struct phys *phys, pfn_t pfn)
{
	const struct window *win = pfn_to_window(phys, pfn);
	struct {
		u64 off, len;
	} range = {window_pgoff(win, pfn) << PAGE_SHIFT, PAGE_SIZE};
	struct {
		u64 nr_cache, nr_dirty, nr_writeback, nr_evicted, nr_recently_evicted;
	} stat = {0};

	return win->mapping->files && !syscall(SYS_cachestat, win->mapping->files->fd, &range, &stat, 0) &&
	       stat.nr_dirty;
}

void host_page_look(struct host_pages *hp, pfn_t pfn, struct host_page *out)
{
	u64 *entry = host_entry(hp, pfn), count, flags, frame;

	*out = (struct host_page){.mapcount = 1};
	if (!(*entry & PM_PRESENT) && pfn_is_window(hp->phys, pfn)) {
		// The guest maps it, the host does not yet: fault-around looks at the page cache alone.
		window_read(hp->phys, pfn);
		if (!read_u64s(hp->pagemap, pagemap_index(hp, pfn), entry, 1))
			*entry = 0;
	}
	if (!(*entry & PM_PRESENT))
		return;
	out->present = true;
	frame = *entry & PM_PFRAME_MASK;
	if (!(*entry & PM_MMAP_EXCLUSIVE))
		out->mapcount = frame && read_u64s(hp->kpagecount, frame, &count, 1) ? (u32)count : 2;
	if (!pfn_is_window(hp->phys, pfn) && !hp->want_active)
		return;
	if (!frame || !read_u64s(hp->kpageflags, frame, &flags, 1))
		flags = 0;
	out->active = flags & (KPF_ACTIVE | KPF_UNEVICTABLE);
	if (!pfn_is_window(hp->phys, pfn))
		return; // a private page is as dirty as its PTE
	if (flags) {
		out->dirty = flags & KPF_DIRTY;
		out->referenced = flags & KPF_REFERENCED;
	} else {
		out->dirty = cache_dirty(hp->phys, pfn);
	}
	// The host's page may have been there already when our store first came.
	if (pfn_to_window(hp->phys, pfn)->mapping->is_shmem)
		out->dirty |= pfn_to_page(hp->phys, pfn)->flags & PG_DIRTY;
}

// The guest's [vdso] is ours, but it stands for the host's, which every process of the host maps.
static u32 vdso_mapcount(const struct host_pages *hp)
{
	u64 entry = host_entry_of(hp, (const void *)getauxval(AT_SYSINFO_EHDR)), count;

	if (entry & PM_PFRAME_MASK && read_u64s(hp->kpagecount, entry & PM_PFRAME_MASK, &count, 1) && count)
		return (u32)count;
	return VDSO_MAPCOUNT_GUESS;
}

u32 pte_mapcount(struct host_pages *hp, pte_t pte, struct host_page *look)
{
	pfn_t pfn = pte_pfn(pte);
	struct host_page tmp;
	u32 ours;

	if (!look)
		look = &tmp;
	if (!pfn_is_window(hp->phys, pfn) && !(pfn_to_page(hp->phys, pfn)->flags & PG_ANON)) {
		*look = (struct host_page){.mapcount = vdso_mapcount(hp)};
		return look->mapcount;
	}
	host_page_look(hp, pfn, look);
	ours = (u32)max_t(s32, 1, __atomic_load_n(&pfn_to_page(hp->phys, pfn)->mapcount, __ATOMIC_RELAXED));
	// All our PTEs stand behind one of the host's.
	return ours + (look->present && look->mapcount ? look->mapcount - 1 : 0);
}
