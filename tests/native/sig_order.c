// SPDX-License-Identifier: GPL-2.0-or-later
/* Many signals at once: in which order handlers run and nest, how often each, and that none is lost. */
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static volatile int count[65], depth, deepest;
static int quiet;

static void handler(int sig, siginfo_t *info, void *ctx)
{
	(void)ctx;
	depth++;
	if (depth > deepest)
		deepest = depth;
	count[sig]++;
	if (!quiet)
		printf("  signal %d value %d code %d depth %d\n", sig, info->si_value.sival_int, info->si_code, depth);
	depth--;
}

struct kernel_sigaction {
	void (*handler)(int, siginfo_t *, void *);
	unsigned long flags;
	void (*restorer)(void);
	unsigned long mask;
};

__asm__("restorer: mov $15, %eax; syscall");
extern void restorer(void);

/* As the kernel has it: libc keeps 32 and 33 for itself. */
static void handle(int sig, unsigned long flags, unsigned long mask)
{
	struct kernel_sigaction ka = {handler, flags | SA_SIGINFO | 0x04000000, restorer, mask};

	if (syscall(SYS_rt_sigaction, sig, &ka, NULL, 8))
		perror("rt_sigaction");
}

static void mask(unsigned long set)
{
	syscall(SYS_rt_sigprocmask, SIG_SETMASK, &set, NULL, 8);
}

static void queue(int sig, int value)
{
	siginfo_t info;

	memset(&info, 0, sizeof(info));
	info.si_code = SI_QUEUE;
	info.si_pid = getpid();
	info.si_value.sival_int = value;
	if (syscall(SYS_rt_sigqueueinfo, getpid(), sig, &info))
		perror("rt_sigqueueinfo");
}

static void send_all(void)
{
	for (int i = 0; i < 3; i++) {
		for (int sig = 64; sig >= 30; sig -= 1)
			queue(sig, i);
		queue(SIGUSR1, i);
		queue(SIGALRM, i);
		syscall(SYS_tgkill, getpid(), syscall(SYS_gettid), SIGUSR2);
		syscall(SYS_tgkill, getpid(), syscall(SYS_gettid), 40);
	}
}

int main(void)
{
	struct itimerval often = {{0, 1000}, {0, 1000}}, off = {0};
	/* The host samples at its ticks whether a process is in the kernel: no part of a tick's length, or every
	 * sample falls into the same moment of handling SIGALRM. */
	struct itimerval odd = {{0, 1373}, {0, 1373}};
	unsigned long pending;

	setvbuf(stdout, NULL, _IOLBF, 0);
	for (int sig = 1; sig <= 64; sig++)
		if (sig != SIGKILL && sig != SIGSTOP && (sig < 11 || sig > 11) && sig != SIGCHLD)
			handle(sig, 0, 0);
	puts("each lets others in");
	mask(~0UL);
	send_all();
	syscall(SYS_rt_sigpending, &pending, 8);
	printf("pending %016lx\n", pending);
	mask(0);
	printf("deepest %d\n", deepest);

	puts("one at a time");
	for (int sig = 30; sig <= 64; sig++)
		handle(sig, 0, ~0UL);
	handle(SIGUSR1, 0, ~0UL);
	handle(SIGUSR2, 0, ~0UL);
	handle(SIGALRM, 0, ~0UL);
	deepest = 0;
	mask(~0UL);
	send_all();
	mask(0);
	printf("deepest %d\n", deepest);

	/* Three timers that fire in the same tick: none may swallow the others. */
	quiet = 1;
	memset((void *)count, 0, sizeof(count));
	for (int k = 0; k < 2; k++) {
		for (int sig = 26; sig < 28; sig++)
			handle(sig, 0, k ? ~0UL : 0);
		handle(SIGALRM, 0, k ? ~0UL : 0);
		setitimer(ITIMER_REAL, &odd, NULL);
		setitimer(ITIMER_VIRTUAL, &often, NULL);
		setitimer(ITIMER_PROF, &often, NULL);
		while (count[SIGPROF] < 20 * (k + 1))
			;
		setitimer(ITIMER_PROF, &off, NULL);
		setitimer(ITIMER_VIRTUAL, &off, NULL);
		setitimer(ITIMER_REAL, &off, NULL);
		printf("virtual timer kept up with the profiling one: %d\n", count[SIGVTALRM] * 2 >= count[SIGPROF]);
	}
	return 0;
}
