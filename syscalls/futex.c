// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * futex: the host's, on the frame or file window behind the guest's word, so that it also works
 * between processes that share the page.
 */
#include <linux/futex.h>
#include <time.h>
#include "cpu/cpu.h"
#include "kernel/determin.h"
#include "syscalls/futex.h"
#include "syscalls/handlers.h"
#include "syscalls/marshal.h"

s64 futex_word(struct task_struct *t, u64 uaddr, bool write, void **out)
{
	if (uaddr & 3)
		return -EINVAL;
	if (!access_ok(uaddr, sizeof(u32)))
		return -EFAULT;
	/*
	 * A page that a later store would replace (the zero page, a private page not yet copied) must not
	 * be waited on, so it is made the program's own right away where it may be written at all.
	 */
	*out = user_ptr(t->mm, uaddr, sizeof(u32), true);
	if (!*out && !write)
		*out = user_ptr(t->mm, uaddr, sizeof(u32), false);
	return *out ? 0 : -EFAULT;
}

/* do_futex()'s first look at the operation. */
static bool futex_known(int op)
{
	int cmd = op & FUTEX_CMD_MASK;

	if (op & FUTEX_CLOCK_REALTIME)
		return cmd == FUTEX_WAIT_BITSET || cmd == FUTEX_WAIT_REQUEUE_PI || cmd == FUTEX_LOCK_PI2;
	return cmd >= FUTEX_WAIT && cmd <= FUTEX_LOCK_PI2 && cmd != FUTEX_FD;
}

/* Waking by a private address that is not mapped finds nobody; the kernel does not look at the page. */
static bool futex_wakes_nobody(int op, u64 uaddr, u32 bitset)
{
	int cmd = op & FUTEX_CMD_MASK;

	if (!(op & FUTEX_PRIVATE_FLAG) || (uaddr & 3) || !access_ok(uaddr, sizeof(u32)))
		return false;
	return cmd == FUTEX_WAKE || (cmd == FUTEX_WAKE_BITSET && bitset);
}

/* Operations that store into the word themselves. */
static bool futex_writes(int cmd)
{
	switch (cmd) {
	case FUTEX_LOCK_PI:
	case FUTEX_LOCK_PI2:
	case FUTEX_UNLOCK_PI:
	case FUTEX_TRYLOCK_PI:
		return true;
	default:
		return false;
	}
}

/* The host's kernel changes the word, also while another thread of the guest is executing. */
static void kernel_stores_too(struct task_struct *t)
{
	t->mm->stores_shared = true;
	cpu_memory_shared(t->ulk->cpu, true);
}

static bool futex_has_timeout(int cmd)
{
	switch (cmd) {
	case FUTEX_WAIT:
	case FUTEX_LOCK_PI:
	case FUTEX_LOCK_PI2:
	case FUTEX_WAIT_BITSET:
	case FUTEX_WAIT_REQUEUE_PI:
		return true;
	default:
		return false;
	}
}

static bool futex_has_uaddr2(int cmd)
{
	switch (cmd) {
	case FUTEX_REQUEUE:
	case FUTEX_CMP_REQUEUE:
	case FUTEX_WAKE_OP:
	case FUTEX_CMP_REQUEUE_PI:
	case FUTEX_WAIT_REQUEUE_PI:
		return true;
	default:
		return false;
	}
}

/*
 * FUTEX_WAIT's timeout is relative; to survive a restart it becomes an absolute one of WAIT_BITSET,
 * which is how the kernel's own restart block does it.
 */
static s64 futex_wait_restart(struct task_struct *t)
{
	struct timespec abs = {(time_t)t->restart_data[2], (long)t->restart_data[3]};
	void *word;
	s64 ret = futex_word(t, t->restart_data[0], false, &word);

	if (ret < 0)
		return ret;
	ret = HOST_BLOCKING(t, SYS_futex, word, (u32)(t->restart_data[1] >> 32), (u32)t->restart_data[1],
			    &abs, NULL, FUTEX_BITSET_MATCH_ANY);
	return interrupted(ret) ? -ERESTART_RESTARTBLOCK : ret;
}

static s64 futex_wait(struct task_struct *t, void *word, int op, u32 val, const struct timespec *rel)
{
	int wait_op = FUTEX_WAIT_BITSET | (op & FUTEX_PRIVATE_FLAG);
	struct timespec abs;
	s64 ret;

	if (!rel)
		return HOST_BLOCKING(t, SYS_futex, word, wait_op, val, NULL, NULL, FUTEX_BITSET_MATCH_ANY);
	task_clock(t, CLOCK_MONOTONIC, &abs);
	if (__builtin_add_overflow(abs.tv_sec, rel->tv_sec, &abs.tv_sec))
		abs.tv_sec = INT64_MAX / 1000000000;
	abs.tv_nsec += rel->tv_nsec;
	if (abs.tv_nsec >= 1000000000) {
		abs.tv_nsec -= 1000000000;
		abs.tv_sec++;
	}
	ret = HOST_BLOCKING(t, SYS_futex, word, wait_op, val, &abs, NULL, FUTEX_BITSET_MATCH_ANY);
	if (!interrupted(ret))
		return ret;
	t->restart_data[1] = (u64)wait_op << 32 | val;
	t->restart_data[2] = (u64)abs.tv_sec;
	t->restart_data[3] = (u64)abs.tv_nsec;
	t->restart_fn = futex_wait_restart;
	return -ERESTART_RESTARTBLOCK;
}

SYSCALL(futex)
{
	int op = (int)a[1], cmd = op & FUTEX_CMD_MASK;
	void *word = NULL, *word2 = NULL;
	struct timespec ts;
	bool timeout = a[3] && futex_has_timeout(cmd);
	s64 ret;

	if (timeout) {
		if (get_user(t->mm, ts, a[3]))
			return -EFAULT;
		if (ts.tv_sec < 0 || (u64)ts.tv_nsec >= 1000000000)
			return -EINVAL;
	}
	if (!futex_known(op))
		return -ENOSYS;
	if (futex_writes(cmd) || cmd == FUTEX_WAIT_REQUEUE_PI || cmd == FUTEX_CMP_REQUEUE_PI)
		kernel_stores_too(t);
	ret = futex_word(t, a[0], futex_writes(cmd), &word);
	if (ret < 0)
		return futex_wakes_nobody(op, a[0], (u32)a[5]) ? 0 : ret;
	if (futex_has_uaddr2(cmd)) {
		ret = futex_word(t, a[4], cmd == FUTEX_WAKE_OP, &word2);
		if (ret < 0)
			return ret;
	}
	if (cmd == FUTEX_WAIT) {
		t->restart_data[0] = a[0];
		return futex_wait(t, word, op, (u32)a[2], timeout ? &ts : NULL);
	}
	if (!futex_has_timeout(cmd) && t->ulk->det)
		return det_futex(t->ulk, word, op, (u32)a[2], a[3], word2, (u32)a[5]);
	if (!futex_has_timeout(cmd))
		return HOST(SYS_futex, word, op, a[2], a[3], word2, a[5]);
	ret = HOST_BLOCKING(t, SYS_futex, word, op, a[2], timeout ? &ts : NULL, word2, a[5]);
	/* Their timeouts are absolute: the call itself can be made again. */
	if (interrupted(ret))
		return cmd == FUTEX_WAIT_BITSET ? (timeout ? -EINTR : -ERESTARTSYS) : -ERESTARTNOINTR;
	return ret;
}
