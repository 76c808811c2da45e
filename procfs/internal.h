/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * internal: what the files of procfs/ share among themselves. Not for other folders.
 */
#ifndef ULK_PROCFS_INTERNAL_H
#define ULK_PROCFS_INTERNAL_H

#include "kernel/files.h"
#include "procfs/procfs.h"

/*
 * What the host says in its own file @name about the thread behind @t (the process, for its leader):
 * the values that belong to the host process are taken from there. malloc'ed and NUL-terminated into
 * *@text. Returns its length or -errno.
 */
s64 proc_host_text(const struct task_struct *t, const char *name, char **text);

/* All of one of the host's files, the same way. */
s64 proc_read_file(const char *path, char **text);

/* How many threads the guest's process has. */
int proc_nr_threads(const struct task_struct *t);

/* SIG_IGN and handler masks of the process, bit signo-1 (collect_sigign_sigcatch). */
void proc_sigign_sigcatch(const struct task_struct *t, u64 *ign, u64 *caught);

/* The memory numbers of status and statm, in pages, taken at one moment. */
struct proc_mem {
	u64 total, peak, rss, hiwater_rss, anon, file, shmem, swap;
	u64 text, lib, data, stack, locked, pinned, tables;
};
void proc_mem_sample(struct mm_struct *mm, struct proc_mem *m);

/*
 * A path below a procfs ("/proc/12/task/13/fd/4") taken apart: whose it is, and the rest ("fd/4", "" for
 * the directory itself). False when it is not about the guest's own process.
 */
struct proc_name {
	int tid;
	const char *rest; /* into the path */
};
bool proc_parse_own(const struct task_struct *t, const char *path, struct proc_name *name);
/* The path of an open descriptor on a procfs, into @link (PATH_MAX bytes). False when it is on none. */
bool proc_fd_path(int hostfd, char *link);
/* Is it the guest's own? @link as above. */
bool proc_fd_own(const struct task_struct *t, int hostfd, char *link, struct proc_name *name);

#endif
