// SPDX-License-Identifier: GPL-2.0-or-later
// Options of IP, IPv6, TCP and UDP: every number, read and set.
#include "net.h"

static void level(int family, int type, int proto, int last)
{
	static const int values[] = { 0, 1, -1, 64, 100000 };

	for (int name = 0; name < last; name++) {
		if (proto == IPPROTO_TCP && name == 35 /* TCP_ZEROCOPY_RECEIVE: holds addresses */)
			continue;
		int s = socket(family, type, 0);
		unsigned char v[256] = { 0 };
		socklen_t len = 64;

		printf("%d/%d/%d:", family, proto, name);
		if (S(getsockopt, s, proto, name, v, &len))
			printf(" %s", strerrorname_np(errno));
		else if (proto == IPPROTO_TCP && (name == TCP_INFO || name == TCP_CC_INFO || name == TCP_TIMESTAMP))
			printf(" some %d", len > 0);
		else
			printf(" %u=%x", len, *(unsigned *)v);
		for (unsigned i = 0; i < 5; i++)
			printf(" %s", S(setsockopt, s, proto, name, &values[i], 4) ? strerrorname_np(errno) : "ok");
		len = 64;
		if (!S(getsockopt, s, proto, name, v, &len) && !(proto == IPPROTO_TCP && (name == TCP_INFO || name == TCP_TIMESTAMP)))
			printf(" %x", *(unsigned *)v);
		putchar('\n');
		close(s);
	}
}

int main(void)
{
	struct { int info[64]; } ti;
	socklen_t len = sizeof(ti);
	int t[2];

	level(AF_INET, SOCK_DGRAM, IPPROTO_IP, 60);
	level(AF_INET6, SOCK_DGRAM, IPPROTO_IPV6, 85);
	level(AF_INET, SOCK_STREAM, IPPROTO_TCP, 46);
	level(AF_INET, SOCK_DGRAM, IPPROTO_UDP, 110);
	level(AF_UNIX, SOCK_STREAM, 77, 3);
	tcp_pair(t);
	P(getsockopt(t[0], IPPROTO_TCP, TCP_INFO, &ti, &len));
	printf("%d %d\n", len > 100, ((unsigned char *)&ti)[0]);
	P(setsockopt(t[0], IPPROTO_TCP, TCP_CONGESTION, "nosuch", 6));
	P(setsockopt(t[0], IPPROTO_TCP, TCP_CONGESTION, "reno", 4));
	len = sizeof(ti);
	P(getsockopt(t[0], IPPROTO_TCP, TCP_CONGESTION, &ti, &len));
	printf("%u %s\n", len, (char *)&ti);
	return 0;
}
