/* SPDX-License-Identifier: GPL-2.0-or-later */
/* seccomp: what prctl shares with the system call. */
#ifndef ULK_SYSCALLS_SECCOMP_H
#define ULK_SYSCALLS_SECCOMP_H

#include "kernel/task.h"

/* prctl(PR_SET_SECCOMP, @mode, @filter): EINVAL for an unknown mode, else as seccomp(2) without flags. */
s64 prctl_set_seccomp(struct task_struct *t, u64 mode, u64 filter);

#endif
