// SPDX-License-Identifier: GPL-2.0-or-later
#include <sys/procfs.h>
/* sys/user.h, which that includes, has its own, of other types. */
#undef PAGE_SHIFT
#undef PAGE_SIZE
#undef PAGE_MASK
#include <elf.h>
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "loader/core.h"
#include "mm/file.h"
#include "mm/pgtable.h"

#ifndef NT_SIGINFO
#define NT_SIGINFO 0x53494749
#define NT_FILE 0x46494c45
#endif
#define NT_X86_XSTATE_ 0x202

/* Bits of the coredump filter: Documentation/filesystems/proc.rst. */
enum { DUMP_ANON_PRIVATE, DUMP_ANON_SHARED, DUMP_MAPPED_PRIVATE, DUMP_MAPPED_SHARED, DUMP_ELF_HEADERS };

/* XSAVE area of a CPU with x87 and SSE alone: the FXSAVE image, whose spare bytes hold XCR0, and the header. */
struct xsave {
	struct cpu_fxstate fx;
	u64 xstate_bv, xcomp_bv, reserved[6];
};
#define XCR0_OFFSET 464
#define XFEATURES_FP_SSE 3

/* ---- notes, in a memory stream ---- */

static void put_note(FILE *out, const char *name, u32 type, const void *desc, size_t size)
{
	const Elf64_Nhdr h = {.n_namesz = (u32)strlen(name) + 1, .n_descsz = (u32)size, .n_type = type};
	static const char zeros[4];

	fwrite(&h, sizeof(h), 1, out);
	fwrite(name, 1, h.n_namesz, out);
	fwrite(zeros, 1, -h.n_namesz & 3, out);
	fwrite(desc, 1, size, out);
	fwrite(zeros, 1, -size & 3, out);
}

static void put_prstatus(FILE *out, const struct core_info *core, const struct core_thread *t)
{
	const struct cpu_regs *r = &t->regs;
	const u64 regs[ELF_NGREG] = {
		r->r15, r->r14, r->r13, r->r12, r->rbp, r->rbx, r->r11, r->r10, r->r9, r->r8, r->rax, r->rcx, r->rdx,
		r->rsi, r->rdi, t->orig_rax, r->rip, r->cs, r->rflags, r->rsp, r->ss, r->fs_base, r->gs_base,
		r->ds, r->es, r->fs, r->gs,
	};
	struct elf_prstatus st = {
		.pr_info.si_signo = core->info->si_signo,
		.pr_cursig = (short)core->info->si_signo,
		.pr_sigpend = t->pending,
		.pr_sighold = t->blocked,
		.pr_pid = t->tid,
		.pr_ppid = core->ppid,
		.pr_pgrp = core->pgrp,
		.pr_sid = core->sid,
		.pr_utime = core->utime,
		.pr_stime = core->stime,
		.pr_cutime = core->cutime,
		.pr_cstime = core->cstime,
		.pr_fpvalid = 1,
	};

	memcpy(&st.pr_reg, regs, sizeof(regs));
	put_note(out, "CORE", NT_PRSTATUS, &st, sizeof(st));
}

static void put_prpsinfo(FILE *out, const struct core_info *core)
{
	struct elf_prpsinfo ps = {
		.pr_state = 0,
		.pr_sname = 'R',
		.pr_nice = (char)core->nice,
		.pr_flag = core->flags,
		.pr_uid = core->uid,
		.pr_gid = core->gid,
		.pr_pid = core->pid,
		.pr_ppid = core->ppid,
		.pr_pgrp = core->pgrp,
		.pr_sid = core->sid,
	};
	struct mm_struct *mm = core->mm;
	size_t n = min_t(u64, mm->arg_end - mm->arg_start, sizeof(ps.pr_psargs) - 1);

	memcpy(ps.pr_fname, core->comm, strnlen(core->comm, sizeof(ps.pr_fname) - 1));
	n = mm_peek(mm, mm->arg_start, ps.pr_psargs, n);
	for (size_t i = 0; i < n; i++) {
		if (!ps.pr_psargs[i])
			ps.pr_psargs[i] = ' ';
	}
	put_note(out, "CORE", NT_PRPSINFO, &ps, sizeof(ps));
}

static void put_auxv(FILE *out, const struct mm_struct *mm)
{
	unsigned n = 0;

	while (n + 2 <= AT_VECTOR_SIZE && mm->saved_auxv[n])
		n += 2;
	put_note(out, "CORE", NT_AUXV, mm->saved_auxv, min_t(size_t, n + 2, AT_VECTOR_SIZE) * sizeof(u64));
}

/* Count, page size, then start, end and offset of each mapped file, then their names. */
static void put_files(FILE *out, struct mm_struct *mm)
{
	char *text = NULL, *names = NULL, path[PATH_MAX + 16];
	size_t size, names_size;
	FILE *note = open_memstream(&text, &size), *list = open_memstream(&names, &names_size);
	struct vm_area_struct *vma;
	u64 head[2] = {0, 1};

	if (!note || !list)
		goto out;
	for_each_vma(mm, vma)
		head[0] += vma->vm_file != NULL;
	head[1] = PAGE_SIZE;
	fwrite(head, sizeof(head), 1, note);
	for_each_vma(mm, vma) {
		const u64 entry[3] = {vma->vm_start, vma->vm_end, vma->vm_pgoff};

		if (!vma->vm_file)
			continue;
		fwrite(entry, sizeof(entry), 1, note);
		if (vma->vm_file->name)
			fputs(vma->vm_file->name, list);
		else if (file_path(vma->vm_file, path, sizeof(path)) >= 0)
			fputs(path, list);
		putc('\0', list);
	}
	fflush(list);
	fwrite(names, 1, names_size, note);
	fflush(note);
	if (head[0])
		put_note(out, "CORE", NT_FILE, text, size);
out:
	if (note)
		fclose(note);
	if (list)
		fclose(list);
	free(text);
	free(names);
}

static void put_fpstate(FILE *out, const struct core_thread *t)
{
	struct xsave xs = {.fx = t->fx, .xstate_bv = XFEATURES_FP_SSE};
	const u64 xcr0 = XFEATURES_FP_SSE;

	put_note(out, "CORE", NT_FPREGSET, &t->fx, sizeof(t->fx));
	memcpy((char *)&xs.fx + XCR0_OFFSET, &xcr0, sizeof(xcr0));
	put_note(out, "LINUX", NT_X86_XSTATE_, &xs, sizeof(xs));
}

static void put_notes(FILE *out, const struct core_info *core)
{
	for (unsigned i = 0; i < core->nr_threads; i++) {
		put_prstatus(out, core, &core->threads[i]);
		if (!i) {
			put_prpsinfo(out, core);
			put_note(out, "CORE", NT_SIGINFO, core->info, sizeof(*core->info));
			put_auxv(out, core->mm);
			put_files(out, core->mm);
		}
		put_fpstate(out, &core->threads[i]);
	}
}

/* ---- segments ---- */

static bool is_unlinked(const struct file *file)
{
	struct stat st;

	return fstat(file->fd, &st) == 0 && st.st_nlink == 0;
}

/* Linux's vma_dump_size(): how much of an area is written. */
static u64 vma_dump_size(const struct vm_area_struct *vma)
{
	unsigned long filter = vma->vm_mm->flags >> MMF_DUMP_FILTER_SHIFT;
	u64 whole = vma->vm_end - vma->vm_start;
	char magic[SELFMAG];

	/* [vdso] is code that nobody could find elsewhere; [vvar] is VM_IO. */
	if (vma->special)
		return vma->vm_flags & VM_IO ? 0 : whole;
	if (vma->vm_flags & (VM_DONTDUMP | VM_IO))
		return 0;
	if (vma->vm_flags & VM_SHARED) {
		bool anon = !vma->vm_file || is_unlinked(vma->vm_file);

		return filter >> (anon ? DUMP_ANON_SHARED : DUMP_MAPPED_SHARED) & 1 ? whole : 0;
	}
	if (vma->anon_vma && (filter >> DUMP_ANON_PRIVATE & 1))
		return whole;
	if (!vma->vm_file)
		return 0;
	if (filter >> DUMP_MAPPED_PRIVATE & 1)
		return whole;
	if ((filter >> DUMP_ELF_HEADERS & 1) && !vma->vm_pgoff && (vma->vm_flags & VM_READ) &&
	    mm_peek(vma->vm_mm, vma->vm_start, magic, SELFMAG) == SELFMAG && !memcmp(magic, ELFMAG, SELFMAG))
		return PAGE_SIZE;
	return 0;
}

/* Where the dump is being written. */
struct sink {
	int fd;
	u64 pos, limit;
	int err;
};

static void sink_write(struct sink *s, u64 pos, const void *buf, size_t n)
{
	const char *p = buf;

	if (pos >= s->limit)
		return;
	n = min_t(u64, n, s->limit - pos);
	while (n && !s->err) {
		ssize_t done = pwrite(s->fd, p, n, (off_t)pos);

		if (done < 0 && errno == EINTR)
			continue;
		if (done <= 0) {
			s->err = done ? -errno : -EIO;
			return;
		}
		p += done;
		pos += (u64)done;
		n -= (size_t)done;
	}
}

/* The pages of an area that are there; of a file's, also those that are only in the file. */
static void dump_area(struct sink *s, const struct vm_area_struct *vma, u64 pos, u64 size)
{
	struct mm_struct *mm = vma->vm_mm;
	u64 end = vma->vm_start + size, addr = vma->vm_start, stop;
	bool all = vma->vm_file || vma->special;
	char page[PAGE_SIZE];
	const pte_t *pte;

	while (!s->err && addr < end && pos + (addr - vma->vm_start) < s->limit) {
		if (all) {
			if (mm_peek(mm, addr, page, PAGE_SIZE) == PAGE_SIZE)
				sink_write(s, pos + (addr - vma->vm_start), page, PAGE_SIZE);
			addr += PAGE_SIZE;
			continue;
		}
		pte = pte_next_table(mm, &addr, end, &stop);
		if (!pte)
			break;
		for (; addr < stop && !s->err; addr += PAGE_SIZE, pte++) {
			if (pte_present(*pte) && pte_pfn(*pte) != mm->phys->zero_pfn)
				sink_write(s, pos + (addr - vma->vm_start),
					   pfn_to_host(mm->phys, pte_pfn(*pte)), PAGE_SIZE);
		}
	}
}

static u32 segment_flags(const struct vm_area_struct *vma)
{
	return (vma->vm_flags & VM_READ ? PF_R : 0) | (vma->vm_flags & VM_WRITE ? PF_W : 0) |
	       (vma->vm_flags & VM_EXEC ? PF_X : 0);
}

/* From here on the number of segments stands in a section header. */
#define MANY_SEGMENTS PN_XNUM

static int write_core(struct sink *s, const struct core_info *core, const char *notes, size_t notes_size)
{
	struct vm_area_struct *vma;
	u64 nr = (u64)core->mm->map_count + 1, headers = sizeof(Elf64_Ehdr) + nr * sizeof(Elf64_Phdr);
	bool many = nr >= MANY_SEGMENTS;
	u64 data = PAGE_ALIGN(headers + notes_size), pos = data, i = 1;
	Elf64_Phdr *ph = calloc(nr, sizeof(*ph));
	Elf64_Ehdr eh = {
		.e_type = ET_CORE, .e_machine = EM_X86_64, .e_version = EV_CURRENT, .e_phoff = sizeof(eh),
		.e_ehsize = sizeof(eh), .e_phentsize = sizeof(*ph), .e_phnum = many ? MANY_SEGMENTS : (Elf64_Half)nr,
	};

	if (!ph)
		return -ENOMEM;
	memcpy(eh.e_ident, ELFMAG, SELFMAG);
	eh.e_ident[EI_CLASS] = ELFCLASS64;
	eh.e_ident[EI_DATA] = ELFDATA2LSB;
	eh.e_ident[EI_VERSION] = EV_CURRENT;
	ph[0] = (Elf64_Phdr){.p_type = PT_NOTE, .p_offset = headers, .p_filesz = notes_size, .p_align = 4};
	for_each_vma(core->mm, vma) {
		u64 size = vma_dump_size(vma);

		ph[i++] = (Elf64_Phdr){.p_type = PT_LOAD, .p_flags = segment_flags(vma), .p_offset = pos,
				       .p_vaddr = vma->vm_start, .p_filesz = size,
				       .p_memsz = vma->vm_end - vma->vm_start, .p_align = PAGE_SIZE};
		dump_area(s, vma, pos, size);
		pos += size;
	}
	if (many) {
		const Elf64_Shdr sh = {.sh_info = (u32)nr};

		eh.e_shoff = pos;
		eh.e_shentsize = sizeof(sh);
		eh.e_shnum = 1;
		sink_write(s, pos, &sh, sizeof(sh));
		pos += sizeof(sh);
	}
	sink_write(s, 0, &eh, sizeof(eh));
	sink_write(s, sizeof(eh), ph, nr * sizeof(*ph));
	sink_write(s, headers, notes, notes_size);
	free(ph);
	/* Holes at the end count, too. */
	if (!s->err && ftruncate(s->fd, (off_t)min_t(u64, pos, s->limit)))
		s->err = -errno;
	return s->err;
}

int elf_core_dump(int fd, const struct core_info *core, u64 limit)
{
	struct sink s = {.fd = fd, .limit = limit};
	char *notes = NULL;
	size_t size;
	FILE *out;
	int err;

	if (limit < PAGE_SIZE)
		return -EFBIG;
	out = open_memstream(&notes, &size);
	if (!out)
		return -ENOMEM;
	put_notes(out, core);
	if (fclose(out)) {
		free(notes);
		return -ENOMEM;
	}
	err = write_core(&s, core, notes, size);
	free(notes);
	return err;
}
