// SPDX-License-Identifier: GPL-2.0-or-later
/* Blocking calls of deterministic runs: tried without waiting until they have an answer. And futexes. */
#include <errno.h>
#include <fcntl.h>
#include <linux/futex.h>
#include <poll.h>
#include <string.h>
#include <sys/select.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include "kernel/det_internal.h"
#include "kernel/sched.h"
#include "kernel/signal.h"

/* ---- futexes ---- */

/* Does @s wait on @word of this process? Memory that processes share has the same place in a child's host process as in its
 * parent's. */
static bool waits_on(const struct ulk *ulk, const struct det_slot *s, const u32 *word)
{
	return s->word == word && !s->woken && (s->shared || s->pid == ulk->tasks->pid);
}

/* Wake up to @n that wait on @word, those that came first first. */
static s64 wake(struct ulk *ulk, const u32 *word, u32 n, u32 bitset)
{
	s64 woken = 0;

	while (woken < n) {
		struct det_slot *first = NULL;

		det_for_each(ulk->det, s) {
			if (waits_on(ulk, s, word) && (s->bitset & bitset) && (!first || s->seq < first->seq))
				first = s;
		}
		if (!first)
			break;
		first->woken = true;
		woken++;
	}
	return woken;
}

static s64 requeue(struct ulk *ulk, const u32 *from, u32 *to, u32 n)
{
	s64 moved = 0;

	det_for_each(ulk->det, s) {
		if (moved == n)
			break;
		if (waits_on(ulk, s, from)) {
			s->word = to;
			moved++;
		}
	}
	return moved;
}

/* FUTEX_WAKE_OP's operation; true when the old value meets its condition. */
static bool wake_op(u32 *word, u32 op)
{
	u32 arg = op >> 12 & 0xfff, cmp = op & 0xfff, old = *word, new = old;

	if (op >> 28 & 8)
		arg = 1U << (arg & 31);
	switch (op >> 28 & 7) {
	case 0: new = arg; break;
	case 1: new = old + arg; break;
	case 2: new = old | arg; break;
	case 3: new = old & ~arg; break;
	case 4: new = old ^ arg; break;
	}
	*word = new;
	switch (op >> 24 & 15) {
	case 0: return old == cmp;
	case 1: return old != cmp;
	case 2: return (s32)old < (s32)cmp;
	case 3: return (s32)old <= (s32)cmp;
	case 4: return (s32)old > (s32)cmp;
	case 5: return (s32)old >= (s32)cmp;
	}
	return false;
}

s64 det_futex(struct ulk *ulk, u32 *word, int op, u32 val, u64 val2, u32 *word2, u32 val3)
{
	s64 ret;

	/* Other processes wait in the host. */
	if (!(op & FUTEX_PRIVATE_FLAG)) {
		ret = HOST(SYS_futex, word, op, val, val2, word2, val3);
		if (ret < 0 || (op & FUTEX_CMD_MASK) == FUTEX_WAKE_OP)
			return ret;
		val -= min_t(u32, val, (u32)ret);
	} else {
		ret = 0;
	}
	switch (op & FUTEX_CMD_MASK) {
	case FUTEX_WAKE:
		return ret + wake(ulk, word, val, ~0u);
	case FUTEX_WAKE_BITSET:
		return val3 ? ret + wake(ulk, word, val, val3) : -EINVAL;
	case FUTEX_CMP_REQUEUE:
		if (*word != val3)
			return -EAGAIN;
		/* fall through */
	case FUTEX_REQUEUE:
		ret += wake(ulk, word, val, ~0u);
		return ret + requeue(ulk, word, word2, (u32)val2);
	case FUTEX_WAKE_OP:
		ret = wake(ulk, word, val, ~0u);
		if (wake_op(word2, val3))
			ret += wake(ulk, word2, (u32)val2, ~0u);
		return ret;
	}
	return HOST(SYS_futex, word, op, val, val2, word2, val3);
}

/* When, in ns of virtual time; 0: never. */
static u64 deadline_of(struct task_struct *t, int clock, const struct timespec *ts, bool relative)
{
	u64 now = det_now(t->ulk), ns, base;
	struct timespec at;

	if (!ts)
		return 0;
	if (ts->tv_sec > INT64_MAX / 1000000000 - 10)
		return ~0UL;
	ns = (u64)ts->tv_sec * 1000000000 + (u64)ts->tv_nsec;
	if (relative)
		return now + ns ?: 1;
	task_clock(t, clock, &at);
	base = (u64)at.tv_sec * 1000000000 + (u64)at.tv_nsec - now;
	return ns > base ? ns - base : 1;
}

static bool timed_out(const struct task_struct *t)
{
	return t->det->deadline && t->det->deadline <= det_now(t->ulk);
}

static s64 wait_futex(struct task_struct *t, u32 *word, int op, u32 val, u32 bitset)
{
	s64 ret = 0;

	if (__atomic_load_n(word, __ATOMIC_ACQUIRE) != val)
		return -EAGAIN;
	if (!bitset)
		return -EINVAL;
	t->det->word = word;
	t->det->bitset = bitset;
	t->det->seq = ++t->ulk->det->futex_seq;
	t->det->woken = false;
	/* Who shares it with other processes has nobody here to wake it. */
	t->det->polls = t->det->shared = !(op & FUTEX_PRIVATE_FLAG);
	for (;;) {
		if (t->det->woken)
			break;
		if (timed_out(t))
			ret = -ETIMEDOUT;
		else if (det_interrupted(t))
			ret = -ERESTARTSYS;
		else if (t->det->polls && __atomic_load_n(word, __ATOMIC_ACQUIRE) != val)
			break;
		if (ret)
			break;
		det_wait(t);
	}
	t->det->word = NULL;
	t->det->polls = t->det->woken = false;
	return ret;
}

/* ---- other calls ---- */

/* A descriptor on which the call would not wait. */
static bool ready(u64 fd, short events)
{
	struct pollfd p = {(int)fd, events, 0};
	s64 flags = HOST(SYS_fcntl, fd, F_GETFL);

	if (flags < 0 || (flags & O_NONBLOCK))
		return true;
	return HOST(SYS_ppoll, &p, 1, &(struct timespec){0}, NULL, 8) != 0;
}

static s64 try_select(const u64 a[6])
{
	size_t size = (a[0] + 63) / 64 * 8;
	u8 saved[3][FD_SETSIZE / 8];
	s64 ret;

	if (size > sizeof(saved[0]))
		return -EINVAL;
	for (int i = 0; i < 3; i++)
		if (a[1 + i])
			memcpy(saved[i], (void *)a[1 + i], size);
	ret = HOST(SYS_pselect6, a[0], a[1], a[2], a[3], &(struct timespec){0}, 0);
	for (int i = 0; i < 3 && !ret; i++)
		if (a[1 + i])
			memcpy((void *)a[1 + i], saved[i], size);
	return ret;
}

/* A connection that takes its time is asked for again, which tells how it went. */
static s64 try_connect(const u64 a[6], bool *again)
{
	s64 flags = HOST(SYS_fcntl, a[0], F_GETFL), ret;

	if (flags < 0 || (flags & O_NONBLOCK))
		return HOST(SYS_connect, a[0], a[1], a[2]);
	HOST(SYS_fcntl, a[0], F_SETFL, flags | O_NONBLOCK);
	ret = HOST(SYS_connect, a[0], a[1], a[2]);
	HOST(SYS_fcntl, a[0], F_SETFL, flags);
	*again = ret == -EINPROGRESS || ret == -EALREADY || ret == -EAGAIN;
	return ret;
}

enum how {
	AT_ONCE,                   /* does not wait for long: made as it is */
	OUTSIDE,                   /* may wait, and cannot be tried: the others go on meanwhile, and it comes back when it does */
	TRIED,
};

/* Make the call without waiting. *again: it would have waited. @last: its time is over. */
static s64 try_call(struct task_struct *t, long nr, const u64 a[6], bool last, bool *again)
{
	const struct timespec zero = {0};
	siginfo_t *info;
	s64 ret;

	*again = false;
	switch (nr) {
	case SYS_clock_nanosleep: case SYS_pause:
		*again = !last;
		return 0;
	case SYS_ppoll:
		ret = HOST(SYS_ppoll, a[0], a[1], &zero, 0, 8);
		break;
	case SYS_pselect6:
		ret = try_select(a);
		break;
	case SYS_epoll_pwait2:
		ret = HOST(SYS_epoll_pwait2, a[0], a[1], a[2], &zero, 0, 8);
		break;
	case SYS_rt_sigsuspend:
		ret = HOST(SYS_ppoll, NULL, 0, &zero, a[0], 8);
		break;
	case SYS_rt_sigtimedwait:
		ret = HOST(SYS_rt_sigtimedwait, a[0], a[1], &zero, a[3]);
		*again = ret == -EAGAIN && !last;
		return ret;
	case SYS_wait4:
		ret = HOST(SYS_wait4, a[0], a[1], a[2] | WNOHANG, a[3]);
		*again = !ret && !(a[2] & WNOHANG);
		return ret;
	case SYS_waitid:
		info = (void *)a[2];
		info->si_pid = 0;
		ret = HOST(SYS_waitid, a[0], a[1], info, a[3] | WNOHANG, a[4]);
		*again = !ret && !info->si_pid && !(a[3] & WNOHANG);
		return ret;
	case SYS_read: case SYS_preadv2: case SYS_pread64: case SYS_recvfrom: case SYS_recvmsg: case SYS_accept4:
		*again = !ready(a[0], POLLIN);
		return *again ? 0 : HOST(nr, a[0], a[1], a[2], a[3], a[4], a[5]);
	case SYS_connect:
		return try_connect(a, again);
	case SYS_write: case SYS_pwritev2: case SYS_pwrite64: case SYS_sendto: case SYS_sendmsg:
		*again = !ready(a[0], POLLOUT);
		return *again ? 0 : HOST(nr, a[0], a[1], a[2], a[3], a[4], a[5]);
	default:
		return HOST(nr, a[0], a[1], a[2], a[3], a[4], a[5]);
	}
	*again = !ret && !last;
	return ret;
}

static enum how how_to(long nr, const u64 a[6])
{
	switch (nr) {
	case SYS_recvfrom: case SYS_sendto:
		return a[3] & MSG_DONTWAIT ? AT_ONCE : TRIED;
	case SYS_recvmsg: case SYS_sendmsg:
		return a[2] & MSG_DONTWAIT ? AT_ONCE : TRIED;
	case SYS_clock_nanosleep: case SYS_pause: case SYS_ppoll: case SYS_pselect6: case SYS_epoll_pwait2:
	case SYS_rt_sigsuspend: case SYS_rt_sigtimedwait: case SYS_wait4: case SYS_waitid: case SYS_read: case SYS_preadv2:
	case SYS_pread64: case SYS_accept4: case SYS_connect: case SYS_write: case SYS_pwritev2: case SYS_pwrite64:
		return TRIED;
	case SYS_open: case SYS_openat: case SYS_openat2: case SYS_fallocate: case SYS_ioctl: case SYS_sendfile:
	case SYS_copy_file_range: case SYS_syslog: case SYS_open_by_handle_at:
		return AT_ONCE;
	}
	return OUTSIDE;
}

static u64 call_deadline(struct task_struct *t, long nr, const u64 a[6])
{
	switch (nr) {
	case SYS_clock_nanosleep:
		return deadline_of(t, (int)a[0], (void *)a[2], !(a[1] & TIMER_ABSTIME));
	case SYS_ppoll: case SYS_rt_sigtimedwait:
		return deadline_of(t, 0, (void *)a[2], true);
	case SYS_pselect6:
		return deadline_of(t, 0, (void *)a[4], true);
	case SYS_epoll_pwait2:
		return deadline_of(t, 0, (void *)a[3], true);
	}
	return 0;
}

/* Calls that a handler ends with EINTR even under SA_RESTART (signal(7)). */
static s64 interruption(long nr)
{
	switch (nr) {
	case SYS_ppoll: case SYS_pselect6: case SYS_epoll_pwait2: case SYS_rt_sigtimedwait: case SYS_rt_sigsuspend:
	case SYS_pause: case SYS_clock_nanosleep:
		return -EINTR;
	}
	return -ERESTARTSYS;
}

/* The host waits as ever: nobody else is there, and no timer runs that only virtual time moves. */
static bool may_wait_in_host(const struct task_struct *t, long nr, const u64 a[6])
{
	const struct determin *d = t->ulk->det;
	bool alone = d->nr == 1;

	/* Whom a signal is foretold that will interrupt him. */
	alone &= d->foretold.tid != t->tid;
	for (u32 i = 0; i < d->nr_timers; i++)
		alone &= !d->timers[i].at;
	switch (nr) {
	case SYS_clock_nanosleep: case SYS_futex:
		return false;
	case SYS_ppoll: case SYS_rt_sigtimedwait:
		return !a[2] && alone;
	case SYS_pselect6:
		return !a[4] && alone;
	case SYS_epoll_pwait2:
		return !a[3] && alone;
	}
	return alone;
}

static s64 wait_in_host(struct task_struct *t, long nr, const u64 a[6])
{
	s64 ret;

	cpu_release(t);
	ret = ulk_blocking_syscall(&t->sigpending, nr, a);
	cpu_acquire(t);
	if ((ret == -ERESTARTSYS || ret == -EINTR) && signal_pending(t))
		t->det->interrupted = true;
	return ret;
}

static bool is_fifo(const u64 a[6])
{
	struct stat st;

	return !HOST(SYS_newfstatat, a[0], a[1], &st, 0) && S_ISFIFO(st.st_mode);
}

s64 det_try(struct task_struct *t, long nr, const u64 a[6])
{
	enum how how = how_to(nr, a);
	bool again;
	s64 ret;

	if (how == OUTSIDE || (nr == SYS_openat && is_fifo(a)))
		return -ERESTARTSYS;
	if (how == AT_ONCE)
		return HOST(nr, a[0], a[1], a[2], a[3], a[4], a[5]);
	ret = try_call(t, nr, a, false, &again);
	return again ? -ERESTARTSYS : ret;
}

s64 det_blocking(struct task_struct *t, long nr, const u64 a[6])
{
	int cmd = nr == SYS_futex ? (int)a[1] & FUTEX_CMD_MASK : -1;
	bool again = true;
	s64 ret = 0;

	t->det->deadline = 0;
	if (cmd == FUTEX_WAIT || cmd == FUTEX_WAIT_BITSET) {
		t->det->deadline = deadline_of(t, a[1] & FUTEX_CLOCK_REALTIME ? CLOCK_REALTIME : CLOCK_MONOTONIC, (void *)a[3],
					      cmd == FUTEX_WAIT);
		ret = wait_futex(t, (u32 *)a[0], (int)a[1], (u32)a[2], cmd == FUTEX_WAIT ? ~0u : (u32)a[5]);
		t->det->deadline = 0;
		return ret;
	}
	if (may_wait_in_host(t, nr, a) || how_to(nr, a) == OUTSIDE)
		return wait_in_host(t, nr, a);
	if (how_to(nr, a) == AT_ONCE)
		return ulk_blocking_syscall(&t->sigpending, nr, a);
	t->det->deadline = call_deadline(t, nr, a);
	t->det->polls = nr != SYS_clock_nanosleep && nr != SYS_pause;
	while (again) {
		if (det_interrupted(t)) {
			ret = interruption(nr);
			break;
		}
		ret = try_call(t, nr, a, timed_out(t), &again);
		if (again)
			det_wait(t);
	}
	t->det->deadline = 0;
	t->det->polls = false;
	return ret;
}
