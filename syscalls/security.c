// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Landlock and the attributes that security modules keep for a process: the host's, which bind ulk together
 * with its guest. That is what is wanted: all that the guest does to files, ulk does. (What ulk itself still
 * needs, the program of an execve, must be readable under the guest's own rules; see docs/limits.md.)
 */
#include "syscalls/handlers.h"
#include "syscalls/hostarg.h"

#define RULE_PATH_BENEATH 1
#define RULE_NET_PORT	  2
#define LSM_CTX_MAX	  (64U << 10)

/* landlock_create_ruleset(attr, size, flags): the attributes are extensible and flat. */
SYSCALL(landlock_create_ruleset)
{
	struct host_obj attr;
	s64 ret;

	obj_get_copy(t, &attr, a[0], min_t(u64, a[1], PAGE_SIZE), false);
	ret = HOST(SYS_landlock_create_ruleset, attr.host, a[1], a[2]);
	obj_free(&attr);
	/* With flags the result is a version, no descriptor. */
	return a[2] ? ret : fd_made(t, ret);
}

/* landlock_add_rule(fd, type, rule, flags) */
SYSCALL(landlock_add_rule)
{
	struct { u64 allowed_access; s32 parent_fd; } __attribute__((packed)) beneath;
	struct { u64 allowed_access, port; } net;
	const void *rule = BAD_HOST_PTR;

	switch ((u32)a[1]) {
	case RULE_PATH_BENEATH:
		if (get_user(t->mm, beneath, a[2]))
			break;
		beneath.parent_fd = fd_host(t, (u64)beneath.parent_fd);
		rule = &beneath;
		break;
	case RULE_NET_PORT:
		if (!get_user(t->mm, net, a[2]))
			rule = &net;
		break;
	}
	return HOST(SYS_landlock_add_rule, a[0], a[1], rule, a[3]);
}

SYSCALL(landlock_restrict_self)
{
	return HOST(SYS_landlock_restrict_self, a[0], a[1]);
}

/* lsm_get_self_attr(attr, ctx, size in/out, flags): a list of records; the size is stored in any case. */
SYSCALL(lsm_get_self_attr)
{
	struct host_obj ctx;
	u32 size, room;
	s64 ret;

	if (get_user(t->mm, size, a[2]))
		return HOST(SYS_lsm_get_self_attr, a[0], a[1] ? BAD_HOST_PTR : NULL, a[2] ? BAD_HOST_PTR : NULL, a[3]);
	size = room = min_t(u32, size, LSM_CTX_MAX);
	obj_get_copy(t, &ctx, a[1], size, true);
	ret = HOST(SYS_lsm_get_self_attr, a[0], ctx.host, &size, a[3]);
	ret = obj_put(t, &ctx, ret, ret > 0 ? min_t(u32, size, room) : 0);
	if (size != room && put_user(t->mm, size, a[2]))
		return -EFAULT;
	return ret;
}

SYSCALL(lsm_set_self_attr)
{
	struct host_obj ctx;
	s64 ret;

	obj_get_copy(t, &ctx, a[1], min_t(u32, (u32)a[2], PAGE_SIZE), false);
	ret = HOST(SYS_lsm_set_self_attr, a[0], ctx.host, a[2], a[3]);
	obj_free(&ctx);
	return ret;
}

/* lsm_list_modules(ids, size in/out, flags) */
SYSCALL(lsm_list_modules)
{
	struct host_obj ids, size;
	u32 room = 0;
	s64 ret;

	(void)get_user(t->mm, room, a[1]);
	obj_get_inout(t, &size, a[1], sizeof(u32));
	obj_get_copy(t, &ids, a[0], min_t(u32, room, PAGE_SIZE), true);
	ret = HOST(SYS_lsm_list_modules, ids.host, size.host, a[2]);
	ret = obj_put(t, &ids, ret, ret > 0 ? (size_t)ret * sizeof(u64) : 0);
	return obj_put(t, &size, ret, ret >= 0 || ret == -E2BIG ? sizeof(u32) : 0);
}
