// SPDX-License-Identifier: GPL-2.0-or-later
/* Sending signals to oneself, blocked and not; queues, order, siginfo; waiting for them. */
#include <signal.h>
#include <stdlib.h>
#include <time.h>
#include "show.h"

static volatile int order[32], orders;

static void on_signal(int sig, siginfo_t *info, void *ctx)
{
	if (orders < 32)
		order[orders++] = sig;
	printf("handler: %d code %d pid %s value %d\n", sig, info->si_code,
	       info->si_pid == getpid() ? "self"
	       : info->si_pid		? "other"
					: "0",
	       info->si_code == SI_QUEUE ? info->si_value.sival_int : 0);
}

static unsigned long pending(void)
{
	unsigned long set = 0;

	SHOW(syscall(SYS_rt_sigpending, &set, 8));
	return set;
}

static void kills(void)
{
	int self = getpid();

	for (int sig = 0; sig <= 66; sig++) {
		if (sig == SIGKILL || sig == SIGSTOP)
			continue;
		show_result("kill", syscall(SYS_kill, self, sig));
	}
	SHOW(syscall(SYS_kill, self, -1));
	SHOW(syscall(SYS_kill, 0x7fffffff, 0));
	SHOW(syscall(SYS_tkill, self, SIGUSR1));
	SHOW(syscall(SYS_tkill, 0, SIGUSR1));
	SHOW(syscall(SYS_tkill, -1, SIGUSR1));
	SHOW(syscall(SYS_tgkill, self, self, SIGUSR2));
	SHOW(syscall(SYS_tgkill, self, 0, SIGUSR2));
	SHOW(syscall(SYS_tgkill, 1, self, SIGUSR2));
	SHOW(syscall(SYS_tgkill, self, self, 65));
}

static void queued(void)
{
	siginfo_t info;
	sigset_t set;

	memset(&info, 0, sizeof(info));
	info.si_code = SI_QUEUE;
	info.si_pid = getpid();
	info.si_value.sival_int = 4711;
	SHOW(syscall(SYS_rt_sigqueueinfo, getpid(), SIGUSR1, &info));
	SHOW(syscall(SYS_rt_tgsigqueueinfo, getpid(), getpid(), SIGRTMIN, &info));
	SHOW(syscall(SYS_rt_sigqueueinfo, getpid(), 77, &info));
	SHOW(syscall(SYS_rt_sigqueueinfo, getpid(), SIGUSR1, 8));
	SHOW(syscall(SYS_rt_sigqueueinfo, 1, SIGUSR1, &info));
	info.si_code = SI_USER;
	SHOW(syscall(SYS_rt_sigqueueinfo, 1, SIGUSR1, &info));

	sigfillset(&set);
	sigprocmask(SIG_BLOCK, &set, NULL);
	info.si_code = SI_QUEUE;
	for (int i = 0; i < 3; i++) {
		info.si_value.sival_int = i;
		syscall(SYS_rt_sigqueueinfo, getpid(), SIGRTMIN + 3, &info);
		syscall(SYS_rt_sigqueueinfo, getpid(), SIGRTMIN + 1, &info);
		syscall(SYS_rt_sigqueueinfo, getpid(), SIGUSR2, &info);
	}
	kill(getpid(), SIGTERM);
	printf("pending %lx\n", pending());
	orders = 0;
	sigprocmask(SIG_UNBLOCK, &set, NULL);
	for (int i = 0; i < orders; i++)
		printf("%d ", order[i]);
	putchar('\n');
	printf("pending %lx\n", pending());
	SHOW(syscall(SYS_rt_sigpending, &set, 4));
	SHOW(syscall(SYS_rt_sigpending, &set, 9));
	SHOW(syscall(SYS_rt_sigpending, 8, 8));
}

static void waits(void)
{
	struct timespec ts = {0, 10000000}, zero = {0, 0}, bad = {0, -1};
	unsigned long set = 1UL << (SIGUSR1 - 1) | 1UL << (SIGRTMIN - 1), none = 0;
	siginfo_t info;

	sigprocmask(SIG_BLOCK, (sigset_t *)&set, NULL);
	SHOW(syscall(SYS_rt_sigtimedwait, &set, &info, &ts, 8));
	SHOW(syscall(SYS_rt_sigtimedwait, &set, &info, &zero, 8));
	SHOW(syscall(SYS_rt_sigtimedwait, &set, &info, &bad, 8));
	SHOW(syscall(SYS_rt_sigtimedwait, &set, &info, &zero, 4));
	SHOW(syscall(SYS_rt_sigtimedwait, 8, &info, &zero, 8));
	SHOW(syscall(SYS_rt_sigtimedwait, &none, NULL, &ts, 8));
	kill(getpid(), SIGUSR1);
	memset(&info, 0, sizeof(info));
	SHOW(syscall(SYS_rt_sigtimedwait, &set, &info, NULL, 8));
	SHOW(info.si_signo);
	SHOW(info.si_code);
	SHOW(info.si_pid == getpid());
	kill(getpid(), SIGUSR1);
	SHOW(syscall(SYS_rt_sigtimedwait, &set, 8, &ts, 8));
	sigprocmask(SIG_UNBLOCK, (sigset_t *)&set, NULL);
}

int main(void)
{
	struct sigaction sa = {.sa_sigaction = on_signal, .sa_flags = SA_SIGINFO};

	setvbuf(stdout, NULL, _IONBF, 0);
	sigfillset(&sa.sa_mask);
	for (int sig = 1; sig <= 64; sig++) {
		/* Past libc, which keeps two for itself. */
		struct {
			void *handler;
			unsigned long flags;
			void *restorer;
			unsigned long mask;
		} ka;

		sigaction(SIGUSR1, &sa, NULL);
		syscall(SYS_rt_sigaction, SIGUSR1, NULL, &ka, 8);
		SHOW(syscall(SYS_rt_sigaction, sig, &ka, NULL, 8));
	}
	kills();
	queued();
	waits();
	return 0;
}
