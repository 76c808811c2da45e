// SPDX-License-Identifier: GPL-2.0-or-later
/* truncate and its kin: calls that change a file's size or its holes. */
#include <linux/falloc.h>
#include <sys/stat.h>
#include "syscalls/handlers.h"
#include "syscalls/hostarg.h"
#include "mm/window.h"

static void fd_truncated(struct task_struct *t, s64 fd, u64 size)
{
	struct stat st;

	if (!HOST(SYS_fstat, fd, &st))
		inode_truncated(t->ulk->phys, &st, size);
}

static void path_truncated(struct task_struct *t, const char *path, u64 size)
{
	struct stat st;

	if (!HOST(SYS_stat, path, &st))
		inode_truncated(t->ulk->phys, &st, size);
}

SYSCALL(truncate)
{
	struct host_path p;
	int err = path_get(t, &p, AT_FDCWD, a[0], true);
	s64 ret;

	if (err)
		return err;
	if ((s64)a[1] >= 0 && names_running_program(t, AT_FDCWD, p.host))
		return -ETXTBSY;
	ret = HOST_WAIT(t, SYS_truncate, p.host, a[1]);
	if (!ret)
		path_truncated(t, p.host, a[1]);
	return ret;
}

SYSCALL(ftruncate)
{
	s64 ret = HOST_WAIT(t, SYS_ftruncate, a[0], a[1]);

	if (!ret)
		file_truncated(t->ulk->phys, (int)a[0]);
	return ret;
}

/* fallocate(fd, mode, offset, len) */
SYSCALL(fallocate)
{
	s64 ret = HOST_AFTER_SIGNALS(t, SYS_fallocate, a[0], a[1], a[2], a[3]);

	if (!ret && (a[1] & (FALLOC_FL_COLLAPSE_RANGE | FALLOC_FL_INSERT_RANGE)))
		fd_truncated(t, a[0], a[2]);
	else if (!ret && (a[1] & (FALLOC_FL_PUNCH_HOLE | FALLOC_FL_ZERO_RANGE)))
		file_punched(t->ulk->phys, (int)a[0], a[2], a[3]);
	return ret;
}
