/* SPDX-License-Identifier: GPL-2.0-or-later */
/* prctl_mm: PR_SET_MM, by which a program says where its own parts lie (checkpoint/restore, setproctitle). */
#ifndef ULK_SYSCALLS_PRCTL_MM_H
#define ULK_SYSCALLS_PRCTL_MM_H

#include "kernel/task.h"

/* prctl(PR_SET_MM, ...) with all five arguments. 0 or -errno. */
s64 prctl_set_mm(struct task_struct *t, const u64 *a);

#endif
