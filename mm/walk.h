/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * walk: reading page tables for those who look: smaps, pagemap, numa_maps, and clear_refs, which forgets.
 *
 * How often a page is mapped is not for this mm alone to say: a file's page is mapped by other processes of
 * the host, a private one is shared with forked children through the host's copy on write. The host's own
 * pagemap of our physical memory knows (struct host_pages).
 */
#ifndef ULK_MM_WALK_H
#define ULK_MM_WALK_H

#include "mm/mm_types.h"
#include "mm/pgtable.h"

/* ---- what the host says about our physical pages (mm/host_pages.c) ---- */

#define HOST_PAGES_BLOCK 512

/* A view for one look; opened, asked page by page (neighbours are cheap), closed. Big: 4 KiB. */
struct host_pages {
	struct phys *phys;
	int pagemap, kpagecount, kpageflags; /* descriptors, or -1: not readable by us */
	pfn_t first;			     /* the block of entries that is loaded; 0: none */
	bool want_active;                      /* private pages are asked whether they are active, too */
	u64 entry[HOST_PAGES_BLOCK];
};

/* The host's own entry of pagemap for the page at @p, which need not be of our memory; 0 if not to be had. */
u64 host_entry_of(const struct host_pages *hp, const void *p);

struct host_page {
	u32 mapcount; /* PTEs of all processes of the host that map it. Without privilege a page that
			 is mapped elsewhere counts 2, however often it really is */
	bool present; /* this process maps it; else mapcount says nothing */
	bool dirty, referenced, active; /* the host's PG_dirty, ...; false without privilege */
};

void host_pages_open(struct phys *phys, struct host_pages *hp);
/* Forget what was read: time has passed. */
static inline void host_pages_fresh(struct host_pages *hp)
{
	hp->first = 0;
}
void host_pages_close(struct host_pages *hp);
/* @pfn: a frame or a window's page that some PTE maps. A page the host does not map yet is read in first. */
void host_page_look(struct host_pages *hp, pfn_t pfn, struct host_page *out);

/* How many PTEs map the page of @pte natively: those of our mms and of other processes. At least 1. @look:
 * what host_page_look() says, or NULL when only the count matters. */
u32 pte_mapcount(struct host_pages *hp, pte_t pte, struct host_page *look);

/* ---- numa_maps (mm/numa.c) ---- */

#define NUMA_NODES 1024

/* Linux's struct numa_maps, in pages. */
struct numa_stats {
	u64 pages, anon, active, mapcount_max, dirty;
	u64 node[NUMA_NODES];
};
/* Add what @vma has mapped ("locked", for reading). */
void numa_gather_stats(struct vm_area_struct *vma, struct host_pages *hp, struct numa_stats *md);

/* ---- smaps ---- */

#define PSS_SHIFT 12

/* Linux's struct mem_size_stats, in bytes; the pss fields are shifted left by PSS_SHIFT. */
struct mem_size_stats {
	u64 resident, shared_clean, shared_dirty, private_clean, private_dirty;
	u64 referenced, anonymous, lazyfree, anon_huge;
	u64 pss, pss_anon, pss_file, pss_shmem, pss_locked, pss_dirty;
};

/* Add what @vma has mapped from @start on ("locked", for reading). */
void smap_gather_stats(struct vm_area_struct *vma, u64 start, struct host_pages *hp,
		       struct mem_size_stats *mss);

#endif
