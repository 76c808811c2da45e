// SPDX-License-Identifier: GPL-2.0-or-later
/* Virtual time: what sleeps for an hour is back at once, and it was an hour. */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/select.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static volatile sig_atomic_t alarms;

static void on_alarm(int sig)
{
	(void)sig;
	alarms++;
}

/* Seconds since the last call. */
static long passed(void)
{
	static time_t last;
	struct timespec ts;
	long d;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	d = ts.tv_sec - last;
	last = ts.tv_sec;
	return d;
}

int main(void)
{
	const struct itimerval every = {{1000, 0}, {1000, 0}}, off = {{0}};
	struct epoll_event ev;
	struct timeval tv = {3600, 0};
	sigset_t set;
	int p[2], ep = epoll_create1(0);
	char c;

	if (pipe(p))
		return 1;
	struct pollfd pfd = {p[0], POLLIN, 0};
	passed();
	sleep(3600);
	printf("sleep: %ld\n", passed());
	printf("poll %d: ", poll(&pfd, 1, 3600000));
	printf("%ld\n", passed());
	printf("select %d: ", select(0, NULL, NULL, NULL, &tv));
	printf("%ld\n", passed());
	printf("epoll %d: ", epoll_wait(ep, &ev, 1, 3600000));
	printf("%ld\n", passed());
	sigaction(SIGALRM, &(const struct sigaction){.sa_handler = on_alarm}, NULL);
	alarm(3600);
	pause();
	printf("pause, %d: %ld\n", alarms, passed());
	setitimer(ITIMER_REAL, &every, NULL);
	sigfillset(&set);
	sigdelset(&set, SIGALRM);
	sigsuspend(&set);
	printf("sigsuspend, %d: %ld\n", alarms, passed());
	printf("read %zd %s: ", read(p[0], &c, 1), strerror(errno));
	printf("%ld\n", passed());
	sigemptyset(&set);
	sigaddset(&set, SIGALRM);
	sigprocmask(SIG_BLOCK, &set, NULL);
	printf("sigwaitinfo %d: ", sigwaitinfo(&set, NULL));
	printf("%ld\n", passed());
	setitimer(ITIMER_REAL, &off, NULL);
	fflush(stdout);
	if (!fork()) {
		sleep(60);
		printf("child: %ld\n", passed());
		fflush(stdout);
		_exit(3);
	}
	wait(NULL);
	printf("parent: %ld\n", passed());
	return 0;
}
