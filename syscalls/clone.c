// SPDX-License-Identifier: GPL-2.0-or-later
/* fork, vfork, clone and clone3: what each asks for, in one request. */
#include <sched.h>
#include <signal.h>
#include "syscalls/handlers.h"
#include "syscalls/marshal.h"

#ifndef CLONE_CLEAR_SIGHAND
#define CLONE_CLEAR_SIGHAND 0x100000000UL
#define CLONE_INTO_CGROUP   0x200000000UL
#endif
#ifndef CLONE_NEWTIME
#define CLONE_NEWTIME 0x80
#endif
#define CLONE_LEGACY_FLAGS   0xffffffffUL
#define CLONE_ARGS_SIZE_VER0 64
#define CLONE_ARGS_SIZE_VER2 88
#define MAX_PID_NS_LEVEL     32

/* struct clone_args of linux/sched.h. */
struct clone3_args {
	u64 flags, pidfd, child_tid, parent_tid, exit_signal, stack, stack_size, tls, set_tid, set_tid_size,
		cgroup;
};

SYSCALL(fork)
{
	const struct clone_request req = {.exit_signal = SIGCHLD};

	return do_fork(t, &req);
}

SYSCALL(vfork)
{
	const struct clone_request req = {.flags = CLONE_VFORK | CLONE_VM, .exit_signal = SIGCHLD};

	return do_fork(t, &req);
}

SYSCALL(clone)
{
	const struct clone_request req = {
		.flags = a[0] & CLONE_LEGACY_FLAGS & ~(u64)CSIGNAL,
		.exit_signal = (int)(a[0] & CSIGNAL),
		.newsp = a[1],
		.pidfd = a[2],
		.parent_tid = a[2],
		.child_tid = a[3],
		.tls = a[4],
	};

	/* One argument for both. */
	if ((req.flags & CLONE_PIDFD) && (req.flags & CLONE_PARENT_SETTID))
		return -EINVAL;
	return do_fork(t, &req);
}

/* copy_clone_args_from_user() */
static s64 get_clone3_args(struct task_struct *t, struct clone3_args *args, u64 uaddr, u64 size)
{
	s64 ret;

	if (size > PAGE_SIZE)
		return -E2BIG;
	if (size < CLONE_ARGS_SIZE_VER0)
		return -EINVAL;
	ret = copy_struct_from_user(t->mm, args, sizeof(*args), uaddr, size);
	if (ret < 0)
		return ret;
	if (args->set_tid_size > MAX_PID_NS_LEVEL || !args->set_tid != !args->set_tid_size)
		return -EINVAL;
	if (args->exit_signal & ~(u64)CSIGNAL || args->exit_signal > ULK_NSIG)
		return -EINVAL;
	if ((args->flags & CLONE_INTO_CGROUP) && (args->cgroup > INT32_MAX || size < CLONE_ARGS_SIZE_VER2))
		return -EINVAL;
	/* One of ulk's own descriptors is not open to the guest. */
	if ((args->flags & CLONE_INTO_CGROUP) && !fd_visible(t, args->cgroup))
		return -EBADF;
	return 0;
}

/* clone3_args_valid() */
static bool clone3_valid(const struct clone3_args *args)
{
	if (args->flags & ~(CLONE_LEGACY_FLAGS | CLONE_CLEAR_SIGHAND | CLONE_INTO_CGROUP))
		return false;
	if (args->flags & (CLONE_DETACHED | (CSIGNAL & ~CLONE_NEWTIME)))
		return false;
	if ((args->flags & CLONE_SIGHAND) && (args->flags & CLONE_CLEAR_SIGHAND))
		return false;
	if ((args->flags & (CLONE_THREAD | CLONE_PARENT)) && args->exit_signal)
		return false;
	if (!args->stack)
		return !args->stack_size;
	return args->stack_size && access_ok(args->stack, args->stack_size);
}

SYSCALL(clone3)
{
	int set_tid[MAX_PID_NS_LEVEL];
	struct clone_request req;
	struct clone3_args args;
	s64 ret = get_clone3_args(t, &args, a[0], a[1]);

	if (ret < 0)
		return ret;
	if (copy_from_user(t->mm, set_tid, args.set_tid, args.set_tid_size * sizeof(set_tid[0])))
		return -EFAULT;
	if (!clone3_valid(&args))
		return -EINVAL;
	if ((args.flags & CLONE_PIDFD) && (args.flags & CLONE_PARENT_SETTID) && args.pidfd == args.parent_tid)
		return -EINVAL;
	req = (struct clone_request){
		.flags = args.flags,
		.exit_signal = (int)args.exit_signal,
		.newsp = args.stack + args.stack_size,
		.pidfd = args.pidfd,
		.parent_tid = args.parent_tid,
		.child_tid = args.child_tid,
		.tls = args.tls,
		.set_tid = args.set_tid_size ? set_tid : NULL,
		.nr_set_tid = args.set_tid_size,
		.cgroup = args.cgroup,
	};
	return do_fork(t, &req);
}
