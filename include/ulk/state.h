/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What is in a loaded program: registers, memory, areas, the mm_struct, page tables, symbols and lines. Between two runs,
 * and from the callbacks of ulk/watch.h.
 *
 * Functions return 0 or a negative errno, -EINVAL when no program is loaded; ulk_machine_error() then has a clause.
 * "The thread" is the one that reached the break, or the program's first.
 */
#ifndef ULK_STATE_H
#define ULK_STATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

struct ulk_machine;

/* ---- registers ---- */

struct ulk_regs {
	uint64_t rax, rbx, rcx, rdx, rsi, rdi, rbp, rsp;
	uint64_t r8, r9, r10, r11, r12, r13, r14, r15;
	uint64_t rip, rflags;
	uint64_t fs_base, gs_base;
};

/* x87 and SSE: the 512 bytes of FXSAVE64. */
struct ulk_fpregs {
	uint8_t fxsave[512];
};

int ulk_get_regs(struct ulk_machine *m, struct ulk_regs *regs);
/* Of RFLAGS only what a program can change itself is taken over. */
int ulk_set_regs(struct ulk_machine *m, const struct ulk_regs *regs);
/* One by its name: "rax" ... "r15", "rip", "rflags", "fs_base", "gs_base". -ENOENT: no such register. */
int ulk_get_reg(struct ulk_machine *m, const char *name, uint64_t *value);
int ulk_set_reg(struct ulk_machine *m, const char *name, uint64_t value);
int ulk_get_fpregs(struct ulk_machine *m, struct ulk_fpregs *fp);
/* -EINVAL: reserved bits of MXCSR are set. */
int ulk_set_fpregs(struct ulk_machine *m, const struct ulk_fpregs *fp);

/* ---- memory ---- */

/*
 * All @size bytes at guest address @addr, or -EFAULT. As a debugger does: whatever the protection, and reading leaves no
 * trace (no page is faulted in, no accessed bit set). Writing copies a private page where the program's own store would, and
 * drops code translated from it.
 */
int ulk_read(struct ulk_machine *m, uint64_t addr, void *buf, size_t size);
int ulk_write(struct ulk_machine *m, uint64_t addr, const void *buf, size_t size);
/* The string at @addr with its NUL. -ENAMETOOLONG: no NUL within @size bytes, which are filled. */
int ulk_read_string(struct ulk_machine *m, uint64_t addr, char *buf, size_t size);
/* The object at "SYMBOL", "SYMBOL+OFFSET" or "0xADDRESS". -ENOENT: no such symbol. */
int ulk_read_symbol(struct ulk_machine *m, const char *symbol, void *buf, size_t size);
int ulk_write_symbol(struct ulk_machine *m, const char *symbol, const void *buf, size_t size);

/* ---- areas ---- */

/* ulk_area.flags: as Linux's vm_flags, all that an area here can have. */
enum {
	ULK_VM_READ = 1, ULK_VM_WRITE = 2, ULK_VM_EXEC = 4, ULK_VM_SHARED = 8,
	ULK_VM_MAYREAD = 0x10, ULK_VM_MAYWRITE = 0x20, ULK_VM_MAYEXEC = 0x40, ULK_VM_MAYSHARE = 0x80,
	ULK_VM_GROWSDOWN = 0x100, ULK_VM_PFNMAP = 0x400, ULK_VM_MAYBE_GUARD = 0x800, ULK_VM_LOCKED = 0x2000,
	ULK_VM_IO = 0x4000, ULK_VM_SEQ_READ = 0x8000, ULK_VM_RAND_READ = 0x10000, ULK_VM_DONTCOPY = 0x20000,
	ULK_VM_DONTEXPAND = 0x40000, ULK_VM_LOCKONFAULT = 0x80000, ULK_VM_ACCOUNT = 0x100000, ULK_VM_NORESERVE = 0x200000,
	ULK_VM_SYNC = 0x800000, ULK_VM_WIPEONFORK = 0x2000000, ULK_VM_DONTDUMP = 0x4000000, ULK_VM_SOFTDIRTY = 0x8000000,
	ULK_VM_MIXEDMAP = 0x10000000, ULK_VM_HUGEPAGE = 0x20000000, ULK_VM_NOHUGEPAGE = 0x40000000,
};
#define ULK_VM_MERGEABLE UINT64_C(0x80000000)
#define ULK_VM_DROPPABLE (UINT64_C(1) << 40)
#define ULK_VM_SEALED (UINT64_C(1) << 42)

/* One vm_area_struct. */
struct ulk_area {
	uint64_t start, end;       /* [start, end) */
	uint64_t flags;            /* all of vm_flags; the names above are some of them */
	uint64_t offset;           /* in the file, bytes; of anonymous areas 0 */
	uint32_t major, minor;     /* of the file's device */
	uint64_t inode;            /* 0: no file */
	uint64_t rss, anon;        /* bytes in memory; and those that are private */
	uint64_t born;             /* number of the mapping, counted from the program's first */
	uint64_t gap;              /* bytes that are not mapped, between the area before it (or 0) and this one */
	const char *name;          /* as in /proc/self/maps, "" for none; owned by the machine, until its next ulk_area_* */
	const char *anon_name;     /* as given with prctl(PR_SET_VMA_ANON_NAME), or NULL; the same */
	bool has_anon_vma;         /* it has, or had, pages of its own */
	bool special;              /* of the kernel's making: [vdso], [vvar] */
	int policy;                /* of mbind(2): MPOL_* with its flags; 0: none of its own */
	int home_node;             /* of set_mempolicy_home_node(2), -1: none */
	uint64_t policy_nodes[16]; /* the policy's nodes, a bit each */
};

/*
 * The first area that ends above @addr: the one that holds @addr, or the next. -ENOENT: none. All of them:
 *	for (uint64_t at = 0; !ulk_area_next(m, at, &area); at = area.end)
 */
int ulk_area_next(struct ulk_machine *m, uint64_t addr, struct ulk_area *area);
/* The area that holds @addr; -ENOENT: nothing is mapped there. */
int ulk_area_at(struct ulk_machine *m, uint64_t addr, struct ulk_area *area);

/* What its pages are, in bytes, as /proc/self/smaps counts them. (Swap, hugetlbfs pages and protection keys there are none of.) */
struct ulk_area_sizes {
	uint64_t rss, pss, pss_dirty, pss_anon, pss_file, pss_shmem;
	uint64_t shared_clean, shared_dirty, private_clean, private_dirty;
	uint64_t referenced, anonymous, lazyfree, anon_huge, locked;
};
/* Of the area that holds @addr. -ENOENT. The host is asked who else has the pages of files: dearer than ulk_area_at(). */
int ulk_area_sizes(struct ulk_machine *m, uint64_t addr, struct ulk_area_sizes *sizes);
/* ulk_area.flags as the line VmFlags of smaps has them: "rd wr mr mw me ac". -ENOSPC: @size is too small; 200 never is. */
int ulk_area_flags(uint64_t flags, char *text, size_t size);

/* ---- the mm_struct ---- */

/*
 * Addresses, and counts of pages; docs/mm_struct.md says what Linux uses each for. Pointers to areas are their addresses, 0 for none.
 * Its two locks are free whenever one can look.
 */
struct ulk_mm {
	uint64_t mmap, mm_rb, vmacache;                /* the first area; the tree's root; the area that was found last */
	uint64_t vmacache_seqnum;
	bool top_down;                                 /* which way get_unmapped_area goes */
	uint64_t pgd;                                  /* guest physical address of the top-level table */
	uint64_t nr_ptes, nr_pmds, nr_puds, nr_huge;   /* tables of each level; entries that map 2 MiB */
	uint64_t mm_count, mmlist;                     /* references; memories there are in this machine */
	uint64_t cpu_vm_mask_var;
	uint64_t exe_inode;                            /* exe_file */
	uint32_t exe_major, exe_minor;
	const char *exe_file;                          /* its path, NULL: none; owned by the machine, until the next ulk_get_mm() */
	const char *binfmt;                            /* "elf" */
	int owner;                                     /* thread id */
	unsigned mmu_notifier_mm;                      /* how many hear of changed translations */
	bool core_state, tlb_flush_pending, uprobes_state;
	uint64_t born;                                 /* mappings made so far: the next ulk_area.born is one more */
	uint64_t task_size, mmap_base, mmap_legacy_base, highest_vm_end;
	uint64_t map_count, mm_users;
	uint64_t pgtables_bytes;                       /* pgd, puds, pmds, ptes */
	uint64_t total_vm, locked_vm, pinned_vm, data_vm, exec_vm, stack_vm, shared_vm;
	uint64_t hiwater_rss, hiwater_vm;
	uint64_t rss_file, rss_anon, rss_shmem, rss_swap;
	uint64_t def_flags, flags;
	uint64_t start_code, end_code, start_data, end_data, start_brk, brk, start_stack;
	uint64_t arg_start, arg_end, env_start, env_end;
	uint64_t vdso;
	uint64_t min_flt, maj_flt;                     /* of the process */
	uint64_t saved_auxv[56];
};

int ulk_get_mm(struct ulk_machine *m, struct ulk_mm *mm);

/* ---- page tables ---- */

/* The bits of an entry, as the hardware has them. */
enum { ULK_PTE_PRESENT = 1, ULK_PTE_WRITE = 2, ULK_PTE_USER = 4, ULK_PTE_ACCESSED = 0x20, ULK_PTE_DIRTY = 0x40 };
#define ULK_PTE_NX (UINT64_C(1) << 63)

/* A walk through the tables. */
struct ulk_page {
	uint64_t entry[4];         /* pgd, pud, pmd, pte; 0 where the walk does not get to */
	unsigned levels;           /* of them are present: 4 when the page is */
	uint64_t paddr;            /* guest physical address of the page; 0 when it is not present */
};

/* 0 even if nothing is mapped at @addr: then ->levels says how far the tables go. */
int ulk_get_page(struct ulk_machine *m, uint64_t addr, struct ulk_page *page);

/* ---- symbols and lines ---- */

/* What is known of an address. Strings are the machine's, until its next ulk_place_at() or ulk_backtrace(); NULL or 0 where
 * nothing is known. */
struct ulk_place {
	const char *module;        /* path of the file */
	const char *symbol;
	uint64_t offset;           /* from the symbol */
	const char *file;          /* of the source */
	int line;
};

/* The address of "SYMBOL", "SYMBOL+OFFSET", "FILE:LINE" or "0xADDRESS" of the program. -ENOENT, -EINVAL. */
int ulk_address_of(struct ulk_machine *m, const char *where, uint64_t *addr);
/* -ENOENT: @addr is in no file's mapping. */
int ulk_place_at(struct ulk_machine *m, uint64_t addr, struct ulk_place *place);

/* A function or a variable. Strings as long as the call. */
struct ulk_symbol {
	const char *name;
	uint64_t addr, size;
	bool function;
	const char *module;        /* path of the file */
};
/* Call @each for every one that the program's mapped files name, in no order, until it returns false. */
int ulk_each_symbol(struct ulk_machine *m, bool (*each)(const struct ulk_symbol *symbol, void *arg), void *arg);

/* A row of the line tables: the code from @addr to @end is of this line. Strings as long as the call. */
struct ulk_line {
	uint64_t addr, end;
	const char *file;
	int line, column;          /* column 0: not known */
	bool statement;            /* one begins at @addr */
	const char *module;
};
/*
 * Call @each for every such row, by address within each module, until it returns false: of the functions of a name ("SYMBOL"), of
 * a line ("FILE:LINE", where FILE may be the end of a path), of a file ("FILE:"), or of all there is (NULL). -ENOENT: there is
 * none, for want of debugging information too.
 */
int ulk_each_line(struct ulk_machine *m, const char *where, bool (*each)(const struct ulk_line *line, void *arg), void *arg);

struct ulk_frame {
	uint64_t pc;
	int inlined;               /* a call that the compiler inlined */
	struct ulk_place place;
};
/* The calls the thread is in, the innermost first. Returns how many were stored (at most @max), or -errno. */
int ulk_backtrace(struct ulk_machine *m, struct ulk_frame *frames, size_t max);

/* ---- text ---- */

/* A file of /proc/self as the program would read it now: "maps", "smaps", "stat", "statm", "status", "limits". *@text is
 * to be freed by the caller (free()). -ENOENT: none of these. */
int ulk_proc_text(struct ulk_machine *m, const char *file, char **text);

#ifdef __cplusplus
}
#endif

#endif
