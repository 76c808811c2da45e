// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * measure: run a command N times, its output thrown away, and print "NANOSECONDS CPU_NANOSECONDS MAXRSS_KIB":
 * the medians of the time from spawn to end and of the CPU's time, and the largest resident set of any run.
 * Small and static, so that neither its own start nor its own memory (which a child inherits in ru_maxrss)
 * shows.
 *
 *   measure N PROGRAM ARGS...
 */
#include <fcntl.h>
#include <spawn.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

extern char **environ;

static uint64_t now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000000000ull + ts.tv_nsec;
}

static uint64_t micros(const struct timeval *tv)
{
	return tv->tv_sec * 1000000ull + tv->tv_usec;
}

static int compare(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return (x > y) - (x < y);
}

int main(int argc, char **argv)
{
	posix_spawn_file_actions_t actions;
	int n = argc > 2 ? atoi(argv[1]) : 0, status;
	uint64_t *times = n > 0 ? calloc(2 * n, sizeof(*times)) : NULL, *cpu = times + n;
	long maxrss = 0;

	if (!times)
		return 125;
	posix_spawn_file_actions_init(&actions);
	posix_spawn_file_actions_addopen(&actions, 1, "/dev/null", O_WRONLY, 0);
	for (int i = 0; i < n; i++) {
		struct rusage usage;
		uint64_t start = now();
		pid_t pid;

		if (posix_spawnp(&pid, argv[2], &actions, NULL, argv + 2, environ) ||
		    wait4(pid, &status, 0, &usage) != pid)
			return 125;
		times[i] = now() - start;
		cpu[i] = micros(&usage.ru_utime) * 1000 + micros(&usage.ru_stime) * 1000;
		if (status) {
			fprintf(stderr, "measure: %s ended with status 0x%x\n", argv[2], status);
			return 1;
		}
		if (usage.ru_maxrss > maxrss)
			maxrss = usage.ru_maxrss;
	}
	qsort(times, n, sizeof(*times), compare);
	qsort(cpu, n, sizeof(*cpu), compare);
	printf("%llu %llu %ld\n", (unsigned long long)times[n / 2], (unsigned long long)cpu[n / 2], maxrss);
	return 0;
}
