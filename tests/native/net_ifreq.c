// SPDX-License-Identifier: GPL-2.0-or-later
// Interfaces by ioctl: SIOCGIF* of the loopback interface, SIOCGIFCONF with too little room, errors.
#include "net.h"
#include <net/if.h>
#include <net/if_arp.h>
#include <net/route.h>
#include <linux/ethtool.h>
#include <linux/sockios.h>

int main(void)
{
	static const int cmds[] = { SIOCGIFFLAGS, SIOCGIFADDR, SIOCGIFDSTADDR, SIOCGIFBRDADDR, SIOCGIFNETMASK, SIOCGIFMETRIC, SIOCGIFMTU,
				    SIOCGIFHWADDR, SIOCGIFINDEX, SIOCGIFTXQLEN, SIOCGIFMAP, SIOCGIFSLAVE, SIOCGIFENCAP, SIOCGIFPFLAGS };
	int s = socket(AF_INET, SOCK_DGRAM, 0), u = socket(AF_UNIX, SOCK_STREAM, 0);
	struct ifreq r;
	struct ifconf c;
	char buf[2000];

	for (unsigned i = 0; i < sizeof(cmds) / sizeof(*cmds); i++) {
		memset(&r, 0, sizeof(r));
		strcpy(r.ifr_name, "lo");
		printf("%x ", cmds[i]);
		P(ioctl(s, cmds[i], &r));
		for (int k = 16; k < 32; k++)
			printf("%02x", ((unsigned char *)&r)[k]);
		putchar('\n');
		strcpy(r.ifr_name, "nosuch0");
		P(ioctl(s, cmds[i], &r));
	}
	r.ifr_ifindex = 1;
	P(ioctl(s, SIOCGIFNAME, &r));
	puts(r.ifr_name);
	r.ifr_ifindex = 9999;
	P(ioctl(s, SIOCGIFNAME, &r));
	for (int room = 0; room < 100; room += 39) {
		c.ifc_len = room;
		c.ifc_buf = buf;
		P(ioctl(s, SIOCGIFCONF, &c));
		printf("%d %s\n", c.ifc_len > 0, c.ifc_len ? c.ifc_req->ifr_name : "");
	}
	c.ifc_buf = NULL;
	P(ioctl(s, SIOCGIFCONF, &c));
	P(c.ifc_len > 0 && c.ifc_len % (int)sizeof(struct ifreq) == 0);
	P(ioctl(u, SIOCGIFINDEX, &r));
	P(ioctl(open("/dev/null", O_RDONLY), SIOCGIFINDEX, &r));
	strcpy(r.ifr_name, "lo");
	setuid(5);
	P(ioctl(s, SIOCSIFFLAGS, &r));
	P(ioctl(s, SIOCSIFADDR, &r));
	P(ioctl(s, SIOCADDRT, &(struct rtentry){ 0 }));
	P(ioctl(s, SIOCSARP, &(struct arpreq){ 0 }));
	P(ioctl(s, SIOCGIFADDR + 0x100, &r));
	return 0;
}
