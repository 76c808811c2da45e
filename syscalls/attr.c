// SPDX-License-Identifier: GPL-2.0-or-later
/* Changing what stat shows: modes, owners, times. */
#include <sys/time.h>
#include <utime.h>
#include "syscalls/handlers.h"
#include "syscalls/hostarg.h"

#define CWD ((u64)(s64)AT_FDCWD)

static s64 do_fchmodat(struct task_struct *t, u64 dirfd, u64 path, u64 mode)
{
	struct host_path p;
	int err = path_get(t, &p, (int)dirfd, path, true);

	return err ? err : HOST(SYS_fchmodat, dirfd, p.host, mode);
}

SYSCALL(chmod)
{
	return do_fchmodat(t, CWD, a[0], a[1]);
}

SYSCALL(fchmod)
{
	return HOST(SYS_fchmod, a[0], a[1]);
}

SYSCALL(fchmodat)
{
	return do_fchmodat(t, a[0], a[1], a[2]);
}

SYSCALL(fchmodat2)
{
	struct host_path p;
	int err = path_get(t, &p, (int)a[0], a[1], !(a[3] & AT_SYMLINK_NOFOLLOW));

	return err ? err : HOST(SYS_fchmodat2, a[0], p.host, a[2], a[3]);
}

static s64 do_fchownat(struct task_struct *t, u64 dirfd, u64 path, u64 uid, u64 gid, u64 flags)
{
	struct host_path p;
	int err = path_get(t, &p, (int)dirfd, path, !(flags & AT_SYMLINK_NOFOLLOW));

	return err ? err : HOST(SYS_fchownat, dirfd, p.host, uid, gid, flags);
}

SYSCALL(chown)
{
	return do_fchownat(t, CWD, a[0], a[1], a[2], 0);
}

SYSCALL(lchown)
{
	return do_fchownat(t, CWD, a[0], a[1], a[2], AT_SYMLINK_NOFOLLOW);
}

SYSCALL(fchown)
{
	return HOST(SYS_fchown, a[0], a[1], a[2]);
}

SYSCALL(fchownat)
{
	return do_fchownat(t, a[0], a[1], a[2], a[3], a[4]);
}

SYSCALL(umask)
{
	return HOST(SYS_umask, a[0]);
}

/* The four calls that set times differ in the form of the times only: @size bytes in. */
static s64 set_times(struct task_struct *t, long nr, u64 dirfd, u64 path, u64 times, size_t size, u64 flags)
{
	struct host_path p;
	struct host_obj in;
	int err = path_get(t, &p, (int)dirfd, path, !(flags & AT_SYMLINK_NOFOLLOW));
	s64 ret;

	if (err)
		return err;
	OBJ_IN(t, &in, times, size);
	if (nr == SYS_utime || nr == SYS_utimes)
		ret = HOST(nr, p.host, in.host);
	else
		ret = HOST(nr, dirfd, p.host, in.host, flags);
	obj_free(&in);
	return ret;
}

SYSCALL(utime)
{
	return set_times(t, SYS_utime, CWD, a[0], a[1], sizeof(struct utimbuf), 0);
}

SYSCALL(utimes)
{
	return set_times(t, SYS_utimes, CWD, a[0], a[1], 2 * sizeof(struct timeval), 0);
}

SYSCALL(futimesat)
{
	return set_times(t, SYS_futimesat, a[0], a[1], a[2], 2 * sizeof(struct timeval), 0);
}

SYSCALL(utimensat)
{
	return set_times(t, SYS_utimensat, a[0], a[1], a[2], 2 * sizeof(struct timespec), a[3]);
}
