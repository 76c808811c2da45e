// SPDX-License-Identifier: GPL-2.0-or-later
/* Signals whose number and receivers hang on who has come how far: to a child, two at a time; to a process with threads; of children that
 * end; SIGKILL, SIGSTOP and SIGCONT to another process. And rdrand, where there is one. */
#include <cpuid.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static volatile int count[3];

static void handler(int sig)
{
	count[sig == SIGUSR1 ? 0 : sig == SIGUSR2 ? 1 : 2]++;
}

static void *thread(void *arg)
{
	for (volatile int i = 0; i < 60000; i++) {
		if (i % 20000 == 0)
			kill(getpid(), SIGUSR1);
	}
	return arg;
}

static void child(int fd)
{
	const struct timespec pause = {.tv_nsec = 100000};

	while (count[1] < 4) {
		if (fd >= 0 && write(fd, "x", 1) == 1)
			fd = -1;
		nanosleep(&pause, NULL);
	}
	printf("child %d %d\n", count[0], count[1]);
	fflush(stdout);
	_exit(0);
}

static void to_child(void)
{
	int pair[2], pid, ended = 0;
	char c;

	if (pipe(pair) || (pid = fork()) < 0)
		return;
	if (!pid)
		child(pair[1]);
	while (read(pair[0], &c, 1) < 0)
		;
	for (int i = 0; !ended && i < 1000; i++) {
		kill(pid, SIGUSR1);
		kill(pid, SIGUSR1);
		kill(pid, SIGUSR2);
		for (volatile int j = 0; j < i * 300; j++)
			;
		ended = waitpid(pid, NULL, WNOHANG) == pid;
	}
	printf("%d\n", ended);
}

/* Is who was stopped stopped, who was killed dead when kill() returns? */
static void stopped_and_killed(void)
{
	int fd[2], pid, n = 0, status;
	char c = 0;

	if (pipe(fd) || (pid = fork()) < 0)
		return;
	while (!pid && write(fd[1], &c, 1) == 1)
		for (volatile int i = 0; i < 1000; i++)
			;
	for (int i = 0; i < 3; i++) {
		n += read(fd[0], &c, 1) == 1;
		kill(pid, SIGSTOP);
		n += waitpid(pid, &status, WUNTRACED | WNOHANG) == pid && WIFSTOPPED(status);
		kill(pid, SIGCONT);
		n += waitpid(pid, &status, WCONTINUED | WNOHANG) == pid && WIFCONTINUED(status);
	}
	kill(pid, SIGKILL);
	n += waitpid(pid, &status, WNOHANG) == pid && WIFSIGNALED(status);
	printf("stopped and killed: %d\n", n);
}

static unsigned long number(void)
{
	unsigned a, b, c, d;
	unsigned long n = 0;

	__cpuid(1, a, b, c, d);
	if (c & bit_RDRND)
		__asm__("rdrand %0" : "=r"(n) : : "cc");
	return n;
}

int main(void)
{
	const struct sigaction act = {.sa_handler = handler};
	pthread_t t[3];
	int pids[6];

	sigaction(SIGUSR1, &act, NULL);
	sigaction(SIGUSR2, &act, NULL);
	sigaction(SIGCHLD, &act, NULL);
	to_child();
	stopped_and_killed();
	for (int i = 0; i < 6; i++) {
		pids[i] = fork();
		for (volatile int j = 0; !pids[i] && j < i * 1000; j++)
			;
		if (!pids[i])
			_exit(i);
	}
	for (int i = 0; i < 6; i++)
		while (waitpid(pids[i], NULL, 0) < 0)
			;
	for (int i = 0; i < 3; i++)
		pthread_create(&t[i], NULL, thread, NULL);
	for (int i = 0; i < 3; i++)
		pthread_join(t[i], NULL);
	printf("%d %d %d %lx\n", count[0], count[1], count[2], number());
	return 0;
}
