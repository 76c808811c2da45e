// SPDX-License-Identifier: GPL-2.0-or-later
// epoll of epolls: reports pass upwards; loops and depths are refused.
#include "net.h"
#include <sys/epoll.h>

int main(void)
{
	struct epoll_event e = { EPOLLIN, { .u64 = 7 } }, got[3];
	int ep[8], p[2];

	pipe(p);
	for (int i = 0; i < 8; i++)
		ep[i] = epoll_create1(0);
	for (int i = 0; i < 6; i++)
		P(S(epoll_ctl, ep[i], EPOLL_CTL_ADD, ep[i + 1], &e));
	P(S(epoll_ctl, ep[1], EPOLL_CTL_ADD, ep[0], &e));
	P(S(epoll_ctl, ep[4], EPOLL_CTL_ADD, p[0], &e));
	P(epoll_wait(ep[0], got, 3, 0));
	write(p[1], "x", 1);
	P(epoll_wait(ep[0], got, 3, 0));
	printf("%x %d\n", got[0].events, (int)got[0].data.u64);
	P(ready(ep[0], POLLIN));
	read(p[0], got, 1);
	P(epoll_wait(ep[0], got, 3, 0));
	close(ep[3]);
	write(p[1], "x", 1);
	P(epoll_wait(ep[0], got, 3, 0));
	P(epoll_wait(ep[4], got, 3, 0));
	return 0;
}
