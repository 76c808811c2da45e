// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdlib.h>
#include <string.h>
#include "observe/history.h"
#include "observe/report.h"
#include "observe/symbols.h"

/* One event. */
struct event {
	u64 range[2][2];
	u64 pc[MEMORY_CALLERS];
	char *text;
	struct area *gone, *fresh; /* gone first, in one piece of memory */
	u32 nr_gone, nr_fresh;
};

struct history {
	struct memory_sink sink;
	struct event *events;
	size_t nr, cap;
};

static void note(struct memory_sink *s, struct task_struct *t, const struct memory_event *from);

struct history *history_create(void)
{
	struct history *h = calloc(1, sizeof(*h));

	if (h)
		h->sink = (struct memory_sink){.event = note, .want_callers = true};
	return h;
}

struct memory_sink *history_sink(struct history *h)
{
	return &h->sink;
}

void history_free(struct history *h)
{
	if (!h)
		return;
	for (size_t i = 0; i < h->nr; i++) {
		free(h->events[i].text);
		free(h->events[i].gone);
	}
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

static void note(struct memory_sink *s, struct task_struct *t, const struct memory_event *from)
{
	struct history *h = container_of(s, struct history, sink);
	const struct areas *a = from->areas;
	struct event *e;

	/* What was there before another program came has nothing to do with it. */
	if (from->kind == MEMORY_START)
		return;
	e = new_event(h);
	if (!e)
		return;
	e->text = strdup(from->kind == MEMORY_FAULT ? "page fault: the stack grew" : from->text);
	memcpy(e->range, from->range, sizeof(e->range));
	memcpy(e->pc, from->pc, sizeof(e->pc));
	e->gone = malloc((a->nr_gone + a->nr_fresh + 1) * sizeof(*e->gone));
	if (!e->gone)
		return;
	e->fresh = e->gone + a->nr_gone;
	e->nr_gone = a->nr_gone;
	e->nr_fresh = a->nr_fresh;
	if (a->nr_gone)
		memcpy(e->gone, a->gone, a->nr_gone * sizeof(*a->gone));
	if (a->nr_fresh)
		memcpy(e->fresh, a->fresh, a->nr_fresh * sizeof(*a->fresh));
}

/* ---- why ---- */

/* Who called: the first frame with a source line, else the first with a name behind the C library's wrapper. */
static void put_callers(FILE *out, struct symbols *s, const struct event *e)
{
	bool any = false;

	for (unsigned i = 0; i < MEMORY_CALLERS && e->pc[i] && s; i++) {
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

static const struct area *area_with(const struct area *list, u32 nr, u64 addr)
{
	for (u32 i = 0; i < nr; i++) {
		if (addr >= list[i].start && addr < list[i].end)
			return &list[i];
	}
	return NULL;
}

static u32 nr_overlapping(const struct area *list, u32 nr, const struct area *with)
{
	u32 n = 0;

	for (u32 i = 0; i < nr; i++)
		n += list[i].start < with->end && with->start < list[i].end;
	return n;
}

static void put_area(FILE *out, const struct area *a)
{
	fprintf(out, "%lx-%lx %c%c%c%c", a->start, a->end, a->flags & VM_READ ? 'r' : '-', a->flags & VM_WRITE ? 'w' : '-',
		a->flags & VM_EXEC ? 'x' : '-', a->flags & VM_MAYSHARE ? 's' : 'p');
}

/* How the area of an address came from @was (or nothing) to @now (or nothing). */
static const char *change_name(const struct event *e, const struct area *was, const struct area *now)
{
	if (!now)
		return "removed";
	if (nr_overlapping(e->gone, e->nr_gone, now) > 1)
		return "merged";
	if (!was)
		return nr_overlapping(e->gone, e->nr_gone, now) ? "grown over it" : "made";
	if (nr_overlapping(e->fresh, e->nr_fresh, was) > 1)
		return "split";
	if (was->start == now->start && was->end == now->end)
		return "changed";
	return now->start >= was->start && now->end <= was->end ? "cut" : "grown";
}

static void put_change(FILE *out, const struct event *e, u64 addr)
{
	const struct area *was = area_with(e->gone, e->nr_gone, addr), *now = area_with(e->fresh, e->nr_fresh, addr);
	const char *sep = "";

	if (!was && !now)
		return;
	fprintf(out, "        %s: ", change_name(e, was, now));
	for (u32 i = 0; i < e->nr_gone; i++) {
		/* Of a merge, all that took part. */
		if (&e->gone[i] != was && (!now || !nr_overlapping(now, 1, &e->gone[i])))
			continue;
		fputs(sep, out);
		put_area(out, &e->gone[i]);
		sep = " + ";
	}
	if (now) {
		fputs(*sep ? " -> " : "", out);
		put_area(out, now);
	}
	putc('\n', out);
}

/* Was the address itself in what the event was about, or only the area that holds it? */
static bool touches(const struct event *e, u64 addr)
{
	for (size_t i = 0; i < ARRAY_SIZE(e->range); i++) {
		if (addr >= e->range[i][0] && addr < e->range[i][1])
			return true;
	}
	return area_with(e->gone, e->nr_gone, addr) || area_with(e->fresh, e->nr_fresh, addr);
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
		put_change(out, e, addr);
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
	fputs("  what touched the address or its area\n", out);
	put_history(out, s, h, addr);
	fputs("  what an access would do\n", out);
	put_accesses(out, t, addr);
	fputs("  page tables\n", out);
	put_walk(out, t->mm, addr);
	symbols_close(s);
}
