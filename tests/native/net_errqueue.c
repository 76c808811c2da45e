// SPDX-License-Identifier: GPL-2.0-or-later
// IP_RECVERR: errors of a datagram socket, by the next call and by MSG_ERRQUEUE.
#include "net.h"
#include <linux/errqueue.h>

int main(void)
{
	char control[300], byte[20];
	struct sockaddr_in a, name;
	struct iovec iov = { byte, 20 };
	struct msghdr m = { &name, sizeof(name), &iov, 1, control, sizeof(control), 0 };
	int s = bound(SOCK_DGRAM, &a), u = socket(AF_INET, SOCK_DGRAM, 0), on = 1, err = -1;
	socklen_t len = 4;

	close(s);
	P(S(connect, u, &a, sizeof(a)));
	P(S(write, u, "one", 3));
	printf("%x\n", ready(u, POLLIN));
	P(S(read, u, byte, 20));
	P(S(write, u, "two", 3));
	ready(u, 0);
	P(getsockopt(u, SOL_SOCKET, SO_ERROR, &err, &len));
	P(err);
	P(getsockopt(u, SOL_SOCKET, SO_ERROR, &err, &len));
	P(err);
	P(setsockopt(u, IPPROTO_IP, IP_RECVERR, &on, 4));
	P(S(recvmsg, u, &m, MSG_ERRQUEUE));
	P(S(write, u, "three", 5));
	printf("%x\n", ready(u, POLLIN));
	P(S(recvmsg, u, &m, MSG_ERRQUEUE));
	controls(&m);
	for (struct cmsghdr *c = CMSG_FIRSTHDR(&m); c; c = CMSG_NXTHDR(&m, c)) {
		struct sock_extended_err *e = (void *)CMSG_DATA(c);

		printf("  errno %u origin %u type %u code %u from %x\n", e->ee_errno, e->ee_origin, e->ee_type, e->ee_code,
		       ntohl(((struct sockaddr_in *)SO_EE_OFFENDER(e))->sin_addr.s_addr));
	}
	printf("%.5s %u %d\n", byte, m.msg_namelen, name.sin_port == a.sin_port);
	P(S(recvmsg, u, &m, MSG_ERRQUEUE));
	P(S(recvfrom, u, byte, 20, MSG_ERRQUEUE, NULL, NULL));
	P(S(recvfrom, u, byte, 20, MSG_DONTWAIT, NULL, NULL));
	P(S(recvfrom, u, byte, 20, MSG_DONTWAIT, NULL, NULL));
	return 0;
}
