// SPDX-License-Identifier: GPL-2.0-or-later
// Joining and leaving groups, with each form of the request.
#include "net.h"

int main(void)
{
	struct ip_mreq r = { { htonl(0xe0010203) }, { htonl(INADDR_LOOPBACK) } };
	struct ip_mreqn n = { { htonl(0xe0010204) }, { 0 }, 1 };
	struct ip_mreq_source src = { { htonl(0xe8010203) }, { htonl(INADDR_LOOPBACK) }, { htonl(0x7f000009) } };
	struct ipv6_mreq r6 = { { { { 0xff, 1, [15] = 9 } } }, 1 };
	struct group_req g = { 1 };
	int s = socket(AF_INET, SOCK_DGRAM, 0), s6 = socket(AF_INET6, SOCK_DGRAM, 0);
	char filter[64] = { 0 };
	socklen_t len;

	P(S(setsockopt, s, IPPROTO_IP, IP_ADD_MEMBERSHIP, &r, sizeof(r)));
	P(S(setsockopt, s, IPPROTO_IP, IP_ADD_MEMBERSHIP, &r, sizeof(r)));
	P(S(setsockopt, s, IPPROTO_IP, IP_ADD_MEMBERSHIP, &n, sizeof(n)));
	P(S(setsockopt, s, IPPROTO_IP, IP_ADD_MEMBERSHIP, &n, 7));
	P(S(setsockopt, s, IPPROTO_IP, IP_DROP_MEMBERSHIP, &r, sizeof(r)));
	P(S(setsockopt, s, IPPROTO_IP, IP_DROP_MEMBERSHIP, &r, sizeof(r)));
	P(S(setsockopt, s, IPPROTO_IP, IP_ADD_SOURCE_MEMBERSHIP, &src, sizeof(src)));
	P(S(setsockopt, s, IPPROTO_IP, IP_BLOCK_SOURCE, &src, sizeof(src)));
	memcpy(filter, &src.imr_multiaddr, 4);
	memcpy(filter + 4, &src.imr_interface, 4);
	*(int *)(filter + 12) = 5;
	len = sizeof(filter);
	P(S(getsockopt, s, IPPROTO_IP, 41 /* IP_MSFILTER */, filter, &len));
	printf("%u mode %d n %d first %x\n", len, *(int *)(filter + 8), *(int *)(filter + 12), ntohl(*(int *)(filter + 16)));
	P(S(setsockopt, s, IPPROTO_IP, IP_MULTICAST_IF, &n, sizeof(n)));
	P(S(setsockopt, s, IPPROTO_IP, IP_MULTICAST_LOOP, &(char){ 0 }, 1));
	len = 1;
	P(S(getsockopt, s, IPPROTO_IP, IP_MULTICAST_LOOP, filter, &len));
	printf("%u %d\n", len, filter[0]);
	P(S(setsockopt, s6, IPPROTO_IPV6, IPV6_ADD_MEMBERSHIP, &r6, sizeof(r6)));
	P(S(setsockopt, s6, IPPROTO_IPV6, IPV6_DROP_MEMBERSHIP, &r6, sizeof(r6)));
	P(S(setsockopt, s6, IPPROTO_IPV6, IPV6_DROP_MEMBERSHIP, &r6, sizeof(r6)));
	((struct sockaddr_in *)&g.gr_group)->sin_family = AF_INET;
	((struct sockaddr_in *)&g.gr_group)->sin_addr.s_addr = htonl(0xe0010207);
	P(S(setsockopt, s, IPPROTO_IP, MCAST_JOIN_GROUP, &g, sizeof(g)));
	P(S(setsockopt, s, IPPROTO_IP, MCAST_LEAVE_GROUP, &g, sizeof(g)));
	return 0;
}
