// SPDX-License-Identifier: GPL-2.0-or-later
// eventfd, timerfd, signalfd, inotify, fanotify.
#include "files.h"
#include <sys/eventfd.h>
#include <sys/fanotify.h>
#include <sys/inotify.h>
#include <sys/signalfd.h>
#include <sys/timerfd.h>
#include <time.h>

static void timers(void)
{
	struct itimerspec its = { { 0, 2000000 }, { 0, 1000000 } }, old, bad = { { 0, 0 }, { 0, 1000000000 } };
	uint64_t n = 0;
	int fd;

	P(S(timerfd_create, 99, 0));
	P(S(timerfd_create, CLOCK_MONOTONIC, 1));
	P(fd = S(timerfd_create, CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC));
	P(read(fd, &n, 8));
	P(S(timerfd_gettime, fd, &old));
	printf("%ld %ld\n", (long)old.it_value.tv_sec, old.it_value.tv_nsec);
	P(S(timerfd_settime, fd, 0, &its, &old));
	P(S(timerfd_settime, fd, 0, &bad, NULL));
	P(S(timerfd_settime, fd, 8, &its, NULL));
	P(S(timerfd_settime, fd, 0, NOWHERE, NULL));
	P(S(timerfd_settime, fd, 0, &its, NOWHERE));
	P(S(timerfd_settime, 0, 0, &its, NULL));
	P(S(timerfd_gettime, fd, NOWHERE));
	P(S(timerfd_gettime, fd, &old));
	printf("%ld %ld\n", (long)old.it_interval.tv_sec, old.it_interval.tv_nsec);
	close(fd);
	P(fd = S(timerfd_create, CLOCK_REALTIME, 0));
	its = (struct itimerspec){ { 0, 0 }, { 0, 5000000 } };
	P(S(timerfd_settime, fd, 0, &its, NULL));
	P(read(fd, &n, 8));
	printf("%lu\n", (unsigned long)n);
	close(fd);
}

static void events(void)
{
	uint64_t n = -1;
	int fd;

	P(S(eventfd2, 0, 8));
	P(fd = S(eventfd, 7));
	P(read(fd, &n, 8));
	printf("%lu\n", (unsigned long)n);
	n = -1;
	P(write(fd, &n, 8));
	close(fd);
	P(fd = S(eventfd2, 2, EFD_SEMAPHORE | EFD_NONBLOCK));
	P(read(fd, &n, 8));
	P(read(fd, &n, 8));
	P(read(fd, &n, 8));
	close(fd);
}

static void signals(void)
{
	struct signalfd_siginfo si;
	sigset_t mask;
	int fd;

	sigemptyset(&mask);
	sigaddset(&mask, SIGUSR1);
	sigaddset(&mask, SIGUSR2);
	sigprocmask(SIG_BLOCK, &mask, NULL);
	P(S(signalfd4, -1, &mask, 7, 0));
	P(S(signalfd4, -1, &mask, 8, 1));
	P(S(signalfd4, -1, NOWHERE, 8, 0));
	P(S(signalfd4, 0, &mask, 8, 0));
	P(S(signalfd4, 99, &mask, 8, 0));
	P(S(signalfd4, 16100, &mask, 8, 0));
	P(fd = S(signalfd4, -1, &mask, 8, SFD_NONBLOCK));
	P(read(fd, &si, sizeof(si)));
	kill(getpid(), SIGUSR1);
	P(read(fd, &si, 10));
	P(read(fd, &si, sizeof(si)));
	printf("%u %d %d\n", si.ssi_signo, si.ssi_code, si.ssi_pid == (unsigned)getpid());
	kill(getpid(), SIGUSR2);
	sigdelset(&mask, SIGUSR2);
	P(S(signalfd, fd, &mask, 8));
	P(read(fd, &si, sizeof(si)));
	close(fd);
	signal(SIGUSR2, SIG_IGN);
}

static void watches(void)
{
	char buf[4096] __attribute__((aligned(8))), *p = pages();
	int fd, wd;
	long n;

	P(S(inotify_init1, 1));
	P(fd = S(inotify_init1, IN_NONBLOCK));
	mkdir("w", 0700);
	P(S(inotify_add_watch, fd, "none", IN_ALL_EVENTS));
	P(S(inotify_add_watch, fd, NOWHERE, IN_ALL_EVENTS));
	P(S(inotify_add_watch, fd, "w", 0));
	P(S(inotify_add_watch, 0, "w", IN_ALL_EVENTS));
	P(wd = S(inotify_add_watch, fd, "w", IN_CREATE | IN_DELETE | IN_MOVE | IN_MODIFY | IN_CLOSE_WRITE));
	P(read(fd, buf, sizeof(buf)));
	close(creat("w/a-file", 0600));
	rename("w/a-file", "w/b");
	unlink("w/b");
	P(read(fd, buf, 8));
	/* Across a page border, at first too small. */
	P(read(fd, p + 4096 - 16, 24));
	P(n = read(fd, p + 4096 - 16, 4096));
	for (char *e = p + 4096 - 16; e < p + 4096 - 16 + n;) {
		struct inotify_event *ev = (void *)e;

		printf("%d %x %d %s\n", ev->wd, ev->mask, ev->cookie != 0, ev->len ? ev->name : "");
		e += sizeof(*ev) + ev->len;
	}
	P(S(inotify_rm_watch, fd, wd));
	P(S(inotify_rm_watch, fd, wd));
	P(S(inotify_rm_watch, fd, 99));
	P(read(fd, buf, sizeof(buf)));
	printf("%x\n", ((struct inotify_event *)buf)->mask);
	close(fd);
	P(S(fanotify_init, 0x80000000, 0));
	P(S(fanotify_mark, 99, FAN_MARK_ADD, FAN_OPEN, AT_FDCWD, "w"));
	P(S(fanotify_mark, 0, FAN_MARK_ADD, FAN_OPEN, AT_FDCWD, "w"));
}

int main(void)
{
	close_range(3, ~0U, 0);
	timers();
	events();
	signals();
	watches();
	return 0;
}
