// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * fork: the host's fork(), called from the run loop. The child is a copy of ulk with the guest in it:
 * frames are private by the host's own copy on write, file windows stay shared, and mm/ applies what
 * fork does to the areas themselves.
 */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>
#include "kernel/posix_timers.h"
#include "kernel/signal.h"
#include "kernel/thread.h"
#include "kernel/vfork.h"

/* Flags that say nothing about sharing, or only about what the host shares for us. */
#define FORK_FLAGS                                                                                        \
	(CSIGNAL | CLONE_FS | CLONE_VFORK | CLONE_PARENT | CLONE_PTRACE | CLONE_UNTRACED | CLONE_IO |     \
	 CLONE_SYSVSEM | CLONE_DETACHED | CLONE_PIDFD | CLONE_NEWNS | CLONE_NEWCGROUP | CLONE_NEWUTS |    \
	 CLONE_NEWIPC | CLONE_NEWUSER | CLONE_NEWPID | CLONE_NEWNET | CLONE_SETTLS | CLONE_PARENT_SETTID | \
	 CLONE_CHILD_CLEARTID | CLONE_CHILD_SETTID)
/* Those that ulk carries out itself. */
#define OWN_FLAGS \
	(CLONE_VFORK | CLONE_SETTLS | CLONE_PARENT_SETTID | CLONE_CHILD_CLEARTID | CLONE_CHILD_SETTID | CLONE_VM)

static const u64 all_signals = ~0UL;

/* What a new process does not have from its parent. */
static s64 become_child(struct task_struct *t, u64 flags, u64 newsp, u64 child_tid, u64 tls)
{
	struct timespec now;

	t->pid = (int)HOST(SYS_getpid);
	t->tid = (int)HOST(SYS_gettid);
	threads_forked(t);
	posix_timers_forked(t->signal);
	t->signal->did_exec = false;
	t->min_flt = t->maj_flt = 0;
	t->robust_list = t->robust_list_len = 0;
	t->restart_fn = NULL;
	t->set_child_tid = flags & CLONE_CHILD_SETTID ? child_tid : 0;
	t->clear_child_tid = flags & CLONE_CHILD_CLEARTID ? child_tid : 0;
	if (clock_gettime(CLOCK_BOOTTIME, &now) == 0)
		t->signal->start_time_ns = (u64)now.tv_sec * 1000000000 + (u64)now.tv_nsec;
	if (newsp)
		task_regs(t)->rsp = newsp;
	if (flags & CLONE_SETTLS)
		task_regs(t)->fs_base = tls;
	t->regs_dirty = t->regs_valid;
	if (flags & CLONE_VM) {
		mm_vfork_child(t->mm);
	} else if (dup_mm_in_child(t->mm)) {
		/* Linux finds out before there is a child; here the child alone pays. */
		do_group_exit(t, SIGKILL);
		return 0;
	}
	/* A bad address is not an error: schedule_tail() ignores it too. */
	if (t->set_child_tid && copy_to_user(t->mm, child_tid, &t->tid, sizeof(t->tid)))
		t->set_child_tid = 0;
	return 0;
}

static s64 host_fork(u64 flags, int *pidfd)
{
	/* libc's fork where it serves: it also looks after libc's own state. */
	if ((flags & ~OWN_FLAGS) == SIGCHLD) {
		int saved = errno, pid = fork();

		if (pid < 0)
			pid = -errno;
		errno = saved;
		return pid;
	}
	return HOST(SYS_clone, flags & ~OWN_FLAGS, 0, flags & CLONE_PIDFD ? pidfd : NULL, NULL, 0);
}

/* copy_process()'s rules on which flags go together. */
static bool flags_agree(u64 flags)
{
	if ((flags & CLONE_FS) && (flags & (CLONE_NEWNS | CLONE_NEWUSER)))
		return false;
	if ((flags & CLONE_THREAD) && !(flags & CLONE_SIGHAND))
		return false;
	if ((flags & CLONE_SIGHAND) && !(flags & CLONE_VM))
		return false;
	if ((flags & CLONE_THREAD) && (flags & (CLONE_NEWUSER | CLONE_NEWPID)))
		return false;
	return !(flags & CLONE_PIDFD) || !(flags & (CLONE_DETACHED | CLONE_PARENT_SETTID));
}

s64 do_fork(struct task_struct *t, u64 flags, u64 newsp, u64 parent_tid, u64 child_tid, u64 tls)
{
	struct vfork v = {.ends = {-1, -1}};
	int pidfd = -1;
	s64 pid;

	if (!flags_agree(flags))
		return -EINVAL;
	if (flags & CLONE_THREAD)
		return do_clone_thread(t, flags, newsp, parent_tid, child_tid, tls);
	/* Memory may be shared only for the time the parent sleeps; see the note in the table. */
	if ((flags & CLONE_VM) && !(flags & CLONE_VFORK))
		return -ENOSYS;
	if (flags & ~(u64)(FORK_FLAGS | CLONE_VM))
		return -ENOSYS;
	if ((flags & CLONE_SETTLS) && tls >= TASK_SIZE_MAX)
		return -EPERM;
	/* One signal must not end up in two processes: what is pending goes first, as in copy_process(). */
	HOST(SYS_rt_sigprocmask, SIG_SETMASK, &all_signals, NULL, sizeof(all_signals));
	if (signal_pending(t)) {
		host_mask_set(t->blocked);
		return -ERESTARTNOINTR;
	}
	if (flags & CLONE_VFORK) {
		pid = vfork_begin(t, &v);
		if (pid < 0)
			goto out;
	}
	fflush(NULL);
	mm_fork_prepare(t->mm, !(flags & CLONE_VM));
	pid = host_fork(flags, &pidfd);
	if (pid)
		mm_fork_parent(t->mm);
	if (!pid) {
		/* The parent of a vfork is not the grandchild's to wake, nor has it a say in its memory. */
		if (t->vfork_fd)
			HOST(SYS_close, t->vfork_fd);
		t->vfork_fd = 0;
		if (flags & CLONE_VFORK)
			vfork_child(t, &v);
		pid = become_child(t, flags, newsp, child_tid, tls);
		goto out;
	}
	if (pid < 0) {
		vfork_cancel(&v);
		goto out;
	}
	if ((flags & CLONE_PARENT_SETTID) || (flags & CLONE_PIDFD)) {
		int value = flags & CLONE_PIDFD ? pidfd : (int)pid;

		/* As in Linux, a bad address goes unnoticed once the child exists. */
		if (copy_to_user(t->mm, parent_tid, &value, sizeof(value)) && pidfd >= 0)
			HOST(SYS_close, pidfd);
	}
	if (flags & CLONE_VFORK)
		vfork_wait(t, &v);
out:
	host_mask_set(t->blocked);
	return pid;
}
