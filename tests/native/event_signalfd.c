// SPDX-License-Identifier: GPL-2.0-or-later
// signalfd: what its records say, several at once, mask changes, non-blocking, poll.
#include "net.h"
#include <sys/signalfd.h>

int main(void)
{
	struct signalfd_siginfo si[4];
	unsigned long set = 1UL << (SIGUSR1 - 1) | 1UL << (SIGRTMIN + 2 - 1) | 1UL << (SIGCHLD - 1);
	int fd;

	S(rt_sigprocmask, SIG_BLOCK, &set, NULL, 8);
	P((fd = S(signalfd4, -1, &set, 8, SFD_NONBLOCK)) > 0);
	P(S(read, fd, si, sizeof(si)));
	kill(getpid(), SIGUSR1);
	kill(getpid(), SIGUSR1);
	sigqueue(getpid(), SIGRTMIN + 2, (union sigval){ 5 });
	sigqueue(getpid(), SIGRTMIN + 2, (union sigval){ 6 });
	printf("%x\n", ready(fd, POLLIN));
	P(S(read, fd, si, sizeof(si)));
	for (int i = 0; i < 3; i++)
		printf("%d code %d int %d pid %d uid %d\n", si[i].ssi_signo == SIGUSR1 ? 1 : 2, si[i].ssi_code, si[i].ssi_int,
		       si[i].ssi_pid == (unsigned)getpid(), si[i].ssi_uid);
	if (!fork())
		_exit(9);
	ready(fd, POLLIN);
	P(S(read, fd, si, sizeof(si)));
	printf("%d code %d status %d pid ok %d\n", si[0].ssi_signo, si[0].ssi_code, si[0].ssi_status, si[0].ssi_pid > 1);
	raise(SIGUSR1);
	P(S(read, fd, si, 127));
	set = 1UL << (SIGUSR2 - 1);
	P(S(signalfd4, fd, &set, 8, 0) == fd);
	P(S(read, fd, si, sizeof(si)));
	P(S(signalfd4, fd, &set, 7, 0));
	P(S(signalfd4, fd, &set, 8, 1));
	P(S(signalfd4, 0, &set, 8, 0));
	P(S(signalfd4, 99, &set, 8, 0));
	return 0;
}
