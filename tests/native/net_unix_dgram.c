// SPDX-License-Identifier: GPL-2.0-or-later
// AF_UNIX datagrams: connected and not, truncation, queues that are full, peers that went away.
#include "net.h"

int main(void)
{
	struct sockaddr_un a = { AF_UNIX, "a" }, b = { AF_UNIX, "b" }, got;
	int sa = socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK, 0), sb = socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK, 0), sc, n = 0;
	socklen_t len = sizeof(got);
	char buf[100];

	P(S(sendto, sa, "x", 1, 0, NULL, 0));
	bind(sa, (void *)&a, 4);
	bind(sb, (void *)&b, 4);
	P(S(sendto, sa, "hello", 5, 0, &b, 4));
	P(S(recvfrom, sb, buf, 3, 0, &got, &len));
	printf("%u %.1s\n", len, got.sun_path);
	P(S(recvfrom, sb, buf, 3, 0, &got, &len));
	P(S(sendto, sa, "", 0, 0, &b, 4));
	P(S(recvfrom, sb, buf, 3, MSG_PEEK, NULL, NULL));
	P(S(recvfrom, sb, buf, 3, 0, NULL, NULL));
	P(S(sendto, sa, "hello", 5, 0, &b, 4));
	P(S(recvfrom, sb, buf, 2, MSG_TRUNC, NULL, NULL));
	P(S(connect, sa, &b, 4));
	P(S(write, sa, "con", 3));
	P(S(read, sb, buf, 100));
	sc = socket(AF_UNIX, SOCK_DGRAM, 0);
	P(S(sendto, sc, "other", 5, 0, &a, 4));
	P(S(connect, sc, &b, 4));
	P(S(connect, sb, &a, 4));
	P(S(sendto, sc, "other", 5, 0, NULL, 0));
	P(S(sendto, sa, "x", 1, 0, &(struct sockaddr_un){ AF_UNIX, "none" }, sizeof(got)));
	while (S(sendto, sa, "x", 1, 0, NULL, 0) == 1)
		n++;
	printf("%d %s\n", n, strerrorname_np(errno));
	printf("%x\n", ready(sa, POLLOUT) & POLLOUT);
	close(sb);
	P(S(sendto, sa, "x", 1, 0, NULL, 0));
	P(S(sendto, sa, "x", 1, 0, NULL, 0));
	P(S(connect, sa, &(struct sockaddr){ AF_UNSPEC }, sizeof(struct sockaddr)));
	P(S(sendto, sa, "x", 1, 0, NULL, 0));
	P(S(listen, sa, 1));
	P(S(accept, sa, NULL, NULL));
	return 0;
}
