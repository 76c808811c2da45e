/* SPDX-License-Identifier: GPL-2.0-or-later */
/* futex: what the two families of futex calls share. */
#ifndef ULK_SYSCALLS_FUTEX_H
#define ULK_SYSCALLS_FUTEX_H

#include "kernel/task.h"

/*
 * The host's address of the futex word at @uaddr: aligned and inside user space, as get_futex_key wants it;
 * looking faults it in. @write: the call stores into it. 0, -EINVAL or -EFAULT.
 */
s64 futex_word(struct task_struct *t, u64 uaddr, bool write, void **out);

#endif
