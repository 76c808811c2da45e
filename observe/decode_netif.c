// SPDX-License-Identifier: GPL-2.0-or-later
/* ioctls of sockets about network interfaces: struct ifreq and struct ifconf. */
#include <net/if.h>
#include <net/if_arp.h>
#include <string.h>
#include <sys/ioctl.h>
#include <linux/sockios.h>
#include "observe/decode_ioctl.h"
#include "observe/decode_socket.h"
#include "observe/xlat.h"

static void put_ifname(struct tcb *c, const struct ifreq *r)
{
	fputs("ifr_name=", c->out);
	put_string(c, r->ifr_name, strnlen(r->ifr_name, sizeof(r->ifr_name)));
}

static void put_hwaddr(struct tcb *c, const struct ifreq *r)
{
	const u8 *p = (const u8 *)r->ifr_hwaddr.sa_data;

	fputs(", ifr_hwaddr={sa_family=", c->out);
	put_val(c, r->ifr_hwaddr.sa_family, xlat_arphrd, "ARPHRD_???");
	fprintf(c->out, ", sa_data=%02x:%02x:%02x:%02x:%02x:%02x}", p[0], p[1], p[2], p[3], p[4], p[5]);
}

static void put_ifaddr(struct tcb *c, const char *name, u64 addr)
{
	fprintf(c->out, ", %s=", name);
	put_sockaddr(c, addr + offsetof(struct ifreq, ifr_addr), sizeof(struct sockaddr));
}

/* What the command gets or sets, behind the interface's name. */
static void put_ifvalue(struct tcb *c, u32 cmd, const struct ifreq *r, u64 addr)
{
	switch (cmd) {
	case SIOCGIFADDR:
	case SIOCSIFADDR:
		put_ifaddr(c, "ifr_addr", addr);
		break;
	case SIOCGIFDSTADDR:
	case SIOCSIFDSTADDR:
		put_ifaddr(c, "ifr_dstaddr", addr);
		break;
	case SIOCGIFBRDADDR:
	case SIOCSIFBRDADDR:
		put_ifaddr(c, "ifr_broadaddr", addr);
		break;
	case SIOCGIFNETMASK:
	case SIOCSIFNETMASK:
		put_ifaddr(c, "ifr_netmask", addr);
		break;
	case SIOCGIFHWADDR:
	case SIOCSIFHWADDR:
		put_hwaddr(c, r);
		break;
	case SIOCGIFFLAGS:
	case SIOCSIFFLAGS:
		fputs(", ifr_flags=", c->out);
		put_flags(c, (u16)r->ifr_flags, xlat_if_flags, "IFF_???");
		break;
	case SIOCGIFMETRIC:
	case SIOCSIFMETRIC:
		fprintf(c->out, ", ifr_metric=%d", r->ifr_metric);
		break;
	case SIOCGIFMTU:
	case SIOCSIFMTU:
		fprintf(c->out, ", ifr_mtu=%d", r->ifr_mtu);
		break;
	case SIOCGIFSLAVE:
	case SIOCSIFSLAVE:
		fputs(", ifr_slave=", c->out);
		put_string(c, r->ifr_slave, strnlen(r->ifr_slave, sizeof(r->ifr_slave)));
		break;
	case SIOCGIFTXQLEN:
	case SIOCSIFTXQLEN:
		fprintf(c->out, ", ifr_qlen=%d", r->ifr_qlen);
		break;
	case SIOCGIFINDEX:
		fprintf(c->out, ", ifr_ifindex=%d", r->ifr_ifindex);
		break;
	case SIOCGIFMAP:
	case SIOCSIFMAP:
		fprintf(c->out,
			", ifr_map={mem_start=%#lx, mem_end=%#lx, base_addr=%#x, irq=%u, dma=%u, port=%u}",
			r->ifr_map.mem_start, r->ifr_map.mem_end, r->ifr_map.base_addr, r->ifr_map.irq,
			r->ifr_map.dma, r->ifr_map.port);
		break;
	}
}

static void put_ifreq(struct tcb *c, u64 addr, bool set)
{
	const u32 cmd = (u32)c->a[1];
	struct ifreq r;

	if (!peek(c, addr, &r, sizeof(r))) {
		put_addr(c, addr);
		return;
	}
	putc('{', c->out);
	if (cmd == SIOCGIFNAME) {
		fprintf(c->out, "ifr_ifindex=%d", r.ifr_ifindex);
		if (!syserror(c)) {
			fputs(", ", c->out);
			put_ifname(c, &r);
		}
	} else {
		put_ifname(c, &r);
		if (set || !syserror(c))
			put_ifvalue(c, cmd, &r, addr);
	}
	putc('}', c->out);
}

static void put_ifc_len(struct tcb *c, int len)
{
	fprintf(c->out, "%d", len);
	if (len && !(len % (int)sizeof(struct ifreq)))
		fprintf(c->out, " /* %d * sizeof(struct ifreq) */", len / (int)sizeof(struct ifreq));
}

static void put_ifconf(struct tcb *c, u64 addr)
{
	struct ifconf conf;
	u64 buf;

	if (!peek(c, addr, &conf, sizeof(conf))) {
		put_addr(c, addr);
		return;
	}
	buf = (u64)(uintptr_t)conf.ifc_buf;
	fputs("{ifc_len=", c->out);
	if (buf && c->kept != (u32)conf.ifc_len)
		put_ifc_len(c, (int)c->kept), fputs(" => ", c->out);
	put_ifc_len(c, conf.ifc_len);
	fputs(", ifc_buf=", c->out);
	if (!buf || syserror(c)) {
		put_addr(c, buf);
		putc('}', c->out);
		return;
	}
	putc('[', c->out);
	for (int k = 0; k < conf.ifc_len / (int)sizeof(struct ifreq) && (unsigned)k < c->strlen_max; k++) {
		const u64 at = buf + (u64)k * sizeof(struct ifreq);
		struct ifreq r;

		if (!peek(c, at, &r, sizeof(r)))
			break;
		fputs(k ? ", {" : "{", c->out);
		put_ifname(c, &r);
		put_ifaddr(c, "ifr_addr", at);
		putc('}', c->out);
	}
	fputs("]}", c->out);
}

bool put_netif_ioctl(struct tcb *c, unsigned i)
{
	bool set = false;

	switch ((u32)c->a[1]) {
	case SIOCGIFCONF:
		put_ifconf(c, c->a[i]);
		return true;
	case SIOCSIFADDR:
	case SIOCSIFDSTADDR:
	case SIOCSIFBRDADDR:
	case SIOCSIFNETMASK:
	case SIOCSIFHWADDR:
	case SIOCSIFFLAGS:
	case SIOCSIFMETRIC:
	case SIOCSIFMTU:
	case SIOCSIFSLAVE:
	case SIOCSIFTXQLEN:
	case SIOCSIFMAP:
		set = true;
		break;
	case SIOCGIFADDR:
	case SIOCGIFDSTADDR:
	case SIOCGIFBRDADDR:
	case SIOCGIFNETMASK:
	case SIOCGIFHWADDR:
	case SIOCGIFFLAGS:
	case SIOCGIFMETRIC:
	case SIOCGIFMTU:
	case SIOCGIFSLAVE:
	case SIOCGIFTXQLEN:
	case SIOCGIFMAP:
	case SIOCGIFINDEX:
	case SIOCGIFNAME:
		break;
	default:
		return false;
	}
	put_ifreq(c, c->a[i], set);
	return true;
}
