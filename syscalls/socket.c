// SPDX-License-Identifier: GPL-2.0-or-later
/* Sockets: making, binding, connecting, naming them. */
#include <string.h>
#include <sys/time.h>
#include "kernel/determin.h"
#include "syscalls/handlers.h"
#include "syscalls/sockaddr.h"

const void *addr_in_get(struct task_struct *t, struct addr_in *in, u64 addr, u64 len)
{
	in->host = in->buf;
	if (!addr)
		in->host = NULL;
	else if ((u32)len <= sizeof(in->buf) && copy_from_user(t->mm, in->buf, addr, (u32)len))
		in->host = BAD_HOST_PTR;
	else if (t->ulk->det && (u32)len <= sizeof(in->buf))
		det_port_in(t->ulk, in->buf, (u32)len);
	return in->host;
}

void addr_out_get(struct task_struct *t, struct addr_out *out, u64 addr, u64 len_addr)
{
	out->addr = addr;
	out->len_addr = len_addr;
	out->host = out->buf;
	out->host_len = &out->len;
	out->len = 0;
	if (get_user(t->mm, out->guest_len, len_addr)) {
		out->host_len = BAD_HOST_PTR;
		return;
	}
	out->len = min_t(int, out->guest_len, (int)sizeof(out->buf));
}

s64 addr_out_put(struct task_struct *t, struct addr_out *out, s64 ret)
{
	int n;

	if (ret < 0 || !out->host)
		return ret;
	if (t->ulk->det && out->len > 0)
		det_port_out(t->ulk, out->buf, min_t(size_t, (size_t)out->len, sizeof(out->buf)));
	n = min_t(int, min_t(int, out->len, out->guest_len), (int)sizeof(out->buf));
	if (n > 0 && copy_to_user(t->mm, out->addr, out->buf, n))
		return -EFAULT;
	return put_user(t->mm, out->len, out->len_addr) ? -EFAULT : ret;
}

s64 socket_waited(u64 fd, int option, s64 ret)
{
	struct timeval tv = { 0, 0 };
	u32 len = sizeof(tv);

	if (ret != -ERESTARTSYS)
		return ret;
	if (!HOST(SYS_getsockopt, fd, SOL_SOCKET, option, &tv, &len) && (tv.tv_sec || tv.tv_usec))
		return -EINTR;
	return ret;
}

SYSCALL(socket)
{
	return fd_made(t, HOST(SYS_socket, a[0], a[1], a[2]));
}

SYSCALL(socketpair)
{
	int fds[2];

	return fd_pair_made(t, HOST(SYS_socketpair, a[0], a[1], a[2], fds), fds, a[3]);
}

SYSCALL(bind)
{
	struct addr_in in;

	const void *addr = addr_in_get(t, &in, a[1], a[2]);
	bool had = t->ulk->det && det_port_now((int)a[0]);
	s64 ret = HOST(SYS_bind, a[0], addr, a[2]);

	if (!ret && t->ulk->det && !had)
		det_port_picked(t->ulk, (int)a[0], in.buf[2] == 0 && in.buf[3] == 0);
	return ret;
}

SYSCALL(listen)
{
	return HOST(SYS_listen, a[0], a[1]);
}

SYSCALL(connect)
{
	struct addr_in in;
	const void *addr = addr_in_get(t, &in, a[1], a[2]);

	bool had = !t->ulk->det || det_port_now((int)a[0]);
	s64 ret = HOST_AFTER_SIGNALS(t, SYS_connect, a[0], addr, a[2]);

	if (!had)
		det_port_picked(t->ulk, (int)a[0], true);
	return socket_waited(a[0], SO_SNDTIMEO, ret);
}

static s64 do_accept(struct task_struct *t, const u64 *a, u64 flags)
{
	struct addr_out out;
	s64 fd, ret;

	addr_out_get(t, &out, a[1], a[2]);
	if (!a[1])
		out.host = NULL;
	fd = fd_made(t, HOST_AFTER_SIGNALS(t, SYS_accept4, a[0], out.host, out.host_len, flags));
	ret = addr_out_put(t, &out, fd);
	if (fd >= 0 && ret < 0)
		HOST(SYS_close, fd);
	return socket_waited(a[0], SO_RCVTIMEO, ret);
}

SYSCALL(accept)
{
	return do_accept(t, a, 0);
}

SYSCALL(accept4)
{
	return do_accept(t, a, a[3]);
}

static s64 name_of(struct task_struct *t, long nr, const u64 *a)
{
	struct addr_out out;
	s64 ret;

	addr_out_get(t, &out, a[1], a[2]);
	ret = HOST(nr, a[0], out.host, out.host_len);
	return addr_out_put(t, &out, ret);
}

SYSCALL(getsockname)
{
	return name_of(t, SYS_getsockname, a);
}

SYSCALL(getpeername)
{
	return name_of(t, SYS_getpeername, a);
}

SYSCALL(shutdown)
{
	return HOST(SYS_shutdown, a[0], a[1]);
}
