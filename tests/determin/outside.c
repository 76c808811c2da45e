// SPDX-License-Identifier: GPL-2.0-or-later
/* What comes from outside besides files: messages by recvmmsg, the terminal, signals while it computes, waits, waits with another mask, reads;
 * at last one that it dies of. */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

static volatile int n;
static volatile unsigned long steps;

static void handler(int sig, siginfo_t *info, void *context)
{
	(void)context;
	n++;
	printf("signal %d, code %d, at %lu\n", sig, info->si_code, steps);
}

static void messages(void)
{
	struct sockaddr_un addr = {.sun_family = AF_UNIX, .sun_path = "socket"};
	char text[3][100] = {""};
	struct iovec iov[3];
	struct mmsghdr m[3] = {0};
	int fd = socket(AF_UNIX, SOCK_DGRAM, 0), got;

	for (int i = 0; i < 3; i++) {
		iov[i] = (struct iovec){text[i], sizeof(text[i])};
		m[i].msg_hdr = (struct msghdr){.msg_iov = &iov[i], .msg_iovlen = 1};
	}
	printf("bind %d\n", bind(fd, (struct sockaddr *)&addr, sizeof(addr)));
	got = recvmmsg(fd, m, 3, 0, NULL);
	printf("%d messages: %u %s, %u %s, %u %s\n", got, m[0].msg_len, text[0], m[1].msg_len, text[1], m[2].msg_len, text[2]);
}

static void many_vectors(void)
{
	char text[200] = "";
	struct iovec iov[100];
	ssize_t got;

	for (int i = 0; i < 100; i++)
		iov[i] = (struct iovec){text + i, 1};
	got = readv(0, iov, 100);
	printf("readv %zd %s", got, text);
}

int main(void)
{
	struct sigaction act = {.sa_sigaction = handler, .sa_flags = SA_SIGINFO};
	struct pollfd in = {.fd = 0, .events = POLLIN};
	struct timespec now;
	sigset_t set, old;
	char c;
	int ret;

	setvbuf(stdout, NULL, _IOLBF, 0);
	sigaction(SIGUSR1, &act, NULL);
	act.sa_flags |= SA_RESTART;
	sigaction(SIGUSR2, &act, NULL);
	messages();
	many_vectors();
	while (n < 2)
		steps++;
	ret = pause();
	printf("pause: %d %s\n", ret, strerror(errno));
	sigemptyset(&set);
	sigaddset(&set, SIGUSR1);
	sigprocmask(SIG_BLOCK, &set, &old);
	ret = ppoll(&in, 1, NULL, &old);
	printf("ppoll: %d %s\n", ret, strerror(errno));
	sigprocmask(SIG_SETMASK, &old, NULL);
	ret = (int)read(0, &c, 1);
	printf("read: %d %s\n", ret, ret < 0 ? strerror(errno) : "");
	clock_gettime(CLOCK_MONOTONIC, &now);
	printf("%ld.%09ld\n", now.tv_sec, now.tv_nsec);
	for (;;)
		steps++;
}
