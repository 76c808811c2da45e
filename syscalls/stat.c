// SPDX-License-Identifier: GPL-2.0-or-later
/* stat and its kin: what is known of a file, asked by path or by descriptor. */
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include "procfs/procfs.h"
#include "syscalls/handlers.h"
#include "syscalls/hostarg.h"

#define STATX_BYTES 256
#define STATFS_BYTES 120
#define USTAT_BYTES 32

/* ulk's own descriptors are not counted in the size of /proc/self/fd. @buf is aligned as the guest likes. */
static s64 hide_fds(struct task_struct *t, int dirfd, const char *path, void *buf, s64 ret)
{
	struct stat st;
	u64 hidden;

	if (ret)
		return ret;
	memcpy(&st, buf, sizeof(st));
	hidden = procfs_hidden_fds(t, dirfd, path, &st);
	if (unlikely(hidden)) {
		st.st_size -= (s64)hidden;
		memcpy(buf, &st, sizeof(st));
	}
	return ret;
}

static s64 stat_path(struct task_struct *t, long nr, u64 path, u64 buf, size_t size, bool follow)
{
	struct host_path p;
	struct host_obj out;
	int err = path_get(t, &p, AT_FDCWD, path, follow);
	s64 ret;

	if (err)
		return err;
	OBJ_OUT(t, &out, buf, size);
	ret = HOST(nr, p.host, out.host);
	if (nr == SYS_lstat)
		ret = hide_fds(t, AT_FDCWD, p.host, out.host, ret);
	return obj_put(t, &out, ret, ret ? 0 : size);
}

/* The host's own program was asked about where the guest's was meant: ask again. @buf is aligned as the guest likes. */
static s64 stat_again(struct task_struct *t, int dirfd, const char *path, void *buf, s64 ret)
{
	struct stat st;
	char exe[32];

	if (ret)
		return ret;
	memcpy(&st, buf, sizeof(st));
	if (path_meant_own_exe(t, dirfd, path, st.st_dev, st.st_ino, exe))
		ret = HOST(SYS_stat, exe, buf);
	return ret;
}

static s64 stat_fd(struct task_struct *t, long nr, u64 fd, u64 buf, size_t size)
{
	struct host_obj out;
	s64 ret;

	OBJ_OUT(t, &out, buf, size);
	ret = HOST(nr, fd, out.host);
	if (nr == SYS_fstat)
		ret = hide_fds(t, (int)fd, NULL, out.host, ret);
	return obj_put(t, &out, ret, ret ? 0 : size);
}

SYSCALL(stat)
{
	struct host_path p;
	struct host_obj out;
	int err = path_get(t, &p, AT_FDCWD, a[0], true);
	s64 ret;

	if (err)
		return err;
	OBJ_OUT(t, &out, a[1], sizeof(struct stat));
	ret = stat_again(t, AT_FDCWD, p.host, out.host, HOST(SYS_stat, p.host, out.host));
	ret = hide_fds(t, AT_FDCWD, p.host, out.host, ret);
	return obj_put(t, &out, ret, ret ? 0 : sizeof(struct stat));
}

SYSCALL(lstat)
{
	return stat_path(t, SYS_lstat, a[0], a[1], sizeof(struct stat), false);
}

SYSCALL(fstat)
{
	return stat_fd(t, SYS_fstat, a[0], a[1], sizeof(struct stat));
}

SYSCALL(statfs)
{
	return stat_path(t, SYS_statfs, a[0], a[1], STATFS_BYTES, true);
}

SYSCALL(fstatfs)
{
	return stat_fd(t, SYS_fstatfs, a[0], a[1], STATFS_BYTES);
}

SYSCALL(ustat)
{
	return stat_fd(t, SYS_ustat, a[0], a[1], USTAT_BYTES);
}

/* newfstatat(dirfd, path, statbuf, flags) */
SYSCALL(newfstatat)
{
	struct host_path p;
	struct host_obj out;
	int err = path_get(t, &p, (int)a[0], a[1], !(a[3] & AT_SYMLINK_NOFOLLOW));
	s64 ret;

	if (err)
		return err;
	OBJ_OUT(t, &out, a[2], sizeof(struct stat));
	ret = HOST(SYS_newfstatat, a[0], p.host, out.host, a[3]);
	if (p.host && !(a[3] & (AT_SYMLINK_NOFOLLOW | AT_EMPTY_PATH)))
		ret = stat_again(t, (int)a[0], p.host, out.host, ret);
	/* Only of a path that the host took is it known that it can be read. */
	if (!ret && p.host)
		ret = hide_fds(t, (int)a[0], *p.host || !(a[3] & AT_EMPTY_PATH) ? p.host : NULL, out.host, ret);
	return obj_put(t, &out, ret, ret ? 0 : sizeof(struct stat));
}

/* statx(dirfd, path, flags, mask, statxbuf) */
SYSCALL(statx)
{
	struct host_path p;
	struct host_obj out;
	int err = path_get(t, &p, (int)a[0], a[1], !(a[2] & AT_SYMLINK_NOFOLLOW));
	s64 ret;

	if (err)
		return err;
	OBJ_OUT(t, &out, a[4], STATX_BYTES);
	ret = HOST(SYS_statx, a[0], p.host, a[2], a[3], out.host);
	if (!ret && p.host && !(a[2] & (AT_SYMLINK_NOFOLLOW | AT_EMPTY_PATH))) {
		struct statx sx;
		char exe[32];

		memcpy(&sx, out.host, sizeof(sx));
		if (path_meant_own_exe(t, (int)a[0], p.host, makedev(sx.stx_dev_major, sx.stx_dev_minor),
				       sx.stx_ino, exe))
			ret = HOST(SYS_statx, AT_FDCWD, exe, a[2], a[3], out.host);
	}
	return obj_put(t, &out, ret, ret ? 0 : STATX_BYTES);
}

static s64 do_access(struct task_struct *t, long nr, u64 dirfd, u64 path, u64 mode, u64 flags)
{
	struct host_path p;
	int err = path_get(t, &p, (int)dirfd, path, !(flags & AT_SYMLINK_NOFOLLOW));

	return err ? err : HOST(nr, dirfd, p.host, mode, flags);
}

SYSCALL(access)
{
	return do_access(t, SYS_faccessat, (u64)(s64)AT_FDCWD, a[0], a[1], 0);
}

SYSCALL(faccessat)
{
	return do_access(t, SYS_faccessat, a[0], a[1], a[2], 0);
}

SYSCALL(faccessat2)
{
	return do_access(t, SYS_faccessat2, a[0], a[1], a[2], a[3]);
}

/* cachestat(fd, range, cstat, flags): 16 bytes in, 40 out. */
SYSCALL(cachestat)
{
	struct host_obj range, out;
	s64 ret;

	OBJ_IN(t, &range, a[1], 16);
	OBJ_OUT(t, &out, a[2], 40);
	ret = HOST(SYS_cachestat, a[0], range.host, out.host, a[3]);
	obj_free(&range);
	return obj_put(t, &out, ret, ret ? 0 : 40);
}

/* file_getattr(dirfd, path, attr, size, flags) and file_setattr: an extensible structure. */
static s64 file_attr(struct task_struct *t, long nr, const u64 *a, bool out)
{
	struct host_path p;
	struct host_obj attr;
	u64 size = min_t(u64, a[3], PAGE_SIZE + 1);
	int err = path_get(t, &p, (int)a[0], a[1], !(a[4] & AT_SYMLINK_NOFOLLOW));
	s64 ret;

	if (err)
		return err;
	obj_get_copy(t, &attr, a[2], min_t(u64, size, PAGE_SIZE), out);
	ret = HOST(nr, a[0], p.host, attr.host, size, a[4]);
	return obj_put(t, &attr, ret, out && !ret ? attr.size : 0);
}

SYSCALL(file_getattr)
{
	return file_attr(t, SYS_file_getattr, a, true);
}

SYSCALL(file_setattr)
{
	return file_attr(t, SYS_file_setattr, a, false);
}
