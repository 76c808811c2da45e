// SPDX-License-Identifier: GPL-2.0-or-later
// F_NOTIFY: a directory's changes by signal.
#include "files.h"

static volatile int count, fds[10], codes[10];

static void on(int sig, siginfo_t *si, void *uc)
{
	fds[count] = si->si_fd;
	codes[count++] = si->si_code;
}

int main(void)
{
	struct sigaction sa = { .sa_sigaction = on, .sa_flags = SA_SIGINFO };
	int d, f = file_of("f", 1);

	mkdir("d", 0755);
	d = open("d", O_RDONLY);
	sigaction(SIGIO, &sa, NULL);
	sigaction(SIGRTMIN, &sa, NULL);
	P(fcntl(f, F_NOTIFY, DN_CREATE));
	P(fcntl(d, F_NOTIFY, 0x40));
	P(fcntl(d, F_NOTIFY, DN_CREATE));
	close(file_of("d/a", 1));
	printf("%d\n", count);
	close(file_of("d/b", 1));
	printf("%d\n", count);
	fcntl(d, F_SETSIG, SIGRTMIN);
	P(fcntl(d, F_NOTIFY, DN_CREATE | DN_DELETE | DN_RENAME | DN_MULTISHOT));
	unlink("d/a");
	rename("d/b", "d/c");
	close(file_of("d/e", 1));
	printf("%d fd %d code %d\n", count, fds[1] == d, codes[1]);
	P(fcntl(d, F_NOTIFY, 0));
	unlink("d/c");
	printf("%d\n", count);
	return 0;
}
