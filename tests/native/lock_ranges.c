// SPDX-License-Identifier: GPL-2.0-or-later
// POSIX locks: splitting, joining, what F_GETLK tells another process, deadlock.
#include "asleep.h"
#include "files.h"
#include <sys/wait.h>

static int fd;

static long lock(int cmd, int type, long start, long len)
{
	struct flock fl = { .l_type = type, .l_whence = SEEK_SET, .l_start = start, .l_len = len };

	return S(fcntl, fd, cmd, &fl);
}

static void seen(void)
{
	fflush(stdout);
	if (!fork()) {
		for (long at = 0; at < 100;) {
			struct flock fl = { .l_type = F_WRLCK, .l_start = at };

			fcntl(fd, F_GETLK, &fl);
			if (fl.l_type == F_UNLCK)
				break;
			printf("  %s %ld+%ld %s\n", fl.l_type == F_RDLCK ? "read" : "write", (long)fl.l_start, (long)fl.l_len,
			       fl.l_pid == getppid() ? "parent" : "?");
			if (!fl.l_len)
				break;
			at = fl.l_start + fl.l_len;
		}
		fflush(stdout);
		_exit(0);
	}
	wait(NULL);
}

int main(void)
{
	int p[2], ro, st, pid;
	char c;

	fd = file_of("f", 200);
	P(lock(F_SETLK, F_WRLCK, 10, 50));
	seen();
	P(lock(F_SETLK, F_RDLCK, 20, 10));
	seen();
	P(lock(F_SETLK, F_UNLCK, 40, 5));
	seen();
	P(lock(F_SETLK, F_WRLCK, 0, 0));
	seen();
	P(lock(F_SETLK, F_UNLCK, 0, 0));
	P(lock(F_SETLK, F_RDLCK, 5, -5));
	seen();
	P(lock(F_SETLK, F_RDLCK, 5, -6));
	P(lock(F_SETLK, F_RDLCK, -5, 2));
	P(lock(F_SETLK, 7, 0, 2));
	P(S(fcntl, fd, F_SETLK, &(struct flock){ .l_type = F_WRLCK, .l_whence = 9 }));
	P(S(fcntl, fd, F_SETLK, &(struct flock){ .l_type = F_WRLCK, .l_whence = SEEK_END, .l_start = -10, .l_len = 5 }));
	seen();
	ro = open("f", O_RDONLY);
	P(S(fcntl, ro, F_SETLK, &(struct flock){ .l_type = F_WRLCK }));
	close(ro);
	seen();
	/* Two that wait for each other: the second is told. */
	pipe(p);
	lock(F_SETLK, F_WRLCK, 0, 1);
	pid = fork();
	if (!pid) {
		lock(F_SETLK, F_WRLCK, 1, 1);
		write(p[1], "", 1);
		_exit(lock(F_SETLKW, F_WRLCK, 0, 1) ? errno : 0);
	}
	read(p[0], &c, 1);
	P(lock(F_SETLK, F_WRLCK, 1, 1));
	until_asleep(pid);
	P(lock(F_SETLKW, F_WRLCK, 1, 1));
	lock(F_SETLK, F_UNLCK, 0, 1);
	wait(&st);
	printf("%x\n", st);
	return 0;
}
