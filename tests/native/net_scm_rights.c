// SPDX-License-Identifier: GPL-2.0-or-later
// SCM_RIGHTS: descriptors that travel, close-on-exec, too little room, too many, none.
#include "net.h"

static char control[2048] __attribute__((aligned(8)));

static long pass(int s, const int *fds, int n)
{
	struct iovec iov = { "x", 1 };
	struct msghdr m = { .msg_iov = &iov, .msg_iovlen = 1, .msg_control = control, .msg_controllen = CMSG_SPACE(n * 4) };
	struct cmsghdr *c = CMSG_FIRSTHDR(&m);

	memset(control, 0, sizeof(control));
	*c = (struct cmsghdr){ CMSG_LEN(n * 4), SOL_SOCKET, SCM_RIGHTS };
	memcpy(CMSG_DATA(c), fds, n * 4);
	return S(sendmsg, s, &m, 0);
}

static void take(int s, size_t room, int flags)
{
	char byte[4];
	struct iovec iov = { byte, 4 };
	struct msghdr m = { .msg_iov = &iov, .msg_iovlen = 1, .msg_control = control, .msg_controllen = room };
	long n;

	memset(control, 0, sizeof(control));
	n = S(recvmsg, s, &m, flags);
	printf("%ld flags %x control %zu", n, m.msg_flags, (size_t)m.msg_controllen);
	for (struct cmsghdr *c = CMSG_FIRSTHDR(&m); c && n > 0; c = CMSG_NXTHDR(&m, c)) {
		int *fd = (int *)CMSG_DATA(c);

		for (size_t i = 0; i < (c->cmsg_len - CMSG_LEN(0)) / 4; i++) {
			struct stat st;

			printf(" fd %d cloexec %d %lo", fd[i], fcntl(fd[i], F_GETFD), fstat(fd[i], &st) ? 0L : (long)st.st_mode & S_IFMT);
			close(fd[i]);
		}
	}
	putchar('\n');
}

int main(void)
{
	int s[2], f = file_of("f", 3), many[300], fds[3];

	socketpair(AF_UNIX, SOCK_STREAM, 0, s);
	fds[0] = f;
	fds[1] = s[0];
	fds[2] = open("/dev/null", O_RDONLY);
	P(pass(s[0], fds, 1));
	take(s[1], 100, 0);
	P(pass(s[0], fds, 3));
	take(s[1], CMSG_LEN(8), 0);
	P(pass(s[0], fds, 3));
	take(s[1], CMSG_SPACE(12), MSG_CMSG_CLOEXEC);
	P(pass(s[0], fds, 3));
	take(s[1], 0, 0);
	P(pass(s[0], fds, 3));
	take(s[1], CMSG_LEN(0), 0);
	P(pass(s[0], fds, 2));
	take(s[1], 100, MSG_PEEK);
	take(s[1], 100, 0);
	P(pass(s[0], (int[]){ f, 99 }, 2));
	P(pass(s[0], (int[]){ -1 }, 1));
	P(pass(s[0], fds, 0));
	take(s[1], 100, MSG_DONTWAIT);
	for (int i = 0; i < 300; i++)
		many[i] = f;
	P(pass(s[0], many, 253));
	P(pass(s[0], many, 254));
	take(s[1], 30, 0);
	/* Two messages with descriptors are not joined in one read. */
	pass(s[0], fds, 1);
	pass(s[0], fds + 2, 1);
	take(s[1], 100, 0);
	take(s[1], 100, 0);
	pass(s[0], fds, 1);
	P(S(read, s[1], control, 10));
	P(open("/dev/null", O_RDONLY));
	return 0;
}
