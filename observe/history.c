// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include "observe/decode.h"
#include "observe/history.h"
#include "observe/observe.h"
#include "observe/report.h"
#include "observe/symbols.h"
#include "observe/trace_internal.h"
#include "syscalls/syscalls.h"

#define MAX_CALLERS 6

/* One call. */
struct event {
	u64 nr;
	u64 start[2], end[2];      /* the ranges it touched: its own, and mremap's old one */
	u64 pc[MAX_CALLERS];       /* return addresses, the innermost first; 0 at the end */
	char *text;                /* "mmap(NULL, 4096, ...) = 0x7f..." */
	bool failed;
};

struct history {
	struct event *events;
	size_t nr, cap;
	struct symbols *symbols;   /* of the files mapped so far, or NULL */
	s64 (*syscall)(struct task_struct *t, u64 nr, const u64 args[6]);
};

struct history *history_create(void)
{
	return calloc(1, sizeof(struct history));
}

void history_free(struct history *h)
{
	if (!h)
		return;
	for (size_t i = 0; i < h->nr; i++)
		free(h->events[i].text);
	symbols_close(h->symbols);
	free(h->events);
	free(h);
}

static struct event *new_event(struct history *h)
{
	if (h->nr == h->cap) {
		size_t cap = h->cap ? 2 * h->cap : 64;
		struct event *grown = realloc(h->events, cap * sizeof(*grown));

		if (!grown)
			return NULL;
		h->events = grown;
		h->cap = cap;
	}
	memset(&h->events[h->nr], 0, sizeof(*h->events));
	return &h->events[h->nr++];
}

/* Which addresses the call is about. @old_brk: before it. */
static void set_ranges(struct event *e, const struct tcb *c, u64 old_brk)
{
	const u64 *a = c->a;
	u64 ret = (u64)c->ret;

	e->start[0] = a[0] & PAGE_MASK;
	if (__builtin_add_overflow(a[0], a[1], &e->end[0]))
		e->end[0] = ~0UL;
	switch (e->nr) {
	case SYS_mmap:
		e->start[0] = syserror(c) ? a[0] : ret;
		e->end[0] = e->start[0] + a[1];
		break;
	case SYS_brk:
		e->start[0] = min_t(u64, old_brk, ret);
		e->end[0] = old_brk > ret ? old_brk : ret;
		break;
	case SYS_mremap:
		e->start[1] = e->start[0];
		e->end[1] = e->end[0];
		e->start[0] = syserror(c) ? 0 : ret;
		e->end[0] = syserror(c) ? 0 : ret + a[2];
		break;
	case SYS_shmat:
		e->start[0] = syserror(c) ? 0 : ret;
		e->end[0] = syserror(c) ? 0 : ret + 1; /* its size is the segment's: the area at the address says it */
		break;
	}
	e->end[0] = PAGE_ALIGN(e->end[0]);
	e->end[1] = PAGE_ALIGN(e->end[1]);
}

static char *call_text(struct tcb *c)
{
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	if (!out)
		return NULL;
	c->out = out;
	fprintf(out, "%s(", c->call ? c->call->name : syscall_table[c->nr].name);
	trace_put_args(c);
	fputs(") ", out);
	trace_put_result(out, c);
	fclose(out);
	return text;
}

static bool note_caller(const struct frame *f, void *arg)
{
	struct event *e = arg;

	if (!f->inlined) {
		for (unsigned i = 0; i < MAX_CALLERS; i++) {
			if (!e->pc[i]) {
				e->pc[i] = f->pc;
				return i + 1 < MAX_CALLERS;
			}
		}
	}
	return true;
}

static void note(struct history *h, struct tcb *c, u64 old_brk)
{
	struct event *e = new_event(h);

	if (!e)
		return;
	e->nr = c->nr;
	e->failed = syserror(c);
	e->text = call_text(c);
	set_ranges(e, c, old_brk);
	/* Another file of code: the unwinder must hear of it. */
	if (h->symbols && c->nr == SYS_mmap && !e->failed && (int)c->a[4] >= 0) {
		symbols_close(h->symbols);
		h->symbols = NULL;
	}
	if (!h->symbols)
		h->symbols = symbols_open(c->t);
	if (h->symbols)
		symbols_backtrace(h->symbols, note_caller, e);
}

static s64 history_syscall(struct task_struct *t, u64 nr, const u64 args[6])
{
	struct history *h = observers_of(t)->history;
	struct tcb c = {.t = t, .nr = (u32)nr, .strlen_max = 32};
	u64 old_brk = t->mm->brk;
	int pid = t->pid;

	memcpy(c.a, args, sizeof(c.a));
	c.call = call_decoder(c.nr);
	c.ret = h->syscall(t, nr, args);
	if (t->pid != pid || c.nr >= syscall_table_size || !syscall_table[c.nr].name ||
	    !(syscall_table[c.nr].flags & SC_MEMORY))
		return c.ret;
	c.exiting = true;
	note(h, &c, old_brk);
	return c.ret;
}

void history_attach(struct history *h, struct ulk *ulk)
{
	h->syscall = ulk->hooks.syscall;
	ulk->hooks.syscall = history_syscall;
	ulk->hooks.syscall_is_fast = NULL;
}

/* ---- why ---- */

/* Who called: the first frame with a source line, else the first with a name behind the C library's wrapper. */
static void put_callers(FILE *out, struct symbols *s, const struct event *e)
{
	bool any = false;

	for (unsigned i = 0; i < MAX_CALLERS && e->pc[i] && s; i++) {
		struct place p;

		symbols_find(s, e->pc[i] - (i > 0), &p);
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

static bool touches(const struct event *e, u64 addr)
{
	return (addr >= e->start[0] && addr < e->end[0]) || (addr >= e->start[1] && addr < e->end[1]);
}

static void put_history(FILE *out, struct symbols *s, const struct history *h, u64 addr)
{
	unsigned n = 0;

	for (size_t i = 0; i < h->nr; i++) {
		const struct event *e = &h->events[i];

		if (!touches(e, addr))
			continue;
		fprintf(out, "    %4zu  %s\n", i + 1, e->text ? e->text : "?");
		put_callers(out, s, e);
		n++;
	}
	if (!n)
		fprintf(out, "    none of %zu: the address is as execve left it\n", h->nr);
}

void put_why(FILE *out, struct task_struct *t, const struct history *h, u64 addr)
{
	struct symbols *s = symbols_open(t);
	struct place p = {};

	if (s)
		symbols_find(s, addr, &p);
	fprintf(out, "0x%lx", addr);
	if (p.symbol && p.offset < 1 << 20)
		fprintf(out, " (%s+0x%lx)", p.symbol, p.offset);
	fputs("\n  area\n", out);
	put_place(out, t->mm, addr);
	fputs("  memory calls that touched the address\n", out);
	put_history(out, s, h, addr);
	fputs("  what an access would do\n", out);
	put_accesses(out, t, addr);
	fputs("  page tables\n", out);
	put_walk(out, t->mm, addr);
	symbols_close(s);
}
