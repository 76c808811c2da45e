// SPDX-License-Identifier: GPL-2.0-or-later
// timer_create: SIGEV_SIGNAL, SIGEV_NONE, SIGEV_THREAD_ID; overruns; what siginfo says; deletion and fork.
#include "files.h"
#include <sys/wait.h>
#include <time.h>

static volatile int count, code, value, overrun, tid_ok;

static void on(int sig, siginfo_t *si, void *uc)
{
	count++;
	code = si->si_code;
	value = si->si_int;
	if (si->si_overrun > overrun)
		overrun = si->si_overrun;
}

int main(void)
{
	struct sigaction sa = { .sa_sigaction = on, .sa_flags = SA_SIGINFO };
	struct sigevent ev = { .sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGRTMIN + 1, .sigev_value.sival_int = 77 };
	struct itimerspec it = { { 0, 0 }, { 0, 2000000 } }, got;
	unsigned long block = 1UL << (SIGRTMIN + 1 - 1);
	int a, b, c;

	sigaction(SIGRTMIN + 1, &sa, NULL);
	sigaction(SIGALRM, &sa, NULL);
	P(S(timer_create, CLOCK_MONOTONIC, &ev, &a));
	P(S(timer_settime, a, 0, &it, &got));
	while (!count)
		usleep(1000);
	printf("code %d value %d overrun %d\n", code, value, overrun);
	P(S(timer_gettime, a, &got));
	printf("%ld %ld\n", (long)got.it_value.tv_sec, got.it_value.tv_nsec);
	/* Blocked while it expires many times: one signal, the rest are overruns. */
	S(rt_sigprocmask, SIG_BLOCK, &block, NULL, 8);
	it = (struct itimerspec){ { 0, 1000000 }, { 0, 1000000 } };
	count = 0;
	P(S(timer_settime, a, 0, &it, NULL));
	usleep(20000);
	S(rt_sigprocmask, SIG_UNBLOCK, &block, NULL, 8);
	P(count >= 1 && overrun >= 10);
	P(S(timer_getoverrun, a) >= 0);
	P(S(timer_delete, a));
	P(S(timer_delete, a));
	P(S(timer_gettime, a, &got));
	P(S(timer_create, CLOCK_REALTIME, NULL, &b));
	it = (struct itimerspec){ { 0, 0 }, { 0, 1000000 } };
	count = 0;
	S(timer_settime, b, 0, &it, NULL);
	while (!count)
		usleep(1000);
	P(value == b);
	ev.sigev_notify = SIGEV_THREAD_ID;
	ev._sigev_un._tid = S(gettid);
	P(S(timer_create, CLOCK_MONOTONIC, &ev, &c));
	count = 0;
	S(timer_settime, c, 0, &it, NULL);
	while (!count)
		usleep(1000);
	P(value);
	ev._sigev_un._tid = 1;
	P(S(timer_create, CLOCK_MONOTONIC, &ev, &a));
	ev.sigev_notify = SIGEV_NONE;
	P(S(timer_create, CLOCK_MONOTONIC, &ev, &a));
	it.it_value.tv_sec = 500;
	P(S(timer_settime, a, 0, &it, NULL));
	P(S(timer_gettime, a, &got));
	P(got.it_value.tv_sec > 0);
	P(S(timer_settime, a, 8, &it, NULL));
	it.it_value.tv_nsec = 1000000000;
	P(S(timer_settime, a, 0, &it, NULL));
	ev.sigev_notify = 9;
	P(S(timer_create, CLOCK_MONOTONIC, &ev, &b));
	ev.sigev_notify = SIGEV_SIGNAL;
	ev.sigev_signo = 65;
	P(S(timer_create, CLOCK_MONOTONIC, &ev, &b));
	ev.sigev_signo = 0;
	P(S(timer_create, CLOCK_MONOTONIC, &ev, &b));
	fflush(stdout);
	if (!fork()) {
		P(S(timer_gettime, a, &got));
		P(S(timer_delete, a));
		fflush(stdout);
		_exit(0);
	}
	wait(NULL);
	P(S(timer_gettime, a, &got));
	return 0;
}
