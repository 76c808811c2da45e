// SPDX-License-Identifier: GPL-2.0-or-later
/* own_fd_share: ulk's own descriptors in a table that several processes share; see own_fd.h. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include "mm/own_fd.h"

/* The host's own bound on numbers, unless its administrator raised it (fs.nr_open). */
#define BOARD_FDS   (1 << 20)
#define BOARD_SLOTS 64
/* Of the bytes of owner[]; else slot + 1. */
#define NOBODY      0
#define BEING_SWEPT 255

enum slot_state { SLOT_FREE, SLOT_USED, SLOT_LEFT };

/* Shared memory, touched only as far as there are descriptors. Each word changes by itself, atomically: a process
 * may be killed anywhere, so there is no lock it could die with. */
struct own_fds_board {
	bool unnamed;             /* pids mean different processes to those who share it */
	u32 top;                  /* no number at or above it is anybody's */
	struct {
		u32 state;
		int pid;          /* 0: unknown */
	} slot[BOARD_SLOTS];
	u8 owner[BOARD_FDS];
};

static u8 owner_of(const struct own_fds_board *board, int fd)
{
	return fd < BOARD_FDS ? __atomic_load_n(&board->owner[fd], __ATOMIC_ACQUIRE) : NOBODY;
}

static void note(struct own_fds_board *board, int fd, u8 slot)
{
	u32 top = __atomic_load_n(&board->top, __ATOMIC_ACQUIRE);

	if (fd >= BOARD_FDS)
		return;
	__atomic_store_n(&board->owner[fd], (u8)(slot + 1), __ATOMIC_RELEASE);
	while (top <= (u32)fd && !__atomic_compare_exchange_n(&board->top, &top, (u32)fd + 1, false, __ATOMIC_ACQ_REL,
							      __ATOMIC_ACQUIRE))
		;
}

void own_board_note(struct own_fds *own, int fd)
{
	if (own->board)
		note(own->board, fd, own->slot);
}

void own_board_forget(struct own_fds *own, int fd)
{
	if (own->board && fd >= 0 && fd < BOARD_FDS)
		__atomic_store_n(&own->board->owner[fd], NOBODY, __ATOMIC_RELEASE);
}

int own_board_lowest(struct own_fds *own, int from, int below)
{
	int top = (int)__atomic_load_n(&own->board->top, __ATOMIC_ACQUIRE);

	for (int fd = from > own->floor ? from : own->floor; fd < below && fd < top; fd++) {
		if (owner_of(own->board, fd) != NOBODY)
			return fd;
	}
	return -1;
}

static int take_slot(struct own_fds_board *board, int pid)
{
	for (int i = 0; i < BOARD_SLOTS; i++) {
		u32 was = SLOT_FREE;

		if (!__atomic_compare_exchange_n(&board->slot[i].state, &was, SLOT_USED, false, __ATOMIC_ACQ_REL,
						 __ATOMIC_ACQUIRE))
			continue;
		board->slot[i].pid = pid;
		return i;
	}
	return -1;
}

/* In this process's table: close what @slot has. */
static void close_all_of(struct own_fds *own, u8 slot)
{
	struct own_fds_board *board = own->board;
	int top = (int)__atomic_load_n(&board->top, __ATOMIC_ACQUIRE);

	for (int fd = own->floor; fd < top; fd++) {
		u8 who = (u8)(slot + 1);

		if (!__atomic_compare_exchange_n(&board->owner[fd], &who, BEING_SWEPT, false, __ATOMIC_ACQ_REL,
						 __ATOMIC_ACQUIRE))
			continue;
		close(fd);
		__atomic_store_n(&board->owner[fd], NOBODY, __ATOMIC_RELEASE);
	}
	__atomic_store_n(&board->slot[slot].pid, 0, __ATOMIC_RELEASE);
	__atomic_store_n(&board->slot[slot].state, SLOT_FREE, __ATOMIC_RELEASE);
}

void own_fds_sweep(struct own_fds *own)
{
	struct own_fds_board *board = own->board;

	for (u8 i = 0; board && i < BOARD_SLOTS; i++) {
		u32 state = __atomic_load_n(&board->slot[i].state, __ATOMIC_ACQUIRE);
		int pid = __atomic_load_n(&board->slot[i].pid, __ATOMIC_ACQUIRE), saved = errno;

		if (i == own->slot || state == SLOT_FREE)
			continue;
		if (state == SLOT_LEFT || (pid && !board->unnamed && kill(pid, 0) && errno == ESRCH))
			close_all_of(own, i);
		errno = saved;
	}
}

static int make_board(struct own_fds *own)
{
	struct own_fds_board *board;

	if (own->board)
		return 0;
	board = mmap(NULL, sizeof(*board), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (board == MAP_FAILED)
		return -ENOMEM;
	own->slot = (u8)take_slot(board, getpid());
	for (u32 i = 0; i < own->nr; i++)
		note(board, *own->holders[i], own->slot);
	own->board = board;
	return 0;
}

int own_fds_share(struct own_fds *own, struct own_fds_child *child, bool named)
{
	int slot, err;

	*child = (struct own_fds_child){0};
	pthread_mutex_lock(&own->lock);
	err = make_board(own);
	if (err)
		goto out;
	own_fds_sweep(own);
	if (!named)
		__atomic_store_n(&own->board->unnamed, true, __ATOMIC_RELEASE);
	err = -EAGAIN;
	slot = take_slot(own->board, 0);
	if (slot < 0)
		goto out;
	child->slot = (u8)slot;
	err = -ENOMEM;
	child->fd = calloc(own->nr + 1, sizeof(int));
	for (u32 i = 0; child->fd && i < own->nr; i++) {
		int fd = fcntl(*own->holders[i], F_DUPFD_CLOEXEC, own->floor);

		err = -EMFILE;
		if (fd < 0)
			break;
		note(own->board, fd, child->slot);
		child->fd[child->nr++] = fd;
	}
	if (child->fd && child->nr == own->nr)
		err = 0;
out:
	pthread_mutex_unlock(&own->lock);
	if (err == -ENOMEM || err == -EMFILE)
		own_fds_share_cancel(own, child);
	return err;
}

void own_fds_share_cancel(struct own_fds *own, struct own_fds_child *child)
{
	if (own->board)
		close_all_of(own, child->slot);
	free(child->fd);
}

void own_fds_share_parent(struct own_fds *own, struct own_fds_child *child, int pid)
{
	__atomic_store_n(&own->board->slot[child->slot].pid, pid, __ATOMIC_RELEASE);
	free(child->fd);
}

void own_fds_share_child(struct own_fds *own, struct own_fds_child *child)
{
	own->slot = child->slot;
	for (u32 i = 0; i < own->nr; i++)
		*own->holders[i] = child->fd[i];
	free(child->fd);
}

void own_fds_before_copy(struct own_fds *own)
{
	int top;

	if (!own->board)
		return;
	own_fds_sweep(own);
	top = (int)__atomic_load_n(&own->board->top, __ATOMIC_ACQUIRE);
	own->nr_seen = top > own->floor ? (u32)(top - own->floor) : 0;
	own->seen = malloc(own->nr_seen + 1);
	for (u32 i = 0; own->seen && i < own->nr_seen; i++)
		own->seen[i] = owner_of(own->board, own->floor + (int)i);
}

void own_fds_not_copied(struct own_fds *own)
{
	free(own->seen);
	own->seen = NULL;
}

void own_fds_copied(struct own_fds *own, bool forked)
{
	struct own_fds_board *board = own->board;
	u8 mine = (u8)(own->slot + 1);
	int top;

	if (!board)
		return;
	/* Another's that was opened or closed meanwhile may be in the copy or not. */
	top = (int)__atomic_load_n(&board->top, __ATOMIC_ACQUIRE);
	for (int fd = own->floor; fd < top; fd++) {
		u32 i = (u32)(fd - own->floor);
		u8 was = own->seen && i < own->nr_seen ? own->seen[i] : (u8)NOBODY, is = owner_of(board, fd);

		if ((was != NOBODY && was != mine) || (was == NOBODY && is != NOBODY && is != mine))
			close(fd);
	}
	own_fds_not_copied(own);
	/* In the old table ours are open still, which we do not reach any more. */
	if (!forked)
		__atomic_store_n(&board->slot[own->slot].state, SLOT_LEFT, __ATOMIC_RELEASE);
	own->board = NULL;
	munmap(board, sizeof(*board));
}

bool own_fds_shared(struct own_fds *own)
{
	if (!own->board)
		return false;
	own_fds_sweep(own);
	for (u8 i = 0; i < BOARD_SLOTS; i++) {
		if (i != own->slot && __atomic_load_n(&own->board->slot[i].state, __ATOMIC_ACQUIRE) == SLOT_USED)
			return true;
	}
	return false;
}

void own_fds_leave(struct own_fds *own)
{
	struct own_fds_board *board = own->board;

	if (!board)
		return;
	pthread_mutex_lock(&own->lock);
	close_all_of(own, own->slot);
	for (u32 i = 0; i < own->nr; i++)
		*own->holders[i] = -1;
	own->nr = 0;
	own->board = NULL;
	pthread_mutex_unlock(&own->lock);
	munmap(board, sizeof(*board));
}
