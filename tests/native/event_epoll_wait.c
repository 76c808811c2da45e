// SPDX-License-Identifier: GPL-2.0-or-later
// epoll_pwait, epoll_pwait2: timeouts, masks, a signal that arrives.
#include "net.h"
#include <sys/epoll.h>
#include <time.h>

static volatile int count;

static void on(int sig)
{
	count++;
}

static long ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

int main(void)
{
	struct epoll_event e;
	struct timespec ts = { 0, 20000000 };
	unsigned long set = 1UL << (SIGUSR1 - 1), none = 0;
	int ep = epoll_create1(0);
	long t = ms();

	signal(SIGUSR1, on);
	P(S(epoll_wait, ep, &e, 1, 20));
	P(ms() - t >= 19);
	t = ms();
	P(S(epoll_pwait2, ep, &e, 1, &ts, NULL, 8));
	P(ms() - t >= 19);
	ts.tv_nsec = 1000000000;
	P(S(epoll_pwait2, ep, &e, 1, &ts, NULL, 8));
	ts.tv_nsec = 0;
	ts.tv_sec = -1;
	P(S(epoll_pwait2, ep, &e, 1, &ts, NULL, 8));
	ts.tv_sec = 0;
	P(S(epoll_pwait2, ep, &e, 1, &ts, NULL, 3));
	P(S(epoll_pwait2, ep, &e, 1, &ts, &set, 3));
	S(rt_sigprocmask, SIG_BLOCK, &set, NULL, 8);
	raise(SIGUSR1);
	P(count);
	P(S(epoll_pwait, ep, &e, 1, -1, &none, 8));
	P(count);
	raise(SIGUSR1);
	ts.tv_sec = 5;
	P(S(epoll_pwait2, ep, &e, 1, &ts, &none, 8));
	P(count);
	P(S(epoll_pwait, ep, &e, 1, 0, &none, 8));
	raise(SIGUSR1);
	P(S(epoll_pwait, ep, &e, 1, 0, &none, 8));
	P(count);
	P(S(epoll_pwait, ep, &e, 1, 0, &none, 4));
	P(S(epoll_pwait, ep, &e, 1, 0, NOWHERE, 8));
	return 0;
}
