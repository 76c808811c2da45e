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

/* Was the address itself in what the event was about, or only the area that holds it? */
static bool touches(const struct event *e, u64 addr)
{
	for (size_t i = 0; i < ARRAY_SIZE(e->range); i++) {
		if (addr >= e->range[i][0] && addr < e->range[i][1])
			return true;
	}
	return area_with(e->gone, e->nr_gone, addr) || area_with(e->fresh, e->nr_fresh, addr);
}

bool history_took_part(const struct history_step *s, const struct area *gone)
{
	return gone == s->was || (s->now && nr_overlapping(s->now, 1, gone));
}

size_t history_size(const struct history *h)
{
	return h->nr;
}

size_t history_of(const struct history *h, u64 addr, void (*each)(const struct history_step *s, void *arg), void *arg)
{
	size_t n = 0;

	for (size_t i = 0; i < h->nr; i++) {
		const struct event *e = &h->events[i];
		struct history_step s = {.nr = i + 1, .call = e->text, .pc = e->pc, .gone = e->gone, .nr_gone = e->nr_gone};

		if (!touches(e, addr))
			continue;
		s.was = area_with(e->gone, e->nr_gone, addr);
		s.now = area_with(e->fresh, e->nr_fresh, addr);
		if (s.was || s.now)
			s.change = change_name(e, s.was, s.now);
		each(&s, arg);
		n++;
	}
	return n;
}

/* ---- as text ---- */

struct text {
	FILE *out;
	struct symbols *symbols;
};

static void put_area(FILE *out, const struct area *a)
{
	fprintf(out, "%lx-%lx %c%c%c%c", a->start, a->end, a->flags & VM_READ ? 'r' : '-', a->flags & VM_WRITE ? 'w' : '-',
		a->flags & VM_EXEC ? 'x' : '-', a->flags & VM_MAYSHARE ? 's' : 'p');
}

static void put_step(const struct history_step *s, void *arg)
{
	const struct text *text = arg;
	const char *sep = "";

	fprintf(text->out, "    %4zu  %s\n", s->nr, s->call ? s->call : "?");
	symbols_put_callers(text->out, text->symbols, s->pc, MEMORY_CALLERS);
	if (!s->change)
		return;
	fprintf(text->out, "        %s: ", s->change);
	for (u32 i = 0; i < s->nr_gone; i++) {
		if (!history_took_part(s, &s->gone[i]))
			continue;
		fputs(sep, text->out);
		put_area(text->out, &s->gone[i]);
		sep = " + ";
	}
	if (s->now) {
		fputs(*sep ? " -> " : "", text->out);
		put_area(text->out, s->now);
	}
	putc('\n', text->out);
}

void put_why(FILE *out, struct task_struct *t, const struct history *h, u64 addr)
{
	struct symbols *s = symbols_open(t);
	struct text text = {out, s};
	struct place p = {};

	if (s)
		symbols_find(s, addr, &p);
	fprintf(out, "0x%lx", addr);
	if (p.symbol && p.offset < 1 << 20)
		fprintf(out, " (%s+0x%lx)", p.symbol, p.offset);
	fputs("\n  area\n", out);
	put_place(out, t->mm, addr);
	fputs("  what touched the address or its area\n", out);
	if (!history_of(h, addr, put_step, &text))
		fprintf(out, "    none of %zu: the address is as execve left it\n", history_size(h));
	fputs("  what an access would do\n", out);
	put_accesses(out, t, addr);
	fputs("  page tables\n", out);
	put_walk(out, t->mm, addr);
	symbols_close(s);
}
