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

struct own_fds {
	pthread_mutex_t lock;
	int floor;             /* where they begin; below, every descriptor is the guest's */
	u32 nr, cap;
	int **holders;
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
 * other from the floor on. Returns 0 or -EMFILE. */
int own_fd_move(struct own_fds *own, int fd, int above);

#endif
