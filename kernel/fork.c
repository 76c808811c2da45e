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
#include "kernel/determin.h"
#include "kernel/ahead.h"
#include "kernel/errand.h"
#include "kernel/fds.h"
#include "kernel/aio.h"
#include "kernel/posix_timers.h"
#include "kernel/robust.h"
#include "kernel/rseq.h"
#include "kernel/signal.h"
#include "kernel/thread.h"
#include "kernel/usage.h"
#include "kernel/vfork.h"

#ifndef CLONE_CLEAR_SIGHAND
#define CLONE_CLEAR_SIGHAND 0x100000000UL
#define CLONE_INTO_CGROUP   0x200000000UL
#endif
#ifndef CLONE_NEWTIME
#define CLONE_NEWTIME 0x80UL
#endif

/* Flags that say nothing about sharing, or only about what the host shares for us. */
#define FORK_FLAGS                                                                                           \
	(CLONE_FS | CLONE_FILES | CLONE_VFORK | CLONE_PARENT | CLONE_PTRACE | CLONE_UNTRACED | CLONE_IO | CLONE_SYSVSEM |  \
	 CLONE_DETACHED | CLONE_PIDFD | CLONE_NEWNS | CLONE_NEWCGROUP | CLONE_NEWUTS | CLONE_NEWIPC |        \
	 CLONE_NEWUSER | CLONE_NEWPID | CLONE_NEWNET | CLONE_NEWTIME | CLONE_SETTLS | CLONE_PARENT_SETTID |  \
	 CLONE_CHILD_CLEARTID | CLONE_CHILD_SETTID | CLONE_CLEAR_SIGHAND | CLONE_INTO_CGROUP | CLONE_VM)
/* Those that ulk carries out itself. */
#define OWN_FLAGS                                                                                            \
	(CLONE_VFORK | CLONE_SETTLS | CLONE_PARENT_SETTID | CLONE_CHILD_CLEARTID | CLONE_CHILD_SETTID |      \
	 CLONE_CLEAR_SIGHAND | CLONE_DETACHED | CLONE_VM)

/* struct clone_args of linux/sched.h, as the host gets it. */
struct host_clone_args {
	u64 flags, pidfd, child_tid, parent_tid, exit_signal, stack, stack_size, tls, set_tid, set_tid_size,
		cgroup;
};

/* CLONE_CLEAR_SIGHAND: what has a handler gets the default action. */
static void clear_handlers(struct task_struct *t)
{
	for (int sig = 1; sig <= ULK_NSIG; sig++) {
		if (t->signal->action[sig].handler <= ULK_SIG_IGN)
			continue;
		t->signal->action[sig] = (struct k_sigaction){.handler = ULK_SIG_DFL};
		host_signal_mirror(t, sig);
	}
}

/* What a new process does not have from its parent. */
static s64 become_child(struct task_struct *t, const struct clone_request *req)
{
	struct timespec now;
	u64 flags = req->flags;

	t->pid = (int)HOST(SYS_getpid);
	t->tid = (int)HOST(SYS_gettid);
	threads_forked(t);
	ahead_in_child(t->ulk);
	usage_in_child(t, !(flags & CLONE_NEWPID));
	posix_timers_forked(t->signal);
	aio_forked(t->signal);
	t->dispatch.on = false;
	t->signal->did_exec = false;
	t->min_flt = t->maj_flt = 0;
	t->signal->min_flt = t->signal->maj_flt = t->signal->maxrss = 0;
	t->robust_list = t->robust_list_len = 0;
	robust_forked(t);
	t->restart_fn = NULL;
	if (flags & CLONE_VM)
		rseq_forget(t);
	t->set_child_tid = flags & CLONE_CHILD_SETTID ? req->child_tid : 0;
	t->clear_child_tid = flags & CLONE_CHILD_CLEARTID ? req->child_tid : 0;
	if (task_clock(t, CLOCK_BOOTTIME, &now) == 0)
		t->signal->start_time_ns = (u64)now.tv_sec * 1000000000 + (u64)now.tv_nsec;
	if (req->newsp)
		task_regs(t)->rsp = req->newsp;
	if (flags & CLONE_SETTLS)
		task_regs(t)->fs_base = req->tls;
	if (flags & CLONE_CLEAR_SIGHAND)
		clear_handlers(t);
	t->regs_dirty = t->regs_valid;
	if (flags & CLONE_VM) {
		mm_vfork_child(t->mm);
	} else if (dup_mm_in_child(t->mm)) {
		/* Linux finds out before there is a child; here the child alone pays. */
		do_group_exit(t, SIGKILL);
		return 0;
	}
	/* A bad address is not an error: schedule_tail() ignores it too. */
	if (t->set_child_tid && copy_to_user(t->mm, req->child_tid, &t->tid, sizeof(t->tid)))
		t->set_child_tid = 0;
	return 0;
}

static s64 host_fork(const struct clone_request *req, int *pidfd)
{
	struct host_clone_args args = {
		.flags = req->flags & ~OWN_FLAGS,
		.pidfd = (u64)(uintptr_t)pidfd,
		.exit_signal = (u64)req->exit_signal,
		.set_tid = (u64)(uintptr_t)req->set_tid,
		.set_tid_size = req->nr_set_tid,
		.cgroup = req->cgroup,
	};

	/* The child has its parent's exit signal then; clone3 refuses another. */
	if (req->flags & CLONE_PARENT)
		args.exit_signal = 0;
	/* libc's fork where it serves: it also looks after libc's own state. */
	if (!args.flags && req->exit_signal == SIGCHLD && !req->nr_set_tid) {
		int saved = errno, pid = fork();

		if (pid < 0)
			pid = -errno;
		errno = saved;
		return pid;
	}
	/* A kernel before 5.3 or a sandbox without clone3 still knows the older call. */
	s64 pid = HOST(SYS_clone3, &args, sizeof(args));

	if (pid != -ENOSYS || req->nr_set_tid || args.flags > UINT32_MAX)
		return pid;
	return HOST(SYS_clone, args.flags | args.exit_signal, 0, pidfd, NULL, 0);
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
	if ((flags & CLONE_SIGHAND) && (flags & CLONE_CLEAR_SIGHAND))
		return false;
	return !(flags & CLONE_PIDFD) || !(flags & CLONE_DETACHED);
}

/* Whether the guest's limit leaves a descriptor, which must be known before there is a child. */
static bool room_for_fd(struct task_struct *t)
{
	s64 fd = HOST(SYS_pidfd_open, t->pid, 0);

	if (fd == -EMFILE)
		return false;
	fd = fd_made(t, fd);
	if (fd >= 0)
		HOST(SYS_close, fd);
	return fd != -EMFILE;
}

/* What the parent's memory is told. As in Linux, bad addresses go unnoticed once the child exists. */
static void tell_parent(struct task_struct *t, const struct clone_request *req, int pid, int pidfd)
{
	if (req->flags & CLONE_PIDFD) {
		pidfd = (int)fd_made(t, pidfd);
		if (copy_to_user(t->mm, req->pidfd, &pidfd, sizeof(pidfd)))
			HOST(SYS_close, pidfd);
	}
	if ((req->flags & CLONE_PARENT_SETTID) && copy_to_user(t->mm, req->parent_tid, &pid, sizeof(pid)))
		return;
}

static void fork_stage(struct task_struct *t, enum fork_stage stage, const struct clone_request *req, s64 pid)
{
	if (unlikely(t->ulk->hooks.fork))
		t->ulk->hooks.fork(t, stage, req->flags, pid);
}

/* ulk's own descriptors, in a table that the new process shares or copies. */
static int descriptors_before(struct task_struct *t, u64 flags, struct own_fds_child *child)
{
	struct own_fds *own = &t->ulk->phys->own;

	if (flags & CLONE_FILES) {
		t->files->shared = true;
		return own_fds_share(own, child, !(flags & CLONE_NEWPID) && !t->ulk->usage_unnamed);
	}
	own_fds_before_copy(own);
	return 0;
}

static void descriptors_after(struct task_struct *t, u64 flags, struct own_fds_child *child, s64 pid)
{
	struct own_fds *own = &t->ulk->phys->own;

	if (!(flags & CLONE_FILES) && pid)
		own_fds_not_copied(own);
	else if (!(flags & CLONE_FILES))
		own_fds_copied(own, true);
	else if (pid < 0)
		own_fds_share_cancel(own, child);
	else if (pid)
		own_fds_share_parent(own, child, (int)pid);
	else
		own_fds_share_child(own, child);
}

s64 do_fork(struct task_struct *t, const struct clone_request *req)
{
	u64 flags = req->flags;
	struct own_fds_child child_fds;
	int pidfd = -1, child_end = -1;
	s64 pid;

	if (!flags_agree(flags))
		return -EINVAL;
	if (flags & CLONE_THREAD)
		return do_clone_thread(t, flags | (u64)req->exit_signal, req->newsp, req->parent_tid,
				       req->child_tid, req->tls);
	/* Memory may be shared only for the time the parent sleeps; see the note in the table. */
	if ((flags & CLONE_VM) && !(flags & CLONE_VFORK))
		return -ENOSYS;
	if (flags & ~(u64)FORK_FLAGS)
		return -ENOSYS;
	/* Of an embedding program's descriptors it is known by process which are the guest's. */
	if ((flags & CLONE_FILES) && t->ulk->opt.embedded)
		return -ENOSYS;
	if ((flags & CLONE_SETTLS) && req->tls >= TASK_SIZE_MAX)
		return -EPERM;
	if ((flags & CLONE_PIDFD) && !room_for_fd(t))
		return -EMFILE;
	/* One signal must not end up in two processes: what is pending goes first, as in copy_process(). */
	host_mask_hold(t);
	if (signal_pending(t)) {
		host_mask_open(t);
		return -ERESTARTNOINTR;
	}
	if (flags & CLONE_VFORK) {
		pid = vfork_begin(t, &child_end);
		if (pid < 0)
			goto out;
	}
	if (t->ulk->det && det_fork_prepare(t)) {
		vfork_cancel(t, &child_end);
		pid = -EAGAIN;
		goto out;
	}
	fork_stage(t, FORK_BEFORE, req, 0);
	ahead_of_fork(t);
	usage_before_fork(t->ulk);
	errand_before_fork(t->ulk);
	fflush(NULL);
	pid = descriptors_before(t, flags, &child_fds);
	if (pid < 0) {
		vfork_cancel(t, &child_end);
		fork_stage(t, FORK_PARENT, req, pid);
		goto out;
	}
	mm_fork_prepare(t->mm, !(flags & CLONE_VM));
	pid = host_fork(req, &pidfd);
	descriptors_after(t, flags, &child_fds, pid);
	if (pid)
		mm_fork_parent(t->mm);
	if (!pid) {
		vfork_forget(t);
		if (flags & CLONE_VFORK)
			vfork_child(t, &child_end);
		pid = become_child(t, req);
		fork_stage(t, FORK_CHILD, req, t->pid);
		goto out;
	}
	if (t->ulk->det)
		det_fork_parent(t, pid);
	fork_stage(t, FORK_PARENT, req, pid);
	if (pid < 0) {
		vfork_cancel(t, &child_end);
		goto out;
	}
	tell_parent(t, req, (int)pid, pidfd);
	if (flags & CLONE_VFORK) {
		vfork_wait(t, &child_end, flags & CLONE_FILES ? (int)pid : 0);
		fork_stage(t, FORK_VFORK_DONE, req, pid);
	}
out:
	host_mask_open(t);
	return pid;
}
