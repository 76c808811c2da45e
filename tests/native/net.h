/* SPDX-License-Identifier: GPL-2.0-or-later */
/* net.h: what the net_* programs share. */
#ifndef NET_H
#define NET_H

#include "files.h"
#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stddef.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>

/* A socket bound to a free port of the loopback interface; its address in @a. */
static inline int bound(int type, struct sockaddr_in *a)
{
	socklen_t len = sizeof(*a);
	int s = socket(AF_INET, type, 0);

	*a = (struct sockaddr_in){ .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	bind(s, (void *)a, sizeof(*a));
	getsockname(s, (void *)a, &len);
	return s;
}

static inline int bound6(int type, struct sockaddr_in6 *a)
{
	socklen_t len = sizeof(*a);
	int s = socket(AF_INET6, type, 0);

	*a = (struct sockaddr_in6){ .sin6_family = AF_INET6, .sin6_addr = IN6ADDR_LOOPBACK_INIT };
	bind(s, (void *)a, sizeof(*a));
	getsockname(s, (void *)a, &len);
	return s;
}

/* A connected pair of TCP sockets. */
static inline void tcp_pair(int s[2])
{
	struct sockaddr_in a;
	int l = bound(SOCK_STREAM, &a);

	listen(l, 1);
	s[0] = socket(AF_INET, SOCK_STREAM, 0);
	connect(s[0], (void *)&a, sizeof(a));
	s[1] = accept(l, NULL, NULL);
	close(l);
}

static inline int ready(int fd, int events)
{
	struct pollfd p = { fd, events, 0 };

	poll(&p, 1, 1000);
	return p.revents;
}

/* The control messages of @m, by level, type and length. */
static inline void controls(const struct msghdr *m)
{
	printf("  flags %x control %zu:", m->msg_flags, (size_t)m->msg_controllen);
	for (struct cmsghdr *c = CMSG_FIRSTHDR(m); c; c = CMSG_NXTHDR((struct msghdr *)m, c))
		printf(" %d/%d/%zu", c->cmsg_level, c->cmsg_type, (size_t)c->cmsg_len);
	putchar('\n');
}

#endif
