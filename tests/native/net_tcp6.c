// SPDX-License-Identifier: GPL-2.0-or-later
// TCP over IPv6: addresses, scope, mapped ones, V6ONLY.
#include "net.h"

int main(void)
{
	struct sockaddr_in6 a, got;
	struct sockaddr_in a4;
	char text[60];
	int l = bound6(SOCK_STREAM, &a), c = socket(AF_INET6, SOCK_STREAM, 0), d, on = 1;
	socklen_t len = sizeof(got);

	P(S(listen, l, 5));
	P(S(connect, c, &a, sizeof(a)));
	P((d = S(accept, l, &got, &len)) > 0);
	printf("%u %s %u %u\n", len, inet_ntop(AF_INET6, &got.sin6_addr, text, 60), got.sin6_scope_id, got.sin6_flowinfo);
	P(S(write, c, "six", 3));
	P(S(read, d, text, 10));
	close(l);
	l = socket(AF_INET6, SOCK_STREAM, 0);
	a = (struct sockaddr_in6){ .sin6_family = AF_INET6 };
	P(S(bind, l, &a, 20));
	P(S(bind, l, &a, 24));
	len = sizeof(a);
	getsockname(l, (void *)&a, &len);
	printf("%u\n", len);
	listen(l, 5);
	a4 = (struct sockaddr_in){ AF_INET, a.sin6_port, { htonl(INADDR_LOOPBACK) } };
	c = socket(AF_INET, SOCK_STREAM, 0);
	P(S(connect, c, &a4, sizeof(a4)));
	len = sizeof(got);
	P((d = S(accept, l, &got, &len)) > 0);
	puts(inet_ntop(AF_INET6, &got.sin6_addr, text, 60));
	close(l);
	l = socket(AF_INET6, SOCK_STREAM, 0);
	P(setsockopt(l, IPPROTO_IPV6, IPV6_V6ONLY, &on, 4));
	a = (struct sockaddr_in6){ .sin6_family = AF_INET6 };
	bind(l, (void *)&a, sizeof(a));
	P(setsockopt(l, IPPROTO_IPV6, IPV6_V6ONLY, &on, 4));
	len = sizeof(a);
	getsockname(l, (void *)&a, &len);
	listen(l, 5);
	a4.sin_port = a.sin6_port;
	P(S(connect, socket(AF_INET, SOCK_STREAM, 0), &a4, sizeof(a4)));
	inet_pton(AF_INET6, "fe80::1", &a.sin6_addr);
	P(S(connect, socket(AF_INET6, SOCK_STREAM, 0), &a, sizeof(a)));
	return 0;
}
