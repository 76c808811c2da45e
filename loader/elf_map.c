// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <sys/mman.h>
#include "loader/elf_map.h"
#include "mm/uaccess.h"

#define PAGE_OFFSET(x) ((u64)(x) & ~PAGE_MASK)

static int segment_prot(const Elf64_Phdr *ph)
{
	return (ph->p_flags & PF_R ? PROT_READ : 0) | (ph->p_flags & PF_W ? PROT_WRITE : 0) |
	       (ph->p_flags & PF_X ? PROT_EXEC : 0);
}

/* vm_mmap(): the checks that come before do_mmap's own. */
static s64 vm_mmap(struct mm_struct *mm, struct file *file, u64 addr, u64 len, int prot, unsigned long flags,
		   u64 off)
{
	if (off + PAGE_ALIGN(len) < off || PAGE_OFFSET(off))
		return -EINVAL;
	return do_mmap(mm, file, addr, len, prot, flags, off);
}

static s64 map_file_part(struct mm_struct *mm, struct file *file, u64 addr, const struct elf_segment *seg)
{
	const Elf64_Phdr *ph = seg->ph;
	u64 size = PAGE_ALIGN(ph->p_filesz + PAGE_OFFSET(ph->p_vaddr));
	u64 off = ph->p_offset - PAGE_OFFSET(ph->p_vaddr);
	u64 total = PAGE_ALIGN(seg->total_size);
	s64 at;

	addr = PAGE_ALIGN_DOWN(addr);
	if (!size)
		return addr;
	if (!seg->total_size)
		return vm_mmap(mm, file, addr, size, segment_prot(ph), seg->flags, off);
	/* The whole image first, so that all of it has room; then cut what is behind this segment. */
	at = vm_mmap(mm, file, addr, total, segment_prot(ph), seg->flags, off);
	if (!BAD_ADDR(at))
		do_munmap(mm, at + size, total - size);
	return at;
}

s64 elf_load(struct mm_struct *mm, struct file *file, u64 addr, const struct elf_segment *seg)
{
	const Elf64_Phdr *ph = seg->ph;
	u64 at = PAGE_ALIGN_DOWN(addr), zero_start, zero_end;
	int err;

	if (ph->p_filesz) {
		at = map_file_part(mm, file, addr, seg);
		if (BAD_ADDR(at) || ph->p_memsz <= ph->p_filesz)
			return at;
		zero_start = at + PAGE_OFFSET(ph->p_vaddr) + ph->p_filesz;
		/* What follows the file's bytes on the last page would be junk. A segment that is not
		 * writable keeps it: Linux ignores the failure there. */
		if (PAGE_OFFSET(zero_start) &&
		    clear_user(mm, zero_start, PAGE_SIZE - PAGE_OFFSET(zero_start)) && (ph->p_flags & PF_W))
			return -EFAULT;
	} else {
		zero_start = at;
	}
	if (ph->p_memsz > ph->p_filesz) {
		zero_start = PAGE_ALIGN(zero_start);
		zero_end = PAGE_ALIGN(at + PAGE_OFFSET(ph->p_vaddr) + ph->p_memsz);
		err = vm_brk(mm, zero_start, zero_end - zero_start, ph->p_flags & PF_X);
		if (err)
			return err;
	}
	return at;
}

u64 elf_total_mapping_size(const Elf64_Phdr *phdrs, unsigned n)
{
	u64 lo = ~0UL, hi = 0;
	bool any = false;

	for (unsigned i = 0; i < n; i++) {
		if (phdrs[i].p_type != PT_LOAD)
			continue;
		lo = min_t(u64, lo, PAGE_ALIGN_DOWN(phdrs[i].p_vaddr));
		hi = max_t(u64, hi, phdrs[i].p_vaddr + phdrs[i].p_memsz);
		any = true;
	}
	return any ? hi - lo : 0;
}

u64 elf_maximum_alignment(const Elf64_Phdr *phdrs, unsigned n)
{
	u64 align = 0;

	for (unsigned i = 0; i < n; i++) {
		u64 a = phdrs[i].p_align;

		if (phdrs[i].p_type == PT_LOAD && a && !(a & (a - 1)) && a > align)
			align = a;
	}
	return PAGE_ALIGN(align);
}
