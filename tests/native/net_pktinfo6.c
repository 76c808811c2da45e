// SPDX-License-Identifier: GPL-2.0-or-later
// IPv6 datagrams: IPV6_PKTINFO, hop limit, traffic class, both ways; mapped addresses.
#include "net.h"

static int s;

static void take(const char *what)
{
	char control[300], byte[10], text[60];
	struct sockaddr_in6 from;
	struct iovec iov = { byte, 10 };
	struct msghdr m = { &from, sizeof(from), &iov, 1, control, sizeof(control), 0 };

	printf("%s: ", what);
	/* On a busy machine even the loopback interface delivers later. */
	ready(s, POLLIN);
	P(S(recvmsg, s, &m, MSG_DONTWAIT));
	controls(&m);
	puts(inet_ntop(AF_INET6, &from.sin6_addr, text, 60));
	for (struct cmsghdr *c = CMSG_FIRSTHDR(&m); c; c = CMSG_NXTHDR(&m, c)) {
		struct in6_pktinfo *p = (void *)CMSG_DATA(c);

		if (c->cmsg_type == IPV6_PKTINFO)
			printf("  if %d %s\n", p->ipi6_ifindex, inet_ntop(AF_INET6, &p->ipi6_addr, text, 60));
		else
			printf("  %d\n", *(int *)CMSG_DATA(c));
	}
}

int main(void)
{
	struct { struct cmsghdr c; int v; } b = { { CMSG_LEN(4), IPPROTO_IPV6, IPV6_HOPLIMIT }, 21 };
	struct sockaddr_in6 a;
	struct sockaddr_in a4;
	struct iovec iov = { "x", 1 };
	struct msghdr m = { &a, sizeof(a), &iov, 1, &b, CMSG_SPACE(4), 0 };
	int on = 1, u = socket(AF_INET, SOCK_DGRAM, 0), v;
	socklen_t len = 4;

	s = bound6(SOCK_DGRAM, &a);
	P(setsockopt(s, IPPROTO_IPV6, IPV6_RECVPKTINFO, &on, 4));
	P(setsockopt(s, IPPROTO_IPV6, IPV6_RECVHOPLIMIT, &on, 4));
	P(setsockopt(s, IPPROTO_IPV6, IPV6_RECVTCLASS, &on, 4));
	sendto(s, "x", 1, 0, (void *)&a, sizeof(a));
	take("plain");
	P(S(sendmsg, s, &m, 0));
	take("hop limit");
	b.c.cmsg_type = IPV6_TCLASS;
	P(S(sendmsg, s, &m, 0));
	take("class");
	b.v = 1000;
	P(S(sendmsg, s, &m, 0));
	P(getsockopt(s, IPPROTO_IPV6, IPV6_V6ONLY, &v, &len));
	P(setsockopt(s, IPPROTO_IPV6, IPV6_V6ONLY, &on, 4));
	close(s);
	s = socket(AF_INET6, SOCK_DGRAM, 0);
	a = (struct sockaddr_in6){ .sin6_family = AF_INET6 };
	bind(s, (void *)&a, sizeof(a));
	len = sizeof(a);
	getsockname(s, (void *)&a, &len);
	a4 = (struct sockaddr_in){ AF_INET, a.sin6_port, { htonl(INADDR_LOOPBACK) } };
	sendto(u, "x", 1, 0, (void *)&a4, sizeof(a4));
	take("mapped");
	P(S(sendto, s, "x", 1, 0, &a4, sizeof(a4)));
	P(S(connect, s, &a4, sizeof(a4)));
	P(S(connect, s, &a, 10));
	return 0;
}
