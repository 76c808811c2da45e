// SPDX-License-Identifier: GPL-2.0-or-later
// CPU-time clocks: of the process, the thread, a child by its id; they move with work, not with sleep.
#include "files.h"
#include <pthread.h>
#include <sys/resource.h>
#include <sys/times.h>
#include <sys/wait.h>
#include <time.h>

static long ns(clockid_t c)
{
	struct timespec ts;

	if (clock_gettime(c, &ts))
		return -1;
	return ts.tv_sec * 1000000000L + ts.tv_nsec;
}

static void burn(long how_long)
{
	long from = ns(CLOCK_THREAD_CPUTIME_ID);

	while (ns(CLOCK_THREAD_CPUTIME_ID) - from < how_long)
		;
}

static void *worker(void *arg)
{
	burn(20000000);
	*(long *)arg = ns(CLOCK_THREAD_CPUTIME_ID);
	return NULL;
}

int main(void)
{
	struct timespec res;
	struct rusage ru;
	struct tms tms;
	clockid_t id;
	pthread_t t;
	long a, b, own, other = 0;
	int p[2], pid;

	a = ns(CLOCK_PROCESS_CPUTIME_ID);
	usleep(30000);
	b = ns(CLOCK_PROCESS_CPUTIME_ID);
	P(b >= a && b - a < 25000000);
	burn(20000000);
	P(ns(CLOCK_PROCESS_CPUTIME_ID) - b >= 19000000);
	own = ns(CLOCK_THREAD_CPUTIME_ID);
	a = ns(CLOCK_PROCESS_CPUTIME_ID);
	pthread_create(&t, NULL, worker, &other);
	pthread_join(t, NULL);
	P(other >= 20000000);
	P(ns(CLOCK_THREAD_CPUTIME_ID) - own < 20000000);
	P(ns(CLOCK_PROCESS_CPUTIME_ID) - a >= 20000000);
	P(clock_getcpuclockid(0, &id));
	P(ns(id) >= a);
	pthread_getcpuclockid(pthread_self(), &id);
	P(ns(id) > 0);
	getrusage(RUSAGE_SELF, &ru);
	P(ru.ru_utime.tv_sec * 1000000 + ru.ru_utime.tv_usec + ru.ru_stime.tv_sec * 1000000 + ru.ru_stime.tv_usec >= 40000);
	P(getrusage(RUSAGE_THREAD, &ru));
	P(getrusage(5, &ru));
	P(times(&tms) > 0);
	P(tms.tms_utime + tms.tms_stime >= 3 && tms.tms_cutime + tms.tms_cstime == 0);
	pipe(p);
	pid = fork();
	if (!pid) {
		char c;

		burn(30000000);
		write(p[1], "", 1);
		pause();
		_exit(c);
	}
	read(p[0], &b, 1);
	P(clock_getcpuclockid(pid, &id));
	P(ns(id) >= 30000000);
	P(clock_settime(id, &res));
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	P(ns(id));
	P(getrusage(RUSAGE_CHILDREN, &ru));
	P(ru.ru_utime.tv_usec + ru.ru_stime.tv_usec + ru.ru_utime.tv_sec > 0);
	P(clock_getres(CLOCK_PROCESS_CPUTIME_ID, &res));
	P(res.tv_nsec);
	P(clock_gettime((~0x3ffffff0) << 3 | 2, &res));
	return 0;
}
