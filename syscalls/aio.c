// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Asynchronous I/O. Transfers are carried out when they are submitted, as Linux does with all that is not O_DIRECT;
 * their events then go through the host's context, by way of a poll that is ready at once. Polls are the host's.
 *
 * The ring that a context's number points to is there, but says by its magic number that it is none of which events can
 * be taken without a call: C libraries then make the call.
 */
#include <linux/aio_abi.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include "kernel/aio.h"
#include "kernel/fds.h"
#include "mm/file.h"
#include "syscalls/handlers.h"
#include "syscalls/hostarg.h"
#include "syscalls/marshal.h"
#include "syscalls/rw.h"

#define IOCB_KEY    0
#define EVENTS_MAX  (1U << 16)

/* The head of the ring in memory; events follow. */
struct ring_head {
	u32 id, nr, head, tail, magic, compat, incompat, header_length;
};

/* ---- contexts ---- */

/* Map the ring where the guest sees it. Its address, or -errno. */
static s64 map_ring(struct task_struct *t, u64 size)
{
	struct file *file;
	s64 ret = file_shmem_zero(t->ulk->phys, size, &file);

	if (ret < 0)
		return ret;
	free(file->name);
	file->name = strdup("/[aio] (deleted)");
	ret = file->name ? do_mmap(t->mm, file, 0, size, PROT_READ | PROT_WRITE, MAP_SHARED, 0) : -ENOMEM;
	fput(file);
	return ret;
}

/* A descriptor of ulk's own that is always readable, into *@fd. */
static s64 make_ready_fd(struct task_struct *t, int *fd)
{
	s64 low = HOST(SYS_eventfd2, 1, EFD_CLOEXEC), ret;

	if (low < 0)
		return low;
	ret = own_fd_dup(&t->ulk->phys->own, (int)low, fd);
	HOST(SYS_close, low);
	return ret;
}

static s64 new_context(struct task_struct *t, u32 nr, struct kioctx **out)
{
	struct kioctx *ctx = calloc(1, sizeof(*ctx));
	const struct ring_head *host;
	s64 ret;

	if (!ctx)
		return -ENOMEM;
	ret = HOST(SYS_io_setup, nr, &ctx->host);
	if (ret < 0)
		goto out_free;
	host = (const void *)ctx->host;
	ctx->size = PAGE_ALIGN(sizeof(*host) + (u64)host->nr * sizeof(struct io_event));
	ctx->room = host->nr - 1;
	ret = make_ready_fd(t, &ctx->ready_fd);
	if (ret < 0)
		goto out_destroy;
	ret = map_ring(t, ctx->size);
	if (ret < 0)
		goto out_close;
	ctx->id = (u64)ret;
	ctx->refcount = 1;
	ctx->next = t->signal->ioctx_table;
	t->signal->ioctx_table = ctx;
	*out = ctx;
	return 0;
out_close:
	own_fd_close(&t->ulk->phys->own, &ctx->ready_fd);
out_destroy:
	HOST(SYS_io_destroy, ctx->host);
out_free:
	free(ctx);
	return ret;
}

/* io_setup(nr, ctx in/out) */
SYSCALL(io_setup)
{
	struct kioctx *ctx;
	u64 id;
	s64 ret;

	if (get_user(t->mm, id, a[1]))
		return -EFAULT;
	if (id || !(u32)a[0])
		return -EINVAL;
	ret = new_context(t, (u32)a[0], &ctx);
	if (ret)
		return ret;
	if (put_user(t->mm, ctx->id, a[1])) {
		do_munmap(t->mm, ctx->id, ctx->size);
		ioctx_kill(t->signal, ctx);
		return -EFAULT;
	}
	return 0;
}

SYSCALL(io_destroy)
{
	struct kioctx *ctx = ioctx_get(t->signal, a[0]);

	if (!ctx)
		return -EINVAL;
	do_munmap(t->mm, ctx->id, ctx->size);
	ioctx_kill(t->signal, ctx);
	ioctx_put(ctx);
	return 0;
}

/* ---- submitting ---- */

static s64 host_submit(struct kioctx *ctx, struct iocb *iocb)
{
	s64 ret = HOST(SYS_io_submit, ctx->host, 1, &iocb);

	return ret == 1 ? 0 : ret < 0 ? ret : -EAGAIN;
}

/* A carried-out request's event: a poll of what is always ready. */
static s64 post_event(struct kioctx *ctx, struct aio_request *req, s64 res)
{
	req->carried_out = true;
	req->res = res;
	req->host.aio_lio_opcode = IOCB_CMD_POLL;
	req->host.aio_fildes = (u32)ctx->ready_fd;
	req->host.aio_buf = POLLIN;
	return host_submit(ctx, &req->host);
}

/* Mistakes of the request itself, which io_submit returns; whatever else happens to it is told by its event. */
static bool is_submit_error(struct task_struct *t, const struct iocb *io, s64 err)
{
	s64 flags;

	switch (err) {
	case -EBADF:
	case -EOPNOTSUPP:
		return true;
	case -EINVAL:
		/* A badly aligned O_DIRECT transfer is found out by the file system only. */
		flags = HOST(SYS_fcntl, fd_host(t, io->aio_fildes), F_GETFL);
		return flags < 0 || !(flags & O_DIRECT) || io->aio_offset < 0;
	default:
		return false;
	}
}

static s64 transfer(struct task_struct *t, const struct iocb *io, s64 *res)
{
	bool vector = io->aio_lio_opcode == IOCB_CMD_PREADV || io->aio_lio_opcode == IOCB_CMD_PWRITEV;
	bool write = io->aio_lio_opcode == IOCB_CMD_PWRITE || io->aio_lio_opcode == IOCB_CMD_PWRITEV;
	int fd = fd_host(t, io->aio_fildes);
	s64 pos = io->aio_offset;

	/* What has no positions ignores them. */
	if (HOST(SYS_lseek, fd, 0, SEEK_CUR) == -ESPIPE)
		pos = -1;
	else if (pos < 0)
		return -EINVAL;
	if (vector) {
		struct iovec *iov;
		s64 err;
		int n;

		err = iovec_from_user(t->mm, io->aio_buf, io->aio_nbytes, &iov, &n);
		free(iov);
		if (err)
			return err;
	} else if (!access_ok(io->aio_buf, io->aio_nbytes)) {
		return -EFAULT;
	}
	*res = rw_at(t, write, (u64)fd, io->aio_buf, io->aio_nbytes, pos, (u32)io->aio_rw_flags, vector);
	if (*res == -EISDIR)
		return -EINVAL;
	if (is_submit_error(t, io, *res))
		return *res;
	if (*res <= -ERESTARTSYS && *res >= -ERESTART_RESTARTBLOCK)
		*res = -EINTR;
	return 0;
}

static s64 flush(struct task_struct *t, const struct iocb *io, s64 *res)
{
	if (io->aio_buf || io->aio_offset || io->aio_nbytes || io->aio_rw_flags)
		return -EINVAL;
	*res = HOST_WAIT(t, io->aio_lio_opcode == IOCB_CMD_FDSYNC ? SYS_fdatasync : SYS_fsync,
			 fd_host(t, io->aio_fildes));
	return *res == -EBADF || *res == -EINVAL ? *res : 0;
}

/* Carry out or begin one request. */
static s64 begin(struct task_struct *t, struct kioctx *ctx, struct aio_request *req, const struct iocb *io)
{
	s64 res, err;

	req->host.aio_data = (u64)req;
	req->host.aio_flags = io->aio_flags & IOCB_FLAG_RESFD;
	req->host.aio_resfd = (u32)fd_host(t, io->aio_resfd);
	switch (io->aio_lio_opcode) {
	case IOCB_CMD_PREAD:
	case IOCB_CMD_PWRITE:
	case IOCB_CMD_PREADV:
	case IOCB_CMD_PWRITEV:
		err = transfer(t, io, &res);
		break;
	case IOCB_CMD_FSYNC:
	case IOCB_CMD_FDSYNC:
		err = flush(t, io, &res);
		break;
	case IOCB_CMD_POLL:
		req->host = *io;
		req->host.aio_data = (u64)req;
		req->host.aio_resfd = (u32)fd_host(t, io->aio_resfd);
		req->host.aio_fildes = (u32)fd_host(t, io->aio_fildes);
		return host_submit(ctx, &req->host);
	default:
		return -EINVAL;
	}
	return err ? err : post_event(ctx, req, res);
}

static bool is_eventfd(struct task_struct *t, u32 fd)
{
	char path[40], name[32];
	s64 n;

	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd_host(t, fd));
	n = HOST(SYS_readlink, path, name, sizeof(name));
	return n == 20 && !memcmp(name, "anon_inode:[eventfd]", 20);
}

static s64 submit_one(struct task_struct *t, struct kioctx *ctx, u64 addr)
{
	struct aio_request *req;
	const u32 key = IOCB_KEY;
	struct iocb io;
	s64 err;

	if (copy_from_user(t->mm, &io, addr, sizeof(io)))
		return -EFAULT;
	if (io.aio_reserved2 || (s64)io.aio_nbytes < 0)
		return -EINVAL;
	if (ctx->nr_requests >= ctx->room)
		return -EAGAIN;
	if (HOST(SYS_fcntl, fd_host(t, io.aio_fildes), F_GETFD) < 0)
		return -EBADF;
	if (io.aio_flags & IOCB_FLAG_RESFD) {
		if (HOST(SYS_fcntl, fd_host(t, io.aio_resfd), F_GETFD) < 0)
			return -EBADF;
		if (!is_eventfd(t, io.aio_resfd))
			return -EINVAL;
	}
	if (copy_to_user(t->mm, addr + offsetof(struct iocb, aio_key), &key, sizeof(key)))
		return -EFAULT;
	req = calloc(1, sizeof(*req));
	if (!req)
		return -EAGAIN;
	req->iocb = addr;
	req->data = io.aio_data;
	req->next = ctx->requests;
	ctx->requests = req;
	ctx->nr_requests++;
	err = begin(t, ctx, req, &io);
	if (err) {
		struct aio_request **p = &ctx->requests;

		while (*p != req)
			p = &(*p)->next;
		*p = req->next;
		ctx->nr_requests--;
		free(req);
	}
	return err;
}

/* io_submit(ctx, nr, iocbs) */
SYSCALL(io_submit)
{
	struct kioctx *ctx;
	s64 nr = (s64)a[1], done = 0, err = 0;

	if (nr < 0)
		return -EINVAL;
	ctx = ioctx_get(t->signal, a[0]);
	if (!ctx)
		return -EINVAL;
	nr = min_t(s64, nr, ctx->room + 1);
	for (; done < nr && !err; done += !err) {
		u64 addr;

		if (ctx->dead || get_user(t->mm, addr, a[2] + (u64)done * sizeof(addr)))
			err = ctx->dead ? -EINVAL : -EFAULT;
		else
			err = submit_one(t, ctx, addr);
	}
	ioctx_put(ctx);
	return done ? done : err;
}

/* ---- events ---- */

/* The guest's event for the host's; the request is done with. */
static void take_event(struct kioctx *ctx, struct io_event *e)
{
	struct aio_request **p = &ctx->requests, *req;

	while (*p && (u64)*p != e->data)
		p = &(*p)->next;
	req = *p;
	if (!req)
		return;
	*p = req->next;
	ctx->nr_requests--;
	*e = (struct io_event){ req->data, req->iocb, req->carried_out ? req->res : e->res, 0 };
	free(req);
}

/* An event that could not be handed over is there again. */
static void give_back(struct kioctx *ctx, const struct io_event *e)
{
	struct aio_request *req = calloc(1, sizeof(*req));

	if (!req)
		return;
	req->iocb = e->obj;
	req->data = e->data;
	req->host.aio_data = (u64)req;
	req->next = ctx->requests;
	ctx->requests = req;
	ctx->nr_requests++;
	post_event(ctx, req, e->res);
}

static s64 hand_over(struct task_struct *t, struct kioctx *ctx, struct io_event *events, s64 n, u64 to)
{
	s64 done = 0;

	for (s64 i = 0; i < n; i++)
		take_event(ctx, &events[i]);
	while (done < n && !copy_to_user(t->mm, to + (u64)done * sizeof(*events), &events[done], sizeof(*events)))
		done++;
	for (s64 i = done; i < n; i++)
		give_back(ctx, &events[i]);
	return done ? done : -EFAULT;
}

static s64 read_events(struct task_struct *t, const u64 *a, const struct timespec *timeout)
{
	struct kioctx *ctx = ioctx_get(t->signal, a[0]);
	s64 min = (s64)a[1], nr = (s64)a[2], ret = -EINVAL;
	struct io_event *events;

	if (!ctx)
		return -EINVAL;
	if (min > nr || min < 0)
		goto out;
	nr = min_t(s64, nr, max_t(s64, EVENTS_MAX, ctx->room));
	events = malloc((size_t)max_t(s64, nr, 1) * sizeof(*events));
	ret = -ENOMEM;
	if (!events)
		goto out;
	/* More than there is room for never come. */
	ret = HOST_BLOCKING(t, SYS_io_getevents, ctx->host, min_t(s64, min, nr), nr, events, timeout);
	if (ret > 0)
		ret = hand_over(t, ctx, events, ret, a[3]);
	free(events);
out:
	ioctx_put(ctx);
	return ret;
}

/* io_getevents(ctx, min, nr, events, timeout) */
SYSCALL(io_getevents)
{
	struct timespec timeout;

	if (a[4] && get_user(t->mm, timeout, a[4]))
		return -EFAULT;
	return no_restart(read_events(t, a, a[4] ? &timeout : NULL));
}

/* io_pgetevents(ctx, min, nr, events, timeout, { sigmask, size }) */
SYSCALL(io_pgetevents)
{
	struct timespec timeout;
	struct { u64 mask, size; } sig = { 0 };
	s64 ret;

	if (a[4] && get_user(t->mm, timeout, a[4]))
		return -EFAULT;
	if (a[5] && get_user(t->mm, sig, a[5]))
		return -EFAULT;
	ret = sigmask_enter(t, sig.mask, sig.size);
	if (ret)
		return ret;
	ret = no_restart(read_events(t, a, a[4] ? &timeout : NULL));
	sigmask_leave(t, sig.mask, ret == -EINTR);
	return ret == -EINTR ? -ERESTARTNOHAND : ret;
}

/* io_cancel(ctx, iocb, result): of a poll only, and its event comes as always. */
SYSCALL(io_cancel)
{
	struct aio_request *req;
	struct io_event event;
	struct kioctx *ctx;
	s64 ret = -EINVAL;
	u32 key;

	if (copy_from_user(t->mm, &key, a[1] + offsetof(struct iocb, aio_key), sizeof(key)))
		return -EFAULT;
	if (key != IOCB_KEY)
		return -EINVAL;
	ctx = ioctx_get(t->signal, a[0]);
	if (!ctx)
		return -EINVAL;
	for (req = ctx->requests; req && (req->iocb != a[1] || req->carried_out); req = req->next)
		;
	if (req)
		ret = HOST(SYS_io_cancel, ctx->host, &req->host, &event);
	ioctx_put(ctx);
	return ret;
}
