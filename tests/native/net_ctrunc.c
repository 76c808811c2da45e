// SPDX-License-Identifier: GPL-2.0-or-later
// Control data with too little room, bad lengths, unknown kinds; names cut to the room there is.
#include "net.h"

int main(void)
{
	char control[300], name[200];
	struct iovec iov = { (char[10]){ 0 }, 10 }, out = { "x", 1 };
	struct cmsghdr *c = (void *)control;
	struct sockaddr_un a = { AF_UNIX, "name" };
	int s[2], b = socket(AF_UNIX, SOCK_DGRAM, 0), on = 1;

	bind(b, (void *)&a, 2 + 4);
	socketpair(AF_UNIX, SOCK_STREAM, 0, s);
	setsockopt(s[1], SOL_SOCKET, SO_PASSCRED, &on, 4);
	setsockopt(s[1], SOL_SOCKET, SO_TIMESTAMP, &on, 4);
	for (unsigned room = 0; room <= 80; room += 8) {
		struct msghdr m = { .msg_iov = &iov, .msg_iovlen = 1, .msg_control = control, .msg_controllen = room };

		write(s[0], "x", 1);
		printf("room %u: ", room);
		P(S(recvmsg, s[1], &m, 0));
		controls(&m);
	}
	for (unsigned len = 0; len <= 32; len += 4) {
		struct msghdr m = { .msg_iov = &out, .msg_iovlen = 1, .msg_control = control, .msg_controllen = 24 };

		memset(control, 0, sizeof(control));
		*c = (struct cmsghdr){ len, SOL_SOCKET, SCM_RIGHTS };
		printf("cmsg_len %u: ", len);
		P(S(sendmsg, s[0], &m, 0));
	}
	for (int type = 0; type < 5; type++) {
		struct msghdr m = { .msg_iov = &out, .msg_iovlen = 1, .msg_control = control, .msg_controllen = 24 };

		*c = (struct cmsghdr){ 20, type & 1 ? SOL_SOCKET : 77, type * 100 };
		P(S(sendmsg, s[0], &m, 0));
	}
	for (unsigned room = 0; room < 10; room += 3) {
		struct msghdr m = { .msg_name = name, .msg_namelen = room, .msg_iov = &iov, .msg_iovlen = 1 };
		int c2 = socket(AF_UNIX, SOCK_DGRAM, 0), d = socket(AF_UNIX, SOCK_DGRAM, 0);
		struct sockaddr_un to = { AF_UNIX, "to" };

		unlink("to");
		bind(d, (void *)&to, 2 + 2);
		sendto(b, "hi", 2, 0, (void *)&to, 2 + 2);
		memset(name, '.', sizeof(name));
		P(S(recvmsg, d, &m, 0));
		printf("%u %.12s\n", m.msg_namelen, name + 2);
		close(c2);
		close(d);
	}
	P(S(sendmsg, s[0], &(struct msghdr){ .msg_iov = &out, .msg_iovlen = 1, .msg_name = name, .msg_namelen = 500 }, 0));
	P(S(sendmsg, s[0], &(struct msghdr){ .msg_iov = &out, .msg_iovlen = 1, .msg_name = name, .msg_namelen = -1 }, 0));
	P(S(recvmsg, s[0], &(struct msghdr){ .msg_iov = &out, .msg_iovlen = 1, .msg_name = name, .msg_namelen = -1 }, 0));
	P(S(sendmsg, s[0], &(struct msghdr){ .msg_iov = &out, .msg_iovlen = 1, .msg_controllen = 1 << 30, .msg_control = control }, 0));
	return 0;
}
