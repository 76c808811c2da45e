// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What happens when the guest opens a file about itself: the host's descriptor stays, its bytes are
 * ours from then on (see kernel/files.h).
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include "mm/uaccess.h"
#include "procfs/internal.h"
#include "procfs/peer.h"

/* /proc/self/mem: the guest's memory, protections ignored as the kernel's FOLL_FORCE does. */
static s64 mem_rw(struct task_struct *t, u64 pos, void *buf, size_t n, bool write)
{
	size_t left;

	if (!t->mm)
		return 0;
	left = access_remote_vm(t->mm, pos, buf, n, write);
	return left == n ? -EIO : (s64)(n - left);
}

#define DUMP_FILTER_MASK (0x1ffUL << MMF_DUMP_FILTER_SHIFT)

static s64 coredump_filter_rw(struct task_struct *t, u64 pos, void *buf, size_t n, bool write)
{
	char text[32] = "", *end;
	unsigned long value;
	size_t len;

	if (!t->mm)
		return write ? -ESRCH : 0;
	if (!write) {
		len = (size_t)snprintf(text, sizeof(text), "%08lx\n",
				       (t->mm->flags & DUMP_FILTER_MASK) >> MMF_DUMP_FILTER_SHIFT);
		n = pos < len ? min_t(size_t, n, len - pos) : 0;
		memcpy(buf, text + pos, n);
		return (s64)n;
	}
	/* The kernel's kstrtouint_from_user(), base 0. */
	memcpy(text, buf, min_t(size_t, n, sizeof(text) - 1));
	value = strtoul(text, &end, 0);
	end += *end == '\n';
	if (*text < '0' || *text > '9' || *end)
		return -EINVAL;
	if (value > UINT_MAX)
		return -ERANGE;
	t->mm->flags =
		(t->mm->flags & ~DUMP_FILTER_MASK) | ((value << MMF_DUMP_FILTER_SHIFT) & DUMP_FILTER_MASK);
	return (s64)n;
}

int proc_personality_text(struct task_struct *t, FILE *out)
{
	fprintf(out, "%08x\n", t->personality);
	return 0;
}

static const struct {
	const char *name;
	struct special_ops ops;
} own_files[] = {
	{"maps",
	 {.peer = peer_maps, .record = proc_maps_record, .ioctl = proc_maps_ioctl, .mm_at_open = true}},
	{"smaps", {.peer = peer_records, .record = proc_smaps_record, .release = proc_smaps_release, .mm_at_open = true}},
	{"smaps_rollup", {.peer = peer_records, .text = proc_smaps_rollup_text, .mm_at_open = true}},
	{"stat", {.peer = peer_stat, .text = proc_stat_text}},
	{"statm", {.peer = peer_statm, .text = proc_statm_text}},
	{"status", {.peer = peer_status, .text = proc_status_text}},
	{"limits", {.peer = peer_limits, .text = proc_limits_text}},
	{"auxv", {.peer = peer_auxv, .text = proc_auxv_bytes}},
	{"cmdline", {.rw = proc_cmdline_rw, .host_peer = true}},
	{"environ", {.rw = proc_environ_rw, .host_peer = true, .mm_at_open = true}},
	{"personality", {.peer = peer_personality, .text = proc_personality_text}},
	{"numa_maps",
	 {.peer = peer_records, .record = proc_numa_maps_record, .release = proc_numa_maps_release, .mm_at_open = true}},
	{"pagemap", {.peer_rw = peer_file_rw, .rw = proc_pagemap_rw, .ioctl = proc_pagemap_ioctl, .unit = 8, .mm_at_open = true}},
	{"clear_refs", {.peer_rw = peer_file_rw, .rw = proc_clear_refs_rw, .write_only = true}},
	{"syscall", {.text = proc_syscall_text, .host_peer = true}},
	{"coredump_filter", {.peer_rw = peer_file_rw, .rw = coredump_filter_rw}},
	{"mem", {.peer_rw = peer_file_rw, .rw = mem_rw, .mm_at_open = true}},
};

static const struct special_ops cpuinfo_ops = {.text = proc_cpuinfo_text};

/* /proc/cpuinfo, whatever the mount point: no other file of a procfs has that name, but for a mount point's.
 */
static bool is_cpuinfo(const char *link)
{
	size_t len = strlen(link);

	return len >= 8 && !strcmp(link + len - 8, "/cpuinfo");
}

/* Cheap test on every open: could this be a file of a procfs? */
static bool looks_like_proc(const struct stat *st)
{
	return !st->st_size && !major(st->st_dev) && (S_ISREG(st->st_mode) || S_ISDIR(st->st_mode));
}

/* 0 or -errno. */
static int register_file(struct task_struct *t, int hostfd)
{
	const struct special_ops *ops = NULL;
	struct proc_name name;
	char link[PATH_MAX];
	struct stat st;
	int err, pid, runs;
	u64 mm_id = 0;
	bool peer;

	if (HOST(SYS_fstat, hostfd, (uintptr_t)&st))
		return 0;
	if (t->ulk->det)
		ops = det_device(&st);
	if (!ops && (!looks_like_proc(&st) || !proc_fd_path(hostfd, link)))
		return 0;
	if (!ops && is_cpuinfo(link))
		ops = &cpuinfo_ops;
	if (!ops && t->ulk->det)
		ops = det_proc_file(link);
	if (ops)
		return special_add(t, &st, ops, t->tid);
	peer = !proc_parse_own(t, link, &name);
	if (peer && (!proc_parse_any(link, &name) || !peer_is_ours(t, name.tid) ||
		     peer_task(t, name.tid, &pid, &runs, &mm_id))) {
		special_drop(t, &st); /* a peer that has ended, or whose number another process has now */
		return 0;
	}
	for (size_t i = 0; i < ARRAY_SIZE(own_files); i++) {
		if (strcmp(name.rest, own_files[i].name))
			continue;
		/* The host serves a peer's cmdline and environ; of its memory it would show ulk's. */
		if (peer && !own_files[i].ops.peer && !own_files[i].ops.peer_rw)
			return own_files[i].ops.host_peer ? 0 : -EACCES;
		err = special_add(t, &st, &own_files[i].ops, name.tid);
		if (err)
			return err;
		if (peer)
			special_is_peers(t, &st, mm_id);
	}
	return 0;
}

s64 procfs_after_open(struct task_struct *t, int hostfd, int flags)
{
	int err = flags & O_PATH ? 0 : register_file(t, hostfd);

	if (err)
		HOST(SYS_close, hostfd);
	return err ? err : hostfd;
}

int procfs_adopt(struct task_struct *t, int hostfd)
{
	return HOST(SYS_fcntl, hostfd, F_GETFL) & O_PATH ? 0 : register_file(t, hostfd);
}

/* Is @hostfd a directory of the guest's own part of a procfs? What it is ("fd") into @link (PATH_MAX bytes).
 */
static const char *own_dir(const struct task_struct *t, int hostfd, char *link, int *peer)
{
	struct proc_name name;
	struct stat st;

	*peer = 0;
	if (HOST(SYS_fstat, hostfd, (uintptr_t)&st) || !S_ISDIR(st.st_mode) || major(st.st_dev))
		return NULL;
	if (proc_fd_own(t, hostfd, link, &name))
		return name.rest;
	if (!proc_fd_path(hostfd, link) || !proc_parse_any(link, &name) || !*name.rest ||
	    !peer_is_family(t, name.tid))
		return NULL;
	*peer = name.tid;
	return name.rest;
}

bool procfs_fd_dir(const struct task_struct *t, int hostfd, struct procfs_hidden *hidden)
{
	char link[PATH_MAX];
	const char *dir = own_dir(t, hostfd, link, &hidden->peer);

	if (!dir || (strcmp(dir, "fd") && strcmp(dir, "fdinfo")))
		return false;
	if (hidden->peer)
		peer_hidden_fds(t, hidden->peer, hidden);
	return true;
}

bool procfs_fd_shown(const struct task_struct *t, const struct procfs_hidden *hidden, u64 fd)
{
	if (!hidden->peer)
		return fd_visible(t, fd);
	for (int i = 0; i < hidden->nr; i++)
		if (hidden->fd[i] == (int)fd)
			return false;
	return hidden->nr >= 0 || fd < (u64)t->ulk->fd_floor;
}

bool procfs_map_files_dir(const struct task_struct *t, int hostfd)
{
	char link[PATH_MAX];
	int peer;
	const char *dir = own_dir(t, hostfd, link, &peer);

	return dir && !peer && !strcmp(dir, "map_files");
}

static u64 count_hidden(const struct task_struct *t, const struct procfs_hidden *hidden)
{
	struct dirent *de;
	char path[40];
	DIR *dir;
	u64 n = 0;

	snprintf(path, sizeof(path), "/proc/%d/fd", hidden->peer);
	dir = opendir(hidden->peer ? path : "/proc/self/fd");
	while (dir && (de = readdir(dir)))
		n += *de->d_name != '.' && !procfs_fd_shown(t, hidden, strtoul(de->d_name, NULL, 10));
	if (dir)
		closedir(dir);
	return n;
}

u64 procfs_hidden_fds(const struct task_struct *t, int dirfd, const char *path, const struct stat *st)
{
	struct procfs_hidden hidden;
	s64 fd = dirfd;
	u64 n = 0;

	/* No other directory of procfs has a size, or may be listed by its owner alone. */
	if (!S_ISDIR(st->st_mode) || major(st->st_dev) || !st->st_size || (st->st_mode & 07777) != 0500)
		return 0;
	if (path)
		fd = HOST(SYS_openat, dirfd, (uintptr_t)path, O_PATH | O_CLOEXEC);
	if (fd < 0)
		return 0;
	if (procfs_fd_dir(t, (int)fd, &hidden))
		n = min_t(u64, count_hidden(t, &hidden), (u64)st->st_size);
	if (path)
		HOST(SYS_close, fd);
	return n;
}
