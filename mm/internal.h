/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * internal: what the files of mm/ share among themselves. Not for other folders.
 */
#ifndef ULK_MM_INTERNAL_H
#define ULK_MM_INTERNAL_H

#include "mm/mm.h"
#include "mm/pgtable.h"

#define STACK_GUARD_GAP (256UL << PAGE_SHIFT)

/* -- vma.c: the list, the tree and the counters (all "locked" for writing) -- */

struct vm_area_struct *vm_area_alloc(struct mm_struct *mm);
/* Drop the file, anon_vma and name references and free. */
void vm_area_free(struct vm_area_struct *vma);
/* Link a VMA that overlaps nothing; no accounting. */
void vma_link(struct mm_struct *mm, struct vm_area_struct *vma);
void vma_unlink(struct mm_struct *mm, struct vm_area_struct *vma);
/* Change the bounds (and pgoff) of a linked VMA, keeping the gaps right. */
void vma_adjust(struct vm_area_struct *vma, u64 start, u64 end, pgoff_t pgoff);
/* total_vm, data_vm, exec_vm, stack_vm, shared_vm as the kernel's vm_stat_account. */
void vm_stat_account(struct mm_struct *mm, vm_flags_t flags, s64 pages);
/* Start of the VMA's guard-gap aware extent (vm_start_gap of the kernel). */
u64 vm_start_gap(const struct vm_area_struct *vma);

/* -- faults -- */

/* stack.c: grow a VM_GROWSDOWN VMA down to contain addr; checks RLIMIT_STACK, RLIMIT_AS, locked limits
 * and the guard gap. Wants mmap_sem held for writing. 0 or -ENOMEM. */
int expand_downwards(struct vm_area_struct *vma, u64 addr);
/* vma.c: give the VMA an anon_vma, sharing a neighbour's as find_mergeable_anon_vma does. 0 or -ENOMEM. */
int anon_vma_prepare(struct vm_area_struct *vma);
/* vma.c: references */
void anon_vma_get(struct anon_vma *av);
void anon_vma_put(struct anon_vma *av);

/* tlb.c: note that translations of [start, end) changed; sent out by flush_tlb_batched(). */
void tlb_batch(struct mm_struct *mm, u64 start, u64 end);
/* pgtable.c: top-level table of a new mm / its release after everything is unmapped. */
int pgd_alloc(struct mm_struct *mm);
void pgd_free(struct mm_struct *mm);
/* tlb.c: tell notifiers that code on this physical page changed (all mms). */
void invalidate_code_page(struct mm_struct *mm, pfn_t pfn);

/* check_pte.c: mm_check's part for page tables, rss_stat and table counts. Number of violations. */
int mm_check_pages(struct mm_struct *mm, FILE *log);

/* debug builds: mm_check after every mutation; aborts with the violations on stderr. */
#ifdef ULK_DEBUG_MM
void mm_check_debug(struct mm_struct *mm, const char *where);
#else
static inline void mm_check_debug(struct mm_struct *mm, const char *where)
{
	(void)mm;
	(void)where;
}
#endif

#endif
