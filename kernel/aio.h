/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * aio: contexts of asynchronous I/O (io_setup). Each stands on a context of the host's, through which every event
 * goes, so that waiting, waking, room and eventfds are the host's; only what an event says of a request, and
 * where the request's buffer is, are ulk's to know. A context belongs to the program: fork and execve do
 * not keep it.
 */
#ifndef ULK_KERNEL_AIO_H
#define ULK_KERNEL_AIO_H

#include <linux/aio_abi.h>
#include "kernel/task.h"

struct aio_request {
	struct aio_request *next;
	struct iocb host;                  /* what the host was given; its address is the request's name there */
	u64 iocb, data;                    /* of the guest */
	bool carried_out;                  /* by ulk, with the result below; else the host knows the result */
	s64 res;
};

struct kioctx {
	struct kioctx *next;
	u32 refcount;                      /* one of the list, one of each call at work on it */
	bool dead;
	u64 id;                            /* the guest's name for it: the address of its ring */
	u64 size;                          /* bytes of the ring */
	aio_context_t host;
	int ready_fd;                      /* ulk's own (mm/own_fd.h): always readable, what carried-out requests wait for */
	u32 nr_requests, room;
	struct aio_request *requests;      /* that no event was taken of */
};

/* The context @id of @signal with a reference more, or NULL. */
struct kioctx *ioctx_get(struct signal_struct *signal, u64 id);
/* Give it back; the last one frees it, with its requests. */
void ioctx_put(struct kioctx *ctx);
/* Take it out of the list and end it on the host: its requests are cancelled, who waits gets EINVAL. */
void ioctx_kill(struct signal_struct *signal, struct kioctx *ctx);
/* End all (execve, the end of the process). */
void exit_aio(struct signal_struct *signal);
/* In a child of fork: the host's contexts are the parent's alone. */
void aio_forked(struct signal_struct *signal);

#endif
