// SPDX-License-Identifier: GPL-2.0-or-later
// Signal-driven input: O_ASYNC, F_SETOWN, F_SETOWN_EX, F_SETSIG, what siginfo says.
#include "files.h"
#include <linux/sockios.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

static volatile int sig, fd_, code, band;

static void on(int s, siginfo_t *si, void *uc)
{
	sig = s;
	fd_ = si->si_fd;
	code = si->si_code;
	band = si->si_band;
}

static void told(int fd)
{
	printf("  %s fd %d code %d band %x\n", sig == SIGIO ? "SIGIO" : sig == SIGRTMIN + 1 ? "RT" : sig ? "?" : "none",
	       sig ? fd_ == fd : 0, code, band);
	sig = code = band = fd_ = 0;
}

int main(void)
{
	struct sigaction sa = { .sa_sigaction = on, .sa_flags = SA_SIGINFO };
	struct f_owner_ex ex = { F_OWNER_TID, 0 }, got;
	int s[2], p[2], one = 1, owner;
	char buf[10];

	sigaction(SIGIO, &sa, NULL);
	sigaction(SIGRTMIN + 1, &sa, NULL);
	socketpair(AF_UNIX, SOCK_STREAM, 0, s);
	pipe(p);
	P(fcntl(s[0], F_GETOWN));
	P(fcntl(s[0], F_SETFL, O_ASYNC));
	write(s[1], "x", 1);
	told(s[0]);
	P(fcntl(s[0], F_SETOWN, getpid()));
	P(fcntl(s[0], F_GETOWN) == getpid());
	write(s[1], "x", 1);
	told(s[0]);
	P(fcntl(s[0], F_SETSIG, SIGRTMIN + 1));
	P(fcntl(s[0], F_GETSIG) == SIGRTMIN + 1);
	write(s[1], "x", 1);
	told(s[0]);
	read(s[0], buf, 10);
	shutdown(s[1], SHUT_WR);
	told(s[0]);
	P(fcntl(s[0], F_SETSIG, 65));
	P(fcntl(s[0], F_SETSIG, -1));
	P(fcntl(s[0], F_SETSIG, 0));
	ex.pid = S(gettid);
	P(S(fcntl, p[0], F_SETOWN_EX, &ex));
	P(S(fcntl, p[0], F_GETOWN_EX, &got));
	printf("%d %d\n", got.type, got.pid == ex.pid);
	P(fcntl(p[0], F_GETOWN) == ex.pid);
	P(ioctl(p[0], FIOASYNC, &one));
	P((fcntl(p[0], F_GETFL) & O_ASYNC) != 0);
	write(p[1], "x", 1);
	told(p[0]);
	ex = (struct f_owner_ex){ F_OWNER_PGRP, getpgrp() };
	P(S(fcntl, p[0], F_SETOWN_EX, &ex));
	P(S(fcntl, p[0], F_GETOWN) == -getpgrp() || errno);
	ex.type = 9;
	P(S(fcntl, p[0], F_SETOWN_EX, &ex));
	ex = (struct f_owner_ex){ F_OWNER_PID, 0x3ffffff };
	P(S(fcntl, p[0], F_SETOWN_EX, &ex));
	P(fcntl(p[0], F_SETOWN, 0x3ffffff));
	P(fcntl(p[0], F_SETOWN, 0));
	P(ioctl(s[1], FIOGETOWN, &owner));
	printf("%d\n", owner);
	P(ioctl(s[1], FIOSETOWN, &(int){ getpid() }));
	P(ioctl(s[1], SIOCGPGRP, &owner));
	printf("%d\n", owner == getpid());
	return 0;
}
