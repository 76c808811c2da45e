/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * fds: descriptor numbers as the guest is to see them. They are the host's, but for ulk's own among them
 * (mm/own_fd.h), which the guest never meets, and for the guest's own RLIMIT_NOFILE, where the host's is wider.
 *
 * Called with the CPU held.
 */
#ifndef ULK_KERNEL_FDS_H
#define ULK_KERNEL_FDS_H

#include "kernel/task.h"
#include "mm/own_fd.h"

/* As ulk starts: raise the host's limit as far as it goes, and say from which number on ulk's own live. */
int fds_choose_floor(void);
/* The guest's limit of process @pid (0: this one) is @soft now: the host's must be above it, if it may. */
void fds_limit_changed(int pid, u64 soft);
/* Descriptors the guest may have: below this. */
u32 fd_limit(const struct task_struct *t);
/*
 * Result of a host call that made descriptor @fd, the lowest free one from @min on: as the guest is to have it.
 * Where the host had to step over one of ulk's own, that one moves and @fd takes its place; past the guest's
 * limit it is closed, and -EMFILE. A negative @fd is handed through.
 */
s64 fd_made_from(struct task_struct *t, s64 fd, int min);
#define FDS_NOTED 4096
/* What the host process has open now, but for 0 to 2, the guest shall neither see nor reach. */
void fds_hide(struct ulk *ulk);
/* Did the guest make descriptor @fd (below FDS_NOTED), whether or not it has closed it again? */
static inline bool fds_made(const struct ulk *ulk, int fd)
{
	return ulk->fds_made[fd / 64] >> fd % 64 & 1;
}
static inline void fds_unmade(struct ulk *ulk, int fd)
{
	ulk->fds_made[fd / 64] &= ~(1UL << fd % 64);
}
/* The lowest number in [from, below) that the guest must not reach (ulk's own, hidden ones), or -1. */
int fd_lowest_invisible(const struct task_struct *t, int from, int below);
static inline s64 fds_note(struct ulk *ulk, s64 fd)
{
	if (likely(fd >= 0 && fd < FDS_NOTED)) {
		ulk->fds_made[fd / 64] |= 1UL << fd % 64;
		ulk->fds_hidden[fd / 64] &= ~(1UL << fd % 64); /* its owner has closed it meanwhile */
	}
	return fd;
}
static inline s64 fd_made(struct task_struct *t, s64 fd)
{
	if (likely(fd < t->ulk->fd_floor && fd < (s64)fd_limit(t)))
		return fds_note(t->ulk, fd);
	return fd_made_from(t, fd, 0);
}
/* The guest wants number @fd (dup2): make sure ulk has nothing there. 0 or -errno. */
int fd_claim(struct task_struct *t, int fd);
/*
 * The table of descriptors is to be this process's alone, if other processes share it (clone with CLONE_FILES). The
 * process has one thread. 0 or -errno.
 */
s64 unshare_files(struct task_struct *t);
/* Slots of a descriptor table that reaches up to the guest's highest descriptor (alloc_fdtable). */
int fd_table_size(const struct task_struct *t);

#endif
