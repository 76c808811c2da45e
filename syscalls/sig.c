// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Sending and waiting for signals. The host's kernel holds the queues: a signal sent to the guest is
 * sent to ulk's process, where the guest's mask and dispositions are mirrored (kernel/signal.h).
 */
#include <string.h>
#include <time.h>
#include "syscalls/handlers.h"
#include "syscalls/marshal.h"

#define SIGSET_SIZE  8
#define SIGINFO_SIZE 128

SYSCALL(kill)
{
	return HOST(SYS_kill, a[0], a[1]);
}

SYSCALL(tkill)
{
	return HOST(SYS_tkill, a[0], a[1]);
}

SYSCALL(tgkill)
{
	return HOST(SYS_tgkill, a[0], a[1], a[2]);
}

SYSCALL(rt_sigqueueinfo)
{
	u8 info[SIGINFO_SIZE];

	if (get_user(t->mm, info, a[2]))
		return -EFAULT;
	return HOST(SYS_rt_sigqueueinfo, a[0], a[1], info);
}

SYSCALL(rt_tgsigqueueinfo)
{
	u8 info[SIGINFO_SIZE];

	if (get_user(t->mm, info, a[3]))
		return -EFAULT;
	return HOST(SYS_rt_tgsigqueueinfo, a[0], a[1], a[2], info);
}

SYSCALL(rt_sigpending)
{
	u64 set = 0;
	s64 ret;

	if (a[1] > SIGSET_SIZE)
		return -EINVAL;
	ret = HOST(SYS_rt_sigpending, &set, SIGSET_SIZE);
	/* The host never blocks SIGBUS, so a blocked one waits with ulk. */
	if (t->sigbus_held)
		set |= 1UL << (SIGBUS - 1);
	return copy_result(t->mm, ret, a[0], &set, a[1]);
}

SYSCALL(rt_sigtimedwait)
{
	u8 info[SIGINFO_SIZE];
	struct timespec ts;
	u64 set;
	s64 ret;

	if (a[3] != SIGSET_SIZE)
		return -EINVAL;
	if (get_user(t->mm, set, a[0]))
		return -EFAULT;
	if (a[2] && get_user(t->mm, ts, a[2]))
		return -EFAULT;
	if (t->sigbus_held && (set & 1UL << (SIGBUS - 1))) {
		/* The one that is not in the host's queue; being a synchronous one it goes before others. */
		t->sigbus_held = false;
		memcpy(info, &t->sigbus_info, sizeof(info));
		ret = SIGBUS;
	} else {
		ret = HOST_BLOCKING(t, SYS_rt_sigtimedwait, &set, info, a[2] ? &ts : NULL, SIGSET_SIZE);
	}
	/* Linux never restarts this one. */
	if (interrupted(ret))
		return -EINTR;
	if (ret < 0 || !a[1])
		return ret;
	return copy_to_user(t->mm, a[1], info, sizeof(info)) ? -EFAULT : ret;
}

SYSCALL(pause)
{
	s64 ret = HOST_BLOCKING(t, SYS_pause);

	return interrupted(ret) ? -ERESTARTNOHAND : ret;
}
