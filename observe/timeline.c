// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include "mm/mm.h"
#include "mm/pgtable.h"
#include "observe/decode.h"
#include "observe/symbols.h"
#include "observe/timeline.h"

#define MS 1000000UL
#define LOG_SIZE (1UL << 30)
#define LOG_END 4096           /* of it, kept for the last words */
#define PLACES 6               /* areas that a stretch of faults names */
#define LOOKS_AT_A_PACE 128    /* looks at all pages before the interval doubles */

/* Page faults since the last event. */
struct fault_stretch {
	u64 minor, major, writes, low, high;
	u64 first_ns;
	struct {
		u32 area;              /* id; 0 unused */
		u32 name;
		vm_flags_t flags;
		u64 faults;
	} place[PLACES];
	u64 elsewhere;
};

struct timeline {
	struct memory_sink sink;
	struct log {
		u64 size;              /* of whole records */
		char records[];
	} *log;
	u64 began;                 /* CLOCK_MONOTONIC */
	u32 nr_events;
	u32 names_written;
	struct intern frames;      /* texts of callers */
	struct intern pcs;         /* program counters that were looked up ... */
	u32 *pc_frames;            /* ... and their frames' numbers + 1 (0: has no name) */
	u32 cap_pcs;
	struct fault_stretch faults;
	const struct areas *areas;
	u64 last_sample, last_look, look_pause;
	u32 looks;
	/* Past TIMELINE_EVENTS: what has come and gone since last_many. */
	u64 last_many, calls;
	struct area *pending;
	u32 nr_pending, cap_pending;
	struct timeline_run *runs;
	u32 nr_runs, cap_runs;
};

static void on_event(struct memory_sink *s, struct task_struct *t, const struct memory_event *e);
static void on_fault(struct memory_sink *s, struct task_struct *t, u64 page, bool write, bool major);
static void on_sample(struct memory_sink *s, struct task_struct *t);

static void on_attach(struct memory_sink *s, struct ulk *ulk)
{
	/* A child has no part in it. */
	madvise(container_of(s, struct timeline, sink)->log, LOG_SIZE, MADV_DONTFORK);
}

static u64 now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (u64)ts.tv_sec * 1000000000 + (u64)ts.tv_nsec;
}

struct timeline *timeline_create(void)
{
	struct timeline *tl = calloc(1, sizeof(*tl));

	if (!tl)
		return NULL;
	tl->sink = (struct memory_sink){.event = on_event, .attach = on_attach, .fault = on_fault, .sample = on_sample,
					.want_callers = true};
	tl->began = now_ns();
	tl->look_pause = MS / 5;
	tl->log = mmap(NULL, LOG_SIZE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (tl->log != MAP_FAILED)
		return tl;
	free(tl);
	return NULL;
}

void timeline_free(struct timeline *tl)
{
	if (!tl)
		return;
	munmap(tl->log, LOG_SIZE);
	intern_free(&tl->frames);
	intern_free(&tl->pcs);
	free(tl->pc_frames);
	free(tl->pending);
	free(tl->runs);
	free(tl);
}

struct memory_sink *timeline_sink(struct timeline *tl)
{
	return &tl->sink;
}

const void *timeline_log(const struct timeline *tl, size_t *size)
{
	*size = __atomic_load_n(&tl->log->size, __ATOMIC_ACQUIRE);
	return tl->log->records;
}

/* ---- records ---- */

/* It is part of the log once it is whole, whenever a SIGKILL comes. A log that is full takes only how it ends. */
static void put_record(struct timeline *tl, enum timeline_type type, const void *head, size_t n, const void *tail, size_t m)
{
	const size_t size = (sizeof(struct timeline_record) + n + m + 7) & ~7UL;
	const size_t room = LOG_SIZE - sizeof(*tl->log) - tl->log->size - (type == TL_END ? 0 : LOG_END);
	char *at = tl->log->records + tl->log->size;

	if (size > room || room > LOG_SIZE)
		return;
	*(struct timeline_record *)at = (struct timeline_record){type, (u32)(n + m)};
	memcpy(at + sizeof(struct timeline_record), head, n);
	if (m)
		memcpy(at + sizeof(struct timeline_record) + n, tail, m);
	__atomic_store_n(&tl->log->size, tl->log->size + size, __ATOMIC_RELEASE);
}

static void count(struct timeline *tl, struct task_struct *t, struct timeline_counters *c)
{
	const struct mm_struct *mm = t->mm;

	*c = (struct timeline_counters){.ns = now_ns() - tl->began, .total_vm = mm->total_vm, .brk = mm->brk};
	for (int i = 0; i < 4; i++)
		c->rss[i] = mm->rss_stat[i] > 0 ? (u64)mm->rss_stat[i] : 0;
	task_faults(t, false, &c->minor, &c->major);
}

static void put_names(struct timeline *tl, const struct areas *a)
{
	for (; tl->names_written < a->names.nr; tl->names_written++)
		put_record(tl, TL_NAME, a->names.items[tl->names_written].bytes, a->names.items[tl->names_written].len, NULL, 0);
}

static void put_areas(struct timeline *tl, const struct area *list, u32 nr)
{
	for (u32 i = 0; i < nr; i++) {
		const struct area *a = &list[i];
		const struct timeline_area out = {.start = a->start, .end = a->end, .offset = a->offset, .flags = a->flags,
						  .dev = a->dev, .ino = a->ino, .id = a->id, .name = a->name};

		put_record(tl, TL_AREA, &out, sizeof(out), NULL, 0);
	}
}

/* ---- callers ---- */

/* "main (heap.c:34)". The number + 1, or 0. */
static u32 frame_number(struct timeline *tl, struct symbols *symbols, u64 pc, bool innermost)
{
	struct place p = {};
	char text[512];
	u32 nr = tl->frames.nr, id;

	symbols_find(symbols, pc - !innermost, &p);
	if (!p.symbol && !p.module)
		return 0;
	if (p.symbol && p.file)
		snprintf(text, sizeof(text), "%s (%s:%d)", p.symbol, p.file, p.line);
	else if (p.symbol)
		snprintf(text, sizeof(text), "%s+0x%lx", p.symbol, p.offset);
	else
		snprintf(text, sizeof(text), "0x%lx in %s", pc, p.module);
	id = intern(&tl->frames, text, strlen(text));
	if (id == nr)
		put_record(tl, TL_FRAME, text, strlen(text), NULL, 0);
	return id + 1;
}

static u32 frame_of(struct timeline *tl, struct task_struct *t, struct symbols *symbols, u64 pc, bool innermost)
{
	/* The same address may be another program's after execve. */
	const u64 key[2] = {pc, t->mm->id};
	u32 nr = tl->pcs.nr, id = intern(&tl->pcs, key, sizeof(key));

	if (id == ~0u)
		return 0;
	if (id < nr)
		return tl->pc_frames[id];
	if (id >= tl->cap_pcs) {
		u32 cap = tl->cap_pcs ? 2 * tl->cap_pcs : 256, *grown = realloc(tl->pc_frames, cap * sizeof(*grown));

		if (!grown)
			return 0;
		tl->pc_frames = grown;
		tl->cap_pcs = cap;
	}
	tl->pc_frames[id] = symbols ? frame_number(tl, symbols, pc, innermost) : 0;
	return tl->pc_frames[id];
}

/* ---- faults ---- */

static void on_fault(struct memory_sink *s, struct task_struct *t, u64 page, bool write, bool major)
{
	struct timeline *tl = container_of(s, struct timeline, sink);
	struct fault_stretch *f = &tl->faults;
	const struct area *a = tl->areas ? areas_find(tl->areas, page) : NULL;

	if (!f->minor && !f->major) {
		f->first_ns = now_ns() - tl->began;
		f->low = f->high = page;
	}
	f->low = min_t(u64, f->low, page);
	f->high = max_t(u64, f->high, page);
	f->minor += !major;
	f->major += major;
	f->writes += write;
	for (int i = 0; a && i < PLACES; i++) {
		if (!f->place[i].area) {
			f->place[i].area = a->id;
			f->place[i].name = a->name;
			f->place[i].flags = a->flags;
		}
		if (f->place[i].area == a->id) {
			f->place[i].faults++;
			return;
		}
	}
	f->elsewhere++;
}

/* "42 page faults, 17 by writing: [heap] rw- 40, busybox r-x 2" */
static void put_faults_text(FILE *out, const struct timeline *tl)
{
	const struct fault_stretch *f = &tl->faults;
	const char *sep = ": ";

	fprintf(out, "%lu page fault%s", f->minor + f->major, f->minor + f->major > 1 ? "s" : "");
	if (f->major)
		fprintf(out, ", %lu major", f->major);
	if (f->writes)
		fprintf(out, ", %lu by writing", f->writes);
	for (int i = 0; i < PLACES && f->place[i].area; i++) {
		const char *name = tl->areas->names.items[f->place[i].name].bytes;
		vm_flags_t flags = f->place[i].flags;

		fprintf(out, "%s%s %c%c%c %lu", sep, !*name ? "anonymous" : strrchr(name, '/') ? strrchr(name, '/') + 1 : name,
			flags & VM_READ ? 'r' : '-', flags & VM_WRITE ? 'w' : '-', flags & VM_EXEC ? 'x' : '-', f->place[i].faults);
		sep = ", ";
	}
	if (f->elsewhere)
		fprintf(out, "%selsewhere %lu", sep, f->elsewhere);
}

static void flush_faults(struct timeline *tl, struct task_struct *t)
{
	struct timeline_event out = {.kind = TL_FAULTS, .tid = (u32)t->tid};
	char *text = NULL;
	size_t size;
	FILE *f;

	if (!tl->faults.minor && !tl->faults.major)
		return;
	f = tl->nr_events < TIMELINE_EVENTS ? open_memstream(&text, &size) : NULL;
	if (f) {
		put_faults_text(f, tl);
		fclose(f);
		count(tl, t, &out.now);
		out.range[0] = tl->faults.low;
		out.range[1] = tl->faults.high + PAGE_SIZE;
		tl->nr_events++;
		put_record(tl, TL_EVENT, &out, sizeof(out), text, strlen(text));
		free(text);
	}
	memset(&tl->faults, 0, sizeof(tl->faults));
}

/* ---- events ---- */

static const u32 kinds[] = {
	[MEMORY_START] = TL_START, [MEMORY_CALL] = TL_CALL, [MEMORY_EXEC] = TL_EXEC, [MEMORY_FAULT] = TL_GROWTH};

static void put_event(struct timeline *tl, struct task_struct *t, const struct memory_event *e)
{
	struct timeline_event out = {.kind = kinds[e->kind], .tid = (u32)e->tid, .nr = (u32)e->nr, .failed = e->failed,
				     .range = {e->range[0][0], e->range[0][1]}};
	const char *text = e->kind == MEMORY_FAULT ? "a page fault: the stack grew" : e->text;

	count(tl, t, &out.now);
	for (unsigned i = 0; i < MEMORY_CALLERS && e->pc[i]; i++)
		out.frames[i] = frame_of(tl, t, e->symbols, e->pc[i], i == 0);
	for (u32 i = 0; i < e->areas->nr_gone; i++)
		put_record(tl, TL_GONE, &e->areas->gone[i].id, sizeof(u32), NULL, 0);
	put_areas(tl, e->areas->fresh, e->areas->nr_fresh);
	put_record(tl, TL_EVENT, &out, sizeof(out), text, strlen(text));
	tl->nr_events++;
}

static bool forget_pending(struct timeline *tl, u32 id)
{
	for (u32 i = tl->nr_pending; i--;) {
		if (tl->pending[i].id == id) {
			tl->pending[i] = tl->pending[--tl->nr_pending];
			return true;
		}
	}
	return false;
}

/* One of too many: only what remains of it will be written. */
static void sum_up(struct timeline *tl, const struct areas *a)
{
	tl->calls++;
	for (u32 i = 0; i < a->nr_gone; i++) {
		if (!forget_pending(tl, a->gone[i].id))
			put_record(tl, TL_GONE, &a->gone[i].id, sizeof(u32), NULL, 0);
	}
	for (u32 i = 0; i < a->nr_fresh; i++) {
		if (tl->nr_pending == tl->cap_pending) {
			u32 cap = tl->cap_pending ? 2 * tl->cap_pending : 64;
			struct area *grown = realloc(tl->pending, cap * sizeof(*grown));

			if (!grown)
				return;
			tl->pending = grown;
			tl->cap_pending = cap;
		}
		tl->pending[tl->nr_pending++] = a->fresh[i];
	}
}

static void flush_many(struct timeline *tl, struct task_struct *t)
{
	struct timeline_event out = {.kind = TL_MANY, .tid = (u32)t->tid};
	char text[64];

	if (!tl->calls)
		return;
	count(tl, t, &out.now);
	put_areas(tl, tl->pending, tl->nr_pending);
	snprintf(text, sizeof(text), "%lu more events", tl->calls);
	put_record(tl, TL_EVENT, &out, sizeof(out), text, strlen(text));
	tl->calls = 0;
	tl->nr_pending = 0;
	tl->last_many = out.now.ns;
}

static void on_event(struct memory_sink *s, struct task_struct *t, const struct memory_event *e)
{
	struct timeline *tl = container_of(s, struct timeline, sink);

	tl->areas = e->areas;
	if (e->kind == MEMORY_START)
		tl->began = now_ns();
	put_names(tl, e->areas);
	flush_faults(tl, t);
	if (tl->nr_events < TIMELINE_EVENTS)
		put_event(tl, t, e);
	else
		sum_up(tl, e->areas);
}

/* ---- pages ---- */

static void add_page(struct timeline *tl, u64 addr, u32 state)
{
	struct timeline_run *last = tl->nr_runs ? &tl->runs[tl->nr_runs - 1] : NULL;

	if (last && last->state == state && last->start + ((u64)last->pages << PAGE_SHIFT) == addr) {
		last->pages++;
		return;
	}
	if (tl->nr_runs == tl->cap_runs) {
		u32 cap = tl->cap_runs ? 2 * tl->cap_runs : 256;
		struct timeline_run *grown = realloc(tl->runs, cap * sizeof(*grown));

		if (!grown)
			return;
		tl->runs = grown;
		tl->cap_runs = cap;
	}
	tl->runs[tl->nr_runs++] = (struct timeline_run){addr, 1, state};
}

static u32 page_state(const struct mm_struct *mm, pte_t pte)
{
	u32 state = 0;

	if (pte & _PAGE_SPECIAL)
		state |= TL_ZERO;
	else if (!pfn_is_window(mm->phys, pte_pfn(pte)) && pfn_to_page(mm->phys, pte_pfn(pte))->flags & PG_ANON)
		state |= TL_ANON;
	return state | (pte & _PAGE_DIRTY ? TL_DIRTY : 0) | (pte & _PAGE_ACCESSED ? TL_ACCESSED : 0);
}

static void look_at_pages(struct timeline *tl, struct task_struct *t)
{
	u64 addr = 0, stop, began = now_ns(), ns = began - tl->began, took;
	const pte_t *pte;

	tl->nr_runs = 0;
	pthread_rwlock_rdlock(&t->mm->mmap_sem);
	for (; (pte = pte_next_table(t->mm, &addr, TASK_SIZE_MAX, &stop)); addr = stop) {
		for (; addr < stop; addr += PAGE_SIZE, pte++) {
			if (pte_present(*pte))
				add_page(tl, addr, page_state(t->mm, *pte));
		}
	}
	pthread_rwlock_unlock(&t->mm->mmap_sem);
	put_record(tl, TL_PAGES, &ns, sizeof(ns), tl->runs, tl->nr_runs * sizeof(*tl->runs));
	if (++tl->looks % LOOKS_AT_A_PACE == 0)
		tl->look_pause *= 2;
	/* No more than a twentieth of the time. */
	took = now_ns() - began;
	tl->look_pause = max_t(u64, tl->look_pause, 20 * took);
	tl->last_look = ns;
}

static void on_sample(struct memory_sink *s, struct task_struct *t)
{
	struct timeline *tl = container_of(s, struct timeline, sink);
	struct timeline_counters c;
	u64 ns = now_ns() - tl->began;

	if (ns - tl->last_sample < max_t(u64, MS / 5, tl->look_pause / 4))
		return;
	tl->last_sample = ns;
	flush_faults(tl, t);
	if (tl->calls && ns - tl->last_many > tl->look_pause)
		flush_many(tl, t);
	count(tl, t, &c);
	put_record(tl, TL_SAMPLE, &c, sizeof(c), NULL, 0);
	if (ns - tl->last_look >= tl->look_pause)
		look_at_pages(tl, t);
}

void timeline_finish(struct timeline *tl, struct task_struct *t, const char *where)
{
	int code = t->signal->exit_code;
	char text[128], buf[16];

	if (!t->mm)
		return;
	flush_faults(tl, t);
	flush_many(tl, t);
	look_at_pages(tl, t);
	if (!t->signal->exiting)
		snprintf(text, sizeof(text), "stopped at %s", where);
	else if (code & 0x7f)
		snprintf(text, sizeof(text), "killed by %s", signal_name(code & 0x7f, buf));
	else
		snprintf(text, sizeof(text), "exited with %d", code >> 8 & 0xff);
	put_record(tl, TL_END, text, strlen(text), NULL, 0);
}
