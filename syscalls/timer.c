// SPDX-License-Identifier: GPL-2.0-or-later
/* Interval and POSIX timers: the host's; their signals reach the guest as any signal of the host does. */
#include <sys/time.h>
#include <time.h>
#include "kernel/posix_timers.h"
#include "kernel/determin.h"
#include "syscalls/handlers.h"
#include "syscalls/marshal.h"

#define SIGEVENT_SIZE 64

static struct itimerspec to_spec(const struct itimerval *it)
{
	return (struct itimerspec){{it->it_interval.tv_sec, it->it_interval.tv_usec * 1000}, {it->it_value.tv_sec, it->it_value.tv_usec * 1000}};
}

static struct itimerval from_spec(const struct itimerspec *it)
{
	return (struct itimerval){{it->it_interval.tv_sec, it->it_interval.tv_nsec / 1000}, {it->it_value.tv_sec, it->it_value.tv_nsec / 1000}};
}

SYSCALL(alarm)
{
	if (t->ulk->det) {
		const struct itimerspec new = {.it_value.tv_sec = (u32)a[0]};
		struct itimerspec old;
		int err = det_set_itimer(t, ITIMER_REAL, &new, &old);

		return err ?: old.it_value.tv_sec + (old.it_value.tv_nsec >= 500000000 || (!old.it_value.tv_sec && old.it_value.tv_nsec));
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
	if (t->ulk->det && !ret) {
		struct itimerspec spec;

		ret = det_set_itimer(t, (int)a[0], NULL, &spec);
		it = from_spec(&spec);
	}
	return copy_result(t->mm, ret, a[1], &it, sizeof(it));
}

SYSCALL(setitimer)
{
	struct itimerval new = {{0}}, old;
	s64 ret;

	if (a[1] && get_user(t->mm, new, a[1]))
		return -EFAULT;
	if (t->ulk->det && (u32)a[0] <= ITIMER_PROF) {
		const struct itimerspec spec = to_spec(&new);
		struct itimerspec was;

		if ((u64)new.it_value.tv_usec >= 1000000 || (u64)new.it_interval.tv_usec >= 1000000 || new.it_value.tv_sec < 0 ||
		    new.it_interval.tv_sec < 0)
			return -EINVAL;
		ret = det_set_itimer(t, (int)a[0], &spec, &was);
		old = from_spec(&was);
	} else {
		/* A NULL value means zero, which the kernel still accepts. */
		ret = HOST(SYS_setitimer, a[0], &new, a[2] ? &old : NULL);
	}
	if (ret < 0 || !a[2])
		return ret;
	return copy_to_user(t->mm, a[2], &old, sizeof(old)) ? -EFAULT : 0;
}

SYSCALL(timer_create)
{
	u64 event[SIGEVENT_SIZE / 8];
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
	if (!ret && t->ulk->det)
		ret = det_timer_create(t, (int)a[0], a[1] ? (const struct sigevent *)event : NULL, id);
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
	if (t->ulk->det) {
		const struct itimerspec off = {{0}}, never = det_timer_never(&new);

		/* It is for the host to say whether the times make sense. */
		ret = HOST(SYS_timer_settime, a[0], a[1], &never, NULL);
		HOST(SYS_timer_settime, a[0], 0, &off, NULL);
		if (!ret)
			det_timer_settime(t, (int)a[0], a[1] & TIMER_ABSTIME, &new, &old);
	} else {
		ret = HOST(SYS_timer_settime, a[0], a[1], &new, a[3] ? &old : NULL);
	}
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
	if (!ret && t->ulk->det)
		det_timer_settime(t, (int)a[0], false, NULL, &it);
	return copy_result(t->mm, ret, a[1], &it, sizeof(it));
}

SYSCALL(timer_getoverrun)
{
	if (!posix_timer_known(t->signal, (int)a[0]))
		return -EINVAL;
	if (t->ulk->det)
		return det_timer_overrun(t, (int)a[0]);
	return HOST(SYS_timer_getoverrun, a[0]);
}

SYSCALL(timer_delete)
{
	if (!posix_timer_known(t->signal, (int)a[0]))
		return -EINVAL;
	posix_timer_forget(t->signal, (int)a[0]);
	if (t->ulk->det)
		det_timer_delete(t, (int)a[0]);
	return HOST(SYS_timer_delete, a[0]);
}
