// SPDX-License-Identifier: GPL-2.0-or-later
// MSG_PEEK, MSG_TRUNC, MSG_WAITALL, SO_PEEK_OFF on streams and datagrams.
#include "net.h"

int main(void)
{
	struct sockaddr_in a;
	int s[2], d[2], off = 0, t[2], n;
	socklen_t len = 4;
	char buf[100] = "";

	socketpair(AF_UNIX, SOCK_STREAM, 0, s);
	socketpair(AF_UNIX, SOCK_DGRAM, 0, d);
	tcp_pair(t);
	write(s[0], "abcdef", 6);
	P(recv(s[1], buf, 3, MSG_PEEK));
	P(recv(s[1], buf, 3, MSG_PEEK));
	P(setsockopt(s[1], SOL_SOCKET, SO_PEEK_OFF, &off, 4));
	P(recv(s[1], buf, 2, MSG_PEEK));
	P(recv(s[1], buf, 2, MSG_PEEK));
	puts(buf);
	P(getsockopt(s[1], SOL_SOCKET, SO_PEEK_OFF, &off, &len));
	printf("%d\n", off);
	P(recv(s[1], buf, 1, 0));
	P(getsockopt(s[1], SOL_SOCKET, SO_PEEK_OFF, &off, &len));
	printf("%d\n", off);
	P(recv(s[1], buf, 100, MSG_WAITALL | MSG_DONTWAIT));
	write(d[0], "datagram", 8);
	P(recv(d[1], buf, 2, MSG_PEEK | MSG_TRUNC));
	P(recv(d[1], buf, 2, MSG_TRUNC));
	write(t[0], "0123456789", 10);
	ready(t[1], POLLIN);
	P(recv(t[1], NULL, 4, MSG_TRUNC));
	P(recv(t[1], buf, 3, MSG_PEEK));
	printf("%.3s\n", buf);
	P(recv(t[1], buf, 6, MSG_WAITALL));
	P(recv(t[1], buf, 6, MSG_DONTWAIT));
	P(recv(t[1], buf, 6, MSG_OOB));
	n = bound(SOCK_DGRAM, &a);
	sendto(n, "udp", 3, 0, (void *)&a, sizeof(a));
	P(recv(n, buf, 1, MSG_PEEK | MSG_TRUNC));
	P(recv(n, buf, 0, 0));
	P(recv(n, buf, 10, MSG_DONTWAIT));
	return 0;
}
