// SPDX-License-Identifier: GPL-2.0-or-later
/* getsockopt and setsockopt: options by name, and their values. */
#include <arpa/inet.h>
#include <linux/filter.h>
#include <linux/netlink.h>
#include <net/if.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <netinet/udp.h>
#include <stdlib.h>
#include <sys/socket.h>
#include "observe/decode_socket.h"
#include "observe/xlat.h"

#define DECODE(name) void decode_##name(struct tcb *c, unsigned i, __attribute__((unused)) const void *param)

#define SO_GET_FILTER SO_ATTACH_FILTER

void put_sockopt_name(struct tcb *c, int level, u32 name)
{
	static const struct {
		int level;
		const struct xlat *names;
		const char *dflt;
	} levels[] = {
		{SOL_SOCKET, xlat_so_options, "SO_???"},
		{IPPROTO_IP, xlat_ip_options, "IP_???"},
		{IPPROTO_TCP, xlat_tcp_options, "TCP_???"},
		{IPPROTO_UDP, xlat_udp_options, "UDP_???"},
		{IPPROTO_IPV6, xlat_ipv6_options, "IPV6_???"},
		{SOL_NETLINK, xlat_netlink_options, "NETLINK_???"},
		{SOL_PACKET, xlat_packet_options, "PACKET_???"},
	};

	for (size_t k = 0; k < ARRAY_SIZE(levels); k++) {
		if (level == levels[k].level) {
			put_val(c, name, levels[k].names, levels[k].dflt);
			return;
		}
	}
	fprintf(c->out, "%#x", name);
}

DECODE(sockopt_name)
{
	/* One number, two options. */
	if (c->call->arg[3].at_exit && (int)c->a[1] == SOL_SOCKET && (int)c->a[i] == SO_GET_FILTER)
		fputs("SO_GET_FILTER", c->out);
	else
		put_sockopt_name(c, (int)c->a[1], (u32)c->a[i]);
}

void put_ifindex(struct tcb *c, u32 index)
{
	char name[IF_NAMESIZE];

	if (index && if_indextoname(index, name))
		fprintf(c->out, "if_nametoindex(\"%s\")", name);
	else
		fprintf(c->out, "%u", index);
}

/* ---- values ---- */

/* Is the option's value a number, so that only as much of it is looked at? Of others it is the size that
 * says. */
static bool is_number(const struct tcb *c)
{
	/* What can only be read, or is larger. */
	static const u8 others[] = {
		SO_TYPE,     20,
		21,	     SO_BINDTODEVICE,
		SO_PEERNAME, SO_ACCEPTCONN,
		SO_PEERSEC,  SO_PROTOCOL,
		SO_DOMAIN,   47,
		48,	     55,
		56,	     57,
		61,	     66,
		67,	     71,
	};

	if ((int)c->a[1] != SOL_SOCKET)
		return (int)c->a[1] == SOL_NETLINK;
	for (size_t k = 0; k < ARRAY_SIZE(others); k++) {
		if (c->a[2] == others[k])
			return false;
	}
	return xlat_name(xlat_so_options, (u32)c->a[2]);
}

static void put_plain(struct tcb *c, u64 addr, u32 len, bool get)
{
	const bool number = is_number(c);
	int v;

	if ((len == 4 || (number && len > 4)) && peek(c, addr, &v, sizeof(v)))
		fprintf(c->out, "[%d]", v);
	else if (!len || (number && !get))
		put_addr(c, addr);
	else
		put_user_bytes(c, addr, len, number);
}

static bool put_mreq(struct tcb *c, u64 addr, u32 len)
{
	char group[INET_ADDRSTRLEN], interface[INET_ADDRSTRLEN];
	struct ip_mreq m;

	if (len < sizeof(m) || !peek(c, addr, &m, sizeof(m)))
		return false;
	fprintf(c->out, "{imr_multiaddr=inet_addr(\"%s\"), imr_interface=inet_addr(\"%s\")}",
		inet_ntop(AF_INET, &m.imr_multiaddr, group, sizeof(group)),
		inet_ntop(AF_INET, &m.imr_interface, interface, sizeof(interface)));
	return true;
}

static bool put_mreq6(struct tcb *c, u64 addr, u32 len)
{
	char group[INET6_ADDRSTRLEN];
	struct ipv6_mreq m;

	if (len < sizeof(m) || !peek(c, addr, &m, sizeof(m)))
		return false;
	fprintf(c->out, "{inet_pton(AF_INET6, \"%s\", &ipv6mr_multiaddr), ipv6mr_interface=",
		inet_ntop(AF_INET6, &m.ipv6mr_multiaddr, group, sizeof(group)));
	put_ifindex(c, m.ipv6mr_interface);
	putc('}', c->out);
	return true;
}

static bool put_group_req(struct tcb *c, u64 addr, u32 len)
{
	struct group_req g;

	if (len < sizeof(g) || !peek(c, addr, &g, sizeof(g)))
		return false;
	fputs("{gr_interface=", c->out);
	put_ifindex(c, g.gr_interface);
	fputs(", gr_group=", c->out);
	put_sockaddr(c, addr + offsetof(struct group_req, gr_group), sizeof(g.gr_group));
	putc('}', c->out);
	return true;
}

static bool put_fprog(struct tcb *c, u64 addr, u32 len)
{
	struct sock_fprog f;

	if (len < sizeof(f) || !peek(c, addr, &f, sizeof(f)))
		return false;
	fprintf(c->out, "{len=%u, filter=", f.len);
	put_addr(c, (u64)(uintptr_t)f.filter);
	putc('}', c->out);
	return true;
}

/* Of the two that follow: as many members as fit. */
static bool put_linger(struct tcb *c, u64 addr, u32 len)
{
	struct linger l = {};

	if (len < 4 || !peek(c, addr, &l, min_t(u32, len, sizeof(l))))
		return false;
	fprintf(c->out, "{l_onoff=%d", l.l_onoff);
	if (len >= sizeof(l))
		fprintf(c->out, ", l_linger=%d", l.l_linger);
	putc('}', c->out);
	return true;
}

static bool put_ucred(struct tcb *c, u64 addr, u32 len)
{
	struct ucred cr = {};

	if (len < 4 || !peek(c, addr, &cr, min_t(u32, len, sizeof(cr))))
		return false;
	fprintf(c->out, "{pid=%d", cr.pid);
	if (len >= 8)
		fprintf(c->out, ", uid=%d", (int)cr.uid);
	if (len >= sizeof(cr))
		fprintf(c->out, ", gid=%d", (int)cr.gid);
	putc('}', c->out);
	return true;
}

static bool put_words(struct tcb *c, u64 addr, u32 len)
{
	u32 v;

	if (len < 4 || !peek(c, addr, &v, sizeof(v)))
		return false;
	putc('[', c->out);
	for (u32 k = 0; k < len / 4 && k < c->strlen_max && peek(c, addr + 4UL * k, &v, sizeof(v)); k++)
		fprintf(c->out, "%s%u", k ? ", " : "", v);
	putc(']', c->out);
	return true;
}

static bool put_so_error(struct tcb *c, u64 addr, u32 len)
{
	const char *name;
	int v;

	if (len < 4) {
		put_plain(c, addr, len, true);
		return true;
	}
	if (!peek(c, addr, &v, sizeof(v)))
		return false;
	name = v > 0 ? errno_name(v) : NULL;
	if (name)
		fprintf(c->out, "[%s]", name);
	else
		fprintf(c->out, "[%d]", v);
	return true;
}

typedef bool value_fn(struct tcb *c, u64 addr, u32 len);

/* The options whose value is more than a number. @get, @set: in which of the two calls. */
static const struct {
	int level, name;
	bool get, set;
	value_fn *fn;
} values[] = {
	{SOL_SOCKET, SO_LINGER, true, true, put_linger},
	{SOL_SOCKET, SO_PEERCRED, true, false, put_ucred},
	{SOL_SOCKET, 59, true, false, put_words},
	{SOL_SOCKET, SO_ERROR, true, false, put_so_error},
	{SOL_SOCKET, SO_ATTACH_FILTER, false, true, put_fprog},
	{SOL_SOCKET, 51, false, true, put_fprog},
	{IPPROTO_IP, IP_ADD_MEMBERSHIP, false, true, put_mreq},
	{IPPROTO_IP, IP_DROP_MEMBERSHIP, false, true, put_mreq},
	{IPPROTO_IP, MCAST_JOIN_GROUP, false, true, put_group_req},
	{IPPROTO_IP, MCAST_LEAVE_GROUP, false, true, put_group_req},
	{IPPROTO_IPV6, MCAST_JOIN_GROUP, false, true, put_group_req},
	{IPPROTO_IPV6, MCAST_LEAVE_GROUP, false, true, put_group_req},
	{IPPROTO_IPV6, IPV6_JOIN_GROUP, false, true, put_mreq6},
	{IPPROTO_IPV6, IPV6_LEAVE_GROUP, false, true, put_mreq6},
	{IPPROTO_IPV6, IPV6_JOIN_ANYCAST, false, true, put_mreq6},
	{IPPROTO_IPV6, IPV6_LEAVE_ANYCAST, false, true, put_mreq6},
	{SOL_NETLINK, NETLINK_LIST_MEMBERSHIPS, true, false, put_words},
};

static value_fn *value_of(const struct tcb *c, bool get)
{
	for (size_t k = 0; k < ARRAY_SIZE(values); k++) {
		if ((int)c->a[1] == values[k].level && (int)c->a[2] == values[k].name &&
		    (get ? values[k].get : values[k].set))
			return values[k].fn;
	}
	return NULL;
}

static bool is_text(const struct tcb *c)
{
	return ((int)c->a[1] == SOL_SOCKET && (int)c->a[2] == SO_BINDTODEVICE) ||
	       ((int)c->a[1] == IPPROTO_TCP && ((int)c->a[2] == TCP_CONGESTION || (int)c->a[2] == TCP_ULP));
}

static void put_sockopt(struct tcb *c, u64 addr, u32 len, bool get)
{
	value_fn *fn = value_of(c, get);

	if (is_text(c) && len)
		put_user_bytes(c, addr, len, false);
	else if (!fn)
		put_plain(c, addr, len, get);
	else if (!fn(c, addr, len))
		put_addr(c, addr);
}

DECODE(sockopt_in)
{
	if (!c->a[i] || (s32)c->a[i + 1] < 0)
		put_addr(c, c->a[i]);
	else
		put_sockopt(c, c->a[i], (u32)c->a[i + 1], false);
}

DECODE(sockopt_out)
{
	u32 len;

	if (!c->a[i] || not_filled(c, i) || !peek(c, c->a[i + 1], &len, sizeof(len)) ||
	    ((int)c->a[1] == SOL_SOCKET && (int)c->a[2] == SO_GET_FILTER))
		put_addr(c, c->a[i]);
	else
		put_sockopt(c, c->a[i], min_t(u32, len, c->kept), true);
}
