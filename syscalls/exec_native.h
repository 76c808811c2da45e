/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef ULK_SYSCALLS_EXEC_NATIVE_H
#define ULK_SYSCALLS_EXEC_NATIVE_H

#include "kernel/task.h"

/* execveat() by the host itself (`--exec=native`): does not return when it succeeds, else -errno. @path as
 * the host shall see it, argv and envp in host memory. The guest's robust mutexes and a vfork parent are told
 * first, though the host may still refuse. */
s64 exec_native(struct task_struct *t, int dirfd, const char *path, char *const *argv, char *const *envp,
		int at_flags);

#endif
