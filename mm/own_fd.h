/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * own_fd: the descriptors that ulk itself holds open while the guest runs.
 *
 * They share the host's table with the guest's, number for number. They begin at a number that few
 * programs reach; a guest that does reach one of them finds nothing there, and when it wants the very
 * number for itself, ulk's descriptor moves. So each is known by the place where its number is kept (the
 * holder), which is rewritten then: read it anew for each use.
 *
 * Locking: the table's own mutex; whoever uses a descriptor holds the CPU (kernel/sched.h), or can do
 * with the number being another open file by then.
 */
#ifndef ULK_MM_OWN_FD_H
#define ULK_MM_OWN_FD_H

#include <pthread.h>
#include "mm/types.h"

struct own_fds_board;

struct own_fds {
	pthread_mutex_t lock;
	int floor;             /* where they begin; below, every descriptor is the guest's */
	u32 nr, cap;
	int **holders;
	struct own_fds_board *board; /* other processes share the table of descriptors; NULL: none does */
	u8 slot;               /* ours on the board */
	u8 *seen;              /* by number from the floor on: whose they were, see own_fds_before_copy() */
	u32 nr_seen;
};

void own_fds_init(struct own_fds *own, int floor);
void own_fds_exit(struct own_fds *own);
/*
 * A duplicate of @fd (close-on-exec), its number stored in *@holder until own_fd_close(). The caller keeps
 * @fd. Returns 0 or -errno (EBADF, EMFILE, ENOMEM), *@holder -1 then.
 */
int own_fd_dup(struct own_fds *own, int fd, int *holder);
/* Close *@holder, which becomes -1; nothing when it is that already. */
void own_fd_close(struct own_fds *own, int *holder);
/* The number is kept at @to from now on, no longer at @from. */
void own_fd_rename(struct own_fds *own, int *from, int *to);
/* Is @fd one of them? */
bool own_fd_is(struct own_fds *own, int fd);
/* The lowest of them in [from, below), or -1. */
int own_fd_lowest(struct own_fds *own, int from, int below);
/* Free number @fd, which is one of them: it moves to a number from @above on if there is one free, else to any
 * other from the floor on. Returns 0, -EMFILE, or -EBUSY: it is that of another process (see below). */
int own_fd_move(struct own_fds *own, int fd, int above);

/*
 * ---- one table for several processes: clone with CLONE_FILES but without CLONE_VM (own_fd_share.c) ----
 *
 * Each process has its own duplicates, and no other one closes or moves them. Whose a number is stands on a
 * board in memory they share, so that no guest of them sees any. Above it is said: own_fd_is() and
 * own_fd_lowest() know those of all. What a process that was killed left open the others close, once its
 * pid is gone.
 */

/* What a new process will hold. */
struct own_fds_child {
	int *fd;               /* duplicates, in the order of the holders */
	u32 nr;
	u8 slot;
};

/* Before clone: prepare @child. @named: all who share it know each other by the same pids; else what one that was
 * killed had open stays open. 0, -ENOMEM, -EMFILE, or -EAGAIN (too many processes). */
int own_fds_share(struct own_fds *own, struct own_fds_child *child, bool named);
/* clone failed. */
void own_fds_share_cancel(struct own_fds *own, struct own_fds_child *child);
/* In the parent: @pid is the new one. */
void own_fds_share_parent(struct own_fds *own, struct own_fds_child *child, int pid);
/* In the child, before anything else there: take what was prepared. */
void own_fds_share_child(struct own_fds *own, struct own_fds_child *child);
/*
 * Around what copies the table for this process alone (fork, unshare). Afterwards, where the copy was made:
 * what others own is closed in it. @forked: in a new process; else this one gave its share of the old table up.
 */
void own_fds_before_copy(struct own_fds *own);
void own_fds_copied(struct own_fds *own, bool forked);
void own_fds_not_copied(struct own_fds *own);
/* Is there another process, as far as is known, that has the same table? */
bool own_fds_shared(struct own_fds *own);
/* The process ends: nothing of it stays behind in the table. */
void own_fds_leave(struct own_fds *own);
/* Close what processes that are gone left open. */
void own_fds_sweep(struct own_fds *own);

/* For own_fd.c. */
void own_board_note(struct own_fds *own, int fd);
void own_board_forget(struct own_fds *own, int fd);
int own_board_lowest(struct own_fds *own, int from, int below);

#endif
