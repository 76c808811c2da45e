// SPDX-License-Identifier: GPL-2.0-or-later
/* System calls handed to the program itself: see user_dispatch.h. */
#include <errno.h>
#include "kernel/seccomp.h"
#include "kernel/signal.h"
#include "kernel/user_dispatch.h"

enum { DISPATCH_OFF, DISPATCH_EXCLUSIVE_ON, DISPATCH_INCLUSIVE_ON };
enum { FILTER_ALLOW, FILTER_BLOCK };
#define SYS_USER_DISPATCH_CODE 2

s64 user_dispatch_set(struct task_struct *t, u64 mode, u64 offset, u64 len, u64 selector)
{
	switch (mode) {
	case DISPATCH_OFF:
		if (offset || len || selector)
			return -EINVAL;
		break;
	case DISPATCH_EXCLUSIVE_ON:
		if (offset && offset + len <= offset)
			return -EINVAL;
		break;
	case DISPATCH_INCLUSIVE_ON:
		if (!len || offset + len <= offset)
			return -EINVAL;
		/* All but the range: a range that begins at its end and goes round. */
		offset += len;
		len = -len;
		break;
	default:
		return -EINVAL;
	}
	if (selector && !access_ok(selector, 1))
		return -EFAULT;
	t->dispatch.offset = offset;
	t->dispatch.len = len;
	t->dispatch.selector = selector;
	t->dispatch.on = mode != DISPATCH_OFF;
	return 0;
}

bool user_dispatch_allows(struct task_struct *t, u64 nr, s64 *ret)
{
	u8 state = FILTER_BLOCK;

	if (task_regs(t)->rip - t->dispatch.offset < t->dispatch.len)
		return true;
	*ret = -ENOSYS;
	if (t->dispatch.selector && get_user(t->mm, state, t->dispatch.selector)) {
		do_group_exit(t, SIGSEGV);
		return false;
	}
	if (state == FILTER_ALLOW)
		return true;
	if (state != FILTER_BLOCK) {
		do_group_exit(t, SIGSYS);
		return false;
	}
	*ret = force_sigsys(t, nr, SYS_USER_DISPATCH_CODE, 0, false);
	return false;
}
