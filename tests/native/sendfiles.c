// SPDX-License-Identifier: GPL-2.0-or-later
// sendfile: to pipes, files and sockets; the offset's ways.
#include "files.h"
#include <sys/socket.h>

int main(void)
{
	int f = file_of("f", 10000), out = open("out", O_RDWR | O_CREAT, 0644), p[2], s[2], ro = open("f", O_RDONLY);
	int ap = open("out2", O_WRONLY | O_CREAT | O_APPEND, 0644);
	static char buf[20000];
	off_t off = 100;

	pipe2(p, O_NONBLOCK);
	socketpair(AF_UNIX, SOCK_STREAM, 0, s);
	P(S(sendfile, p[1], f, 0, 50));
	printf("%ld\n", (long)lseek(f, 0, SEEK_CUR));
	P(S(sendfile, p[1], f, &off, 50));
	printf("%ld %ld\n", (long)off, (long)lseek(f, 0, SEEK_CUR));
	P(S(read, p[0], buf, 200));
	printf("%x\n", hash(buf, 100));
	off = 9990;
	P(S(sendfile, out, f, &off, 500));
	P(S(sendfile, out, f, &off, 500));
	off = -1;
	P(S(sendfile, out, f, &off, 5));
	off = 0;
	P(S(sendfile, s[0], f, &off, 7000));
	P(recv(s[1], buf, 20000, MSG_WAITALL | MSG_DONTWAIT));
	printf("%x\n", hash(buf, 7000));
	P(S(sendfile, ap, f, &off, 5));
	P(S(sendfile, ro, f, 0, 5));
	P(S(sendfile, out, p[0], 0, 5));
	P(S(sendfile, out, s[0], 0, 5));
	P(S(sendfile, f, f, 0, 5));
	P(S(sendfile, out, 99, 0, 5));
	P(S(sendfile, out, f, 0, 0));
	while (S(sendfile, p[1], f, 0, 4096) > 0)
		lseek(f, 0, SEEK_SET);
	P(errno);
	P(S(sendfile, out, open(".", O_RDONLY), 0, 5));
	P(S(sendfile, out, open("/dev/zero", O_RDONLY), 0, 5));
	return 0;
}
