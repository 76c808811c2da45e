// SPDX-License-Identifier: GPL-2.0-or-later
// Named pipes: which opens wait, which fail, who is told of the end.
#include "files.h"
#include <poll.h>
#include <sys/wait.h>

int main(void)
{
	char buf[10];
	int r, w, st;

	P(S(mknod, "p", S_IFIFO | 0600, 0));
	P(S(mknod, "p", S_IFIFO | 0600, 0));
	P(S(open, "p", O_WRONLY | O_NONBLOCK));
	r = open("p", O_RDONLY | O_NONBLOCK);
	P(S(read, r, buf, 1));
	w = open("p", O_WRONLY | O_NONBLOCK);
	P(S(read, r, buf, 1));
	P(S(write, w, "abc", 3));
	P(S(read, r, buf, 10));
	close(w);
	P(S(read, r, buf, 10));
	struct pollfd pf = { r, POLLIN, 0 };
	P(poll(&pf, 1, 0));
	printf("%x\n", pf.revents);
	close(r);
	fflush(stdout);
	if (!fork()) {
		w = open("p", O_WRONLY);
		write(w, "child", 5);
		_exit(3);
	}
	r = open("p", O_RDONLY);
	P(S(read, r, buf, 10));
	wait(&st);
	P(S(read, r, buf, 10));
	close(r);
	r = open("p", O_RDWR);
	P(S(write, r, "xy", 2));
	P(S(read, r, buf, 10));
	P(S(unlink, "p"));
	P(S(open, "p", O_RDONLY));
	return 0;
}
