// SPDX-License-Identifier: GPL-2.0-or-later
// Each clock: can it be read, its resolution, slept on, set, made a timer of.
#include "files.h"
#include <signal.h>
#include <time.h>

int main(void)
{
	for (int c = -3; c < 20; c++) {
		struct sigevent ev = { .sigev_notify = SIGEV_NONE };
		struct timespec ts, res = { -1, -1 }, past = { 0, 1 };
		timer_t id;

		printf("clock %d:", c);
		printf(" get %s", S(clock_gettime, c, &ts) ? strerrorname_np(errno) : "ok");
		printf(" res %s", S(clock_getres, c, &res) ? strerrorname_np(errno) : "ok");
		printf(" %ld.%ld", (long)res.tv_sec, res.tv_nsec);
		printf(" sleep %s", S(clock_nanosleep, c, TIMER_ABSTIME, &past, NULL) ? strerrorname_np(errno) : "ok");
		/* On a clock of CPU time nobody would make it pass. */
		printf(" nap %s", c < 0 || c == 2 ? "-" : S(clock_nanosleep, c, 0, &past, NULL) ? strerrorname_np(errno) : "ok");
		past.tv_nsec = -1;
		printf(" set %s", S(clock_settime, c, &past) ? strerrorname_np(errno) : "ok");
		printf(" timer %s", S(timer_create, c, &ev, &id) ? strerrorname_np(errno) : "ok");
		printf(" adj %s\n", S(clock_adjtime, c, (char[256]){ 0 }) < 0 ? strerrorname_np(errno) : "ok");
	}
	P(S(clock_nanosleep, CLOCK_MONOTONIC, 0, &(struct timespec){ -1, 0 }, NULL));
	P(S(clock_nanosleep, CLOCK_MONOTONIC, 2, &(struct timespec){ 0, 1 }, NULL));
	P(S(nanosleep, &(struct timespec){ 0, 1000000000 }, NULL));
	P(S(clock_gettime, CLOCK_MONOTONIC, NULL));
	P(S(clock_getres, CLOCK_MONOTONIC, NULL));
	return 0;
}
