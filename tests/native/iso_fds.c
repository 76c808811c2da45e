// SPDX-License-Identifier: GPL-2.0-or-later
/* Every descriptor a process may have is its own to take: the highest ones, all of them, and none. */
#include <dirent.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/select.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include "show.h"

static int count_open(void)
{
	DIR *dir = opendir("/proc/self/fd");
	struct dirent *de;
	int n = 0;

	while (dir && (de = readdir(dir)))
		n += de->d_name[0] != '.';
	if (dir)
		closedir(dir);
	return n - 1;
}

/* What needs descriptors underneath still works: mappings, processes, programs. */
static void alive(char **argv)
{
	int status = -1, fd = open(argv[0], O_RDONLY);
	char *p;
	pid_t pid;

	p = mmap(NULL, 4096, PROT_READ, MAP_PRIVATE, fd, 0);
	printf("  mapped %d", p != MAP_FAILED && p[1] == 'E');
	close(fd);
	munmap(p, 4096);
	p = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	pid = fork();
	if (!pid) {
		*p = 5;
		execl(argv[0], argv[0], "child", NULL);
		_exit(1);
	}
	waitpid(pid, &status, 0);
	printf(", shared %d, child %x", *p, status);
	pid = vfork();
	if (!pid) {
		execl("/missing", argv[0], NULL);
		execl(argv[0], argv[0], "child", NULL);
		_exit(1);
	}
	waitpid(pid, &status, 0);
	printf(", vfork %x\n", status);
	munmap(p, 4096);
}

static void high(int max, char **argv)
{
	struct pollfd p = {.events = POLLIN};
	int pipes[2], bad = 0, fd;

	for (int i = max < 16400 ? max / 2 : 15800; i < max && i < 16400; i++)
		bad += dup2(0, i) != i;
	printf("dup2 to high numbers: %d bad\n", bad);
	alive(argv);
	fd = max < 15900 ? max - 1 : 15890;
	SHOW(fcntl(fd, F_GETFD));
	SHOW(fcntl(fd, F_DUPFD, 16400 < max ? 16400 : max) >= 0);
	SHOW(close(fd));
	SHOW(close(fd));
	pipe(pipes);
	SHOW(dup2(pipes[0], fd) == fd);
	write(pipes[1], "x", 1);
	p.fd = fd;
	SHOW(poll(&p, 1, 1000));
	p.fd = fd + 1;
	close(p.fd);
	SHOW(poll(&p, 1, 0));
	SHOW(p.revents);
	close(pipes[0]);
	close(pipes[1]);
	close(fd);
	SHOW(close_range(max / 2 - 100, ~0U, 0));
	SHOW(count_open());
	alive(argv);
}

static void all(int max, char **argv)
{
	int n = 0, last = -1, fd, pipes[2], sock[2], ordered = 1;

	while ((fd = dup(0)) >= 0) {
		ordered &= last < 0 || fd == last + 1;
		last = fd;
		n++;
	}
	SHOW(errno);
	printf("%d of %d taken, ordered %d, last is the highest %d\n", n, max - 3, ordered, last == max - 1);
	SHOW(pipe(pipes));
	SHOW(socketpair(AF_UNIX, SOCK_STREAM, 0, sock));
	SHOW(open("/dev/null", O_RDONLY));
	SHOW(fcntl(0, F_DUPFD, 100));
	/* Holes are found again, lowest first. */
	close(15873 < max ? 15873 : max - 2);
	close(500);
	SHOW(dup(0));
	SHOW(dup(0) == (15873 < max ? 15873 : max - 2));
	close(max - 1);
	close(700);
	SHOW(pipe(pipes));
	printf("%d %d\n", pipes[0], pipes[1] == max - 1);
	for (int i = 3; i < 40; i++)
		close(i);
	SHOW(max - count_open());
	alive(argv);
	SHOW(close_range(3, ~0U, 0));
	alive(argv);
}

int main(int argc, char **argv)
{
	struct rlimit rl;
	int max;

	if (argc > 1)
		return 7;
	setvbuf(stdout, NULL, _IONBF, 0);
	getrlimit(RLIMIT_NOFILE, &rl);
	if (rl.rlim_max > 20000)
		rl.rlim_max = 20000;
	/* ulk needs some itself, where it may not raise the hard limit (docs/limits.md). */
	rl.rlim_cur = rl.rlim_max - 64;
	SHOW(setrlimit(RLIMIT_NOFILE, &rl));
	max = rl.rlim_cur;
	SHOW(count_open());
	alive(argv);
	high(max, argv);
	all(max, argv);
	rl.rlim_cur = 3;
	SHOW(setrlimit(RLIMIT_NOFILE, &rl));
	SHOW(dup(0));
	SHOW(dup2(0, 3));
	alive(argv);
	SHOW(close_range(0, ~0U, CLOSE_RANGE_CLOEXEC));
	close(0);
	SHOW(dup2(1, 0));
	close(0);
	alive(argv);
	return 0;
}
