// SPDX-License-Identifier: GPL-2.0-or-later
/* seccomp(2), and prctl's older way to it. What filters do: kernel/seccomp.h. */
#include <linux/capability.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include "kernel/seccomp.h"
#include "syscalls/handlers.h"
#include "syscalls/marshal.h"
#include "syscalls/seccomp.h"

/* A listener would be handed calls by descriptor; ulk has none, and refuses the flags that ask for one. */
#define KNOWN_FLAGS (SECCOMP_FILTER_FLAG_TSYNC | SECCOMP_FILTER_FLAG_LOG | SECCOMP_FILTER_FLAG_SPEC_ALLOW | \
		     SECCOMP_FILTER_FLAG_TSYNC_ESRCH)

static s64 set_strict(struct task_struct *t, u64 flags, u64 args)
{
	if (flags || args || t->seccomp_mode == SECCOMP_MODE_FILTER)
		return -EINVAL;
	t->seccomp_mode = SECCOMP_MODE_STRICT;
	return 0;
}

static s64 set_filter(struct task_struct *t, u64 flags, u64 args)
{
	struct sock_fprog prog;
	struct sock_filter *code;
	s64 ret;

	if (flags & ~(u64)KNOWN_FLAGS)
		return -EINVAL;
	if (get_user(t->mm, prog, args))
		return -EFAULT;
	if (!prog.len || prog.len > BPF_MAXINSNS)
		return -EINVAL;
	if (HOST(SYS_prctl, PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) != 1 && !host_capable(CAP_SYS_ADMIN))
		return -EACCES;
	if (!prog.filter)
		return -EINVAL;
	code = malloc(prog.len * sizeof(*code));
	if (!code)
		return -ENOMEM;
	if (copy_from_user(t->mm, code, (u64)prog.filter, prog.len * sizeof(*code)))
		ret = -EFAULT;
	else if (!seccomp_code_ok(code, prog.len) || t->seccomp_mode == SECCOMP_MODE_STRICT)
		ret = -EINVAL;
	else
		ret = seccomp_attach(t, code, prog.len, flags & SECCOMP_FILTER_FLAG_TSYNC);
	free(code);
	return ret > 0 && (flags & SECCOMP_FILTER_FLAG_TSYNC_ESRCH) ? -ESRCH : ret;
}

static s64 action_avail(struct task_struct *t, u64 flags, u64 args)
{
	u32 action;

	if (flags)
		return -EINVAL;
	if (get_user(t->mm, action, args))
		return -EFAULT;
	switch (action) {
	case SECCOMP_RET_KILL_PROCESS:
	case SECCOMP_RET_KILL_THREAD:
	case SECCOMP_RET_TRAP:
	case SECCOMP_RET_ERRNO:
	case SECCOMP_RET_TRACE:
	case SECCOMP_RET_LOG:
	case SECCOMP_RET_ALLOW:
		return 0;
	default:
		return -EOPNOTSUPP;
	}
}

static s64 notif_sizes(struct task_struct *t, u64 flags, u64 args)
{
	const struct seccomp_notif_sizes sizes = {
		sizeof(struct seccomp_notif), sizeof(struct seccomp_notif_resp), sizeof(struct seccomp_data),
	};

	if (flags)
		return -EINVAL;
	return copy_to_user(t->mm, args, &sizes, sizeof(sizes)) ? -EFAULT : 0;
}

SYSCALL(seccomp)
{
	u64 flags = (u32)a[1];

	switch ((u32)a[0]) {
	case SECCOMP_SET_MODE_STRICT:
		return set_strict(t, flags, a[2]);
	case SECCOMP_SET_MODE_FILTER:
		return set_filter(t, flags, a[2]);
	case SECCOMP_GET_ACTION_AVAIL:
		return action_avail(t, flags, a[2]);
	case SECCOMP_GET_NOTIF_SIZES:
		return notif_sizes(t, flags, a[2]);
	default:
		return -EINVAL;
	}
}

s64 prctl_set_seccomp(struct task_struct *t, u64 mode, u64 filter)
{
	switch (mode) {
	case SECCOMP_MODE_STRICT:
		return set_strict(t, 0, 0);
	case SECCOMP_MODE_FILTER:
		return set_filter(t, 0, filter);
	default:
		return -EINVAL;
	}
}
