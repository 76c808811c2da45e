// SPDX-License-Identifier: GPL-2.0-or-later
// SCM_CREDENTIALS, SO_PASSCRED, SO_PEERCRED: who sent it, and who may lie.
#include "net.h"
#include <sys/wait.h>

static void take(int s)
{
	char byte[4], control[200];
	struct iovec iov = { byte, 4 };
	struct msghdr m = { .msg_iov = &iov, .msg_iovlen = 1, .msg_control = control, .msg_controllen = 200 };

	if (S(recvmsg, s, &m, MSG_DONTWAIT) < 0) {
		printf("  %s\n", strerrorname_np(errno));
		return;
	}
	controls(&m);
	for (struct cmsghdr *c = CMSG_FIRSTHDR(&m); c; c = CMSG_NXTHDR(&m, c)) {
		struct ucred *u = (void *)CMSG_DATA(c);

		if (c->cmsg_type == SCM_CREDENTIALS)
			printf("  pid %s uid %u gid %u\n", u->pid == getpid() ? "own" : u->pid == getppid() ? "parent" : u->pid ? "other" : "0", u->uid, u->gid);
	}
}

static long say(int s, int pid, int uid, int gid)
{
	struct { struct cmsghdr c; struct ucred u; } b = { { CMSG_LEN(sizeof(struct ucred)), SOL_SOCKET, SCM_CREDENTIALS }, { pid, uid, gid } };
	struct iovec iov = { "x", 1 };
	struct msghdr m = { .msg_iov = &iov, .msg_iovlen = 1, .msg_control = &b, .msg_controllen = sizeof(b) };

	return S(sendmsg, s, &m, 0);
}

int main(void)
{
	struct ucred u;
	socklen_t len = sizeof(u);
	int s[2], on = 1, pid = getpid();

	socketpair(AF_UNIX, SOCK_DGRAM, 0, s);
	write(s[0], "a", 1);
	take(s[1]);
	P(setsockopt(s[1], SOL_SOCKET, SO_PASSCRED, &on, 4));
	write(s[0], "a", 1);
	take(s[1]);
	P(say(s[0], pid, 0, 0));
	take(s[1]);
	P(say(s[0], pid, 5, 6));
	take(s[1]);
	P(say(s[0], 0x3fffff0, 0, 0));
	P(getsockopt(s[0], SOL_SOCKET, SO_PEERCRED, &u, &len));
	printf("%d %u %u\n", u.pid == pid, u.uid, u.gid);
	len = 4;
	P(getsockopt(s[0], SOL_SOCKET, SO_PEERCRED, &u, &len));
	printf("%u\n", len);
	P(getsockopt(socket(AF_INET, SOCK_STREAM, 0), SOL_SOCKET, SO_PEERCRED, &u, &len));
	len = 100;
	P(getsockopt(s[0], SOL_SOCKET, SO_PEERSEC, (char[100]){ 0 }, &len));
	len = 4;
	P(getsockopt(s[0], SOL_SOCKET, SO_PEERGROUPS, &on, &len));
	fflush(stdout);
	if (!fork()) {
		setgid(7);
		setuid(8);
		P(say(s[0], getpid(), 8, 7));
		take(s[1]);
		P(say(s[0], getpid(), 0, 7));
		P(say(s[0], getppid(), 8, 7));
		P(say(s[0], getpid(), 8, 0));
		fflush(stdout);
		_exit(0);
	}
	wait(NULL);
	return 0;
}
