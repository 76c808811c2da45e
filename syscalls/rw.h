/* SPDX-License-Identifier: GPL-2.0-or-later */
/* rw: reading and writing for other calls than read and write. */
#ifndef ULK_SYSCALLS_RW_H
#define ULK_SYSCALLS_RW_H

#include "kernel/task.h"

/*
 * preadv2 or pwritev2 of @fd at @pos (-1: the file's own position) with RWF_* @flags: one guest buffer of @len bytes
 * at @addr, or with @vector @len iovecs there. The count, -errno or -ERESTARTSYS.
 */
s64 rw_at(struct task_struct *t, bool write, u64 fd, u64 addr, u64 len, s64 pos, u64 flags, bool vector);

#endif
