// SPDX-License-Identifier: GPL-2.0-or-later
/* Descriptors that stand for events: eventfd, timerfd, signalfd, inotify, fanotify. */
#include <sys/timerfd.h>
#include <time.h>
#include "kernel/determin.h"
#include "syscalls/handlers.h"
#include "syscalls/hostarg.h"

SYSCALL(eventfd)
{
	return fd_made(t, HOST(SYS_eventfd, a[0]));
}

SYSCALL(eventfd2)
{
	return fd_made(t, HOST(SYS_eventfd2, a[0], a[1]));
}

SYSCALL(timerfd_create)
{
	s64 fd = fd_made(t, HOST(SYS_timerfd_create, a[0], a[1]));

	if (fd >= 0 && t->ulk->det && det_timerfd_create(t, (int)fd, (int)a[0])) {
		HOST(SYS_close, fd);
		return -ENOMEM;
	}
	return fd;
}

/* timerfd_settime(fd, flags, new, old) */
SYSCALL(timerfd_settime)
{
	struct host_obj new, old;
	s64 ret;

	OBJ_IN(t, &new, a[2], sizeof(struct itimerspec));
	OBJ_OUT(t, &old, a[3], sizeof(struct itimerspec));
	if (!t->ulk->det) {
		ret = HOST(SYS_timerfd_settime, a[0], a[1], new.host, old.host);
		obj_free(&new);
		return obj_put(t, &old, ret, ret ? 0 : old.size);
	}
	/* It is for the host to say whether this makes sense. */
	ret = HOST(SYS_timerfd_settime, a[0], a[1] & ~(u64)TFD_TIMER_CANCEL_ON_SET, new.host, old.host);
	if (!ret) {
		const struct itimerspec off = {{0}};
		struct itimerspec was;

		HOST(SYS_timerfd_settime, a[0], 0, &off, NULL);
		det_timerfd_settime(t, (int)a[0], a[1] & TFD_TIMER_ABSTIME, new.host, old.host ? old.host : &was);
	}
	obj_free(&new);
	return obj_put(t, &old, ret, ret ? 0 : old.size);
}

SYSCALL(timerfd_gettime)
{
	struct host_obj cur;
	s64 ret;

	OBJ_OUT(t, &cur, a[1], sizeof(struct itimerspec));
	ret = HOST(SYS_timerfd_gettime, a[0], cur.host);
	if (!ret && t->ulk->det)
		det_timerfd_settime(t, (int)a[0], false, NULL, cur.host);
	return obj_put(t, &cur, ret, ret ? 0 : cur.size);
}

/* The guest's blocked signals are blocked for the host's thread too, so the host queues them for us. */
static s64 do_signalfd(struct task_struct *t, u64 fd, u64 mask, u64 size, u64 flags)
{
	struct host_obj set;
	s64 ret;

	OBJ_IN(t, &set, mask, sizeof(u64));
	ret = HOST(SYS_signalfd4, fd_host(t, fd), set.host, size, flags);
	obj_free(&set);
	return (s32)fd == -1 ? fd_made(t, ret) : ret;
}

SYSCALL(signalfd)
{
	return do_signalfd(t, a[0], a[1], a[2], 0);
}

SYSCALL(signalfd4)
{
	return do_signalfd(t, a[0], a[1], a[2], a[3]);
}

SYSCALL(inotify_init)
{
	return fd_made(t, HOST(SYS_inotify_init));
}

SYSCALL(inotify_init1)
{
	return fd_made(t, HOST(SYS_inotify_init1, a[0]));
}

SYSCALL(inotify_add_watch)
{
	struct host_path p;
	int err = path_get(t, &p, AT_FDCWD, a[1], !(a[2] & 0x02000000 /* IN_DONT_FOLLOW */));

	return err ? err : HOST(SYS_inotify_add_watch, a[0], p.host, a[2]);
}

SYSCALL(inotify_rm_watch)
{
	return HOST(SYS_inotify_rm_watch, a[0], a[1]);
}

SYSCALL(fanotify_init)
{
	return fd_made(t, HOST(SYS_fanotify_init, a[0], a[1]));
}

/* fanotify_mark(fd, flags, mask, dirfd, path) */
SYSCALL(fanotify_mark)
{
	struct host_path p;
	int err = path_get(t, &p, (int)a[3], a[4], !(a[1] & 4 /* FAN_MARK_DONT_FOLLOW */));

	return err ? err : HOST(SYS_fanotify_mark, a[0], a[1], a[2], a[3], p.host);
}
