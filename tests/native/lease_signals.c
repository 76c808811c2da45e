// SPDX-License-Identifier: GPL-2.0-or-later
// Leases: the holder is told by signal before another opens the file.
#include "files.h"
#include <sys/wait.h>

static volatile int got_sig, got_fd, got_code;

static void on_io(int sig, siginfo_t *si, void *uc)
{
	got_sig = sig;
	got_fd = si->si_fd;
	got_code = si->si_code;
}

int main(void)
{
	struct sigaction sa = { .sa_sigaction = on_io, .sa_flags = SA_SIGINFO | SA_RESTART };
	int fd = file_of("f", 1), ro, st;

	P(fcntl(fd, F_GETLEASE));
	P(fcntl(fd, F_SETLEASE, F_RDLCK));
	P(fcntl(fd, F_SETLEASE, 9));
	close(fd);
	ro = open("f", O_RDONLY);
	P(fcntl(ro, F_SETLEASE, F_RDLCK));
	P(fcntl(ro, F_GETLEASE));
	sigaction(SIGIO, &sa, NULL);
	sigaction(SIGRTMIN + 3, &sa, NULL);
	P(S(open, "f", O_RDWR | O_NONBLOCK));
	printf("%s code %d fd %d\n", got_sig == SIGIO ? "SIGIO" : "?", got_code, got_fd);
	P(fcntl(ro, F_GETLEASE));
	P(fcntl(ro, F_SETLEASE, F_UNLCK));
	P(fcntl(ro, F_SETLEASE, F_UNLCK));
	close(ro);
	fd = open("f", O_RDWR);
	P(fcntl(fd, F_SETLEASE, F_WRLCK));
	P(fcntl(fd, F_SETSIG, SIGRTMIN + 3));
	got_sig = 0;
	fflush(stdout);
	if (!fork()) {
		int f = open("f", O_RDONLY);

		_exit(f < 0 ? 99 : 5);
	}
	for (int i = 0; !got_sig && i < 1000; i++)
		usleep(2000);
	printf("rt %d fd same %d\n", got_sig == SIGRTMIN + 3, got_fd == fd);
	P(fcntl(fd, F_GETLEASE));
	P(fcntl(fd, F_SETLEASE, F_UNLCK));
	wait(&st);
	printf("%x\n", st);
	P(fcntl(open(".", O_RDONLY), F_SETLEASE, F_RDLCK));
	P(fcntl(0x7000, F_SETLEASE, F_RDLCK));
	return 0;
}
