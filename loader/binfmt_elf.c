// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * ELF programs. The kernel's own order of checks, so that malformed files get the kernel's errno; it
 * looks at few fields (not at e_ident beyond the magic, e_version, e_ehsize, ...), and neither do we.
 */
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/personality.h>
#include "loader/elf_map.h"
#include "loader/internal.h"

#ifndef EM_486
#define EM_486 6
#endif
#ifndef PT_GNU_PROPERTY
#define PT_GNU_PROPERTY 0x6474e553
#endif
#define BRK_RND_BITS 18 /* 1 GiB of pages */

/* One ELF file being loaded: the program or its interpreter. */
struct elf_file {
	struct file *file;
	Elf64_Ehdr ehdr;
	Elf64_Phdr *phdrs;
};

/* The addresses that load_elf_binary() works out. */
struct elf_layout {
	u64 bias, phdr_addr, brk;
	u64 start_code, end_code, start_data, end_data;
};

/* Program headers of @elf, malloc'ed. False for every reason, as in Linux: the caller has one errno. */
static bool load_elf_phdrs(struct exec *x, struct elf_file *elf)
{
	size_t size = sizeof(Elf64_Phdr) * elf->ehdr.e_phnum;

	if (elf->ehdr.e_phentsize != sizeof(Elf64_Phdr) || size == 0 || size > 65536)
		return false;
	elf->phdrs = malloc(size);
	return elf->phdrs && !elf_read(x, elf->file, elf->phdrs, size, elf->ehdr.e_phoff);
}

/* The first PT_INTERP: open what it names, read its header into @interp. 0 (also when none) or -errno. */
static int open_interp(struct exec *x, const struct elf_file *prog, struct elf_file *interp)
{
	const Elf64_Phdr *ph = prog->phdrs;
	const Elf64_Phdr *end = ph + prog->ehdr.e_phnum;
	char *path;
	int err;

	while (ph < end && ph->p_type != PT_INTERP)
		ph++;
	if (ph == end)
		return 0;
	if (ph->p_filesz > PATH_MAX || ph->p_filesz < 2)
		return exec_fail(x, -ENOEXEC, "ELF: interpreter path of %lu bytes",
				 (unsigned long)ph->p_filesz);
	path = malloc(ph->p_filesz);
	if (!path)
		return exec_fail(x, -ENOMEM, "out of memory");
	err = elf_read(x, prog->file, path, ph->p_filesz, ph->p_offset);
	if (err)
		exec_fail(x, err, "ELF: interpreter path past the end of the file");
	else if (path[ph->p_filesz - 1])
		err = exec_fail(x, -ENOEXEC, "ELF: interpreter path without its NUL");
	else
		err = open_exec(x, path, &interp->file);
	if (err) {
		free(path);
		return err;
	}
	x->bprm->interp_name = path;
	err = elf_read(x, interp->file, &interp->ehdr, sizeof(interp->ehdr), 0);
	if (err)
		return exec_fail(x, err, "ELF: interpreter %.80s: shorter than an ELF header", path);
	return 0;
}

static int check_interp(struct exec *x, struct elf_file *interp)
{
	const char *name = x->bprm->interp_name;

	if (memcmp(interp->ehdr.e_ident, ELFMAG, SELFMAG))
		return exec_fail(x, -ELIBBAD, "ELF: interpreter %.80s is not an ELF file", name);
	if (interp->ehdr.e_machine != EM_X86_64)
		return exec_fail(x, -ELIBBAD, "ELF: interpreter %.80s is for another machine", name);
	if (!load_elf_phdrs(x, interp))
		return exec_fail(x, -ELIBBAD, "ELF: interpreter %.80s: bad program headers", name);
	return 0;
}

/* PT_GNU_STACK decides (the last one); without it the stack is not executable on x86-64. */
static bool wants_exec_stack(const struct elf_file *elf)
{
	bool exec = false;

	for (int i = 0; i < elf->ehdr.e_phnum; i++)
		if (elf->phdrs[i].p_type == PT_GNU_STACK)
			exec = elf->phdrs[i].p_flags & PF_X;
	return exec;
}

/*
 * Load bias and mmap flags for the first PT_LOAD of an ET_DYN file. With an interpreter it is a
 * program, at ELF_ET_DYN_BASE; without one it is a loader (or a static PIE) and goes to the mmap area,
 * where do_mmap picks the place unless a large alignment asks for a trial mapping first.
 */
static int place_dyn(struct exec *x, const struct elf_file *elf, const Elf64_Phdr *ph, bool has_interp,
		     struct elf_segment *seg, u64 *bias)
{
	u64 align = elf_maximum_alignment(elf->phdrs, elf->ehdr.e_phnum);
	u64 base = 0;

	seg->total_size = elf_total_mapping_size(elf->phdrs, elf->ehdr.e_phnum);
	if (!seg->total_size)
		return exec_fail(x, -EINVAL, "ELF: segments of no size");
	if (has_interp) {
		base = ELF_ET_DYN_BASE;
		if (exec_randomize(x))
			base += aslr_bits(x->bprm->mm, ASLR_ET_DYN, 28) << PAGE_SHIFT;
		if (align)
			base &= ~(align - 1);
		seg->flags |= MAP_FIXED_NOREPLACE;
	} else if (align > PAGE_SIZE) {
		s64 trial = elf_load(x->bprm->mm, elf->file, 0, seg);

		if (BAD_ADDR(trial))
			return exec_fail(x, trial < 0 ? (int)trial : -EINVAL, "ELF: no room for %#lx bytes",
					 (unsigned long)seg->total_size);
		do_munmap(x->bprm->mm, trial, seg->total_size);
		base = trial & ~(align - 1);
		seg->flags |= MAP_FIXED_NOREPLACE;
	}
	*bias = PAGE_ALIGN_DOWN(base - ph->p_vaddr);
	return 0;
}

/* What a mapped segment adds to the picture. -EINVAL when it leaves the address space. */
static int note_segment(struct exec *x, const Elf64_Ehdr *ehdr, const Elf64_Phdr *ph, struct elf_layout *l)
{
	u64 start = ph->p_vaddr, file_end = start + ph->p_filesz, mem_end = start + ph->p_memsz;

	if (ph->p_offset <= ehdr->e_phoff && ehdr->e_phoff < ph->p_offset + ph->p_filesz)
		l->phdr_addr = ehdr->e_phoff - ph->p_offset + start;
	if ((ph->p_flags & PF_X) && start < l->start_code)
		l->start_code = start;
	if (l->start_data < start)
		l->start_data = start;
	if (BAD_ADDR(start) || ph->p_filesz > ph->p_memsz || ph->p_memsz > TASK_SIZE ||
	    TASK_SIZE - ph->p_memsz < start)
		return exec_fail(x, -EINVAL, "ELF: segment at %#lx of %#lx bytes does not fit",
				 (unsigned long)start, (unsigned long)ph->p_memsz);
	if ((ph->p_flags & PF_X) && l->end_code < file_end)
		l->end_code = file_end;
	if (l->end_data < file_end)
		l->end_data = file_end;
	if (l->brk < mem_end)
		l->brk = mem_end;
	return 0;
}

static int map_program(struct exec *x, const struct elf_file *elf, bool has_interp, struct elf_layout *l)
{
	bool first = true, dyn = elf->ehdr.e_type == ET_DYN;
	int err;

	*l = (struct elf_layout){.start_code = ~0UL};
	for (int i = 0; i < elf->ehdr.e_phnum; i++) {
		const Elf64_Phdr *ph = &elf->phdrs[i];
		struct elf_segment seg = {ph, MAP_PRIVATE, 0};
		s64 addr;

		if (ph->p_type != PT_LOAD)
			continue;
		if (!first) {
			seg.flags |= MAP_FIXED;
		} else if (!dyn) {
			seg.flags |= MAP_FIXED_NOREPLACE;
		} else {
			err = place_dyn(x, elf, ph, has_interp, &seg, &l->bias);
			if (err)
				return err;
		}
		addr = elf_load(x->bprm->mm, elf->file, l->bias + ph->p_vaddr, &seg);
		if (BAD_ADDR(addr))
			return exec_fail(x, addr < 0 ? (int)addr : -EINVAL,
					 "ELF: segment %d cannot be mapped: %s", i,
					 strerror(addr < 0 ? -(int)addr : EINVAL));
		if (first && dyn)
			l->bias += addr - PAGE_ALIGN_DOWN(l->bias + ph->p_vaddr);
		first = false;
		err = note_segment(x, &elf->ehdr, ph, l);
		if (err)
			return err;
	}
	l->phdr_addr += l->bias;
	l->brk += l->bias;
	l->start_code += l->bias;
	l->end_code += l->bias;
	l->start_data += l->bias;
	l->end_data += l->bias;
	return 0;
}

/* Map the interpreter. Returns its load bias; the failures are fatal, so only one errno. */
static s64 map_interp(struct exec *x, const struct elf_file *elf, u64 program_bias)
{
	bool dyn = elf->ehdr.e_type == ET_DYN, placed = false;
	u64 bias = 0, total;

	if (elf->ehdr.e_type != ET_EXEC && !dyn)
		return -EPERM;
	total = elf_total_mapping_size(elf->phdrs, elf->ehdr.e_phnum);
	if (!total)
		return -EINVAL;
	for (int i = 0; i < elf->ehdr.e_phnum; i++) {
		const Elf64_Phdr *ph = &elf->phdrs[i];
		struct elf_segment seg = {ph, MAP_PRIVATE, total};
		s64 addr;
		u64 at;

		if (ph->p_type != PT_LOAD)
			continue;
		if (!dyn || placed)
			seg.flags |= MAP_FIXED;
		else if (program_bias)
			bias = -ph->p_vaddr;
		total = 0;
		addr = elf_load(x->bprm->mm, elf->file, bias + ph->p_vaddr, &seg);
		if (BAD_ADDR(addr))
			return addr < 0 ? addr : -ENOMEM;
		if (dyn && !placed) {
			bias = addr - PAGE_ALIGN_DOWN(ph->p_vaddr);
			placed = true;
		}
		at = bias + ph->p_vaddr;
		if (BAD_ADDR(at) || ph->p_filesz > ph->p_memsz || ph->p_memsz > TASK_SIZE ||
		    TASK_SIZE - ph->p_memsz < at)
			return -ENOMEM;
	}
	return bias;
}

/*
 * Where the heap starts: after the program, but for a static PIE, whose place in the mmap area would
 * leave it no room, at ELF_ET_DYN_BASE. Randomisation moves it by up to 1 GiB, with a page of gap.
 */
static void set_brk(struct exec *x, bool static_pie, u64 brk)
{
	struct mm_struct *mm = x->bprm->mm;

	mm->start_brk = PAGE_ALIGN(static_pie ? ELF_ET_DYN_BASE : brk);
	if (exec_randomize(x)) {
		if (!static_pie)
			mm->start_brk += PAGE_SIZE;
		mm->start_brk += aslr_bits(mm, ASLR_BRK, BRK_RND_BITS) << PAGE_SHIFT;
	}
	mm->brk = mm->start_brk;
}

/* SVr4's readable page 0, sealed, for those who ask through personality(2). */
static void map_page_zero(struct exec *x)
{
	struct mm_struct *mm = x->bprm->mm;
	struct vm_area_struct *vma;

	if (!(x->bprm->env->personality & MMAP_PAGE_ZERO))
		return;
	do_mmap(mm, NULL, 0, PAGE_SIZE, PROT_READ | PROT_EXEC, MAP_FIXED | MAP_PRIVATE | MAP_ANONYMOUS, 0);
	vma = vma_lookup(mm, 0);
	if (vma)
		vma->vm_flags |= VM_SEALED;
}

/* Everything past the point of no return. */
static int load_into_mm(struct exec *x, const struct elf_file *prog, const struct elf_file *interp)
{
	struct linux_binprm *bprm = x->bprm;
	u64 interp_base = 0, e_entry;
	struct elf_layout l;
	struct mm_struct *mm;
	int err;

	err = map_program(x, prog, interp->file, &l);
	if (err)
		return err;
	mm = bprm->mm;
	e_entry = bprm->entry = prog->ehdr.e_entry + l.bias;
	if (interp->file) {
		s64 base = map_interp(x, interp, l.bias);

		/* The bias itself may look negative, for an interpreter linked high: Linux looks at it as
		 * an errno only in the last page's range. */
		if ((u64)base >= (u64)-4095)
			return exec_fail(x, base, "ELF: interpreter %.80s cannot be mapped",
					 bprm->interp_name);
		interp_base = base;
		bprm->entry = interp_base + interp->ehdr.e_entry;
	}
	if (BAD_ADDR(bprm->entry))
		return exec_fail(x, -EINVAL, "ELF: entry point %#lx", (unsigned long)bprm->entry);
	mm->binfmt = &elf_format;
	if (!bprm->no_vdso) {
		err = map_vdso(mm);
		if (err)
			return exec_fail(x, err, "no room for the vDSO");
	}
	err = create_elf_tables(x, &prog->ehdr, interp_base, e_entry, l.phdr_addr);
	if (err)
		return err;
	mm->start_code = l.start_code;
	mm->end_code = l.end_code;
	mm->start_data = l.start_data;
	mm->end_data = l.end_data;
	mm->start_stack = bprm->sp;
	set_brk(x, prog->ehdr.e_type == ET_DYN && !interp->file, l.brk);
	map_page_zero(x);
	return 0;
}

/* The header's part of the checks: -ENOEXEC with a reason, or 0. */
static int check_header(struct exec *x, const Elf64_Ehdr *ehdr)
{
	if (memcmp(ehdr->e_ident, ELFMAG, SELFMAG))
		return -ENOEXEC;
	if (ehdr->e_type != ET_EXEC && ehdr->e_type != ET_DYN)
		return exec_fail(x, -ENOEXEC, "ELF: type %u is neither an executable nor a shared object",
				 ehdr->e_type);
	if (ehdr->e_machine == EM_386 || ehdr->e_machine == EM_486)
		return exec_fail(x, -ENOEXEC, "ELF: 32-bit (i386) program; ulk runs x86-64 programs only");
	if (ehdr->e_machine != EM_X86_64)
		return exec_fail(x, -ENOEXEC, "ELF: machine %u; ulk runs x86-64 programs only",
				 ehdr->e_machine);
	return 0;
}

static int load_elf_binary(struct exec *x)
{
	struct elf_file prog = {.file = x->file}, interp = {0};
	int err;

	/* As Linux: from the zero-padded first bytes, so that a short file is just a bad header. */
	memcpy(&prog.ehdr, x->head, sizeof(prog.ehdr));
	err = check_header(x, &prog.ehdr);
	if (err)
		return err;
	if (!load_elf_phdrs(x, &prog))
		err = exec_fail(x, -ENOEXEC, "ELF: bad program headers (%u of %u bytes at %#lx)",
				prog.ehdr.e_phnum, prog.ehdr.e_phentsize, (unsigned long)prog.ehdr.e_phoff);
	if (!err)
		err = open_interp(x, &prog, &interp);
	if (!err && interp.file)
		err = check_interp(x, &interp);
	if (!err)
		err = begin_new_exec(x, wants_exec_stack(&prog));
	if (!err)
		err = load_into_mm(x, &prog, &interp);
	free(prog.phdrs);
	free(interp.phdrs);
	if (interp.file)
		fput(interp.file);
	return err;
}

const struct linux_binfmt elf_format = {.name = "elf", .load_binary = load_elf_binary};

void binfmt_resume(struct mm_struct *mm)
{
	mm->binfmt = &elf_format;
	mm->context.vdso_image = mm->context.vdso ? vdso_image(mm->phys) : NULL;
}
