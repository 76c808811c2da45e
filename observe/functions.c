// SPDX-License-Identifier: GPL-2.0-or-later
#include <elfutils/libdw.h>
#include <gelf.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "observe/functions.h"

/* Larger files are taken for something else than programs. */
#define MAX_FILE (512u << 20)

struct symbol {
	u64 value, size;
	u64 room;                  /* of what has no size: up to the end of its section; 0 where that is not known */
	const char *name;
};

/* One file. */
struct image {
	struct image *next;
	u64 dev, ino;              /* 0, 0: the vDSO */
	char *bytes, *path;
	const char *name;
	Elf *elf;                  /* NULL: it is none */
	u64 low;                   /* its own address of where its first area lies */
	struct symbol *symbols;
	size_t nr_symbols;
	Dwarf_CFI *cfi;
	bool cfi_looked_for;
};

struct functions {
	struct image *images;
};

struct functions *functions_new(void)
{
	elf_version(EV_CURRENT);
	return calloc(1, sizeof(struct functions));
}

void functions_free(struct functions *f)
{
	struct image *i;

	while (f && (i = f->images)) {
		f->images = i->next;
		if (i->cfi)
			dwarf_cfi_end(i->cfi);
		if (i->elf)
			elf_end(i->elf);
		free(i->symbols);
		free(i->bytes);
		free(i->path);
		free(i);
	}
	free(f);
}

/* ---- areas ---- */

bool module_is_vdso(const struct vm_area_struct *vma)
{
	return vma->special && vma->special->name && !strcmp(vma->special->name, "[vdso]");
}

/* Is @prev, which is below @vma, of the same loading of the same file? */
static bool same_module(const struct vm_area_struct *prev, const struct vm_area_struct *vma)
{
	return prev->vm_file && vma->vm_file && prev->vm_file->dev == vma->vm_file->dev &&
	       prev->vm_file->ino == vma->vm_file->ino && prev->vm_pgoff <= vma->vm_pgoff;
}

/* How many other areas may lie between two of a file: .bss, or holes of the same program. */
#define MAX_NEIGHBOURS 4

struct vm_area_struct *module_first_area(struct vm_area_struct *vma)
{
	struct vm_area_struct *first = vma;
	int others = 0;

	for (struct vm_area_struct *v = vma->vm_prev; v && others < MAX_NEIGHBOURS; v = v->vm_prev) {
		if (!same_module(v, first)) {
			others++;
			continue;
		}
		first = v;
		others = 0;
	}
	return first;
}

/* ---- images ---- */

static int by_value(const void *a, const void *b)
{
	const struct symbol *x = a, *y = b;

	if (x->value != y->value)
		return x->value < y->value ? -1 : 1;
	/* Of several names the one with a size, then the plainest. */
	if (!x->size != !y->size)
		return x->size ? -1 : 1;
	return strcmp(x->name, y->name);
}

/* What follows `_init', say, in the next section (.plt) is not part of it. */
static u64 room_of(Elf *elf, const GElf_Sym *sym)
{
	Elf_Scn *scn = sym->st_size ? NULL : elf_getscn(elf, sym->st_shndx);
	GElf_Shdr sh;

	if (!scn || !gelf_getshdr(scn, &sh) || sym->st_value - sh.sh_addr >= sh.sh_size)
		return 0;
	return sh.sh_size - (sym->st_value - sh.sh_addr);
}

static void read_symbols(struct image *i, Elf_Scn *scn, const GElf_Shdr *sh)
{
	Elf_Data *data = elf_getdata(scn, NULL);
	size_t n = data && sh->sh_entsize ? sh->sh_size / sh->sh_entsize : 0;
	GElf_Sym sym;

	free(i->symbols);
	i->nr_symbols = 0;
	i->symbols = calloc(n + 1, sizeof(*i->symbols));
	for (size_t k = 0; i->symbols && k < n && gelf_getsym(data, (int)k, &sym); k++) {
		const char *name = elf_strptr(i->elf, sh->sh_link, sym.st_name);
		int type = GELF_ST_TYPE(sym.st_info);

		if ((type == STT_FUNC || type == STT_GNU_IFUNC || (type == STT_NOTYPE && sym.st_value)) && name &&
		    *name && sym.st_shndx != SHN_UNDEF && sym.st_shndx != SHN_ABS)
			i->symbols[i->nr_symbols++] = (struct symbol){sym.st_value, sym.st_size, room_of(i->elf, &sym), name};
	}
	if (i->symbols)
		qsort(i->symbols, i->nr_symbols, sizeof(*i->symbols), by_value);
}

static void read_elf(struct image *i, size_t size)
{
	Elf_Scn *scn = NULL;
	GElf_Shdr sh;
	GElf_Phdr ph;
	size_t n;
	bool whole = false;

	i->elf = elf_memory(i->bytes, size);
	if (!i->elf || elf_getphdrnum(i->elf, &n))
		return;
	for (size_t k = n; k-- > 0;)
		if (gelf_getphdr(i->elf, (int)k, &ph) && ph.p_type == PT_LOAD)
			i->low = ph.p_vaddr & PAGE_MASK;
	/* .symtab has all of .dynsym. */
	while (!whole && (scn = elf_nextscn(i->elf, scn)))
		if (gelf_getshdr(scn, &sh) && (sh.sh_type == SHT_SYMTAB || sh.sh_type == SHT_DYNSYM)) {
			read_symbols(i, scn, &sh);
			whole = sh.sh_type == SHT_SYMTAB;
		}
}

static size_t read_bytes(struct image *i, const struct vm_area_struct *first)
{
	u64 size = first->vm_file ? file_size(first->vm_file) : first->vm_end - first->vm_start;
	s64 n;

	if (!size || size > MAX_FILE)
		return 0;
	i->bytes = malloc(size);
	if (!i->bytes)
		return 0;
	n = first->vm_file ? pread(first->vm_file->fd, i->bytes, size, 0)
			   : (s64)mm_peek(first->vm_mm, first->vm_start, i->bytes, size);
	return n > 0 ? (size_t)n : 0;
}

static struct image *add_image(struct functions *f, const struct vm_area_struct *first)
{
	struct image *i = calloc(1, sizeof(*i));
	char path[4096];
	size_t size;

	if (!i)
		return NULL;
	if (first->vm_file) {
		i->dev = first->vm_file->dev;
		i->ino = first->vm_file->ino;
	}
	if (first->vm_file && file_path(first->vm_file, path, sizeof(path)) > 0)
		i->path = strdup(path);
	i->name = i->path ? (strrchr(i->path, '/') ?: i->path - 1) + 1 : first->vm_file ? "?" : "[vdso]";
	size = read_bytes(i, first);
	if (size)
		read_elf(i, size);
	i->next = f->images;
	f->images = i;
	return i;
}

/* The image at @addr; *bias: what to take from guest addresses for its own. */
static struct image *image_at(struct functions *f, struct vm_area_struct *vma, u64 *bias)
{
	u64 dev = vma->vm_file ? vma->vm_file->dev : 0, ino = vma->vm_file ? vma->vm_file->ino : 0;
	struct vm_area_struct *first;
	struct image *i;

	if (!vma->vm_file && !module_is_vdso(vma))
		return NULL;
	first = module_first_area(vma);
	for (i = f->images; i && (i->dev != dev || i->ino != ino); i = i->next)
		;
	if (!i)
		i = add_image(f, first);
	if (i)
		*bias = first->vm_start - i->low;
	return i;
}

static struct vm_area_struct *area_of(struct mm_struct *mm, u64 addr)
{
	struct vm_area_struct *vma = find_vma(mm, addr);

	return vma && vma->vm_start <= addr ? vma : NULL;
}

/* ---- looking up ---- */

void functions_find(struct functions *f, struct mm_struct *mm, u64 addr, struct function *out)
{
	struct vm_area_struct *vma = area_of(mm, addr);
	u64 bias = 0, at;
	struct image *i = vma ? image_at(f, vma, &bias) : NULL;
	size_t lo = 0, hi = i ? i->nr_symbols : 0;
	const struct symbol *s;

	*out = (struct function){.file = i ? i->name : NULL};
	at = addr - bias;
	while (lo < hi) {
		size_t mid = (lo + hi) / 2;

		if (i->symbols[mid].value <= at)
			lo = mid + 1;
		else
			hi = mid;
	}
	if (!lo)
		return;
	/* The first name of that address, which is the best. */
	for (s = &i->symbols[lo - 1]; s > i->symbols && s[-1].value == s->value; s--)
		;
	if ((s->size || s->room) && at - s->value >= (s->size ?: s->room))
		return;
	*out = (struct function){s->name, i->name, s->value + bias, s->size};
}

bool functions_named(struct functions *f, struct mm_struct *mm, const char *name, struct function *out)
{
	struct image *last = NULL, *i;
	u64 bias;

	for (struct vm_area_struct *vma = mm->mmap; vma; vma = vma->vm_next) {
		i = image_at(f, vma, &bias);
		if (!i || i == last)
			continue;
		last = i;
		for (size_t k = 0; k < i->nr_symbols; k++)
			if (!strcmp(i->symbols[k].name, name)) {
				*out = (struct function){name, i->name, i->symbols[k].value + bias, i->symbols[k].size};
				return true;
			}
	}
	return false;
}

struct Dwarf_CFI_s *functions_cfi(struct functions *f, struct mm_struct *mm, u64 addr, u64 *bias)
{
	struct vm_area_struct *vma = area_of(mm, addr);
	struct image *i = vma ? image_at(f, vma, bias) : NULL;

	if (!i || !i->elf)
		return NULL;
	if (!i->cfi_looked_for)
		i->cfi = dwarf_getcfi_elf(i->elf);
	i->cfi_looked_for = true;
	return i->cfi;
}
