// SPDX-License-Identifier: GPL-2.0-or-later
/* select and pselect6. */
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>
#include <time.h>
#include "syscalls/handlers.h"
#include "syscalls/hostarg.h"

#define STICKY_TIMEOUTS 0x4000000

/* Three sets of @n bits, as whole longs; a NULL set stays NULL. */
struct select_sets {
	u64 addr[3];
	u64 *host[3];
	size_t bytes;                /* of one set */
	u64 fast[3 * 16];
	u64 *heap;
};

static int sets_get(struct task_struct *t, struct select_sets *s, const u64 *addr, int n)
{
	u64 *bits = s->fast;

	s->bytes = ((size_t)n + 63) / 64 * 8;
	s->heap = NULL;
	if (3 * s->bytes > sizeof(s->fast)) {
		s->heap = bits = malloc(3 * s->bytes);
		if (!bits)
			return -ENOMEM;
	}
	for (int i = 0; i < 3; i++) {
		s->addr[i] = addr[i];
		s->host[i] = addr[i] ? bits + i * s->bytes / 8 : NULL;
		if (addr[i] && copy_from_user(t->mm, s->host[i], addr[i], s->bytes)) {
			free(s->heap);
			return -EFAULT;
		}
	}
	return 0;
}

static s64 sets_put(struct task_struct *t, struct select_sets *s, s64 ret)
{
	for (int i = 0; ret >= 0 && i < 3; i++)
		if (s->host[i] && copy_to_user(t->mm, s->addr[i], s->host[i], s->bytes))
			ret = -EFAULT;
	free(s->heap);
	return ret;
}

/* A bit for one of ulk's own, which is closed to the guest. */
static bool names_own_fd(struct task_struct *t, const struct select_sets *s, int n)
{
	for (int fd = -1; (fd = own_fd_lowest(&t->ulk->phys->own, fd + 1, n)) >= 0;)
		for (int i = 0; i < 3; i++)
			if (s->host[i] && (s->host[i][fd / 64] & 1UL << fd % 64))
				return true;
	return false;
}

/*
 * The core. @timeout: NULL or what to wait, then what remains. Bits from the size of the process's table
 * on are ignored by Linux, and not even read: the guest's table may be smaller than ulk's. Below 1024,
 * which is what an fd_set has, it makes no difference.
 */
static s64 do_select(struct task_struct *t, s64 nfds, const u64 *addr, struct timespec *timeout)
{
	struct select_sets s;
	int n = (int)nfds, err;
	s64 ret;

	if (n < 0)
		return -EINVAL;
	if (n > FD_SETSIZE)
		n = min_t(int, n, max_t(int, fd_table_size(t), FD_SETSIZE));
	err = sets_get(t, &s, addr, n);
	if (err)
		return err;
	if (n > t->ulk->fd_floor && names_own_fd(t, &s, n)) {
		free(s.heap);
		return -EBADF;
	}
	ret = HOST_BLOCKING(t, SYS_pselect6, n, s.host[0], s.host[1], s.host[2], timeout, 0);
	if (ret == -ERESTARTSYS || ret == -EINTR)
		ret = -ERESTARTNOHAND;
	return sets_put(t, &s, ret);
}

static s64 timeout_left(struct task_struct *t, u64 addr, const void *left, size_t size, s64 ret)
{
	bool sticky = t->personality & STICKY_TIMEOUTS;

	if (!addr || (!sticky && !copy_to_user(t->mm, addr, left, size)))
		return ret;
	return ret == -ERESTARTNOHAND ? -EINTR : ret;
}

/* select(nfds, read, write, except, timeval) */
SYSCALL(select)
{
	struct timespec ts, *timeout = NULL;
	struct timeval tv;
	s64 ret;

	if (a[4]) {
		if (get_user(t->mm, tv, a[4]))
			return -EFAULT;
		/* Linux carries surplus microseconds over before it looks for negative ones. */
		ts.tv_sec = tv.tv_sec + tv.tv_usec / 1000000;
		ts.tv_nsec = tv.tv_usec % 1000000 * 1000;
		if (ts.tv_sec < 0 || ts.tv_nsec < 0)
			return -EINVAL;
		timeout = &ts;
	}
	ret = do_select(t, (s32)a[0], a + 1, timeout);
	if (!timeout || (!tv.tv_sec && !tv.tv_usec))
		return ret;
	tv = (struct timeval){ ts.tv_sec, ts.tv_nsec / 1000 };
	return timeout_left(t, a[4], &tv, sizeof(tv), ret);
}

/* pselect6(nfds, read, write, except, timespec, { sigmask, size }) */
SYSCALL(pselect6)
{
	struct timespec ts, *timeout = NULL;
	u64 sig[2] = { 0, 0 };
	s64 ret;
	int err;

	if (a[5] && copy_from_user(t->mm, sig, a[5], sizeof(sig)))
		return -EFAULT;
	if (a[4]) {
		if (get_user(t->mm, ts, a[4]))
			return -EFAULT;
		if (ts.tv_sec < 0 || (u64)ts.tv_nsec >= 1000000000)
			return -EINVAL;
		timeout = &ts;
	}
	bool waits = timeout && (ts.tv_sec || ts.tv_nsec);

	err = sigmask_enter(t, sig[0], sig[1]);
	if (err)
		return err;
	ret = do_select(t, (s32)a[0], a + 1, timeout);
	sigmask_leave(t, sig[0], ret == -ERESTARTNOHAND);
	return waits ? timeout_left(t, a[4], &ts, sizeof(ts), ret) : ret;
}
