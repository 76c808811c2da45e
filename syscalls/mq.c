// SPDX-License-Identifier: GPL-2.0-or-later
/* POSIX message queues. */
#include <mqueue.h>
#include <signal.h>
#include <stdlib.h>
#include <time.h>
#include "syscalls/handlers.h"
#include "syscalls/hostvec.h"

#define NOTIFY_COOKIE_LEN 32
#define MQ_ATTR_SIZE 64              /* four longs and four reserved */
#define MQ_MESSAGE_MAX (16UL << 20)  /* HARD_MSGSIZEMAX */

SYSCALL(mq_open)
{
	char name[PATH_MAX + 1];
	struct host_obj attr;
	s64 ret;

	obj_get_copy(t, &attr, a[3], MQ_ATTR_SIZE, false);
	ret = HOST(SYS_mq_open, string_get(t, name, sizeof(name), a[0]), a[1], a[2], attr.host);
	obj_free(&attr);
	return fd_made(t, ret);
}

SYSCALL(mq_unlink)
{
	char name[PATH_MAX + 1];

	return HOST(SYS_mq_unlink, string_get(t, name, sizeof(name), a[0]));
}

/* mq_timedsend(fd, msg, len, priority, timeout) */
SYSCALL(mq_timedsend)
{
	struct guest_vec gv;
	struct host_vec hv;
	struct host_obj timeout;
	s64 ret;
	int err;

	obj_get_copy(t, &timeout, a[4], sizeof(struct timespec), false);
	if (a[2] > MQ_MESSAGE_MAX || !access_ok(a[1], a[2]))
		return HOST(SYS_mq_timedsend, a[0], BAD_HOST_PTR, a[2], a[3], timeout.host);
	guest_vec_one(&gv, a[1], a[2]);
	err = host_vec_bounce(t, &hv, &gv, false);
	if (err)
		return err;
	ret = HOST_AFTER_SIGNALS(t, SYS_mq_timedsend, a[0], hv.count == 1 ? hv.iov->iov_base : BAD_HOST_PTR, a[2],
			    a[3], timeout.host);
	return host_vec_done(&hv, ret);
}

/* mq_timedreceive(fd, msg, len, priority, timeout) */
SYSCALL(mq_timedreceive)
{
	struct guest_vec gv;
	struct host_vec hv;
	struct host_obj timeout, prio;
	s64 ret;
	int err;

	obj_get_copy(t, &timeout, a[4], sizeof(struct timespec), false);
	if (!access_ok(a[1], a[2]))
		return HOST(SYS_mq_timedreceive, a[0], BAD_HOST_PTR, 0, 0, timeout.host);
	/* A message is never longer, so neither need the buffer be. */
	guest_vec_one(&gv, a[1], min_t(u64, a[2], MQ_MESSAGE_MAX));
	obj_get_copy(t, &prio, a[3], sizeof(u32), true);
	err = host_vec_bounce(t, &hv, &gv, true);
	if (err)
		return err;
	ret = HOST_AFTER_SIGNALS(t, SYS_mq_timedreceive, a[0], hv.iov->iov_base, gv.total, prio.host, timeout.host);
	ret = host_vec_done(&hv, ret);
	return obj_put(t, &prio, ret, ret >= 0 ? sizeof(u32) : 0);
}

/* The sigevent of SIGEV_THREAD holds an address and a netlink socket. */
SYSCALL(mq_notify)
{
	struct host_obj event, cookie;
	s64 ret;

	cookie.heap = NULL;
	cookie.fenced = 0;
	obj_get_copy(t, &event, a[1], sizeof(struct sigevent), false);
	if (event.copied && ((struct sigevent *)event.host)->sigev_notify == SIGEV_THREAD) {
		/* As the C library makes it: a cookie that is to be sent over a netlink socket. */
		struct sigevent *ev = event.host;

		ev->sigev_signo = fd_host(t, (u64)ev->sigev_signo);
		ev->sigev_value.sival_ptr = obj_get_copy(t, &cookie, (u64)ev->sigev_value.sival_ptr,
							 NOTIFY_COOKIE_LEN, false);
	}
	ret = HOST(SYS_mq_notify, a[0], event.host);
	obj_free(&cookie);
	obj_free(&event);
	return ret;
}

SYSCALL(mq_getsetattr)
{
	struct host_obj new, old;
	s64 ret;

	OBJ_IN(t, &new, a[1], MQ_ATTR_SIZE);
	OBJ_OUT(t, &old, a[2], MQ_ATTR_SIZE);
	ret = HOST(SYS_mq_getsetattr, a[0], new.host, old.host);
	obj_free(&new);
	return obj_put(t, &old, ret, ret ? 0 : MQ_ATTR_SIZE);
}
