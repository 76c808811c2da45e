// SPDX-License-Identifier: GPL-2.0-or-later
// Sockets sent over themselves, descriptors of closed processes, a listener inside a message.
#include "net.h"
#include <sys/wait.h>

static long pass(int s, int fd)
{
	struct { struct cmsghdr c; int fd[2]; } b = { { CMSG_LEN(4), SOL_SOCKET, SCM_RIGHTS }, { fd } };
	struct iovec iov = { "x", 1 };
	struct msghdr m = { .msg_iov = &iov, .msg_iovlen = 1, .msg_control = &b, .msg_controllen = sizeof(b) };

	return S(sendmsg, s, &m, 0);
}

static int take(int s)
{
	struct { struct cmsghdr c; int fd[2]; } b = { { 0 }, { -1 } };
	char x;
	struct iovec iov = { &x, 1 };
	struct msghdr m = { .msg_iov = &iov, .msg_iovlen = 1, .msg_control = &b, .msg_controllen = sizeof(b) };

	if (S(recvmsg, s, &m, 0) <= 0)
		return -1;
	return m.msg_controllen ? b.fd[0] : -2;
}

int main(void)
{
	struct sockaddr_un a = { AF_UNIX, "l" };
	int s[2], l, c, fd, p[2];
	char buf[10];

	socketpair(AF_UNIX, SOCK_STREAM, 0, s);
	P(pass(s[0], s[1]));
	P(pass(s[0], s[0]));
	P((fd = take(s[1])) > 0);
	P(write(fd, "back", 4));
	close(fd);
	P((fd = take(s[1])) > 0);
	close(fd);
	P(read(s[0], buf, 10));
	pipe(p);
	if (!fork()) {
		pass(s[0], p[1]);
		_exit(0);
	}
	wait(NULL);
	close(p[1]);
	P((fd = take(s[1])) > 0);
	P(write(fd, "abc", 3));
	close(fd);
	P(read(p[0], buf, 10));
	P(read(p[0], buf, 10));
	l = socket(AF_UNIX, SOCK_STREAM, 0);
	bind(l, (void *)&a, sizeof(a));
	listen(l, 5);
	P(pass(s[0], l));
	close(l);
	c = socket(AF_UNIX, SOCK_STREAM, 0);
	P(connect(c, (void *)&a, sizeof(a)));
	P((l = take(s[1])) > 0);
	P((fd = accept(l, NULL, NULL)) > 0);
	P(pass(s[0], open("/proc/self/maps", O_RDONLY)));
	P((fd = take(s[1])) > 0);
	P(read(fd, buf, 10));
	printf("%.10s\n", buf);
	return 0;
}
