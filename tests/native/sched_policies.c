// SPDX-License-Identifier: GPL-2.0-or-later
// Scheduling policies: parameters, priorities, nice, reset-on-fork, sched_setattr's rules.
#include "files.h"
#include <sched.h>
#include <sys/resource.h>
#include <sys/wait.h>

struct attr { unsigned size, policy; unsigned long flags; int nice; unsigned prio; unsigned long runtime, deadline, period; unsigned min, max; };

static void now(void)
{
	struct attr a = { 0 };
	struct sched_param p;

	S(sched_getparam, 0, &p);
	printf("  policy %ld prio %d", S(sched_getscheduler, 0), p.sched_priority);
	S(sched_getattr, 0, &a, sizeof(a), 0);
	printf(" attr size %u policy %u flags %lx nice %d prio %u\n", a.size, a.policy, a.flags, a.nice, a.prio);
}

int main(void)
{
	struct sched_param p = { 0 };
	struct attr a = { sizeof(a) };
	struct timespec ts;
	char big[200] = { 0 };

	now();
	for (int pol = -1; pol < 9; pol++) {
		printf("%d: %ld %ld\n", pol, S(sched_get_priority_min, pol), S(sched_get_priority_max, pol));
		for (int prio = 0; prio < 120; prio += 50) {
			p.sched_priority = prio;
			printf(" %d", S(sched_setscheduler, 0, pol, &p) ? errno : 0);
		}
		putchar('\n');
		if (S(sched_getscheduler, 0) != SCHED_OTHER)
			now();
		p.sched_priority = 0;
		S(sched_setscheduler, 0, SCHED_OTHER, &p);
	}
	P(S(sched_setscheduler, 0, SCHED_BATCH | 0x40000000, &p));
	now();
	fflush(stdout);
	if (!fork()) {
		now();
		fflush(stdout);
		_exit(0);
	}
	wait(NULL);
	a.policy = SCHED_OTHER;
	a.nice = 5;
	P(S(sched_setattr, 0, &a, 0));
	now();
	a.nice = 30;
	P(S(sched_setattr, 0, &a, 0));
	now();
	a.flags = 1 << 20;
	P(S(sched_setattr, 0, &a, 0));
	a.flags = 0;
	P(S(sched_setattr, 0, &a, 1));
	a.size = 20;
	P(S(sched_setattr, 0, &a, 0));
	printf("%u\n", a.size);
	a.size = 0;
	P(S(sched_setattr, 0, &a, 0));
	((struct attr *)big)->size = 100;
	P(S(sched_setattr, 0, big, 0));
	big[90] = 1;
	P(S(sched_setattr, 0, big, 0));
	P(S(sched_getattr, 0, big, 20, 0));
	P(S(sched_getattr, 0, big, 48, 0));
	P(((struct attr *)big)->size);
	P(S(sched_getattr, 0, big, 200, 0));
	P(S(sched_getattr, 0, big, 48, 1));
	P(S(sched_rr_get_interval, 0, &ts));
	P(S(sched_getscheduler, -1));
	P(S(sched_getscheduler, 0x3fffff0));
	P(S(sched_setparam, 0, NULL));
	P(S(setpriority, PRIO_PROCESS, 0, 100));
	P(S(getpriority, PRIO_PROCESS, 0));
	P(S(setpriority, PRIO_PROCESS, 0, -3));
	P(S(getpriority, PRIO_PROCESS, 0));
	P(S(getpriority, PRIO_USER, 0) > 0);
	P(S(getpriority, 5, 0));
	P(S(getpriority, PRIO_PROCESS, 0x3fffff0));
	P(S(ioprio_get, 1, 0));
	P(S(ioprio_set, 1, 0, 2 << 13 | 3));
	P(S(ioprio_get, 1, 0));
	P(S(ioprio_set, 1, 0, 9 << 13));
	P(S(ioprio_set, 9, 0, 0));
	setuid(65534);
	P(S(setpriority, PRIO_PROCESS, 0, -10));
	p.sched_priority = 5;
	P(S(sched_setscheduler, 0, SCHED_FIFO, &p));
	P(S(ioprio_set, 1, 0, 1 << 13));
	return 0;
}
