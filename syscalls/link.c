// SPDX-License-Identifier: GPL-2.0-or-later
/* Names of files: link, unlink, rename, symlink, readlink, mknod. */
#include "procfs/procfs.h"
#include "syscalls/handlers.h"
#include "syscalls/hostarg.h"

#define CWD ((u64)(s64)AT_FDCWD)

/* Two paths, each relative to its directory. */
static s64 two_paths(struct task_struct *t, long nr, u64 olddir, u64 old, u64 newdir, u64 new, u64 flags,
		     bool follow_old)
{
	struct host_path from, to;
	int err = path_get(t, &from, (int)olddir, old, follow_old);

	if (!err)
		err = path_get(t, &to, (int)newdir, new, false);
	return err ? err : HOST(nr, olddir, from.host, newdir, to.host, flags);
}

SYSCALL(rename)
{
	return two_paths(t, SYS_renameat2, CWD, a[0], CWD, a[1], 0, false);
}

SYSCALL(renameat)
{
	return two_paths(t, SYS_renameat2, a[0], a[1], a[2], a[3], 0, false);
}

SYSCALL(renameat2)
{
	return two_paths(t, SYS_renameat2, a[0], a[1], a[2], a[3], a[4], false);
}

SYSCALL(link)
{
	return two_paths(t, SYS_linkat, CWD, a[0], CWD, a[1], 0, false);
}

SYSCALL(linkat)
{
	return two_paths(t, SYS_linkat, a[0], a[1], a[2], a[3], a[4], a[4] & AT_SYMLINK_FOLLOW);
}

static s64 do_unlinkat(struct task_struct *t, u64 dirfd, u64 path, u64 flags)
{
	struct host_path p;
	int err = path_get(t, &p, (int)dirfd, path, false);

	return err ? err : HOST(SYS_unlinkat, dirfd, p.host, flags);
}

SYSCALL(unlink)
{
	return do_unlinkat(t, CWD, a[0], 0);
}

SYSCALL(unlinkat)
{
	return do_unlinkat(t, a[0], a[1], a[2]);
}

/* The target is text, not a path of anything yet: it is copied without being rewritten. */
static s64 do_symlinkat(struct task_struct *t, u64 target, u64 dirfd, u64 path)
{
	char text[PATH_MAX + 1];
	const char *host = string_get(t, text, sizeof(text), target);
	struct host_path p;
	int err = path_get(t, &p, (int)dirfd, path, false);

	return err ? err : HOST(SYS_symlinkat, host, dirfd, p.host);
}

SYSCALL(symlink)
{
	return do_symlinkat(t, a[0], CWD, a[1]);
}

SYSCALL(symlinkat)
{
	return do_symlinkat(t, a[0], a[1], a[2]);
}

static s64 do_readlinkat(struct task_struct *t, u64 dirfd, u64 path, u64 buf, u64 size)
{
	char text[PATH_MAX];
	struct host_path p;
	int err = path_get(t, &p, (int)dirfd, path, false);
	s64 n = -ENOENT;

	if (err)
		return err;
	if ((s32)size <= 0)
		return -EINVAL;
	size = min_t(u64, (u32)size, sizeof(text));
	if (p.host == p.buf)
		n = procfs_readlink(t, (int)dirfd, p.buf, text, size);
	if (n == -ENOENT)
		n = HOST(SYS_readlinkat, dirfd, p.host, text, size);
	if (n > 0 && copy_to_user(t->mm, buf, text, n))
		return -EFAULT;
	return n;
}

SYSCALL(readlink)
{
	return do_readlinkat(t, CWD, a[0], a[1], a[2]);
}

SYSCALL(readlinkat)
{
	return do_readlinkat(t, a[0], a[1], a[2], a[3]);
}

static s64 do_mknodat(struct task_struct *t, u64 dirfd, u64 path, u64 mode, u64 dev)
{
	struct host_path p;
	int err = path_get(t, &p, (int)dirfd, path, false);

	return err ? err : HOST(SYS_mknodat, dirfd, p.host, mode, dev);
}

SYSCALL(mknod)
{
	return do_mknodat(t, CWD, a[0], a[1], a[2]);
}

SYSCALL(mknodat)
{
	return do_mknodat(t, a[0], a[1], a[2], a[3]);
}
