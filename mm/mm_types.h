/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * mm_types: mm_struct and vm_area_struct, the structures ulk exists to bring to life.
 *
 * Field names are Linux 4.x's. docs/mm_struct.md says of each what Linux uses it for and how to see
 * it move. Rules that always hold (mm_check() verifies them):
 *   - the list (mm->mmap, vm_next/vm_prev) and the tree (mm->mm_rb) hold the same VMAs in order;
 *   - VMAs are page aligned, not empty and do not overlap;
 *   - rb_subtree_gap is the largest hole before any VMA of the subtree;
 *   - counters (total_vm, data_vm, ..., rss_stat, nr_ptes) equal what a recount gives;
 *   - every present PTE lies in a VMA and grants no more than vm_page_prot allows.
 *
 * Locking: mmap_sem protects the VMAs and the layout fields; page_table_lock the page tables and
 * rss_stat. A handler takes mmap_sem, never the other way round; see mm/README.md.
 */
#ifndef ULK_MM_MM_TYPES_H
#define ULK_MM_MM_TYPES_H

#include <bsd/sys/tree.h>
#include <pthread.h>
#include <sys/resource.h>
#include "mm/file.h"
#include "mm/phys.h"
#include "mm/types.h"

/* vm_flags: Linux's values, since smaps prints names made from them. */
#define VM_READ        0x00000001UL
#define VM_WRITE       0x00000002UL
#define VM_EXEC        0x00000004UL
#define VM_SHARED      0x00000008UL
#define VM_MAYREAD     0x00000010UL
#define VM_MAYWRITE    0x00000020UL
#define VM_MAYEXEC     0x00000040UL
#define VM_MAYSHARE    0x00000080UL
#define VM_GROWSDOWN   0x00000100UL
#define VM_PFNMAP      0x00000400UL
#define VM_MAYBE_GUARD 0x00000800UL
#define VM_LOCKED      0x00002000UL
#define VM_IO          0x00004000UL
#define VM_SEQ_READ    0x00008000UL
#define VM_RAND_READ   0x00010000UL
#define VM_DONTCOPY    0x00020000UL
#define VM_DONTEXPAND  0x00040000UL
#define VM_LOCKONFAULT 0x00080000UL
#define VM_ACCOUNT     0x00100000UL
#define VM_NORESERVE   0x00200000UL
#define VM_HUGETLB     0x00400000UL
#define VM_SYNC        0x00800000UL
#define VM_WIPEONFORK  0x02000000UL
#define VM_DONTDUMP    0x04000000UL
#define VM_SOFTDIRTY   0x08000000UL
#define VM_MIXEDMAP    0x10000000UL
#define VM_HUGEPAGE    0x20000000UL
#define VM_NOHUGEPAGE  0x40000000UL
#define VM_MERGEABLE   0x80000000UL
#define VM_SEALED      (1UL << 42)
#define VM_DROPPABLE   (1UL << 40)

/* Not looked at when areas merge: one that has it gives it to the whole. */
#define VM_STICKY (VM_SOFTDIRTY | VM_MAYBE_GUARD)
/* fork copies the tables of such areas, as of those with an anon_vma. */
#define VM_COPY_ON_FORK (VM_PFNMAP | VM_MIXEDMAP | VM_MAYBE_GUARD)
#define VM_STACK VM_GROWSDOWN
#define VM_ACCESS_FLAGS (VM_READ | VM_WRITE | VM_EXEC)
#define VM_SPECIAL (VM_IO | VM_DONTEXPAND | VM_PFNMAP | VM_MIXEDMAP)

/* Counters of rss_stat, in Linux's order. */
enum { MM_FILEPAGES, MM_ANONPAGES, MM_SWAPENTS, MM_SHMEMPAGES, NR_MM_COUNTERS };

struct mm_struct;
struct vm_area_struct;
struct mempolicy;

/*
 * The identity that Linux's anon_vma gives an area's anonymous pages. Only what merging can observe
 * is kept: which areas share one, and whether a fork or an earlier sharing forbids merging.
 */
struct anon_vma {
	u32 refcount;          /* VMAs that hold it */
	bool forked;           /* VMA copied by fork: its chain is not singular */
};

/* A kernel-provided mapping ([vdso], [vvar]): a name and fixed pages instead of a file. */
struct vm_special_mapping {
	const char *name;      /* shown in maps, "[vdso]" */
	const pfn_t *pages;    /* one pfn per page, 0 = SIGBUS there */
	u64 nr_pages;
};

struct vm_area_struct {
	/* One cache line: what a walk of the tree looks at. */
	u64 vm_start, vm_end;                  /* [start, end), page aligned */
	RB_ENTRY(vm_area_struct) vm_rb;
	u64 vm_gap;                            /* bytes of the hole before it */
	u64 rb_subtree_gap;                    /* largest vm_gap of its subtree */
	struct vm_area_struct *vm_next, *vm_prev;
	struct mm_struct *vm_mm;
	vm_flags_t vm_flags;
	pgoff_t vm_pgoff;                      /* in pages; for anonymous areas vm_start >> 12 at creation */
	struct file *vm_file;                  /* one reference, or NULL */
	struct anon_vma *anon_vma;             /* one reference, or NULL until the first anonymous page */
	const struct vm_special_mapping *special;
	struct mempolicy *vm_policy;           /* mbind's (mempolicy.h), one reference, or NULL */
	char *anon_name;                       /* PR_SET_VMA_ANON_NAME, owned, or NULL */
	u64 vm_birth;                          /* sequence number of the call that made it (observers) */
} __attribute__((aligned(64)));

RB_HEAD(mm_rb_tree, vm_area_struct);

/* How the mm hears of limits that belong to the process; owned by the process, never by the mm. */
struct mm_env {
	struct rlimit *rlim;                   /* RLIM_NLIMITS entries */
	unsigned long init_flags;              /* bits of mm->flags that a new mm begins with: execve hands them on */
	u32 personality;                       /* ADDR_COMPAT_LAYOUT, ADDR_NO_RANDOMIZE, READ_IMPLIES_EXEC, ... */
	int max_map_count;                     /* the host's vm.max_map_count */
	u64 mmap_min_addr;                     /* searches do not go below: max of the host's vm.mmap_min_addr
						  and the kernel's own CONFIG_LSM_MMAP_MIN_ADDR */
	u64 dac_mmap_min_addr;                 /* fixed addresses below are EPERM: vm.mmap_min_addr, or 0 with
						  CAP_SYS_RAWIO */
	int rss_batch;                         /* pages that a CPU counts by itself before it tells (percpu_counter_batch);
						  0: the counters are exact */
	struct thp_setting {                   /* of the host (mm/huge.c), read when it is first asked for */
		bool loaded, present, zero_page;
		char enabled;                  /* first letter of always, madvise, never */
		bool shmem, shmem_anon;        /* may memfds, and unnamed shared memory, have huge pages? */
		u64 shmem_dev;                 /* where memfds are */
	} thp;
	int overcommit_memory;                 /* the host's vm.overcommit_memory: 0, 1, 2 */
	u64 commit_limit_pages;                /* for mode 2: CommitLimit less what is kept for the administrator
						  (vm.admin_reserve_kbytes, not kept from CAP_SYS_ADMIN) */
	u64 user_reserve_pages;                /* mode 2: kept from large processes (vm.user_reserve_kbytes) */
	u64 total_ram_pages;                   /* RAM and swap, for the heuristic of mode 0 */
	/* Fault injection: a process may not be charged for more than commit_max pages (0: no bound), with commit_sticky
	 * for good once it was refused any. commit_refused counts refusals. */
	u64 commit_max, commit_refused;
	bool commit_sticky;
	bool root;                             /* the effective user is 0; false also when nobody said so */
	bool capable_ipc_lock;                 /* CAP_IPC_LOCK: RLIMIT_MEMLOCK does not bind */
	u64 aslr_seed;                         /* 0: no randomisation (as under setarch -R) */
};

/*
 * Linux's mmu_notifier: how an engine hears that translations it may have cached are no longer true.
 * Called with mmap_sem held; must not call back into the mm.
 */
struct mmu_notifier {
	struct mmu_notifier *next;
	/* PTEs in [start, end) were lowered or removed (only called when one of them had its A bit). */
	void (*invalidate_range)(struct mmu_notifier *mn, struct mm_struct *mm, u64 start, u64 end);
	/* Content of a physical page flagged PG_CODE changed other than by a guest store. */
	void (*invalidate_code)(struct mmu_notifier *mn, struct mm_struct *mm, pfn_t pfn);
};

#define AT_VECTOR_SIZE 56   /* u64s in saved_auxv, as Linux on x86-64 shows in /proc/self/auxv */

/* The x86 part. */
struct mm_context {
	u64 vdso;                              /* address of [vdso], 0 if none */
	bool pkey0_taken;                      /* pkey_alloc() was tried: see its handler */
	const struct vm_special_mapping *vdso_image;
};

struct mm_struct {
	struct vm_area_struct *mmap;           /* list of VMAs in address order */
	struct mm_rb_tree mm_rb;
	u64 vmacache_seqnum;                   /* bumped when a cached VMA may have gone */
	struct vm_area_struct *vmacache;       /* last VMA found, or the one after one that went */

	/* Picks a free range; chosen by arch_pick_mmap_layout(). Returns the address or -errno. */
	s64 (*get_unmapped_area)(struct mm_struct *mm, struct file *file, u64 addr, u64 len,
				 pgoff_t pgoff, unsigned long flags);
	u64 mmap_base;
	u64 mmap_legacy_base;
	u64 task_size;
	u64 highest_vm_end;
	struct vm_area_struct *last_vma;       /* end of the list */

	u64 pgd;                               /* physical address of the top-level table */
	u32 mm_users, mm_count;                /* atomics */
	u64 nr_ptes, nr_pmds, nr_puds;         /* page-table pages; VmPTE is their sum in KiB (without pgd) */
	u64 nr_huge;                           /* PMD entries with _PMD_HUGE (mm/huge.h) */
	int map_count;

	pthread_mutex_t page_table_lock;
	pthread_rwlock_t mmap_sem;
	struct mm_struct *mmlist_next, **mmlist_pprev;   /* all mms of one struct ulk */

	u64 hiwater_rss, hiwater_vm;           /* pages */
	u64 total_vm, locked_vm, pinned_vm, shared_vm, exec_vm, stack_vm, data_vm;   /* pages */
	vm_flags_t def_flags;
	u64 start_code, end_code, start_data, end_data;
	u64 start_brk, brk, start_stack;
	u64 arg_start, arg_end, env_start, env_end;
	u64 saved_auxv[AT_VECTOR_SIZE];
	s64 rss_stat[NR_MM_COUNTERS];          /* pages, exactly */
	s64 rss_pcp[NR_MM_COUNTERS];           /* part of it that Linux still keeps per CPU (mm/rss.c) */
	const struct linux_binfmt *binfmt;     /* the format that loaded it; opaque here (loader/) */
	u64 cpu_vm_mask_var;                   /* bit per CPU that has this mm loaded */
	struct mm_context context;
	unsigned long flags;                   /* MMF_*: dumpable (bits 0-1), coredump filter (bits 2-10) */
	void *core_state;                      /* set while a core is being written */
	void *owner;                           /* the task, opaque here */
	struct file *exe_file;                 /* /proc/self/exe */
	struct mmu_notifier *mmu_notifier_mm;
	u32 debug_ops;                         /* debug builds: changes since mm_check_debug() last looked */
	bool tlb_flush_pending;                /* a batched flush is owed at the end of this operation */
	u64 tlb_flush_start, tlb_flush_end;
	void *uprobes_state;

	/* Not in Linux: where this mm lives. */
	struct phys *phys;
	struct mm_env *env;
	u64 id;                                /* of no other mm of this memory, ever: execve makes a new one */
	u64 vma_births;
	struct mm_snapshot *snapshots;         /* mm/snapshot.h; NULL: none, and nothing need be noted */
	u64 locked_vm_stale;                   /* part of locked_vm that no VMA accounts for, as Linux leaves it
						  after MREMAP_DONTUNMAP of a locked area */
	bool stores_shared;                    /* there is, or was, memory that others may store to at the same time */
	bool vforked;                          /* of a vfork child: stores are noted in vfork_pages (mm/vfork.c) */
	struct vfork_page *vfork_pages;
	struct late_pages *late;               /* mm/pages.h; NULL but while a mirror's faults are made good */
	struct vm_area_struct *vma_free;       /* not in use, linked by vm_next ... */
	struct vma_slab *vma_slabs;            /* ... and what they are parts of */
	u64 min_flt, maj_flt;                  /* faults served here that no task has taken over yet, uaccess
						  and populate included (mm_take_faults) */
};

#define MMF_OOM_VICTIM 25        /* bit: frames ran out; the process must get SIGKILL, as from the OOM killer */
#define MMF_HAS_MDWE            (1UL << 28)   /* PR_SET_MDWE */
#define MMF_HAS_MDWE_NO_INHERIT (1UL << 29)
#define MMF_VM_MERGE_ANY        (1UL << 30)   /* PR_SET_MEMORY_MERGE */
#define MMF_DUMPABLE_MASK 3
#define MMF_DUMP_FILTER_SHIFT 2
#define MMF_DUMP_FILTER_DEFAULT ((1 << 2) | (1 << 3) | (1 << 6) | (1 << 7))

#endif
