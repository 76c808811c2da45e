/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * pgtable: four-level x86-64 page tables in guest physical memory, bits as the hardware defines them.
 */
#ifndef ULK_MM_PGTABLE_H
#define ULK_MM_PGTABLE_H

#include "mm/mm_types.h"

typedef u64 pte_t;

#define _PAGE_PRESENT    (1UL << 0)
#define _PAGE_RW         (1UL << 1)
#define _PAGE_USER       (1UL << 2)
#define _PAGE_ACCESSED   (1UL << 5)
#define _PAGE_DIRTY      (1UL << 6)
#define _PAGE_SPECIAL    (1UL << 9)    /* software: no struct page accounting (zero page, VM_PFNMAP) */
#define _PAGE_CACHED     (1UL << 10)   /* software: an engine may hold this translation (not Linux's) */
#define _PAGE_SOFT_DIRTY (1UL << 11)   /* software: as in Linux */
#define _PAGE_PROTNONE   (1UL << 8)    /* not present, but the page is kept: mprotect(PROT_NONE) */
/* Not a page but a marker: MADV_GUARD_INSTALL, any access is a SIGSEGV. The whole PTE. */
#define PTE_MARKER_GUARD (1UL << 58)
#define _PAGE_NX         (1UL << 63)
#define PTE_PFN_MASK     0x000ffffffffff000UL
/* Software bit of a PMD entry: its 512 PTEs are mapped as one huge page (Linux's PMD leaf, whose deposited
 * table is then just this one). They are all present and in order, or all show the zero page. */
#define _PMD_HUGE        (1UL << 9)

#define PTRS_PER_TABLE 512
#define PMD_SHIFT 21
#define PUD_SHIFT 30
#define PGDIR_SHIFT 39
#define PMD_SIZE (1UL << PMD_SHIFT)
#define PUD_SIZE (1UL << 30)

static inline pfn_t pte_pfn(pte_t pte) { return (pte & PTE_PFN_MASK) >> PAGE_SHIFT; }
static inline bool pte_none(pte_t pte) { return pte == 0; }
/* As the kernel's pte_present: PROT_NONE pages count as present to the mm, not to the hardware. */
static inline bool pte_present(pte_t pte) { return pte & (_PAGE_PRESENT | _PAGE_PROTNONE); }
static inline bool pte_hw_present(pte_t pte) { return pte & _PAGE_PRESENT; }

/* The PTE of @addr, or NULL when a table on the way is missing. The pointer is into guest physical
 * memory and stays valid until the table is freed (exit_mmap, free_pgtables). */
pte_t *pte_lookup(const struct mm_struct *mm, u64 addr);
/* As pte_lookup, making the tables on the way; NULL when frames ran out. Wants page_table_lock, or
 * mmap_sem held for writing. */
pte_t *pte_alloc(struct mm_struct *mm, u64 addr);
/* The PMD entry of @addr, or NULL when a table on the way is missing. */
u64 *pmd_lookup(const struct mm_struct *mm, u64 addr);
/* Is @addr inside a huge page? Whether of memory or of zeros its PTEs say (_PAGE_SPECIAL: zeros, which are
 * counted nowhere, AnonHugePages included). page_table_lock, or mmap_sem held for writing. */
bool pmd_is_huge(const struct mm_struct *mm, u64 addr);
/*
 * For walking: the PTEs of the table that covers *addr, with *addr moved up over holes and *stop set to
 * the end of that table's range (at most @end). NULL when no table covers anything of [*addr, end).
 *	for (addr = start; (pte = pte_next_table(mm, &addr, end, &stop)); )
 *		for (; addr < stop; addr += PAGE_SIZE, pte++) ...
 */
pte_t *pte_next_table(const struct mm_struct *mm, u64 *addr, u64 end, u64 *stop);
/* Remove the PTEs of [start, end), dropping pages and counters, batching the flush: the area goes away. */
void zap_page_range(struct mm_struct *mm, struct vm_area_struct *vma, u64 start, u64 end);
/* The same for an area that stays, and with it its guard markers. */
void zap_page_range_single(struct mm_struct *mm, struct vm_area_struct *vma, u64 start, u64 end);
/* The same for MADV_DONTNEED: tables that it leaves empty are freed (Linux's CONFIG_PT_RECLAIM). mmap_sem held for
 * writing. */
void zap_page_range_dontneed(struct mm_struct *mm, struct vm_area_struct *vma, u64 start, u64 end);
/* MADV_GUARD_INSTALL: instead of pages, markers that make every access a SIGSEGV. 0 or -ENOMEM (no frames). */
int guard_install(struct vm_area_struct *vma, u64 start, u64 end);
/* MADV_GUARD_REMOVE: take the markers away. */
void guard_remove(struct vm_area_struct *vma, u64 start, u64 end);
/* Free tables that lie wholly in the hole (floor, ceiling) around [start, end). */
void free_pgtables(struct mm_struct *mm, u64 start, u64 end, u64 floor, u64 ceiling);
/* mprotect's part: bring the PTEs of [start, end) down to (or back up to) the VMA's protection. */
void change_protection(struct vm_area_struct *vma, u64 start, u64 end);
/* mremap's part: move PTEs from old to new address. Returns bytes moved. */
u64 move_page_tables(struct vm_area_struct *vma, u64 old, struct vm_area_struct *new_vma, u64 new_addr,
		     u64 len);
/* Protection bits of a fresh PTE by VM_* flags alone (RW only when a store may go straight through). */
u64 vm_get_page_prot(vm_flags_t flags);
/* The same for a VMA (Linux's vm_page_prot): a shared file page starts read-only, so that its first store
 * is noticed, unless the file is shmem. */
u64 vma_page_prot(const struct vm_area_struct *vma);

/* One walk, for looking: the entry at each level (0 when not reached). Levels: 0 pgd .. 3 pte.
 * Returns how many levels are present. */
int pgtable_walk(const struct mm_struct *mm, u64 addr, u64 entry[4]);

#endif
