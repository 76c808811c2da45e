// SPDX-License-Identifier: GPL-2.0-or-later
// clone(CLONE_FILES) between processes: one table of descriptors, until execve, unshare or close_range part them;
// and mappings, for which ulk has descriptors of its own in that table, go on in each.
#include "files.h"
#include <sched.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>

static int count(void)
{
	int n = 0;

	for (int fd = 0; fd < 20000; fd++)
		n += fcntl(fd, F_GETFD) >= 0;
	return n;
}

static int spawn(unsigned long flags)
{
	fflush(stdout);
	return (int)syscall(SYS_clone, flags | SIGCHLD, 0, 0, 0, 0);
}

static void reap(const char *what, int pid)
{
	int st = -1;

	if (pid < 0 || waitpid(pid, &st, 0) != pid)
		perror(what);
	printf("%s: status %x, %d open\n", what, st, count());
}

static void *map_self(void)
{
	int fd = open("/proc/self/exe", O_RDONLY);
	void *p = mmap(NULL, 4096, PROT_READ, MAP_PRIVATE, fd, 0);

	close(fd);
	return p;
}

static void vforks(void)
{
	char *prog[] = {"/proc/self/exe", "child", NULL}, *none[] = {NULL};
	int pid = spawn(CLONE_FILES | CLONE_VFORK);

	if (!pid) {
		dup2(0, 9);
		execve(prog[0], prog, none);
		_exit(1);
	}
	reap("vfork and exec", pid);
	pid = spawn(CLONE_FILES | CLONE_VFORK);
	if (!pid) {
		dup2(0, 10);
		kill(getpid(), SIGKILL);
	}
	reap("vfork, killed", pid);
	pid = spawn(CLONE_FILES | CLONE_VFORK);
	if (!pid)
		_exit(((char *)map_self())[1]);
	reap("vfork, exit", pid);
	pid = spawn(CLONE_FILES);
	if (!pid) {
		execve(prog[0], prog, none);
		_exit(1);
	}
	reap("exec", pid);
}

static void parted(void)
{
	int st, pid = spawn(CLONE_FILES);

	if (!pid) {
		close_range(3, ~0U, CLOSE_RANGE_UNSHARE);
		_exit(count());
	}
	reap("close_range, unshared", pid);
	pid = spawn(CLONE_FILES);
	if (!pid) {
		unshare(CLONE_FILES | CLONE_FS);
		close(9);
		if (!(pid = fork()))
			_exit(count());
		waitpid(pid, &st, 0);
		_exit(st >> 8);
	}
	reap("unshare", pid);
	pid = spawn(CLONE_FILES);
	if (!pid) {
		if (!(pid = fork())) {
			close(9);
			_exit(count());
		}
		waitpid(pid, &st, 0);
		dup2(0, 11);
		_exit(st >> 8);
	}
	reap("fork in it", pid);
	pid = spawn(CLONE_FILES);
	if (!pid) {
		close_range(3, ~0U, 0);
		_exit(0);
	}
	reap("close_range", pid);
}

int main(int argc, char **argv)
{
	int p[2], fd, pid;
	char *m, c;

	(void)argv;
	if (argc > 1) {
		printf("a program with %d open\n", count());
		close(9);
		return 5;
	}
	close_range(3, ~0U, 0);
	pid = spawn(CLONE_FILES);
	if (!pid) {
		dup2(0, 7);
		_exit(((char *)map_self())[1]);
	}
	reap("child opens", pid);

	fd = open("scratch", O_CREAT | O_RDWR | O_TRUNC, 0600);
	if (write(fd, "hello world", 11) != 11)
		return 1;
	m = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	close(fd);
	unlink("scratch");
	pid = spawn(CLONE_FILES);
	if (!pid) {
		munmap(m, 8192);
		close(7);
		_exit(0);
	}
	reap("child closes and unmaps", pid);
	printf("%.11s\n", m);
	vforks();
	parted();
	if (pipe(p))
		return 1;
	pid = spawn(CLONE_FILES);
	if (!pid) {
		map_self();
		if (write(p[1], "a", 1) == 1)
			pause();
	}
	if (read(p[0], &c, 1) != 1)
		return 1;
	kill(pid, SIGKILL);
	reap("killed", pid);
	printf("%.11s %d\n", m, ((char *)map_self())[2]);
	return 0;
}
