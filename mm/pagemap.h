/* SPDX-License-Identifier: GPL-2.0-or-later */
/* pagemap: page tables as /proc/PID/pagemap shows them, and as clear_refs resets them. */
#ifndef ULK_MM_PAGEMAP_H
#define ULK_MM_PAGEMAP_H

#include "mm/walk.h"

/* An entry of pagemap. */
#define PM_PFRAME_MASK	  ((1UL << 55) - 1)
#define PM_SOFT_DIRTY	  (1UL << 55)
#define PM_MMAP_EXCLUSIVE (1UL << 56)
#define PM_GUARD_REGION	  (1UL << 58)
#define PM_FILE		  (1UL << 61)
#define PM_SWAP		  (1UL << 62)
#define PM_PRESENT	  (1UL << 63)
/* What the privileged see in the place of a frame number of a guard marker: swap type 31, offset 4. */
#define PM_GUARD_FRAME (31 | 4 << 5)

struct pagemap_view {
	struct host_pages hp;
	bool show_pfn, soft_dirty;
};
void pagemap_view_open(struct mm_struct *mm, struct pagemap_view *pv);
void pagemap_view_close(struct pagemap_view *pv);
/* The entries of @nr pages from @addr on ("locked", for reading). */
void pagemap_fill(struct mm_struct *mm, u64 addr, u64 *entries, size_t nr, struct pagemap_view *pv);

/* Categories of PAGEMAP_SCAN, from linux/fs.h of Linux 6.15. */
#ifndef PAGE_IS_WPALLOWED
#define PAGE_IS_WPALLOWED  (1 << 0)
#define PAGE_IS_WRITTEN	   (1 << 1)
#define PAGE_IS_FILE	   (1 << 2)
#define PAGE_IS_PRESENT	   (1 << 3)
#define PAGE_IS_SWAPPED	   (1 << 4)
#define PAGE_IS_PFNZERO	   (1 << 5)
#define PAGE_IS_HUGE	   (1 << 6)
#define PAGE_IS_SOFT_DIRTY (1 << 7)
#endif
#ifndef PAGE_IS_GUARD
#define PAGE_IS_GUARD (1 << 8)
#endif
/* Those of one PTE, PAGE_IS_HUGE apart (page_table_lock held). */
u64 page_category(struct vm_area_struct *vma, pte_t pte, bool soft_dirty);

/* What is written to clear_refs. */
enum {
	CLEAR_REFS_ALL = 1,
	CLEAR_REFS_ANON,
	CLEAR_REFS_MAPPED,
	CLEAR_REFS_SOFT_DIRTY,
	CLEAR_REFS_MM_HIWATER_RSS,
	CLEAR_REFS_LAST,
};
void clear_refs(struct mm_struct *mm, int type);

/* Are soft-dirty bits kept and shown? With SOFT_DIRTY_HOST as on the host, which is asked the first time. */
bool soft_dirty_on(struct phys *phys);

#endif
