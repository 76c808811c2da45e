// SPDX-License-Identifier: GPL-2.0-or-later
// Sockets: UNIX and IPv4, streams and datagrams, messages with control data, options.
#include "files.h"
#include <linux/filter.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>

static char buf[1 << 20];

static void names(void)
{
	struct sockaddr_un a = { AF_UNIX, "sock" }, got;
	socklen_t len = sizeof(got);
	int s, c, d;

	P(S(socket, 999, SOCK_STREAM, 0));
	P(S(socket, AF_UNIX, 99, 0));
	P(S(socket, AF_UNIX, SOCK_STREAM, 99));
	P(s = S(socket, AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
	P(fcntl(s, F_GETFL));
	P(S(bind, s, &a, 0));
	P(S(bind, s, &a, -1));
	P(S(bind, s, &a, 500));
	P(S(bind, s, NOWHERE, 20));
	P(S(bind, s, &a, sizeof(a)));
	P(S(bind, s, &a, sizeof(a)));
	P(S(bind, 0, &a, sizeof(a)));
	P(S(bind, 99, &a, sizeof(a)));
	P(S(getsockname, s, &got, &len));
	printf("%u %s\n", len, got.sun_path);
	len = 5;
	P(S(getsockname, s, &got, &len));
	printf("%u\n", len);
	len = -1;
	P(S(getsockname, s, &got, &len));
	len = sizeof(got);
	P(S(getsockname, s, NOWHERE, &len));
	P(S(getsockname, s, &got, NOWHERE));
	P(S(getsockname, s, NULL, &len));
	P(S(getpeername, s, &got, &len));
	P(S(accept, s, NULL, NULL));
	P(S(listen, s, 5));
	P(S(listen, 99, 5));
	P(S(accept, s, NULL, NULL));
	c = socket(AF_UNIX, SOCK_STREAM, 0);
	P(S(connect, c, &a, 4));
	P(S(connect, c, NOWHERE, 20));
	P(S(connect, c, &(struct sockaddr_un){ AF_UNIX, "none" }, sizeof(a)));
	P(S(connect, c, &a, sizeof(a)));
	P(S(connect, c, &a, sizeof(a)));
	len = sizeof(got);
	P((d = S(accept4, s, &got, &len, SOCK_CLOEXEC)) > 0);
	printf("%u\n", len);
	P(fcntl(d, F_GETFD));
	P(S(accept4, s, NULL, NULL, 0x1234));
	P(S(sendto, c, "hello", 5, 0, NULL, 0));
	P(S(recvfrom, d, buf, 100, 0, &got, &len));
	printf("%u\n", len);
	P(S(shutdown, c, SHUT_WR));
	P(S(recvfrom, d, buf, 100, 0, NULL, NULL));
	P(S(shutdown, c, 9));
	P(S(shutdown, 0, 0));
	close(c);
	P(S(sendto, d, "x", 1, MSG_NOSIGNAL, NULL, 0));
	close(d);
	close(s);
}

static void datagrams(void)
{
	struct sockaddr_in a = { AF_INET, 0, { htonl(INADDR_LOOPBACK) } }, from;
	int r = socket(AF_INET, SOCK_DGRAM, 0), s = socket(AF_INET, SOCK_DGRAM, 0);
	socklen_t len = sizeof(a);
	char *p = pages();

	P(bind(r, (void *)&a, sizeof(a)));
	P(getsockname(r, (void *)&a, &len));
	P(S(sendto, s, "datagram", 8, 0, &a, sizeof(a)));
	P(S(sendto, s, "datagram", 8, 0, NULL, 0));
	P(S(sendto, s, "datagram", 8, 0, &a, 3));
	P(S(sendto, s, "datagram", 8, 0, &a, 200));
	P(S(sendto, s, "datagram", 8, 0, NOWHERE, 16));
	P(S(sendto, s, NOWHERE, 8, 0, &a, sizeof(a)));
	P(S(sendto, s, KERNEL, 8, 0, &a, sizeof(a)));
	P(S(sendto, s, p + 12288 - 4, 8, 0, &a, sizeof(a)));
	P(S(sendto, s, buf, 70000, 0, &a, sizeof(a)));
	P(S(sendto, s, buf, 60000, 0, &a, sizeof(a)));
	P(S(sendto, s, buf, 0, 0, &a, sizeof(a)));
	P(S(recvfrom, r, buf, 100, MSG_PEEK, NULL, NULL));
	P(S(recvfrom, r, buf, 3, MSG_TRUNC | MSG_PEEK, NULL, NULL));
	len = sizeof(from);
	P(S(recvfrom, r, buf, 3, 0, &from, &len));
	printf("%u %d\n", len, from.sin_family);
	P(S(recvfrom, r, buf, 20000, MSG_TRUNC, NULL, NULL));
	P(S(recvfrom, r, buf, 100, 0, NULL, NULL));
	P(S(recvfrom, r, buf, 100, MSG_DONTWAIT, NULL, NULL));
	sendto(s, "12345678", 8, 0, (void *)&a, sizeof(a));
	P(S(recvfrom, r, p + 8192 - 4, 8, 0, NULL, NULL));
	P(S(recvfrom, r, KERNEL, 8, MSG_DONTWAIT, NULL, NULL));
	P(S(recvfrom, r, buf, 8, MSG_DONTWAIT, NULL, NULL));
	P(S(recvfrom, 0, buf, 8, 0, NULL, NULL));
	P(S(recvfrom, 99, buf, 8, 0, NULL, NULL));
	close(r);
	close(s);
}

static void control(void)
{
	int sp[2], fds[2], one = 1, got;
	char cbuf[200], *p = pages();
	struct iovec v = { "msg", 3 };
	struct msghdr m = { .msg_iov = &v, .msg_iovlen = 1 };
	struct cmsghdr *c = (void *)cbuf;

	P(S(socketpair, AF_UNIX, SOCK_DGRAM, 0, NOWHERE));
	P(S(socketpair, AF_INET, SOCK_STREAM, 0, sp));
	P(S(socketpair, AF_UNIX, SOCK_DGRAM, 0, sp));
	pipe(fds);
	c->cmsg_level = SOL_SOCKET;
	c->cmsg_type = SCM_RIGHTS;
	c->cmsg_len = CMSG_LEN(8);
	memcpy(CMSG_DATA(c), fds, 8);
	m.msg_control = cbuf;
	m.msg_controllen = CMSG_SPACE(8);
	P(S(sendmsg, sp[0], &m, 0));
	P(S(sendmsg, sp[0], &m, 0));
	((int *)CMSG_DATA(c))[1] = 16100;
	P(S(sendmsg, sp[0], &m, 0));
	((int *)CMSG_DATA(c))[1] = 99;
	P(S(sendmsg, sp[0], &m, 0));
	memset(cbuf, 0, sizeof(cbuf));
	v = (struct iovec){ buf, 100 };
	m.msg_controllen = sizeof(cbuf);
	P(S(recvmsg, sp[1], &m, MSG_CMSG_CLOEXEC));
	printf("%d %d %d %x\n", (int)m.msg_controllen, (int)c->cmsg_len, c->cmsg_type, m.msg_flags);
	got = ((int *)CMSG_DATA(c))[1];
	P(got);
	P(fcntl(got, F_GETFD));
	P(write(got, "through", 7));
	P(read(fds[0], buf, 100));
	m.msg_controllen = CMSG_LEN(4);
	P(S(recvmsg, sp[1], &m, 0));
	printf("%d %x\n", (int)m.msg_controllen, m.msg_flags);
	setsockopt(sp[1], SOL_SOCKET, SO_PASSCRED, &one, sizeof(one));
	v = (struct iovec){ "creds", 5 };
	m.msg_controllen = 0;
	P(S(sendmsg, sp[0], &m, 0));
	v = (struct iovec){ p + 4090, 100 };
	m.msg_controllen = sizeof(cbuf);
	P(S(recvmsg, sp[1], &m, 0));
	printf("%d %d %d\n", (int)m.msg_controllen, c->cmsg_type, ((struct ucred *)CMSG_DATA(c))->pid == getpid());
	P(S(sendmsg, sp[0], NOWHERE, 0));
	P(S(recvmsg, sp[0], NOWHERE, MSG_DONTWAIT));
	m.msg_iovlen = 2000;
	P(S(sendmsg, sp[0], &m, 0));
	P(S(recvmsg, sp[0], &m, MSG_DONTWAIT));
	m.msg_iovlen = 1;
	m.msg_iov = NOWHERE;
	P(S(sendmsg, sp[0], &m, 0));
	m.msg_iov = &v;
	m.msg_control = NOWHERE;
	m.msg_controllen = 50;
	P(S(sendmsg, sp[0], &m, 0));
	m.msg_controllen = -1;
	P(S(sendmsg, sp[0], &m, 0));
	m.msg_controllen = 0;
	m.msg_name = buf;
	m.msg_namelen = -1;
	P(S(sendmsg, sp[0], &m, 0));
	P(S(recvmsg, sp[0], &m, MSG_DONTWAIT));
}

static void many(void)
{
	struct mmsghdr mm[5] = { 0 };
	struct iovec v[5];
	struct timespec ts = { 0, 50000000 }, bad = { 0, -1 };
	int sp[2];

	socketpair(AF_UNIX, SOCK_DGRAM, 0, sp);
	for (int i = 0; i < 5; i++) {
		v[i] = (struct iovec){ "0123456789", i + 1 };
		mm[i].msg_hdr.msg_iov = &v[i];
		mm[i].msg_hdr.msg_iovlen = 1;
	}
	P(S(sendmmsg, sp[0], mm, 3, 0));
	printf("%u %u %u\n", mm[0].msg_len, mm[1].msg_len, mm[2].msg_len);
	mm[1].msg_hdr.msg_iov = NOWHERE;
	P(S(sendmmsg, sp[0], mm, 3, 0));
	P(S(sendmmsg, sp[0], mm + 1, 3, 0));
	P(S(sendmmsg, sp[0], mm, 0, 0));
	P(S(sendmmsg, 99, mm, 1, 0));
	P(S(sendmmsg, 0, mm, 1, 0));
	mm[1].msg_hdr.msg_iov = &v[1];
	for (int i = 0; i < 5; i++)
		v[i] = (struct iovec){ buf + i * 100, 100 };
	P(S(recvmmsg, sp[1], mm, 2, 0, NULL));
	P(S(recvmmsg, sp[1], mm, 5, MSG_WAITFORONE, NULL));
	P(S(recvmmsg, sp[1], mm, 5, MSG_DONTWAIT, NULL));
	P(S(recvmmsg, sp[1], mm, 5, MSG_DONTWAIT, &bad));
	P(S(recvmmsg, sp[1], mm, 5, MSG_DONTWAIT, NOWHERE));
	P(S(recvmmsg, sp[1], mm, 5, MSG_DONTWAIT, &ts));
	P(S(recvmmsg, sp[1], mm, 0, 0, NULL));
	close(sp[0]);
	close(sp[1]);
}

static void options(void)
{
	struct sock_filter code[1] = { BPF_STMT(BPF_RET | BPF_K, 2) };
	struct sock_fprog prog = { 1, code };
	struct timeval tv = { 0, 20000 };
	int t = socket(AF_INET, SOCK_STREAM, 0), sp[2], n;
	socklen_t len = sizeof(n);
	struct ucred cred;

	socketpair(AF_UNIX, SOCK_DGRAM, 0, sp);
	n = 1;
	P(S(setsockopt, t, SOL_SOCKET, SO_REUSEADDR, &n, 4));
	P(S(getsockopt, t, SOL_SOCKET, SO_REUSEADDR, &n, &len));
	printf("%d %u\n", n, len);
	P(S(setsockopt, t, SOL_SOCKET, SO_REUSEADDR, &n, 1));
	P(S(setsockopt, t, SOL_SOCKET, SO_REUSEADDR, NOWHERE, 4));
	P(S(setsockopt, t, SOL_SOCKET, SO_REUSEADDR, &n, -1));
	P(S(setsockopt, t, SOL_SOCKET, 9999, &n, 4));
	P(S(setsockopt, t, 9999, 1, &n, 4));
	P(S(setsockopt, 0, SOL_SOCKET, SO_REUSEADDR, &n, 4));
	P(S(getsockopt, t, SOL_SOCKET, SO_TYPE, &n, &len));
	printf("%d\n", n);
	len = 2;
	P(S(getsockopt, t, SOL_SOCKET, SO_TYPE, &n, &len));
	printf("%u\n", len);
	len = -1;
	P(S(getsockopt, t, SOL_SOCKET, SO_TYPE, &n, &len));
	len = 4;
	P(S(getsockopt, t, SOL_SOCKET, SO_TYPE, NOWHERE, &len));
	P(S(getsockopt, t, SOL_SOCKET, SO_TYPE, &n, NOWHERE));
	n = 1;
	P(S(setsockopt, t, IPPROTO_TCP, TCP_NODELAY, &n, 4));
	P(S(getsockopt, t, IPPROTO_TCP, TCP_NODELAY, &n, &len));
	printf("%d\n", n);
	len = sizeof(cred);
	P(S(getsockopt, sp[0], SOL_SOCKET, SO_PEERCRED, &cred, &len));
	printf("%d\n", cred.pid == getpid());
	P(S(setsockopt, sp[1], SOL_SOCKET, SO_ATTACH_FILTER, &prog, sizeof(prog)));
	P(S(setsockopt, sp[1], SOL_SOCKET, SO_ATTACH_FILTER, &prog, 3));
	prog.filter = NOWHERE;
	P(S(setsockopt, sp[1], SOL_SOCKET, SO_ATTACH_FILTER, &prog, sizeof(prog)));
	P(write(sp[0], "four", 4));
	P(read(sp[1], buf, 100));
	P(S(setsockopt, sp[1], SOL_SOCKET, SO_DETACH_FILTER, NULL, 0));
	P(S(setsockopt, sp[1], SOL_SOCKET, SO_RCVTIMEO, &tv, sizeof(tv)));
	P(read(sp[1], buf, 100));
	P(S(setsockopt, sp[1], SOL_SOCKET, SO_BINDTODEVICE, "lo", 3) == 0);
	close(t);
}

static void tcp(void)
{
	struct sockaddr_in a = { AF_INET, 0, { htonl(INADDR_LOOPBACK) } };
	int l = socket(AF_INET, SOCK_STREAM, 0), c = socket(AF_INET, SOCK_STREAM, 0), d;
	socklen_t len = sizeof(a);
	long total = 0, n;

	bind(l, (void *)&a, sizeof(a));
	getsockname(l, (void *)&a, &len);
	P(listen(l, 1));
	P(connect(c, (void *)&a, sizeof(a)));
	P((d = accept(l, NULL, NULL)) > 0);
	fcntl(c, F_SETFL, O_NONBLOCK);
	for (size_t i = 0; i < sizeof(buf); i++)
		buf[i] = (char)(i * 31);
	P(send(c, buf, 50000, 0));
	static char in[100000];

	while (total < 50000 && (n = recv(d, in + total, sizeof(in) - total, 0)) > 0)
		total += n;
	printf("%ld %d\n", total, memcmp(in, buf, 50000));
	P(send(c, buf, 50000, 0));
	P(recv(d, in, 50000, MSG_WAITALL));
	printf("%d\n", memcmp(in, buf, 50000));
	P(send(d, "!", 1, MSG_OOB));
	usleep(10000);
	P(recv(c, in, 1, MSG_OOB));
	close(d);
	usleep(10000);
	P(recv(c, in, 10, 0));
	close(c);
	c = socket(AF_INET, SOCK_STREAM, 0);
	close(l);
	P(connect(c, (void *)&a, sizeof(a)));
	P(send(c, "x", 1, MSG_NOSIGNAL));
	close(c);
}

int main(void)
{
	close_range(3, ~0U, 0);
	names();
	datagrams();
	control();
	many();
	options();
	tcp();
	return 0;
}
