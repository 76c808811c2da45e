// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Threads, processes and connections: NAME COUNT [COMMAND...]. Prints the nanoseconds of one round.
 *
 * COMMAND is what is executed. Under ulk a child's program runs under ulk; under qemu-user it would be the host's
 * business (binfmt_misc), so scripts/bench-processes puts "qemu-x86_64" before it.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/futex.h>
#include <netinet/in.h>
#include <pthread.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define CONNECTIONS 1000

extern char **environ;

static char **command;

static void die(const char *what)
{
	perror(what);
	exit(1);
}

/* ---- two threads, one futex ---- */

static int turn;

static void take_turns(int mine, int n)
{
	for (int i = 0; i < n; i++) {
		int seen;

		while ((seen = __atomic_load_n(&turn, __ATOMIC_ACQUIRE)) != mine)
			syscall(SYS_futex, &turn, FUTEX_WAIT_PRIVATE, seen, NULL, NULL, 0);
		__atomic_store_n(&turn, !mine, __ATOMIC_RELEASE);
		syscall(SYS_futex, &turn, FUTEX_WAKE_PRIVATE, 1, NULL, NULL, 0);
	}
}

static void *other_thread(void *arg)
{
	take_turns(1, *(int *)arg);
	return NULL;
}

static void bench_futex(int n)
{
	pthread_t t;

	if (pthread_create(&t, NULL, other_thread, &n))
		die("pthread_create");
	take_turns(0, n);
	pthread_join(t, NULL);
}

/* ---- two processes, two pipes ---- */

static void reap(pid_t pid)
{
	int status;

	if (pid < 0 || waitpid(pid, &status, 0) != pid || status)
		die("child");
}

static void bench_pipe(int n)
{
	int there[2], back[2];
	char c = 0;
	pid_t pid;

	if (pipe(there) || pipe(back))
		die("pipe");
	pid = fork();
	if (!pid) {
		close(there[1]);
		while (read(there[0], &c, 1) == 1)
			if (write(back[1], &c, 1) != 1)
				_exit(1);
		_exit(0);
	}
	while (n--)
		if (write(there[1], &c, 1) != 1 || read(back[0], &c, 1) != 1)
			die("pipe");
	close(there[1]);
	reap(pid);
}

/* ---- processes and programs ---- */

static void bench_fork(int n)
{
	while (n--) {
		pid_t pid = fork();

		if (!pid)
			_exit(0);
		reap(pid);
	}
}

static void bench_exec(int n)
{
	while (n--) {
		pid_t pid = fork();

		if (!pid) {
			dup2(2, 1);
			execv(command[0], command);
			_exit(1);
		}
		reap(pid);
	}
}

static void bench_spawn(int n)
{
	posix_spawn_file_actions_t actions;
	pid_t pid;

	posix_spawn_file_actions_init(&actions);
	posix_spawn_file_actions_adddup2(&actions, 2, 1);
	while (n--) {
		if (posix_spawn(&pid, command[0], &actions, NULL, command, environ))
			die("posix_spawn");
		reap(pid);
	}
}

/* ---- a server and its connections ---- */

static void serve(int listener)
{
	int ep = epoll_create1(0), left = CONNECTIONS;
	struct epoll_event ev = {.events = EPOLLIN, .data.fd = listener}, got[64];
	char c;

	epoll_ctl(ep, EPOLL_CTL_ADD, listener, &ev);
	while (left) {
		int n = epoll_wait(ep, got, 64, -1);

		for (int i = 0; i < n; i++) {
			int fd = got[i].data.fd;

			if (fd == listener) {
				ev.data.fd = accept(listener, NULL, NULL);
				epoll_ctl(ep, EPOLL_CTL_ADD, ev.data.fd, &ev);
			} else if (read(fd, &c, 1) == 1) {
				if (write(fd, &c, 1) != 1)
					_exit(1);
			} else {
				close(fd);
				left--;
			}
		}
	}
	_exit(0);
}

static void bench_connect(int n)
{
	int fds[CONNECTIONS], listener = socket(AF_INET, SOCK_STREAM, 0);
	struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t len = sizeof(at);
	struct linger now = {1, 0};
	char c = 'x';
	pid_t pid;

	if (bind(listener, (struct sockaddr *)&at, len) || listen(listener, CONNECTIONS) ||
	    getsockname(listener, (struct sockaddr *)&at, &len))
		die("listen");
	while (n--) {
		pid = fork();
		if (!pid)
			serve(listener);
		for (int i = 0; i < CONNECTIONS; i++) {
			fds[i] = socket(AF_INET, SOCK_STREAM, 0);
			if (fds[i] < 0 || connect(fds[i], (struct sockaddr *)&at, len))
				die("connect");
			setsockopt(fds[i], SOL_SOCKET, SO_LINGER, &now, sizeof(now));
		}
		for (int i = 0; i < CONNECTIONS; i++)
			if (write(fds[i], &c, 1) != 1)
				die("write");
		for (int i = 0; i < CONNECTIONS; i++)
			if (read(fds[i], &c, 1) != 1)
				die("read");
		for (int i = 0; i < CONNECTIONS; i++)
			close(fds[i]);
		reap(pid);
	}
}

static const struct {
	const char *name;
	void (*run)(int n);
} benches[] = {
	{"futex", bench_futex}, {"pipe", bench_pipe},	{"fork", bench_fork},
	{"exec", bench_exec},	{"spawn", bench_spawn}, {"connect", bench_connect},
};

int main(int argc, char **argv)
{
	struct rlimit rl;
	struct timespec from, to;
	int n = argc > 2 ? atoi(argv[2]) : 1;

	command = argv + 3;
	getrlimit(RLIMIT_NOFILE, &rl);
	rl.rlim_cur = rl.rlim_max;
	setrlimit(RLIMIT_NOFILE, &rl);
	for (size_t i = 0; argc > 2 && i < sizeof(benches) / sizeof(benches[0]); i++) {
		if (strcmp(argv[1], benches[i].name))
			continue;
		clock_gettime(CLOCK_MONOTONIC, &from);
		benches[i].run(n);
		clock_gettime(CLOCK_MONOTONIC, &to);
		printf("%.0f\n", ((double)(to.tv_sec - from.tv_sec) * 1e9 + (double)(to.tv_nsec - from.tv_nsec)) / n);
		return 0;
	}
	fprintf(stderr, "usage: processes futex|pipe|fork|exec|spawn|connect COUNT [COMMAND...]\n");
	return 2;
}
