/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * procfs: the text of /proc/self/ files, made from mm and task in the host kernel's format.
 *
 * "Self" is /proc/self, /proc/thread-self, /proc/<own pid> and /proc/<own pid>/task/<own tid>, however
 * reached (absolute, relative to a cwd or dirfd, through a symlink).
 */
#ifndef ULK_PROCFS_PROCFS_H
#define ULK_PROCFS_PROCFS_H

#include <sys/stat.h>
#include "kernel/task.h"

/*
 * Rewrite a path that would name ulk itself: @path (in place, PATH_MAX bytes) /proc/self/exe becomes
 * the guest's executable; others are left. @follow: the call follows a final symlink.
 * Returns 0 or -errno.
 */
int procfs_rewrite_path(struct task_struct *t, int dirfd, char *path, bool follow);

/*
 * After the host opened @hostfd with @flags: when it is one of the files made here, register it, so that
 * special_rw() (kernel/files.h) answers its reads; when it would show ulk's own memory and is not made
 * yet, close it. Returns @hostfd or -errno.
 */
s64 procfs_after_open(struct task_struct *t, int hostfd, int flags);
/* The same for a descriptor that another process put into a table that both have; it stays open. 0 or -errno.
 * (struct ulk_hooks.adopt_file) */
int procfs_adopt(struct task_struct *t, int hostfd);

/* Whose descriptors a directory shows: the guest's own, or those of another process of ours. */
struct procfs_hidden {
	int peer;	 /* 0: the guest's own; else the thread's id, and */
	int nr, fd[256]; /* ulk's own there; nr -1: all from its floor on */
};

/* Is @hostfd the guest's own /proc/self/fd (or fdinfo)? Then getdents leaves out the names of
 * descriptors that are not fd_visible(). */
bool procfs_fd_dir(const struct task_struct *t, int hostfd, struct procfs_hidden *hidden);
/* Is descriptor @fd, a name in that directory, none of ulk's? */
bool procfs_fd_shown(const struct task_struct *t, const struct procfs_hidden *hidden, u64 fd);

/* Is it the guest's own map_files? Then getdents is this: up to @size bytes of records into @buf, from the
 * position of the directory on, which moves; @name_at: where the name is in one. Bytes or -errno. */
bool procfs_map_files_dir(const struct task_struct *t, int hostfd);
s64 procfs_map_files_dirents(struct task_struct *t, int hostfd, u8 *buf, size_t size, size_t name_at);
/* How many of the descriptors that st_size of the guest's own /proc/self/fd counts are ulk's. @st: of host
 * path
 * @path from @dirfd, or of @dirfd itself when @path is NULL. 0 for all other files. */
u64 procfs_hidden_fds(const struct task_struct *t, int dirfd, const char *path, const struct stat *st);

/* readlink of /proc/self/exe and friends: fills @buf, returns the length, or -ENOENT when not ours. */
s64 procfs_readlink(struct task_struct *t, int dirfd, const char *path, char *buf, size_t size);

/* What smaps calls a flag of an area, by its bit: "rd"; "??" for one that it has no name for. */
const char *proc_vm_flag_name(unsigned bit);
/* /proc/PID/smaps, whole. */
int proc_smaps_text(struct task_struct *t, FILE *out);
/* The texts, for the command line as well. Each writes to @out; 0 or -errno. */
int proc_maps_text(struct task_struct *t, FILE *out);
int proc_stat_text(struct task_struct *t, FILE *out);
int proc_statm_text(struct task_struct *t, FILE *out);
int proc_status_text(struct task_struct *t, FILE *out);
int proc_limits_text(struct task_struct *t, FILE *out);
int proc_auxv_bytes(struct task_struct *t, FILE *out);
/* /proc/cpuinfo, with the CPU that the guest sees. */
int proc_cpuinfo_text(struct task_struct *t, FILE *out);
/* Its flags, by the kernel's names, with a space between. @host_flags: the host's own list, for what the
 * kernel adds by itself ("constant_tsc"). */
void proc_put_cpu_flags(struct cpu *cpu, const char *host_flags, FILE *out);
/* One line of maps for a VMA, as /proc/PID/maps has it (with newline). */
void proc_show_map_vma(FILE *out, const struct vm_area_struct *vma);

#endif
