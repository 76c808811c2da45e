// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Deterministic runs: a signal that was sent has arrived before anybody goes on. Which thread the host gives it to, and whether a
 * second one is merged with it, hangs on whether the receiver has taken the first; and a receiver that waits for its turn takes it when
 * the host lets it run. Nor may the sender take it that is meant for another. The same for SIGKILL, SIGSTOP and SIGCONT, which the host alone carries out.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include "kernel/det_internal.h"
#include "kernel/signal.h"

#define LOOKS 4000                 /* at one thread, before it is left to itself */
#define LOOK_NS 50000

enum state { TAKES, SETTLED, STOPPED, DEAD };

static u64 field(const char *text, const char *name)
{
	const char *p = strstr(text, name);

	return p ? strtoull(p + strlen(name), NULL, 16) : 0;
}

/* What the host says of a thread's signals: "SigPnd:\t0000000000000000". */
static enum state look(const struct det_slot *s)
{
	char path[48], text[4096];
	const char *p;
	u64 pending;

	snprintf(path, sizeof(path), "/proc/%d/task/%d/status", s->pid, s->tid);
	host_read_text(path, text, sizeof(text));
	p = strstr(text, "\nState:\t");
	if (!p || p[8] == 'Z' || p[8] == 'X')
		return DEAD;
	pending = field(text, "\nSigPnd:\t") | field(text, "\nShdPnd:\t");
	if (pending & sigbit(SIGKILL))
		return DEAD;
	if (p[8] == 'T')
		return STOPPED;
	/* It sleeps: it is not in a handler, nor on its way there. */
	return p[8] != 'S' || pending & ~field(text, "\nSigBlk:\t") ? TAKES : SETTLED;
}

static enum state settle(const struct det_slot *s)
{
	const struct timespec pause = {.tv_nsec = LOOK_NS};
	enum state state = look(s);

	for (int i = 0, seen = 1; i < LOOKS; i++) {
		/* Who stopped itself and goes on asks for a turn then. */
		bool comes = state == SETTLED && __atomic_load_n(&s->stops, __ATOMIC_ACQUIRE);

		/* Twice: the line of the state is older than those of the signals. */
		if (state != TAKES && !comes && (state != SETTLED || seen++ == 2))
			break;
		if (state != SETTLED || comes) {
			seen = 1;
			HOST(SYS_nanosleep, &pause, NULL);
		}
		state = look(s);
	}
	return state;
}

void det_settle(struct task_struct *t)
{
	struct determin *d = t->ulk->det;
	int dead = 0;

	if (d->nr == 1)
		return;
	det_for_each(d, s) {
		enum state state;

		if (s == t->det || s->gone || s->asleep || !s->tid || s->pid == dead)
			continue;
		state = settle(s);
		if (!s->stops)
			s->stopped = state == STOPPED;
		if (state == DEAD && s->pid != t->pid)
			dead = s->pid;
	}
	/* The list changes: the next one, if any, is found by who calls again. */
	if (dead) {
		det_process_died(t, dead);
		det_settle(t);
	}
}

bool det_hold_signals(struct task_struct *t)
{
	if (t->mask_full)
		return false;
	host_mask_hold(t);
	return true;
}

static struct task_struct *task_of(const struct task_struct *t, const struct det_slot *s)
{
	struct task_struct *o = t->ulk->tasks;

	while (o && o->det != s)
		o = o->next;
	return o;
}

/* Which of @t's process takes @sig: the eldest that has nothing to handle yet, the leader before all. NULL: all of them block it. */
static struct task_struct *taker(struct task_struct *t, u64 sig)
{
	struct task_struct *busy = NULL;

	det_for_each(t->ulk->det, s) {
		struct task_struct *o = s->pid == t->pid && !s->asleep ? task_of(t, s) : NULL;

		if (!o || o->exited || o->blocked & sigbit(sig))
			continue;
		if (!o->async_pending)
			return o;
		busy = busy ?: o;
	}
	return busy;
}

/* To a process: the host may choose among its threads, and does so by how far each has come. */
static s64 send_to_own(struct task_struct *t, u64 sig, const siginfo_t *given)
{
	struct task_struct *to = taker(t, sig);
	siginfo_t info = {.si_signo = (int)sig, .si_code = SI_ULK_USER};

	if (given)
		info = *given;
	else
		info.si_pid = t->pid, info.si_uid = (uid_t)HOST(SYS_getuid);
	if (info.si_code == SI_KERNEL)
		info.si_code = SI_ULK_KERNEL;
	if (to)
		return HOST(SYS_rt_tgsigqueueinfo, t->pid, to->tid, sig, &info);
	return given ? HOST(SYS_rt_sigqueueinfo, t->pid, sig, given) : HOST(SYS_kill, t->pid, sig);
}

s64 det_send(struct task_struct *t, long nr, u64 a, u64 b, u64 c, u64 d)
{
	const siginfo_t *info = nr == SYS_kill ? NULL : (const siginfo_t *)(uintptr_t)c;
	bool held, own;
	s64 ret;

	if (likely(!t->ulk->det))
		return HOST(nr, a, b, c, d);
	own = (nr == SYS_kill || nr == SYS_rt_sigqueueinfo) && (s32)a == t->pid && t->signal->nr_threads > 1 && b - 1 < ULK_NSIG &&
	      b != SIGKILL && b != SIGSTOP;
	held = det_hold_signals(t);
	ret = own ? send_to_own(t, b, info) : HOST(nr, a, b, c, d);
	if (!ret)
		det_settle(t);
	if (held)
		host_mask_open(t);
	return ret;
}

bool det_stops(struct task_struct *t)
{
	t->det->stops = t->ulk->det->nr > 1;
	return true;
}

/* ---- from outside ---- */

bool det_from_outside(const siginfo_t *info)
{
	switch (info->si_signo) {
	case SIGINT: case SIGQUIT: case SIGHUP: case SIGTSTP: case SIGWINCH: case SIGCONT:
		if (info->si_code == SI_KERNEL)
			return true; /* the terminal's */
	}
	/* Process 1 is the one that passes on what ulk was sent (cli/namespace.c). */
	return (info->si_code == SI_USER || info->si_code == SI_QUEUE || info->si_code == SI_TKILL) && info->si_pid <= 1;
}

bool det_signal_interrupts(const struct task_struct *t)
{
	return t->det->interrupted;
}

void det_foretell_signal(struct ulk *ulk, int tid, u64 at, bool in_call, const siginfo_t *info)
{
	struct determin *d = ulk->det;

	d->foretold.tid = tid;
	d->kick_at = ~0UL;
	if (!tid)
		return;
	d->foretold.at = at;
	d->foretold.in_call = in_call;
	d->foretold.info = *info;
	if (!in_call)
		d->kick_at = at;
}

bool det_signal_due(struct task_struct *t, bool in_call)
{
	struct determin *d = t->ulk->det;

	if (likely(d->foretold.tid != t->tid) || d->now < d->foretold.at || (in_call && !d->foretold.in_call))
		return false;
	d->foretold.tid = 0;
	d->kick_at = ~0UL;
	HOST(SYS_rt_tgsigqueueinfo, t->pid, t->tid, d->foretold.info.si_signo, &d->foretold.info);
	return true;
}

bool det_interrupted(struct task_struct *t)
{
	det_signal_due(t, true);
	if (signal_pending(t) || t->signal->exiting || t->signal->execer)
		t->det->interrupted = true;
	return t->det->interrupted;
}
