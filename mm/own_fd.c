// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>
#include "mm/own_fd.h"

void own_fds_init(struct own_fds *own, int floor)
{
	*own = (struct own_fds){.floor = floor};
	pthread_mutex_init(&own->lock, NULL);
}

void own_fds_exit(struct own_fds *own)
{
	own_fds_leave(own);
	free(own->holders);
	own->holders = NULL;
	own->nr = own->cap = 0;
	pthread_mutex_destroy(&own->lock);
}

static int add_holder(struct own_fds *own, int *holder)
{
	if (own->nr == own->cap) {
		u32 cap = own->cap ? own->cap * 2 : 16;
		int **bigger = reallocarray(own->holders, cap, sizeof(*bigger));

		if (!bigger)
			return -ENOMEM;
		own->holders = bigger;
		own->cap = cap;
	}
	own->holders[own->nr++] = holder;
	return 0;
}

int own_fd_dup(struct own_fds *own, int fd, int *holder)
{
	int err;

	if (own->board)
		own_fds_sweep(own);
	*holder = fcntl(fd, F_DUPFD_CLOEXEC, own->floor);
	if (*holder < 0)
		return errno == EINVAL ? -EMFILE : -errno;
	pthread_mutex_lock(&own->lock);
	err = add_holder(own, holder);
	if (!err)
		own_board_note(own, *holder);
	pthread_mutex_unlock(&own->lock);
	if (err) {
		close(*holder);
		*holder = -1;
	}
	return err;
}

void own_fd_close(struct own_fds *own, int *holder)
{
	if (*holder < 0)
		return;
	pthread_mutex_lock(&own->lock);
	for (u32 i = 0; i < own->nr; i++) {
		if (own->holders[i] == holder) {
			own->holders[i] = own->holders[--own->nr];
			break;
		}
	}
	close(*holder);
	own_board_forget(own, *holder);
	*holder = -1;
	pthread_mutex_unlock(&own->lock);
}

void own_fd_rename(struct own_fds *own, int *from, int *to)
{
	pthread_mutex_lock(&own->lock);
	for (u32 i = 0; i < own->nr; i++) {
		if (own->holders[i] == from)
			own->holders[i] = to;
	}
	*to = *from;
	*from = -1;
	pthread_mutex_unlock(&own->lock);
}

int own_fd_lowest(struct own_fds *own, int from, int below)
{
	int lowest = -1;

	if (below <= own->floor)
		return -1;
	if (own->board)
		return own_board_lowest(own, from, below);
	pthread_mutex_lock(&own->lock);
	for (u32 i = 0; i < own->nr; i++) {
		int fd = *own->holders[i];

		if (fd >= from && fd < below && (lowest < 0 || fd < lowest))
			lowest = fd;
	}
	pthread_mutex_unlock(&own->lock);
	return lowest;
}

bool own_fd_is(struct own_fds *own, int fd)
{
	return fd >= own->floor && own_fd_lowest(own, fd, fd + 1) == fd;
}

int own_fd_move(struct own_fds *own, int fd, int above)
{
	int err = -EMFILE, new = fcntl(fd, F_DUPFD_CLOEXEC, above);

	if (new < 0)
		new = fcntl(fd, F_DUPFD_CLOEXEC, own->floor);
	if (new < 0)
		return -EMFILE;
	pthread_mutex_lock(&own->lock);
	for (u32 i = 0; i < own->nr; i++) {
		if (*own->holders[i] == fd) {
			*own->holders[i] = new;
			own_board_note(own, new);
			err = 0;
		}
	}
	close(err ? new : fd);
	if (!err)
		own_board_forget(own, fd);
	else if (own->board)
		err = -EBUSY;
	pthread_mutex_unlock(&own->lock);
	return err;
}
