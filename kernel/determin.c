// SPDX-License-Identifier: GPL-2.0-or-later
/* Virtual time, chance, and whose turn it is. */
#include <errno.h>
#include <linux/futex.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include "kernel/det_internal.h"
#include "kernel/sched.h"
#include "kernel/signal.h"

static u64 next_random(struct determin *d)
{
	u64 x = d->rng += 0x9e3779b97f4a7c15;

	x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9;
	x = (x ^ x >> 27) * 0x94d049bb133111eb;
	return x ^ x >> 31;
}

static void begin_turn(struct determin *d)
{
	d->quantum = DET_QUANTUM / 2 + next_random(d) % DET_QUANTUM;
	d->turn_over = false;
}

/* On the way into each basic block. */
static void count_block(void *arg, u64 addr, u32 size)
{
	struct ulk *ulk = arg;
	struct determin *d = ulk->det;

	d->now += DET_BLOCK_NS;
	if (--d->quantum)
		return;
	d->quantum = DET_QUANTUM;
	d->turn_over = true;
	cpu_kick(ulk->cpu);
}

int det_create(struct ulk *ulk, u64 seed)
{
	struct determin *d = calloc(1, sizeof(*d));

	if (!d)
		return -ENOMEM;
	d->rng = seed;
	d->epoch = DET_EPOCH;
	pthread_mutex_init(&d->lock, NULL);
	begin_turn(d);
	ulk->det = d;
	cpu_trap_tsc(ulk->cpu, true);
	return cpu_watch_blocks(ulk->cpu, count_block, ulk);
}

void det_destroy(struct ulk *ulk)
{
	if (ulk->det)
		pthread_mutex_destroy(&ulk->det->lock);
	free(ulk->det);
	ulk->det = NULL;
}

void det_set_epoch(struct ulk *ulk, u64 seconds)
{
	ulk->det->epoch = seconds;
}

void det_forked(struct task_struct *t)
{
	struct determin *d = t->ulk->det;

	pthread_mutex_init(&d->lock, NULL);
	d->rng += 0x632be59bd9b4e019; /* not the parent's numbers */
	d->current = t;
	d->outside = 0;
	d->timer = d->timer_interval = 0;
	t->det = (struct det_task){0};
}

/* ---- time and chance ---- */

u64 det_now(struct ulk *ulk)
{
	return ulk->det->now;
}

s64 task_clock(struct task_struct *t, clockid_t clock, struct timespec *ts)
{
	const struct determin *d = t->ulk->det;
	s64 ret = HOST(SYS_clock_gettime, clock, ts);
	u64 base = 0;

	if (!d || ret < 0)
		return ret;
	switch (clock) {
	case CLOCK_REALTIME: case CLOCK_REALTIME_COARSE: case CLOCK_TAI:
		base = d->epoch;
		break;
	case CLOCK_MONOTONIC: case CLOCK_MONOTONIC_COARSE: case CLOCK_MONOTONIC_RAW: case CLOCK_BOOTTIME:
		base = DET_UPTIME;
		break;
	}
	ts->tv_sec = (time_t)(base + d->now / 1000000000);
	ts->tv_nsec = (long)(d->now % 1000000000);
	return ret;
}

void det_random(struct ulk *ulk, void *buf, size_t n)
{
	u8 *p = buf;

	while (n) {
		u64 x = next_random(ulk->det);
		size_t k = n < 8 ? n : 8;

		memcpy(p, &x, k);
		p += k;
		n -= k;
	}
}

bool det_rdtsc(struct task_struct *t)
{
	struct cpu_regs *r = task_regs(t);
	u8 code[3] = {0};
	u64 tsc;
	bool p;

	if (t->notsc || mm_peek(t->mm, r->rip, code, sizeof(code)) < 2 || code[0] != 0x0f)
		return false;
	p = code[1] == 0x01 && code[2] == 0xf9;
	if (!p && code[1] != 0x31)
		return false;
	tsc = (DET_UPTIME * 1000000000 + t->ulk->det->now) * DET_CYCLES_PER_NS;
	t->ulk->det->now += DET_BLOCK_NS;
	r->rax = (u32)tsc;
	r->rdx = tsc >> 32;
	if (p)
		r->rcx = 0; /* CPU 0 of node 0 */
	r->rip += p ? 3 : 2;
	t->regs_dirty = true;
	return true;
}

static void fire_timer(struct task_struct *t)
{
	struct determin *d = t->ulk->det;

	d->timer = d->timer_interval ? d->timer + d->timer_interval : 0;
	HOST(SYS_kill, t->pid, SIGALRM);
	d->signals++;
}

void det_syscall(struct ulk *ulk, u64 nr)
{
	struct determin *d = ulk->det;

	d->now += DET_SYSCALL_NS;
	d->progress++;
	switch ((u32)nr) {
	case SYS_kill: case SYS_tkill: case SYS_tgkill: case SYS_rt_sigqueueinfo: case SYS_rt_tgsigqueueinfo:
	case SYS_pidfd_send_signal: case SYS_exit: case SYS_exit_group:
		/* Those who wait have a look. */
		d->signals++;
	}
}

void det_get_timer(struct task_struct *t, u64 *value, u64 *interval)
{
	const struct determin *d = t->ulk->det;

	*value = d->timer > d->now ? d->timer - d->now : d->timer ? 1 : 0;
	*interval = d->timer_interval;
}

void det_set_timer(struct task_struct *t, u64 value, u64 interval, u64 *old_value, u64 *old_interval)
{
	struct determin *d = t->ulk->det;

	det_get_timer(t, old_value, old_interval);
	d->timer = value ? d->now + value : 0;
	d->timer_interval = interval;
}

void det_check_timer(struct task_struct *t)
{
	struct determin *d = t->ulk->det;

	if (unlikely(d->timer && d->timer <= d->now))
		fire_timer(t);
}

/* ---- turns ---- */

static bool eligible(const struct determin *d, const struct task_struct *t)
{
	const struct det_task *w = &t->det;

	if (w->outside)
		return false;
	if (!w->waiting || w->woken || t->signal->exiting || t->signal->execer)
		return true;
	if (w->deadline && w->deadline <= d->now)
		return true;
	if (__atomic_load_n(&t->sigpending, __ATOMIC_ACQUIRE) || w->signals != d->signals)
		return true;
	return w->polls && w->tried != d->progress;
}

/* Who comes after @t; @t itself last. */
static struct task_struct *after(struct task_struct *t)
{
	struct determin *d = t->ulk->det;
	struct task_struct *o, *first = NULL;
	bool passed = false;

	for (o = t->ulk->tasks; o; o = o->next) {
		if (o == t)
			passed = true;
		if (!eligible(d, o))
			continue;
		if (passed && o != t)
			return o;
		if (!first || first == t)
			first = o;
	}
	return first;
}

/* Nobody can run: to the next moment at which somebody can. */
static struct task_struct *idle(struct task_struct *t)
{
	const struct timespec pause = {.tv_nsec = 200000};
	struct determin *d = t->ulk->det;
	struct task_struct *poller = NULL, *next;
	u64 first = d->timer;

	for (struct task_struct *o = t->ulk->tasks; o; o = o->next) {
		if (o->det.outside || !o->det.waiting)
			continue;
		if (o->det.deadline && (!first || o->det.deadline < first))
			first = o->det.deadline;
		if (o->det.polls)
			poller = o;
	}
	if (poller && !d->looked_outside) {
		/* What they wait for may come from outside, and takes the world's time. */
		d->looked_outside = true;
		HOST(SYS_nanosleep, &pause, NULL);
		d->progress++;
		return after(t);
	}
	d->looked_outside = false;
	if (first) {
		if (d->now < first)
			d->now = first;
		det_check_timer(t);
		next = after(t);
		if (next)
			return next;
	}
	if (!poller && !d->outside)
		HOST(SYS_nanosleep, &pause, NULL); /* a signal from outside is all that is left */
	return NULL;
}

/* The turn goes to @next. */
static void give(struct task_struct *next)
{
	struct determin *d = next->ulk->det;

	d->current = next;
	begin_turn(d);
	__atomic_store_n(&next->det.turn, 1, __ATOMIC_RELEASE);
	HOST(SYS_futex, &next->det.turn, FUTEX_WAKE_PRIVATE, 1, NULL, NULL, 0);
}

static void wait_turn(struct task_struct *t)
{
	while (!__atomic_load_n(&t->det.turn, __ATOMIC_ACQUIRE))
		HOST(SYS_futex, &t->det.turn, FUTEX_WAIT_PRIVATE, 0, NULL, NULL, 0);
	t->det.turn = 0;
	/* A signal that was sent before this turn is taken on the way back from any call of the host. */
	HOST(SYS_gettid);
	t->cpu_released = false;
	sched_switch_to(t);
}

/* The next one's turn; back when it is @t's again. */
static void pass(struct task_struct *t)
{
	struct determin *d = t->ulk->det;
	struct task_struct *next;

	for (;;) {
		next = after(t) ?: idle(t);
		if (next == t) {
			HOST(SYS_gettid);
			begin_turn(d);
			return;
		}
		if (next)
			break;
		pthread_mutex_lock(&d->lock);
		if (d->outside) {
			/* Who comes back takes it from here. */
			d->current = NULL;
			pthread_mutex_unlock(&d->lock);
			wait_turn(t);
			return;
		}
		pthread_mutex_unlock(&d->lock);
	}
	t->cpu_released = true;
	give(next);
	wait_turn(t);
}

void det_release(struct task_struct *t)
{
	struct determin *d = t->ulk->det;
	struct task_struct *next;

	t->cpu_released = true;
	pthread_mutex_lock(&d->lock);
	t->det.outside = true;
	d->outside++;
	next = after(t) ?: idle(t);
	if (!next) {
		/* Pollers look for themselves. */
		for (next = t->ulk->tasks; next && (next->det.outside || !next->det.polls); next = next->next)
			;
	}
	if (!next)
		d->current = NULL;
	pthread_mutex_unlock(&d->lock);
	if (next)
		give(next);
}

void det_acquire(struct task_struct *t)
{
	struct determin *d = t->ulk->det;
	bool free;

	/* A new thread has been in the queue since its creator made it known. */
	if (!t->det.outside) {
		wait_turn(t);
		return;
	}
	pthread_mutex_lock(&d->lock);
	t->det.outside = false;
	d->outside--;
	free = !d->current;
	if (free)
		d->current = t;
	pthread_mutex_unlock(&d->lock);
	if (!free) {
		wait_turn(t);
		return;
	}
	t->cpu_released = false;
	sched_switch_to(t);
}

void det_yield(struct task_struct *t)
{
	struct determin *d = t->ulk->det;

	det_check_timer(t);
	if (!d->turn_over)
		return;
	d->turn_over = false;
	d->progress++;
	if (t->signal->nr_threads > 1)
		pass(t);
}

void det_wait(struct task_struct *t)
{
	struct determin *d = t->ulk->det;

	t->det.waiting = true;
	t->det.tried = d->progress;
	t->det.signals = d->signals;
	pass(t);
	t->det.waiting = false;
}
