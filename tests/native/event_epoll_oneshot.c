// SPDX-License-Identifier: GPL-2.0-or-later
// epoll: EPOLLONESHOT, EPOLLEXCLUSIVE, EPOLLWAKEUP, order of reports when there are more than room.
#include "net.h"
#include <sys/epoll.h>

static int ep;

static void wait_(int room)
{
	struct epoll_event e[8];
	int n = epoll_wait(ep, e, room, 0);

	printf("%d:", n);
	for (int i = 0; i < n; i++)
		printf(" %x/%d", e[i].events, e[i].data.fd);
	putchar('\n');
}

int main(void)
{
	struct epoll_event e = { EPOLLIN | EPOLLONESHOT, { .fd = 1 } };
	int p[6][2], f = file_of("f", 1);

	ep = epoll_create1(EPOLL_CLOEXEC);
	for (int i = 0; i < 6; i++)
		pipe(p[i]);
	P(S(epoll_ctl, ep, EPOLL_CTL_ADD, p[0][0], &e));
	P(S(epoll_ctl, ep, EPOLL_CTL_ADD, p[0][0], &e));
	write(p[0][1], "x", 1);
	wait_(8);
	wait_(8);
	write(p[0][1], "x", 1);
	wait_(8);
	P(S(epoll_ctl, ep, EPOLL_CTL_MOD, p[0][0], &e));
	wait_(8);
	for (int i = 1; i < 5; i++) {
		e = (struct epoll_event){ EPOLLIN, { .fd = 10 + i } };
		S(epoll_ctl, ep, EPOLL_CTL_ADD, p[i][0], &e);
		write(p[i][1], "x", 1);
	}
	wait_(2);
	wait_(2);
	wait_(3);
	e.events = EPOLLIN | EPOLLEXCLUSIVE;
	P(S(epoll_ctl, ep, EPOLL_CTL_ADD, p[5][0], &e));
	P(S(epoll_ctl, ep, EPOLL_CTL_MOD, p[5][0], &e));
	e.events = EPOLLIN;
	P(S(epoll_ctl, ep, EPOLL_CTL_MOD, p[5][0], &e));
	P(S(epoll_ctl, ep, EPOLL_CTL_DEL, p[5][0], &e));
	e.events = EPOLLIN | EPOLLEXCLUSIVE | EPOLLONESHOT;
	P(S(epoll_ctl, ep, EPOLL_CTL_ADD, p[5][0], &e));
	e.events = EPOLLIN | EPOLLWAKEUP;
	P(S(epoll_ctl, ep, EPOLL_CTL_ADD, p[5][0], &e));
	P(S(epoll_ctl, ep, EPOLL_CTL_ADD, f, &e));
	P(S(epoll_ctl, ep, EPOLL_CTL_ADD, ep, &e));
	P(S(epoll_ctl, f, EPOLL_CTL_ADD, p[0][0], &e));
	P(S(epoll_ctl, ep, 9, p[0][0], &e));
	P(S(epoll_ctl, ep, EPOLL_CTL_MOD, p[0][1], &e));
	P(S(epoll_ctl, ep, EPOLL_CTL_DEL, 99, &e));
	P(S(epoll_wait, ep, &e, 0, 0));
	P(S(epoll_wait, ep, &e, -1, 0));
	P(S(epoll_wait, ep, &e, 0x7fffffff, 0));
	P(S(epoll_wait, f, &e, 1, 0));
	P(S(epoll_create, 0));
	P(S(epoll_create1, 1));
	/* A closed descriptor leaves by itself, but not while a duplicate is open. */
	dup2(p[1][0], 50);
	close(p[1][0]);
	wait_(8);
	close(50);
	wait_(8);
	return 0;
}
