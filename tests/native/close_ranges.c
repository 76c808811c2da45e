// SPDX-License-Identifier: GPL-2.0-or-later
// close_range: bounds, CLOEXEC, UNSHARE.
#include "files.h"
#include <sys/wait.h>

#define CR(a, b, f) syscall(SYS_close_range, a, b, f)

static void show_open(void)
{
	for (int fd = 3; fd < 30; fd++) {
		int flags = fcntl(fd, F_GETFD);

		if (flags >= 0)
			printf(" %d%s", fd, flags ? "x" : "");
	}
	putchar('\n');
}

static void some(void)
{
	for (int fd = 3; fd < 20; fd++)
		dup2(0, fd);
}

int main(void)
{
	int status;

	some();
	show_open();
	P(CR(5, 7, 0));
	show_open();
	P(CR(9, 12, 4));
	show_open();
	P(CR(8, 5, 0));
	P(CR(10, 12, 8));
	P(CR(10, 12, 1));
	P(CR(-1, -1, 0));
	P(CR(15, ~0u, 0));
	show_open();
	P(CR(3, ~0u, 4));
	show_open();
	some();
	P(CR(3, 6, 2));
	P(CR(3, 8, 2 | 4));
	show_open();
	fflush(stdout);
	if (!fork()) {
		P(CR(0, ~0u, 4));
		show_open();
		P(CR(3, ~0u, 2));
		show_open();
		fflush(stdout);
		_exit(0);
	}
	wait(&status);
	show_open();
	P(CR(3, ~0u, 0));
	show_open();
	P(CR(3, ~0u, 0));
	P(open("/dev/null", O_RDONLY));
	return 0;
}
