// SPDX-License-Identifier: GPL-2.0-or-later
/* The CPU as a lock with a queue, and the switch of registers between threads. */
#include <errno.h>
#include <linux/futex.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include "kernel/determin.h"
#include "kernel/sched.h"
#include "kernel/signal.h"

/* One thread in the queue; lives on its stack. */
struct waiter {
	struct waiter *next;
	u32 granted;           /* futex word */
};

struct sched {
	pthread_mutex_t lock;
	bool taken;
	struct waiter *first, **last;
	struct task_struct *loaded;   /* whose registers the engine holds */
};

struct sched *sched_create(void)
{
	struct sched *s = calloc(1, sizeof(*s));

	if (!s)
		return NULL;
	pthread_mutex_init(&s->lock, NULL);
	s->taken = true; /* the first thread has it from the start */
	s->last = &s->first;
	return s;
}

void sched_destroy(struct sched *s)
{
	if (!s)
		return;
	pthread_mutex_destroy(&s->lock);
	free(s);
}

/* Wait until somebody hands the CPU over; kick its holder at each tick. */
static void wait_granted(struct task_struct *t, struct waiter *w)
{
	const struct timespec tick = {.tv_nsec = SCHED_TICK_MS * 1000000L};

	while (!__atomic_load_n(&w->granted, __ATOMIC_ACQUIRE)) {
		s64 ret = HOST(SYS_futex, &w->granted, FUTEX_WAIT_PRIVATE, 0, &tick, NULL, 0);

		if (ret == -ETIMEDOUT)
			cpu_kick(t->ulk->cpu);
	}
}

/* The engine's registers go to the thread they belong to, and @t's go in. */
void sched_switch_to(struct task_struct *t)
{
	struct sched *s = t->ulk->sched;
	struct task_struct *prev = s->loaded;
	struct cpu *cpu = t->ulk->cpu;

	if (prev == t)
		return;
	if (prev) {
		task_regs(prev);
		prev->regs_dirty = true;
		prev->rseq_event = true;
		cpu_get_fxstate(cpu, &prev->fx);
	}
	cpu_set_fxstate(cpu, &t->fx);
	cpu_set_arg(cpu, t);
	cpu_trap_tsc(cpu, t->notsc || t->ulk->det);
	s->loaded = t;
}

void cpu_acquire(struct task_struct *t)
{
	struct sched *s = t->ulk->sched;
	struct waiter w = {0};

	if (!t->cpu_released)
		return;
	__atomic_store_n(&t->cpu_wanted, true, __ATOMIC_RELEASE);
	if (unlikely(t->ulk->det)) {
		det_acquire(t);
		t->cpu_wanted = false;
		return;
	}
	pthread_mutex_lock(&s->lock);
	if (!s->taken) {
		s->taken = true;
		pthread_mutex_unlock(&s->lock);
	} else {
		*s->last = &w;
		s->last = &w.next;
		pthread_mutex_unlock(&s->lock);
		wait_granted(t, &w);
	}
	t->cpu_released = t->cpu_wanted = false;
	sched_switch_to(t);
}

void cpu_release(struct task_struct *t)
{
	struct sched *s = t->ulk->sched;
	struct waiter *w;
	u32 *granted;

	if (unlikely(t->ulk->det)) {
		det_release(t);
		return;
	}
	/* Alone, there is nobody to give it to; nobody else can come while this thread blocks. */
	if (t->signal->nr_threads == 1 && !t->exited)
		return;
	t->cpu_released = true;
	pthread_mutex_lock(&s->lock);
	w = s->first;
	if (w) {
		s->first = w->next;
		if (!s->first)
			s->last = &s->first;
	} else {
		s->taken = false;
	}
	pthread_mutex_unlock(&s->lock);
	if (!w)
		return;
	/* The waiter is gone from its stack as soon as it sees the store; only the address is used then. */
	granted = &w->granted;
	__atomic_store_n(granted, 1, __ATOMIC_RELEASE);
	HOST(SYS_futex, granted, FUTEX_WAKE_PRIVATE, 1, NULL, NULL, 0);
}

void cpu_yield(struct task_struct *t)
{
	struct sched *s = t->ulk->sched;
	bool waiters;

	if (unlikely(t->ulk->det)) {
		det_yield(t);
		return;
	}
	if (t->signal->nr_threads == 1)
		return;
	pthread_mutex_lock(&s->lock);
	waiters = s->first != NULL;
	pthread_mutex_unlock(&s->lock);
	if (!waiters)
		return;
	t->cpu_wanted = true;
	cpu_release(t);
	cpu_acquire(t);
}

void sched_loaded(struct task_struct *t)
{
	t->ulk->sched->loaded = t;
}

bool sched_in_engine(const struct task_struct *t)
{
	return t->ulk->sched->loaded == t;
}

void sched_forget(struct task_struct *t)
{
	if (t->ulk->sched->loaded == t)
		t->ulk->sched->loaded = NULL;
}

void sched_forked(struct task_struct *t)
{
	struct sched *s = t->ulk->sched;

	pthread_mutex_init(&s->lock, NULL);
	s->taken = true;
	s->first = NULL;
	s->last = &s->first;
	s->loaded = t;
	t->cpu_released = false;
	if (t->ulk->det)
		det_forked(t);
}
