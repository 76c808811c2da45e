// SPDX-License-Identifier: GPL-2.0-or-later
/* Pipes, and the calls that move data between descriptors without showing it: sendfile, splice, tee. */
#include "kernel/files.h"
#include "syscalls/handlers.h"
#include "syscalls/hostvec.h"
#include "syscalls/written.h"

static void close_pair(const int *fds)
{
	HOST(SYS_close, fds[0]);
	HOST(SYS_close, fds[1]);
}

/* The pair of descriptors of pipe2 and socketpair: both within the limit and told to the guest, or none. */
s64 fd_pair_made(struct task_struct *t, s64 ret, int *fds, u64 addr)
{
	if (ret < 0)
		return ret;
	s64 first = fd_made(t, fds[0]), second = fd_made(t, fds[1]);

	if (first < 0 || second < 0) {
		HOST(SYS_close, first < 0 ? second : first);
		return -EMFILE;
	}
	fds[0] = (int)first;
	fds[1] = (int)second;
	if (copy_to_user(t->mm, addr, fds, 2 * sizeof(int))) {
		close_pair(fds);
		return -EFAULT;
	}
	return ret;
}

static s64 do_pipe2(struct task_struct *t, u64 addr, u64 flags)
{
	int fds[2];

	return fd_pair_made(t, HOST(SYS_pipe2, fds, flags), fds, addr);
}

SYSCALL(pipe)
{
	return do_pipe2(t, a[0], 0);
}

SYSCALL(pipe2)
{
	return do_pipe2(t, a[0], a[1]);
}

/* sendfile(out, in, offset, count) */
SYSCALL(sendfile)
{
	struct host_obj off;
	s64 ret;

	if (special_fd(t, (int)a[1]))
		return -EINVAL;
	obj_get_inout(t, &off, a[2], sizeof(s64));
	ret = HOST_AFTER_SIGNALS(t, SYS_sendfile, a[0], a[1], off.host, a[3]);
	fd_written(t, a[0], -1, ret);
	/* Linux stores the offset whatever the result is. */
	return obj_put(t, &off, ret, sizeof(s64));
}

/* Two descriptors with an offset each: splice and copy_file_range. */
static s64 between(struct task_struct *t, long nr, const u64 *a)
{
	struct host_obj in, out;
	s64 ret;

	if (special_fd(t, (int)a[0]))
		return -EINVAL;
	obj_get_inout(t, &in, a[1], sizeof(s64));
	obj_get_inout(t, &out, a[3], sizeof(s64));
	ret = HOST_AFTER_SIGNALS(t, nr, a[0], in.host, a[2], out.host, a[4], a[5]);
	fd_written(t, a[2], out.copied ? *(s64 *)out.host - ret : -1, ret);
	bool store = ret > 0 || (!ret && nr == SYS_splice);

	ret = obj_put(t, &in, ret, store ? sizeof(s64) : 0);
	return obj_put(t, &out, ret, store ? sizeof(s64) : 0);
}

SYSCALL(splice)
{
	return between(t, SYS_splice, a);
}

SYSCALL(copy_file_range)
{
	return between(t, SYS_copy_file_range, a);
}

SYSCALL(tee)
{
	return HOST_AFTER_SIGNALS(t, SYS_tee, a[0], a[1], a[2], a[3]);
}

/* What a pipe can have pages of: up to memory of memfd_secret's. How many bytes. */
static size_t leave_secrets(struct task_struct *t, struct guest_vec *gv)
{
	size_t total = 0, got;

	for (int i = 0; i < gv->count; i++) {
		got = user_not_secret(t->mm, (u64)gv->iov[i].iov_base, gv->iov[i].iov_len);
		total += got;
		if (got < gv->iov[i].iov_len) {
			gv->iov[i].iov_len = got;
			gv->count = i + 1;
		}
	}
	gv->total = total;
	return total;
}

/*
 * vmsplice(fd, iov, count, flags). The host's would leave references to our frames in the pipe, which
 * we could not see when a frame is freed and used again; so the bytes are copied. What a guest can
 * tell: a later change of the buffer does not show in the pipe.
 */
SYSCALL(vmsplice)
{
	u64 nonblock = a[3] & 2 /* SPLICE_F_NONBLOCK */ ? RWF_NOWAIT : 0;
	struct guest_vec gv;
	struct host_vec hv;
	s64 mode, ret;
	int err;

	if (a[3] & ~0xfUL)
		return -EINVAL;
	mode = HOST(SYS_fcntl, a[0], F_GETFL);
	if (mode < 0)
		return mode;
	if (HOST(SYS_fcntl, a[0], F_GETPIPE_SZ) < 0)
		return -EBADF;
	bool in = (mode & O_ACCMODE) == O_RDONLY;

	err = guest_vec_import(t, &gv, a[1], a[2]);
	if (err)
		return err;
	if (!gv.total) {
		guest_vec_free(&gv);
		return 0;
	}
	if (!in && !leave_secrets(t, &gv)) {
		guest_vec_free(&gv);
		return -EFAULT;
	}
	err = in ? host_vec_receive(t, &hv, &gv) : host_vec_pin_fast(t, &hv, &gv, false);
	if (err) {
		ret = err;
	} else {
		/* Pages before a bad one go in, where a write would drop what does not fill its page. */
		if (!in && hv.bytes && hv.iov[hv.count - 1].iov_base == BAD_HOST_PTR)
			hv.count--;
		if (!in && !hv.bytes)
			ret = -EFAULT;
		else
			ret = HOST_AFTER_SIGNALS(t, in ? SYS_preadv2 : SYS_pwritev2, a[0], hv.iov, hv.count, -1, 0, nonblock);
		ret = host_vec_done(&hv, ret);
	}
	guest_vec_free(&gv);
	return ret;
}
