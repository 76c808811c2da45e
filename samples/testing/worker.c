// SPDX-License-Identifier: GPL-2.0-or-later
/* What other examples look at: threads, signals, areas of all kinds; and functions with unusual arguments. */
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <unistd.h>

#ifndef PR_SET_VMA
#define PR_SET_VMA 0x53564d41
#endif

volatile int handled;
int counters[3];
char *named, *locked;
static pthread_barrier_t all;

__attribute__((noipa)) void ready(void)
{
	handled += 0;
}

__attribute__((noipa)) void *work(void *counter)
{
	pthread_barrier_wait(&all);
	for (;;)
		++*(volatile int *)counter;
}

static void on_signal(int sig)
{
	handled++;
}

__attribute__((noipa)) double mixed(long a, long b, long c, long d, long e, long f, long g, long h, double i, double j, double k,
				    double l, double m, double n, double o, double p, double q, int r)
{
	return (double)(a + 2 * b + 3 * c + 4 * d + 5 * e + 6 * f + 7 * g + 8 * h) + i + j + k + l + m + n + o + p + 100 * q + r;
}

__attribute__((noipa)) int describe(char *out, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	return vsprintf(out, format, args); /* va_end() is nothing on this machine */
}

int main(int argc, char **argv)
{
	pthread_t thread;

	if (argc > 1 && !strcmp(argv[1], "threads")) {
		pthread_barrier_init(&all, NULL, 4);
		for (int i = 0; i < 3; i++)
			pthread_create(&thread, NULL, work, &counters[i]);
		pthread_barrier_wait(&all);
		for (int i = 0; i < 3; i++)
			while (!*(volatile int *)&counters[i])
				sched_yield();
	} else if (argc > 1 && !strcmp(argv[1], "signals")) {
		signal(SIGUSR1, on_signal);
		for (int i = 0; i < 3; i++)
			raise(SIGUSR1);
		*(volatile int *)0x1234 = 1;
	} else if (argc > 1 && !strcmp(argv[1], "areas")) {
		named = mmap(NULL, 1 << 20, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
		prctl(PR_SET_VMA, 0, named, 1 << 20, "scratch");
		memset(named, 1, 40960);
		locked = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
		mlock(locked, 8192);
	}
	ready();
	return handled;
}
