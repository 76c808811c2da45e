// SPDX-License-Identifier: GPL-2.0-or-later
/* fcntl: each command says what its argument is. */
#include <sys/stat.h>
#include "mm/window.h"
#include "syscalls/handlers.h"
#include "syscalls/hostarg.h"

/* Commands the headers of Debian 12 do not know. */
#ifndef F_DUPFD_QUERY
#define F_DUPFD_QUERY 1027
#endif
#ifndef F_CREATED_QUERY
#define F_CREATED_QUERY 1028
#endif
#define F_GETOWNER_UIDS 17

/* fcntl(F_DUPFD): the lowest free descriptor from @min on, within the guest's limit. */
static s64 dup_from(struct task_struct *t, const u64 *a)
{
	if ((u32)a[2] >= fd_limit(t)) {
		/* The host checks the descriptor first. */
		s64 ret = HOST(SYS_fcntl, a[0], F_GETFD);

		return ret < 0 ? ret : -EINVAL;
	}
	return fd_made_from(t, HOST(SYS_fcntl, a[0], a[1], a[2]), (int)a[2]);
}

static s64 with_object(struct task_struct *t, const u64 *a, size_t size, bool out)
{
	struct host_obj obj;
	s64 ret;

	if (out)
		obj_get_inout(t, &obj, a[2], size);
	else
		OBJ_IN(t, &obj, a[2], size);
	ret = HOST(SYS_fcntl, a[0], a[1], obj.host);
	return obj_put(t, &obj, ret, out && ret >= 0 ? size : 0);
}

/* F_SETLK, F_SETLKW and their OFD forms. */
static s64 set_lock(struct task_struct *t, const u64 *a, bool posix, bool wait)
{
	struct host_obj lock;
	bool taken;
	s64 ret;

	obj_get_copy(t, &lock, a[2], sizeof(struct flock), false);
	taken = posix && lock.copied && ((struct flock *)lock.host)->l_type != F_UNLCK;
	/* Noted first: were there no memory to note it, the lock could get lost unseen. */
	if (taken) {
		ret = file_lock_taken(t->ulk->phys, (int)a[0]);
		if (ret == -ENOMEM)
			return -ENOLCK;
	}
	if (wait)
		return HOST_AFTER_SIGNALS(t, SYS_fcntl, a[0], a[1], lock.host);
	return HOST(SYS_fcntl, a[0], a[1], lock.host);
}

SYSCALL(fcntl)
{
	switch ((u32)a[1]) {
	case F_DUPFD:
	case F_DUPFD_CLOEXEC:
		return dup_from(t, a);
	case F_DUPFD_QUERY:
		return HOST(SYS_fcntl, a[0], a[1], fd_host(t, a[2]));
	case F_GETLK:
	case F_OFD_GETLK:
		return with_object(t, a, sizeof(struct flock), true);
	case F_SETLK:
		return set_lock(t, a, true, false);
	case F_OFD_SETLK:
		return set_lock(t, a, false, false);
	case F_SETLKW:
		return set_lock(t, a, true, true);
	case F_OFD_SETLKW:
		return set_lock(t, a, false, true);
	case F_GETOWN_EX:
		return with_object(t, a, sizeof(struct f_owner_ex), true);
	case F_SETOWN_EX:
		return with_object(t, a, sizeof(struct f_owner_ex), false);
	case F_GETOWNER_UIDS:
		return with_object(t, a, 2 * sizeof(u32), true);
	case F_GET_RW_HINT:
	case F_GET_FILE_RW_HINT:
		return with_object(t, a, sizeof(u64), true);
	case F_SET_RW_HINT:
	case F_SET_FILE_RW_HINT:
		return with_object(t, a, sizeof(u64), false);
	case F_GETFD:
	case F_SETFD:
	case F_GETFL:
	case F_SETFL:
	case F_GETOWN:
	case F_SETOWN:
	case F_GETSIG:
	case F_SETSIG:
	case F_SETLEASE:
	case F_GETLEASE:
	case F_NOTIFY:
	case F_CREATED_QUERY:
	case F_SETPIPE_SZ:
	case F_GETPIPE_SZ:
	case F_GET_SEALS:
	case F_ADD_SEALS:
		return HOST(SYS_fcntl, a[0], a[1], a[2]);
	default:
		/* Unknown to us: without its argument, lest the host take it for an address of ulk's. */
		return HOST(SYS_fcntl, a[0], a[1], BAD_HOST_PTR);
	}
}
