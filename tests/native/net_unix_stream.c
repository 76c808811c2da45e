// SPDX-License-Identifier: GPL-2.0-or-later
// AF_UNIX streams: bind, listen, backlog, connect, half-closed, addresses of both ends.
#include "net.h"
#include <linux/sockios.h>

int main(void)
{
	struct sockaddr_un a = { AF_UNIX, "s" }, got;
	socklen_t len = sizeof(got);
	int l = socket(AF_UNIX, SOCK_STREAM, 0), c, d, e, n;
	char buf[100];

	P(S(listen, l, 5));
	P(S(bind, l, &a, sizeof(a)));
	P(S(bind, l, &(struct sockaddr_un){ AF_UNIX, "t" }, 5));
	P(S(bind, socket(AF_UNIX, SOCK_STREAM, 0), &a, sizeof(a)));
	c = socket(AF_UNIX, SOCK_STREAM, 0);
	P(S(connect, c, &a, sizeof(a)));
	P(S(listen, l, 0));
	P(S(connect, c, &a, sizeof(a)));
	e = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0);
	P(S(connect, e, &a, sizeof(a)));
	P(S(write, c, "before", 6));
	P((d = S(accept4, l, &got, &len, SOCK_CLOEXEC | SOCK_NONBLOCK)) > 0);
	printf("%u\n", len);
	P(S(connect, c, &a, sizeof(a)));
	P(S(read, d, buf, 100));
	P(S(read, d, buf, 100));
	len = sizeof(got);
	memset(&got, 0, sizeof(got));
	P(S(getpeername, c, &got, &len));
	printf("%u %s\n", len, got.sun_path);
	P(S(getsockname, d, &got, &len));
	P(S(shutdown, c, SHUT_WR));
	P(S(read, d, buf, 100));
	printf("%x %x\n", ready(d, POLLIN | POLLOUT | POLLRDHUP), ready(c, POLLIN | POLLOUT | POLLRDHUP));
	signal(SIGPIPE, SIG_IGN);
	P(S(write, c, "x", 1));
	P(S(write, d, "back", 4));
	P(ioctl(c, FIONREAD, &n));
	printf("%d\n", n);
	P(ioctl(d, SIOCOUTQ, &n) || n == 0);
	P(S(shutdown, d, SHUT_RDWR));
	P(S(read, c, buf, 100));
	printf("%x\n", ready(c, POLLIN | POLLOUT));
	P(S(shutdown, e, SHUT_RD));
	close(d);
	P(S(write, c, "x", 1));
	P(S(unlink, "s"));
	P(S(connect, e, &a, sizeof(a)));
	return 0;
}
