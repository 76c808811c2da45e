// SPDX-License-Identifier: GPL-2.0-or-later
// setitimer: real, virtual and profiling time, alarm, what is left, limits.
#include "files.h"
#include <sys/time.h>

static volatile int got[65];

static void on(int sig)
{
	got[sig]++;
}

static void spin_until(int sig)
{
	for (long i = 0; !got[sig] && i < 4000000000L; i++)
		if (i % 1000 == 0)
			S(getppid);
}

int main(void)
{
	struct itimerval it = { { 0, 0 }, { 0, 10000 } }, old;

	signal(SIGALRM, on);
	signal(SIGVTALRM, on);
	signal(SIGPROF, on);
	P(S(setitimer, ITIMER_REAL, &it, &old));
	while (!got[SIGALRM])
		usleep(1000);
	P(got[SIGALRM]);
	P(S(setitimer, ITIMER_VIRTUAL, &it, NULL));
	spin_until(SIGVTALRM);
	P(got[SIGVTALRM]);
	P(S(setitimer, ITIMER_PROF, &it, NULL));
	spin_until(SIGPROF);
	P(got[SIGPROF]);
	P(S(setitimer, 3, &it, NULL));
	P(S(getitimer, 3, &it));
	P(S(getitimer, ITIMER_REAL, NULL));
	it.it_value.tv_usec = 1000000;
	P(S(setitimer, ITIMER_REAL, &it, NULL));
	it = (struct itimerval){ { 0, -1 }, { 1, 0 } };
	P(S(setitimer, ITIMER_REAL, &it, NULL));
	P(S(alarm, 100));
	P(S(getitimer, ITIMER_REAL, &it));
	P(it.it_value.tv_sec == 99 && it.it_interval.tv_sec == 0);
	P(S(alarm, 0));
	P(S(alarm, 0xffffffff));
	P(S(alarm, 0) > 1000);
	it = (struct itimerval){ { 7, 5 }, { 1000, 0 } };
	P(S(setitimer, ITIMER_REAL, &it, NULL));
	P(S(setitimer, ITIMER_REAL, NULL, &old));
	printf("%ld %ld\n", (long)old.it_interval.tv_sec, (long)old.it_interval.tv_usec);
	return 0;
}
