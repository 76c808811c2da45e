// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Sending and waiting for signals. The host's kernel holds the queues: a signal sent to the guest is
 * sent to ulk's process, where the guest's mask and dispositions are mirrored (kernel/signal.h).
 */
#include <string.h>
#include <time.h>
#include <unistd.h>
#include "kernel/determin.h"
#include "syscalls/handlers.h"
#include "syscalls/marshal.h"

#define SIGSET_SIZE  8
#define SIGINFO_SIZE 128

/*
 * SIGKILL and SIGSTOP do their work in the host's kernel, which would kill or stop the program that the guest is embedded in.
 * To itself alone SIGKILL is the guest's end; anything else is refused. True: *ret is the call's result.
 */
static bool embedded_kill(struct task_struct *t, s32 pid, u64 sig, s64 *ret)
{
	if (likely(!t->ulk->opt.embedded) || (sig != SIGKILL && sig != SIGSTOP))
		return false;
	if (pid > 0 && pid != t->pid)
		return false;
	if (pid < -1 && -pid != HOST(SYS_getpgid, 0))
		return false;
	*ret = -EPERM;
	if (pid > 0 && sig == SIGKILL) {
		do_group_exit(t, SIGKILL);
		*ret = 0;
	}
	return true;
}

/* A signal that an embedded guest sends to itself: to one of its threads, since the host process has others. */
static s64 signal_self(struct task_struct *t, u64 sig, const void *info)
{
	siginfo_t own = {.si_signo = (int)sig, .si_code = SI_USER};
	struct task_struct *to = t;

	for (struct task_struct *o = t->ulk->tasks; o && sig && sig <= ULK_NSIG && (to->blocked >> (sig - 1) & 1); o = o->next) {
		if (!o->exited && !(o->blocked >> (sig - 1) & 1))
			to = o;
	}
	own.si_pid = t->pid;
	own.si_uid = getuid();
	return HOST(SYS_rt_tgsigqueueinfo, t->pid, to->tid, sig, info ? info : &own);
}

/* Is it one of this process's threads? */
static s32 process_of(const struct task_struct *t, s32 tid)
{
	for (const struct task_struct *o = t->ulk->tasks; o; o = o->next) {
		if (o->tid == tid)
			return t->pid;
	}
	return tid;
}

/* The host's call @nr. Who stops its own process in a deterministic run gives the turn away until it goes on. */
static s64 host_kill(struct task_struct *t, long nr, s32 pid, u64 sig, const u64 a[6])
{
	if (unlikely(t->ulk->det) && sig == SIGSTOP && pid == t->pid && det_stops(t))
		return HOST_AFTER_SIGNALS(t, nr, a[0], a[1], a[2]);
	return det_send(t, nr, a[0], a[1], a[2], 0);
}

SYSCALL(kill)
{
	s64 ret;

	if (embedded_kill(t, (s32)a[0], a[1], &ret))
		return ret;
	if (unlikely(t->ulk->opt.embedded) && (s32)a[0] == t->pid && a[1])
		return signal_self(t, a[1], NULL);
	return host_kill(t, SYS_kill, (s32)a[0], a[1], a);
}

SYSCALL(tkill)
{
	s64 ret;

	if (embedded_kill(t, process_of(t, (s32)a[0]), a[1], &ret))
		return ret;
	return host_kill(t, SYS_tkill, process_of(t, (s32)a[0]), a[1], a);
}

SYSCALL(tgkill)
{
	s64 ret;

	if (embedded_kill(t, (s32)a[0], a[2], &ret))
		return ret;
	return host_kill(t, SYS_tgkill, (s32)a[0], a[2], a);
}

SYSCALL(rt_sigqueueinfo)
{
	u8 info[SIGINFO_SIZE];
	s64 ret;

	if (get_user(t->mm, info, a[2]))
		return -EFAULT;
	if (embedded_kill(t, (s32)a[0], a[1], &ret))
		return ret;
	if (unlikely(t->ulk->opt.embedded) && (s32)a[0] == t->pid && a[1])
		return signal_self(t, a[1], info);
	return det_send(t, SYS_rt_sigqueueinfo, a[0], a[1], (u64)(uintptr_t)info, 0);
}

SYSCALL(rt_tgsigqueueinfo)
{
	u8 info[SIGINFO_SIZE];
	s64 ret;

	if (get_user(t->mm, info, a[3]))
		return -EFAULT;
	if (embedded_kill(t, (s32)a[0], a[2], &ret))
		return ret;
	return det_send(t, SYS_rt_tgsigqueueinfo, a[0], a[1], a[2], (u64)(uintptr_t)info);
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
	union {
		u8 bytes[SIGINFO_SIZE];
		siginfo_t info;
	} got;
	u8 *info = got.bytes;
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
		memcpy(info, &t->sigbus_info, SIGINFO_SIZE);
		ret = SIGBUS;
	} else {
		ret = HOST_BLOCKING(t, SYS_rt_sigtimedwait, &set, info, a[2] ? &ts : NULL, SIGSET_SIZE);
	}
	/* Linux never restarts this one. */
	if (interrupted(ret))
		return -EINTR;
	if (ret < 0 || !a[1])
		return ret;
	if (t->ulk->det)
		det_siginfo(t, &got.info);
	return copy_to_user(t->mm, a[1], info, SIGINFO_SIZE) ? -EFAULT : ret;
}

SYSCALL(pause)
{
	s64 ret = HOST_BLOCKING(t, SYS_pause);

	return interrupted(ret) ? -ERESTARTNOHAND : ret;
}
