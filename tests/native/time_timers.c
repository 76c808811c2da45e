// SPDX-License-Identifier: GPL-2.0-or-later
/* alarm, interval timers and POSIX timers: values, errors, and that their signals arrive with the right
 * siginfo. */
#include <signal.h>
#include <sys/time.h>
#include <time.h>
#include "show.h"

static volatile int count, code, value;

static void on_signal(int sig, siginfo_t *info, void *ctx)
{
	count++;
	code = info->si_code;
	value = info->si_value.sival_int;
}

/* The signals are blocked but for here, so none comes between the look at count and the sleep. */
static void wait_for(int n)
{
	sigset_t none;

	sigemptyset(&none);
	while (count < n)
		sigsuspend(&none);
}

static void block(int how)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGALRM);
	sigaddset(&set, SIGVTALRM);
	sigaddset(&set, SIGPROF);
	sigaddset(&set, SIGRTMIN + 2);
	sigprocmask(how, &set, NULL);
}

static void intervals(void)
{
	struct itimerval it = {{0, 0}, {0, 20000}}, old;

	SHOW(syscall(SYS_alarm, 100));
	SHOW(syscall(SYS_alarm, 50));
	SHOW(syscall(SYS_alarm, 0));
	SHOW(syscall(SYS_alarm, 0));
	SHOW(syscall(SYS_setitimer, ITIMER_REAL, &it, NULL));
	wait_for(1);
	printf("SIGALRM: code %d\n", code);
	it = (struct itimerval){{0, 10000}, {0, 10000}};
	SHOW(syscall(SYS_setitimer, ITIMER_REAL, &it, &old));
	SHOW(old.it_value.tv_usec);
	wait_for(4);
	it = (struct itimerval){{3, 0}, {100, 0}};
	SHOW(syscall(SYS_setitimer, ITIMER_REAL, &it, &old));
	SHOW(old.it_interval.tv_usec);
	SHOW(syscall(SYS_getitimer, ITIMER_REAL, &old));
	SHOW(old.it_interval.tv_sec);
	SHOW(old.it_value.tv_sec);
	SHOW(syscall(SYS_setitimer, ITIMER_REAL, NULL, NULL));
	SHOW(syscall(SYS_getitimer, ITIMER_REAL, &old));
	SHOW(old.it_value.tv_sec);
	it.it_value.tv_usec = 1000000;
	SHOW(syscall(SYS_setitimer, ITIMER_REAL, &it, NULL));
	SHOW(syscall(SYS_setitimer, 7, &it, NULL));
	it.it_value.tv_usec = 0;
	SHOW(syscall(SYS_setitimer, 7, &it, NULL));
	SHOW(syscall(SYS_setitimer, ITIMER_REAL, 8, NULL));
	SHOW(syscall(SYS_getitimer, 7, &it));
	SHOW(syscall(SYS_getitimer, 0, NULL));
	SHOW(syscall(SYS_getitimer, ITIMER_PROF, &it));
	SHOW(syscall(SYS_getitimer, ITIMER_VIRTUAL, &it));
	count = 0;
	it = (struct itimerval){{0, 0}, {0, 1000}};
	signal(SIGALRM, SIG_IGN);
	block(SIG_UNBLOCK);
	SHOW(syscall(SYS_setitimer, ITIMER_VIRTUAL, &it, NULL));
	while (!count)
		continue;
	puts("SIGVTALRM came");
	count = 0;
	SHOW(syscall(SYS_setitimer, ITIMER_PROF, &it, NULL));
	while (!count)
		continue;
	puts("SIGPROF came");
	block(SIG_BLOCK);
}

static void posix_timers(void)
{
	struct sigevent ev = {
		.sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGRTMIN + 2, .sigev_value.sival_int = 77};
	struct itimerspec it = {{0, 0}, {0, 20000000}}, old;
	int id = -1, none = -1;

	count = 0;
	SHOW(syscall(SYS_timer_create, CLOCK_MONOTONIC, &ev, &id));
	SHOW(syscall(SYS_timer_settime, id, 0, &it, NULL));
	wait_for(1);
	printf("code %d value %d\n", code, value);
	SHOW(syscall(SYS_timer_gettime, id, &old));
	SHOW(old.it_value.tv_nsec);
	SHOW(syscall(SYS_timer_getoverrun, id));
	it.it_value.tv_nsec = 1000000000;
	SHOW(syscall(SYS_timer_settime, id, 0, &it, NULL));
	SHOW(syscall(SYS_timer_settime, id, 0, NULL, NULL));
	SHOW(syscall(SYS_timer_settime, id, 0, 8, NULL));
	SHOW(syscall(SYS_timer_delete, id));
	SHOW(syscall(SYS_timer_delete, id));
	SHOW(syscall(SYS_timer_gettime, id, &old));
	SHOW(syscall(SYS_timer_getoverrun, id));
	ev.sigev_notify = SIGEV_NONE;
	SHOW(syscall(SYS_timer_create, CLOCK_REALTIME, &ev, &none));
	it = (struct itimerspec){{7, 0}, {100, 0}};
	SHOW(syscall(SYS_timer_settime, none, 0, &it, NULL));
	SHOW(syscall(SYS_timer_gettime, none, &old));
	SHOW(old.it_interval.tv_sec);
	SHOW(old.it_value.tv_sec);
	SHOW(syscall(SYS_timer_create, 99, &ev, &id));
	SHOW(syscall(SYS_timer_create, CLOCK_REALTIME, 8, &id));
	SHOW(syscall(SYS_timer_create, CLOCK_REALTIME, &ev, 8));
	ev.sigev_notify = 55;
	SHOW(syscall(SYS_timer_create, CLOCK_REALTIME, &ev, &id));
	ev.sigev_notify = SIGEV_SIGNAL;
	ev.sigev_signo = 99;
	SHOW(syscall(SYS_timer_create, CLOCK_REALTIME, &ev, &id));
	SHOW(syscall(SYS_timer_create, CLOCK_REALTIME, NULL, &id));
	SHOW(syscall(SYS_timer_delete, id));
}

int main(void)
{
	struct sigaction sa = {.sa_sigaction = on_signal, .sa_flags = SA_SIGINFO};

	setvbuf(stdout, NULL, _IONBF, 0);
	sigaction(SIGALRM, &sa, NULL);
	sigaction(SIGVTALRM, &sa, NULL);
	sigaction(SIGPROF, &sa, NULL);
	sigaction(SIGRTMIN + 2, &sa, NULL);
	block(SIG_BLOCK);
	intervals();
	posix_timers();
	return 0;
}
