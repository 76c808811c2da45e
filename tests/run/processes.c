// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Makes processes and programs in many ways, for processes.py: MODE COUNT, then "ready PID" and a wait for the end of
 * standard input.
 */
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

static char *self;

static void ready(void)
{
	char c;

	printf("ready %d\n", getpid());
	fflush(stdout);
	while (read(0, &c, 1) > 0)
		;
	exit(0);
}

static void expect(pid_t pid, int want)
{
	int status;

	if (pid < 0 || waitpid(pid, &status, 0) != pid || !WIFEXITED(status) || WEXITSTATUS(status) != want) {
		printf("a child went wrong\n");
		exit(1);
	}
}

static void forks(int n, char how)
{
	while (n--) {
		pid_t pid = how == 'v' ? vfork() : fork();

		if (!pid) {
			if (how != 'f')
				execl(self, self, "exit", NULL);
			_exit(how == 'f' ? 3 : 1);
		}
		expect(pid, 3);
	}
}

/* Killed wherever they happen to be: before, in or behind an execve, or waiting. */
static void killed(int n)
{
	while (n--) {
		pid_t pid = n % 4 ? fork() : vfork();

		if (!pid) {
			if (n % 2)
				execl(self, self, "sleep", NULL);
			if (n % 4 == 0)
				kill(getpid(), SIGKILL);
			for (;;)
				pause();
		}
		usleep((useconds_t)(rand() % 3000));
		kill(pid, SIGKILL);
		waitpid(pid, NULL, 0);
	}
}

/* Children that have this process's table of descriptors. */
static void shared(int n)
{
	while (n--) {
		pid_t pid = (pid_t)syscall(SYS_clone, CLONE_FILES | SIGCHLD, 0, 0, 0, 0);

		if (!pid) {
			if (n % 3 == 0)
				execl(self, self, "exit", NULL);
			if (n % 3 == 1)
				kill(getpid(), SIGKILL);
			_exit(3);
		}
		if (n % 3 == 1)
			waitpid(pid, NULL, 0);
		else
			expect(pid, 3);
	}
}

/* N live children at a time. */
static void wide(int n)
{
	pid_t pid[100];

	for (; n > 0; n -= 100) {
		for (int i = 0; i < 100; i++) {
			pid[i] = fork();
			if (!pid[i])
				_exit(3);
		}
		for (int i = 0; i < 100; i++)
			expect(pid[i], 3);
	}
}

/* Each generation leaves its work to the next. */
static void deep(int n)
{
	while (n--) {
		pid_t pid = fork();

		if (pid < 0)
			_exit(1);
		if (pid)
			_exit(0);
	}
}

static void again(const char *mode, int n)
{
	char text[16];

	snprintf(text, sizeof(text), "%d", n);
	execl(self, self, mode, text, NULL);
	_exit(1);
}

static void *exec_in_thread(void *arg)
{
	again("thread-exec", *(int *)arg - 1);
	return arg;
}

static void *nothing(void *arg)
{
	void *p = malloc(100000);

	memset(p, 1, 100000);
	free(p);
	return arg;
}

static void threads(int n)
{
	pthread_t t[10];

	for (; n > 0; n -= 10) {
		for (int i = 0; i < 10; i++)
			pthread_create(&t[i], NULL, nothing, NULL);
		for (int i = 0; i < 10; i++)
			pthread_join(t[i], NULL);
	}
}

static void *spin(void *arg)
{
	for (volatile long i = 0;; i++)
		;
	return arg;
}

/* What processes.py kills. */
static void victims(const char *mode)
{
	pthread_t t;

	if (!strcmp(mode, "threads-spin"))
		for (int i = 0; i < 8; i++)
			pthread_create(&t, NULL, spin, NULL);
	if (!strcmp(mode, "fork-pause") && !fork())
		for (;;)
			pause();
	if (!strcmp(mode, "fork-pdeathsig") && !fork()) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		for (;;)
			pause();
	}
	if (!strcmp(mode, "vfork-pause") && !vfork()) {
		write(1, "ready 0\n", 8);
		for (;;)
			syscall(SYS_pause);
	}
	if (!strcmp(mode, "vfork-exec") && !vfork()) {
		write(1, "ready 0\n", 8);
		usleep(300000);
		execl(self, self, "sleep", NULL);
		_exit(1);
	}
	if (!strcmp(mode, "pipeline") && !fork()) {
		/* Ends when its writer has. */
		int p[2];
		char c;

		pipe(p);
		if (!fork()) {
			close(p[1]);
			_exit(read(p[0], &c, 1));
		}
		close(p[0]);
		usleep(500000);
		_exit(0);
	}
	if (!strcmp(mode, "storm")) {
		printf("ready 0\n");
		fflush(stdout);
		for (;;)
			forks(1, "fxv"[rand() % 3]);
	}
	ready();
}

int main(int argc, char **argv)
{
	const char *mode = argv[1];
	int n = argc > 2 ? atoi(argv[2]) : 0;

	self = argv[0];
	if (!strcmp(mode, "exit"))
		return 3;
	if (!strcmp(mode, "sleep"))
		return (int)sleep(100);
	if (argc < 3)
		victims(mode);
	if (!strcmp(mode, "fork"))
		forks(n, 'f');
	else if (!strcmp(mode, "fork-exec"))
		forks(n, 'x');
	else if (!strcmp(mode, "vfork-exec"))
		forks(n, 'v');
	else if (!strcmp(mode, "killed"))
		killed(n);
	else if (!strcmp(mode, "shared"))
		shared(n);
	else if (!strcmp(mode, "wide"))
		wide(n);
	else if (!strcmp(mode, "deep"))
		deep(n);
	else if (!strcmp(mode, "threads"))
		threads(n);
	else if (!strcmp(mode, "exec") && n)
		again(mode, n - 1);
	else if (!strcmp(mode, "memory-exec") && n) {
		char *p = mmap(NULL, 1 << 20, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

		memset(p, 1, 1 << 20);
		again(mode, n - 1);
	} else if (!strcmp(mode, "thread-exec") && n) {
		pthread_t t;

		pthread_create(&t, NULL, exec_in_thread, &n);
		for (;;)
			pause();
	}
	ready();
}
