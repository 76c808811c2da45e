// SPDX-License-Identifier: GPL-2.0-or-later
/* Which calls a handler interrupts for good and which are begun again, with and without SA_RESTART. */
#include <linux/futex.h>
#include <poll.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/select.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include "asleep.h"
#include "show.h"

/* What the process that waits tells the one that sends the signals. */
static struct shared {
	volatile int round;  /* odd: it makes a call */
	volatile int ticks;
} *sh;
static int fds[2];
static int limit;

static void on_alarm(int sig)
{
	/* The second one ends a call that was begun again. */
	if (++sh->ticks == limit)
		write(fds[1], "x", 1);
}

static void arm(int flags, int how_many)
{
	struct sigaction sa = {.sa_handler = on_alarm, .sa_flags = flags};

	sh->ticks = 0;
	limit = how_many;
	sigaction(SIGALRM, &sa, NULL);
	sh->round++;
}

static void disarm(void)
{
	char c;

	sh->round++;
	printf("  after %d\n", sh->ticks);
	if (sh->ticks >= limit)
		read(fds[0], &c, 1);
}

static void reads(int flags)
{
	char c = 0;

	arm(flags, 2);
	errno = 0;
	show_result("read", read(fds[0], &c, 1));
	if (c)
		limit = 1000;
	disarm();
}

static void polls(int flags)
{
	struct pollfd p = {fds[0], POLLIN, 0};
	struct timespec ts = {10, 0};
	struct epoll_event ev = {.events = EPOLLIN};
	int ep = epoll_create1(0);
	fd_set set;

	arm(flags, 3);
	SHOW(poll(&p, 1, 10000));
	disarm();
	arm(flags, 3);
	SHOW(ppoll(&p, 1, &ts, NULL));
	disarm();
	arm(flags, 3);
	FD_ZERO(&set);
	FD_SET(fds[0], &set);
	SHOW(select(fds[0] + 1, &set, NULL, NULL, NULL));
	disarm();
	epoll_ctl(ep, EPOLL_CTL_ADD, fds[0], &ev);
	arm(flags, 3);
	SHOW(epoll_wait(ep, &ev, 1, 10000));
	disarm();
	close(ep);
}

static void others(int flags)
{
	struct timespec ts = {10, 0};
	sigset_t set;
	static int word;

	arm(flags, 3);
	SHOW(pause());
	disarm();
	sigemptyset(&set);
	arm(flags, 3);
	SHOW(sigsuspend(&set));
	disarm();
	sigaddset(&set, SIGUSR2);
	arm(flags, 3);
	SHOW(sigtimedwait(&set, NULL, &ts));
	disarm();
	arm(flags, 3);
	SHOW(nanosleep(&ts, NULL));
	disarm();
	arm(flags, 3);
	SHOW(syscall(SYS_futex, &word, FUTEX_WAIT, 0, &ts, NULL, 0));
	disarm();
}

/* Up to three signals for each call, each when it sleeps. */
static int send_signals(int pid)
{
	int status;

	while (!waitpid(pid, &status, WNOHANG)) {
		int round = sh->round, seen = 0, before;

		if (round % 2 && sh->ticks < 3) {
			UNTIL(sh->round != round || (seen = state_of(pid, pid) == 'S' ? seen + 1 : 0) >= 2);
			before = sh->ticks;
			if (sh->round == round)
				kill(pid, SIGALRM);
			UNTIL(sh->round != round || sh->ticks > before);
		}
		if (sh->round == round)
			usleep(200);
	}
	return WIFEXITED(status) ? WEXITSTATUS(status) : 99;
}

int main(void)
{
	int pid;

	setvbuf(stdout, NULL, _IONBF, 0);
	sh = mmap(NULL, sizeof(*sh), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	pid = fork();
	if (pid)
		return send_signals(pid);
	pipe(fds);
	puts("without SA_RESTART");
	reads(0);
	polls(0);
	others(0);
	puts("with SA_RESTART");
	reads(SA_RESTART);
	polls(SA_RESTART);
	others(SA_RESTART);
	return 0;
}
