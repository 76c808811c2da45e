// SPDX-License-Identifier: GPL-2.0-or-later
// Calls that never wait do not fail with EINTR, however many signals come before and during them.
#include "files.h"
#include <signal.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/wait.h>

static volatile sig_atomic_t signals;

static void on_alarm(int sig)
{
	signals += sig == SIGALRM;
}

int main(void)
{
	const struct sigaction sa = {.sa_handler = on_alarm}; /* no SA_RESTART */
	const struct itimerval often = {{0, 200}, {0, 200}}, never = {};
	long bad[10] = {}, rounds = 0;
	char buf[64] = "";
	int fd = open("f", O_RDWR | O_CREAT, 0600), n, s[2], child;

	socketpair(AF_UNIX, SOCK_DGRAM, 0, s);
	child = fork();
	if (!child)
		for (;;)
			pause();
	sigaction(SIGALRM, &sa, NULL);
	setitimer(ITIMER_REAL, &often, NULL);
	for (; signals < 1000; rounds++) {
		int null = open("/dev/null", O_WRONLY);

		bad[0] += null < 0;
		bad[1] += write(null, buf, sizeof(buf)) != sizeof(buf);
		bad[2] += pwrite(fd, buf, sizeof(buf), rounds % 100) != sizeof(buf);
		bad[3] += pread(fd, buf, sizeof(buf), 0) != sizeof(buf);
		bad[4] += flock(fd, LOCK_SH) != 0;
		bad[5] += ioctl(fd, FIONREAD, &n) != 0;
		bad[6] += waitpid(-1, NULL, WNOHANG) != 0;
		bad[7] += send(s[0], buf, 1, 0) != 1;
		bad[8] += recv(s[1], buf, 1, 0) != 1;
		bad[9] += recv(s[1], buf, 1, MSG_DONTWAIT) != -1 || errno != EAGAIN;
		close(null);
	}
	setitimer(ITIMER_REAL, &never, NULL);
	kill(child, SIGKILL);
	for (int i = 0; i < 10; i++)
		printf("%d: %ld\n", i, bad[i]);
	return 0;
}
