// SPDX-License-Identifier: GPL-2.0-or-later
// poll, ppoll, select, pselect6, epoll: results, bad arguments, timeouts, signals.
#include "files.h"
#include <poll.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/select.h>
#include <sys/time.h>
#include <time.h>

static volatile int caught;

static void on_alarm(int sig)
{
	caught += sig == SIGALRM;
}

static void alarm_in(int ms, int flags)
{
	struct sigaction sa = { .sa_handler = on_alarm, .sa_flags = flags };
	struct itimerval it = { { 0, 0 }, { ms / 1000, ms % 1000 * 1000 } };

	caught = 0;
	sigaction(SIGALRM, &sa, NULL);
	setitimer(ITIMER_REAL, &it, NULL);
}

static int fds[2], full[2];

static void polls(void)
{
	struct pollfd p[5] = { { fds[0], POLLIN, 77 }, { fds[1], POLLOUT, 77 }, { -1, POLLIN, 77 }, { 99, POLLIN, 77 },
			       { 16100, POLLIN, 77 } };
	struct timespec ts = { 0, 1000000 }, bad = { 0, 1000000000 };
	char *pg = pages();
	sigset_t mask;

	P(S(poll, p, 5, 0));
	for (int i = 0; i < 5; i++)
		printf("%x ", p[i].revents);
	printf("\n");
	P(S(poll, p, 1, 0));
	P(S(poll, p, 1, 10));
	P(S(poll, NULL, 0, 10));
	P(S(poll, NULL, 1, 10));
	P(S(poll, NOWHERE, 1, 0));
	P(S(poll, p, 1 << 20, 0));
	P(S(poll, p, -1, 0));
	memcpy(pg + 8192 - 8, p, 8);
	P(S(poll, pg + 8192 - 8, 1, 0));
	memcpy(pg + 4096 - 4, p, sizeof(p));
	P(S(poll, pg + 4096 - 4, 5, 0));
	P(S(poll, pg + 8192, 1, 0));
	write(fds[1], "x", 1);
	P(S(poll, p, 1, -1));
	printf("%x\n", p[0].revents);
	read(fds[0], pg, 1);
	P(S(ppoll, p, 1, &ts, NULL, 8));
	printf("%ld %ld\n", (long)ts.tv_sec, ts.tv_nsec);
	P(S(ppoll, p, 1, &bad, NULL, 8));
	P(S(ppoll, p, 1, NOWHERE, NULL, 8));
	sigemptyset(&mask);
	ts = (struct timespec){ 0, 1000 };
	P(S(ppoll, p, 1, &ts, &mask, 7));
	P(S(ppoll, p, 1, &ts, NOWHERE, 8));
	P(S(ppoll, p, 1, &ts, &mask, 8));
	alarm_in(20, 0);
	P(S(poll, p, 1, -1));
	printf("caught %d\n", caught);
	alarm_in(20, SA_RESTART);
	P(S(poll, p, 1, 2000));
	printf("caught %d\n", caught);
	/* Blocked but for the time of the call. */
	sigaddset(&mask, SIGALRM);
	sigprocmask(SIG_BLOCK, &mask, NULL);
	alarm_in(20, 0);
	sigemptyset(&mask);
	P(S(ppoll, p, 1, NULL, &mask, 8));
	printf("caught %d\n", caught);
	sigprocmask(SIG_BLOCK, NULL, &mask);
	printf("blocked %d\n", sigismember(&mask, SIGALRM));
	sigprocmask(SIG_UNBLOCK, &mask, NULL);
	/* An ignored signal does not end the wait. */
	alarm_in(20, 0);
	signal(SIGALRM, SIG_IGN);
	P(S(poll, p, 1, 60));
	/* Many. */
	struct pollfd *many = calloc(1000, sizeof(*many));

	for (int i = 0; i < 1000; i++)
		many[i] = (struct pollfd){ i % 2 ? fds[1] : 500, POLLOUT, 0 };
	P(S(poll, many, 1000, 0));
	printf("%08x\n", hash(many, 8000));
	free(many);
}

static void selects(void)
{
	struct { const sigset_t *set; size_t size; } sig = { NULL, 8 };
	struct timeval tv = { 0, 1000 }, bad = { -1, 0 }, odd = { 0, 2000000 };
	struct timespec ts = { 0, 1000000 };
	fd_set r, w, e;
	sigset_t mask;

	FD_ZERO(&r);
	FD_ZERO(&w);
	FD_ZERO(&e);
	FD_SET(fds[0], &r);
	FD_SET(fds[1], &w);
	P(S(select, 20, &r, &w, &e, &tv));
	printf("%d %d\n", FD_ISSET(fds[0], &r), FD_ISSET(fds[1], &w));
	FD_SET(fds[0], &r);
	P(S(select, 20, &r, NULL, NULL, &tv));
	printf("%d %ld %ld\n", FD_ISSET(fds[0], &r), (long)tv.tv_sec, (long)tv.tv_usec);
	tv.tv_usec = 0;
	FD_SET(fds[0], &r);
	P(S(select, 20, &r, NULL, NULL, &tv));
	P(S(select, -1, &r, NULL, NULL, &tv));
	P(S(select, 20, &r, NULL, NULL, &bad));
	P(S(select, 20, NOWHERE, NULL, NULL, &tv));
	P(S(select, 20, NULL, NULL, NULL, NOWHERE));
	P(S(select, 0, NULL, NULL, NULL, &tv));
	FD_SET(fds[1], &w);
	P(S(select, 20, NULL, &w, NULL, &odd));
	FD_ZERO(&r);
	FD_SET(33, &r);
	P(S(select, 40, &r, NULL, NULL, &tv));
	P(S(select, 10, &r, NULL, NULL, &tv));
	FD_ZERO(&r);
	FD_SET(fds[0], &r);
	P(S(pselect6, 20, &r, NULL, NULL, &ts, &sig));
	printf("%ld %ld\n", (long)ts.tv_sec, ts.tv_nsec);
	sigemptyset(&mask);
	sig.set = &mask;
	sig.size = 9;
	P(S(pselect6, 20, &r, NULL, NULL, &ts, &sig));
	P(S(pselect6, 20, &r, NULL, NULL, &ts, NOWHERE));
	sigaddset(&mask, SIGALRM);
	sigprocmask(SIG_BLOCK, &mask, NULL);
	alarm_in(20, 0);
	sigemptyset(&mask);
	sig.size = 8;
	FD_SET(fds[0], &r);
	P(S(pselect6, 20, &r, NULL, NULL, NULL, &sig));
	printf("caught %d in set %d\n", caught, FD_ISSET(fds[0], &r));
	sigaddset(&mask, SIGALRM);
	sigprocmask(SIG_UNBLOCK, &mask, NULL);
	alarm_in(20, 0);
	tv = (struct timeval){ 5, 0 };
	P(S(select, 20, &r, NULL, NULL, &tv));
	printf("caught %d left %d\n", caught, tv.tv_sec == 4 && tv.tv_usec > 900000);
}

static void epolls(void)
{
	struct epoll_event ev = { EPOLLIN, { .u64 = 0x123456789abcdefUL } }, out[100];
	struct timespec ts = { 0, 1000000 }, bad = { 0, -1 };
	char *pg = pages(), c;
	sigset_t mask;
	int e;

	P(S(epoll_create, 0));
	P(S(epoll_create, -1));
	P(close(S(epoll_create, 5)));
	P(S(epoll_create1, 1));
	P(e = S(epoll_create1, EPOLL_CLOEXEC));
	P(S(epoll_ctl, e, EPOLL_CTL_ADD, fds[0], &ev));
	P(S(epoll_ctl, e, EPOLL_CTL_ADD, fds[0], &ev));
	P(S(epoll_ctl, e, EPOLL_CTL_ADD, 99, &ev));
	P(S(epoll_ctl, e, EPOLL_CTL_ADD, 16100, &ev));
	P(S(epoll_ctl, e, EPOLL_CTL_ADD, e, &ev));
	P(S(epoll_ctl, e, EPOLL_CTL_ADD, fds[1], NOWHERE));
	P(S(epoll_ctl, e, EPOLL_CTL_MOD, fds[1], &ev));
	P(S(epoll_ctl, e, EPOLL_CTL_DEL, fds[1], NULL));
	P(S(epoll_ctl, e, 9, fds[1], &ev));
	P(S(epoll_ctl, fds[0], EPOLL_CTL_ADD, fds[1], &ev));
	P(S(epoll_wait, e, out, 100, 0));
	P(S(epoll_wait, e, out, 100, 5));
	P(S(epoll_wait, e, out, 0, 0));
	P(S(epoll_wait, e, out, -1, 0));
	P(S(epoll_wait, e, KERNEL, 1, 0));
	P(S(epoll_wait, fds[0], out, 1, 0));
	P(S(epoll_wait, 99, out, 1, 0));
	ev.events = EPOLLOUT | EPOLLET;
	P(S(epoll_ctl, e, EPOLL_CTL_ADD, fds[1], &ev));
	write(fds[1], "x", 1);
	P(S(epoll_wait, e, out, 100, -1));
	printf("%x %lx\n", out[0].events | out[1].events, (unsigned long)out[0].data.u64);
	P(S(epoll_wait, e, out, 100, -1));
	P(S(epoll_wait, e, NOWHERE, 100, -1));
	P(S(epoll_wait, e, pg + 4096 - 6, 1, -1));
	printf("%lx\n", (unsigned long)((struct epoll_event *)(pg + 4096 - 6))->data.u64);
	P(S(epoll_wait, e, pg + 8192 - 6, 1, -1));
	read(fds[0], &c, 1);
	sigemptyset(&mask);
	P(S(epoll_pwait, e, out, 100, 5, &mask, 8));
	P(S(epoll_pwait, e, out, 100, 5, &mask, 4));
	P(S(epoll_pwait, e, out, 100, 5, NOWHERE, 8));
	P(S(epoll_pwait2, e, out, 100, &ts, NULL, 0));
	P(S(epoll_pwait2, e, out, 100, &bad, NULL, 0));
	P(S(epoll_pwait2, e, out, 100, NOWHERE, NULL, 0));
	alarm_in(20, SA_RESTART);
	P(S(epoll_wait, e, out, 100, -1));
	printf("caught %d\n", caught);
	close(e);
}

int main(void)
{
	pipe(fds);
	pipe(full);
	polls();
	selects();
	epolls();
	return 0;
}
