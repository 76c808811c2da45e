// SPDX-License-Identifier: GPL-2.0-or-later
// kcmp: descriptors, files, memory and tables of two processes, equal and ordered.
#include "files.h"
#include <linux/kcmp.h>
#include <sys/epoll.h>
#include <sys/wait.h>

int main(void)
{
	int a = file_of("f", 1), b = dup(a), c = open("f", O_RDONLY), me = getpid(), pid, ep = epoll_create1(0);
	struct { unsigned efd, tfd, toff; } slot = { ep, a, 0 };

	P(S(kcmp, me, me, KCMP_FILE, a, b));
	P(S(kcmp, me, me, KCMP_FILE, a, c) > 0);
	P(S(kcmp, me, me, KCMP_FILE, a, 99));
	pid = fork();
	if (!pid) {
		pause();
		_exit(0);
	}
	P(S(kcmp, me, pid, KCMP_FILE, a, a));
	P(S(kcmp, me, pid, KCMP_FILES, 0, 0) > 0);
	P(S(kcmp, me, me, KCMP_FILES, 0, 0));
	P(S(kcmp, me, pid, KCMP_VM, 0, 0) > 0);
	P(S(kcmp, me, me, KCMP_VM, 0, 0));
	P(S(kcmp, me, pid, KCMP_FS, 0, 0) > 0);
	P(S(kcmp, me, pid, KCMP_SIGHAND, 0, 0) > 0);
	P(S(kcmp, me, pid, KCMP_IO, 0, 0) >= 0);
	P(S(kcmp, me, me, KCMP_SYSVSEM, 0, 0));
	P(S(kcmp, me, me, KCMP_EPOLL_TFD, a, &slot));
	P(S(kcmp, me, me, KCMP_EPOLL_TFD, a, NOWHERE));
	P(S(kcmp, me, me, 99, 0, 0));
	P(S(kcmp, me, 0x3fffff0, KCMP_VM, 0, 0));
	kill(pid, SIGKILL);
	wait(NULL);
	return 0;
}
