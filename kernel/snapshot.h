/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * snapshot: a process as it was, to go back to, many times: its registers, its mm (mm/snapshot.h), signals, limits, its
 * descriptors with their offsets, working directory, umask, and the content of files that were named.
 *
 * One thread, the machine's first, both then and, after the restore, again: threads that were born since are ended. Child
 * processes are not called back, nor what went out through pipes and sockets. A process that has ended comes to life
 * again; one that has executed another program does not (-ESTALE).
 *
 * Called on the host thread that runs the machine, while the program stands still.
 */
#ifndef ULK_KERNEL_SNAPSHOT_H
#define ULK_KERNEL_SNAPSHOT_H

#include "kernel/task.h"

struct task_snapshot;

/* @files: paths, NULL-terminated, or NULL. 0; -EBUSY (other threads exist, or asynchronous I/O is under way), -EOPNOTSUPP
 * (mm_snapshot_take), -ENOMEM, or why a file cannot be read; *why is a clause. */
int task_snapshot_take(struct task_struct *t, const char *const *files, struct task_snapshot **out, const char **why);
/* 0 with *pages brought back; -ESTALE, -ENOMEM, or why a file cannot be written. */
int task_snapshot_restore(struct task_snapshot *s, u64 *pages, const char **why);
void task_snapshot_free(struct task_snapshot *s);

/* ---- to a file and back (kernel/snapshot_file.c) ---- */

#define TASK_SNAPSHOT_WHY 160
/* Write @s to @path, through a temporary file beside it. 0 or -errno: -EOPNOTSUPP what cannot be made again elsewhere (a
 * socket, a pipe, shared memory ...), -ESTALE, an error of the file; @why says. */
int task_snapshot_write(struct task_snapshot *s, const char *path, char *why);
/*
 * Make @t, a task without a program, what was written to @path. -EINVAL: that is no such file, or one of another version of
 * ulk, or damaged; -ESTALE, -ENOENT: a file that the program uses is another or gone. The task has no program after an
 * error.
 */
int task_snapshot_read(struct task_struct *t, const char *path, char *why);

/* ---- descriptors (kernel/snapshot_fds.c) ---- */

struct fds_snapshot;
int fds_snapshot_take(struct task_struct *t, const char *const *files, struct fds_snapshot **out);
int fds_snapshot_restore(struct fds_snapshot *s, struct task_struct *t);
void fds_snapshot_free(struct fds_snapshot *s, struct ulk *ulk);

#endif
