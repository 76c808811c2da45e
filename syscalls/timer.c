// SPDX-License-Identifier: GPL-2.0-or-later
/* Interval and POSIX timers: the host's; their signals reach the guest as any signal of the host does. */
#include <sys/time.h>
#include <time.h>
#include "kernel/posix_timers.h"
#include "kernel/determin.h"
#include "syscalls/handlers.h"
#include "syscalls/marshal.h"

#define SIGEVENT_SIZE 64

/* ITIMER_REAL in virtual time; the others count CPU time of the host's. */
static void det_itimer(struct task_struct *t, const struct itimerval *new, struct itimerval *old)
{
	u64 value, interval;

	if (new)
		det_set_timer(t, (u64)new->it_value.tv_sec * 1000000000 + (u64)new->it_value.tv_usec * 1000,
			      (u64)new->it_interval.tv_sec * 1000000000 + (u64)new->it_interval.tv_usec * 1000, &value, &interval);
	else
		det_get_timer(t, &value, &interval);
	old->it_value = (struct timeval){(time_t)(value / 1000000000), (suseconds_t)(value / 1000 % 1000000)};
	old->it_interval = (struct timeval){(time_t)(interval / 1000000000), (suseconds_t)(interval / 1000 % 1000000)};
}

SYSCALL(alarm)
{
	if (t->ulk->det) {
		const struct itimerval new = {.it_value.tv_sec = (u32)a[0]};
		struct itimerval old;

		det_itimer(t, &new, &old);
		return old.it_value.tv_sec + (old.it_value.tv_usec >= 500000 || (!old.it_value.tv_sec && old.it_value.tv_usec));
	}
	return HOST(SYS_alarm, a[0]);
}

SYSCALL(getitimer)
{
	struct itimerval it;
	s64 ret;

	if (!a[1])
		return -EFAULT;
	ret = HOST(SYS_getitimer, a[0], &it);
	if (t->ulk->det && (int)a[0] == ITIMER_REAL)
		det_itimer(t, NULL, &it);
	return copy_result(t->mm, ret, a[1], &it, sizeof(it));
}

SYSCALL(setitimer)
{
	struct itimerval new = {{0}}, old;
	s64 ret;

	if (a[1] && get_user(t->mm, new, a[1]))
		return -EFAULT;
	if (t->ulk->det && (int)a[0] == ITIMER_REAL) {
		if ((u64)new.it_value.tv_usec >= 1000000 || (u64)new.it_interval.tv_usec >= 1000000 || new.it_value.tv_sec < 0 ||
		    new.it_interval.tv_sec < 0)
			return -EINVAL;
		det_itimer(t, &new, &old);
		return a[2] && copy_to_user(t->mm, a[2], &old, sizeof(old)) ? -EFAULT : 0;
	}
	/* A NULL value means zero, which the kernel still accepts. */
	ret = HOST(SYS_setitimer, a[0], &new, a[2] ? &old : NULL);
	if (ret < 0 || !a[2])
		return ret;
	return copy_to_user(t->mm, a[2], &old, sizeof(old)) ? -EFAULT : 0;
}

SYSCALL(timer_create)
{
	u8 event[SIGEVENT_SIZE];
	int id;
	s64 ret;

	if (a[1] && get_user(t->mm, event, a[1]))
		return -EFAULT;
	ret = HOST(SYS_timer_create, a[0], a[1] ? event : NULL, &id);
	if (ret < 0)
		return ret;
	if (put_user(t->mm, id, a[2]))
		ret = -EFAULT;
	else
		ret = posix_timer_add(t->signal, id);
	if (ret < 0)
		HOST(SYS_timer_delete, id);
	return ret;
}

SYSCALL(timer_settime)
{
	struct itimerspec new, old;
	s64 ret;

	if (!a[2])
		return -EINVAL;
	if (get_user(t->mm, new, a[2]))
		return -EFAULT;
	if (!posix_timer_known(t->signal, (int)a[0]))
		return -EINVAL;
	ret = HOST(SYS_timer_settime, a[0], a[1], &new, a[3] ? &old : NULL);
	if (ret < 0 || !a[3])
		return ret;
	return copy_to_user(t->mm, a[3], &old, sizeof(old)) ? -EFAULT : 0;
}

SYSCALL(timer_gettime)
{
	struct itimerspec it;
	s64 ret;

	if (!posix_timer_known(t->signal, (int)a[0]))
		return -EINVAL;
	ret = HOST(SYS_timer_gettime, a[0], &it);
	return copy_result(t->mm, ret, a[1], &it, sizeof(it));
}

SYSCALL(timer_getoverrun)
{
	if (!posix_timer_known(t->signal, (int)a[0]))
		return -EINVAL;
	return HOST(SYS_timer_getoverrun, a[0]);
}

SYSCALL(timer_delete)
{
	if (!posix_timer_known(t->signal, (int)a[0]))
		return -EINVAL;
	posix_timer_forget(t->signal, (int)a[0]);
	return HOST(SYS_timer_delete, a[0]);
}
