// SPDX-License-Identifier: GPL-2.0-or-later
// SO_RCVTIMEO, SO_SNDTIMEO: waits that end, what they return, how they read back.
#include "net.h"
#include <time.h>

static long ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

int main(void)
{
	struct timeval tv = { 0, 30000 }, got;
	socklen_t len = sizeof(got);
	struct sockaddr_un a = { AF_UNIX, "s" };
	static char buf[1 << 20];
	int s[2], l;
	long t;

	socketpair(AF_UNIX, SOCK_STREAM, 0, s);
	P(setsockopt(s[0], SOL_SOCKET, SO_RCVTIMEO, &tv, sizeof(tv)));
	P(getsockopt(s[0], SOL_SOCKET, SO_RCVTIMEO, &got, &len));
	printf("%ld %d\n", (long)got.tv_sec, got.tv_usec >= 30000 && got.tv_usec < 50000);
	t = ms();
	P(read(s[0], buf, 1));
	t = ms() - t;
	P(t >= 28 && t < 2000);
	P(recv(s[0], buf, 1, MSG_DONTWAIT));
	P(setsockopt(s[0], SOL_SOCKET, SO_SNDTIMEO, &tv, sizeof(tv)));
	t = ms();
	P(write(s[0], buf, sizeof(buf)) > 0);
	P(write(s[0], buf, 1));
	P(ms() - t >= 28);
	P(setsockopt(s[0], SOL_SOCKET, SO_RCVTIMEO, &(struct timeval){ 0, 1000000 }, sizeof(tv)));
	P(setsockopt(s[0], SOL_SOCKET, SO_RCVTIMEO, &(struct timeval){ -1, 0 }, sizeof(tv)));
	P(setsockopt(s[0], SOL_SOCKET, SO_RCVTIMEO, &tv, 8));
	l = socket(AF_UNIX, SOCK_STREAM, 0);
	bind(l, (void *)&a, sizeof(a));
	listen(l, 0);
	setsockopt(l, SOL_SOCKET, SO_RCVTIMEO, &tv, sizeof(tv));
	P(accept(l, NULL, NULL));
	connect(socket(AF_UNIX, SOCK_STREAM, 0), (void *)&a, sizeof(a));
	s[0] = socket(AF_UNIX, SOCK_STREAM, 0);
	setsockopt(s[0], SOL_SOCKET, SO_SNDTIMEO, &tv, sizeof(tv));
	P(connect(s[0], (void *)&a, sizeof(a)));
	return 0;
}
