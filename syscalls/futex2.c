// SPDX-License-Identifier: GPL-2.0-or-later
/* futex_waitv and the futex calls of Linux 6.7, on the host's futexes as futex() itself. */
#include <linux/futex.h>
#include <time.h>
#include "syscalls/futex.h"
#include "syscalls/handlers.h"
#include "syscalls/marshal.h"

#define FUTEX2_SIZE_MASK 0x03
#define FUTEX2_SIZE_U32	 0x02
#define FUTEX2_PRIVATE	 FUTEX_PRIVATE_FLAG
#define WAITV_MAX	 128

/* struct futex_waitv of linux/futex.h. */
struct waiter {
	u64 val, uaddr;
	u32 flags, reserved;
};

/* Words of 32 bits only, as Linux has them so far; the NUMA flags would make the word a pair. */
static bool flags_known(u32 flags)
{
	return (flags & FUTEX2_SIZE_MASK) == FUTEX2_SIZE_U32 &&
	       !(flags & ~(u32)(FUTEX2_SIZE_MASK | FUTEX2_PRIVATE));
}

static s64 get_waiters(struct task_struct *t, struct waiter *w, u64 uaddr, u32 n)
{
	void *word;
	s64 ret;

	for (u32 i = 0; i < n; i++) {
		if (get_user(t->mm, w[i], uaddr + i * sizeof(w[i])))
			return -EFAULT;
		if (!flags_known(w[i].flags) || w[i].reserved)
			return -EINVAL;
		if (w[i].val > UINT32_MAX)
			return -EINVAL;
	}
	for (u32 i = 0; i < n; i++) {
		ret = futex_word(t, w[i].uaddr, false, &word);
		if (ret < 0)
			return ret;
		w[i].uaddr = (u64)(uintptr_t)word;
	}
	return 0;
}

/* The timeout is absolute, on one of two clocks. */
static s64 get_timeout(struct task_struct *t, struct timespec *ts, u64 uaddr, int clock)
{
	if (!uaddr)
		return 0;
	if (clock != CLOCK_REALTIME && clock != CLOCK_MONOTONIC)
		return -EINVAL;
	if (get_user(t->mm, *ts, uaddr))
		return -EFAULT;
	return ts->tv_sec < 0 || (u64)ts->tv_nsec >= 1000000000 ? -EINVAL : 0;
}

SYSCALL(futex_waitv)
{
	struct waiter w[WAITV_MAX];
	u32 n = (u32)a[1];
	struct timespec ts;
	s64 ret;

	if ((u32)a[2] || !n || n > WAITV_MAX || !a[0])
		return -EINVAL;
	ret = get_timeout(t, &ts, a[3], (int)a[4]);
	if (!ret)
		ret = get_waiters(t, w, a[0], n);
	if (ret < 0)
		return ret;
	ret = HOST_BLOCKING(t, SYS_futex_waitv, w, n, 0, a[3] ? &ts : NULL, a[4]);
	return interrupted(ret) ? -ERESTARTSYS : ret;
}

SYSCALL(futex_wake)
{
	void *word;
	s64 ret;

	if (!flags_known((u32)a[3]))
		return -EINVAL;
	ret = futex_word(t, a[0], false, &word);
	/* A private word that is not mapped has nobody waiting, and Linux does not look at it. */
	if (ret == -EFAULT && ((u32)a[3] & FUTEX2_PRIVATE) && access_ok(a[0], sizeof(u32)))
		return (u32)a[1] && !(a[1] >> 32) ? 0 : -EINVAL;
	return ret < 0 ? ret : HOST(SYS_futex_wake, word, a[1], a[2], a[3]);
}

SYSCALL(futex_wait)
{
	struct timespec ts;
	void *word;
	s64 ret;

	if (!flags_known((u32)a[3]) || a[1] > UINT32_MAX || a[2] > UINT32_MAX || !a[2])
		return -EINVAL;
	ret = get_timeout(t, &ts, a[4], (int)a[5]);
	if (!ret)
		ret = futex_word(t, a[0], false, &word);
	if (ret < 0)
		return ret;
	ret = HOST_BLOCKING(t, SYS_futex_wait, word, a[1], a[2], a[3], a[4] ? &ts : NULL, a[5]);
	return interrupted(ret) ? -ERESTARTSYS : ret;
}

SYSCALL(futex_requeue)
{
	struct waiter w[2];
	s64 ret;

	if ((u32)a[1] || !a[0])
		return -EINVAL;
	ret = get_waiters(t, w, a[0], 2);
	return ret < 0 ? ret : HOST(SYS_futex_requeue, w, 0, a[2], a[3]);
}
