// SPDX-License-Identifier: GPL-2.0-or-later
// Pipes: capacity, F_SETPIPE_SZ, what is atomic, packet mode, ends that close.
#include "files.h"
#include <poll.h>
#include <sys/ioctl.h>

int main(void)
{
	static char buf[1 << 20];
	int p[2], n, total = 0;

	P(S(pipe2, p, O_NONBLOCK));
	P(fcntl(p[0], F_GETPIPE_SZ));
	while ((n = S(write, p[1], buf, 4096)) > 0)
		total += n;
	printf("%d %s\n", total, strerrorname_np(errno));
	P(S(write, p[1], buf, 1));
	P(S(read, p[0], buf, 100));
	P(S(write, p[1], buf, 4096));
	P(S(write, p[1], buf, 5000));
	P(S(read, p[0], buf, 3996));
	P(S(write, p[1], buf, 5000));
	P(ioctl(p[0], FIONREAD, &n));
	printf("%d\n", n);
	P(fcntl(p[1], F_SETPIPE_SZ, 4096));
	P(fcntl(p[1], F_SETPIPE_SZ, 70000));
	P(fcntl(p[1], F_SETPIPE_SZ, 0));
	P(fcntl(p[1], F_SETPIPE_SZ, -1));
	while (S(read, p[0], buf, sizeof(buf)) > 0)
		;
	P(fcntl(p[1], F_SETPIPE_SZ, 4097));
	P(fcntl(0x7000, F_GETPIPE_SZ));
	P(fcntl(file_of("f", 1), F_GETPIPE_SZ));
	close(p[0]);
	close(p[1]);
	P(S(pipe2, p, O_DIRECT | O_NONBLOCK));
	P(S(write, p[1], buf, 10));
	P(S(write, p[1], buf, 20));
	P(S(write, p[1], buf, 5000));
	P(S(read, p[0], buf, 5));
	P(S(read, p[0], buf, 100));
	P(S(read, p[0], buf, 9000));
	P(S(read, p[0], buf, 9000));
	P(S(read, p[0], buf, 9000));
	signal(SIGPIPE, SIG_IGN);
	close(p[0]);
	P(S(write, p[1], buf, 1));
	P(S(write, p[1], buf, 0));
	P(poll(&(struct pollfd){ p[1], POLLOUT, 0 }, 1, 0));
	P(S(pipe2, p, 0x1));
	P(S(pipe2, p, O_CLOEXEC));
	P(fcntl(p[1], F_GETFD));
	close(p[1]);
	P(S(read, p[0], buf, 1));
	P(S(write, p[0], buf, 1));
	P(S(lseek, p[0], 0, 0));
	return 0;
}
