// SPDX-License-Identifier: GPL-2.0-or-later
#include <dwarf.h>
#include <elfutils/libdw.h>
#include <elfutils/libdwfl.h>
#include <stdlib.h>
#include <string.h>
#include "observe/symbols.h"
#include "procfs/procfs.h"

struct symbols {
	struct task_struct *task;
	Dwfl *dwfl;
	struct cpu_regs regs;
	bool attached;             /* libdwfl knows how to unwind */
	/* of the backtrace under way */
	bool (*each)(const struct frame *f, void *arg);
	void *arg;
	unsigned nr;
	u64 *pcs;                  /* symbols_callers() */
	unsigned max;
};

static const Dwfl_Callbacks callbacks = {
	.find_elf = dwfl_linux_proc_find_elf,
	.find_debuginfo = dwfl_standard_find_debuginfo,
};

/* libdwfl reads the list of files from the text of /proc/PID/maps: the guest's is at hand. */
static bool report_modules(struct symbols *s)
{
	char *text = NULL;
	size_t size;
	FILE *maps = open_memstream(&text, &size);
	bool ok;

	if (!maps)
		return false;
	ok = !proc_maps_text(s->task, maps);
	fclose(maps);
	maps = ok ? fmemopen(text, size, "r") : NULL;
	ok = maps && !dwfl_linux_proc_maps_report(s->dwfl, maps) && !dwfl_report_end(s->dwfl, NULL, NULL);
	if (maps)
		fclose(maps);
	free(text);
	return ok;
}

struct symbols *symbols_open(struct task_struct *t)
{
	struct symbols *s = calloc(1, sizeof(*s));

	if (!s || !t->mm)
		goto fail;
	s->task = t;
	s->regs = *task_regs(t);
	/* Whoever looks at a crash does not want to wait for the network. ulk itself needs no environment. */
	if (getenv("DEBUGINFOD_URLS"))
		unsetenv("DEBUGINFOD_URLS");
	s->dwfl = dwfl_begin(&callbacks);
	if (s->dwfl && report_modules(s))
		return s;
fail:
	symbols_close(s);
	return NULL;
}

struct Dwfl *symbols_dwfl(struct symbols *s)
{
	return s->dwfl;
}

void symbols_close(struct symbols *s)
{
	if (s && s->dwfl)
		dwfl_end(s->dwfl);
	free(s);
}

/* ---- places ---- */

static void find_line(Dwfl_Module *mod, u64 addr, struct place *out)
{
	Dwfl_Line *line = dwfl_module_getsrc(mod, addr);

	if (line)
		out->file = dwfl_lineinfo(line, NULL, &out->line, NULL, NULL, NULL);
}

void symbols_find(struct symbols *s, u64 addr, struct place *out)
{
	Dwfl_Module *mod = dwfl_addrmodule(s->dwfl, addr);
	GElf_Sym sym;
	GElf_Off off;

	*out = (struct place){};
	if (!mod)
		return;
	out->module = dwfl_module_info(mod, NULL, NULL, NULL, NULL, NULL, NULL, NULL);
	out->symbol = dwfl_module_addrinfo(mod, addr, &off, &sym, NULL, NULL, NULL);
	if (out->symbol) {
		out->offset = off;
		out->symbol_start = addr - off;
	}
	find_line(mod, addr, out);
}

const char *symbols_section(struct symbols *s, u64 addr)
{
	Dwfl_Module *mod = dwfl_addrmodule(s->dwfl, addr);
	GElf_Addr bias;
	Elf *elf = mod ? dwfl_module_getelf(mod, &bias) : NULL;
	Elf_Scn *scn = NULL;
	GElf_Shdr shdr;
	size_t names;

	if (!elf || elf_getshdrstrndx(elf, &names))
		return NULL;
	while ((scn = elf_nextscn(elf, scn))) {
		if (gelf_getshdr(scn, &shdr) && (shdr.sh_flags & SHF_ALLOC) && addr - bias - shdr.sh_addr < shdr.sh_size &&
		    addr - bias >= shdr.sh_addr)
			return elf_strptr(elf, names, shdr.sh_name);
	}
	return NULL;
}

struct symbol_walk {
	bool (*each)(const char *name, u64 addr, u64 size, bool function, const char *module, void *arg);
	void *arg;
};

static int walk_module(Dwfl_Module *mod, void **userdata, const char *name, Dwarf_Addr base, void *arg)
{
	const char *module = dwfl_module_info(mod, NULL, NULL, NULL, NULL, NULL, NULL, NULL);
	const struct symbol_walk *walk = arg;
	int n = dwfl_module_getsymtab(mod);

	for (int i = 1; i < n; i++) {
		GElf_Sym sym;
		GElf_Addr addr;
		GElf_Word section;
		const char *symbol = dwfl_module_getsym_info(mod, i, &sym, &addr, &section, NULL, NULL);
		int type = GELF_ST_TYPE(sym.st_info);

		if (!symbol || !*symbol || section == SHN_UNDEF || (type != STT_FUNC && type != STT_OBJECT))
			continue;
		if (!walk->each(symbol, addr, sym.st_size, type == STT_FUNC, module, walk->arg))
			return DWARF_CB_ABORT;
	}
	return DWARF_CB_OK;
}

void symbols_each(struct symbols *s, bool (*each)(const char *name, u64 addr, u64 size, bool function, const char *module, void *arg),
		  void *arg)
{
	struct symbol_walk walk = {each, arg};

	dwfl_getmodules(s->dwfl, walk_module, &walk, 0);
}

/* What symbols_line() looks for, and the best so far. */
struct line_search {
	const char *file;
	int line;
	u64 addr;
};

static int search_module(Dwfl_Module *mod, void **userdata, const char *name, Dwarf_Addr base, void *arg)
{
	struct line_search *search = arg;
	Dwfl_Line **lines = NULL;
	size_t n = 0;

	if (dwfl_module_getsrc_file(mod, search->file, search->line, 0, &lines, &n))
		return DWARF_CB_OK;
	for (size_t i = 0; i < n; i++) {
		Dwarf_Addr addr;
		int line;

		/* libdwfl offers the next line that has code when this one has none. */
		if (dwfl_lineinfo(lines[i], &addr, &line, NULL, NULL, NULL) && line == search->line &&
		    (!search->addr || addr < search->addr))
			search->addr = addr;
	}
	free(lines);
	return DWARF_CB_OK;
}

bool symbols_line(struct symbols *s, const char *where, u64 *addr)
{
	const char *colon = strrchr(where, ':');
	struct line_search search = {};
	char *file, *end;

	search.line = colon ? (int)strtol(colon + 1, &end, 10) : 0;
	if (search.line <= 0 || *end)
		return false;
	file = strndup(where, (size_t)(colon - where));
	if (!file)
		return false;
	search.file = file;
	dwfl_getmodules(s->dwfl, search_module, &search, 0);
	free(file);
	*addr = search.addr;
	return search.addr;
}

/* ---- backtrace ---- */

static pid_t next_thread(Dwfl *dwfl, void *arg, void **thread_arg)
{
	const struct symbols *s = arg;

	if (*thread_arg)
		return 0;
	*thread_arg = arg;
	return s->task->tid;
}

static bool memory_read(Dwfl *dwfl, Dwarf_Addr addr, Dwarf_Word *result, void *arg)
{
	const struct symbols *s = arg;

	return mm_peek(s->task->mm, addr, result, sizeof(u64)) == sizeof(u64);
}

static bool set_initial_registers(Dwfl_Thread *thread, void *arg)
{
	const struct symbols *s = arg;
	const struct cpu_regs *r = &s->regs;
	/* In the order of DWARF's numbers. */
	const Dwarf_Word regs[17] = {r->rax, r->rdx, r->rcx, r->rbx, r->rsi, r->rdi, r->rbp, r->rsp, r->r8,
				     r->r9, r->r10, r->r11, r->r12, r->r13, r->r14, r->r15, r->rip};

	return dwfl_thread_state_registers(thread, 0, 17, regs);
}

static const Dwfl_Thread_Callbacks thread_callbacks = {
	.next_thread = next_thread,
	.memory_read = memory_read,
	.set_initial_registers = set_initial_registers,
};

static const char *die_name(Dwarf_Die *die)
{
	Dwarf_Attribute attr;
	const char *name = dwarf_formstring(dwarf_attr_integrate(die, DW_AT_name, &attr));

	return name;
}

/* The scopes around @pc from the inside out, as the code lies. (dwarf_getscopes() alone goes on, behind an inlined
 * function, with what is around its definition.) */
static int scopes_of(Dwarf_Die *cu, Dwarf_Addr pc, Dwarf_Die **scopes)
{
	Dwarf_Die *inner;
	int n = dwarf_getscopes(cu, pc, &inner);

	if (n <= 0)
		return 0;
	n = dwarf_getscopes_die(&inner[0], scopes);
	free(inner);
	return n;
}

/* The calls inlined at @pc, the innermost first: each gets a frame. The last one's place becomes where its caller
 * called it from. */
static bool put_inlined(struct symbols *s, Dwfl_Module *mod, u64 pc, struct frame *f)
{
	Dwarf_Addr bias;
	Dwarf_Die *scopes = NULL, *cu = dwfl_module_addrdie(mod, pc, &bias);
	int n = cu ? scopes_of(cu, pc - bias, &scopes) : 0;
	bool go_on = true;

	for (int i = 0; i < n && go_on; i++) {
		struct place outer = f->place;
		Dwarf_Attribute attr;
		Dwarf_Word line = 0, file = 0;
		Dwarf_Files *files;

		if (dwarf_tag(&scopes[i]) == DW_TAG_subprogram)
			break;
		if (dwarf_tag(&scopes[i]) != DW_TAG_inlined_subroutine)
			continue;
		f->inlined = true;
		f->place.symbol = die_name(&scopes[i]);
		f->place.offset = 0;
		go_on = s->each(f, s->arg);
		f->nr = s->nr++;
		f->inlined = false;
		f->place = outer;
		if (dwarf_formudata(dwarf_attr(&scopes[i], DW_AT_call_line, &attr), &line) == 0 &&
		    dwarf_formudata(dwarf_attr(&scopes[i], DW_AT_call_file, &attr), &file) == 0 &&
		    dwarf_getsrcfiles(cu, &files, NULL) == 0) {
			f->place.file = dwarf_filesrc(files, file, NULL, NULL);
			f->place.line = (int)line;
		}
	}
	if (n > 0)
		free(scopes);
	return go_on;
}

static int on_frame(Dwfl_Frame *state, void *arg)
{
	struct symbols *s = arg;
	struct frame f = {};
	Dwarf_Addr pc;
	bool exact;
	Dwfl_Module *mod;

	if (!dwfl_frame_pc(state, &pc, &exact))
		return DWARF_CB_ABORT;
	f.pc = pc;
	/* A return address is behind the call; the call may be the last instruction of its line, or of its function. */
	if (!exact)
		pc--;
	symbols_find(s, pc, &f.place);
	if (!exact && f.place.symbol)
		f.place.offset++;
	f.nr = s->nr++;
	mod = dwfl_addrmodule(s->dwfl, pc);
	if (mod && !put_inlined(s, mod, pc, &f))
		return DWARF_CB_ABORT;
	return s->each(&f, s->arg) ? DWARF_CB_OK : DWARF_CB_ABORT;
}

static void unwind(struct symbols *s, int (*each)(Dwfl_Frame *state, void *arg))
{
	if (!s->attached)
		s->attached = dwfl_attach_state(s->dwfl, NULL, s->task->pid, &thread_callbacks, s);
	if (s->attached)
		dwfl_getthread_frames(s->dwfl, s->task->tid, each, s);
}

void symbols_backtrace(struct symbols *s, bool (*each)(const struct frame *f, void *arg), void *arg)
{
	u64 rip, back;

	s->regs = *task_regs(s->task);
	rip = s->regs.rip;
	s->each = each;
	s->arg = arg;
	s->nr = 0;
	/* A call to where there is no code: nothing tells how to unwind that, but its caller's address is on top. */
	if (!dwfl_addrmodule(s->dwfl, rip) && mm_peek(s->task->mm, s->regs.rsp, &back, sizeof(back)) == sizeof(back) &&
	    dwfl_addrmodule(s->dwfl, back)) {
		const struct frame f = {.nr = s->nr++, .pc = rip};

		if (!each(&f, arg))
			return;
		/* One less: as everywhere but at the innermost frame, it is a return address. */
		s->regs.rip = back - 1;
		s->regs.rsp += 8;
	}
	unwind(s, on_frame);
}

static int on_caller(Dwfl_Frame *state, void *arg)
{
	struct symbols *s = arg;
	Dwarf_Addr pc;

	if (!dwfl_frame_pc(state, &pc, NULL))
		return DWARF_CB_ABORT;
	s->pcs[s->nr++] = pc;
	return s->nr < s->max ? DWARF_CB_OK : DWARF_CB_ABORT;
}

void symbols_callers(struct symbols *s, struct task_struct *t, u64 *pc, unsigned max)
{
	s->task = t;
	s->regs = *task_regs(t);
	s->pcs = pc;
	s->max = max;
	s->nr = 0;
	memset(pc, 0, max * sizeof(*pc));
	unwind(s, on_caller);
}

void symbols_put_callers(FILE *out, struct symbols *s, const u64 *pc, unsigned max)
{
	bool any = false;

	for (unsigned i = 0; i < max && pc[i] && s; i++) {
		struct place p;

		symbols_find(s, pc[i] - (i > 0), &p);
		if (!p.symbol)
			continue;
		fprintf(out, "%s%s", any ? " < " : "        by ", p.symbol);
		if (p.file)
			fprintf(out, " (%s:%d)", strrchr(p.file, '/') ? strrchr(p.file, '/') + 1 : p.file, p.line);
		any = true;
	}
	if (any)
		putc('\n', out);
}
