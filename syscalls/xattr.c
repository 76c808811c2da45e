// SPDX-License-Identifier: GPL-2.0-or-later
/* Extended attributes. */
#include <linux/limits.h>
#include <stdlib.h>
#include "syscalls/handlers.h"
#include "syscalls/hostarg.h"

/* One byte more than a name may have, so that an overlong one stays overlong (ERANGE). */
#define NAME_SIZE (XATTR_NAME_MAX + 2)

/* Who the attribute belongs to: a descriptor, or a path that is followed or not. */
enum xattr_target { BY_PATH, BY_LINK, BY_FD };

struct xattr_call {
	struct host_path path;
	u64 target;                  /* host pointer or descriptor */
	char name_buf[NAME_SIZE];
	const char *name;
};

static int xattr_begin(struct task_struct *t, struct xattr_call *c, enum xattr_target how, u64 target, u64 name)
{
	int err = 0;

	c->target = target;
	if (how != BY_FD) {
		err = path_get(t, &c->path, AT_FDCWD, target, how == BY_PATH);
		c->target = (u64)c->path.host;
	}
	c->name = string_get(t, c->name_buf, sizeof(c->name_buf), name);
	return err;
}

static s64 do_setxattr(struct task_struct *t, long nr, enum xattr_target how, const u64 *a)
{
	struct xattr_call c;
	struct host_obj value;
	int err = xattr_begin(t, &c, how, a[0], a[1]);
	s64 ret;

	if (err)
		return err;
	/* Too large a value is refused before it is looked at. */
	obj_get_copy(t, &value, a[2], min_t(u64, a[3], XATTR_SIZE_MAX), false);
	ret = HOST(nr, c.target, c.name, value.host, a[3], a[4]);
	obj_free(&value);
	return ret;
}

/* getxattr (with @name) and listxattr (a[1], a[2] are the buffer): fill a host buffer, then the guest's. */
static s64 fill(struct task_struct *t, long nr, const struct xattr_call *c, bool named, u64 buf, u64 size)
{
	u8 *host = NULL;
	s64 ret;

	size = min_t(u64, size, XATTR_SIZE_MAX);
	if (size) {
		host = malloc(size);
		if (!host)
			return -ENOMEM;
	}
	ret = named ? HOST(nr, c->target, c->name, host, size) : HOST(nr, c->target, host, size);
	if (ret > 0 && size && copy_to_user(t->mm, buf, host, ret))
		ret = -EFAULT;
	free(host);
	return ret;
}

static s64 do_getxattr(struct task_struct *t, long nr, enum xattr_target how, const u64 *a)
{
	struct xattr_call c;
	int err = xattr_begin(t, &c, how, a[0], a[1]);

	return err ? err : fill(t, nr, &c, true, a[2], a[3]);
}

static s64 do_listxattr(struct task_struct *t, long nr, enum xattr_target how, const u64 *a)
{
	struct xattr_call c;
	int err = xattr_begin(t, &c, how, a[0], 0);

	return err ? err : fill(t, nr, &c, false, a[1], a[2]);
}

static s64 do_removexattr(struct task_struct *t, long nr, enum xattr_target how, const u64 *a)
{
	struct xattr_call c;
	int err = xattr_begin(t, &c, how, a[0], a[1]);

	return err ? err : HOST(nr, c.target, c.name);
}

SYSCALL(setxattr)
{
	return do_setxattr(t, SYS_setxattr, BY_PATH, a);
}

SYSCALL(lsetxattr)
{
	return do_setxattr(t, SYS_lsetxattr, BY_LINK, a);
}

SYSCALL(fsetxattr)
{
	return do_setxattr(t, SYS_fsetxattr, BY_FD, a);
}

SYSCALL(getxattr)
{
	return do_getxattr(t, SYS_getxattr, BY_PATH, a);
}

SYSCALL(lgetxattr)
{
	return do_getxattr(t, SYS_lgetxattr, BY_LINK, a);
}

SYSCALL(fgetxattr)
{
	return do_getxattr(t, SYS_fgetxattr, BY_FD, a);
}

SYSCALL(listxattr)
{
	return do_listxattr(t, SYS_listxattr, BY_PATH, a);
}

SYSCALL(llistxattr)
{
	return do_listxattr(t, SYS_llistxattr, BY_LINK, a);
}

SYSCALL(flistxattr)
{
	return do_listxattr(t, SYS_flistxattr, BY_FD, a);
}

SYSCALL(removexattr)
{
	return do_removexattr(t, SYS_removexattr, BY_PATH, a);
}

SYSCALL(lremovexattr)
{
	return do_removexattr(t, SYS_lremovexattr, BY_LINK, a);
}

SYSCALL(fremovexattr)
{
	return do_removexattr(t, SYS_fremovexattr, BY_FD, a);
}

/* The *at forms (Linux 6.13): dirfd, path, at_flags, then name and args, or list and size. */

/* struct xattr_args: value, size, flags. */
struct xattr_args {
	u64 value;
	u32 size, flags;
};

static int xattrat_begin(struct task_struct *t, struct xattr_call *c, const u64 *a, u64 name)
{
	int err = path_get(t, &c->path, (int)a[0], a[1], !(a[2] & AT_SYMLINK_NOFOLLOW));

	c->name = string_get(t, c->name_buf, sizeof(c->name_buf), name);
	return err;
}

static int xattr_args_get(struct task_struct *t, struct xattr_args *args, u64 addr, u64 usize)
{
	if (usize < sizeof(*args))
		return -EINVAL;
	if (usize > PAGE_SIZE)
		return -E2BIG;
	if (copy_from_user(t->mm, args, addr, sizeof(*args)))
		return -EFAULT;
	for (u64 i = sizeof(*args); i < usize; i++) {
		u8 b;

		if (get_user(t->mm, b, addr + i))
			return -EFAULT;
		if (b)
			return -E2BIG;
	}
	return 0;
}

static s64 xattrat_value(struct task_struct *t, long nr, const u64 *a, bool get)
{
	struct xattr_call c;
	struct xattr_args args;
	struct host_obj value;
	int err = xattr_args_get(t, &args, a[4], a[5]);
	s64 ret;

	if (!err)
		err = xattrat_begin(t, &c, a, a[3]);
	if (err)
		return err;
	obj_get_copy(t, &value, args.value, min_t(u64, args.size, XATTR_SIZE_MAX), get);
	args.value = (u64)value.host;
	ret = HOST(nr, a[0], c.path.host, a[2], c.name, &args, sizeof(args));
	return obj_put(t, &value, ret, get && ret > 0 && args.size ? ret : 0);
}

SYSCALL(setxattrat)
{
	return xattrat_value(t, SYS_setxattrat, a, false);
}

SYSCALL(getxattrat)
{
	return xattrat_value(t, SYS_getxattrat, a, true);
}

SYSCALL(listxattrat)
{
	struct xattr_call c;
	struct host_obj list;
	int err = xattrat_begin(t, &c, a, 0);
	u64 size = min_t(u64, a[4], XATTR_LIST_MAX);
	s64 ret;

	if (err)
		return err;
	obj_get_copy(t, &list, a[3], size, true);
	ret = HOST(SYS_listxattrat, a[0], c.path.host, a[2], list.host, size);
	return obj_put(t, &list, ret, size && ret > 0 ? ret : 0);
}

SYSCALL(removexattrat)
{
	struct xattr_call c;
	int err = xattrat_begin(t, &c, a, a[3]);

	return err ? err : HOST(SYS_removexattrat, a[0], c.path.host, a[2], c.name);
}
