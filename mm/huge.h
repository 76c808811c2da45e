/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * huge: transparent huge pages of anonymous memory.
 *
 * A huge page here is what its 512 PTEs show: 512 frames, filled by one fault, or 512 times the zero page (Linux's huge zero
 * page). _PMD_HUGE in the PMD entry says that Linux would have mapped it by that entry. Linux keeps a
 * page table in reserve for the day the huge page is split; here it is in use, so nr_ptes agrees. To split one is to
 * take the bit away. mm->nr_huge counts them, so that without any nothing is looked for.
 *
 * Which areas get them, and on which fault, is the host's setting (/sys/kernel/mm/transparent_hugepage), read
 * when the first anonymous area asks. All functions want page_table_lock unless they say otherwise.
 */
#ifndef ULK_MM_HUGE_H
#define ULK_MM_HUGE_H

#include "mm/pages.h"

#define HPAGE_PMD_NR (PMD_SIZE >> PAGE_SHIFT)

/* mm->flags, Linux's bits: PR_SET_THP_DISABLE. */
#define MMF_DISABLE_THP_EXCEPT_ADVISED (1UL << 23)
#define MMF_DISABLE_THP                (1UL << 24)

/* Does the host's kernel have huge pages at all? Without, MADV_HUGEPAGE and its kin are unknown to it. */
bool thp_present(struct mm_env *env);

/* Are mappings of this shmem (NULL: of unnamed shared memory) placed so that huge pages could back them? */
bool thp_shmem_placement(struct mm_env *env, const struct file *file);

/* A fault where there is no table yet: true when a huge page was mapped there (*out is filled in). */
bool huge_fault(struct vm_area_struct *vma, u64 addr, unsigned flags, struct mm_fault *out);
/* A store to a huge page that is read-only: true when it can be stored to now, still huge; false when it was
 * split, and the fault is an ordinary one. */
bool huge_wp(struct vm_area_struct *vma, u64 addr, unsigned flags, struct mm_fault *out);
/* A huge page pinned for reading becomes the process's own, if it is; split and false, if somebody shares it. */
bool huge_unshare(struct mm_struct *mm, u64 addr);
/* The A, D and soft-dirty bits of the huge page of @addr, of which Linux has one each: any of its PTEs'. */
pte_t huge_marks(const struct mm_struct *mm, u64 addr);
/* Take the huge page of @addr apart, if there is one. */
void huge_split(struct mm_struct *mm, u64 addr);
/* The same where an area begins or ends in the middle of one. Takes page_table_lock. */
void huge_split_at(struct mm_struct *mm, u64 addr);
/*
 * Linux splits the memory behind a huge page, too, when advice concerns a part of it. That is when pages of zeros are noticed,
 * and become the zero page.
 */
void huge_split_folio(struct vm_area_struct *vma, u64 addr);
/* The PTEs of the huge page of @addr were all taken away: the table goes, too. mmap_sem held for writing. */
void huge_zapped(struct mm_struct *mm, u64 addr);
/* MADV_COLLAPSE on [start, end) of @vma, mmap_sem held for writing, page_table_lock not held. 0 or -errno. */
int huge_collapse(struct vm_area_struct *vma, u64 start, u64 end);

#endif
