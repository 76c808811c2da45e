// SPDX-License-Identifier: GPL-2.0-or-later
/* Timers of every kind go off at their virtual times, and what is random or of the machine is the same in each run. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/time.h>
#include <sys/timerfd.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static volatile int value, count;

static void on_signal(int sig, siginfo_t *info, void *ctx)
{
	value = info->si_value.sival_int;
	count++;
}

static long seconds(int clock)
{
	struct timespec ts;

	clock_gettime(clock, &ts);
	return ts.tv_sec;
}

static void posix_timers(void)
{
	struct sigevent ev = {.sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGRTMIN, .sigev_value.sival_int = 42};
	struct itimerspec in = {.it_value.tv_sec = 500}, every = {{10, 0}, {10, 0}}, left;
	sigset_t rt;
	timer_t id;
	long began = seconds(CLOCK_MONOTONIC);

	sigemptyset(&rt);
	sigaddset(&rt, SIGRTMIN);
	timer_create(CLOCK_REALTIME, &ev, &id);
	timer_settime(id, 0, &in, NULL);
	pause();
	printf("timer %d after %ld\n", value, seconds(CLOCK_MONOTONIC) - began);
	in.it_value.tv_sec = seconds(CLOCK_REALTIME) + 100;
	timer_settime(id, TIMER_ABSTIME, &in, NULL);
	timer_gettime(id, &left);
	printf("absolute: %ld left\n", left.it_value.tv_sec);
	pause();
	sigprocmask(SIG_BLOCK, &rt, NULL);
	timer_settime(id, 0, &every, NULL);
	sleep(45);
	count = 0;
	sigprocmask(SIG_UNBLOCK, &rt, NULL);
	printf("blocked for 45 s: %d, overrun %d\n", count, timer_getoverrun(id));
	timer_delete(id);
}

static void descriptors(void)
{
	struct itimerspec every = {{7, 0}, {5, 0}};
	int fd = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK);
	struct pollfd p = {fd, POLLIN, 0};
	long began = seconds(CLOCK_MONOTONIC);
	uint64_t n = 0;

	timerfd_settime(fd, 0, &every, NULL);
	ssize_t got = read(fd, &n, 8);
	printf("read %zd %s\n", got, strerror(errno));
	printf("poll %d", poll(&p, 1, -1));
	printf(" after %ld\n", seconds(CLOCK_MONOTONIC) - began);
	sleep(21);
	read(fd, &n, 8);
	printf("ticks %lu\n", n);
	if (!fork()) {
		sleep(7);
		read(fd, &n, 8);
		printf("in a child %lu\n", n);
		fflush(stdout);
		_exit(0);
	}
	wait(NULL);
	close(fd);
}

static void cpu_time(void)
{
	struct itimerval it = {.it_value.tv_usec = 3000};

	count = 0;
	setitimer(ITIMER_VIRTUAL, &it, NULL);
	sleep(10);
	printf("asleep: %d\n", count);
	while (!count)
		;
	printf("CPU time %d, less than a second: %d\n", count, seconds(CLOCK_PROCESS_CPUTIME_ID) == 0);
}

static void show(const char *path, int binary)
{
	unsigned char text[4096] = "";
	int fd = open(path, O_RDONLY), n = (int)read(fd, text, binary ? 8 : sizeof(text) - 1);

	printf("%s: ", path);
	for (int i = 0; i < n; i++)
		printf(binary ? "%02x" : "%c", text[i]);
	puts("");
	close(fd);
}

int main(void)
{
	struct sigaction sa = {.sa_sigaction = on_signal, .sa_flags = SA_SIGINFO};

	sigaction(SIGRTMIN, &sa, NULL);
	sigaction(SIGVTALRM, &sa, NULL);
	setvbuf(stdout, NULL, _IONBF, 0);
	posix_timers();
	descriptors();
	cpu_time();
	show("/dev/urandom", 1);
	show("/dev/random", 1);
	show("/proc/sys/kernel/random/uuid", 0);
	show("/proc/sys/kernel/random/boot_id", 0);
	show("/proc/uptime", 0);
	show("/proc/loadavg", 0);
	show("/proc/stat", 0);
	show("/proc/meminfo", 0);
	return 0;
}
