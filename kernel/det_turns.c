// SPDX-License-Identifier: GPL-2.0-or-later
/* Deterministic runs: who takes part, and whose turn it is. */
#include <errno.h>
#include <linux/futex.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>
#include "kernel/det_internal.h"
#include "kernel/sched.h"
#include "kernel/signal.h"

#define PATIENCE_MS 200            /* who waits looks after this time whether who has the turn lives */
#define PAUSE_MAX_US 2000
#define REAL_MAX_NS 10000000000UL

static u32 number(const struct determin *d, const struct det_slot *s)
{
	return (u32)(s - d->slots);
}

static void lock(struct determin *d)
{
	if (pthread_mutex_lock(&d->lock) == EOWNERDEAD)
		pthread_mutex_consistent(&d->lock);
}

static void unlock(struct determin *d)
{
	pthread_mutex_unlock(&d->lock);
}

/* ---- who takes part ---- */

struct det_slot *det_slot_new(struct determin *d, int pid)
{
	u32 n = d->freed;

	if (n)
		d->freed = d->slots[n].next;
	else if (d->top + 1 < DET_SLOTS)
		n = ++d->top;
	else
		return NULL;
	lock(d);
	d->slots[n] = (struct det_slot){.pid = pid, .prev = d->slots[0].prev};
	d->slots[d->slots[0].prev].next = n;
	d->slots[0].prev = n;
	d->nr++;
	unlock(d);
	return &d->slots[n];
}

void det_slot_free(struct determin *d, struct det_slot *s)
{
	lock(d);
	d->slots[s->prev].next = s->next;
	d->slots[s->next].prev = s->prev;
	s->next = d->freed;
	s->pid = s->tid = 0;
	d->freed = number(d, s);
	d->nr--;
	unlock(d);
}

int det_attach(struct task_struct *t)
{
	struct determin *d = t->ulk->det;

	t->det = det_slot_new(d, t->pid);
	if (!t->det)
		return -EAGAIN;
	t->det->tid = t->tid;
	d->current = number(d, t->det);
	d->nr_procs = 1;
	return 0;
}

int det_born(struct task_struct *t, struct task_struct *c)
{
	c->det = det_slot_new(t->ulk->det, t->pid);
	return c->det ? 0 : -EAGAIN;
}

void det_unborn(struct task_struct *c)
{
	det_slot_free(c->ulk->det, c->det);
}

int det_fork_prepare(struct task_struct *t)
{
	struct determin *d = t->ulk->det;
	struct det_slot *s = det_slot_new(d, 0);

	if (!s)
		return -EAGAIN;
	d->nr_procs++;
	t->det_child = s;
	return 0;
}

void det_fork_parent(struct task_struct *t, s64 pid)
{
	struct determin *d = t->ulk->det;
	struct det_slot *s = t->det_child;

	if (pid < 0) {
		d->nr_procs--;
		det_slot_free(d, s);
	} else {
		s->pid = s->tid = (int)pid;
	}
}

void det_forked(struct task_struct *t)
{
	t->det = t->det_child;
	t->det->pid = t->pid;
	t->det->tid = t->tid;
	det_wait_turn(t);
}

void det_signalled(struct task_struct *t)
{
	struct determin *d = t->ulk->det;

	if (!t->det)
		return;
	__atomic_store_n(&t->det->signalled, 1, __ATOMIC_RELEASE);
	__atomic_add_fetch(&d->returned, 1, __ATOMIC_RELEASE);
	HOST(SYS_futex, &d->returned, FUTEX_WAKE, 1, NULL, NULL, 0);
}

/* ---- whose turn it is ---- */

/* Another run of the same program, the same length at the same time; another seed, another length. */
static void begin_turn(struct determin *d)
{
	u64 x = (d->now + 1) * 0x9e3779b97f4a7c15 ^ d->seed;

	x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9;
	x = (x ^ x >> 27) * 0x94d049bb133111eb;
	d->quantum = DET_QUANTUM / 2 + (x ^ x >> 31) % DET_QUANTUM;
	d->turn_over = false;
	d->began = d->now;
}

static void end_turn(struct determin *d, struct det_slot *s)
{
	s->cpu += d->now - d->began;
	d->began = d->now;
}

static bool ending(const struct task_struct *t)
{
	return t->signal->exiting || t->signal->execer;
}

/* Can @s make use of a turn? @t asks. */
static bool eligible(const struct determin *d, const struct det_slot *s, const struct task_struct *t)
{
	if (s->outside || s->stopped)
		return false;
	if (!s->waiting || s->woken || (s->pid == t->pid && ending(t)))
		return true;
	if (s->deadline && s->deadline <= d->now)
		return true;
	if (unlikely(d->foretold.tid) && d->foretold.tid == s->tid && d->foretold.in_call && d->foretold.at <= d->now)
		return true;
	if (__atomic_load_n(&s->signalled, __ATOMIC_ACQUIRE) || s->signals != d->signals)
		return true;
	return s->polls && s->tried != d->progress;
}

/* Who comes after @t; @t itself last. @siblings: of its process only. */
static struct det_slot *after(struct task_struct *t, bool siblings)
{
	struct determin *d = t->ulk->det;
	u32 n = number(d, t->det);

	do {
		n = d->slots[n].next ?: d->slots[0].next;
		if (eligible(d, &d->slots[n], t) && (!siblings || d->slots[n].pid == t->pid))
			return &d->slots[n];
	} while (&d->slots[n] != t->det);
	return NULL;
}

/* Sleep until somebody comes back from outside, or a while. */
static void pause_for(struct determin *d, u32 seen, u32 us)
{
	const struct timespec ts = {.tv_nsec = us * 1000L};

	HOST(SYS_futex, &d->returned, FUTEX_WAIT, seen, &ts, NULL, 0);
}

/* Nobody can run: to the next moment at which somebody can. NULL: not yet. */
static struct det_slot *idle(struct task_struct *t)
{
	struct determin *d = t->ulk->det;
	u32 seen = __atomic_load_n(&d->returned, __ATOMIC_ACQUIRE);
	bool look = false;
	u64 first = 0;

	lock(d);
	det_for_each(d, s) {
		if (s->waiting && s->deadline && !s->outside && (!first || s->deadline < first))
			first = s->deadline;
		look |= s->polls || (s->outside && !s->asleep);
	}
	unlock(d);
	if (d->foretold.tid && d->foretold.in_call && (!first || d->foretold.at < first))
		first = d->foretold.at;
	for (u32 i = 0; i < d->nr_timers; i++) {
		const struct det_timer *x = &d->timers[i];

		if (x->at && !x->cpu_time && (!first || x->at < first))
			first = x->at;
	}
	if (look && (!d->looked_outside || (d->real_time && first && d->now + d->waited < first && d->waited < REAL_MAX_NS))) {
		/* What they wait for may come from outside, and takes the world's time. */
		d->looked_outside = true;
		pause_for(d, seen, 200);
		d->waited += 200000;
	} else if (first) {
		d->looked_outside = false;
		d->waited = 0;
		det_jump(d, first);
		det_check_timers(t);
		return after(t, false);
	} else {
		/* A signal from outside, or what comes from there, is all that is left. */
		d->pause = d->pause ? min_t(u32, d->pause * 2, PAUSE_MAX_US) : 100;
		pause_for(d, seen, d->pause);
	}
	HOST(SYS_gettid);
	d->progress++;
	return after(t, false);
}

static void forget_process(struct determin *d, int pid)
{
	for (struct det_slot *s = det_first(d), *next; s != &d->slots[0]; s = next) {
		next = det_next(d, s);
		if (s->gone && s->pid == pid)
			det_slot_free(d, s);
	}
}

/* A process that has given its turn away to die: what it had is closed, and its parent hears of it. */
static void await_death(struct determin *d)
{
	struct pollfd p = {.events = POLLIN};
	int pid = d->dying;
	siginfo_t info;

	if (!pid)
		return;
	d->dying = 0;
	p.fd = (int)HOST(SYS_pidfd_open, pid, 0);
	if (p.fd >= 0) {
		const struct timespec limit = {.tv_sec = 10};

		while (HOST(SYS_ppoll, &p, 1, &limit, NULL, 8) == -EINTR)
			;
		HOST(SYS_close, p.fd);
	}
	/* Takes the lock under which the kernel tells the parent. */
	HOST(SYS_waitid, P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT, NULL);
	forget_process(d, pid);
}

/* Nobody waits for its threads. With the lock. */
static void mark_gone(struct determin *d, int pid)
{
	det_for_each(d, s) {
		if (s->pid == pid)
			s->outside = s->asleep = s->gone = true;
	}
}

void det_process_died(struct task_struct *t, int pid)
{
	struct determin *d = t->ulk->det;

	lock(d);
	mark_gone(d, pid);
	unlock(d);
	det_timers_drop(d, pid);
	d->signals++;
	d->progress++;
	d->dying = pid;
	await_death(d);
}

/* The turn goes to @next. */
static void give(struct determin *d, struct det_slot *next)
{
	d->current = number(d, next);
	__atomic_store_n(&next->turn, 1, __ATOMIC_RELEASE);
	HOST(SYS_futex, &next->turn, FUTEX_WAKE, 1, NULL, NULL, 0);
}

static bool is_stopped(int tid)
{
	char path[32], text[512];
	const char *p;

	snprintf(path, sizeof(path), "/proc/%d/stat", tid);
	host_read_text(path, text, sizeof(text));
	p = strrchr(text, ')');
	return p && p[1] == ' ' && p[2] == 'T';
}

/* Is who has been given the turn stopped (SIGSTOP)? Then it is outside until it goes on. */
static void take_from_stopped(struct task_struct *t)
{
	struct determin *d = t->ulk->det;
	struct det_slot *s = &d->slots[d->current];
	u32 given = 1;

	if (!d->current || s == t->det || !s->tid || !__atomic_load_n(&s->turn, __ATOMIC_ACQUIRE) || !is_stopped(s->tid))
		return;
	lock(d);
	if (s == &d->slots[d->current] && __atomic_compare_exchange_n(&s->turn, &given, 0, false, __ATOMIC_ACQ_REL, __ATOMIC_RELAXED)) {
		s->outside = true;
		d->current = number(d, t->det);
		t->det->turn = 1;
	}
	unlock(d);
}

/* @t was outside, or the turn was taken from it while it was stopped: it wants it again. */
static void come_back(struct task_struct *t)
{
	struct determin *d = t->ulk->det;

	lock(d);
	t->det->outside = t->det->stops = false;
	if (!d->current) {
		d->current = number(d, t->det);
		t->det->turn = 1;
	}
	unlock(d);
}

/* Has who has the turn been killed from outside? Then it is anybody's. */
static void take_from_dead(struct task_struct *t)
{
	struct determin *d = t->ulk->det;
	struct det_slot *dead;
	u32 word;
	const struct iovec here = {&word, sizeof(word)}, there = {d, sizeof(word)};

	lock(d);
	dead = &d->slots[d->current];
	if (d->current && dead != t->det && dead->tid && !__atomic_load_n(&t->det->turn, __ATOMIC_ACQUIRE) &&
	    HOST(SYS_process_vm_readv, dead->tid, &here, 1, &there, 1, 0) == -ESRCH) {
		d->current = number(d, t->det);
		t->det->turn = 1;
		mark_gone(d, dead->pid);
		d->dying = dead->pid;
		d->signals++;
	}
	unlock(d);
}

void det_wait_turn(struct task_struct *t)
{
	const struct timespec patience = {.tv_nsec = PATIENCE_MS * 1000000L};
	struct determin *d = t->ulk->det;
	struct det_slot *s = t->det;

	while (!__atomic_load_n(&s->turn, __ATOMIC_ACQUIRE)) {
		if (HOST(SYS_futex, &s->turn, FUTEX_WAIT, 0, &patience, NULL, 0) == -ETIMEDOUT) {
			take_from_dead(t);
			take_from_stopped(t);
		}
		if (unlikely(s->outside && !s->gone))
			come_back(t);
		s->stopped = false;
	}
	s->turn = 0;
	if (d->aborted)
		det_abort(t, d->aborted - 1);
	if (d->dying) {
		bool held = det_hold_signals(t);

		await_death(d);
		det_settle(t);
		if (held)
			host_mask_open(t);
	}
	begin_turn(d);
	/* A signal that was sent before this turn is taken on the way back from any call of the host. */
	HOST(SYS_gettid);
	det_check_timers(t);
	t->cpu_released = false;
	sched_switch_to(t);
}

/* The next one's turn; back when it is @t's again. */
static void pass(struct task_struct *t)
{
	struct determin *d = t->ulk->det;
	struct det_slot *next;

	end_turn(d, t->det);
	do
		next = after(t, false) ?: idle(t);
	while (!next);
	if (next == t->det) {
		HOST(SYS_gettid);
		begin_turn(d);
		return;
	}
	t->cpu_released = true;
	give(d, next);
	det_wait_turn(t);
}

/* @t's slot takes no part for now, or (@ends) for ever. */
static void leave(struct task_struct *t, bool ends)
{
	struct determin *d = t->ulk->det;
	struct det_slot *next;

	t->cpu_released = true;
	end_turn(d, t->det);
	lock(d);
	/* Its process's end comes first. */
	next = (ending(t) ? after(t, true) : NULL) ?: after(t, false);
	if (!next) {
		/* Who waits can as well wait with the turn. */
		det_for_each(d, s) {
			if (!s->outside) {
				next = s;
				break;
			}
		}
	}
	d->current = next ? number(d, next) : 0;
	unlock(d);
	if (ends) {
		det_slot_free(d, t->det);
		t->det = NULL;
	}
	if (next)
		give(d, next);
}

void det_release(struct task_struct *t)
{
	if (t->cpu_released || (t->ulk->det->nr == 1 && !t->exited))
		return;
	lock(t->ulk->det);
	t->det->outside = true;
	unlock(t->ulk->det);
	leave(t, false);
}

void det_acquire(struct task_struct *t)
{
	struct determin *d = t->ulk->det;

	/* The process is about to end. */
	while (t->det->gone)
		HOST(SYS_pause);
	come_back(t);
	__atomic_add_fetch(&d->returned, 1, __ATOMIC_RELEASE);
	HOST(SYS_futex, &d->returned, FUTEX_WAKE, 1, NULL, NULL, 0);
	det_wait_turn(t);
}

void det_leader_sleeps(struct task_struct *t, bool asleep)
{
	struct det_slot *s = t->ulk->main_task ? t->ulk->main_task->det : NULL;

	if (!s || (!asleep && !s->asleep))
		return;
	lock(t->ulk->det);
	s->asleep = s->outside = asleep;
	unlock(t->ulk->det);
	if (asleep)
		leave(t, false);
}

void det_thread_ends(struct task_struct *t)
{
	struct determin *d = t->ulk->det;
	struct det_slot *s = t->det;

	lock(d);
	s->outside = true;
	unlock(d);
	end_turn(d, s);
	det_for_each(d, o) {
		if (o->tid == t->pid) {
			o->cpu += s->cpu;
			break;
		}
	}
	d->signals++;
	d->progress++;
	s->cpu = 0;
	leave(t, true);
}

void det_process_ends(struct task_struct *t)
{
	struct determin *d = t->ulk->det;

	det_timers_drop(d, t->pid);
	d->nr_procs--;
	d->signals++;
	d->progress++;
	if (t->ulk->opt.embedded) {
		/* The host's process goes on; threads_end_others() will see to the other threads. */
		det_release(t);
		return;
	}
	lock(d);
	mark_gone(d, t->pid);
	unlock(d);
	d->dying = t->pid;
	leave(t, false);
}

void det_yield(struct task_struct *t)
{
	struct determin *d = t->ulk->det;

	det_check_timers(t);
	if (!d->turn_over)
		return;
	d->turn_over = false;
	d->progress++;
	if (d->nr > 1)
		pass(t);
}

bool det_ready(const struct task_struct *t)
{
	return t->det && !t->det->outside && !t->det->asleep && !t->det->waiting;
}

void det_end_turn(struct task_struct *t)
{
	t->ulk->det->turn_over = true;
}

void det_wait(struct task_struct *t)
{
	struct determin *d = t->ulk->det;
	struct det_slot *s = t->det;

	s->signalled = 0;
	/* What came before that. */
	if (signal_pending(t))
		return;
	s->tried = d->progress;
	s->signals = d->signals;
	s->waiting = true;
	pass(t);
	s->waiting = false;
}

bool det_await_fds(struct task_struct *t, struct pollfd *fds, unsigned n)
{
	s64 found = 0;

	t->det->polls = true;
	while (!det_interrupted(t) && !(found = HOST(SYS_ppoll, fds, n, &(struct timespec){0}, NULL, 8)))
		det_wait(t);
	t->det->polls = false;
	return found > 0;
}

bool det_pause(struct task_struct *t, u64 deadline)
{
	if (det_interrupted(t))
		return false;
	t->det->polls = true;
	t->det->deadline = deadline;
	det_wait(t);
	t->det->polls = false;
	t->det->deadline = 0;
	return !det_interrupted(t);
}

void det_sleep(struct task_struct *t, u64 ns)
{
	struct determin *d = t->ulk->det;
	u64 until = d->now + ns;

	/* With a signal waiting there is no waiting in turns: time passes, and nobody runs. */
	while (d->now < until && !ending(t)) {
		if (!det_pause(t, until))
			det_jump(d, until);
	}
}

void det_in_real_time(struct ulk *ulk)
{
	ulk->det->real_time = true;
}

void det_abort(struct task_struct *t, int status)
{
	struct determin *d = t->ulk->det;

	d->aborted = status + 1;
	lock(d);
	det_for_each(d, s) {
		if (s->pid == t->pid)
			s->outside = s->asleep = s->gone = true;
		else
			s->waiting = false;
	}
	unlock(d);
	leave(t, false);
	_exit(status);
}

void det_await_siblings(struct task_struct *t)
{
	const struct timespec pause = {.tv_nsec = 50000};
	struct determin *d = t->ulk->det;
	struct det_slot *next = after(t, true);

	if (!next || next == t->det) {
		/* They come back from outside, or are all but gone. */
		HOST(SYS_nanosleep, &pause, NULL);
		return;
	}
	end_turn(d, t->det);
	t->cpu_released = true;
	give(d, next);
	det_wait_turn(t);
}
