// SPDX-License-Identifier: GPL-2.0-or-later
/* Names and addresses through libelf: only when someone asks, never while loading. */
#include <errno.h>
#include <fcntl.h>
#include <gelf.h>
#include <stdio.h>
#include <string.h>
#include "loader/internal.h"

/* Function or object in the file; ->name is valid while the Elf is open. */
struct found {
	const char *name;
	u64 value, size;
};
typedef bool (*symbol_match)(const struct found *sym, void *arg);

/* Call @match for each defined symbol of .symtab, then .dynsym, until it returns true. */
static bool for_each_symbol(Elf *elf, symbol_match match, void *arg)
{
	static const Elf64_Word tables[] = {SHT_SYMTAB, SHT_DYNSYM};

	for (size_t t = 0; t < ARRAY_SIZE(tables); t++) {
		for (Elf_Scn *scn = NULL; (scn = elf_nextscn(elf, scn));) {
			GElf_Shdr shdr;
			Elf_Data *data;

			if (!gelf_getshdr(scn, &shdr) || shdr.sh_type != tables[t] || !shdr.sh_entsize)
				continue;
			data = elf_getdata(scn, NULL);
			for (size_t i = 0; data && i < shdr.sh_size / shdr.sh_entsize; i++) {
				struct found f;
				GElf_Sym sym;
				int type;

				if (!gelf_getsym(data, i, &sym) || sym.st_shndx == SHN_UNDEF)
					continue;
				type = GELF_ST_TYPE(sym.st_info);
				f.name = elf_strptr(elf, shdr.sh_link, sym.st_name);
				f.value = sym.st_value;
				f.size = sym.st_size;
				if (f.name && f.name[0] && type != STT_SECTION && type != STT_FILE &&
				    type != STT_TLS && match(&f, arg))
					return true;
			}
		}
	}
	return false;
}

static Elf *open_elf(struct file *file)
{
	if (!file || elf_version(EV_CURRENT) == EV_NONE)
		return NULL;
	return elf_begin(file->fd, ELF_C_READ_MMAP, NULL);
}

/*
 * Load bias of @file in @mm: the lowest VMA that maps it against the PT_LOAD it came from.
 * False when it is not mapped.
 */
static bool load_bias(struct mm_struct *mm, Elf *elf, const struct file *file, u64 *bias)
{
	struct vm_area_struct *vma;
	size_t n;

	if (elf_getphdrnum(elf, &n))
		return false;
	for_each_vma (mm, vma) {
		if (!vma->vm_file || vma->vm_file->f_mapping != file->f_mapping)
			continue;
		for (size_t i = 0; i < n; i++) {
			GElf_Phdr ph;

			if (!gelf_getphdr(elf, i, &ph) || ph.p_type != PT_LOAD ||
			    ph.p_offset >> PAGE_SHIFT != vma->vm_pgoff)
				continue;
			*bias = vma->vm_start - PAGE_ALIGN_DOWN(ph.p_vaddr);
			return true;
		}
	}
	return false;
}

struct by_name {
	const char *name;
	u64 value;
};

static bool match_name(const struct found *sym, void *arg)
{
	struct by_name *want = arg;

	if (strcmp(sym->name, want->name))
		return false;
	want->value = sym->value;
	return true;
}

int symbol_address(struct mm_struct *mm, const char *name, u64 *addr)
{
	struct by_name want = {name, 0};
	Elf *elf = open_elf(mm->exe_file);
	u64 bias;
	int err = -ENOENT;

	if (!elf)
		return -ENOENT;
	if (for_each_symbol(elf, match_name, &want) && load_bias(mm, elf, mm->exe_file, &bias)) {
		*addr = want.value + bias;
		err = 0;
	}
	elf_end(elf);
	return err;
}

struct by_address {
	u64 addr;
	struct found best;
};

/* The nearest symbol at or below; one whose size says it ends before does not cover the address. */
static bool match_address(const struct found *sym, void *arg)
{
	struct by_address *want = arg;

	if (sym->value <= want->addr && (!sym->size || want->addr - sym->value < sym->size) &&
	    (!want->best.name || sym->value > want->best.value ||
	     (sym->value == want->best.value && sym->size && !want->best.size)))
		want->best = *sym;
	return false;
}

bool symbol_at(struct mm_struct *mm, u64 addr, char *buf, size_t size)
{
	struct vm_area_struct *vma = vma_lookup(mm, addr);
	struct by_address want = {.addr = addr};
	struct file *file;
	Elf *elf;
	u64 bias;

	/* .bss has no file: take it for the program's. */
	file = vma && vma->vm_file ? vma->vm_file : mm->exe_file;
	elf = vma ? open_elf(file) : NULL;
	if (!elf)
		return false;
	if (load_bias(mm, elf, file, &bias)) {
		want.addr = addr - bias;
		for_each_symbol(elf, match_address, &want);
	}
	if (want.best.name && want.addr > want.best.value)
		snprintf(buf, size, "%s+%#lx", want.best.name, (unsigned long)(want.addr - want.best.value));
	else if (want.best.name)
		snprintf(buf, size, "%s", want.best.name);
	elf_end(elf);
	return want.best.name;
}
