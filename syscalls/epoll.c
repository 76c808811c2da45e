// SPDX-License-Identifier: GPL-2.0-or-later
/* The epoll family. */
#include <stdlib.h>
#include <sys/epoll.h>
#include <time.h>
#include "syscalls/handlers.h"
#include "syscalls/hostarg.h"

#define EVENT_SIZE 12                       /* struct epoll_event is packed on x86-64 */
#define EVENTS_MAX (INT_MAX / EVENT_SIZE)
#define EVENTS_FAST 64

SYSCALL(epoll_create)
{
	return fd_made(t, HOST(SYS_epoll_create, a[0]));
}

SYSCALL(epoll_create1)
{
	return fd_made(t, HOST(SYS_epoll_create1, a[0]));
}

/* epoll_ctl(epfd, op, fd, event) */
SYSCALL(epoll_ctl)
{
	struct host_obj event;
	s64 ret;

	OBJ_IN(t, &event, a[3], EVENT_SIZE);
	ret = HOST(SYS_epoll_ctl, a[0], a[1], a[2], event.host);
	obj_free(&event);
	return ret;
}

/* What the host delivers is lost to the guest if it cannot be stored; so no more is asked for than
 * one table holds (a program gets the rest at its next call, as it does from Linux). */
#define EVENTS_AT_ONCE 4096

static s64 do_epoll_wait(struct task_struct *t, u64 epfd, u64 addr, u64 max, struct timespec *timeout)
{
	struct epoll_event fast[EVENTS_FAST], *events = fast;
	struct timespec now = { 0, 0 };
	int n = (int)max;
	s64 ret;

	if (n <= 0 || n > EVENTS_MAX)
		return -EINVAL;
	if (!access_ok(addr, (u64)n * EVENT_SIZE))
		return -EFAULT;
	n = min_t(int, n, EVENTS_AT_ONCE);
	if (n > EVENTS_FAST) {
		events = malloc((size_t)n * sizeof(*events));
		if (!events)
			return -ENOMEM;
	}
	if (timeout && !timeout->tv_sec && !timeout->tv_nsec) {
		ret = HOST(SYS_epoll_pwait2, epfd, events, n, timeout, 0, 8);
	} else {
		ret = HOST_BLOCKING(t, SYS_epoll_pwait2, epfd, events, n, timeout, 0, 8);
		if (ret == -ERESTARTSYS) {
			/* Ready descriptors go before the signal. */
			ret = HOST(SYS_epoll_pwait2, epfd, events, n, &now, 0, 8);
			if (!ret)
				ret = -EINTR;
		}
	}
	if (ret > 0 && copy_to_user(t->mm, addr, events, ret * EVENT_SIZE))
		ret = -EFAULT;
	if (events != fast)
		free(events);
	return ret;
}

static struct timespec *from_ms(struct timespec *ts, s32 ms)
{
	if (ms < 0)
		return NULL;
	*ts = (struct timespec){ ms / 1000, ms % 1000 * 1000000L };
	return ts;
}

SYSCALL(epoll_wait)
{
	struct timespec ts;

	return do_epoll_wait(t, a[0], a[1], a[2], from_ms(&ts, (s32)a[3]));
}

static s64 with_mask(struct task_struct *t, const u64 *a, struct timespec *timeout)
{
	s64 ret;
	int err = sigmask_enter(t, a[4], a[5]);

	if (err)
		return err;
	ret = do_epoll_wait(t, a[0], a[1], a[2], timeout);
	sigmask_leave(t, a[4], ret == -EINTR);
	return ret;
}

/* epoll_pwait(epfd, events, max, ms, sigmask, sigsetsize) */
SYSCALL(epoll_pwait)
{
	struct timespec ts;

	return with_mask(t, a, from_ms(&ts, (s32)a[3]));
}

SYSCALL(epoll_pwait2)
{
	struct timespec ts;

	if (!a[3])
		return with_mask(t, a, NULL);
	if (get_user(t->mm, ts, a[3]))
		return -EFAULT;
	if (ts.tv_sec < 0 || (u64)ts.tv_nsec >= 1000000000)
		return -EINVAL;
	return with_mask(t, a, &ts);
}
