// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The words below the strings: platform name, AT_RANDOM's bytes, auxv, envp, argv, argc, at the places
 * and in the order of Linux's create_elf_tables().
 *
 *   sp -> argc | argv[0..] 0 | envp[0..] 0 | auxv ... AT_NULL 0 | (gap) | 16 random bytes | "x86_64"
 *         | (gap) | argv strings | envp strings | file name | 8 zero bytes <- top
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include "loader/internal.h"
#include "mm/uaccess.h"

#ifndef AT_MINSIGSTKSZ
#define AT_MINSIGSTKSZ 51
#endif
#define AT_RSEQ_FEATURE_SIZE_ 27
#define AT_RSEQ_ALIGN_	      28

static const char platform[] = "x86_64";

struct auxv {
	u64 *words;
	unsigned n;
};

static void aux(struct auxv *v, u64 type, u64 value)
{
	v->words[v->n++] = type;
	v->words[v->n++] = value;
}

/* Entries of the host's kernel that older ones do not have: shown when the host shows them. */
static void aux_rseq(struct auxv *v)
{
	unsigned long size = getauxval(AT_RSEQ_FEATURE_SIZE_);

	if (!size)
		return;
	aux(v, AT_RSEQ_FEATURE_SIZE_, size);
	aux(v, AT_RSEQ_ALIGN_, getauxval(AT_RSEQ_ALIGN_));
}

/* Fill mm->saved_auxv; returns how many words go to the stack (the AT_NULL pair included). */
static unsigned fill_auxv(struct exec *x, const Elf64_Ehdr *ehdr, u64 interp_base, u64 e_entry, u64 phdr_addr,
			  u64 u_random, u64 u_platform)
{
	const struct linux_binprm *bprm = x->bprm;
	struct mm_struct *mm = bprm->mm;
	struct auxv v = {mm->saved_auxv, 0};

	memset(mm->saved_auxv, 0, sizeof(mm->saved_auxv));
	if (mm->context.vdso)
		aux(&v, AT_SYSINFO_EHDR, mm->context.vdso);
	aux(&v, AT_MINSIGSTKSZ, bprm->minsigstksz);
	aux(&v, AT_HWCAP, bprm->hwcap);
	aux(&v, AT_PAGESZ, PAGE_SIZE);
	aux(&v, AT_CLKTCK, 100);
	aux(&v, AT_PHDR, phdr_addr);
	aux(&v, AT_PHENT, sizeof(Elf64_Phdr));
	aux(&v, AT_PHNUM, ehdr->e_phnum);
	aux(&v, AT_BASE, interp_base);
	aux(&v, AT_FLAGS, 0);
	aux(&v, AT_ENTRY, e_entry);
	aux(&v, AT_UID, bprm->uid);
	aux(&v, AT_EUID, bprm->euid);
	aux(&v, AT_GID, bprm->gid);
	aux(&v, AT_EGID, bprm->egid);
	aux(&v, AT_SECURE, bprm->secure);
	aux(&v, AT_RANDOM, u_random);
	aux(&v, AT_HWCAP2, bprm->hwcap2);
	aux(&v, AT_EXECFN, x->execfn);
	aux(&v, AT_PLATFORM, u_platform);
	aux_rseq(&v);
	return v.n + 2;
}

/*
 * argv and envp pointers into @words from the strings collected on the host (the guest's copy is the
 * same bytes); sets arg_end .. env_end. Returns the word after the last NULL.
 */
static u64 *fill_pointers(struct exec *x, u64 *words)
{
	struct mm_struct *mm = x->bprm->mm;
	const char *s = x->args.buf + x->args.cap - x->args.used;
	u64 p = mm->arg_start;

	for (int i = 0; i < x->argc; i++) {
		size_t len = strlen(s) + 1;

		*words++ = p;
		p += len;
		s += len;
	}
	*words++ = 0;
	mm->arg_end = mm->env_start = p;
	for (int i = 0; i < x->envc; i++) {
		size_t len = strlen(s) + 1;

		*words++ = p;
		p += len;
		s += len;
	}
	*words++ = 0;
	mm->env_end = p;
	return words;
}

int create_elf_tables(struct exec *x, const Elf64_Ehdr *ehdr, u64 interp_base, u64 e_entry, u64 phdr_addr)
{
	struct mm_struct *mm = x->bprm->mm;
	u64 p = arch_align_stack(x, mm->arg_start, ASLR_STACK_ALIGN_SP);
	size_t items = (size_t)x->argc + 1 + x->envc + 1 + 1;
	u64 u_platform, u_random, *words, *w;
	unsigned n_aux;
	size_t bytes, left;

	u_platform = p -= sizeof(platform);
	u_random = p -= sizeof(x->bprm->at_random);
	n_aux = fill_auxv(x, ehdr, interp_base, e_entry, phdr_addr, u_random, u_platform);
	if (copy_to_user(mm, u_platform, platform, sizeof(platform)) ||
	    copy_to_user(mm, u_random, x->bprm->at_random, sizeof(x->bprm->at_random)))
		return exec_fail(x, -EFAULT, "the stack is too small for the program's start");

	/* Linux aligns the address of the whole block of words, after taking auxv's share unaligned. */
	x->bprm->sp = (p - (n_aux + items) * sizeof(u64)) & ~15UL;
	bytes = (items + n_aux) * sizeof(u64);
	words = malloc(bytes);
	if (!words)
		return exec_fail(x, -ENOMEM, "out of memory");
	words[0] = x->argc;
	w = fill_pointers(x, words + 1);
	memcpy(w, mm->saved_auxv, n_aux * sizeof(u64));
	left = copy_to_user(mm, x->bprm->sp, words, bytes);
	free(words);
	if (left)
		return exec_fail(x, -EFAULT, "the stack is too small for the argument pointers");
	return 0;
}
