/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * pages: what the page side of mm/ (fault.c, zap.c, protect.c, uaccess.c) shares. Not for other folders.
 *
 * A present PTE shows one of:
 *   - the zero page, _PAGE_SPECIAL: counted nowhere;
 *   - a frame with PG_ANON: a private page of this mm alone (fork is the host's, so no frame is ever
 *     shared between two mms and a store never needs to copy one): MM_ANONPAGES;
 *   - a window page: MM_FILEPAGES, or MM_SHMEMPAGES when the inode is shmem;
 *   - a frame of a special mapping ([vdso]): MM_FILEPAGES; _PAGE_SPECIAL and uncounted under VM_PFNMAP.
 * Every PTE but a _PAGE_SPECIAL one holds a reference (frames) or a count on the window.
 */
#ifndef ULK_MM_PAGES_H
#define ULK_MM_PAGES_H

#include <errno.h>
#include <sys/stat.h>
#include "mm/internal.h"
#include "mm/window.h"

/* Make the tables of @addr but for the last level, which Linux makes only once there is a page to put in.
 * False when frames ran out. As pte_alloc for locking. */
bool pmd_alloc(struct mm_struct *mm, u64 addr);
/* Levels of the tables, from the top. */
enum level { LEVEL_PGD, LEVEL_PUD, LEVEL_PMD, LEVEL_PTE };
/* The entry of @addr at that level; NULL when there is no table for it. */
u64 *entry_lookup(const struct mm_struct *mm, u64 addr, enum level level);
/* The same, making the tables; NULL when frames ran out. Locking as pte_alloc. */
u64 *entry_alloc(struct mm_struct *mm, u64 addr, enum level level);
/* Free the last-level table of @addr, which is empty. As pte_alloc, but mmap_sem held for writing. */
void pte_table_free(struct mm_struct *mm, u64 addr);
/* Are stores to its pages to be noticed, since soft-dirty bits were cleared? */
bool vma_soft_dirty_enabled(const struct vm_area_struct *vma);
bool vma_wants_writenotify(const struct vm_area_struct *vma);

/* Which counter of rss_stat a present PTE of @vma belongs to, or -1. */
int pte_counter(const struct vm_area_struct *vma, pte_t pte);
/* Changes of rss_stat that are added in one go: Linux adds them by page table, and its marks show that (rss.c). */
struct rss_vec {
	s64 pages[NR_MM_COUNTERS];
};
void add_mm_counter(struct mm_struct *mm, int member, s64 pages);
void add_mm_rss_vec(struct mm_struct *mm, const struct rss_vec *rss);
/* In fork's child: count what it was left with, as copying it would have. */
void rss_recount(struct mm_struct *mm);
/* Count a PTE that is being set or cleared in the page and in @rss, which the caller adds (page_table_lock
 * held). Setting takes over a frame's reference; clearing leaves the reference for the caller to put. */
void page_add_rmap(struct vm_area_struct *vma, pte_t pte, struct rss_vec *rss);
void page_remove_rmap(struct vm_area_struct *vma, pte_t pte, struct rss_vec *rss);
/* The PTE changed so that a cached translation may grant too much: flush if an engine may have it. */
static inline void tlb_batch_pte(struct mm_struct *mm, u64 addr, pte_t old)
{
	if (old & _PAGE_CACHED)
		tlb_batch(mm, addr, addr + PAGE_SIZE);
}

/* Send out what was batched while mmap_sem is held for reading only. */
static inline void read_flush(struct mm_struct *mm)
{
	if (likely(!mm->tlb_flush_pending))
		return;
	pthread_mutex_lock(&mm->page_table_lock);
	flush_tlb_batched(mm);
	pthread_mutex_unlock(&mm->page_table_lock);
}

/* Does fork copy the page tables of this area? Not where faults can fill them again, nor what is to be wiped. */
static inline bool vma_needs_copy(const struct vm_area_struct *vma)
{
	return !(vma->vm_flags & VM_WIPEONFORK) && (vma->anon_vma || vma->vm_flags & VM_COPY_ON_FORK);
}
/* fork.c: in the child, free the tables of areas whose pages fork does not copy (mmap_sem held for writing). */
void fork_free_tables(struct mm_struct *mm);

/* fork.c: in the child, what was copied of this area was not accessed yet (mmap_sem held for writing). */
void fork_mkold(struct vm_area_struct *vma);

/* vfork.c: in a vfork child, the private page at @addr is about to be stored to for the first time; @old is its
 * content (NULL: zeros). page_table_lock held. */
void vfork_note(struct mm_struct *mm, u64 addr, const void *old);

/*
 * File pages that are in the page cache by now, but were not when the fault that is being made good happened (mirror.c):
 * such a fault must neither map them along nor find its own page without reading it. Sorted by file and page.
 */
struct late_page {
	const struct address_space *mapping;
	pgoff_t pgoff;
	bool came;             /* its own fault was made good: it is there from now on */
};

struct late_pages {
	struct late_page *page;
	u64 count;
	/* The file that was being written, and how large it was, in bytes, when the fault happened. */
	const struct address_space *grown;
	u64 size;
};

/* How many pages the file of @vma has, or had when the fault that is being made good happened. */
pgoff_t late_file_pages(const struct vm_area_struct *vma);
/* The entry of page @pgoff of @mapping, or NULL. */
struct late_page *late_page_find(const struct late_pages *late, const struct address_space *mapping, pgoff_t pgoff);

enum fault_flags {
	FAULT_WRITE = 1,
	FAULT_FETCH = 2,
	FAULT_FORCE = 4,       /* ptrace's access: VM_MAY* decide, a private page may be written without VM_WRITE */
	FAULT_POPULATE = 16,   /* from mm_populate(), whose second try after I/O Linux counts as a new, minor fault */
	FAULT_ENGINE = 8,      /* an engine asks for this very page: it replaces what it has cached of it */
};

/*
 * Linux's handle_mm_fault: bring in, or make writable, the page of @addr in @vma, whose permissions the
 * caller has checked. mmap_sem held for reading. On return out->signo says what happened: 0 the page is
 * there (or out->retry), SIGBUS, or SIGKILL when frames ran out; out->minor or out->major is set when the fault counts.
 */
void handle_mm_fault(struct vm_area_struct *vma, u64 addr, unsigned flags, struct mm_fault *out);
/*
 * zap.c: windows ran out, which handle_mm_fault() says with out->retry: take some from whoever uses them. No
 * lock may be held. False when there is nothing to take.
 */
bool reclaim_windows(struct phys *phys);
/* zap.c: take what shows pages [first, last] of the file away in all mms of this memory; private copies, too, if
 * @even_cows. */
void unmap_mapping_pages(struct address_space *mapping, pgoff_t first, pgoff_t last, bool even_cows);
/* file_fault.c: the part of it for an empty PTE of a file VMA (page_table_lock held; pmd_alloc() was done). */
void do_file_fault(struct vm_area_struct *vma, u64 addr, unsigned flags, struct mm_fault *out);
/* Copy the page at @from to a new private frame and map that. */
void do_cow(struct vm_area_struct *vma, u64 addr, pte_t *ptep, pfn_t from, unsigned flags,
	    struct mm_fault *out);
/* Map page @pfn, whose reference (a frame's) goes to the PTE. @rss: where to count it; NULL: in the mm. */
void set_page_pte(struct vm_area_struct *vma, pte_t *ptep, pfn_t pfn, u64 prot, struct rss_vec *rss);
void fault_oom(struct mm_struct *mm, struct mm_fault *out);

/*
 * Find the VMA of @addr (growing a stack), check the permissions and handle the fault. mmap_sem is held for
 * reading before and after, but may be dropped in between, so that the PTE must be looked at again.
 * Returns 0, or -EFAULT with *out saying what the user would get.
 */
int fault_in(struct mm_struct *mm, u64 addr, unsigned flags, struct mm_fault *out);

/*
 * The physical page of @addr for a kernel-side access, faulted in, with A (and D) set. mmap_sem is held for
 * reading before and after. 0 when the access is not allowed. @flags: FAULT_WRITE, FAULT_FORCE.
 */
pfn_t user_page(struct mm_struct *mm, u64 addr, unsigned flags);

/*
 * @pfn, which user_page() just said is at @addr, is pinned for reading (FOLL_PIN): a private page becomes the process's
 * own, if a fork left it to be shared (FAULT_FLAG_UNSHARE), which counts as a fault. Its PTE stays as it is.
 */
void user_page_unshare(struct mm_struct *mm, u64 addr, pfn_t pfn);

#endif
