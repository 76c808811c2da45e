// SPDX-License-Identifier: GPL-2.0-or-later
/* A SIGBUS that somebody sends is a signal like any other: blocked, pending, waited for, ignored. */
#include <signal.h>
#include <sys/mman.h>
#include <time.h>
#include "show.h"

static void handler(int sig, siginfo_t *info, void *ctx)
{
	printf("got %d code %d\n", sig, info->si_code);
}

static int pending(void)
{
	sigset_t set;

	sigpending(&set);
	return sigismember(&set, SIGBUS);
}

int main(void)
{
	struct sigaction sa = {.sa_sigaction = handler, .sa_flags = SA_SIGINFO};
	struct timespec zero = {0, 0}, soon = {0, 10000000};
	siginfo_t info;
	sigset_t set;

	setvbuf(stdout, NULL, _IONBF, 0);
	sigaction(SIGBUS, &sa, NULL);
	SHOW(kill(getpid(), SIGBUS));
	sigemptyset(&set);
	sigaddset(&set, SIGBUS);
	sigaddset(&set, SIGUSR1);
	sigprocmask(SIG_BLOCK, &set, NULL);
	SHOW(sigtimedwait(&set, &info, &zero));
	kill(getpid(), SIGUSR1);
	kill(getpid(), SIGBUS);
	SHOW(pending());
	memset(&info, 0, sizeof(info));
	SHOW(sigtimedwait(&set, &info, &zero));
	SHOW(info.si_signo);
	SHOW(info.si_pid == getpid());
	SHOW(pending());
	SHOW(sigtimedwait(&set, &info, &soon));
	SHOW(sigtimedwait(&set, &info, &soon));
	kill(getpid(), SIGBUS);
	sigprocmask(SIG_UNBLOCK, &set, NULL);
	puts("unblocked");
	sigprocmask(SIG_BLOCK, &set, NULL);
	kill(getpid(), SIGBUS);
	signal(SIGBUS, SIG_IGN);
	SHOW(pending());
	kill(getpid(), SIGBUS);
	SHOW(pending());
	signal(SIGBUS, SIG_DFL);
	sigprocmask(SIG_UNBLOCK, &set, NULL);
	puts("still here");
	kill(getpid(), SIGBUS);
	puts("not reached");
	return 0;
}
