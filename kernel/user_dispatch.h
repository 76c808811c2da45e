/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * user_dispatch: a thread whose system calls, but for those from one range of its code, become SIGSYS
 * (PR_SET_SYSCALL_USER_DISPATCH), as long as a byte of its memory says so. For programs that run another system's
 * code. Neither a child nor a program that is executed has it.
 */
#ifndef ULK_KERNEL_USER_DISPATCH_H
#define ULK_KERNEL_USER_DISPATCH_H

#include "kernel/task.h"

/* prctl's arguments: PR_SYS_DISPATCH_*, the range, the address of the byte or 0. Returns 0, -EINVAL, -EFAULT. */
s64 user_dispatch_set(struct task_struct *t, u64 mode, u64 offset, u64 len, u64 selector);
/* Where it is in force: may @t make the call? False: *ret is the result, and a signal is on its way. */
bool user_dispatch_allows(struct task_struct *t, u64 nr, s64 *ret);

#endif
