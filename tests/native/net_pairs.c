// SPDX-License-Identifier: GPL-2.0-or-later
// socket and socketpair: every family, type and protocol that makes sense, and those that do not.
#include "net.h"

int main(void)
{
	for (int family = 0; family < 47; family++) {
		for (int type = 0; type < 8; type++) {
			int s = S(socket, family, type, 0);

			printf("%d/%d %s", family, type, s < 0 ? strerrorname_np(errno) : "ok");
			if (s >= 0)
				close(s);
			putchar(type == 7 ? '\n' : ' ');
		}
	}
	for (int family = 0; family < 18; family++) {
		for (int type = 1; type < 6; type++) {
			int s[2], ret = S(socketpair, family, type, 0, s);

			printf("%d/%d %s", family, type, ret < 0 ? strerrorname_np(errno) : "ok");
			if (ret >= 0)
				close(s[0]), close(s[1]);
			putchar(type == 5 ? '\n' : ' ');
		}
	}
	for (int proto = -1; proto < 300; proto++) {
		int a = S(socket, AF_INET, SOCK_STREAM, proto), b = S(socket, AF_INET, SOCK_DGRAM, proto);

		if (a >= 0 || b >= 0)
			printf("%d %d %d\n", proto, a >= 0, b >= 0);
		close(a);
		close(b);
	}
	P(S(socket, AF_UNIX, SOCK_STREAM | 0x10000, 0));
	P(S(socket, AF_INET, SOCK_RAW, 0));
	P(S(socket, AF_INET, SOCK_RAW, 300));
	P(S(socketpair, AF_UNIX, SOCK_STREAM, 0, NOWHERE));
	setuid(5);
	P(S(socket, AF_INET, SOCK_RAW, IPPROTO_ICMP));
	P(S(socket, AF_PACKET, SOCK_RAW, 0));
	return 0;
}
