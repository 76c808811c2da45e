// SPDX-License-Identifier: GPL-2.0-or-later
/* The line tables of a program's files, row by row. */
#include <dwarf.h>
#include <elfutils/libdw.h>
#include <elfutils/libdwfl.h>
#include <errno.h>
#include <stdlib.h>
#include "observe/symbols.h"

struct line_walk {
	u64 from, to;
	bool (*each)(const struct source_line *line, void *arg);
	void *arg;
	struct source_line *rows;
	size_t nr, room;
	bool stopped;
	int err;
};

static bool add_row(struct line_walk *w, const struct source_line *row)
{
	if (w->nr == w->room) {
		size_t room = w->room ? 2 * w->room : 1024;
		struct source_line *grown = realloc(w->rows, room * sizeof(*grown));

		if (!grown) {
			w->err = -ENOMEM;
			return false;
		}
		w->rows = grown;
		w->room = room;
	}
	w->rows[w->nr++] = *row;
	return true;
}

/* The rows of one unit, each of which goes as far as the next; the last of a sequence only says where that is. */
static bool unit_rows(struct line_walk *w, Dwarf_Die *cu, Dwarf_Addr bias, const char *module)
{
	Dwarf_Lines *lines;
	size_t n;

	if (dwarf_getsrclines(cu, &lines, &n))
		return true;
	for (size_t i = 0; i + 1 < n; i++) {
		Dwarf_Line *line = dwarf_onesrcline(lines, i);
		struct source_line row = {.module = module};
		Dwarf_Addr addr, end;
		bool last, stmt;

		if (dwarf_lineendsequence(line, &last) || last || dwarf_lineaddr(line, &addr) ||
		    dwarf_lineaddr(dwarf_onesrcline(lines, i + 1), &end) || dwarf_lineno(line, &row.line) ||
		    addr + bias < w->from || addr + bias >= w->to || !row.line)
			continue;
		dwarf_linecol(line, &row.column);
		row.is_stmt = !dwarf_linebeginstatement(line, &stmt) && stmt;
		row.file = dwarf_linesrc(line, NULL, NULL);
		row.addr = addr + bias;
		row.end = end + bias;
		if (row.file && !add_row(w, &row))
			return false;
	}
	return true;
}

static int by_address(const void *a, const void *b)
{
	const struct source_line *one = a, *two = b;

	if (one->addr != two->addr)
		return one->addr < two->addr ? -1 : 1;
	return one->line - two->line;
}

static int walk_module(Dwfl_Module *mod, void **userdata, const char *name, Dwarf_Addr base, void *arg)
{
	const char *module = dwfl_module_info(mod, NULL, NULL, NULL, NULL, NULL, NULL, NULL);
	struct line_walk *w = arg;
	Dwarf_Addr bias;

	w->nr = 0;
	for (Dwarf_Die *cu = NULL; (cu = dwfl_module_nextcu(mod, cu, &bias));) {
		if (!unit_rows(w, cu, bias, module))
			return DWARF_CB_ABORT;
	}
	if (w->nr)
		qsort(w->rows, w->nr, sizeof(*w->rows), by_address);
	for (size_t i = 0; i < w->nr && !w->stopped; i++)
		w->stopped = !w->each(&w->rows[i], w->arg);
	return w->stopped ? DWARF_CB_ABORT : DWARF_CB_OK;
}

int symbols_each_line(struct symbols *s, u64 from, u64 to, bool (*each)(const struct source_line *line, void *arg), void *arg)
{
	struct line_walk w = {.from = from, .to = to, .each = each, .arg = arg};

	dwfl_getmodules(symbols_dwfl(s), walk_module, &w, 0);
	free(w.rows);
	return w.err;
}
