// SPDX-License-Identifier: GPL-2.0-or-later
// Ports: in use, SO_REUSEADDR, SO_REUSEPORT, privileged ones, wildcard against one address.
#include "net.h"

static int try(int reuse, struct sockaddr_in *a, int type)
{
	int s = socket(AF_INET, type, 0), on = 1;

	if (reuse & 1)
		setsockopt(s, SOL_SOCKET, SO_REUSEADDR, &on, 4);
	if (reuse & 2)
		setsockopt(s, SOL_SOCKET, SO_REUSEPORT, &on, 4);
	P(S(bind, s, a, sizeof(*a)));
	return s;
}

int main(void)
{
	struct sockaddr_in a, b;
	socklen_t len = sizeof(b);
	int s = bound(SOCK_STREAM, &a);

	try(0, &a, SOCK_STREAM);
	try(1, &a, SOCK_STREAM);
	try(2, &a, SOCK_STREAM);
	b = a;
	b.sin_addr.s_addr = 0;
	try(0, &b, SOCK_STREAM);
	b.sin_addr.s_addr = htonl(0x7f000002);
	try(0, &b, SOCK_STREAM);
	b.sin_addr.s_addr = htonl(0x08080808);
	try(0, &b, SOCK_STREAM);
	b.sin_family = AF_UNIX;
	try(0, &b, SOCK_STREAM);
	b = (struct sockaddr_in){ .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	s = try(3, &b, SOCK_DGRAM);
	len = sizeof(b);
	getsockname(s, (void *)&b, &len);
	try(2, &b, SOCK_DGRAM);
	try(1, &b, SOCK_DGRAM);
	try(0, &b, SOCK_DGRAM);
	P(S(bind, s, &b, sizeof(b)));
	setuid(5);
	b.sin_port = htons(81);
	try(0, &b, SOCK_STREAM);
	return 0;
}
