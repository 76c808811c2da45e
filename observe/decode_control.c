// SPDX-License-Identifier: GPL-2.0-or-later
/* Control messages: what sendmsg and recvmsg carry beside the data. */
#include <arpa/inet.h>
#include <linux/errqueue.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/time.h>
#include "observe/decode_socket.h"
#include "observe/xlat.h"

/* Each prints @n bytes at @addr; false when there are too few. */
typedef bool data_fn(struct tcb *c, u64 addr, u64 n);

static bool put_fds(struct tcb *c, u64 addr, u64 n)
{
	int fd;

	if (n < sizeof(fd))
		return false;
	putc('[', c->out);
	for (u64 k = 0; k < n / sizeof(fd) && peek(c, addr + k * sizeof(fd), &fd, sizeof(fd)); k++) {
		if (k == c->strlen_max) {
			fputs(", ...", c->out);
			break;
		}
		fputs(k ? ", " : "", c->out);
		put_fd(c, fd);
	}
	putc(']', c->out);
	return true;
}

static bool put_creds(struct tcb *c, u64 addr, u64 n)
{
	struct ucred cr;

	if (n < sizeof(cr) || !peek(c, addr, &cr, sizeof(cr)))
		return false;
	fprintf(c->out, "{pid=%d, uid=%d, gid=%d}", cr.pid, (int)cr.uid, (int)cr.gid);
	return true;
}

static bool put_stamp(struct tcb *c, u64 addr, u64 n, const char *fraction)
{
	s64 v[2];

	if (n < sizeof(v) || !peek(c, addr, v, sizeof(v)))
		return false;
	fprintf(c->out, "{tv_sec=%ld, %s=%ld}", v[0], fraction, v[1]);
	return true;
}

static bool put_stamp_us(struct tcb *c, u64 addr, u64 n)
{
	return put_stamp(c, addr, n, "tv_usec");
}

static bool put_stamp_ns(struct tcb *c, u64 addr, u64 n)
{
	return put_stamp(c, addr, n, "tv_nsec");
}

static bool put_one_int(struct tcb *c, u64 addr, u64 n)
{
	int v;

	if (n < sizeof(v) || !peek(c, addr, &v, sizeof(v)))
		return false;
	fprintf(c->out, "[%d]", v);
	return true;
}

static bool put_octets(struct tcb *c, u64 addr, u64 n)
{
	u8 v;

	if (!n)
		return false;
	putc('[', c->out);
	for (u64 k = 0; k < n && k < c->strlen_max && peek(c, addr + k, &v, 1); k++)
		fprintf(c->out, "%s%#x", k ? ", " : "", v);
	putc(']', c->out);
	return true;
}

static bool put_pktinfo(struct tcb *c, u64 addr, u64 n)
{
	char local[INET_ADDRSTRLEN], header[INET_ADDRSTRLEN];
	struct in_pktinfo p;

	if (n < sizeof(p) || !peek(c, addr, &p, sizeof(p)))
		return false;
	fputs("{ipi_ifindex=", c->out);
	put_ifindex(c, (u32)p.ipi_ifindex);
	fprintf(c->out, ", ipi_spec_dst=inet_addr(\"%s\"), ipi_addr=inet_addr(\"%s\")}",
		inet_ntop(AF_INET, &p.ipi_spec_dst, local, sizeof(local)),
		inet_ntop(AF_INET, &p.ipi_addr, header, sizeof(header)));
	return true;
}

static bool put_recverr(struct tcb *c, u64 addr, u64 n)
{
	struct sock_extended_err e;

	if (n < sizeof(e) + sizeof(struct sockaddr_in) || !peek(c, addr, &e, sizeof(e)))
		return false;
	fprintf(c->out,
		"{ee_errno=%u, ee_origin=%u, ee_type=%u, ee_code=%u, ee_info=%u, ee_data=%u, offender=",
		e.ee_errno, e.ee_origin, e.ee_type, e.ee_code, e.ee_info, e.ee_data);
	put_sockaddr(c, addr + sizeof(e), sizeof(struct sockaddr_in));
	putc('}', c->out);
	return true;
}

static const struct {
	int level, type;
	const char *name;
	data_fn *fn;
} kinds[] = {
	{SOL_SOCKET, SCM_RIGHTS, "SCM_RIGHTS", put_fds},
	{SOL_SOCKET, SCM_CREDENTIALS, "SCM_CREDENTIALS", put_creds},
	{SOL_SOCKET, 3, "SCM_SECURITY", NULL},
	{SOL_SOCKET, 4, "SCM_PIDFD", put_one_int},
	{SOL_SOCKET, 29, "SO_TIMESTAMP_OLD", put_stamp_us},
	{SOL_SOCKET, 35, "SO_TIMESTAMPNS_OLD", put_stamp_ns},
	{SOL_SOCKET, 63, "SO_TIMESTAMP_NEW", put_stamp_us},
	{SOL_SOCKET, 64, "SO_TIMESTAMPNS_NEW", put_stamp_ns},
	{IPPROTO_IP, IP_PKTINFO, "IP_PKTINFO", put_pktinfo},
	{IPPROTO_IP, IP_TTL, "IP_TTL", put_one_int},
	{IPPROTO_IP, IP_TOS, "IP_TOS", put_octets},
	{IPPROTO_IP, IP_RECVERR, "IP_RECVERR", put_recverr},
	{IPPROTO_IP, IP_RECVOPTS, "IP_RECVOPTS", put_octets},
	{IPPROTO_IP, IP_RETOPTS, "IP_RETOPTS", put_octets},
};

/* What no decoder knows, or is too short for it. */
static void put_bytes(struct tcb *c, u64 data, u64 n)
{
	if (n) {
		fputs(", cmsg_data=", c->out);
		put_user_bytes(c, data, n, true);
	}
	putc('}', c->out);
}

static void put_message(struct tcb *c, const struct cmsghdr *h, u64 data, u64 n)
{
	fprintf(c->out, "{cmsg_len=%zu, cmsg_level=", h->cmsg_len);
	put_val(c, (u32)h->cmsg_level, xlat_sock_levels, "SOL_???");
	fputs(", cmsg_type=", c->out);
	for (size_t k = 0; k < ARRAY_SIZE(kinds); k++) {
		long before;

		if (h->cmsg_level != kinds[k].level || h->cmsg_type != kinds[k].type)
			continue;
		fputs(kinds[k].name, c->out);
		if (!n || !kinds[k].fn) {
			put_bytes(c, data, n);
			return;
		}
		before = ftell(c->out);
		fputs(", cmsg_data=", c->out);
		if (kinds[k].fn(c, data, n)) {
			putc('}', c->out);
			return;
		}
		fseek(c->out, before, SEEK_SET);
		put_bytes(c, data, n);
		return;
	}
	fprintf(c->out, h->cmsg_level == SOL_SOCKET ? "%#x /* SCM_??? */" : "%#x", h->cmsg_type);
	put_bytes(c, data, n);
}

void put_control(struct tcb *c, u64 addr, u64 len)
{
	struct cmsghdr h;

	if (!addr || len < sizeof(h) || !peek(c, addr, &h, sizeof(h))) {
		put_addr(c, addr);
		return;
	}
	putc('[', c->out);
	for (unsigned k = 0;; k++) {
		u64 step;

		if (len < sizeof(h) || !peek(c, addr, &h, sizeof(h))) {
			fprintf(c->out, "%s... /* %#lx */", k ? ", " : "", addr);
			break;
		}
		if (k)
			fputs(", ", c->out);
		step = min_t(u64, h.cmsg_len, len);
		put_message(c, &h, addr + sizeof(h), step > sizeof(h) ? step - sizeof(h) : 0);
		step = CMSG_ALIGN(max_t(u64, step, sizeof(h)));
		if (step >= len)
			break;
		addr += step;
		len -= step;
	}
	putc(']', c->out);
}
