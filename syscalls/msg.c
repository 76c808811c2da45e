// SPDX-License-Identifier: GPL-2.0-or-later
/* Messages on sockets: send and recv in all their forms. */
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include "kernel/determin.h"
#include "syscalls/handlers.h"
#include "syscalls/hostvec.h"
#include "syscalls/sockaddr.h"

/* More than net.core.optmem_max ever allows to send; nobody receives more. */
#define CONTROL_MAX (1UL << 20)
#define CONTROL_FAST 512
#define MMSG_MAX 1024

/* The kernel's user_msghdr is the C library's msghdr, byte for byte, on x86-64. */

/* A message is sent whole or not at all: in one piece when it has too many. */
static int send_vec(struct task_struct *t, struct host_vec *hv, const struct guest_vec *gv)
{
	int err = host_vec_pin(t, hv, gv, false);

	if (err || !hv->out_of_pieces)
		return err;
	host_vec_done(hv, 0);
	return host_vec_bounce(t, hv, gv, false);
}

/* A plain buffer and an optional address. */
static s64 transfer_one(struct task_struct *t, const u64 *a, struct msghdr *m, bool recv)
{
	struct guest_vec gv;
	struct host_vec hv;
	s64 ret;
	int err;

	guest_vec_one(&gv, a[1], a[2]);
	err = recv ? host_vec_receive(t, &hv, &gv) : send_vec(t, &hv, &gv);
	if (err)
		return err;
	m->msg_iov = hv.iov;
	m->msg_iovlen = hv.count;
	if (hv.count != 1)
		ret = HOST_AFTER_SIGNALS(t, recv ? SYS_recvmsg : SYS_sendmsg, a[0], m, a[3]);
	else if (recv)
		ret = HOST_AFTER_SIGNALS(t, SYS_recvfrom, a[0], hv.iov->iov_base, hv.iov->iov_len, a[3], m->msg_name,
				    m->msg_name ? &m->msg_namelen : NULL);
	else
		ret = HOST_AFTER_SIGNALS(t, SYS_sendto, a[0], hv.iov->iov_base, hv.iov->iov_len, a[3], m->msg_name,
				    m->msg_namelen);
	return socket_waited(a[0], recv ? SO_RCVTIMEO : SO_SNDTIMEO, host_vec_done(&hv, ret));
}

/* import_ubuf comes even before the descriptor is looked at. */
static bool buffer_ok(const u64 *a)
{
	return access_ok(a[1], min_t(u64, a[2], MAX_RW_COUNT));
}

/* sendto(fd, buf, len, flags, addr, addrlen) */
SYSCALL(sendto)
{
	struct addr_in in;
	struct msghdr m = { 0 };

	if (!buffer_ok(a))
		return -EFAULT;
	if (a[4]) {
		if ((u32)a[5] > sizeof(in.buf))
			return HOST(SYS_sendto, a[0], BAD_HOST_PTR, 0, a[3], BAD_HOST_PTR, a[5]);
		m.msg_name = (void *)addr_in_get(t, &in, a[4], a[5]);
		m.msg_namelen = (u32)a[5];
	}
	return transfer_one(t, a, &m, false);
}

/* recvfrom(fd, buf, len, flags, addr, addrlen) */
SYSCALL(recvfrom)
{
	struct addr_out out;
	struct msghdr m = { 0 };
	s64 ret;

	if (!buffer_ok(a))
		return -EFAULT;
	addr_out_get(t, &out, a[4], a[5]);
	if (!a[4])
		out.host = NULL;
	if (out.host) {
		m.msg_name = out.buf;
		m.msg_namelen = sizeof(out.buf);
	}
	ret = transfer_one(t, a, &m, true);
	if (ret < 0 || !out.host)
		return ret;
	if (out.host_len != &out.len)
		return -EFAULT;
	out.len = (int)m.msg_namelen;
	if (out.guest_len < 0)
		return -EINVAL;
	return addr_out_put(t, &out, ret);
}

/* ---- sendmsg, recvmsg ---- */

struct message {
	struct task_struct *t;
	u64 addr;                        /* of the guest's msghdr */
	struct msghdr guest;             /* as it was */
	struct msghdr host;
	struct guest_vec gv;
	struct host_vec hv;
	u8 name[sizeof(struct sockaddr_storage)];
	u8 control_fast[CONTROL_FAST] __attribute__((aligned(8)));
	u8 *control;
};

static void message_free(struct message *m)
{
	if (m->control != m->control_fast)
		free(m->control);
	guest_vec_free(&m->gv);
}

/*
 * The parts that both directions share: header, room for name and control data, the vector. Linux
 * looks at the header, then the name, then the vector, so failures come in that order.
 */
static int message_get(struct task_struct *t, struct message *m, u64 addr)
{
	int err;

	m->t = t;
	m->addr = addr;
	m->control = m->control_fast;
	if (get_user(t->mm, m->guest, addr))
		return -EFAULT;
	m->host = m->guest;
	if (!m->guest.msg_name)
		m->host.msg_namelen = 0;
	if ((s32)m->host.msg_namelen < 0)
		return -EINVAL;
	m->host.msg_namelen = min_t(u32, m->host.msg_namelen, sizeof(m->name));
	m->host.msg_name = m->host.msg_namelen ? m->name : NULL;
	if (m->guest.msg_iovlen > HOST_IOV_MAX)
		return -EMSGSIZE;
	err = guest_vec_import(t, &m->gv, (u64)m->guest.msg_iov, m->guest.msg_iovlen);
	if (err)
		return err;
	size_t room = min_t(u64, m->guest.msg_controllen, CONTROL_MAX);

	if (!m->guest.msg_control)
		room = 0;
	if (room > sizeof(m->control_fast)) {
		m->control = malloc(room);
		if (!m->control) {
			m->control = m->control_fast;
			message_free(m);
			return -ENOMEM;
		}
	}
	m->host.msg_control = room ? m->control : NULL;
	m->host.msg_controllen = room;
	return 0;
}

/* ulk's own descriptors cannot be sent: to the guest they are not open. Whether the messages are well made is
 * for the host to say. */
static void control_hide_fds(struct task_struct *t, struct msghdr *h)
{
	const u8 *end = (u8 *)h->msg_control + h->msg_controllen;

	for (struct cmsghdr *c = CMSG_FIRSTHDR(h); c; c = CMSG_NXTHDR(h, c)) {
		if (c->cmsg_len < CMSG_LEN(0) || c->cmsg_len > (size_t)(end - (u8 *)c))
			return;
		if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_RIGHTS)
			continue;
		u32 *fd = (u32 *)CMSG_DATA(c);

		for (size_t n = (c->cmsg_len - CMSG_LEN(0)) / sizeof(*fd); n; n--, fd++)
			*fd = (u32)fd_host(t, *fd);
	}
}

static s64 send_message(struct task_struct *t, u64 fd, u64 addr, u64 flags)
{
	struct message m;
	int err = message_get(t, &m, addr);
	s64 ret;

	if (err)
		return err;
	if (m.host.msg_name && copy_from_user(t->mm, m.name, (u64)m.guest.msg_name, m.host.msg_namelen))
		err = -EFAULT;
	else if (m.guest.msg_controllen > CONTROL_MAX)
		err = -ENOBUFS;
	else if (m.host.msg_control &&
		 copy_from_user(t->mm, m.control, (u64)m.guest.msg_control, m.host.msg_controllen))
		err = -EFAULT;
	else if (m.host.msg_control)
		control_hide_fds(t, &m.host);
	if (!err && m.host.msg_name && t->ulk->det)
		det_port_in(t->ulk, m.name, m.host.msg_namelen);
	if (!err)
		err = send_vec(t, &m.hv, &m.gv);
	if (err) {
		message_free(&m);
		return err;
	}
	m.host.msg_iov = m.hv.iov;
	m.host.msg_iovlen = m.hv.count;
	ret = host_vec_done(&m.hv, HOST_AFTER_SIGNALS(t, SYS_sendmsg, fd, &m.host, flags));
	message_free(&m);
	return socket_waited(fd, SO_SNDTIMEO, ret);
}

/*
 * Descriptors that came in past the guest's limit: closed, and cut off the control data with
 * MSG_CTRUNC, as Linux does when it cannot install them.
 */
static void control_limit_fds(struct task_struct *t, struct msghdr *h)
{
	for (struct cmsghdr *c = CMSG_FIRSTHDR(h); c; c = CMSG_NXTHDR(h, c)) {
		if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_RIGHTS)
			continue;
		size_t n = (c->cmsg_len - CMSG_LEN(0)) / sizeof(u32), good = 0;
		u32 *fd = (u32 *)CMSG_DATA(c);

		for (s64 made; good < n; good++) {
			made = fd_arrived(t, fd[good]);
			if (made < 0)
				break;
			fd[good] = (u32)made;
		}
		if (good == n)
			continue;
		for (size_t i = good + 1; i < n; i++)
			HOST(SYS_close, fd[i]);
		h->msg_flags |= MSG_CTRUNC;
		c->cmsg_len = CMSG_LEN(good * sizeof(u32));
		h->msg_controllen = (u8 *)c - (u8 *)h->msg_control + (good ? CMSG_SPACE(good * sizeof(u32)) : 0);
		return;
	}
}

/* Name, control data, and the three fields of the header that are the kernel's to write. */
static s64 received(struct message *m, s64 ret)
{
	struct mm_struct *mm = m->t->mm;
	struct msghdr *h = &m->host;
	u64 at = m->addr;
	u32 n = min_t(u32, h->msg_namelen, m->guest.msg_namelen);
	u64 control = h->msg_controllen;

	if (m->guest.msg_name) {
		n = min_t(u32, n, sizeof(m->name));
		if (m->t->ulk->det)
			det_port_out(m->t->ulk, m->name, n);
		if (n && copy_to_user(mm, (u64)m->guest.msg_name, m->name, n))
			return -EFAULT;
		if (put_user(mm, h->msg_namelen, at + offsetof(struct msghdr, msg_namelen)))
			return -EFAULT;
	}
	if (control && copy_to_user(mm, (u64)m->guest.msg_control, m->control, control))
		return -EFAULT;
	if (put_user(mm, h->msg_flags, at + offsetof(struct msghdr, msg_flags)) ||
	    put_user(mm, control, at + offsetof(struct msghdr, msg_controllen)))
		return -EFAULT;
	return ret;
}

static s64 recv_message(struct task_struct *t, u64 fd, u64 addr, u64 flags)
{
	struct message m;
	int err = message_get(t, &m, addr);
	s64 ret;

	if (err)
		return err;
	/* The name's room is ours; how much of it the guest takes is settled afterwards. */
	if (m.guest.msg_name) {
		m.host.msg_name = m.name;
		m.host.msg_namelen = sizeof(m.name);
	}
	err = host_vec_receive(t, &m.hv, &m.gv);
	if (err) {
		message_free(&m);
		return err;
	}
	m.host.msg_iov = m.hv.iov;
	m.host.msg_iovlen = m.hv.count;
	ret = host_vec_done(&m.hv, HOST_AFTER_SIGNALS(t, SYS_recvmsg, fd, &m.host, flags));
	if (ret >= 0) {
		if (m.host.msg_control)
			control_limit_fds(t, &m.host);
		ret = received(&m, ret);
	}
	message_free(&m);
	return socket_waited(fd, SO_RCVTIMEO, ret);
}

SYSCALL(sendmsg)
{
	return send_message(t, a[0], a[1], a[2]);
}

SYSCALL(recvmsg)
{
	return recv_message(t, a[0], a[1], a[2]);
}

/* ---- many at once ---- */

/* A mistake about the descriptor comes before all others; an empty vector would hide it. */
static s64 not_a_socket(u64 fd)
{
	int type;
	u32 len = sizeof(type);

	return HOST(SYS_getsockopt, fd, SOL_SOCKET, SO_TYPE, &type, &len);
}

/* sendmmsg(fd, vec, n, flags) */
SYSCALL(sendmmsg)
{
	u32 n = min_t(u32, (u32)a[2], MMSG_MAX), done = 0;
	s64 ret = not_a_socket(a[0]);

	while (ret >= 0 && done < n) {
		u64 at = a[1] + done * sizeof(struct mmsghdr);

		ret = send_message(t, a[0], at, a[3]);
		if (ret >= 0 && put_user(t->mm, (u32)ret, at + offsetof(struct mmsghdr, msg_len)))
			ret = -EFAULT;
		if (ret >= 0)
			done++;
	}
	return done ? done : ret;
}

static s64 ns_now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000000000LL + ts.tv_nsec;
}

/* recvmmsg(fd, vec, n, flags, timeout): the time is looked at between messages only, as by Linux. */
SYSCALL(recvmmsg)
{
	struct timespec timeout;
	s64 deadline = 0, left = 0, ret;
	u64 flags = a[3];
	u32 done = 0;

	if (a[4]) {
		if (get_user(t->mm, timeout, a[4]))
			return -EFAULT;
		if (timeout.tv_sec < 0 || (u64)timeout.tv_nsec >= 1000000000)
			return -EINVAL;
		left = min_t(s64, timeout.tv_sec, 1LL << 32) * 1000000000 + timeout.tv_nsec;
		deadline = ns_now() + left;
	}
	ret = not_a_socket(a[0]);
	while (ret >= 0 && done < (u32)a[2]) {
		u64 at = a[1] + done * sizeof(struct mmsghdr);

		ret = recv_message(t, a[0], at, flags & ~(u64)MSG_WAITFORONE);
		if (ret >= 0 && put_user(t->mm, (u32)ret, at + offsetof(struct mmsghdr, msg_len)))
			ret = -EFAULT;
		if (ret < 0)
			break;
		done++;
		if (flags & MSG_WAITFORONE)
			flags |= MSG_DONTWAIT;
		if (a[4] && (left = deadline - ns_now()) <= 0)
			break;
	}
	if (a[4] && done) {
		left = max_t(s64, left, 0);
		timeout = (struct timespec){ left / 1000000000, left % 1000000000 };
		if (put_user(t->mm, timeout, a[4]))
			return -EFAULT;
	}
	return done ? done : ret;
}
