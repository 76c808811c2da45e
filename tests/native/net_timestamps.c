// SPDX-License-Identifier: GPL-2.0-or-later
// SO_TIMESTAMP in its forms (SO_TIMESTAMPING is only set: its first stamps may be late), and SIOCGSTAMP: a time that lies between before and after.
#include "net.h"
#include <linux/net_tstamp.h>
#include <linux/sockios.h>
#include <time.h>

static int s;
static struct sockaddr_in a;

static void take(const char *what)
{
	char control[300], byte[10];
	struct iovec iov = { byte, 10 };
	struct msghdr m = { .msg_iov = &iov, .msg_iovlen = 1, .msg_control = control, .msg_controllen = sizeof(control) };
	long before = time(NULL);
	struct timespec after;

	sendto(s, "x", 1, 0, (void *)&a, sizeof(a));
	printf("%s: ", what);
	/* On a busy machine even the loopback interface delivers later. */
	ready(s, POLLIN);
	P(S(recvmsg, s, &m, MSG_DONTWAIT));
	/* time() lags behind by up to a tick. */
	clock_gettime(CLOCK_REALTIME, &after);
	controls(&m);
	for (struct cmsghdr *c = CMSG_FIRSTHDR(&m); c; c = CMSG_NXTHDR(&m, c)) {
		long *t = (long *)CMSG_DATA(c);

		printf("  %s\n", t[0] >= before && t[0] <= after.tv_sec ? "now" : "?");
	}
}

int main(void)
{
	struct timeval tv = { -1, -1 };
	struct timespec ts;
	int on = 1, off = 0, flags = SOF_TIMESTAMPING_SOFTWARE | SOF_TIMESTAMPING_RX_SOFTWARE;
	socklen_t len = 4;

	s = bound(SOCK_DGRAM, &a);
	take("none");
	P(ioctl(s, SIOCGSTAMP, &tv) || tv.tv_sec > 0);
	P(setsockopt(s, SOL_SOCKET, SO_TIMESTAMP, &on, 4));
	take("SO_TIMESTAMP");
	P(setsockopt(s, SOL_SOCKET, SO_TIMESTAMPNS, &on, 4));
	take("SO_TIMESTAMPNS");
	P(getsockopt(s, SOL_SOCKET, SO_TIMESTAMP, &off, &len));
	P(off);
	P(setsockopt(s, SOL_SOCKET, 63 /* SO_TIMESTAMP_NEW */, &on, 4));
	take("SO_TIMESTAMP_NEW");
	P(setsockopt(s, SOL_SOCKET, 63, &(int){ 0 }, 4));
	P(setsockopt(s, SOL_SOCKET, SO_TIMESTAMPING, &flags, 4));
	P(setsockopt(s, SOL_SOCKET, SO_TIMESTAMPING, &(int){ 1 << 30 }, 4));
	P(setsockopt(s, SOL_SOCKET, SO_TIMESTAMPING, &(int){ 0 }, 4));
	take("off");
	P(ioctl(s, SIOCGSTAMPNS, &ts));
	P(ts.tv_sec >= time(NULL) - 60);
	P(ioctl(socket(AF_INET, SOCK_DGRAM, 0), SIOCGSTAMP, &tv));
	return 0;
}
