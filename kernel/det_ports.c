// SPDX-License-Identifier: GPL-2.0-or-later
/* Ports that the host picks at random for sockets of deterministic runs have other numbers for the program: in the order in which they
 * were picked. */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/syscall.h>
#include "kernel/det_internal.h"

static u16 *port_of(void *addr, size_t len)
{
	struct sockaddr_in *in = addr;
	struct sockaddr_in6 *in6 = addr;

	if (len >= sizeof(*in) && in->sin_family == AF_INET)
		return &in->sin_port;
	if (len >= sizeof(*in6) && in6->sin6_family == AF_INET6)
		return &in6->sin6_port;
	return NULL;
}

/* This machine's: others have ports of their own. */
static bool is_here(const void *addr)
{
	const struct sockaddr_in *in = addr;
	const struct sockaddr_in6 *in6 = addr;
	u32 v4;

	if (in->sin_family == AF_INET6 && !IN6_IS_ADDR_V4MAPPED(&in6->sin6_addr))
		return IN6_IS_ADDR_LOOPBACK(&in6->sin6_addr) || IN6_IS_ADDR_UNSPECIFIED(&in6->sin6_addr);
	memcpy(&v4, in->sin_family == AF_INET ? (const void *)&in->sin_addr : &in6->sin6_addr.s6_addr[12], sizeof(v4));
	return !v4 || ntohl(v4) >> 24 == 127;
}

void det_port_in(struct ulk *ulk, void *addr, size_t len)
{
	const struct determin *d = ulk->det;
	u16 *port = port_of(addr, len);

	if (!port || !is_here(addr))
		return;
	for (u32 i = 0; i < DET_PORTS; i++) {
		if (d->ports[i].shown && d->ports[i].shown == ntohs(*port)) {
			*port = htons(d->ports[i].real);
			return;
		}
	}
}

void det_port_out(struct ulk *ulk, void *addr, size_t len)
{
	const struct determin *d = ulk->det;
	u16 *port = port_of(addr, len);

	for (u32 i = 0; port && i < DET_PORTS; i++) {
		if (d->ports[i].shown && d->ports[i].real == ntohs(*port)) {
			*port = htons(d->ports[i].shown);
			return;
		}
	}
}

u16 det_port_now(int fd)
{
	struct sockaddr_storage ss;
	socklen_t len = sizeof(ss);
	u16 *port;

	if (HOST(SYS_getsockname, fd, &ss, &len))
		return 0;
	port = port_of(&ss, len);
	return port ? ntohs(*port) : 0;
}

void det_port_picked(struct ulk *ulk, int fd, bool by_host)
{
	struct determin *d = ulk->det;
	u16 real = det_port_now(fd);
	u32 i;

	if (!real)
		return;
	for (i = 0; i < DET_PORTS && (d->ports[i].real != real || !d->ports[i].shown); i++)
		;
	if (!by_host) {
		if (i < DET_PORTS)
			d->ports[i].shown = 0;
		return;
	}
	if (i == DET_PORTS)
		i = d->nr_ports % DET_PORTS;
	d->ports[i].real = real;
	d->ports[i].shown = (u16)(DET_PORT_FIRST + d->nr_ports++ % (65536 - DET_PORT_FIRST));
}
