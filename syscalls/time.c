// SPDX-License-Identifier: GPL-2.0-or-later
/* Clocks and sleeping. Clocks are the host's; CPU-time clocks tell the time the program really took. */
#include <sys/time.h>
#include <sys/timex.h>
#include <time.h>
#include "kernel/determin.h"
#include "syscalls/handlers.h"
#include "syscalls/marshal.h"

#define NSEC_PER_SEC 1000000000L

SYSCALL(time)
{
	struct timespec ts;
	s64 now = t->ulk->det && !task_clock(t, CLOCK_REALTIME, &ts) ? ts.tv_sec : HOST(SYS_time, NULL);

	if (a[0] && put_user(t->mm, now, a[0]))
		return -EFAULT;
	return now;
}

SYSCALL(gettimeofday)
{
	struct timezone tz;
	struct timeval tv;

	HOST(SYS_gettimeofday, &tv, &tz);
	if (t->ulk->det) {
		struct timespec ts;

		task_clock(t, CLOCK_REALTIME, &ts);
		tv = (struct timeval){ts.tv_sec, ts.tv_nsec / 1000};
	}
	if (a[0] && copy_to_user(t->mm, a[0], &tv, sizeof(tv)))
		return -EFAULT;
	if (a[1] && copy_to_user(t->mm, a[1], &tz, sizeof(tz)))
		return -EFAULT;
	return 0;
}

SYSCALL(settimeofday)
{
	struct timezone tz;
	struct timeval tv;

	if (a[0]) {
		if (get_user(t->mm, tv, a[0]))
			return -EFAULT;
		if ((u64)tv.tv_usec >= 1000000)
			return -EINVAL;
	}
	if (a[1] && get_user(t->mm, tz, a[1]))
		return -EFAULT;
	return HOST(SYS_settimeofday, a[0] ? &tv : NULL, a[1] ? &tz : NULL);
}

SYSCALL(clock_gettime)
{
	struct timespec ts;
	s64 ret = 0;

	/* The clocks that the host's vDSO reads without entering the kernel. */
	if (!t->ulk->det && (u32)a[0] <= CLOCK_BOOTTIME && a[0] != CLOCK_PROCESS_CPUTIME_ID &&
	    a[0] != CLOCK_THREAD_CPUTIME_ID)
		clock_gettime((clockid_t)a[0], &ts);
	else
		ret = task_clock(t, (clockid_t)a[0], &ts);
	return copy_result(t->mm, ret, a[1], &ts, sizeof(ts));
}

SYSCALL(clock_settime)
{
	struct timespec ts;

	/* An unknown clock is EINVAL before a bad address is EFAULT; the host decides on the first. */
	if (get_user(t->mm, ts, a[1])) {
		s64 ret = HOST(SYS_clock_settime, a[0], NULL);

		return ret < 0 ? ret : -EFAULT;
	}
	return HOST(SYS_clock_settime, a[0], &ts);
}

SYSCALL(clock_getres)
{
	struct timespec ts;
	s64 ret = HOST(SYS_clock_getres, a[0], &ts);

	if (ret < 0 || !a[1])
		return ret;
	return copy_to_user(t->mm, a[1], &ts, sizeof(ts)) ? -EFAULT : 0;
}

SYSCALL(adjtimex)
{
	struct timex tx;
	s64 ret;

	if (get_user(t->mm, tx, a[0]))
		return -EFAULT;
	ret = HOST(SYS_adjtimex, &tx);
	return copy_to_user(t->mm, a[0], &tx, sizeof(tx)) ? -EFAULT : ret;
}

SYSCALL(clock_adjtime)
{
	struct timex tx;
	s64 ret;

	if (get_user(t->mm, tx, a[1]))
		return -EFAULT;
	ret = HOST(SYS_clock_adjtime, a[0], &tx);
	return copy_result(t->mm, ret, a[1], &tx, sizeof(tx));
}

static bool timespec_valid(const struct timespec *ts)
{
	return ts->tv_sec >= 0 && (u64)ts->tv_nsec < NSEC_PER_SEC;
}

/* now + rel, saturating where the kernel's ktime does. */
static struct timespec timespec_after(struct task_struct *t, int clock, const struct timespec *rel)
{
	struct timespec abs;

	task_clock(t, clock, &abs);
	if (rel->tv_sec > INT64_MAX / NSEC_PER_SEC - abs.tv_sec - 1) {
		abs.tv_sec = INT64_MAX / NSEC_PER_SEC - 1;
		return abs;
	}
	abs.tv_sec += rel->tv_sec;
	abs.tv_nsec += rel->tv_nsec;
	if (abs.tv_nsec >= NSEC_PER_SEC) {
		abs.tv_nsec -= NSEC_PER_SEC;
		abs.tv_sec++;
	}
	return abs;
}

/*
 * Sleep until the deadline kept in restart_data: [0] clock, [1] and [2] the deadline, [3] where the
 * guest wants the remaining time. A relative sleep is kept as a deadline so that being restarted after
 * a stop signal does not lengthen it, as the kernel's restart block does.
 */
static s64 sleep_until(struct task_struct *t)
{
	int clock = (int)t->restart_data[0];
	struct timespec abs = {(time_t)t->restart_data[1], (long)t->restart_data[2]}, now, left;
	s64 ret = HOST_BLOCKING(t, SYS_clock_nanosleep, clock, TIMER_ABSTIME, &abs, NULL);

	if (!interrupted(ret))
		return ret;
	task_clock(t, clock, &now);
	left.tv_sec = abs.tv_sec - now.tv_sec;
	left.tv_nsec = abs.tv_nsec - now.tv_nsec;
	if (left.tv_nsec < 0) {
		left.tv_nsec += NSEC_PER_SEC;
		left.tv_sec--;
	}
	if (left.tv_sec < 0 || (!left.tv_sec && !left.tv_nsec))
		return 0;
	if (t->restart_data[3] && copy_to_user(t->mm, t->restart_data[3], &left, sizeof(left)))
		return -EFAULT;
	t->restart_fn = sleep_until;
	return -ERESTART_RESTARTBLOCK;
}

static s64 sleep_for(struct task_struct *t, int clock, const struct timespec *rel, u64 rmtp)
{
	struct timespec abs;

	/* A relative sleep is not moved by setting the clock. */
	if (clock == CLOCK_REALTIME)
		clock = CLOCK_MONOTONIC;
	abs = timespec_after(t, clock, rel);
	t->restart_data[0] = (u64)clock;
	t->restart_data[1] = (u64)abs.tv_sec;
	t->restart_data[2] = (u64)abs.tv_nsec;
	t->restart_data[3] = rmtp;
	return sleep_until(t);
}

SYSCALL(nanosleep)
{
	struct timespec rel;

	if (get_user(t->mm, rel, a[0]))
		return -EFAULT;
	if (!timespec_valid(&rel))
		return -EINVAL;
	return sleep_for(t, CLOCK_MONOTONIC, &rel, a[1]);
}

SYSCALL(clock_nanosleep)
{
	int clock = (int)a[0], flags = (int)a[1];
	struct timespec ts;
	s64 ret;

	/* Which clocks exist and can be slept on is asked of the host, with an address that is refused. */
	ret = HOST(SYS_clock_nanosleep, clock, flags, NULL, NULL);
	if (ret != -EFAULT)
		return ret;
	if (get_user(t->mm, ts, a[2]))
		return -EFAULT;
	if (!timespec_valid(&ts))
		return -EINVAL;
	if (!(flags & TIMER_ABSTIME)) {
		/* Some clocks refuse to be slept on only after the time was checked. */
		struct timespec past = {0, 0};

		ret = HOST(SYS_clock_nanosleep, clock, TIMER_ABSTIME, &past, NULL);
		return ret < 0 ? ret : sleep_for(t, clock, &ts, a[3]);
	}
	ret = HOST_BLOCKING(t, SYS_clock_nanosleep, clock, flags, &ts, NULL);
	return interrupted(ret) ? -ERESTARTNOHAND : ret;
}

SYSCALL(restart_syscall)
{
	s64 (*fn)(struct task_struct *) = t->restart_fn;

	t->restart_fn = NULL;
	return fn ? fn(t) : -EINTR;
}
