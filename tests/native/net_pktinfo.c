// SPDX-License-Identifier: GPL-2.0-or-later
// What may be asked to come with a datagram: IP_PKTINFO, TTL, TOS, original address; and to be sent with one.
#include "net.h"

static int s;

static void take(const char *what)
{
	char control[300], byte[10];
	struct iovec iov = { byte, 10 };
	struct msghdr m = { .msg_iov = &iov, .msg_iovlen = 1, .msg_control = control, .msg_controllen = sizeof(control) };

	printf("%s: ", what);
	/* On a busy machine even the loopback interface delivers later. */
	ready(s, POLLIN);
	P(S(recvmsg, s, &m, MSG_DONTWAIT));
	controls(&m);
	for (struct cmsghdr *c = CMSG_FIRSTHDR(&m); c; c = CMSG_NXTHDR(&m, c)) {
		struct in_pktinfo *p = (void *)CMSG_DATA(c);

		if (c->cmsg_type == IP_PKTINFO)
			printf("  if %d addr %x spec %x\n", p->ipi_ifindex, ntohl(p->ipi_addr.s_addr), ntohl(p->ipi_spec_dst.s_addr));
		else
			printf("  %d\n", *(int *)CMSG_DATA(c) & 0xff);
	}
}

int main(void)
{
	static const int opts[] = { IP_PKTINFO, IP_RECVTTL, IP_RECVTOS, IP_RECVOPTS, IP_RECVORIGDSTADDR };
	struct { struct cmsghdr c; union { int v; struct in_pktinfo p; }; } b;
	struct sockaddr_in a;
	struct iovec iov = { "x", 1 };
	struct msghdr m = { &a, sizeof(a), &iov, 1, &b, CMSG_SPACE(4), 0 };
	int on = 1, v = 77;

	s = bound(SOCK_DGRAM, &a);
	for (int i = 0; i < 5; i++) {
		P(setsockopt(s, IPPROTO_IP, opts[i], &on, 4));
		if (opts[i] == IP_RECVORIGDSTADDR)
			setsockopt(s, IPPROTO_IP, opts[i], &(int){ 0 }, 4);
		sendto(s, "x", 1, 0, (void *)&a, sizeof(a));
		take("plain");
	}
	P(setsockopt(s, IPPROTO_IP, IP_TTL, &v, 4));
	P(setsockopt(s, IPPROTO_IP, IP_TOS, &(int){ 0x10 }, 4));
	sendto(s, "x", 1, 0, (void *)&a, sizeof(a));
	take("set");
	b.c = (struct cmsghdr){ CMSG_LEN(4), IPPROTO_IP, IP_TTL };
	b.v = 33;
	P(S(sendmsg, s, &m, 0));
	take("ttl sent");
	b.v = 300;
	P(S(sendmsg, s, &m, 0));
	b.c.cmsg_type = IP_TOS;
	b.v = 8;
	P(S(sendmsg, s, &m, 0));
	take("tos sent");
	m.msg_controllen = CMSG_SPACE(sizeof(struct in_pktinfo));
	b.c = (struct cmsghdr){ CMSG_LEN(sizeof(struct in_pktinfo)), IPPROTO_IP, IP_PKTINFO };
	b.p = (struct in_pktinfo){ 0, { htonl(0x7f000005) }, { 0 } };
	P(S(sendmsg, s, &m, 0));
	take("source chosen");
	b.p = (struct in_pktinfo){ 9999, { 0 }, { 0 } };
	P(S(sendmsg, s, &m, 0));
	b.c.cmsg_len = CMSG_LEN(4);
	P(S(sendmsg, s, &m, 0));
	return 0;
}
