/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * internal: what the files of loader/ share among themselves. Not for other folders.
 *
 * One execve is one struct exec, on load_program()'s stack. Up to begin_new_exec() nothing of the
 * caller's is touched and every failure is an errno; after it (point_of_no_return) every failure is
 * death by SIGSEGV, as in Linux.
 */
#ifndef ULK_LOADER_INTERNAL_H
#define ULK_LOADER_INTERNAL_H

#include <elf.h>
#include "loader/binfmt.h"

/* What Linux hands to the formats: the first bytes of the file, zeros after a shorter file's end. */
#define BINPRM_BUF_SIZE 256
#define MAX_ARG_STRLEN	(32 * PAGE_SIZE) /* longest string, its NUL included */
#define ARG_MAX_BYTES	(32 * PAGE_SIZE) /* always allowed in all, however small the stack */
#define STK_LIM		(8UL << 20)

/*
 * The strings of the initial stack while they are collected, as the top bytes of the stack will be:
 * the last 8 bytes stay zero, strings are pushed downwards. Removing argv[0] leaves its bytes behind
 * below the mark; Linux's stack shows them too, so they are kept.
 */
struct arg_area {
	char *buf; /* its end is the top of the stack */
	size_t cap;
	size_t used;	 /* bytes from the top down to p */
	size_t lowest;	 /* the largest `used` ever was: what the stack VMA must cover */
	size_t max_used; /* bprm->argmin as a size */
	u64 rlim_stack, rlim_as;
};

struct exec {
	struct linux_binprm *bprm;
	struct file *file;	/* what is being tried now: the program, then its #! interpreter */
	struct file *next_file; /* set by a format that hands over to another program */
	char *interp;		/* path of `file` */
	bool path_inaccessible; /* a close-on-exec descriptor names the program */
	u8 head[PAGE_SIZE];	/* first page of `file`: most reads are answered from here */
	size_t head_len;
	struct arg_area args;
	int argc, envc;
	size_t execfn; /* args.used just after the file name was pushed */
	bool point_of_no_return;
};

struct linux_binfmt {
	const char *name;
	/* 0: loaded, or x->next_file is set. -ENOEXEC: not this format. */
	int (*load_binary)(struct exec *x);
};
extern const struct linux_binfmt script_format, elf_format;

/* Say why in bprm->why and return @err. */
int exec_fail(struct exec *x, int err, const char *fmt, ...) __attribute__((format(printf, 3, 4)));

/* ---- exec.c ---- */

/* Open an interpreter with the checks of execve (open_exec). 0 or -errno, said in bprm->why. */
int open_exec(struct exec *x, const char *path, struct file **out);
/* Exactly @len bytes at @pos of the program (@file == x->file: from its first page where possible).
 * 0, -EIO when the file ends before, or what pread gives. */
int elf_read(struct exec *x, struct file *file, void *buf, size_t len, u64 pos);
/*
 * The new mm with the layout picked and the stack at its final place: begin_new_exec, setup_new_exec
 * and setup_arg_pages. From here on failures are fatal. @exec_stack: PT_GNU_STACK asks for it.
 * The strings are in place, mm->arg_start is set.
 */
int begin_new_exec(struct exec *x, bool exec_stack);

/* ---- args.c ---- */

/* Limits for @argc + @envc pointers; -E2BIG when they alone are too many. */
int arg_area_init(struct arg_area *a, const struct rlimit *rlim, size_t argc, size_t envc);
void arg_area_free(struct arg_area *a);
/* 0, -E2BIG (string or sum too long), -ENOMEM */
int arg_push(struct arg_area *a, const char *str);
/* Drop the string pushed last (remove_arg_zero). */
void arg_pop(struct arg_area *a);

/* ---- randomisation ---- */

/* Streams of aslr_bits(), apart from those that mm/ uses itself (below 64). */
enum aslr_stream {
	ASLR_STACK_TOP = 64,
	ASLR_STACK_ALIGN_TOP,
	ASLR_STACK_ALIGN_SP,
	ASLR_ET_DYN,
	ASLR_BRK,
};
static inline bool exec_randomize(const struct exec *x)
{
	return x->bprm->env->aslr_seed && !(x->bprm->env->personality & 0x0040000 /* ADDR_NO_RANDOMIZE */);
}
/* arch_align_stack: up to 8 KiB down, always 16-byte aligned. */
u64 arch_align_stack(const struct exec *x, u64 sp, enum aslr_stream stream);

/* ---- stack.c, vdso.c ---- */

/* argc, argv, envp and auxv below the strings; sets bprm->sp, mm->saved_auxv, arg_end .. env_end. */
int create_elf_tables(struct exec *x, const Elf64_Ehdr *ehdr, u64 interp_base, u64 e_entry, u64 phdr_addr);
/* Map [vvar], [vvar_vclock], [vdso] where the kernel's map_vdso puts them. */
int map_vdso(struct mm_struct *mm);

/* The ELF image, made by the build from vdso/vdso.c: two pages at most. */
extern const u8 ulk_vdso_image[];
extern const unsigned ulk_vdso_image_size;

#endif
