// SPDX-License-Identifier: GPL-2.0-or-later
/* Scheduling calls, priorities, uname, sysinfo, getrandom, getcpu, times and getrusage. */
#include <sched.h>
#include <stdlib.h>
#include <sys/random.h>
#include <sys/resource.h>
#include <sys/sysinfo.h>
#include <sys/times.h>
#include <sys/utsname.h>
#include "show.h"

struct attr {
	unsigned size, policy;
	unsigned long flags;
	int nice;
	unsigned priority;
	unsigned long runtime, deadline, period;
	unsigned util_min, util_max;
};

static void scheduling(void)
{
	struct sched_param param = {.sched_priority = 5};
	unsigned long mask[128] = {0};
	struct attr attr = {0};
	struct timespec ts;

	SHOW(syscall(SYS_sched_yield));
	SHOW(syscall(SYS_sched_getaffinity, 0, 7, mask));
	SHOW(syscall(SYS_sched_getaffinity, 0, 0, mask));
	SHOW(syscall(SYS_sched_getaffinity, 0, 8, mask));
	SHOW(syscall(SYS_sched_getaffinity, 0, sizeof(mask), mask));
	SHOW(syscall(SYS_sched_getaffinity, 0, 65536, mask));
	SHOW(syscall(SYS_sched_getaffinity, -1, sizeof(mask), mask));
	SHOW(syscall(SYS_sched_getaffinity, 0, sizeof(mask), 8));
	printf("%lx\n", mask[0]);
	SHOW(syscall(SYS_sched_setaffinity, 0, sizeof(mask), mask));
	SHOW(syscall(SYS_sched_setaffinity, 0, sizeof(mask), 8));
	SHOW(syscall(SYS_sched_setaffinity, 0, 0, mask));
	for (int policy = -1; policy < 8; policy++) {
		SHOW(syscall(SYS_sched_get_priority_max, policy));
		SHOW(syscall(SYS_sched_get_priority_min, policy));
	}
	SHOW(syscall(SYS_sched_getscheduler, 0));
	SHOW(syscall(SYS_sched_getscheduler, -1));
	SHOW(syscall(SYS_sched_getparam, 0, &param));
	SHOW(param.sched_priority);
	SHOW(syscall(SYS_sched_getparam, 0, NULL));
	SHOW(syscall(SYS_sched_getparam, 0, 8));
	param.sched_priority = 1;
	SHOW(syscall(SYS_sched_setparam, 0, &param));
	SHOW(syscall(SYS_sched_setscheduler, 0, SCHED_OTHER, &param));
	SHOW(syscall(SYS_sched_setscheduler, 0, 99, &param));
	SHOW(syscall(SYS_sched_setscheduler, 0, -1, &param));
	SHOW(syscall(SYS_sched_setscheduler, 0, SCHED_OTHER, 8));
	param.sched_priority = 0;
	SHOW(syscall(SYS_sched_setscheduler, 0, SCHED_BATCH, &param));
	SHOW(syscall(SYS_sched_getscheduler, 0));
	SHOW(syscall(SYS_sched_rr_get_interval, 0, &ts));
	SHOW(syscall(SYS_sched_rr_get_interval, 0, 8));
	SHOW(syscall(SYS_sched_getattr, 0, &attr, sizeof(attr), 0));
	printf("size %u policy %u nice %d priority %u\n", attr.size, attr.policy, attr.nice, attr.priority);
	SHOW(syscall(SYS_sched_getattr, 0, &attr, 47, 0));
	SHOW(syscall(SYS_sched_getattr, 0, &attr, 48, 0));
	SHOW(attr.size);
	SHOW(syscall(SYS_sched_getattr, 0, &attr, 48, 1));
	SHOW(syscall(SYS_sched_getattr, 0, NULL, 48, 0));
	memset(&attr, 0, sizeof(attr));
	attr.size = 48;
	attr.nice = 3;
	SHOW(syscall(SYS_sched_setattr, 0, &attr, 0));
	attr.size = 47;
	SHOW(syscall(SYS_sched_setattr, 0, &attr, 0));
	SHOW(attr.size);
	attr.size = 5000;
	SHOW(syscall(SYS_sched_setattr, 0, &attr, 0));
	SHOW(syscall(SYS_sched_setattr, 0, &attr, 1));
	SHOW(syscall(SYS_sched_setattr, 0, 8, 0));
	SHOW(syscall(SYS_getpriority, PRIO_PROCESS, 0));
	SHOW(syscall(SYS_setpriority, PRIO_PROCESS, 0, 5));
	SHOW(syscall(SYS_getpriority, PRIO_PROCESS, 0));
	SHOW(syscall(SYS_getpriority, 9, 0));
	SHOW(syscall(SYS_setpriority, 9, 0, 0));
	SHOW(syscall(SYS_setpriority, PRIO_PROCESS, 0, 100));
	SHOW(syscall(SYS_getpriority, PRIO_PROCESS, 0));
}

static void machine(void)
{
	unsigned char bytes[5000] = {0};
	struct utsname uts;
	struct sysinfo info;
	unsigned cpu = 9999, node = 9999;

	SHOW(syscall(SYS_uname, &uts));
	printf("%s %s %s %s\n", uts.sysname, uts.nodename, uts.release, uts.machine);
	SHOW(syscall(SYS_uname, 8));
	SHOW(syscall(SYS_sysinfo, &info));
	printf("%lu of %u\n", info.totalram, info.mem_unit);
	SHOW(syscall(SYS_sysinfo, 8));
	SHOW(syscall(SYS_getrandom, bytes, sizeof(bytes), 0));
	SHOW(bytes[0] | bytes[1] | bytes[2] | bytes[3] | bytes[4] ? 1 : 0);
	SHOW(syscall(SYS_getrandom, bytes, 0, 0));
	SHOW(syscall(SYS_getrandom, 8, 0, 0));
	SHOW(syscall(SYS_getrandom, 8, 8, 0));
	SHOW(syscall(SYS_getrandom, bytes, 8, 0x10));
	SHOW(syscall(SYS_getrandom, bytes, 8, GRND_RANDOM | GRND_INSECURE));
	SHOW(syscall(SYS_getrandom, bytes, 8, GRND_NONBLOCK));
	SHOW(syscall(SYS_getcpu, &cpu, &node, NULL));
	SHOW(cpu < 9999 && node < 9999);
	SHOW(syscall(SYS_getcpu, NULL, NULL, NULL));
	SHOW(syscall(SYS_getcpu, 8, NULL, NULL));
	SHOW(syscall(SYS_sethostname, "x", -1));
	SHOW(syscall(SYS_sethostname, "x", 65));
	SHOW(syscall(SYS_setdomainname, 8, 1));
}

static void usage(void)
{
	struct rusage ru;
	struct tms tms;

	SHOW_OK(syscall(SYS_times, &tms));
	SHOW_OK(syscall(SYS_times, NULL));
	SHOW(syscall(SYS_times, 8));
	SHOW(syscall(SYS_getrusage, RUSAGE_SELF, &ru));
	SHOW(ru.ru_maxrss > 0 && ru.ru_minflt > 0);
	SHOW(syscall(SYS_getrusage, RUSAGE_THREAD, &ru));
	SHOW(syscall(SYS_getrusage, RUSAGE_CHILDREN, &ru));
	SHOW(ru.ru_maxrss);
	SHOW(syscall(SYS_getrusage, 7, &ru));
	SHOW(syscall(SYS_getrusage, RUSAGE_SELF, 8));
}

int main(void)
{
	setvbuf(stdout, NULL, _IONBF, 0);
	machine();
	usage();
	scheduling();
	return 0;
}
