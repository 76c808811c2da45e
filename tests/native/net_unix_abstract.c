// SPDX-License-Identifier: GPL-2.0-or-later
// Abstract addresses: zero bytes count, autobind, what getsockname says.
#include "net.h"

int main(void)
{
	struct sockaddr_un a = { AF_UNIX }, got;
	int s = socket(AF_UNIX, SOCK_STREAM, 0), c = socket(AF_UNIX, SOCK_STREAM, 0), d;
	int pid = getpid(), n = snprintf(a.sun_path + 1, 50, "ulk-test-%d", pid);
	socklen_t len = sizeof(got);

	P(S(bind, s, &a, 2 + 1 + n));
	P(S(listen, s, 1));
	P(S(connect, c, &a, 2 + n));
	P(S(connect, c, &a, sizeof(a)));
	P(S(connect, c, &a, 2 + 1 + n));
	P((d = S(accept, s, &got, &len)) > 0);
	printf("%u\n", len);
	len = sizeof(got);
	P(S(getpeername, c, &got, &len));
	printf("%d %d\n", len == 2 + 1 + (unsigned)n, !memcmp(&got, &a, len));
	len = sizeof(got);
	P(S(getsockname, d, &got, &len));
	printf("%d\n", got.sun_path[0]);
	c = socket(AF_UNIX, SOCK_DGRAM, 0);
	P(S(bind, c, &a, 2));
	len = sizeof(got);
	P(S(getsockname, c, &got, &len));
	printf("%u %d\n", len, got.sun_path[0]);
	P(S(bind, c, &a, 2));
	P(S(bind, socket(AF_UNIX, SOCK_DGRAM, 0), &a, 1));
	return 0;
}
