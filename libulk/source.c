// SPDX-License-Identifier: GPL-2.0-or-later
/* Symbols, source lines, backtraces: the third part of include/ulk/state.h. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "libulk/internal.h"
#include "observe/stop.h"
#include "observe/symbols.h"

int ulk_address_of(struct ulk_machine *m, const char *where, uint64_t *addr)
{
	struct task_struct *t;
	char why[160] = "";
	int err = machine_task(m, where && addr, &t);
	u64 found;

	if (err)
		return err;
	err = stop_address(t, where, &found, why);
	if (err)
		return machine_fail(m, err, why);
	*addr = found;
	return 0;
}

void machine_drop_symbols(struct ulk_machine *m)
{
	symbols_close(m->symbols);
	m->symbols = NULL;
}

static int open_symbols(struct ulk_machine *m, bool given)
{
	struct task_struct *t;
	int err = machine_regs(m, given, &t);

	if (err)
		return err;
	/* What is mapped may have changed since the last time. */
	machine_drop_symbols(m);
	m->symbols = symbols_open(t);
	return m->symbols ? 0 : machine_fail(m, -ENOENT, "no file of the program can be read");
}

static struct ulk_place public_place(const struct place *p)
{
	return (struct ulk_place){p->module, p->symbol, p->offset, p->file, p->line};
}

int ulk_place_at(struct ulk_machine *m, uint64_t addr, struct ulk_place *place)
{
	int err = open_symbols(m, place);
	struct place found;

	if (err)
		return err;
	symbols_find(m->symbols, addr, &found);
	*place = public_place(&found);
	return found.module ? 0 : machine_fail(m, -ENOENT, "the address is in no file's mapping");
}

struct symbol_call {
	bool (*each)(const struct ulk_symbol *symbol, void *arg);
	void *arg;
};

static bool on_symbol(const char *name, u64 addr, u64 size, bool function, const char *module, void *arg)
{
	const struct ulk_symbol symbol = {name, addr, size, function, module};
	const struct symbol_call *call = arg;

	return call->each(&symbol, call->arg);
}

int ulk_each_symbol(struct ulk_machine *m, bool (*each)(const struct ulk_symbol *symbol, void *arg), void *arg)
{
	struct symbol_call call = {each, arg};
	int err = open_symbols(m, each);

	if (!err)
		symbols_each(m->symbols, on_symbol, &call);
	return err;
}

/* ---- lines ---- */

/* Which rows are wanted, and by whom. */
struct line_call {
	bool (*each)(const struct ulk_line *line, void *arg);
	void *arg;
	const char *file;          /* the end of a path, or NULL */
	size_t file_len;
	int line;                  /* 0: any */
	const char *function;
	struct ulk_machine *m;
	u64 told;
	bool stopped;
	int err;
};

/* Is @path the file, or does it end in "/" and that? */
static bool is_file(const struct line_call *call, const char *path)
{
	size_t len = strlen(path), want = call->file_len;

	return len >= want && !memcmp(path + len - want, call->file, want) && (len == want || path[len - want - 1] == '/');
}

static bool on_line(const struct source_line *row, void *arg)
{
	const struct ulk_line line = {row->addr, row->end, row->file, row->line, row->column, row->is_stmt, row->module};
	struct line_call *call = arg;

	if ((call->line && row->line != call->line) || (call->file && !is_file(call, row->file)))
		return true;
	call->told++;
	call->stopped = !call->each(&line, call->arg);
	return !call->stopped;
}

/* Several functions may have one name. */
static bool on_function(const char *name, u64 addr, u64 size, bool function, const char *module, void *arg)
{
	struct line_call *call = arg;

	if (function && !strcmp(name, call->function))
		call->err = symbols_each_line(call->m->symbols, addr, addr + size, on_line, call);
	return !call->stopped && !call->err;
}

static int parse_lines(struct line_call *call, const char *where)
{
	const char *colon = where ? strrchr(where, ':') : NULL;
	char *end;

	if (!where)
		return 0;
	if (!colon) {
		call->function = where;
		return *where ? 0 : -EINVAL;
	}
	call->file = where;
	call->file_len = (size_t)(colon - where);
	if (!colon[1])
		return call->file_len ? 0 : -EINVAL;
	errno = 0;
	call->line = (int)strtol(colon + 1, &end, 10);
	return errno || *end || call->line <= 0 || !call->file_len ? -EINVAL : 0;
}

int ulk_each_line(struct ulk_machine *m, const char *where, bool (*each)(const struct ulk_line *line, void *arg), void *arg)
{
	struct line_call call = {.each = each, .arg = arg, .m = m};
	int err = open_symbols(m, each);

	if (err)
		return err;
	err = parse_lines(&call, where);
	if (err)
		return machine_fail(m, err, "this is neither a name, FILE:LINE nor FILE:");
	if (call.function)
		symbols_each(m->symbols, on_function, &call);
	else
		call.err = symbols_each_line(m->symbols, 0, ~0UL, on_line, &call);
	if (call.err)
		return machine_fail(m, call.err, NULL);
	return call.told ? 0 : machine_fail(m, -ENOENT, "no line table has anything of that");
}

/* ---- backtraces ---- */

struct collected {
	struct ulk_frame *frames;
	size_t nr, max;
};

static bool collect_frame(const struct frame *f, void *arg)
{
	struct collected *c = arg;

	c->frames[c->nr++] = (struct ulk_frame){f->pc, f->inlined, public_place(&f->place)};
	return c->nr < c->max;
}

int ulk_backtrace(struct ulk_machine *m, struct ulk_frame *frames, size_t max)
{
	struct collected c = {frames, 0, min_t(size_t, max, INT32_MAX)};
	int err = open_symbols(m, frames || !max);

	if (err)
		return err;
	if (max)
		symbols_backtrace(m->symbols, collect_frame, &c);
	return (int)c.nr;
}
