// SPDX-License-Identifier: GPL-2.0-or-later
// Vectors and lengths too large, too many, negative: every call that takes them.
#include "files.h"
#include <sys/socket.h>

static struct iovec iov[1100];

static void with(const char *what, int n, size_t len)
{
	int fd = open("f", O_RDWR), null = open("/dev/null", O_RDWR), s[2];
	static char buf[8192];

	printf("-- %s\n", what);
	for (int i = 0; i < 1100; i++)
		iov[i] = (struct iovec){ buf, len };
	socketpair(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK, 0, s);
	P(S(readv, fd, iov, n));
	P(S(writev, null, iov, n));
	P(S(preadv, fd, iov, n, 0, 0));
	P(S(pwritev, null, iov, n, 0, 0));
	P(S(preadv2, fd, iov, n, 0, 0, 0));
	P(S(pwritev2, null, iov, n, -1, -1, 0));
	P(S(sendmsg, s[0], &(struct msghdr){ .msg_iov = iov, .msg_iovlen = n }, 0));
	P(S(recvmsg, s[1], &(struct msghdr){ .msg_iov = iov, .msg_iovlen = n }, 0));
	close(fd);
	close(null);
	close(s[0]);
	close(s[1]);
}

int main(void)
{
	static char buf[8192];
	int fd = file_of("f", 5000), null = open("/dev/zero", O_RDWR);

	with("none", 0, 1);
	with("1024", 1024, 1);
	with("1025", 1025, 1);
	with("minus one", -1, 1);
	with("huge pieces", 2, 0x7fffffff);
	with("negative pieces", 2, -1);
	with("negative sum", 3, 0x7fffffffffffffff);
	P(S(write, null, buf, 0x7fffffffffffffff));
	P(S(write, null, buf, -1));
	P(S(read, fd, buf, -1));
	P(S(pread64, fd, buf, 10, -1));
	P(S(pread64, fd, buf, 10, 0x7fffffffffffffff));
	P(S(pwrite64, fd, buf, 10, 0x7ffffffffffffff8));
	P(S(preadv, fd, iov, 1, -1, -1));
	P(S(preadv2, fd, iov, 1, -2, -1, 0));
	P(S(preadv2, fd, iov, 1, 0, 0, 0x4000));
	P(S(getdents64, open(".", O_RDONLY), buf, -1) > 0 || errno);
	P(S(sendto, null, buf, -1, 0, NULL, 0));
	return 0;
}
