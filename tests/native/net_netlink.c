// SPDX-License-Identifier: GPL-2.0-or-later
// Netlink: a dump of the interfaces, its multipart messages, errors, addresses, truncation, options.
#include "net.h"
#include <linux/netlink.h>
#include <linux/rtnetlink.h>

static char buf[32768];

static void ask(int s, int type, int flags, size_t room)
{
	struct { struct nlmsghdr h; struct rtgenmsg g; char pad[32]; } req = { { sizeof(req), type, NLM_F_REQUEST | flags, 5, 0 }, { 0 } };
	struct sockaddr_nl from;
	socklen_t len = sizeof(from);
	long n;

	P(S(sendto, s, &req, sizeof(req), 0, NULL, 0));
	do {
		n = S(recvfrom, s, buf, room, 0, &from, &len);
		if (n < 0) {
			printf("  %s\n", strerrorname_np(errno));
			return;
		}
		for (struct nlmsghdr *h = (void *)buf; NLMSG_OK(h, n); h = NLMSG_NEXT(h, n)) {
			struct ifinfomsg *i = NLMSG_DATA(h);

			if (h->nlmsg_type == NLMSG_DONE)
				return;
			if (h->nlmsg_type == NLMSG_ERROR) {
				printf("  error %d\n", ((struct nlmsgerr *)i)->error);
				return;
			}
			if (i->ifi_index == 1)
				printf("  type %d seq %d flags %x family %d up %d\n", h->nlmsg_type, h->nlmsg_seq, h->nlmsg_flags, i->ifi_family, i->ifi_flags & 1);
		}
	} while (flags & NLM_F_DUMP);
}

int main(void)
{
	struct sockaddr_nl a = { AF_NETLINK }, got;
	socklen_t len = sizeof(got);
	int s = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE), t, v;

	P(S(socket, AF_NETLINK, SOCK_STREAM, NETLINK_ROUTE));
	P(S(socket, AF_NETLINK, SOCK_RAW, 99));
	P(S(bind, s, &a, sizeof(a)));
	P(S(getsockname, s, &got, &len));
	printf("%u own %d groups %x\n", len, got.nl_pid == (unsigned)getpid(), got.nl_groups);
	t = socket(AF_NETLINK, SOCK_RAW, NETLINK_ROUTE);
	a.nl_pid = got.nl_pid;
	P(S(bind, t, &a, sizeof(a)));
	a.nl_pid = 0;
	a.nl_groups = 1;
	P(S(bind, t, &a, 5));
	P(S(bind, t, &a, sizeof(a)));
	ask(s, RTM_GETLINK, NLM_F_DUMP, sizeof(buf));
	ask(s, RTM_GETADDR, NLM_F_DUMP, sizeof(buf));
	ask(s, 0x7ff0, 0, sizeof(buf));
	ask(s, RTM_NEWLINK, NLM_F_ACK, sizeof(buf));
	P(setsockopt(s, SOL_NETLINK, NETLINK_EXT_ACK, &(int){ 1 }, 4));
	P(setsockopt(s, SOL_NETLINK, NETLINK_ADD_MEMBERSHIP, &(int){ 1 }, 4));
	P(setsockopt(s, SOL_NETLINK, NETLINK_ADD_MEMBERSHIP, &(int){ 1000 }, 4));
	P(setsockopt(s, SOL_NETLINK, NETLINK_PKTINFO, &(int){ 1 }, 4));
	len = 4;
	P(getsockopt(s, SOL_NETLINK, NETLINK_PKTINFO, &v, &len));
	printf("%d\n", v);
	len = 64;
	P(getsockopt(s, SOL_NETLINK, NETLINK_LIST_MEMBERSHIPS, buf, &len));
	printf("%d %x\n", len >= 4, *(int *)buf);
	P(recv(s, buf, 10, MSG_DONTWAIT));
	P(S(sendto, s, buf, 5, 0, &(struct sockaddr_nl){ AF_NETLINK, 0, 0x7ffffff0 }, sizeof(a)));
	return 0;
}
