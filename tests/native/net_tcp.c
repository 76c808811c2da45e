// SPDX-License-Identifier: GPL-2.0-or-later
// TCP on loopback: connect, half-close, reset, urgent data, what poll says.
#include "net.h"

int main(void)
{
	struct sockaddr_in a, got;
	socklen_t len = sizeof(got);
	int t[2], n, l = bound(SOCK_STREAM, &a), c = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0), err;
	char buf[100];

	P(S(connect, c, &a, sizeof(a)));
	ready(c, POLLOUT);
	len = 4;
	P(getsockopt(c, SOL_SOCKET, SO_ERROR, &err, &len));
	P(err);
	P(S(listen, l, 1));
	close(c);
	c = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
	P(S(read, c, buf, 1));
	P(S(connect, c, &a, sizeof(a)));
	printf("%x\n", ready(c, POLLOUT));
	P(S(connect, c, &a, sizeof(a)));
	P(S(connect, c, &a, sizeof(a)));
	close(c);
	tcp_pair(t);
	len = sizeof(got);
	P(S(getpeername, t[0], &got, &len));
	printf("%u %x\n", len, ntohl(got.sin_addr.s_addr));
	P(S(write, t[0], "hello", 5));
	ready(t[1], POLLIN);
	P(ioctl(t[1], FIONREAD, &n));
	printf("%d\n", n);
	P(send(t[0], "!", 1, MSG_OOB));
	printf("%x\n", ready(t[1], POLLPRI) & POLLPRI);
	P(S(read, t[1], buf, 3));
	P(ioctl(t[1], SIOCATMARK, &n));
	printf("%d\n", n);
	P(S(read, t[1], buf, 100));
	P(ioctl(t[1], SIOCATMARK, &n));
	printf("%d\n", n);
	P(recv(t[1], buf, 10, MSG_OOB));
	P(recv(t[1], buf, 10, MSG_OOB));
	P(S(shutdown, t[0], SHUT_WR));
	printf("%x\n", ready(t[1], POLLIN | POLLRDHUP));
	P(S(read, t[1], buf, 10));
	P(S(write, t[1], "late", 4));
	ready(t[0], POLLIN);
	P(S(read, t[0], buf, 10));
	P(setsockopt(t[1], SOL_SOCKET, SO_LINGER, &(struct linger){ 1, 0 }, sizeof(struct linger)));
	close(t[1]);
	printf("%x\n", ready(t[0], POLLIN | POLLOUT));
	P(S(read, t[0], buf, 10));
	P(S(read, t[0], buf, 10));
	signal(SIGPIPE, SIG_IGN);
	P(S(write, t[0], "x", 1));
	P(S(getpeername, t[0], &got, &len));
	tcp_pair(t);
	P(send(t[0], "more", 4, MSG_MORE));
	P(send(t[0], "x", 1, MSG_DONTROUTE | MSG_CONFIRM | MSG_NOSIGNAL));
	P(recv(t[1], buf, 5, MSG_WAITALL));
	P(S(connect, t[0], &(struct sockaddr){ AF_UNSPEC }, sizeof(struct sockaddr)));
	P(S(write, t[0], "x", 1));
	return 0;
}
