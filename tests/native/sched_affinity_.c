// SPDX-License-Identifier: GPL-2.0-or-later
// CPU affinity: sizes of masks, empty ones, what getcpu says then.
#include "files.h"
#include <sched.h>

int main(void)
{
	unsigned long mask[128] = { 0 }, got[128];
	unsigned cpu, node;
	long n;

	n = S(sched_getaffinity, 0, sizeof(got), got);
	P(n);
	P(S(sched_getaffinity, 0, 4, got));
	P(S(sched_getaffinity, 0, 7, got));
	P(S(sched_getaffinity, 0, 0, got));
	P(S(sched_setaffinity, 0, sizeof(mask), mask));
	mask[0] = 1;
	P(S(sched_setaffinity, 0, 8, mask));
	P(S(sched_setaffinity, 0, 1, mask));
	P(S(sched_setaffinity, 0, 0, mask));
	memset(got, 0xff, sizeof(got));
	P(S(sched_getaffinity, 0, sizeof(got), got) == n);
	P(got[0]);
	P(S(sched_yield));
	P(S(getcpu, &cpu, &node, NULL));
	printf("%u %u\n", cpu, node);
	P(S(getcpu, NULL, NULL, NULL));
	mask[0] = 1UL << 63;
	P(S(sched_setaffinity, 0, 8, mask));
	P(S(sched_setaffinity, 0x3fffff0, 8, mask));
	P(S(sched_getaffinity, -1, 128, got));
	mask[0] = ~0UL;
	P(S(sched_setaffinity, 0, 8, mask));
	return 0;
}
