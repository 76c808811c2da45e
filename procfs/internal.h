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

/* The host's line of maps for the vsyscall page, which is the kernel's, not the mm's: whether and how it is
 * shown is the host's setting. NULL: not at all. */
const char *proc_vsyscall_line(struct task_struct *t);

/*
 * One area's record of maps and its kin: *@index is the address after the area shown last, 0 at first. @show
 * is called with mmap_sem held for reading, and with NULL for the vsyscall page. 1, or 0 at the end.
 */
#define PROC_VMA_END (~0UL)
typedef void (*proc_show_vma_fn)(struct task_struct *t, FILE *out, struct vm_area_struct *vma, void *arg);
int proc_vma_record(struct task_struct *t, u64 *index, FILE *out, proc_show_vma_fn show, void *arg);
/* The file that @name in map_files ("400000-401000") is a link to; it lives as long as its area. NULL: none.
 */
struct file *proc_map_file(struct task_struct *t, const char *name);
/* May these links be followed? (CAP_SYS_ADMIN or CAP_CHECKPOINT_RESTORE) */
bool proc_map_files_allowed(struct task_struct *t);
/* PROCMAP_QUERY; -ENOTTY for others. */
s64 proc_maps_ioctl(struct task_struct *t, struct task_struct *target, u32 cmd, u64 uarg);
/* One line of maps. */
void proc_put_map_header(FILE *out, u64 start, u64 end, const char *perms, u64 offset, dev_t dev, ino_t ino,
			 const char *name);
int proc_maps_record(struct task_struct *t, u64 *index, void **view, FILE *out);
int proc_smaps_record(struct task_struct *t, u64 *index, void **view, FILE *out);
void proc_smaps_release(void *view);
int proc_smaps_rollup_text(struct task_struct *t, FILE *out);

int proc_numa_maps_record(struct task_struct *t, u64 *index, void **view, FILE *out);
void proc_numa_maps_release(void *view);
int proc_syscall_text(struct task_struct *t, FILE *out);
int proc_personality_text(struct task_struct *t, FILE *out);
s64 proc_cmdline_rw(struct task_struct *t, u64 pos, void *buf, size_t n, bool write);
s64 proc_environ_rw(struct task_struct *t, u64 pos, void *buf, size_t n, bool write);
s64 proc_pagemap_rw(struct task_struct *t, u64 pos, void *buf, size_t n, bool write);
s64 proc_pagemap_ioctl(struct task_struct *t, struct task_struct *target, u32 cmd, u64 uarg);
/* What a file with an ioctl of its own says of others: -EINVAL, or -ENOTTY for those that the VFS answers. */
s64 proc_ioctl_other(u32 cmd);
s64 proc_clear_refs_rw(struct task_struct *t, u64 pos, void *buf, size_t n, bool write);

/* Would the host's kernel make huge pages in this area (THPeligible)? @thp: proc_thp_read()'s. */
struct proc_thp {
	u64 always, madvise; /* orders of anonymous pages; PMD_ORDER is 9 */
	bool global_always, global_madvise, shmem_always, shmem_advise;
};
void proc_thp_read(struct proc_thp *thp);
bool proc_thp_eligible(const struct proc_thp *thp, const struct vm_area_struct *vma);

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
/* The same for any process: whose it is, numbers of threads included. */
bool proc_parse_any(const char *path, struct proc_name *name);
/* Is it the guest's own? @link as above. */
bool proc_fd_own(const struct task_struct *t, int hostfd, char *link, struct proc_name *name);

/* In a run that repeats: what a file of the machine (@link, its path) or a device says; NULL: what the host has it say. */
const struct special_ops *det_proc_file(const char *link);
const struct special_ops *det_device(const struct stat *st);

#endif
