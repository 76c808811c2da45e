// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Paths of the guest. The guest's file system is the host's, with one exception: names below /proc that
 * would speak of ulk are rewritten by procfs.
 */
#include <linux/openat2.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include "procfs/procfs.h"
#include "syscalls/hostarg.h"

int path_get(struct task_struct *t, struct host_path *path, int dirfd, u64 addr, bool follow)
{
	s64 n;

	path->host = NULL;
	if (!addr)
		return 0;
	n = strncpy_from_user(t->mm, path->buf, addr, PATH_MAX);
	if (unlikely(n < 0)) {
		path->host = BAD_HOST_PTR;
		return 0;
	}
	path->host = path->buf;
	if (unlikely(n >= PATH_MAX)) {
		/* Too long whatever follows: the host says ENAMETOOLONG when it gets there. */
		memset(path->buf + PATH_MAX - 1, 'x', 2);
		path->buf[PATH_MAX + 1] = '\0';
		return 0;
	}
	return n ? procfs_rewrite_path(t, dirfd, path->buf, follow) : 0;
}

bool names_running_program(struct task_struct *t, int dirfd, const char *path)
{
	const struct file *exe = t->mm->exe_file;
	struct stat st;

	if (!exe || HOST(SYS_newfstatat, dirfd, path, &st, 0))
		return false;
	/* Who may not write at all is told so first. */
	return st.st_ino == exe->ino && st.st_dev == exe->dev &&
	       !HOST(SYS_faccessat2, dirfd, path, 2 /* W_OK */, AT_EACCESS);
}

bool path_meant_own_exe(struct task_struct *t, int dirfd, const char *path, dev_t dev, ino_t ino, char *name)
{
	struct open_how how = { .flags = O_PATH | O_CLOEXEC, .resolve = RESOLVE_NO_MAGICLINKS };
	s64 fd;

	if (likely(ino != t->ulk->self_ino || dev != t->ulk->self_dev) || !t->mm->exe_file)
		return false;
	/* By another way than such a link it is a file like any other. */
	fd = HOST(SYS_openat2, dirfd, path, &how, sizeof(how));
	if (fd >= 0)
		HOST(SYS_close, fd);
	if (fd != -ELOOP)
		return false;
	snprintf(name, 32, "/proc/self/fd/%d", t->mm->exe_file->fd);
	return true;
}

int user_path_at(struct task_struct *t, u64 dirfd, u64 uaddr, char *buf)
{
	s64 n = strncpy_from_user(t->mm, buf, uaddr, PATH_MAX);

	if (n < 0)
		return (int)n;
	if (n >= PATH_MAX)
		return -ENAMETOOLONG;
	return procfs_rewrite_path(t, (int)dirfd, buf, true);
}

int user_path(struct task_struct *t, u64 uaddr, char *buf)
{
	return user_path_at(t, (u64)(s64)AT_FDCWD, uaddr, buf);
}
