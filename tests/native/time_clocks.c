// SPDX-License-Identifier: GPL-2.0-or-later
/* Clocks: which exist, their resolution, their errors; sleeping; nothing that depends on the hour. */
#include <signal.h>
#include <sys/time.h>
#include <time.h>
#include "show.h"

static volatile int alarms;

static void on_alarm(int sig)
{
	alarms++;
}

static void clocks(void)
{
	struct timespec ts;
	struct timeval tv;
	struct timezone tz;

	for (int clock = -1; clock < 14; clock++) {
		SHOW(syscall(SYS_clock_gettime, clock, &ts));
		ts.tv_nsec = -1;
		SHOW(syscall(SYS_clock_getres, clock, &ts));
		printf("clock %d: %ld\n", clock, ts.tv_nsec);
	}
	SHOW(syscall(SYS_clock_gettime, 0, 8));
	SHOW(syscall(SYS_clock_gettime, 2, 8));
	SHOW(syscall(SYS_clock_gettime, 99, 8));
	SHOW(syscall(SYS_clock_getres, 0, NULL));
	SHOW(syscall(SYS_clock_getres, 0, 8));
	SHOW(syscall(SYS_clock_settime, CLOCK_MONOTONIC, &ts));
	SHOW(syscall(SYS_clock_settime, CLOCK_REALTIME, 8));
	SHOW(syscall(SYS_clock_settime, 99, 8));
	SHOW_OK(syscall(SYS_time, NULL));
	SHOW(syscall(SYS_time, 8));
	SHOW(syscall(SYS_gettimeofday, &tv, &tz));
	SHOW(syscall(SYS_gettimeofday, NULL, NULL));
	SHOW(syscall(SYS_gettimeofday, 8, NULL));
	SHOW(syscall(SYS_gettimeofday, NULL, 8));
	tv.tv_usec = 1000000;
	SHOW(syscall(SYS_settimeofday, &tv, NULL));
	SHOW(syscall(SYS_settimeofday, 8, NULL));
	SHOW(syscall(SYS_settimeofday, NULL, NULL));
}

static long elapsed_ms(const struct timespec *from)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (now.tv_sec - from->tv_sec) * 1000 + (now.tv_nsec - from->tv_nsec) / 1000000;
}

static void sleeping(void)
{
	struct timespec start, ts = {0, 20000000}, bad = {0, 1000000000}, neg = {-1, 0};

	clock_gettime(CLOCK_MONOTONIC, &start);
	SHOW(syscall(SYS_nanosleep, &ts, NULL));
	SHOW(elapsed_ms(&start) >= 20);
	SHOW(syscall(SYS_nanosleep, &bad, NULL));
	SHOW(syscall(SYS_nanosleep, &neg, NULL));
	SHOW(syscall(SYS_nanosleep, NULL, NULL));
	SHOW(syscall(SYS_clock_nanosleep, CLOCK_REALTIME, 0, &ts, NULL));
	SHOW(syscall(SYS_clock_nanosleep, CLOCK_MONOTONIC, 0, &ts, NULL));
	SHOW(syscall(SYS_clock_nanosleep, CLOCK_BOOTTIME, 0, &ts, NULL));
	SHOW(syscall(SYS_clock_nanosleep, CLOCK_TAI, 0, &ts, NULL));
	SHOW(syscall(SYS_clock_nanosleep, CLOCK_THREAD_CPUTIME_ID, 0, &ts, NULL));
	SHOW(syscall(SYS_clock_nanosleep, CLOCK_MONOTONIC_RAW, 0, &ts, NULL));
	SHOW(syscall(SYS_clock_nanosleep, CLOCK_REALTIME_COARSE, 0, &ts, NULL));
	SHOW(syscall(SYS_clock_nanosleep, 99, 0, &ts, NULL));
	SHOW(syscall(SYS_clock_nanosleep, 99, 0, 8, NULL));
	SHOW(syscall(SYS_clock_nanosleep, CLOCK_MONOTONIC, 0, &bad, NULL));
	SHOW(syscall(SYS_clock_nanosleep, CLOCK_MONOTONIC, TIMER_ABSTIME, &start, NULL));
	start.tv_sec++;
	SHOW(syscall(SYS_clock_nanosleep, CLOCK_MONOTONIC, TIMER_ABSTIME, &start, NULL));
}

static void interrupted(void)
{
	struct timespec ts = {5, 0}, left = {-1, -1}, now;
	struct itimerval it = {{0, 0}, {0, 50000}};
	struct sigaction sa = {.sa_handler = on_alarm, .sa_flags = SA_RESTART};

	sigaction(SIGALRM, &sa, NULL);
	setitimer(ITIMER_REAL, &it, NULL);
	SHOW(syscall(SYS_nanosleep, &ts, &left));
	SHOW(left.tv_sec);
	SHOW(left.tv_nsec > 500000000);
	setitimer(ITIMER_REAL, &it, NULL);
	left.tv_sec = -1;
	SHOW(syscall(SYS_clock_nanosleep, CLOCK_REALTIME, 0, &ts, &left));
	SHOW(left.tv_sec);
	setitimer(ITIMER_REAL, &it, NULL);
	SHOW(syscall(SYS_clock_nanosleep, CLOCK_MONOTONIC, 0, &ts, 8));
	clock_gettime(CLOCK_MONOTONIC, &now);
	now.tv_sec += 5;
	setitimer(ITIMER_REAL, &it, NULL);
	left.tv_sec = -1;
	SHOW(syscall(SYS_clock_nanosleep, CLOCK_MONOTONIC, TIMER_ABSTIME, &now, &left));
	SHOW(left.tv_sec);
	signal(SIGALRM, SIG_IGN);
	setitimer(ITIMER_REAL, &it, NULL);
	ts = (struct timespec){0, 100000000};
	SHOW(syscall(SYS_nanosleep, &ts, &left));
	SHOW(alarms);
}

int main(void)
{
	setvbuf(stdout, NULL, _IONBF, 0);
	clocks();
	sleeping();
	interrupted();
	return 0;
}
