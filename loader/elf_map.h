/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * elf_map: one PT_LOAD segment into an mm, with the arithmetic (and its wrap-arounds) of Linux's
 * elf_map() and elf_load().
 */
#ifndef ULK_LOADER_ELF_MAP_H
#define ULK_LOADER_ELF_MAP_H

#include <elf.h>
#include "mm/mm.h"

/* Two thirds of the address space: where programs with an interpreter go. Not page aligned in Linux. */
#define ELF_ET_DYN_BASE (((1UL << 47) - PAGE_SIZE) / 3 * 2)
/* An address the user part cannot have: negative errnos are among them. */
#define BAD_ADDR(x) ((u64)(x) >= TASK_SIZE)

struct elf_segment {
	const Elf64_Phdr *ph;
	unsigned long flags; /* MAP_* */
	u64 total_size;	     /* not 0: first segment of an image of this size, to be placed as a whole */
};

/*
 * Map p_filesz bytes at @addr (rounded down to a page), zero the rest of the last page, map zero pages
 * up to p_memsz. Returns the address mapped at, or -errno; may leave part of it mapped.
 */
s64 elf_load(struct mm_struct *mm, struct file *file, u64 addr, const struct elf_segment *seg);

/* From the lowest page to the highest byte of all PT_LOADs; 0 when there are none (or it wraps to 0). */
u64 elf_total_mapping_size(const Elf64_Phdr *phdrs, unsigned n);
/* The largest p_align that is a power of two, rounded up to a page; 0 when there is none. */
u64 elf_maximum_alignment(const Elf64_Phdr *phdrs, unsigned n);

#endif
