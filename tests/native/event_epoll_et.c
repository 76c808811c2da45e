// SPDX-License-Identifier: GPL-2.0-or-later
// epoll edge-triggered: one report per edge, none for what was there; MOD arms it again.
#include "net.h"
#include <sys/epoll.h>

static int ep;

static void wait_(const char *what)
{
	struct epoll_event e[8];
	int n = epoll_wait(ep, e, 8, 0);

	printf("%s: %d", what, n);
	for (int i = 0; i < n; i++)
		printf(" %x/%lx", e[i].events, (long)e[i].data.u64);
	putchar('\n');
}

int main(void)
{
	struct epoll_event e = { EPOLLIN | EPOLLET, { .u64 = 0x1122334455667788 } };
	int p[2], s[2];
	char buf[10];

	pipe2(p, O_NONBLOCK);
	ep = epoll_create1(0);
	P(S(epoll_ctl, ep, EPOLL_CTL_ADD, p[0], &e));
	wait_("empty");
	write(p[1], "abc", 3);
	wait_("written");
	wait_("again");
	read(p[0], buf, 1);
	wait_("partly read");
	write(p[1], "d", 1);
	wait_("more");
	read(p[0], buf, 10);
	wait_("drained");
	write(p[1], "e", 1);
	P(S(epoll_ctl, ep, EPOLL_CTL_MOD, p[0], &e));
	wait_("modified");
	P(S(epoll_ctl, ep, EPOLL_CTL_MOD, p[0], &e));
	wait_("modified again");
	e.events = EPOLLIN;
	P(S(epoll_ctl, ep, EPOLL_CTL_MOD, p[0], &e));
	wait_("level");
	wait_("level");
	close(p[1]);
	wait_("hung up");
	P(S(epoll_ctl, ep, EPOLL_CTL_DEL, p[0], NULL));
	wait_("deleted");
	socketpair(AF_UNIX, SOCK_STREAM, 0, s);
	e = (struct epoll_event){ EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET, { .u64 = 5 } };
	P(S(epoll_ctl, ep, EPOLL_CTL_ADD, s[0], &e));
	wait_("socket");
	wait_("socket");
	write(s[1], "x", 1);
	wait_("data");
	shutdown(s[1], SHUT_WR);
	wait_("half closed");
	close(s[1]);
	wait_("closed");
	return 0;
}
