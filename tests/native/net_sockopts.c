// SPDX-License-Identifier: GPL-2.0-or-later
// getsockopt and setsockopt of the socket level: every number, defaults, lengths, what is clamped.
#include "net.h"

static void get(int s, int name, socklen_t room)
{
	unsigned char v[256];
	socklen_t len = room;
	long ret;

	memset(v, 0, sizeof(v));
	errno = 0;
	ret = S(getsockopt, s, SOL_SOCKET, name, v, &len);
	printf(" %u:%s", room, ret ? strerrorname_np(errno) : "");
	/* Addresses, cookies and times of this run are not for comparing. */
	if (!ret && name != SO_PEERCRED && name != 57 /* SO_COOKIE */ && name != SO_MEMINFO && name != 49 && name != 77)
		printf("%u=%x", len, *(unsigned *)v);
}

int main(void)
{
	int socks[] = { socket(AF_UNIX, SOCK_STREAM, 0), socket(AF_INET, SOCK_STREAM, 0), socket(AF_INET, SOCK_DGRAM, 0) };
	static const int values[] = { 0, 1, -1, 4096, 1 << 30 };

	for (int i = 0; i < 3; i++) {
		for (int name = 0; name < 90; name++) {
			printf("%d option %d:", i, name);
			get(socks[i], name, 0);
			get(socks[i], name, 2);
			get(socks[i], name, 4);
			get(socks[i], name, 64);
			get(socks[i], name, -1);
			putchar('\n');
		}
	}
	for (int name = 0; name < 90; name++) {
		/* Filters, devices and such need more than an int; some last. */
		if (name == 25 || name == 26 || name == 50 || name == 51 || name == 52)
			continue;
		for (int i = 0; i < 3; i++) {
			int s = socket(i ? AF_INET : AF_UNIX, i < 2 ? SOCK_STREAM : SOCK_DGRAM, 0);

			printf("%d set %d:", i, name);
			for (unsigned v = 0; v < 5; v++) {
				printf(" %s", S(setsockopt, s, SOL_SOCKET, name, &values[v], 4) ? strerrorname_np(errno) : "ok");
				get(s, name, 4);
			}
			printf(" short %s\n", S(setsockopt, s, SOL_SOCKET, name, &values[1], 3) ? strerrorname_np(errno) : "ok");
			close(s);
		}
	}
	return 0;
}
