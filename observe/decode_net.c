// SPDX-License-Identifier: GPL-2.0-or-later
/* Arguments of the calls on sockets and System V IPC. */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <linux/netlink.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ipc.h>
#include <sys/sem.h>
#include <sys/shm.h>
#include <sys/socket.h>
#include <sys/un.h>
#include "observe/decode.h"
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

/* ---- addresses ---- */

static void put_un(struct tcb *c, const struct sockaddr_un *un, u64 len)
{
	size_t n = len - offsetof(struct sockaddr_un, sun_path);

	if (len <= offsetof(struct sockaddr_un, sun_path))
		return;
	fputs(", sun_path=", c->out);
	if (un->sun_path[0]) {
		unsigned saved = c->strlen_max;

		c->strlen_max = sizeof(un->sun_path);
		put_string(c, un->sun_path, strnlen(un->sun_path, n));
		c->strlen_max = saved;
	} else {
		putc('@', c->out);
		put_string(c, un->sun_path + 1, n - 1);
	}
}

static void put_in6(struct tcb *c, const struct sockaddr_in6 *in)
{
	char buf[INET6_ADDRSTRLEN];

	fprintf(c->out, ", sin6_port=htons(%u), sin6_flowinfo=htonl(%u), inet_pton(AF_INET6, \"%s\", &sin6_addr)",
		ntohs(in->sin6_port), ntohl(in->sin6_flowinfo), inet_ntop(AF_INET6, &in->sin6_addr, buf, sizeof(buf)));
	fprintf(c->out, ", sin6_scope_id=%u", in->sin6_scope_id);
}

static void put_sockaddr(struct tcb *c, u64 addr, u64 len)
{
	union {
		struct sockaddr_storage ss;
		struct sockaddr_un un;
		struct sockaddr_in in;
		struct sockaddr_in6 in6;
		struct sockaddr_nl nl;
	} u = {};
	char buf[INET_ADDRSTRLEN];

	if (!addr || len < 2 || len > sizeof(u) || !peek(c, addr, &u, len)) {
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
		put_in6(c, &u.in6);
	} else if (u.ss.ss_family == AF_NETLINK && len >= sizeof(u.nl)) {
		fprintf(c->out, ", nl_pid=%u, nl_groups=%08x", u.nl.nl_pid, u.nl.nl_groups);
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
		put_sockaddr(c, c->a[i], len);
}

DECODE(socklen)
{
	int len;

	if (!c->a[i] || not_filled(c, i) || !peek(c, c->a[i], &len, sizeof(len)))
		put_addr(c, c->a[i]);
	else
		fprintf(c->out, "[%d]", len);
}

/* ---- messages ---- */

static void put_control(struct tcb *c, u64 addr, u64 len)
{
	const char *sep = "";
	struct cmsghdr h;

	putc('[', c->out);
	while (len >= sizeof(h) && peek(c, addr, &h, sizeof(h)) && h.cmsg_len >= sizeof(h) && h.cmsg_len <= len) {
		u64 data = addr + sizeof(h), n = h.cmsg_len - sizeof(h), step = CMSG_ALIGN(h.cmsg_len);
		int v[3];

		fprintf(c->out, "%s{cmsg_len=%zu, cmsg_level=", sep, h.cmsg_len);
		put_val(c, (u32)h.cmsg_level, xlat_sock_levels, "SOL_???");
		fputs(", cmsg_type=", c->out);
		if (h.cmsg_level == SOL_SOCKET)
			put_val(c, (u32)h.cmsg_type, xlat_scm_types, "SCM_???");
		else
			fprintf(c->out, "%#x", h.cmsg_type);
		if (h.cmsg_level == SOL_SOCKET && h.cmsg_type == SCM_RIGHTS) {
			fputs(", cmsg_data=[", c->out);
			for (u64 k = 0; k < n / 4 && peek(c, data + 4 * k, v, 4); k++)
				fprintf(c->out, "%s%d", k ? ", " : "", v[0]);
			putc(']', c->out);
		} else if (h.cmsg_level == SOL_SOCKET && h.cmsg_type == SCM_CREDENTIALS && n >= 12 && peek(c, data, v, 12)) {
			fprintf(c->out, ", cmsg_data={pid=%d, uid=%d, gid=%d}", v[0], v[1], v[2]);
		} else if (n) {
			fputs(", cmsg_data=", c->out);
			put_user_bytes(c, data, n, true);
		}
		putc('}', c->out);
		sep = ", ";
		if (step >= len)
			break;
		addr += step;
		len -= step;
	}
	putc(']', c->out);
}

static void put_msg_iov(struct tcb *c, const struct msghdr *m, u64 left)
{
	struct iovec iov;

	fputs(", msg_iov=[", c->out);
	for (u64 k = 0; k < m->msg_iovlen && k < c->strlen_max; k++) {
		if (!peek(c, (u64)(uintptr_t)m->msg_iov + k * sizeof(iov), &iov, sizeof(iov)))
			break;
		u64 n = min_t(u64, iov.iov_len, left);

		fprintf(c->out, "%s{iov_base=", k ? ", " : "");
		put_user_bytes(c, (u64)(uintptr_t)iov.iov_base, n, false);
		fprintf(c->out, ", iov_len=%zu}", iov.iov_len);
		left -= n;
	}
	fprintf(c->out, "], msg_iovlen=%zu", m->msg_iovlen);
}

static void put_msghdr(struct tcb *c, u64 addr, u64 bytes)
{
	struct msghdr m;

	if (!peek(c, addr, &m, sizeof(m))) {
		put_addr(c, addr);
		return;
	}
	fputs("{msg_name=", c->out);
	put_sockaddr(c, (u64)(uintptr_t)m.msg_name, m.msg_namelen);
	fprintf(c->out, ", msg_namelen=%u", m.msg_namelen);
	put_msg_iov(c, &m, bytes);
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
	put_msghdr(c, c->a[i], ~0UL);
}

DECODE(msghdr_out)
{
	if (not_filled(c, i))
		put_addr(c, c->a[i]);
	else
		put_msghdr(c, c->a[i], (u64)c->ret);
}

static void put_mmsg(struct tcb *c, u64 addr, s64 count, bool received)
{
	struct mmsghdr m;

	putc('[', c->out);
	for (s64 k = 0; k < count; k++) {
		u64 at = addr + (u64)k * sizeof(m);

		if (!peek(c, at, &m, sizeof(m)))
			break;
		fputs(k ? ", {msg_hdr=" : "{msg_hdr=", c->out);
		put_msghdr(c, at, received ? m.msg_len : ~0UL);
		if (received)
			fprintf(c->out, ", msg_len=%u", m.msg_len);
		putc('}', c->out);
	}
	putc(']', c->out);
}

DECODE(mmsghdr_in)
{
	if (not_filled(c, i))
		put_addr(c, c->a[i]);
	else
		put_mmsg(c, c->a[i], c->exiting ? c->ret : (s64)(u32)c->a[i + 1], c->exiting);
}

DECODE(mmsghdr_out)
{
	if (not_filled(c, i))
		put_addr(c, c->a[i]);
	else
		put_mmsg(c, c->a[i], c->ret, true);
}

/* ---- options ---- */

DECODE(sockopt_name)
{
	const struct xlat *names = xlat_so_options;

	switch ((int)c->a[1]) {
	case SOL_SOCKET: break;
	case IPPROTO_TCP: names = xlat_tcp_options; break;
	case IPPROTO_IP: names = xlat_ip_options; break;
	case IPPROTO_IPV6: names = xlat_ipv6_options; break;
	default: fprintf(c->out, "%#x", (u32)c->a[i]); return;
	}
	put_val(c, (u32)c->a[i], names, (int)c->a[1] == SOL_SOCKET ? "SO_???" : (int)c->a[1] == IPPROTO_TCP ? "TCP_???" : "IP_???");
}

static void put_sockopt(struct tcb *c, u64 addr, u32 len)
{
	int v[2];

	if (len == 4 && peek(c, addr, v, 4)) {
		fprintf(c->out, "[%d]", v[0]);
	} else if ((int)c->a[1] == SOL_SOCKET && (int)c->a[2] == SO_LINGER && len == 8 && peek(c, addr, v, 8)) {
		fprintf(c->out, "{l_onoff=%d, l_linger=%d}", v[0], v[1]);
	} else if ((int)c->a[1] == SOL_SOCKET && (int)c->a[2] == SO_PEERCRED && len == 12) {
		struct ucred cr;

		if (peek(c, addr, &cr, sizeof(cr)))
			fprintf(c->out, "{pid=%d, uid=%u, gid=%u}", cr.pid, cr.uid, cr.gid);
		else
			put_addr(c, addr);
	} else {
		put_user_bytes(c, addr, len, false);
	}
}

DECODE(sockopt_in)
{
	if (!c->a[i])
		put_addr(c, 0);
	else
		put_sockopt(c, c->a[i], (u32)c->a[i + 1]);
}

DECODE(sockopt_out)
{
	u32 len;

	if (!c->a[i] || not_filled(c, i) || !peek(c, c->a[i + 1], &len, sizeof(len)))
		put_addr(c, c->a[i]);
	else
		put_sockopt(c, c->a[i], len);
}

/* ---- System V IPC ---- */

DECODE(ipc_key)
{
	if ((u32)c->a[i])
		fprintf(c->out, "%#x", (u32)c->a[i]);
	else
		fputs("IPC_PRIVATE", c->out);
}

DECODE(ipc_flags)
{
	const struct xlat_set *set = param;
	u32 flags = (u32)c->a[i];

	if (flags & ~0777u) {
		put_flags(c, flags & ~0777u, set->names, set->dflt);
		putc('|', c->out);
	}
	fprintf(c->out, "%#03o", flags & 0777);
}

DECODE(ipc_cmd)
{
	const struct xlat_set *set = param;

	put_val(c, (u32)c->a[i] & ~0x100u, set->names, set->dflt);
}

DECODE(sembufs)
{
	struct sembuf s;

	putc('[', c->out);
	for (u64 k = 0; k < (u32)c->a[i + 1]; k++) {
		if (!peek(c, c->a[i] + k * sizeof(s), &s, sizeof(s)) || k == c->strlen_max) {
			fputs("...", c->out);
			break;
		}
		fprintf(c->out, "%s{sem_num=%u, sem_op=%d, sem_flg=", k ? ", " : "", s.sem_num, s.sem_op);
		put_flags(c, (u16)s.sem_flg, xlat_semop_flags, "SEM_???");
		putc('}', c->out);
	}
	putc(']', c->out);
}
