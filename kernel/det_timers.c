// SPDX-License-Identifier: GPL-2.0-or-later
/* Timers of deterministic runs: they go off at their virtual times, when their process has the turn. The host's timers of the same
 * numbers exist, and never run. */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/timerfd.h>
#include "kernel/det_internal.h"

#ifndef TFD_IOC_SET_TICKS
#define TFD_IOC_SET_TICKS _IOW('T', 0, u64)
#endif

static struct det_timer *find(struct determin *d, enum det_timer_kind kind, int pid, int id)
{
	for (u32 i = 0; i < d->nr_timers; i++) {
		struct det_timer *x = &d->timers[i];

		if (x->kind == kind && x->pid == pid && x->id == id)
			return x;
	}
	return NULL;
}

static struct det_timer *find_or_make(struct determin *d, enum det_timer_kind kind, int pid, int id)
{
	struct det_timer *x = find(d, kind, pid, id);

	for (u32 i = 0; !x && i < DET_TIMERS; i++) {
		if (d->timers[i].kind != DET_TIMER_NONE)
			continue;
		x = &d->timers[i];
		*x = (struct det_timer){.kind = kind, .pid = pid, .id = id};
		if (i >= d->nr_timers)
			d->nr_timers = i + 1;
	}
	return x;
}

static void drop(struct det_timer *x)
{
	*x = (struct det_timer){.kind = DET_TIMER_NONE};
}

void det_timers_drop(struct determin *d, int pid)
{
	for (u32 i = 0; i < d->nr_timers; i++) {
		if (d->timers[i].pid == pid)
			drop(&d->timers[i]);
	}
}

void det_timers_exec(struct task_struct *t)
{
	struct determin *d = t->ulk->det;

	for (u32 i = 0; i < d->nr_timers; i++) {
		if (d->timers[i].pid == t->pid && d->timers[i].kind == DET_TIMER_POSIX)
			drop(&d->timers[i]);
	}
}

/* ---- going off ---- */

static u64 clock_of(struct task_struct *t, const struct det_timer *x)
{
	return x->cpu_time ? det_process_cpu(t) : t->ulk->det->now;
}

static bool is_pending(int signo)
{
	u64 set = 0;

	return !HOST(SYS_rt_sigpending, &set, sizeof(set)) && set & 1UL << (signo - 1);
}

static void send_posix(struct task_struct *t, struct det_timer *x, u64 times)
{
	siginfo_t info = {.si_signo = x->signo, .si_code = SI_TIMER};

	/* It waits already: that one will tell. */
	if (is_pending(x->signo)) {
		x->missed += times;
		return;
	}
	x->missed = times - 1;
	info.si_timerid = x->id;
	info.si_value.sival_ptr = (void *)(uintptr_t)x->value;
	if (x->tid)
		det_send(t, SYS_rt_tgsigqueueinfo, (u64)x->pid, (u64)x->tid, (u64)x->signo, (u64)(uintptr_t)&info);
	else
		det_send(t, SYS_rt_sigqueueinfo, (u64)x->pid, (u64)x->signo, (u64)(uintptr_t)&info, 0);
}

/* What was not read yet. */
static u64 ticks_of(int fd)
{
	char path[40], text[512];
	const char *ticks;

	snprintf(path, sizeof(path), "/proc/self/fdinfo/%d", fd);
	host_read_text(path, text, sizeof(text));
	ticks = strstr(text, "ticks:");
	return ticks ? strtoull(ticks + 6, NULL, 10) : 0;
}

static void tick_fd(struct det_timer *x, u64 times)
{
	const struct itimerspec past = {.it_value.tv_nsec = 1};
	struct pollfd p = {x->id, POLLIN, 0};
	struct itimerspec old;
	u64 ticks;

	if (HOST(SYS_timerfd_gettime, x->id, &old) < 0) {
		drop(x); /* it was closed */
		return;
	}
	ticks = ticks_of(x->id) + times;
	if (!HOST(SYS_ioctl, x->id, TFD_IOC_SET_TICKS, &ticks))
		return;
	/* A kernel without that can be made to tick once. */
	HOST(SYS_timerfd_settime, x->id, TFD_TIMER_ABSTIME, &past, NULL);
	HOST(SYS_ppoll, &p, 1, &(const struct timespec){.tv_sec = 1}, NULL, 8);
}

static void go_off(struct task_struct *t, struct det_timer *x, u64 now)
{
	static const int itimer_signal[] = {[ITIMER_REAL] = SIGALRM, [ITIMER_VIRTUAL] = SIGVTALRM, [ITIMER_PROF] = SIGPROF};
	siginfo_t info = {.si_code = SI_KERNEL};
	u64 times = 1;

	if (x->interval) {
		times += (now - x->at) / x->interval;
		x->at += times * x->interval;
	} else {
		x->at = 0;
	}
	if (x->kind == DET_TIMER_ITIMER) {
		info.si_signo = itimer_signal[x->id];
		det_send(t, SYS_rt_sigqueueinfo, (u64)t->pid, (u64)info.si_signo, (u64)(uintptr_t)&info, 0);
	} else if (x->kind == DET_TIMER_FD) {
		tick_fd(x, times);
	} else if (x->signo) {
		send_posix(t, x, times);
	}
	t->ulk->det->signals++;
	t->ulk->det->progress++;
}

/* Another process's: it is told to look itself, or, where all of it waits in the host, is sent the signal. */
static void tell_owner(struct determin *d, const struct det_timer *x)
{
	det_for_each(d, s) {
		if (s->pid == x->pid)
			s->signalled = 1;
	}
}

void det_check_timers(struct task_struct *t)
{
	struct determin *d = t->ulk->det;

	for (u32 i = 0; i < d->nr_timers; i++) {
		struct det_timer *x = &d->timers[i];
		u64 now;

		if (!x->at)
			continue;
		if (x->pid != t->pid) {
			if (!x->cpu_time && x->at <= d->now)
				tell_owner(d, x);
			continue;
		}
		now = clock_of(t, x);
		if (x->at <= now)
			go_off(t, x, now);
	}
}

/* ---- setting ---- */

static u64 to_ns(const struct timespec *ts)
{
	if (ts->tv_sec > INT64_MAX / 1000000000 - 1)
		return INT64_MAX;
	return (u64)ts->tv_sec * 1000000000 + (u64)ts->tv_nsec;
}

static struct timespec to_timespec(u64 ns)
{
	return (struct timespec){(time_t)(ns / 1000000000), (long)(ns % 1000000000)};
}

static void tell(struct task_struct *t, const struct det_timer *x, struct itimerspec *it)
{
	u64 now;

	*it = (struct itimerspec){{0}};
	if (!x)
		return;
	now = clock_of(t, x);
	it->it_interval = to_timespec(x->interval);
	/* One that is due has not told yet: 0 would mean that it is off. */
	if (x->at)
		it->it_value = to_timespec(x->at > now ? x->at - now : 1);
}

/* @base: what the clock that absolute times are of shows at the beginning of virtual time, s. */
static void set(struct task_struct *t, struct det_timer *x, const struct itimerspec *new, bool absolute, u64 base)
{
	u64 ns = to_ns(&new->it_value), now = clock_of(t, x);

	x->missed = 0;
	x->interval = to_ns(&new->it_interval);
	if (!ns)
		x->at = 0;
	else if (!absolute)
		x->at = now + ns;
	else
		x->at = ns > base * 1000000000 ? ns - base * 1000000000 : 1;
	det_check_timers(t);
}

static u64 base_of(const struct determin *d, int clock)
{
	switch (clock) {
	case CLOCK_REALTIME: case CLOCK_TAI: case CLOCK_REALTIME_ALARM:
		return d->epoch;
	case CLOCK_MONOTONIC: case CLOCK_BOOTTIME: case CLOCK_BOOTTIME_ALARM:
		return DET_UPTIME;
	}
	return 0;
}

int det_set_itimer(struct task_struct *t, int which, const struct itimerspec *new, struct itimerspec *old)
{
	struct det_timer *x = find_or_make(t->ulk->det, DET_TIMER_ITIMER, t->pid, which);

	if (!x)
		return -EAGAIN;
	x->cpu_time = which != ITIMER_REAL;
	if (old)
		tell(t, x, old);
	if (new)
		set(t, x, new, false, 0);
	return 0;
}

int det_timer_create(struct task_struct *t, int clock, const struct sigevent *event, int id)
{
	struct det_timer *x = find_or_make(t->ulk->det, DET_TIMER_POSIX, t->pid, id);

	if (!x)
		return -EAGAIN;
	*x = (struct det_timer){.kind = DET_TIMER_POSIX, .pid = t->pid, .id = id, .clock = clock};
	x->cpu_time = clock < 0 || clock == CLOCK_PROCESS_CPUTIME_ID || clock == CLOCK_THREAD_CPUTIME_ID;
	x->signo = SIGALRM;
	x->value = (u32)id;
	if (event) {
		x->signo = event->sigev_notify == SIGEV_NONE ? 0 : event->sigev_signo;
		x->value = (u64)(uintptr_t)event->sigev_value.sival_ptr;
		if (event->sigev_notify & SIGEV_THREAD_ID)
			memcpy(&x->tid, (const char *)event + 16, sizeof(x->tid));
	}
	return 0;
}

void det_timer_settime(struct task_struct *t, int id, bool absolute, const struct itimerspec *new, struct itimerspec *old)
{
	struct det_timer *x = find(t->ulk->det, DET_TIMER_POSIX, t->pid, id);

	tell(t, x, old);
	if (x && new)
		set(t, x, new, absolute, x->cpu_time ? 0 : base_of(t->ulk->det, x->clock));
}

struct itimerspec det_timer_never(const struct itimerspec *it)
{
	struct itimerspec never = *it;

	if (never.it_value.tv_sec > 0 || (!never.it_value.tv_sec && never.it_value.tv_nsec))
		never.it_value.tv_sec |= 1L << 40;
	return never;
}

int det_timer_taken(struct task_struct *t, int id)
{
	struct det_timer *x = find(t->ulk->det, DET_TIMER_POSIX, t->pid, id);

	if (!x)
		return 0;
	x->overrun = (int)min_t(u64, x->missed, INT32_MAX);
	x->missed = 0;
	return x->overrun;
}

int det_timer_overrun(struct task_struct *t, int id)
{
	const struct det_timer *x = find(t->ulk->det, DET_TIMER_POSIX, t->pid, id);

	return x ? x->overrun : 0;
}

void det_timer_delete(struct task_struct *t, int id)
{
	struct det_timer *x = find(t->ulk->det, DET_TIMER_POSIX, t->pid, id);

	if (x)
		drop(x);
}

int det_timerfd_create(struct task_struct *t, int fd, int clock)
{
	struct det_timer *x = find_or_make(t->ulk->det, DET_TIMER_FD, t->pid, fd);

	if (!x)
		return -ENOMEM;
	*x = (struct det_timer){.kind = DET_TIMER_FD, .pid = t->pid, .id = fd, .clock = clock};
	return 0;
}

void det_timerfd_settime(struct task_struct *t, int fd, bool absolute, const struct itimerspec *new, struct itimerspec *old)
{
	/* A copy of the descriptor goes by the monotonic clock. */
	struct det_timer *x = find_or_make(t->ulk->det, DET_TIMER_FD, t->pid, fd);

	tell(t, x, old);
	if (x && new) {
		if (!x->at && !x->interval && !x->clock)
			x->clock = CLOCK_REALTIME;
		set(t, x, new, absolute, base_of(t->ulk->det, x->clock));
	}
}
