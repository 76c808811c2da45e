// SPDX-License-Identifier: GPL-2.0-or-later
/* open and close: from paths to descriptors and back. */
#include <linux/magic.h>
#include <linux/openat2.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/sysmacros.h>
#include "procfs/procfs.h"
#include "syscalls/handlers.h"
#include "syscalls/hostarg.h"

/* procfs is on no device; so fstatfs, costly on a disk's file system, is seldom asked. */
static bool on_procfs(s64 fd, const struct stat *st)
{
	struct statfs fs;

	if (major(st->st_dev))
		return false;
	return !HOST(SYS_fstatfs, fd, &fs) && fs.f_type == PROC_SUPER_MAGIC;
}

s64 fd_arrived(struct task_struct *t, s64 fd)
{
	s64 made = fd_made(t, fd);

	return made < 0 ? made : procfs_after_open(t, (int)made, (int)HOST(SYS_fcntl, made, F_GETFL) & O_PATH);
}

/* Open @path under the number of @fd. */
static s64 open_instead(s64 fd, const char *path, u64 flags)
{
	s64 other = HOST(SYS_openat, AT_FDCWD, path, flags);

	if (other < 0) {
		HOST(SYS_close, fd);
		return other;
	}
	HOST(SYS_dup3, other, fd, flags & O_CLOEXEC);
	HOST(SYS_close, other);
	return fd;
}

/*
 * What ulk owes to a freshly opened file: the guest's descriptor limit, the pages of a truncated file
 * that is mapped, ulk's own text for files of /proc about the process, and the guest's program where the
 * host opened its own. @path: NULL when there is none.
 */
static s64 opened(struct task_struct *t, s64 fd, u64 flags, int dirfd, const char *path)
{
	struct stat st;
	char exe[32];

	fd = fd_made(t, fd);
	if (fd < 0)
		return fd;
	if ((flags & O_TRUNC) && !(flags & O_PATH))
		file_truncated(t->ulk->phys, (int)fd);
	/* Nothing is ever created on procfs; any other path may lead there, through a symlink. */
	if ((flags & O_CREAT) || HOST(SYS_fstat, fd, &st))
		return fd;
	if (on_procfs(fd, &st) || (t->ulk->det && S_ISCHR(st.st_mode)))
		return procfs_after_open(t, (int)fd, (int)flags);
	if (path && path_meant_own_exe(t, dirfd, path, st.st_dev, st.st_ino, exe))
		return open_instead(fd, exe, flags);
	return fd;
}

static bool open_follows(u64 flags)
{
	return !(flags & O_NOFOLLOW) && (flags & (O_CREAT | O_EXCL)) != (O_CREAT | O_EXCL);
}

static bool opens_for_writing(u64 flags)
{
	return ((flags & O_ACCMODE) != O_RDONLY || (flags & O_TRUNC)) && !(flags & (O_PATH | O_DIRECTORY)) &&
	       (flags & (O_CREAT | O_EXCL)) != (O_CREAT | O_EXCL);
}

static s64 do_openat(struct task_struct *t, u64 dirfd, u64 path, u64 flags, u64 mode)
{
	struct host_path p;
	int err = path_get(t, &p, (int)dirfd, path, open_follows(flags));

	if (err)
		return err;
	if (opens_for_writing(flags) && names_running_program(t, (int)dirfd, p.host))
		return -ETXTBSY;
	return opened(t, HOST_AFTER_SIGNALS(t, SYS_openat, dirfd, p.host, flags, mode), flags, (int)dirfd,
		      p.host);
}

SYSCALL(open)
{
	return do_openat(t, (u64)(s64)AT_FDCWD, a[0], a[1], a[2]);
}

SYSCALL(openat)
{
	return do_openat(t, a[0], a[1], a[2], a[3]);
}

SYSCALL(creat)
{
	return do_openat(t, (u64)(s64)AT_FDCWD, a[0], O_CREAT | O_WRONLY | O_TRUNC, a[1]);
}

/* openat2(dirfd, path, how, size): how is extensible, so it goes to the host at the guest's length. */
SYSCALL(openat2)
{
	struct host_obj how;
	struct host_path p;
	u64 size = a[3], flags = 0;
	int err;
	s64 ret;

	if (size < sizeof(struct open_how))
		return -EINVAL;
	if (size > PAGE_SIZE)
		return -E2BIG;
	obj_get_copy(t, &how, a[2], size, false);
	if (how.copied)
		flags = ((struct open_how *)how.host)->flags;
	err = path_get(t, &p, (int)a[0], a[1], open_follows(flags));
	if (err)
		ret = err;
	else if (opens_for_writing(flags) && names_running_program(t, (int)a[0], p.host))
		ret = -ETXTBSY;
	else
		ret = opened(t, HOST_AFTER_SIGNALS(t, SYS_openat2, a[0], p.host, how.host, size), flags, (int)a[0],
			     p.host);
	obj_free(&how);
	return ret;
}

/*
 * Raw, not HOST_BLOCKING: close frees the descriptor even when it is interrupted, so it must never be
 * begun again.
 */
SYSCALL(close)
{
	if (unlikely(t->ulk->phys->locked))
		file_lock_dropped(t->ulk->phys, (int)a[0]);
	return HOST(SYS_close, a[0]);
}

/*
 * close_range(first, last, flags): piece by piece, around ulk's own. CLOSE_RANGE_UNSHARE would give this
 * host thread a table of its own, in which the files ulk opens later from other threads are missing.
 */
SYSCALL(close_range)
{
	u32 first = (u32)a[0], last = (u32)a[1];
	s64 ret = 0;
	int mine;

	if ((a[2] & CLOSE_RANGE_UNSHARE) && t->ulk->tasks && t->ulk->tasks->next)
		return -ENOSYS;
	if (first > INT_MAX || first > last)
		return HOST(SYS_close_range, first, last, a[2]);
	if ((u32)a[2] & ~(CLOSE_RANGE_UNSHARE | CLOSE_RANGE_CLOEXEC))
		return -EINVAL;
	if ((a[2] & CLOSE_RANGE_UNSHARE) && own_fds_shared(&t->ulk->phys->own))
		ret = unshare_files(t);
	for (; ret >= 0 && first <= last; first = (u32)mine + 1) {
		mine = fd_lowest_invisible(t, (int)first, (int)min_t(u32, last, INT_MAX - 1) + 1);
		if (mine < 0 || (u32)mine > first)
			ret = HOST(SYS_close_range, first, mine < 0 ? last : (u32)mine - 1, a[2]);
		if (mine < 0)
			break;
	}
	return ret;
}

SYSCALL(memfd_create)
{
	char name[256];

	return fd_made(t, HOST(SYS_memfd_create, string_get(t, name, sizeof(name), a[0]), a[1]));
}

SYSCALL(memfd_secret)
{
	return fd_made(t, HOST(SYS_memfd_secret, a[0]));
}

/* struct file_handle: a count, a type, and that many bytes. */
struct file_handle_head {
	u32 handle_bytes;
	s32 handle_type;
};

static size_t file_handle_size(struct task_struct *t, u64 addr)
{
	struct file_handle_head head;

	if (get_user(t->mm, head, addr) || head.handle_bytes > MAX_HANDLE_SZ)
		return sizeof(head);
	return sizeof(head) + head.handle_bytes;
}

/* name_to_handle_at(dirfd, path, handle, mount_id, flags) */
SYSCALL(name_to_handle_at)
{
	size_t id_size = a[4] & 1 /* AT_HANDLE_MNT_ID_UNIQUE */ ? 8 : 4;
	struct host_obj handle, id;
	struct host_path p;
	int err = path_get(t, &p, (int)a[0], a[1], a[4] & AT_SYMLINK_FOLLOW);
	s64 ret;

	if (err)
		return err;
	OBJ_OUT(t, &handle, a[2], file_handle_size(t, a[2]));
	OBJ_OUT(t, &id, a[3], id_size);
	ret = HOST(SYS_name_to_handle_at, a[0], p.host, handle.host, id.host, a[4]);
	/* With EOVERFLOW the size that is wanted was stored. */
	ret = obj_put(t, &handle, ret,
		      ret >= 0 ? handle.size : ret == -EOVERFLOW ? sizeof(struct file_handle_head) : 0);
	return obj_put(t, &id, ret, ret >= 0 || ret == -EOVERFLOW ? id_size : 0);
}

SYSCALL(open_by_handle_at)
{
	struct host_obj handle;
	s64 ret;

	obj_get_copy(t, &handle, a[1], file_handle_size(t, a[1]), false);
	ret = opened(t, HOST_AFTER_SIGNALS(t, SYS_open_by_handle_at, a[0], handle.host, a[2]), a[2], -1, NULL);
	obj_free(&handle);
	return ret;
}
