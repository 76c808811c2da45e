// SPDX-License-Identifier: GPL-2.0-or-later
// AF_UNIX SOCK_SEQPACKET: records with their ends, MSG_EOR, empty ones, truncated ones.
#include "net.h"

int main(void)
{
	struct iovec iov = { (char[10]){ 0 }, 10 };
	struct msghdr m = { .msg_iov = &iov, .msg_iovlen = 1 };
	int s[2];
	char buf[20];

	P(S(socketpair, AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK, 0, s));
	P(S(write, s[0], "one", 3));
	P(S(write, s[0], "twenty bytes or more", 20));
	P(send(s[0], "eor", 3, MSG_EOR));
	P(send(s[0], "", 0, 0));
	P(S(recvmsg, s[1], &m, 0));
	printf("%x\n", m.msg_flags);
	P(S(recvmsg, s[1], &m, 0));
	printf("%x\n", m.msg_flags);
	P(S(recvmsg, s[1], &m, MSG_TRUNC));
	printf("%x\n", m.msg_flags);
	P(S(read, s[1], buf, 20));
	P(S(read, s[1], buf, 20));
	close(s[0]);
	P(S(read, s[1], buf, 20));
	signal(SIGPIPE, SIG_IGN);
	P(S(write, s[1], buf, 2));
	return 0;
}
