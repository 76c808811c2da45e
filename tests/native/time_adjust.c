// SPDX-License-Identifier: GPL-2.0-or-later
// adjtimex and settimeofday: what may be read and what an ordinary user may not set.
#include "files.h"
#include <sys/time.h>
#include <sys/timex.h>
#include <time.h>

int main(void)
{
	struct timex tx = { 0 };
	struct timeval tv;
	struct timezone tz = { 5, 5 };

	P(S(adjtimex, &tx) >= 0);
	P(tx.tick);
	P(tx.time.tv_sec > 1000000000);
	P(S(clock_adjtime, CLOCK_REALTIME, &tx) >= 0);
	P(S(clock_adjtime, CLOCK_MONOTONIC, &tx));
	P(S(clock_adjtime, 99, &tx));
	P(S(gettimeofday, &tv, &tz));
	printf("%d %d\n", tz.tz_minuteswest, tz.tz_dsttime);
	P(S(settimeofday, &(struct timeval){ 0, 1000000 }, NULL));
	P(S(settimeofday, &(struct timeval){ 0, -1 }, NULL));
	P(S(settimeofday, NULL, &(struct timezone){ 10000, 0 }));
	P(S(clock_settime, CLOCK_REALTIME, &(struct timespec){ 0, -1 }));
	P(S(clock_settime, CLOCK_MONOTONIC, &(struct timespec){ 0, 0 }));
	setuid(65534);
	tx.modes = ADJ_TICK;
	P(S(adjtimex, &tx));
	tx.modes = ADJ_OFFSET_SS_READ;
	P(S(adjtimex, &tx) >= 0);
	P(S(settimeofday, &tv, NULL));
	P(S(clock_settime, CLOCK_REALTIME, &(struct timespec){ 1, 0 }));
	return 0;
}
