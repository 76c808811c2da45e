/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * procfs: the text of /proc/self/ files, made from mm and task in the host kernel's format.
 *
 * "Self" is /proc/self, /proc/thread-self, /proc/<own pid> and /proc/<own pid>/task/<own tid>, however
 * reached (absolute, relative to a cwd or dirfd, through a symlink).
 */
#ifndef ULK_PROCFS_PROCFS_H
#define ULK_PROCFS_PROCFS_H

#include "kernel/task.h"

/*
 * Rewrite a path that would name ulk itself: @path (in place, PATH_MAX bytes) /proc/self/exe becomes
 * the guest's executable; others are left. @follow: the call follows a final symlink.
 * Returns 0 or -errno.
 */
int procfs_rewrite_path(struct task_struct *t, int dirfd, char *path, bool follow);

/*
 * After the host opened @hostfd: when it is one of the files made here, make the text, close @hostfd
 * and put an equivalent descriptor in its place (same number). Returns the fd or -errno.
 */
s64 procfs_after_open(struct task_struct *t, int hostfd, int flags);

/* readlink of /proc/self/exe and friends: fills @buf, returns the length, or -ENOENT when not ours. */
s64 procfs_readlink(struct task_struct *t, int dirfd, const char *path, char *buf, size_t size);

/* The texts, for the command line as well. Each writes to @out; 0 or -errno. */
int proc_maps_text(struct task_struct *t, FILE *out);
int proc_stat_text(struct task_struct *t, FILE *out);
int proc_statm_text(struct task_struct *t, FILE *out);
int proc_status_text(struct task_struct *t, FILE *out);
int proc_limits_text(struct task_struct *t, FILE *out);
int proc_auxv_bytes(struct task_struct *t, FILE *out);
int proc_cmdline_bytes(struct task_struct *t, FILE *out);
int proc_environ_bytes(struct task_struct *t, FILE *out);
/* One line of maps for a VMA, as /proc/PID/maps has it (with newline). */
void proc_show_map_vma(FILE *out, const struct vm_area_struct *vma);

#endif
