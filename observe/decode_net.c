// SPDX-License-Identifier: GPL-2.0-or-later
/* Arguments of the calls on sockets: addresses and messages. */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <linux/netlink.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include "observe/decode_socket.h"
#include "observe/xlat.h"

#define DECODE(name) void decode_##name(struct tcb *c, unsigned i, __attribute__((unused)) const void *param)

DECODE(sock_type)
{
	u32 type = (u32)c->a[i];

	if (type)
		put_val(c, type & 0xf, xlat_sock_types, "SOCK_???");
	else
		putc('0', c->out);
	if (type & ~0xfu) {
		putc('|', c->out);
		put_flags(c, type & ~0xfu, xlat_sock_flags, "SOCK_???");
	}
}

DECODE(sock_proto)
{
	switch ((int)c->a[0]) {
	case AF_INET: case AF_INET6:
		put_val(c, (u32)c->a[i], xlat_inet_protos, "IPPROTO_???");
		break;
	case AF_NETLINK:
		put_val(c, (u32)c->a[i], xlat_netlink_protos, "NETLINK_???");
		break;
	default:
		fprintf(c->out, "%u", (u32)c->a[i]);
	}
}

/* recvfrom: with MSG_TRUNC the result is the message's length, the buffer's the third argument. */
DECODE(received)
{
	if (not_filled(c, i))
		put_addr(c, c->a[i]);
	else
		put_user_bytes(c, c->a[i], min_t(u64, (u64)c->ret, c->a[i + 1]), false);
}

/* ---- addresses ---- */

static void put_un(struct tcb *c, const struct sockaddr_un *un, u64 len)
{
	size_t n = len - offsetof(struct sockaddr_un, sun_path);

	if (len <= offsetof(struct sockaddr_un, sun_path))
		return;
	fputs(", sun_path=", c->out);
	if (un->sun_path[0]) {
		put_quoted(c->out, (const u8 *)un->sun_path, strnlen(un->sun_path, min_t(size_t, n, sizeof(un->sun_path))), false);
	} else {
		putc('@', c->out);
		put_quoted(c->out, (const u8 *)un->sun_path + 1, min_t(size_t, n, sizeof(un->sun_path)) - 1, false);
	}
}

static void put_in6(struct tcb *c, const struct sockaddr_in6 *in, u64 len)
{
	char buf[INET6_ADDRSTRLEN];

	fprintf(c->out, ", sin6_port=htons(%u), sin6_flowinfo=htonl(%u), inet_pton(AF_INET6, \"%s\", &sin6_addr)",
		ntohs(in->sin6_port), ntohl(in->sin6_flowinfo), inet_ntop(AF_INET6, &in->sin6_addr, buf, sizeof(buf)));
	if (len >= sizeof(*in))
		fprintf(c->out, ", sin6_scope_id=%u", in->sin6_scope_id);
}

void put_sockaddr(struct tcb *c, u64 addr, u64 given)
{
	u64 len = min_t(u64, given, sizeof(struct sockaddr_storage));
	union {
		struct sockaddr_storage ss;
		struct sockaddr_un un;
		struct sockaddr_in in;
		struct sockaddr_in6 in6;
		struct sockaddr_nl nl;
	} u = {};
	char buf[INET_ADDRSTRLEN];

	if (!addr || len < 2 || (int)given < 0 || !peek(c, addr, &u, len)) {
		put_addr(c, addr);
		return;
	}
	fputs("{sa_family=", c->out);
	put_val(c, u.ss.ss_family, xlat_families, "AF_???");
	if (u.ss.ss_family == AF_UNIX) {
		put_un(c, &u.un, len);
	} else if (u.ss.ss_family == AF_INET && len >= sizeof(u.in)) {
		fprintf(c->out, ", sin_port=htons(%u), sin_addr=inet_addr(\"%s\")", ntohs(u.in.sin_port),
			inet_ntop(AF_INET, &u.in.sin_addr, buf, sizeof(buf)));
	} else if (u.ss.ss_family == AF_INET6 && len >= 24) {
		put_in6(c, &u.in6, len);
	} else if (u.ss.ss_family == AF_NETLINK && len >= sizeof(u.nl)) {
		fprintf(c->out, ", nl_pid=%u, nl_groups=%#08x", u.nl.nl_pid, u.nl.nl_groups);
	} else if (len > 2) {
		fputs(", sa_data=", c->out);
		put_string(c, (const char *)&u + 2, len - 2);
	}
	putc('}', c->out);
}

DECODE(sockaddr_in)
{
	put_sockaddr(c, c->a[i], (u32)c->a[i + 1]);
}

DECODE(sockaddr_out)
{
	u32 len;

	if (!c->a[i] || not_filled(c, i) || !peek(c, c->a[i + 1], &len, sizeof(len)))
		put_addr(c, c->a[i]);
	else
		put_sockaddr(c, c->a[i], min_t(u32, len, c->kept));
}

/* The room there was, and what would have been needed. */
DECODE(socklen)
{
	int len;

	if (!c->a[i] || !peek(c, c->a[i], &len, sizeof(len)))
		put_addr(c, c->a[i]);
	else if (not_filled(c, i) || len == (int)c->kept)
		fprintf(c->out, "[%d]", (int)c->kept);
	else
		fprintf(c->out, "[%d => %d]", (int)c->kept, len);
}

/* ---- messages ---- */

/* What only the kernel writes is as it was: a message that was refused has its name's length only. */
static void put_msghdr(struct tcb *c, u64 addr, u64 bytes, bool received)
{
	struct msghdr m;

	if (!peek(c, addr, &m, sizeof(m))) {
		put_addr(c, addr);
		return;
	}
	fputs("{msg_name=", c->out);
	put_sockaddr(c, (u64)(uintptr_t)m.msg_name, received ? min_t(u32, m.msg_namelen, c->kept) : m.msg_namelen);
	fputs(", msg_namelen=", c->out);
	if (received && m.msg_namelen != c->kept)
		fprintf(c->out, "%d => ", (int)c->kept);
	fprintf(c->out, "%d, msg_iov=", (int)m.msg_namelen);
	put_iovecs(c, (u64)(uintptr_t)m.msg_iov, m.msg_iovlen, bytes);
	fprintf(c->out, ", msg_iovlen=%zu", m.msg_iovlen);
	if (m.msg_controllen) {
		fputs(", msg_control=", c->out);
		put_control(c, (u64)(uintptr_t)m.msg_control, m.msg_controllen);
	}
	fprintf(c->out, ", msg_controllen=%zu, msg_flags=", m.msg_controllen);
	put_flags(c, (u32)m.msg_flags, xlat_msg_flags, "MSG_???");
	putc('}', c->out);
}

DECODE(msghdr_in)
{
	put_msghdr(c, c->a[i], ~0UL, false);
}

DECODE(msghdr_out)
{
	u8 byte;

	if (!not_filled(c, i))
		put_msghdr(c, c->a[i], (u64)c->ret, true);
	else if (peek(c, c->a[i], &byte, 1))
		fprintf(c->out, "{msg_namelen=%d}", (int)c->kept);
	else
		put_addr(c, c->a[i]);
}

/* @count messages; the first @done of them went through and have a length. */
static void put_mmsg(struct tcb *c, u64 addr, u64 count, s64 done, bool received)
{
	struct mmsghdr m;

	if (count && !peek(c, addr, &m, sizeof(m))) {
		put_addr(c, addr);
		return;
	}
	putc('[', c->out);
	for (u64 k = 0; k < count; k++) {
		const u64 at = addr + k * sizeof(m);

		fputs(k ? ", " : "", c->out);
		if (k == c->strlen_max || !peek(c, at, &m, sizeof(m))) {
			fputs("...", c->out);
			break;
		}
		fputs("{msg_hdr=", c->out);
		put_msghdr(c, at, received ? m.msg_len : ~0UL, false);
		if ((s64)k < done)
			fprintf(c->out, ", msg_len=%u", m.msg_len);
		putc('}', c->out);
	}
	putc(']', c->out);
}

DECODE(mmsghdr_in)
{
	put_mmsg(c, c->a[i], (u32)c->a[i + 1], syserror(c) ? 0 : c->ret, false);
}

DECODE(mmsghdr_out)
{
	if (not_filled(c, i))
		put_addr(c, c->a[i]);
	else
		put_mmsg(c, c->a[i], (u64)c->ret, c->ret, true);
}
