// SPDX-License-Identifier: GPL-2.0-or-later
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sched.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include "kernel/fds.h"

/*
 * Above what nearly every program uses, low enough that the host's descriptor table stays small (it is
 * copied by fork).
 */
#define FD_FLOOR_MAX 15872
/* As many as ulk may want for itself beside a guest that takes all it may have. */
#define FD_OWN 512

static bool raise_host_limit(int pid, u64 to)
{
	struct rlimit now, up;

	if (HOST(SYS_prlimit64, pid, RLIMIT_NOFILE, NULL, &now) < 0)
		return false;
	if (now.rlim_cur >= to)
		return true;
	up = (struct rlimit){to, to > now.rlim_max ? to : now.rlim_max};
	if (!HOST(SYS_prlimit64, pid, RLIMIT_NOFILE, &up, NULL))
		return true;
	/* Beyond the hard limit only with CAP_SYS_RESOURCE. */
	up = (struct rlimit){now.rlim_max, now.rlim_max};
	HOST(SYS_prlimit64, pid, RLIMIT_NOFILE, &up, NULL);
	return false;
}

int fds_choose_floor(void)
{
	struct rlimit nofile;
	u64 top;

	if (getrlimit(RLIMIT_NOFILE, &nofile))
		return FD_FLOOR_MAX;
	raise_host_limit(0, nofile.rlim_max + FD_OWN);
	getrlimit(RLIMIT_NOFILE, &nofile);
	top = nofile.rlim_cur;
	if (top > FD_FLOOR_MAX + FD_OWN)
		return FD_FLOOR_MAX;
	return top > 2 * FD_OWN ? (int)(top - FD_OWN) : (int)(top / 2);
}

void fds_limit_changed(int pid, u64 soft)
{
	if (soft < INT_MAX)
		raise_host_limit(pid, soft + FD_OWN);
}

u32 fd_limit(const struct task_struct *t)
{
	return (u32)min_t(u64, t->signal->rlim[RLIMIT_NOFILE].rlim_cur, INT_MAX);
}

/* The lowest number that is free for the guest is below @fd: move there. */
static int fd_settle(struct task_struct *t, int fd, int min)
{
	struct own_fds *own = &t->ulk->phys->own;
	int cloexec = (int)HOST(SYS_fcntl, fd, F_GETFD) & FD_CLOEXEC ? O_CLOEXEC : 0;
	int to = own_fd_lowest(own, min, fd);
	/* One that was given back since, such as that of a pair's other end. */
	int free_one = (int)HOST(SYS_fcntl, fd, cloexec ? F_DUPFD_CLOEXEC : F_DUPFD, min);

	if (free_one >= 0 && free_one < fd && (to < 0 || free_one < to)) {
		HOST(SYS_close, fd);
		return free_one;
	}
	if (free_one >= 0)
		HOST(SYS_close, free_one);
	if (to < 0 || own_fd_move(own, to, (int)fd_limit(t)))
		return fd;
	HOST(SYS_dup3, fd, to, cloexec);
	HOST(SYS_close, fd);
	return to;
}

s64 fd_made_from(struct task_struct *t, s64 fd, int min)
{
	if (fd < 0)
		return fd;
	if (fd >= t->ulk->fd_floor)
		fd = fd_settle(t, (int)fd, min);
	if (fd < (s64)fd_limit(t))
		return fds_note(t->ulk, fd);
	HOST(SYS_close, fd);
	return -EMFILE;
}

int fd_claim(struct task_struct *t, int fd)
{
	struct own_fds *own = &t->ulk->phys->own;

	if (fd >= 0 && fd < FDS_NOTED && t->ulk->fds_hidden[fd / 64] >> fd % 64 & 1 && HOST(SYS_fcntl, fd, F_GETFD) >= 0)
		return -EBADF;
	fds_note(t->ulk, fd);
	return own_fd_is(own, fd) ? own_fd_move(own, fd, (int)fd_limit(t)) : 0;
}

s64 unshare_files(struct task_struct *t)
{
	struct own_fds *own = &t->ulk->phys->own;
	s64 ret;

	if (!own_fds_shared(own))
		return 0;
	own_fds_before_copy(own);
	ret = HOST(SYS_unshare, CLONE_FILES);
	if (ret)
		own_fds_not_copied(own);
	else
		own_fds_copied(own, false);
	return ret;
}

int fd_table_size(const struct task_struct *t)
{
	bool own = t->pid == HOST(SYS_getpid);
	int highest = 0, size = 64;
	struct dirent *de;
	char path[40];
	DIR *dir;

	snprintf(path, sizeof(path), "/proc/%d/fd", t->pid);
	dir = opendir(own ? "/proc/self/fd" : path);
	if (!dir)
		return size;
	while ((de = readdir(dir))) {
		int fd = atoi(de->d_name);

		/* Of another process (procfs/peer.h) it is not known which are ulk's. */
		if (fd > highest && (own ? fd != dirfd(dir) && fd_visible(t, (u64)fd) : fd < t->ulk->fd_floor))
			highest = fd;
	}
	closedir(dir);
	/* 64 in the structure itself, then powers of two of at least 128. */
	if (highest >= 64)
		for (size = 256; size <= highest; size *= 2)
			;
	return size;
}

void fds_hide(struct ulk *ulk)
{
	DIR *dir = opendir("/proc/self/fd");
	struct dirent *de;

	for (int fd = 3; !dir && fd < FDS_NOTED; fd++) {
		if (HOST(SYS_fcntl, fd, F_GETFD) >= 0)
			ulk->fds_hidden[fd / 64] |= 1UL << fd % 64;
	}
	while (dir && (de = readdir(dir))) {
		int fd = de->d_name[0] == '.' ? -1 : atoi(de->d_name);

		if (fd > 2 && fd < FDS_NOTED && fd != dirfd(dir))
			ulk->fds_hidden[fd / 64] |= 1UL << fd % 64;
	}
	if (dir)
		closedir(dir);
}

int fd_lowest_invisible(const struct task_struct *t, int from, int below)
{
	int own = own_fd_lowest(&t->ulk->phys->own, from, below);

	for (int fd = from; fd < below && fd < FDS_NOTED && (own < 0 || fd < own); fd++) {
		if (t->ulk->fds_hidden[fd / 64] >> fd % 64 & 1)
			return fd;
	}
	return own;
}
