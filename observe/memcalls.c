// SPDX-License-Identifier: GPL-2.0-or-later
#include <limits.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <time.h>
#include "kernel/watch.h"
#include "mm/file.h"
#include "observe/decode.h"
#include "observe/memcalls.h"
#include "observe/observe.h"
#include "observe/symbols.h"
#include "observe/trace_internal.h"
#include "syscalls/syscalls.h"

#define SAMPLE_NS 10000000

struct memcalls {
	struct memory_sink *sinks;
	struct watch watch;
	bool want_callers;
	int pid;                   /* who is followed; 0: nobody yet */
	struct areas areas;
	struct symbols *symbols;   /* of the files mapped so far, or NULL */
	pthread_t ticker;
	bool ticks;
	struct ulk *ulk;
	u64 brk;                   /* as it was last */
};

struct memcalls *memcalls_create(void)
{
	return calloc(1, sizeof(struct memcalls));
}

void memcalls_free(struct memcalls *m)
{
	if (!m)
		return;
	if (m->ticks) {
		pthread_cancel(m->ticker);
		pthread_join(m->ticker, NULL);
	}
	symbols_close(m->symbols);
	areas_free(&m->areas);
	free(m);
}

void memcalls_add(struct memcalls *m, struct memory_sink *s)
{
	s->next = m->sinks;
	m->sinks = s;
	m->want_callers |= s->want_callers;
}

static void find_callers(struct memcalls *m, struct task_struct *t, struct memory_event *e)
{
	if (!m->want_callers)
		return;
	if (!m->symbols)
		m->symbols = symbols_open(t);
	e->symbols = m->symbols;
	if (m->symbols)
		symbols_callers(m->symbols, t, e->pc, MEMORY_CALLERS);
}

/* Code came or went: the unwinder must hear of it. */
static void forget_files(struct memcalls *m)
{
	bool code = false;

	for (u32 i = 0; i < m->areas.nr_gone; i++)
		code |= m->areas.gone[i].file && (m->areas.gone[i].flags & VM_EXEC);
	for (u32 i = 0; i < m->areas.nr_fresh; i++)
		code |= m->areas.fresh[i].file && (m->areas.fresh[i].flags & VM_EXEC);
	if (!code)
		return;
	symbols_close(m->symbols);
	m->symbols = NULL;
}

static void tell(struct memcalls *m, struct task_struct *t, struct memory_event *e)
{
	e->tid = t->tid;
	e->areas = &m->areas;
	m->brk = t->mm->brk;
	forget_files(m);
	find_callers(m, t, e);
	for (struct memory_sink *s = m->sinks; s; s = s->next)
		s->event(s, t, e);
}

void memcalls_sync(struct memcalls *m, struct task_struct *t)
{
	struct memory_event e = {.kind = m->pid ? MEMORY_FAULT : MEMORY_START, .text = ""};

	if (!t->mm || (m->pid && (m->pid != t->pid || !areas_stale(&m->areas, t->mm))))
		return;
	m->pid = t->pid;
	if (!areas_update(&m->areas, t->mm, NULL, 0) && (m->areas.nr_gone || m->areas.nr_fresh))
		tell(m, t, &e);
}

/* Which addresses the call is about. @old_brk: before it. */
static void set_ranges(struct memory_event *e, const struct tcb *c, u64 old_brk)
{
	const u64 *a = c->a;
	u64 ret = (u64)c->ret, (*r)[2] = e->range;

	r[0][0] = a[0] & PAGE_MASK;
	if (__builtin_add_overflow(a[0], a[1], &r[0][1]))
		r[0][1] = ~0UL;
	switch (c->nr) {
	case SYS_mmap:
		r[0][0] = e->failed ? a[0] : ret;
		r[0][1] = r[0][0] + a[1];
		break;
	case SYS_brk:
		r[0][0] = min_t(u64, old_brk, ret);
		r[0][1] = old_brk > ret ? old_brk : ret;
		break;
	case SYS_mremap:
		memcpy(r[1], r[0], sizeof(r[1]));
		r[0][0] = e->failed ? 0 : ret;
		r[0][1] = e->failed ? 0 : ret + a[2];
		break;
	case SYS_shmat:
		r[0][0] = e->failed ? 0 : ret;
		r[0][1] = e->failed ? 0 : ret + 1; /* its size is the segment's: the area at the address says it */
		break;
	case SYS_prctl:
		r[0][0] = a[2];
		r[0][1] = a[2] + a[3];
		break;
	}
	r[0][1] = PAGE_ALIGN(r[0][1]);
	r[1][1] = PAGE_ALIGN(r[1][1]);
}

/* Is it about memory, whatever changes? */
static bool memory_call(const struct tcb *c)
{
	if (c->nr >= syscall_table_size || !syscall_table[c->nr].name)
		return false;
	if (c->nr == SYS_prctl)
		return c->a[0] == PR_SET_VMA || c->a[0] == PR_SET_MM;
	return syscall_table[c->nr].flags & SC_MEMORY;
}

/* Those whose ranges say what they can have changed. */
static bool has_ranges(u64 nr)
{
	switch (nr) {
	case SYS_mmap:
	case SYS_brk:
	case SYS_munmap:
	case SYS_mprotect:
	case SYS_pkey_mprotect:
	case SYS_madvise:
	case SYS_mremap:
	case SYS_mlock:
	case SYS_mlock2:
	case SYS_munlock:
	case SYS_mbind:
		return true;
	}
	return false;
}

/* They leave all areas as they are. */
static bool only_looks(u64 nr)
{
	return nr == SYS_mincore || nr == SYS_msync || nr == SYS_get_mempolicy || nr == SYS_move_pages;
}

static void put_call(struct tcb *c)
{
	c->call = call_decoder(c->nr);
	fprintf(c->out, "%s(", c->call ? c->call->name : syscall_table[c->nr].name);
	trace_put_args(c);
	fputs(") ", c->out);
	trace_put_result(c->out, c);
}

/* What execve was given has gone with the old program. */
static void put_exec(struct tcb *c)
{
	char path[PATH_MAX];

	fprintf(c->out, "%s(", syscall_table[c->nr].name);
	if (c->t->mm->exe_file && file_path(c->t->mm->exe_file, path, sizeof(path)) >= 0)
		put_string(c, path, strlen(path));
	fputs(", ...) = 0", c->out);
}

static void after_call(struct memcalls *m, struct tcb *c)
{
	struct memory_event e = {.kind = m->areas.mm_id == c->t->mm->id ? MEMORY_CALL : MEMORY_EXEC, .nr = c->nr};
	char *text = NULL;
	size_t size;
	bool exec = e.kind == MEMORY_EXEC;

	e.failed = syserror(c);
	if (!exec && !memory_call(c) && !areas_stale(&m->areas, c->t->mm))
		return;
	c->out = open_memstream(&text, &size);
	if (c->out) {
		exec ? put_exec(c) : put_call(c);
		fclose(c->out);
	}
	e.text = text ?: "?";
	set_ranges(&e, c, m->brk);
	if (has_ranges(c->nr) && !exec)
		areas_update(&m->areas, c->t->mm, e.range, ARRAY_SIZE(e.range));
	else if (only_looks(c->nr))
		m->areas.nr_gone = m->areas.nr_fresh = 0;
	else
		areas_update(&m->areas, c->t->mm, NULL, 0);
	tell(m, c->t, &e);
	free(text);
}

static void sample(struct memcalls *m, struct task_struct *t)
{
	for (struct memory_sink *s = m->sinks; s; s = s->next) {
		if (s->sample)
			s->sample(s, t);
	}
}

static struct memcalls *of_watch(struct watch *w, const struct task_struct *t)
{
	struct memcalls *m = container_of(w, struct memcalls, watch);

	/* A child is another story. */
	return t->mm && (!m->pid || t->pid == m->pid) ? m : NULL;
}

static void on_enter(struct watch *w, struct task_struct *t, struct watched_call *call)
{
	struct memcalls *m = of_watch(w, t);

	if (m)
		memcalls_sync(m, t);
}

static void on_exit_of_call(struct watch *w, struct task_struct *t, struct watched_call *call)
{
	struct memcalls *m = of_watch(w, t);
	struct tcb c = {.t = t, .nr = (u32)call->nr, .ret = call->ret, .exiting = true, .strlen_max = 32};

	if (!m)
		return;
	memcpy(c.a, call->args, sizeof(c.a));
	if (c.nr < syscall_table_size && syscall_table[c.nr].name)
		after_call(m, &c);
	sample(m, t);
}

static void on_fault(struct watch *w, struct task_struct *t, u64 addr, enum cpu_access access, const struct mm_fault *f)
{
	struct memcalls *m = of_watch(w, t);

	for (struct memory_sink *s = m && !f->signo ? m->sinks : NULL; s; s = s->next) {
		if (s->fault)
			s->fault(s, t, addr, access == CPU_WRITE, f->major);
	}
}

static bool on_return(struct watch *w, struct task_struct *t)
{
	struct memcalls *m = of_watch(w, t);

	if (m) {
		memcalls_sync(m, t);
		sample(m, t);
	}
	return false;
}

/* The program computes: every now and then somebody looks. */
static void *ticker_main(void *arg)
{
	const struct timespec pause = {.tv_nsec = SAMPLE_NS};
	struct memcalls *m = arg;

	for (;;) {
		clock_nanosleep(CLOCK_MONOTONIC, 0, &pause, NULL);
		cpu_kick(m->ulk->cpu);
	}
	return NULL;
}

static void start_ticker(struct memcalls *m)
{
	u64 all = ~0UL, old;

	/* The guest's signals are not for it. */
	HOST(SYS_rt_sigprocmask, SIG_SETMASK, &all, &old, sizeof(old));
	m->ticks = !pthread_create(&m->ticker, NULL, ticker_main, m);
	HOST(SYS_rt_sigprocmask, SIG_SETMASK, &old, NULL, sizeof(old));
}

void memcalls_attach(struct memcalls *m, struct ulk *ulk)
{
	m->ulk = ulk;
	m->watch.syscall_enter = on_enter;
	m->watch.syscall_exit = on_exit_of_call;
	for (struct memory_sink *s = m->sinks; s; s = s->next) {
		if (s->attach)
			s->attach(s, ulk);
		if (s->fault)
			m->watch.fault = on_fault;
		if (s->sample)
			m->watch.stop = on_return;
	}
	watch_attach(ulk, &m->watch);
	if (m->watch.stop)
		start_ticker(m);
}
