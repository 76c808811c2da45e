// SPDX-License-Identifier: GPL-2.0-or-later
/* Contexts of asynchronous I/O: their lives. See aio.h; what is done with them: syscalls/aio.c. */
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include "kernel/aio.h"
#include "kernel/fds.h"

struct kioctx *ioctx_get(struct signal_struct *signal, u64 id)
{
	struct kioctx *ctx = signal->ioctx_table;

	while (ctx && ctx->id != id)
		ctx = ctx->next;
	if (ctx)
		ctx->refcount++;
	return ctx;
}

void ioctx_put(struct kioctx *ctx)
{
	if (--ctx->refcount)
		return;
	while (ctx->requests) {
		struct aio_request *next = ctx->requests->next;

		free(ctx->requests);
		ctx->requests = next;
	}
	free(ctx);
}

static void ioctx_unlink(struct signal_struct *signal, struct kioctx *ctx)
{
	for (struct kioctx **p = &signal->ioctx_table; *p; p = &(*p)->next) {
		if (*p == ctx) {
			*p = ctx->next;
			break;
		}
	}
}

void ioctx_kill(struct signal_struct *signal, struct kioctx *ctx)
{
	if (ctx->dead)
		return;
	ctx->dead = true;
	ioctx_unlink(signal, ctx);
	HOST(SYS_io_destroy, ctx->host);
	own_fd_close(&signal->ulk->phys->own, &ctx->ready_fd);
	ioctx_put(ctx);
}

void exit_aio(struct signal_struct *signal)
{
	while (signal->ioctx_table)
		ioctx_kill(signal, signal->ioctx_table);
}

void aio_forked(struct signal_struct *signal)
{
	while (signal->ioctx_table) {
		struct kioctx *ctx = signal->ioctx_table;

		signal->ioctx_table = ctx->next;
		own_fd_close(&signal->ulk->phys->own, &ctx->ready_fd);
		/* The parent's ring came along as a mapping that nothing stands behind. */
		munmap((void *)ctx->host, ctx->size);
		ctx->refcount = 1;
		ioctx_put(ctx);
	}
}
