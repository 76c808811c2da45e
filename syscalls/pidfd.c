// SPDX-License-Identifier: GPL-2.0-or-later
/* Processes by descriptor, by comparison, by namespace: the host's, since guest processes are host processes.
 */
#include <sched.h>
#include <linux/kcmp.h>
#include "kernel/determin.h"
#include "kernel/fds.h"
#include "syscalls/handlers.h"
#include "syscalls/hostarg.h"
#include "syscalls/marshal.h"

#define SIGINFO_SIZE 128

SYSCALL(pidfd_open)
{
	return HOST(SYS_pidfd_open, a[0], a[1]);
}

SYSCALL(pidfd_send_signal)
{
	u8 info[SIGINFO_SIZE];

	if (a[2] && get_user(t->mm, info, a[2])) {
		/* The kernel looks at the flags, then the descriptor, then the structure. */
		s64 ret = HOST(SYS_pidfd_send_signal, a[0], 0, NULL, a[3]);

		return ret < 0 && ret != -EPERM ? ret : -EFAULT;
	}
	return det_send(t, SYS_pidfd_send_signal, a[0], a[1], a[2] ? (u64)(uintptr_t)info : 0, a[3]);
}

/* Descriptors above the floor are ulk's own in every process of ours; of others they are nobody's business.
 */
SYSCALL(pidfd_getfd)
{
	if (!fd_visible(t, a[1]))
		return HOST(SYS_pidfd_getfd, a[0], -1, a[2]);
	return fd_arrived(t, HOST(SYS_pidfd_getfd, a[0], a[1], a[2]));
}

SYSCALL(kcmp)
{
	int type = (int)a[2];
	u64 slot[4];

	if (type == KCMP_FILE && (!fd_visible(t, a[3]) || !fd_visible(t, a[4])))
		return HOST(SYS_kcmp, a[0], a[1], type, -1, -1);
	if (type == KCMP_EPOLL_TFD) {
		if (copy_from_user(t->mm, slot, a[4], 12))
			return -EFAULT;
		return HOST(SYS_kcmp, a[0], a[1], type, a[3], slot);
	}
	return HOST(SYS_kcmp, a[0], a[1], type, a[3], a[4]);
}

SYSCALL(unshare)
{
	s64 ret;

	/* Two tables of descriptors would each have a part of ulk's own, which all threads need. */
	if ((a[0] & CLONE_FILES) && t->signal->nr_threads > 1)
		return -ENOSYS;
	ret = HOST(SYS_unshare, a[0] & ~(u64)CLONE_FILES);
	/* Last, for it cannot be undone should the rest fail. */
	if (!ret && (a[0] & CLONE_FILES))
		ret = unshare_files(t);
	if (!ret && (a[0] & CLONE_NEWPID))
		t->ulk->usage_unnamed = true;
	return ret;
}

SYSCALL(setns)
{
	s64 ret = HOST(SYS_setns, a[0], a[1]);

	/* Which namespace it was is not always in the arguments. */
	if (!ret)
		t->ulk->usage_unnamed = true;
	return ret;
}

SYSCALL(ioprio_get)
{
	return HOST(SYS_ioprio_get, a[0], a[1]);
}

SYSCALL(ioprio_set)
{
	return HOST(SYS_ioprio_set, a[0], a[1], a[2]);
}

SYSCALL(vhangup)
{
	return HOST(SYS_vhangup);
}
