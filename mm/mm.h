/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * mm: the operations on an mm_struct. Everything above mm/ reaches memory through this header,
 * uaccess.h and pgtable.h.
 *
 * Conventions: addresses are guest addresses, lengths are bytes; functions return 0 (or the value
 * stated) or a negative errno, in the order of checks of the host's kernel. do_* functions take
 * mmap_sem themselves and batch the TLB flush of one operation; functions marked "locked" want it held.
 */
#ifndef ULK_MM_MM_H
#define ULK_MM_MM_H

#include <stdio.h>
#include <sys/types.h>
#include "mm/mm_types.h"

struct stat;

/* ---- life (mm/mm.c) ---- */

/* A new, empty mm with an empty top-level table; mm_users = mm_count = 1. NULL when out of frames.
 * @phys and @env must outlive it. The layout is not picked yet. */
struct mm_struct *mm_alloc(struct phys *phys, struct mm_env *env);
/* Drop one user; the last one unmaps everything and frees the mm. */
void mmput(struct mm_struct *mm);
void mmget(struct mm_struct *mm);
/* Unmap everything (exit_mmap), keeping the structure. */
void exit_mmap(struct mm_struct *mm);
/*
 * Before the host's fork(): wait until no other thread is inside the mm, and keep them out. @copied: the child
 * gets a copy (not vfork), so the private pages become read-only as Linux's fork makes them. Afterwards the
 * parent calls mm_fork_parent(), success or not; the child calls dup_mm_in_child().
 */
void mm_fork_prepare(struct mm_struct *mm, bool copied);
void mm_fork_parent(struct mm_struct *mm);
/* In a vfork child, instead of dup_mm_in_child(): nothing changes, but from now on stores can be told. (mm/vfork.c) */
void mm_vfork_child(struct mm_struct *mm);
/* One of the private pages that were stored to since: its address, its content before and now (PAGE_SIZE bytes
 * each), and it is forgotten; false when there is none. */
bool mm_vfork_written(struct mm_struct *mm, u64 *addr, void *old, void *new);
/* Nobody wants to know any more. */
void mm_vfork_end(struct mm_struct *mm);
/* In a child made by the host's fork(): apply VM_DONTCOPY, VM_WIPEONFORK, drop locks and VM_LOCKED,
 * mark anon_vmas forked. Frames are already private to the child by the host's own copy on write. */
int dup_mm_in_child(struct mm_struct *mm);
void mmu_notifier_register(struct mm_struct *mm, struct mmu_notifier *mn);
void mmu_notifier_unregister(struct mm_struct *mm, struct mmu_notifier *mn);

/* ---- layout (mm/layout.c) ---- */

/* Sets mmap_base, mmap_legacy_base, task_size and get_unmapped_area from RLIMIT_STACK, the
 * personality and the ASLR seed, as the host's kernel does (gap clamped to [128 MiB, 5/6 TASK_SIZE],
 * plus stack_maxrandom_size and the 1 MiB stack guard gap). */
void arch_pick_mmap_layout(struct mm_struct *mm);
/* Of one whose bases are known already, from a snapshot's file. */
void mm_layout_resume(struct mm_struct *mm);
/* Deterministic random bits from env->aslr_seed (0 when randomisation is off): 28 bits for mmap_base,
 * 22 bits of 16 bytes for the stack, ... @what selects an independent stream. */
u64 aslr_bits(const struct mm_struct *mm, unsigned what, unsigned bits);

/* ---- VMAs (mm/vma.c) ---- */

/* The first VMA with addr < vm_end, or NULL ("locked"). */
struct vm_area_struct *find_vma(struct mm_struct *mm, u64 addr);
/* The VMA that contains addr, or NULL ("locked"). */
struct vm_area_struct *vma_lookup(struct mm_struct *mm, u64 addr);
#define for_each_vma(mm, vma) for ((vma) = (mm)->mmap; (vma); (vma) = (vma)->vm_next)
/* Name for maps: path, [heap], [stack], [vdso], [anon:x], or "" — into buf. Returns buf. */
const char *vma_name(const struct vm_area_struct *vma, char *buf, size_t size);

/* ---- system calls ---- */

/* mmap(2). @file: NULL for anonymous (MAP_SHARED|MAP_ANONYMOUS makes its own shmem file). The caller
 * keeps its reference. @off in bytes. Returns the address or -errno. Pages are populated for
 * MAP_POPULATE and mlockall(MCL_FUTURE). (mm/mmap.c) */
s64 do_mmap(struct mm_struct *mm, struct file *file, u64 addr, u64 len, unsigned long prot,
	    unsigned long flags, u64 off);
int do_munmap(struct mm_struct *mm, u64 start, u64 len);                       /* mm/munmap.c */
int do_mprotect(struct mm_struct *mm, u64 start, u64 len, unsigned long prot); /* mm/mprotect.c */
/* brk(2): returns the new break, or the old one when it cannot be moved (as the kernel: never -errno). */
u64 do_brk(struct mm_struct *mm, u64 brk);                                     /* mm/brk.c */
/* Map anonymous zero memory at a fixed place for the loader (vm_brk_flags). @exec: PF_X set. */
int vm_brk(struct mm_struct *mm, u64 addr, u64 len, bool exec);
s64 do_mremap(struct mm_struct *mm, u64 addr, u64 old_len, u64 new_len, unsigned long flags,
	      u64 new_addr);                                                   /* mm/mremap.c */
int do_madvise(struct mm_struct *mm, u64 start, u64 len, int behavior);        /* mm/madvise.c */
/* PR_SET_VMA_ANON_NAME: name (or with NULL unname) the anonymous areas of a range. -EBADF for files;
 * -ENOMEM when there was a hole, the rest having been named. (mm/anon_name.c) */
int madvise_set_anon_name(struct mm_struct *mm, u64 start, u64 len, const char *name);
/* mseal(2): -EINVAL, -ENOMEM for a hole. (mm/mseal.c) */
/* PR_SET_MEMORY_MERGE: all areas, and those to come, are (not) offered for merging of equal pages. (mm/ksm.c) */
void ksm_set_merge_any(struct mm_struct *mm, bool on);
int do_mseal(struct mm_struct *mm, u64 start, u64 len, unsigned long flags);
int do_msync(struct mm_struct *mm, u64 start, u64 len, int flags);             /* mm/msync.c */
/* Residency of up to @pages (at most a few thousand) pages from @start into the host's @vec, one byte each.
 * Returns for how many: those up to the end of the area; -ENOMEM when @start is not mapped, -EINVAL
 * when it is not page aligned. */
int do_mincore(struct mm_struct *mm, u64 start, u64 pages, u8 *vec);           /* mm/mincore.c */
int do_mlock(struct mm_struct *mm, u64 start, u64 len, int flags);             /* mm/mlock.c */
int do_munlock(struct mm_struct *mm, u64 start, u64 len);
int do_mlockall(struct mm_struct *mm, int flags);
int do_munlockall(struct mm_struct *mm);

/* ---- for the loader ---- */

/* The stack VMA at execve: one that ends at STACK_TOP, then moved and widened as the kernel's
 * setup_arg_pages does. (mm/stack.c) */
/* Create the temporary stack VMA [STACK_TOP - PAGE_SIZE, STACK_TOP). It grows down as it is written. */
int bprm_stack_create(struct mm_struct *mm);
/* Final place: shift to @stack_top (page aligned), set protection (@exec: executable stack), then
 * expand by 128 KiB or RLIMIT_STACK, whichever is less, as setup_arg_pages does.
 * Returns by how many bytes the stack was shifted down, or -errno. */
s64 setup_arg_pages(struct mm_struct *mm, u64 stack_top, bool exec);
/* [vdso]-like mapping at a fixed address. @flags: VM_*. */
int install_special_mapping(struct mm_struct *mm, u64 addr, u64 len, vm_flags_t flags,
			    const struct vm_special_mapping *spec);

/* ---- faults (mm/fault.c, mm/zap.c) ---- */

enum mm_access { MM_READ = 0, MM_WRITE = 1, MM_FETCH = 2 };

/* What a translation gave. */
struct mm_fault {
	u64 paddr;       /* of the page */
	u8 perms;        /* bits: 1 read, 2 write, 4 execute — what the engine may cache without asking again */
	int signo;       /* 0, SIGSEGV or SIGBUS; SIGKILL when frames ran out (OOM) */
	int code;        /* SEGV_MAPERR, SEGV_ACCERR, BUS_ADRERR, SI_KERNEL (non-canonical) */
	u8 error_code;   /* what the hardware would push: 1 present, 2 write, 4 user, 16 fetch */
	bool minor, major;
	bool retry;      /* nothing is wrong (signo 0), but the engine must leave and run again: see mmu_translate */
};

/*
 * The MMU: translate one page for one access, faulting it in when that is allowed. Sets A, and D on
 * a write. The write permission is granted only once D is set, so the first store is always seen.
 * EXECUTE is granted for MM_FETCH only, and marks the page PG_CODE.
 * @vaddr may be anything, non-canonical included. Returns 0, or -EFAULT with signo/code set; with retry set
 * instead when other translations were taken away to make room (windows ran out), which the engine must drop
 * before it goes on: it ends the run as for a fault, and the run loop simply runs again.
 * Takes mmap_sem for reading.
 */
int mm_translate(struct mm_struct *mm, u64 vaddr, enum mm_access access, struct mm_fault *out);
/* Fault pages of [start, end) in, as MAP_POPULATE and mlock do (errors ignored for populate). */
int mm_populate(struct mm_struct *mm, u64 start, u64 end, bool ignore_errors);
/* The guest truncated inode @st to @new_size: unmap every PTE that shows it beyond that, private copies included, in all
 * mms, and tell the family (mm/truncate.c). */
void inode_truncated(struct phys *phys, const struct stat *st, u64 new_size);
/* The same by descriptor, with the size the file has now: for ftruncate(2), open(O_TRUNC), fallocate(2)
 * after they were done. Costs next to nothing when the file is not mapped. */
void file_truncated(struct phys *phys, int fd);
/* Bytes [off, off + len) of @fd were made a hole, or zeros, by the guest: the whole pages of it are mapped no more.
 * Private copies stay. */
void file_punched(struct phys *phys, int fd, u64 off, u64 len);
/* Before the first fork: from now on truncations are told to the family. */
void truncations_share(struct phys *phys);
void truncations_exit(struct phys *phys);
/* Has a process of the family truncated something since the last truncations_apply()? Cheap. */
bool truncations_pending(const struct phys *phys);
/* Do here what these truncations do to mappings. Before guest code runs, by who has the CPU; no lock held. */
void truncations_apply(struct phys *phys);
/*
 * After write(2) and its kin stored @len bytes at @pos (-1: up to the file position) of @fd: code that
 * engines translated from these pages is forgotten. Costs an fstat when the file is not mapped.
 */
void file_written(struct phys *phys, int fd, s64 pos, u64 len);
/*
 * After phys_handle_sigbus() (window.h) recorded an access past the end of a file that another process has
 * truncated: take the PTEs away, make the windows show the file again, and return true with *addr the
 * guest address for SIGBUS/BUS_ADRERR. To be called at exits and after system calls, when
 * phys_sigbus_pending(). False: no signal, since the page is mapped no more or it was a system call that
 * met it, which failed with EFAULT.
 */
bool mm_sigbus_fixup(struct mm_struct *mm, u64 *addr);

/* Hand the batched flush of the current operation to the notifiers ("locked"). */
void flush_tlb_batched(struct mm_struct *mm);

/* ---- accounting and looking ---- */
/* Move the faults served since the last call to a task's counters: uaccess and populate fault, too. */
static inline void mm_take_faults(struct mm_struct *mm, u64 *minor, u64 *major)
{
	if (mm->min_flt)
		*minor += __atomic_exchange_n(&mm->min_flt, 0, __ATOMIC_RELAXED);
	if (mm->maj_flt)
		*major += __atomic_exchange_n(&mm->maj_flt, 0, __ATOMIC_RELAXED);
}
/* Read up to @n bytes as a debugger would, whatever the protection, without a fault, an A bit or anything else the
 * guest could see. Returns how many could be read. (mm/peek.c) */
size_t mm_peek(struct mm_struct *mm, u64 addr, void *buf, size_t n);
/*
 * The physical page that a fetch at @addr gets without a fault: true with *@paddr, the page noted as holding
 * code; nothing that the guest could see changes. For an engine that translates ahead. (mm/fault.c)
 */
bool mm_peek_code(struct mm_struct *mm, u64 addr, u64 *paddr);
/*
 * The same for page @pgoff of @file, mapped by @mm or not: it gets its physical page now. Code that is translated
 * from it is compared before it runs, like any that was unmapped. The caller has looked at the file's size.
 */
bool file_peek_code(struct mm_struct *mm, struct file *file, pgoff_t pgoff, u64 *paddr);
/* Pages in memory as getrusage and the high-water mark see them: without what a CPU keeps to itself (mm/rss.c). */
u64 get_mm_rss(const struct mm_struct *mm);
/* Pages in memory exactly, as /proc shows them. */
u64 get_mm_rss_sum(const struct mm_struct *mm);
/* Raise the marks to the present: to be called where Linux does, before something shrinks. */
void update_hiwater_rss(struct mm_struct *mm);
void update_hiwater_vm(struct mm_struct *mm);

/* Recount everything and compare (see mm_types.h). Each violation is one line on @log.
 * Returns the number of violations. Debug builds call it after every mutation. Takes mmap_sem for reading.
 * (mm/check.c) */
int mm_check(struct mm_struct *mm, FILE *log);
/* The same for what the mms of one memory share: frames, their free lists, windows, inodes. Takes each mm's locks for
 * as long as it looks; the counters of the mms are taken as they are (mm_check() proves those). (mm/check_phys.c) */
int phys_check(struct phys *phys, FILE *log);

#endif
