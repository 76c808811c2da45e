// SPDX-License-Identifier: GPL-2.0-or-later
/* Interval and POSIX timers: the host's; their signals reach the guest as any signal of the host does. */
#include <sys/time.h>
#include <time.h>
#include "kernel/posix_timers.h"
#include "syscalls/handlers.h"
#include "syscalls/marshal.h"

#define SIGEVENT_SIZE 64

SYSCALL(alarm)
{
	return HOST(SYS_alarm, a[0]);
}

SYSCALL(getitimer)
{
	struct itimerval it;
	s64 ret;

	if (!a[1])
		return -EFAULT;
	ret = HOST(SYS_getitimer, a[0], &it);
	return copy_result(t->mm, ret, a[1], &it, sizeof(it));
}

SYSCALL(setitimer)
{
	struct itimerval new = {{0}}, old;
	s64 ret;

	if (a[1] && get_user(t->mm, new, a[1]))
		return -EFAULT;
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
