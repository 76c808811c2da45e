/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * binfmt: execve's work from a path to a ready mm: formats (ELF, #!), the initial stack and auxv, the
 * vDSO. Knows mm/ and the host's files, nothing of tasks.
 *
 * The referee is the host's kernel: same layout, same stack bytes, same errno on malformed input.
 */
#ifndef ULK_LOADER_BINFMT_H
#define ULK_LOADER_BINFMT_H

#include "mm/mm.h"

struct linux_binprm {
	/* -- in: the caller's, borrowed for the call -- */
	struct phys *phys;
	struct mm_env *env;
	const char *filename;      /* the path execve was given: AT_EXECFN; relative to the host's cwd */
	int fd;                    /* execveat: open descriptor of the program, or -1 to open filename; close-on-exec
				      when an interpreter will not find it under filename */
	char *const *argv;         /* NULL-terminated; an empty one becomes { "" } as Linux >= 5.18 does */
	char *const *envp;
	u32 uid, euid, gid, egid;
	bool secure;               /* AT_SECURE */
	u64 hwcap, hwcap2, minsigstksz;
	u8 at_random[16];
	bool no_vdso;

	/* -- out -- */
	struct mm_struct *mm;      /* one user, the caller's; NULL on error */
	u64 entry;                 /* first RIP: the interpreter's when there is one */
	u64 sp;                    /* first RSP: where argc is */
	char comm[16];
	char why[160];             /* one clear clause on error ("ELF: program header table past end of file") */
	char *interp_name;         /* malloc'ed path of the #! or PT_INTERP interpreter, or NULL */
};

/*
 * Build the mm for bprm->filename. Returns 0, or the negative errno that execve would return natively
 * (ENOEXEC, ENOMEM, EINVAL, EACCES, E2BIG, ELIBBAD, ELOOP, ENOENT, ENOTDIR, ETXTBSY, EIO...). Where
 * Linux would already have killed the process (past the point of no return) the result is LOAD_FATAL
 * and *fatal_signo says by which signal. On success env->personality and, with @secure, RLIMIT_STACK
 * are as execve leaves them.
 */
#define LOAD_FATAL (-4096)
int load_program(struct linux_binprm *bprm, int *fatal_signo);

/* The format that loaded @mm's program: "elf"; NULL when none did. */
const char *binfmt_name(const struct mm_struct *mm);

/* The vDSO image as a special mapping in @phys (made once per phys), and its ELF entry for AT_SYSINFO_EHDR. */
const struct vm_special_mapping *vdso_image(struct phys *phys);

/* The kernel's own mapping of this name ("[vdso]", "[vvar]"), for an mm that comes from a snapshot's file; NULL: there is none. */
const struct vm_special_mapping *vdso_mapping(struct phys *phys, const char *name);
/* A sum of the vDSO's code: programs that stand in it go on only in the same. */
u64 vdso_sum(void);
/* @mm comes from a snapshot's file: the format and the vDSO that execve would have noted. */
void binfmt_resume(struct mm_struct *mm);

/* ---- symbols, for --at SYMBOL and observers (loader/symbols.c, through libelf) ---- */
/* Run-time address of @name in the program of @mm (load bias applied). 0 or -errno (-ENOENT). */
int symbol_address(struct mm_struct *mm, const char *name, u64 *addr);
/* Symbol that covers @addr: name into buf ("main+0x12"). False when there is none. */
bool symbol_at(struct mm_struct *mm, u64 addr, char *buf, size_t size);

#endif
