// SPDX-License-Identifier: GPL-2.0-or-later
// Files of /proc that travel from a process to its parent: they stay what they are for the sender.
#include "net.h"
#include <sys/wait.h>

static char control[CMSG_SPACE(4)] __attribute__((aligned(8)));
static char data[64] = "the parent's";

static void pass(int s, int fd)
{
	struct iovec iov = { "x", 1 };
	struct msghdr m = { .msg_iov = &iov, .msg_iovlen = 1, .msg_control = control, .msg_controllen = CMSG_LEN(4) };
	struct cmsghdr *c = CMSG_FIRSTHDR(&m);

	*c = (struct cmsghdr){ CMSG_LEN(4), SOL_SOCKET, SCM_RIGHTS };
	memcpy(CMSG_DATA(c), &fd, 4);
	sendmsg(s, &m, 0);
}

static int take(int s)
{
	char byte;
	struct iovec iov = { &byte, 1 };
	struct msghdr m = { .msg_iov = &iov, .msg_iovlen = 1, .msg_control = control, .msg_controllen = sizeof(control) };
	int fd;

	recvmsg(s, &m, 0);
	memcpy(&fd, CMSG_DATA(CMSG_FIRSTHDR(&m)), 4);
	return fd;
}

static void child(int s)
{
	char byte;

	strcpy(data, "the child's");
	pass(s, open("/proc/self/mem", O_RDWR));
	pass(s, open("/proc/self/maps", O_RDONLY));
	read(s, &byte, 1);
	puts(data);
	fflush(stdout);
	_exit(0);
}

int main(void)
{
	int s[2], mem, maps;
	char buf[64] = "", line[4096] = "";

	setvbuf(stdout, NULL, _IONBF, 0);
	socketpair(AF_UNIX, SOCK_STREAM, 0, s);
	if (!fork())
		child(s[1]);
	mem = take(s[0]);
	maps = take(s[0]);
	P(pread(mem, buf, 64, (long)data));
	puts(buf);
	P(pwrite(mem, "stored by the parent", 21, (long)data));
	P(pread(mem, buf, 64, 16));
	P(read(maps, line, 60) > 50);
	printf("%.60s\n", line);
	write(s[0], "x", 1);
	wait(NULL);
	P(pread(mem, buf, 64, (long)data));
	puts(data);
	return 0;
}
