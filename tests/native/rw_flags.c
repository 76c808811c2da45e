// SPDX-License-Identifier: GPL-2.0-or-later
// preadv2 and pwritev2: each RWF_ flag on files, pipes and sockets; O_APPEND, O_DIRECT, O_SYNC.
#include "net.h"

int main(void)
{
	static char buf[8192] __attribute__((aligned(4096)));
	struct iovec iov = { buf, 4096 };
	int file = file_of("f", 8192), p[2], s[2], app = open("f", O_RDWR | O_APPEND), dir = open("f", O_RDWR | O_DIRECT), sync = open("f", O_RDWR | O_SYNC);
	int fds[4], null = open("/dev/null", O_RDWR);

	pipe2(p, O_NONBLOCK);
	socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, s);
	fds[0] = file;
	fds[1] = p[0];
	fds[2] = s[0];
	fds[3] = null;
	for (int i = 0; i < 4; i++) {
		for (int f = 1; f < 0x400; f <<= 1) {
			errno = 0;
			printf("%d %x: read %ld", i, f, S(preadv2, fds[i], &iov, 1, i ? -1L : 0L, 0L, f));
			printf(" %s", errno ? strerrorname_np(errno) : "");
			errno = 0;
			printf(" write %ld", S(pwritev2, i == 1 ? p[1] : fds[i], &iov, 1, i ? -1L : 0L, 0L, f));
			printf(" %s\n", errno ? strerrorname_np(errno) : "");
			while (S(read, p[0], buf, 8192) > 0 || S(read, s[1], buf, 8192) > 0)
				;
		}
	}
	P(S(pwritev2, file, &iov, 1, 0L, 0L, 0x10));
	P(lseek(app, 0, SEEK_END));
	P(S(pwrite64, app, "at", 2, 0));
	P(lseek(app, 0, SEEK_END));
	P(S(pwritev2, app, &iov, 1, 0L, 0L, 0x20 /* RWF_NOAPPEND */));
	P(lseek(app, 0, SEEK_END));
	P(S(pread64, dir, buf, 4096, 0));
	P(S(pread64, dir, buf + 1, 4096, 0));
	P(S(pread64, dir, buf, 100, 0));
	P(S(pwrite64, dir, buf, 4096, 4096));
	P(S(pwrite64, sync, buf, 10, 0));
	P(fcntl(sync, F_GETFL) & (O_SYNC | O_DSYNC));
	P(fcntl(file, F_SETFL, O_APPEND | O_NONBLOCK | O_SYNC));
	P(fcntl(file, F_GETFL) & (O_APPEND | O_NONBLOCK | O_SYNC));
	P(fcntl(file, F_SETFL, O_DIRECT));
	P(fcntl(p[0], F_SETFL, O_APPEND));
	P(fcntl(file, F_SETFL, O_NOATIME));
	return 0;
}
