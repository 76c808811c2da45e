/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * internal: what the files of mm/ share among themselves. Not for other folders.
 */
#ifndef ULK_MM_INTERNAL_H
#define ULK_MM_INTERNAL_H

#include "mm/mm.h"
#include "mm/pgtable.h"

#define STACK_GUARD_GAP (256UL << PAGE_SHIFT)
#define VM_LOCKED_MASK (VM_LOCKED | VM_LOCKONFAULT)
#define VM_STACK_INCOMPLETE_SETUP (VM_RAND_READ | VM_SEQ_READ)

static inline u64 vma_pages(const struct vm_area_struct *vma)
{
	return (vma->vm_end - vma->vm_start) >> PAGE_SHIFT;
}

/* Demand zero: no file and no special pages behind it, or a private mapping of /dev/zero, which is the same thing. */
static inline bool vma_is_anonymous(const struct vm_area_struct *vma)
{
	return !vma->special &&
	       (!vma->vm_file || (vma->vm_file->is_dev_zero && !(vma->vm_flags & VM_SHARED)));
}

/* Memory that get_user_pages() never has: no ptrace's access, no populating, no locking but its own. */
static inline bool vma_is_secretmem(const struct vm_area_struct *vma)
{
	return vma->vm_file && vma->vm_file->is_secretmem;
}

/* Soft limit in bytes of the process that owns the mm. */
static inline u64 mm_rlimit(const struct mm_struct *mm, int resource)
{
	return mm->env->rlim[resource].rlim_cur;
}

/* -- vma.c: the list, the tree and the counters (all "locked" for writing) -- */

struct vm_area_struct *vm_area_alloc(struct mm_struct *mm);
/* Drop the file, anon_vma and name references and free. */
void vm_area_free(struct vm_area_struct *vma);
/* Give back the memory of all of them, when none is in use any more. */
void vm_area_drain(struct mm_struct *mm);
/* Link a VMA that overlaps nothing; no accounting. */
void vma_link(struct mm_struct *mm, struct vm_area_struct *vma);
/* The same when the VMA that will follow is known (NULL: none will). */
void vma_link_before(struct mm_struct *mm, struct vm_area_struct *vma, struct vm_area_struct *next);
void vma_unlink(struct mm_struct *mm, struct vm_area_struct *vma);
/* Change the bounds (and pgoff) of a linked VMA, keeping the gaps right. */
void vma_adjust(struct vm_area_struct *vma, u64 start, u64 end, pgoff_t pgoff);
/* total_vm, data_vm, exec_vm, stack_vm, shared_vm as the kernel's vm_stat_account. */
void vm_stat_account(struct mm_struct *mm, vm_flags_t flags, s64 pages);
/* Start of the VMA's guard-gap aware extent (vm_start_gap of the kernel). */
u64 vm_start_gap(const struct vm_area_struct *vma);

/* Copy of a VMA's description with its own references (file, anon_vma, name), not linked. NULL: no memory. */
struct vm_area_struct *vm_area_dup(const struct vm_area_struct *vma);
/* First VMA that intersects [start, end), or NULL. */
struct vm_area_struct *find_vma_intersection(struct mm_struct *mm, u64 start, u64 end);
/* The last VMA that ends at or below @addr, or NULL. */
struct vm_area_struct *find_vma_prev(struct mm_struct *mm, u64 addr);
/* Do two files name one open file description? That, not the inode, is what lets areas merge. */
bool same_file(const struct file *a, const struct file *b);

/*
 * Highest/lowest address of a hole of @len bytes within [low, high), guard gaps kept clear; -ENOMEM.
 * O(log n) through rb_subtree_gap.
 */
s64 unmapped_area_topdown(struct mm_struct *mm, u64 low, u64 high, u64 len);
s64 unmapped_area(struct mm_struct *mm, u64 low, u64 high, u64 len);

/* -- merge.c: merging and splitting -- */

/* What a merge is asked for: the range [start, end) as it shall become, and its neighbours. */
struct vma_merge {
	struct mm_struct *mm;
	struct vm_area_struct *prev, *middle, *next;
	u64 start, end;
	pgoff_t pgoff;
	vm_flags_t vm_flags;
	struct file *file;
	struct anon_vma *anon_vma;
	const char *anon_name;
	const struct mempolicy *policy;
	const struct vm_area_struct *copied_from;   /* mremap: the VMA that is being moved */
	bool just_expand;                           /* brk: only grow prev */
};

/* A range that no VMA covers yet: grow prev and/or next over it. Returns the VMA that now covers it, or
 * NULL when it must have a VMA of its own. No accounting. */
struct vm_area_struct *vma_merge_new_range(struct vma_merge *vmg);
/*
 * Give [start, end) of @vma new flags: merged with a neighbour that has them, else split out. The
 * caller sets vm_flags of what is returned and accounts. @prev: the VMA before, or @vma itself when
 * start > vm_start. On error NULL, with *err -ENOMEM or -EINVAL.
 */
struct vm_area_struct *vma_modify_flags(struct vm_area_struct *prev, struct vm_area_struct *vma, u64 start,
					u64 end, vm_flags_t flags, int *err);
/* The same for the name of an anonymous area (PR_SET_VMA_ANON_NAME). */
struct vm_area_struct *vma_modify_name(struct vm_area_struct *prev, struct vm_area_struct *vma, u64 start,
				       u64 end, const char *name, int *err);
/* The same for its NUMA policy. */
struct vm_area_struct *vma_modify_policy(struct vm_area_struct *prev, struct vm_area_struct *vma, u64 start, u64 end,
					 const struct mempolicy *pol, int *err);
/* Split at @addr, strictly inside. @new_below: the new VMA is the lower part. __split_vma does not look
 * at max_map_count. 0, -ENOMEM, -EINVAL (special mappings cannot be split). */
int __split_vma(struct vm_area_struct *vma, u64 addr, bool new_below);
int split_vma(struct vm_area_struct *vma, u64 addr, bool new_below);

/* -- accounting (mm.c) -- */

bool may_expand_vm(const struct mm_struct *mm, vm_flags_t flags, s64 npages);
/* The overcommit rule (__vm_enough_memory): 0 or -ENOMEM. */
int vm_enough_memory(const struct mm_struct *mm, s64 pages);
bool can_do_mlock(const struct mm_struct *mm);
bool mlock_future_ok(const struct mm_struct *mm, vm_flags_t flags, u64 bytes);

/* -- layout.c -- */

/* The kernel's get_unmapped_area: hints, THP alignment, limits. @addr is the answer under MAP_FIXED. */
s64 get_unmapped_area(struct mm_struct *mm, struct file *file, u64 addr, u64 len, pgoff_t pgoff,
		      unsigned long flags);
/* Would the file's filesystem place it by itself on huge-page boundaries? */
bool file_thp_placement(const struct file *file);

/* -- munmap.c ("locked") -- */

int do_munmap_locked(struct mm_struct *mm, u64 start, u64 len);
/* Make VMA boundaries at start and end of a range about to be unmapped or replaced; checks
 * max_map_count and sealing. @vma: the first one that intersects it. 0, -ENOMEM, -EPERM, -EINVAL. */
int munmap_prepare(struct mm_struct *mm, struct vm_area_struct *vma, u64 start, u64 end);
/* Remove the VMAs from @vma on that lie in [start, end), bounded there by munmap_prepare. Returns the one
 * that follows. */
struct vm_area_struct *munmap_commit(struct mm_struct *mm, struct vm_area_struct *vma, u64 start, u64 end);

/* aging.c: MADV_FREE, MADV_COLD or MADV_PAGEOUT on the pages of [start, end). */
void madvise_age(struct vm_area_struct *vma, u64 start, u64 end, int behavior);

/* PR_SET_MDWE: would the mapping be writable and executable, or gain execution? Linux's rule. */
static inline bool map_deny_write_exec(const struct mm_struct *mm, vm_flags_t oldflags, vm_flags_t newflags)
{
	return mm->flags & MMF_HAS_MDWE && newflags & VM_EXEC && (newflags & VM_WRITE || !(oldflags & VM_EXEC));
}

/* May pages of an area with these flags be merged with equal ones? */
static inline bool ksm_compatible(vm_flags_t flags)
{
	return !(flags & (VM_SHARED | VM_MAYSHARE | VM_SPECIAL | VM_HUGETLB | VM_DROPPABLE));
}
/* ksm.c: the flags of a new area, with VM_MERGEABLE under PR_SET_MEMORY_MERGE. */
vm_flags_t ksm_vma_flags(const struct mm_struct *mm, vm_flags_t flags);

/* mprotect.c: change flags of one VMA's part; *pprev follows. 0 or -errno. */
int mprotect_fixup(struct vm_area_struct *vma, struct vm_area_struct **pprev, u64 start, u64 end,
		   vm_flags_t newflags);

/* -- faults -- */

/* stack.c: grow a VM_GROWSDOWN VMA down to contain addr; checks RLIMIT_STACK, RLIMIT_AS, locked limits
 * and the guard gap. Wants mmap_sem held for writing. 0 or -ENOMEM. */
int expand_downwards(struct vm_area_struct *vma, u64 addr);
/* What it would answer, with nothing done; mmap_sem held for reading is enough. */
int expand_downwards_check(struct vm_area_struct *vma, u64 addr);
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
