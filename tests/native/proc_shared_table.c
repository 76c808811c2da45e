// SPDX-License-Identifier: GPL-2.0-or-later
// Files of /proc that one process opened and another reads: through a table both have (CLONE_FILES), and by
// pidfd_getfd.
#include "net.h"
#include <sched.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/sendfile.h>
#include <sys/syscall.h>
#include <sys/wait.h>

static char data[64] = "the parent's";
static const char *const names[] = {"mem", "maps", "status", "pagemap", "stat"};
#define FIRST 20

static void child(int up, int down)
{
	char path[64], byte;

	strcpy(data, "the child's");
	for (int i = 0; i < 5; i++) {
		snprintf(path, sizeof(path), "/proc/self/%s", names[i]);
		dup2(open(path, i ? O_RDONLY : O_RDWR), FIRST + i);
	}
	write(up, "x", 1);
	read(down, &byte, 1);
	puts(data);
	_exit(0);
}

/* @pid has opened the files: what they say here. */
static void look(int pid, int mem, int maps, int status)
{
	char buf[4096] = "", want[32];

	P(pread(mem, buf, 64, (long)data));
	puts(buf);
	P(pwrite(mem, "stored by the parent", 21, (long)data));
	P(pread(mem, buf, 64, 16));
	P(sendfile(1, maps, NULL, 10));
	P(read(maps, buf, 60) > 50);
	printf("%.60s\n", buf);
	P(lseek(maps, 0, SEEK_SET));
	P(ioctl(maps, 0x1234, 0));
	P(pread(status, buf, 4000, 0) > 100);
	snprintf(want, sizeof(want), "\nPid:\t%d\n", pid);
	P(strstr(buf, want) != NULL);
	printf("%.40s\n", strstr(buf, "VmPeak"));
}

static void sharing(int up[2], int down[2])
{
	int pid, st, copy;
	char byte, buf[64];

	pid = (int)syscall(SYS_clone, CLONE_FILES | SIGCHLD, 0, 0, 0, 0);
	if (!pid)
		child(up[1], down[0]);
	read(up[0], &byte, 1);
	look(pid, FIRST, FIRST + 1, FIRST + 2);
	P(read(FIRST + 3, buf, 7));
	P(read(FIRST + 3, buf, 8));
	P(splice(FIRST + 4, NULL, up[1], NULL, 10, 0));
	/* A copy of the table, of one who never saw the file opened. */
	dup2(FIRST, FIRST + 5);
	copy = fork();
	if (!copy) {
		P(pread(FIRST + 5, buf, 64, (long)data));
		puts(buf);
		_exit(0);
	}
	waitpid(copy, &st, 0);
	write(down[1], "x", 1);
	waitpid(pid, &st, 0);
	P(pread(FIRST, buf, 64, (long)data));
	puts(data);
	for (int i = 0; i < 6; i++)
		close(FIRST + i);
}

static void fetching(int up[2], int down[2])
{
	int pid = fork(), pidfd, mem, maps, status, st;
	char byte;

	if (!pid)
		child(up[1], down[0]);
	read(up[0], &byte, 1);
	pidfd = (int)syscall(SYS_pidfd_open, pid, 0);
	mem = (int)syscall(SYS_pidfd_getfd, pidfd, FIRST, 0);
	maps = (int)syscall(SYS_pidfd_getfd, pidfd, FIRST + 1, 0);
	status = (int)syscall(SYS_pidfd_getfd, pidfd, FIRST + 2, 0);
	printf("%d %d %d\n", mem, maps, status);
	P(fcntl(mem, F_GETFD));
	look(pid, mem, maps, status);
	P(syscall(SYS_pidfd_getfd, pidfd, FIRST + 9, 0));
	P(syscall(SYS_pidfd_getfd, pidfd, FIRST, 1));
	write(down[1], "x", 1);
	waitpid(pid, &st, 0);
	P(pread(mem, data, 8, (long)data));
}

int main(void)
{
	int up[2], down[2];

	setvbuf(stdout, NULL, _IONBF, 0);
	pipe(up);
	pipe(down);
	sharing(up, down);
	strcpy(data, "the parent's");
	fetching(up, down);
	return 0;
}
