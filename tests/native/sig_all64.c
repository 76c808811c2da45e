// SPDX-License-Identifier: GPL-2.0-or-later
// All 64 signals, also those that a C library keeps for itself: sent by every call, handled, blocked, waited for,
// read from a signalfd, made by a timer, and fatal by default.
#include "files.h"
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>

struct ksa { void *handler; unsigned long flags; void *restorer; unsigned long mask; };

static volatile int last, code;

static void on(int sig, siginfo_t *si, void *uc)
{
	last = sig;
	code = si->si_code;
}

__asm__("restore: mov $15, %eax\nsyscall\n");
void restore(void);

static long action(int sig, void *handler)
{
	struct ksa sa = { handler, SA_SIGINFO | 0x04000000 | SA_RESTART, (void *)restore, 0 };

	return S(rt_sigaction, sig, &sa, NULL, 8);
}

static void told(const char *what, int sig)
{
	printf(" %s %s%d", what, last == sig ? "" : "NOT ", last == sig ? code : last);
	last = code = 0;
}

int main(void)
{
	int pid = getpid(), tid = S(gettid), st;
	unsigned char sfd[128];

	for (int sig = 0; sig <= 66; sig++) {
		siginfo_t si = { .si_code = -7 };
		unsigned long mask = sig ? 1UL << (sig - 1) : 0, old;
		struct timespec ts = { 0, 0 };
		struct sigevent ev = { .sigev_notify = SIGEV_SIGNAL, .sigev_signo = sig };
		struct itimerspec it = { { 0, 0 }, { 0, 1 } };
		int fd, timer;

		printf("%d:", sig);
		if (action(sig, on)) {
			printf(" %s kill %ld\n", strerrorname_np(errno), sig == SIGKILL || sig == SIGSTOP ? 0L : S(kill, pid, sig));
			continue;
		}
		S(kill, pid, sig);
		told("kill", sig);
		S(tkill, tid, sig);
		told("tkill", sig);
		S(tgkill, pid, tid, sig);
		told("tgkill", sig);
		si.si_signo = sig;
		S(rt_sigqueueinfo, pid, sig, &si);
		told("queue", sig);
		S(rt_tgsigqueueinfo, pid, tid, sig, &si);
		told("tgqueue", sig);
		S(rt_sigprocmask, SIG_BLOCK, &mask, &old, 8);
		S(kill, pid, sig);
		told("blocked", 0);
		S(rt_sigpending, &mask, 8);
		printf(" pending %d", mask == 1UL << (sig - 1));
		printf(" wait %d", S(rt_sigtimedwait, &mask, &si, &ts, 8) == sig);
		if (sig == SIGBUS) /* docs/limits.md */
			fd = -1;
		else
			S(kill, pid, sig), fd = S(signalfd4, -1, &mask, 8, O_NONBLOCK);
		printf(" fd %d", S(read, fd, sfd, 128) == 128 && *(int *)sfd == sig);
		close(fd);
		S(rt_sigprocmask, SIG_SETMASK, &old, NULL, 8);
		if (!S(timer_create, CLOCK_MONOTONIC, &ev, &timer)) {
			S(timer_settime, timer, 0, &it, NULL);
			for (int i = 0; !last && i < 1000; i++)
				usleep(100);
			told("timer", sig);
			S(timer_delete, timer);
		}
		action(sig, SIG_DFL);
		fflush(stdout);
		/* Those that stop would need somebody to go on. */
		if (sig != SIGTSTP && sig != SIGTTIN && sig != SIGTTOU) {
			if (!(st = fork())) {
				S(kill, getpid(), sig);
				_exit(1);
			}
			waitpid(st, &st, 0);
			printf(" dies %x", st & 0x7f);
			if (!(st = fork())) {
				S(prctl, PR_SET_PDEATHSIG, sig, 0, 0, 0);
				S(prctl, PR_GET_PDEATHSIG, &st, 0, 0, 0);
				_exit(st);
			}
			waitpid(st, &st, 0);
			printf(" death %d", WEXITSTATUS(st));
		}
		if (sig == SIGBUS) {
			putchar('\n');
			continue;
		}
		action(sig, on);
		if (!(st = S(clone, sig, 0, 0, 0, 0)))
			_exit(2);
		while (waitpid(st, &st, __WALL) < 0 && errno == EINTR)
			;
		told("exit", sig);
		printf(" %x\n", st);
		action(sig, SIG_DFL);
	}
	return 0;
}
