// SPDX-License-Identifier: GPL-2.0-or-later
/* Mounting and other work of an administrator: the host decides who may. */
#include <stdlib.h>
#include <string.h>
#include "syscalls/handlers.h"
#include "syscalls/hostarg.h"

/* mount(source, target, type, flags, data): data is a page of options. */
SYSCALL(mount)
{
	char source_buf[PATH_MAX], type_buf[256];
	const char *source = string_get(t, source_buf, sizeof(source_buf), a[0]);
	const char *type = string_get(t, type_buf, sizeof(type_buf), a[2]);
	struct host_path target;
	struct host_obj data;
	s64 ret;
	int err = path_get(t, &target, AT_FDCWD, a[1], true);

	if (err)
		return err;
	/* Options may end before their page does, at the end of a mapping. */
	obj_get_copy(t, &data, a[4], PAGE_SIZE, true);
	ret = HOST_WAIT(t, SYS_mount, source, target.host, type, a[3], data.host);
	obj_free(&data);
	return ret;
}

/* One path and flags. */
static s64 path_and_flags(struct task_struct *t, long nr, u64 path, u64 flags)
{
	struct host_path p;
	int err = path_get(t, &p, AT_FDCWD, path, true);

	return err ? err : HOST_WAIT(t, nr, p.host, flags);
}

SYSCALL(umount2)
{
	return path_and_flags(t, SYS_umount2, a[0], a[1]);
}

SYSCALL(swapon)
{
	return path_and_flags(t, SYS_swapon, a[0], a[1]);
}

SYSCALL(swapoff)
{
	return path_and_flags(t, SYS_swapoff, a[0], 0);
}

SYSCALL(acct)
{
	return path_and_flags(t, SYS_acct, a[0], 0);
}

SYSCALL(pivot_root)
{
	struct host_path new, old;
	int err = path_get(t, &new, AT_FDCWD, a[0], true);

	if (!err)
		err = path_get(t, &old, AT_FDCWD, a[1], true);
	return err ? err : HOST(SYS_pivot_root, new.host, old.host);
}

SYSCALL(open_tree)
{
	struct host_path p;
	int err = path_get(t, &p, (int)a[0], a[1], !(a[2] & AT_SYMLINK_NOFOLLOW));

	return err ? err : fd_made(t, HOST(SYS_open_tree, a[0], p.host, a[2]));
}

SYSCALL(move_mount)
{
	struct host_path from, to;
	int err = path_get(t, &from, (int)a[0], a[1], a[4] & 1 /* MOVE_MOUNT_F_SYMLINKS */);

	if (!err)
		err = path_get(t, &to, (int)a[2], a[3], a[4] & 0x10 /* MOVE_MOUNT_T_SYMLINKS */);
	return err ? err : HOST_WAIT(t, SYS_move_mount, a[0], from.host, a[2], to.host, a[4]);
}

SYSCALL(fsopen)
{
	char name[256];

	return fd_made(t, HOST(SYS_fsopen, string_get(t, name, sizeof(name), a[0]), a[1]));
}

SYSCALL(fsmount)
{
	return fd_made(t, HOST_WAIT(t, SYS_fsmount, a[0], a[1], a[2]));
}

SYSCALL(fspick)
{
	struct host_path p;
	int err = path_get(t, &p, (int)a[0], a[1], !(a[2] & 2 /* FSPICK_SYMLINK_NOFOLLOW */));

	return err ? err : fd_made(t, HOST(SYS_fspick, a[0], p.host, a[2]));
}

/* fsconfig(fd, cmd, key, value, aux): value is a string, bytes of length aux, a path, or nothing. */
SYSCALL(fsconfig)
{
	char key_buf[257];
	const char *key = string_get(t, key_buf, sizeof(key_buf), a[2]);
	struct host_path value;
	struct host_obj blob;
	s64 ret;
	int err;

	switch ((u32)a[1]) {
	case 2: /* FSCONFIG_SET_BINARY */
		if ((s32)a[4] <= 0 || a[4] > (1U << 20))
			return -EINVAL;
		obj_get_copy(t, &blob, a[3], (u32)a[4], false);
		ret = HOST(SYS_fsconfig, a[0], a[1], key, blob.host, a[4]);
		obj_free(&blob);
		return ret;
	case 1: /* FSCONFIG_SET_STRING */
	case 3: /* FSCONFIG_SET_PATH */
	case 4: /* FSCONFIG_SET_PATH_EMPTY */
		err = path_get(t, &value, (int)a[4], a[3], true);
		return err ? err : HOST(SYS_fsconfig, a[0], a[1], key, value.host, fd_host(t, a[4]));
	default:
		return HOST_WAIT(t, SYS_fsconfig, a[0], a[1], key, a[3] ? BAD_HOST_PTR : NULL,
				 fd_host(t, a[4]));
	}
}

/* struct mount_attr holds a descriptor (userns_fd) at byte 24. */
static void mount_attr_get(struct task_struct *t, struct host_obj *attr, u64 addr, u64 size)
{
	obj_get_copy(t, attr, addr, size, false);
	if (attr->copied && size >= 32) {
		u64 *userns_fd = (u64 *)attr->host + 3;

		if (!fd_visible(t, *userns_fd))
			*userns_fd = CLOSED_FD;
	}
}

/* (dirfd, path, flags, attr, size) */
static s64 path_and_attr(struct task_struct *t, long nr, const u64 *a)
{
	struct host_path p;
	struct host_obj attr;
	int err = path_get(t, &p, (int)a[0], a[1], !(a[2] & AT_SYMLINK_NOFOLLOW));
	s64 ret;

	if (err)
		return err;
	if (a[4] > PAGE_SIZE)
		return -E2BIG;
	mount_attr_get(t, &attr, a[3], a[4]);
	ret = HOST_WAIT(t, nr, a[0], p.host, a[2], attr.host, a[4]);
	obj_free(&attr);
	return ret;
}

SYSCALL(mount_setattr)
{
	return path_and_attr(t, SYS_mount_setattr, a);
}

/* open_tree_attr: open_tree and mount_setattr in one. */
SYSCALL(open_tree_attr)
{
	return fd_made(t, path_and_attr(t, SYS_open_tree_attr, a));
}

/* struct mnt_id_req is extensible; its second word may name a namespace by descriptor. */
static s64 mount_request(struct task_struct *t, struct host_obj *req, u64 addr)
{
	u32 size = 0;

	if (addr && get_user(t->mm, size, addr))
		return -EFAULT;
	if (size > PAGE_SIZE)
		return -E2BIG;
	obj_get_copy(t, req, addr, max_t(u32, size, 4), false);
	if (req->copied && size >= 8) {
		s32 *ns_fd = (s32 *)req->host + 1;

		*ns_fd = fd_host(t, (u64)*ns_fd);
	}
	return 0;
}

/* listmount(request, ids, count, flags) */
SYSCALL(listmount)
{
	struct host_obj req, ids;
	s64 ret;

	if (a[2] > 1000000)
		return -EOVERFLOW;
	ret = mount_request(t, &req, a[0]);
	if (ret)
		return ret;
	obj_get_copy(t, &ids, a[1], a[2] * 8, true);
	ret = HOST(SYS_listmount, req.host, ids.host, a[2], a[3]);
	obj_free(&req);
	return obj_put(t, &ids, ret, ret > 0 ? ret * 8 : 0);
}

/* Room for the strings of any mount. */
#define STATMOUNT_MAX (1UL << 20)

/* statmount(request, buffer, size, flags): the buffer's first word says how much was stored; strings are
 * offsets into it. */
SYSCALL(statmount)
{
	u64 room = min_t(u64, a[2], STATMOUNT_MAX);
	struct host_obj req, buf;
	s64 ret;

	ret = mount_request(t, &req, a[0]);
	if (ret)
		return ret;
	obj_get_copy(t, &buf, a[1], room, true);
	ret = HOST(SYS_statmount, req.host, buf.host, room, a[3]);
	obj_free(&req);
	return obj_put(t, &buf, ret, ret >= 0 ? min_t(u64, *(u32 *)buf.host, room) : 0);
}

/* Size and direction of a quotactl command's structure (cmd >> 8, linux/quota.h). */
static size_t quota_size(u32 cmd, bool *out)
{
	u32 sub = cmd >> 8;

	*out = sub == 0x800004 || sub == 0x800005 || sub == 0x800007 || sub == 0x800009;
	switch (sub) {
	case 0x800004: /* Q_GETFMT */
		return 4;
	case 0x800005: /* Q_GETINFO */
	case 0x800006: /* Q_SETINFO */
		return 24;
	case 0x800007: /* Q_GETQUOTA */
	case 0x800008: /* Q_SETQUOTA */
		return 72;
	case 0x800009: /* Q_GETNEXTQUOTA */
		return 80;
	default:
		return 0;
	}
}

#define Q_QUOTAON_CMD 0x800002

/* The commands of XFS, beyond these, are not known here; with nothing to point at they fail. */
static s64 do_quotactl(struct task_struct *t, long nr, u64 cmd, u64 target, u64 id, u64 addr)
{
	bool by_fd = nr == SYS_quotactl_fd, out;
	size_t size = quota_size((u32)cmd, &out);
	struct host_path file;
	struct host_obj obj;
	s64 ret;

	if ((u32)cmd >> 8 == Q_QUOTAON_CMD) {
		int err = path_get(t, &file, AT_FDCWD, addr, true);

		if (err)
			return err;
		return by_fd ? HOST(nr, target, cmd, id, file.host) : HOST(nr, cmd, target, id, file.host);
	}
	if (size)
		obj_get_copy(t, &obj, addr, size, out);
	else
		obj_get_copy(t, &obj, 0, 0, false);
	if (!size && addr)
		obj.host = BAD_HOST_PTR;
	ret = by_fd ? HOST(nr, target, cmd, id, obj.host) : HOST(nr, cmd, target, id, obj.host);
	return obj_put(t, &obj, ret, out && ret >= 0 ? size : 0);
}

/* quotactl(cmd, special, id, addr) */
SYSCALL(quotactl)
{
	struct host_path special;
	int err = path_get(t, &special, AT_FDCWD, a[1], true);

	return err ? err : do_quotactl(t, SYS_quotactl, a[0], (u64)special.host, a[2], a[3]);
}

/* quotactl_fd(fd, cmd, id, addr) */
SYSCALL(quotactl_fd)
{
	return do_quotactl(t, SYS_quotactl_fd, a[1], a[0], a[2], a[3]);
}

/* sysfs(1, name) -> index, sysfs(2, index, buf), sysfs(3) -> count of file-system types. */
SYSCALL(sysfs)
{
	char name[PATH_MAX];
	s64 ret;

	switch ((s32)a[0]) {
	case 1:
		return HOST(SYS_sysfs, 1, string_get(t, name, sizeof(name), a[1]));
	case 2:
		ret = HOST(SYS_sysfs, 2, a[1], name);
		if (!ret && copy_to_user(t->mm, a[2], name, strlen(name) + 1))
			ret = -EFAULT;
		return ret;
	default:
		return HOST(SYS_sysfs, a[0]);
	}
}
