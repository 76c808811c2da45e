// SPDX-License-Identifier: GPL-2.0-or-later
/* prlimit of another process: what is set there holds there, and /proc and the process itself tell. */
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include "show.h"

static int go[2], done[2];

static void turn(int fd)
{
	write(fd, "", 1);
}

static void wait_turn(int fd)
{
	char c;

	if (read(fd, &c, 1) != 1)
		_exit(9);
}

static void child(void)
{
	struct rlimit r;
	void *p;

	wait_turn(go[0]);
	for (int i = 0; i < RLIM_NLIMITS; i++) {
		getrlimit(i, &r);
		if (i == RLIMIT_NOFILE || i == RLIMIT_AS || i == RLIMIT_DATA || i == RLIMIT_FSIZE || i == RLIMIT_CORE)
			printf("child: limit %d is %ld %ld\n", i, (long)r.rlim_cur, (long)r.rlim_max);
	}
	SHOW(dup2(1, 19));
	SHOW(dup2(1, 20));
	p = mmap(NULL, 200 << 20, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	printf("child: 200 MiB %s\n", p == MAP_FAILED ? strerrorname_np(errno) : "ok");
	signal(SIGXFSZ, SIG_IGN);
	int fd = open("small", O_CREAT | O_RDWR, 0600);
	SHOW(pwrite(fd, &r, 10, (1 << 20) - 5));
	SHOW(pwrite(fd, &r, 10, 1 << 20));
	turn(done[1]);
	wait_turn(go[0]);
	SHOW(dup2(1, 1000));
	_exit(0);
}

static void set(pid_t pid, int resource, long cur, long max)
{
	struct rlimit new = {(rlim_t)cur, (rlim_t)max}, old;

	SHOW(prlimit(pid, resource, &new, &old));
	if (!prlimit(pid, resource, NULL, &old))
		printf("  now %ld %ld\n", (long)old.rlim_cur, (long)old.rlim_max);
}

int main(void)
{
	struct rlimit old = {1024, 4096};
	int status;
	pid_t pid;

	setvbuf(stdout, NULL, _IONBF, 0);
	setrlimit(RLIMIT_NOFILE, &old);
	pipe(go);
	pipe(done);
	pid = fork();
	if (!pid) {
		close(go[1]);
		child();
	}
	close(done[1]);
	SHOW(prlimit(pid, RLIMIT_NOFILE, NULL, &old));
	printf("at first %ld %ld\n", (long)old.rlim_cur, (long)old.rlim_max);
	set(pid, RLIMIT_NOFILE, 20, 4096);
	set(pid, RLIMIT_AS, 100 << 20, 300 << 20);
	set(pid, RLIMIT_DATA, 50 << 20, -1);
	set(pid, RLIMIT_FSIZE, 1 << 20, 1 << 20);
	set(pid, RLIMIT_CORE, 0, 0);
	set(pid, RLIMIT_AS, 200, 100);
	set(pid, 16, 200, 300);
	set(pid, RLIMIT_NOFILE, 20, 1L << 40);
	turn(go[1]);
	wait_turn(done[0]);
	set(pid, RLIMIT_NOFILE, 2000, 4096);
	turn(go[1]);
	waitpid(pid, &status, 0);
	printf("status %x\n", status);
	SHOW(prlimit(pid, RLIMIT_NOFILE, NULL, &old));
	getrlimit(RLIMIT_NOFILE, &old);
	printf("own %ld %ld\n", (long)old.rlim_cur, (long)old.rlim_max);
	/* What only a privileged one may. */
	pid = fork();
	if (!pid) {
		close(go[1]);
		read(go[0], &status, 1);
		_exit(0);
	}
	setuid(65534);
	set(pid, RLIMIT_NOFILE, 100, 100);
	return 0;
}
