// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * From blocks to source lines, by the line tables of DWARF: a line has code where a statement of it begins, and was
 * executed when the instruction there was. Functions likewise, by their first instruction.
 *
 * Sources that are not on this machine are left out: genhtml could not show them. So are the system's headers where only
 * such a source includes them: of the C library, nothing but some lines of the compiler's intrinsics would be there.
 */
#include <dwarf.h>
#include <elfutils/libdw.h>
#include <elfutils/libdwfl.h>
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "observe/coverage_internal.h"
#include "observe/lcov.h"

/* Of blocks within blocks. */
#define MAX_DEPTH 100

struct reader {
	struct lcov *lcov;
	const struct block *blocks; /* of one module, sorted */
	size_t nr_blocks;
	u64 low;                    /* the ELF file's own address of the module's base */
	Elf *elf;
	GElf_Phdr segments[8];      /* that are executable */
	size_t nr_segments;
	struct entry {
		u64 addr;
		int line;
	} *entries;                 /* of the unit's functions, sorted: where they begin, and where they are declared */
	size_t nr_entries;
	bool has_cases;             /* the unit is of C or a language like it, and */
	bool foreign;               /* its source is not here */
	const char *directory;      /* of the unit's compilation: relative paths begin there */
	const char *last_name;      /* of libdw: the same pointer for the same file of a unit */
	struct lcov_source *last;   /* NULL: not there to be read */
	bool has_dwarf, has_source; /* the module: it was read, and a source of it is there */
	int err;
};

/* ---- addresses ---- */

static bool executed(const struct reader *r, u64 addr)
{
	size_t lo = 0, hi = r->nr_blocks;
	u64 at = addr - r->low;

	/* The first that starts behind it; blocks may lie in each other, but none is longer than two pages. */
	while (lo < hi) {
		size_t mid = (lo + hi) / 2;

		if (r->blocks[mid].start <= at)
			lo = mid + 1;
		else
			hi = mid;
	}
	while (lo-- > 0 && at - r->blocks[lo].start <= 2 * PAGE_SIZE)
		if (at - r->blocks[lo].start < r->blocks[lo].size)
			return true;
	return false;
}

/* What the linker threw away keeps its lines, at addresses near zero: those are of no code. */
static const GElf_Phdr *segment_of(const struct reader *r, u64 addr)
{
	for (size_t i = 0; i < r->nr_segments; i++)
		if (addr - r->segments[i].p_vaddr < r->segments[i].p_filesz)
			return &r->segments[i];
	return NULL;
}

static bool find_segments(struct reader *r)
{
	size_t n;
	GElf_Phdr ph;
	bool low = false;

	r->nr_segments = 0;
	if (elf_getphdrnum(r->elf, &n))
		return false;
	for (size_t i = 0; i < n; i++) {
		if (!gelf_getphdr(r->elf, (int)i, &ph) || ph.p_type != PT_LOAD)
			continue;
		if (!low)
			r->low = ph.p_vaddr & PAGE_MASK;
		low = true;
		if ((ph.p_flags & PF_X) && r->nr_segments < ARRAY_SIZE(r->segments))
			r->segments[r->nr_segments++] = ph;
	}
	return r->nr_segments;
}

/* Length of an instruction that only ends a function, 0 of any other; after @restored ones. */
static size_t ending(const u8 *code, size_t len, bool *restored)
{
	static const u8 load_rbx[] = {0x48, 0x8b, 0x5d}, value_in_xmm0[] = {0x66, 0x48, 0x0f, 0x6e};
	size_t rex = len > 1 && code[0] == 0x41;

	if (code[0] == 0xc9 || (len > rex && (code[rex] & 0xf8) == 0x58)) { /* leave, pop */
		*restored = true;
		return 1 + rex;
	}
	if (len >= 4 && code[0] == 0x48 && code[1] == 0x83 && code[2] == 0xc4) /* add $imm8, %rsp */
		return 4;
	if (len >= 7 && code[0] == 0x48 && code[1] == 0x81 && code[2] == 0xc4)
		return 7;
	if (len >= 4 && !memcmp(code, load_rbx, sizeof(load_rbx)))
		return 4;
	if (len >= 5 && !memcmp(code, value_in_xmm0, sizeof(value_in_xmm0)))
		return 5;
	return 0;
}

/*
 * Is the code from @addr on only the end of a function? It belongs to the closing brace, which gcov does not call a
 * statement, unless something jumps there or falls through to it (then the compiler begins it with a nop).
 */
static bool is_epilogue(const struct reader *r, u64 addr)
{
	const GElf_Phdr *ph = segment_of(r, addr);
	bool restored = false, odd = false;
	size_t size, n;
	const u8 *file = (const u8 *)elf_rawfile(r->elf, &size), *code;

	if (!file || ph->p_offset + ph->p_filesz > size || ph->p_offset + ph->p_filesz < ph->p_offset)
		return false;
	code = file + ph->p_offset + (addr - ph->p_vaddr);
	size = ph->p_filesz - (addr - ph->p_vaddr);
	for (; size && *code != 0xc3 && (n = ending(code, size, &restored)); code += n, size -= n)
		odd |= *code == 0x48 || *code == 0x66;
	return size && *code == 0xc3 && (restored || !odd);
}

/* ---- sources ---- */

/* Without "." and "..", as gcov's tools write paths. In place. */
static void normalise(char *path)
{
	char *out = path, *in = path;

	while (*in) {
		size_t len = strcspn(in + 1, "/") + 1;

		if (*in != '/')
			return; /* not absolute: as it is */
		if (len == 1 || (len == 2 && in[1] == '.')) {
			/* nothing */
		} else if (len == 3 && in[1] == '.' && in[2] == '.') {
			while (out > path && *--out != '/')
				;
		} else {
			memmove(out, in, len);
			out += len;
		}
		in += len;
	}
	*out = 0;
}

/* The absolute path of the unit's file @name; false when it is not there to be read. */
static bool find_source(const struct reader *r, const char *name, char path[PATH_MAX])
{
	if (!name || snprintf(path, PATH_MAX, "%s%s%s", *name == '/' ? "" : r->directory, *name == '/' ? "" : "/", name) >= PATH_MAX)
		return false;
	normalise(path);
	return *path == '/' && !access(path, R_OK);
}

static struct lcov_source *source_named(struct reader *r, const char *name)
{
	char path[PATH_MAX];

	if (name == r->last_name)
		return r->last;
	r->last_name = name;
	r->last = NULL;
	if (!find_source(r, name, path) || (r->foreign && !strncmp(path, "/usr/", 5)))
		return NULL;
	r->has_source = true;
	r->last = lcov_source(r->lcov, path);
	if (!r->last)
		r->err = -ENOMEM;
	else
		r->last->has_cases |= r->has_cases;
	return r->last;
}

/* ---- lines and functions of one unit ---- */

static int by_addr(const void *a, const void *b)
{
	const struct entry *x = a, *y = b;

	return (x->addr > y->addr) - (x->addr < y->addr);
}

/* The code that begins a function counts, as in gcov, for the line of its name, wherever the brace is. */
static const struct entry *entry_at(const struct reader *r, u64 addr)
{
	const struct entry key = {.addr = addr};

	return r->nr_entries ? bsearch(&key, r->entries, r->nr_entries, sizeof(key), by_addr) : NULL;
}

static void read_row(struct reader *r, Dwarf_Line *row)
{
	struct lcov_source *s;
	Dwarf_Addr addr;
	bool is_stmt, ends;
	const struct entry *start;
	int line;

	if (dwarf_lineendsequence(row, &ends) || ends || dwarf_linebeginstatement(row, &is_stmt) || !is_stmt ||
	    dwarf_lineaddr(row, &addr) || dwarf_lineno(row, &line) || line <= 0 || !segment_of(r, addr))
		return;
	start = entry_at(r, addr);
	if (start)
		line = start->line;
	else if (is_epilogue(r, addr))
		return;
	s = source_named(r, dwarf_linesrc(row, NULL, NULL));
	if (s && !lcov_line(s, line, executed(r, addr)))
		r->err = -ENOMEM;
}

static const char *name_of(Dwarf_Die *die)
{
	Dwarf_Attribute attr;

	return dwarf_formstring(dwarf_attr_integrate(die, DW_AT_linkage_name, &attr)) ?: dwarf_diename(die);
}

/* Labels below @die: they have a line of their own, but no statement. */
static void read_labels(struct reader *r, Dwarf_Die *die, int depth)
{
	struct lcov_source *s;
	Dwarf_Die child;
	Dwarf_Addr addr;
	int line;

	if (depth > MAX_DEPTH || dwarf_child(die, &child))
		return;
	do {
		if (dwarf_tag(&child) == DW_TAG_lexical_block)
			read_labels(r, &child, depth + 1);
		if (dwarf_tag(&child) != DW_TAG_label || dwarf_lowpc(&child, &addr) || dwarf_decl_line(&child, &line))
			continue;
		s = segment_of(r, addr) ? source_named(r, dwarf_decl_file(&child)) : NULL;
		if (s && !lcov_line(s, line, executed(r, addr)))
			r->err = -ENOMEM;
	} while (!dwarf_siblingof(&child, &child));
}

static int read_function(Dwarf_Die *die, void *arg)
{
	struct reader *r = arg;
	struct lcov_source *s;
	const char *name = name_of(die);
	Dwarf_Addr addr;
	int line;

	if (!name || dwarf_entrypc(die, &addr) || dwarf_decl_line(die, &line) || !segment_of(r, addr))
		return DWARF_CB_OK;
	if (!(r->nr_entries & (r->nr_entries - 1))) {
		struct entry *grown = reallocarray(r->entries, r->nr_entries ? r->nr_entries * 2 : 1, sizeof(*grown));

		if (!grown) {
			r->err = -ENOMEM;
			return DWARF_CB_ABORT;
		}
		r->entries = grown;
	}
	r->entries[r->nr_entries++] = (struct entry){addr, line};
	read_labels(r, die, 0);
	s = source_named(r, dwarf_decl_file(die));
	if (s && !lcov_function(s, name, line, executed(r, addr)))
		r->err = -ENOMEM;
	return DWARF_CB_OK;
}

static bool is_like_c(int language)
{
	switch (language) {
	case DW_LANG_C:
	case DW_LANG_C89:
	case DW_LANG_C99:
	case DW_LANG_C11:
	case DW_LANG_ObjC:
	case DW_LANG_C_plus_plus:
	case DW_LANG_C_plus_plus_03:
	case DW_LANG_C_plus_plus_11:
	case DW_LANG_C_plus_plus_14:
	case DW_LANG_ObjC_plus_plus:
		return true;
	}
	return false;
}

static void read_unit(struct reader *r, Dwarf_Die *cu)
{
	char path[PATH_MAX];
	Dwarf_Attribute attr;
	Dwarf_Lines *lines;
	size_t n;

	r->directory = dwarf_formstring(dwarf_attr(cu, DW_AT_comp_dir, &attr)) ?: "";
	r->has_cases = is_like_c(dwarf_srclang(cu));
	r->foreign = r->has_cases && !find_source(r, dwarf_diename(cu), path);
	r->last_name = NULL;
	r->nr_entries = 0;
	dwarf_getfuncs(cu, read_function, r, 0);
	if (r->nr_entries)
		qsort(r->entries, r->nr_entries, sizeof(*r->entries), by_addr);
	if (!dwarf_getsrclines(cu, &lines, &n))
		for (size_t i = 0; i < n && !r->err; i++)
			read_row(r, dwarf_onesrcline(lines, i));
}

/* ---- modules ---- */

static const Dwfl_Callbacks callbacks = {
	.find_elf = dwfl_build_id_find_elf,
	.find_debuginfo = dwfl_standard_find_debuginfo,
	.section_address = dwfl_offline_section_address,
};

static int read_module(Dwfl_Module *mod, void **userdata, const char *name, Dwarf_Addr start, void *arg)
{
	struct reader *r = arg;
	Dwarf_Addr bias;
	Dwarf *dw;
	Dwarf_CU *cu = NULL;
	Dwarf_Die die;

	r->elf = dwfl_module_getelf(mod, &bias);
	dw = dwfl_module_getdwarf(mod, &bias);
	if (!r->elf || !dw || !find_segments(r))
		return DWARF_CB_OK;
	r->has_dwarf = true;
	while (!r->err && !dwarf_get_units(dw, cu, &cu, NULL, NULL, &die, NULL))
		if (dwarf_tag(&die) == DW_TAG_compile_unit)
			read_unit(r, &die);
	return DWARF_CB_OK;
}

static void read_file(struct reader *r, const char *path)
{
	Dwfl *dwfl = dwfl_begin(&callbacks);

	if (!dwfl) {
		r->err = -ENOMEM;
		return;
	}
	if (dwfl_report_offline(dwfl, "", path, -1)) {
		dwfl_report_end(dwfl, NULL, NULL);
		dwfl_getmodules(dwfl, read_module, r, 0);
	}
	dwfl_end(dwfl);
}

static int add_lines(struct lcov *l, const struct coverage_data *data)
{
	struct reader r = {.lcov = l};

	/* Nobody waits for the network at the end of a program. */
	unsetenv("DEBUGINFOD_URLS");
	for (size_t i = 0, end; i < data->nr_blocks && !r.err; i = end) {
		u16 module = data->blocks[i].module;
		const struct module *m = &data->modules[module];

		for (end = i; end < data->nr_blocks && data->blocks[end].module == module; end++)
			;
		r.blocks = &data->blocks[i];
		r.nr_blocks = end - i;
		if (*m->path != '/' || m->sourceless)
			continue;
		r.has_dwarf = r.has_source = false;
		read_file(&r, m->path);
		if (data->sees_all && r.has_dwarf && !r.has_source && !r.err)
			__atomic_store_n(&m->shared->sourceless, true, __ATOMIC_RELAXED);
	}
	free(r.entries);
	return r.err;
}

bool lcov_valid(const char *text, size_t size)
{
	struct lcov l = {};
	bool ok = !lcov_parse(&l, text, size);

	lcov_free(&l);
	return ok;
}

int lcov_merge(const struct coverage_data *data, const char *old, size_t size, FILE *out)
{
	struct lcov l = {};
	int err = lcov_parse(&l, old, size) ?: add_lines(&l, data);

	if (!err) {
		lcov_cases(&l);
		lcov_write(&l, out);
	}
	lcov_free(&l);
	return err;
}
