// SPDX-License-Identifier: GPL-2.0-or-later
// OFD locks belong to the open file: forks share them, a second open conflicts, threads of one process too.
#include "files.h"
#include <sys/wait.h>

static long lock(int fd, int cmd, int type, long start, long len, int pid)
{
	struct flock fl = { .l_type = type, .l_start = start, .l_len = len, .l_pid = pid };
	long ret = S(fcntl, fd, cmd, &fl);

	if (cmd == F_OFD_GETLK && !ret)
		printf("  type %d start %ld len %ld pid %d\n", fl.l_type, (long)fl.l_start, (long)fl.l_len,
		       fl.l_pid == getpid() ? 1 : fl.l_pid);
	return ret;
}

int main(void)
{
	int a = file_of("f", 100), b = open("f", O_RDWR), c = dup(a);

	P(lock(a, F_OFD_SETLK, F_WRLCK, 0, 10, 0));
	P(lock(b, F_OFD_SETLK, F_WRLCK, 5, 10, 0));
	P(lock(b, F_OFD_GETLK, F_WRLCK, 0, 0, 0));
	P(lock(c, F_OFD_SETLK, F_RDLCK, 0, 5, 0));
	P(lock(b, F_OFD_SETLK, F_RDLCK, 0, 5, 0));
	P(lock(b, F_OFD_SETLK, F_WRLCK, 0, 5, 0));
	P(lock(b, F_OFD_SETLK, F_RDLCK, 0, 5, 1));
	P(lock(b, F_OFD_GETLK, F_RDLCK, 0, 5, 1));
	P(lock(b, F_SETLK, F_WRLCK, 7, 1, 0));
	P(lock(a, F_SETLK, F_WRLCK, 20, 1, 0));
	P(lock(b, F_OFD_GETLK, F_WRLCK, 20, 1, 0));
	fflush(stdout);
	if (!fork()) {
		P(lock(a, F_OFD_SETLK, F_WRLCK, 8, 1, 0));
		P(lock(a, F_OFD_SETLK, F_WRLCK, 20, 1, 0));
		close(a);
		close(c);
		fflush(stdout);
		_exit(0);
	}
	wait(NULL);
	P(lock(b, F_OFD_SETLK, F_WRLCK, 8, 1, 0));
	close(a);
	P(lock(b, F_OFD_SETLK, F_WRLCK, 8, 1, 0));
	close(c);
	P(lock(b, F_OFD_SETLK, F_WRLCK, 8, 1, 0));
	return 0;
}
