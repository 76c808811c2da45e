// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What each signal does by default, ignored, blocked, or with each flag; what sigaction keeps of the flags; how many
 * can be queued; who may claim to have sent what; children that stop, continue and end.
 */
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <time.h>
#include "asleep.h"
#include "show.h"

struct kernel_sigaction {
	void (*handler)(int, siginfo_t *, void *);
	unsigned long flags;
	void (*restorer)(void);
	unsigned long mask;
};

__asm__("restorer: mov $15, %eax; syscall");
extern void restorer(void);

static volatile int count, last_code;

static void on_signal(int sig, siginfo_t *info, void *ctx)
{
	(void)sig, (void)ctx;
	count++;
	last_code = info->si_code;
}

static long action(int sig, void (*fn)(int, siginfo_t *, void *), unsigned long flags, struct kernel_sigaction *old)
{
	struct kernel_sigaction ka = {fn, flags | 0x04000000, restorer, 0};

	return syscall(SYS_rt_sigaction, sig, &ka, old, 8);
}

static unsigned long mask(unsigned long set)
{
	unsigned long old;

	syscall(SYS_rt_sigprocmask, SIG_SETMASK, &set, &old, 8);
	return old;
}

static void status_of(const char *what, int n, int status)
{
	printf("%s %d: %s %d%s\n", what, n, WIFEXITED(status) ? "exit" : WIFSIGNALED(status) ? "signal" : "stop",
	       WIFEXITED(status) ? WEXITSTATUS(status) : WIFSIGNALED(status) ? WTERMSIG(status) : WSTOPSIG(status),
	       WIFSIGNALED(status) && WCOREDUMP(status) ? " core" : "");
}

static void defaults(void)
{
	struct rlimit no_core = {0, 0};
	int status, pid, over[2];

	setrlimit(RLIMIT_CORE, &no_core);
	for (int sig = 1; sig <= 64; sig++) {
		pipe(over);
		pid = fork();
		if (!pid) {
			close(over[1]);
			for (int s = 1; s <= 64; s++)
				action(s, (void *)SIG_DFL, 0, NULL);
			count = 0;
			if (sig >= SIGSTOP && sig <= SIGTTOU)
				action(SIGCONT, on_signal, SA_SIGINFO, NULL);
			mask(0);
			syscall(SYS_tkill, getpid(), sig);
			/* One that was stopped waits until its parent has seen that it goes on. */
			if (count)
				read(over[0], &status, 1);
			_exit(sig);
		}
		close(over[0]);
		waitpid(pid, &status, WUNTRACED);
		status_of("default", sig, status);
		if (WIFSTOPPED(status)) {
			kill(pid, SIGCONT);
			SHOW(waitpid(pid, &status, WCONTINUED) == pid && WIFCONTINUED(status));
			close(over[1]);
			waitpid(pid, &status, 0);
			status_of("  continued", sig, status);
		} else {
			close(over[1]);
		}
	}
	/* Ignored, and blocked then ignored. */
	for (int sig = 1; sig <= 64; sig += 9) {
		unsigned long pending;

		if (sig == SIGSTOP)
			continue;
		mask(1UL << (sig - 1));
		SHOW(syscall(SYS_tkill, getpid(), sig));
		syscall(SYS_rt_sigpending, &pending, 8);
		printf("pending %lx", pending);
		action(sig, (void *)SIG_IGN, 0, NULL);
		syscall(SYS_rt_sigpending, &pending, 8);
		printf(", ignored %lx", pending);
		syscall(SYS_tkill, getpid(), sig);
		syscall(SYS_rt_sigpending, &pending, 8);
		printf(", sent %lx\n", pending);
		mask(0);
		action(sig, (void *)SIG_DFL, 0, NULL);
	}
}

static void flags(void)
{
	static const unsigned long all[] = {0x1, 0x2, 0x4, 0x8, 0x10, 0x20, 0x40, 0x80, 0x100, 0x200, 0x400, 0x800, 0x8000,
					    0x01000000, 0x02000000, 0x08000000, 0x10000000, 0x20000000, 0x40000000,
					    0x80000000, 0x100000000, ~0UL};
	struct kernel_sigaction ka;

	for (unsigned i = 0; i < sizeof(all) / sizeof(*all); i++) {
		action(SIGUSR1, (void *)SIG_IGN, all[i], NULL);
		syscall(SYS_rt_sigaction, SIGUSR1, NULL, &ka, 8);
		printf("flags %lx kept %lx\n", all[i], ka.flags);
	}
	ka = (struct kernel_sigaction){on_signal, 0x04000000, restorer, ~0UL};
	syscall(SYS_rt_sigaction, SIGUSR1, &ka, NULL, 8);
	syscall(SYS_rt_sigaction, SIGUSR1, NULL, &ka, 8);
	printf("mask kept %lx\n", ka.mask);
	SHOW(syscall(SYS_rt_sigaction, SIGKILL, NULL, &ka, 8));
	SHOW(syscall(SYS_rt_sigaction, SIGKILL, &ka, NULL, 8));
	SHOW(syscall(SYS_rt_sigaction, SIGSTOP, &ka, NULL, 8));
	SHOW(syscall(SYS_rt_sigaction, 0, NULL, &ka, 8));
	SHOW(syscall(SYS_rt_sigaction, 65, NULL, &ka, 8));
	SHOW(syscall(SYS_rt_sigaction, SIGUSR1, NULL, &ka, 16));
	SHOW(syscall(SYS_rt_sigaction, SIGUSR1, 8, NULL, 8));
	SHOW(syscall(SYS_rt_sigaction, SIGUSR1, NULL, 8, 8));
	SHOW(syscall(SYS_rt_sigaction, 99, 8, NULL, 8));

	action(SIGUSR1, on_signal, SA_SIGINFO | SA_RESETHAND, NULL);
	count = 0;
	raise(SIGUSR1);
	syscall(SYS_rt_sigaction, SIGUSR1, NULL, &ka, 8);
	printf("reset: count %d handler %p flags %lx mask %lx\n", count, (void *)ka.handler, ka.flags, ka.mask);
	SHOW(syscall(SYS_rt_sigprocmask, 3, &ka.mask, NULL, 8));
	SHOW(syscall(SYS_rt_sigprocmask, 3, NULL, &ka.mask, 8));
	SHOW(syscall(SYS_rt_sigprocmask, SIG_BLOCK, &ka.mask, NULL, 7));
	SHOW(syscall(SYS_rt_sigprocmask, SIG_BLOCK, 8, NULL, 8));
	SHOW(syscall(SYS_rt_sigprocmask, SIG_BLOCK, NULL, 8, 8));
	mask(~0UL);
	printf("all blocked: %lx\n", mask(0));
}

static void limits(void)
{
	struct rlimit old, few = {5, 5};
	siginfo_t info;
	int sent = 0;

	getrlimit(RLIMIT_SIGPENDING, &old);
	few.rlim_max = old.rlim_max;
	action(40, on_signal, SA_SIGINFO, NULL);
	action(SIGUSR1, on_signal, SA_SIGINFO, NULL);
	mask(~0UL);
	setrlimit(RLIMIT_SIGPENDING, &few);
	memset(&info, 0, sizeof(info));
	info.si_code = SI_QUEUE;
	while (syscall(SYS_rt_sigqueueinfo, getpid(), 40, &info) == 0 && sent < 100000)
		sent++;
	printf("error %s, bounded %d\n", strerrorname_np(errno), sent <= 5);
	SHOW(syscall(SYS_tkill, getpid(), 41 - 1));
	SHOW(kill(getpid(), SIGUSR1));
	SHOW(syscall(SYS_rt_sigqueueinfo, getpid(), SIGUSR1, &info));
	setrlimit(RLIMIT_SIGPENDING, &old);
	count = 0;
	mask(0);
	printf("all came: %d\n", count == sent + 1 || count == sent + 2);
}

/* As a user nobody else is, if that is allowed: what is pending is counted for all processes of a user together. */
static void limits_alone(void)
{
	int pid = fork(), status;

	if (!pid) {
		setuid(300000 + getpid());
		limits();
		exit(0);
	}
	waitpid(pid, &status, 0);
	printf("limits: %x\n", status);
}

static void claims(void)
{
	static const int codes[] = {SI_USER, SI_KERNEL, SI_QUEUE, SI_TIMER, SI_TKILL, SI_MESGQ, -100, 1, 0x80, 5};
	siginfo_t info;
	int pid = fork();

	if (!pid) {
		pause();
		_exit(0);
	}
	action(SIGUSR1, on_signal, SA_SIGINFO, NULL);
	for (unsigned i = 0; i < sizeof(codes) / sizeof(*codes); i++) {
		memset(&info, 0, sizeof(info));
		info.si_code = codes[i];
		printf("code %d\n", codes[i]);
		SHOW(syscall(SYS_rt_sigqueueinfo, pid, 0, &info));
		last_code = 4711;
		SHOW(syscall(SYS_rt_sigqueueinfo, getpid(), SIGUSR1, &info));
		SHOW(last_code);
		SHOW(syscall(SYS_rt_tgsigqueueinfo, getpid(), getpid(), SIGUSR1, &info));
		SHOW(syscall(SYS_rt_tgsigqueueinfo, pid, pid, 0, &info));
	}
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	SHOW(kill(pid, 0));
}

/* Which stops and ends of children make a SIGCHLD, and what it says. */
static volatile int chld[4], chld_at;

static void on_chld(int sig, siginfo_t *info, void *ctx)
{
	(void)sig, (void)ctx;
	if (chld_at < 4)
		chld[chld_at++] = info->si_code * 1000 + info->si_status;
}

static void children(void)
{
	struct timespec ts = {0, 50000000};
	int status;

	for (int i = 0; i < 5; i++) {
		unsigned long f = (unsigned long[]){0, SA_NOCLDSTOP, SA_NOCLDWAIT, 0, 0}[i];
		int pid;

		action(SIGCHLD, i == 3 ? (void *)SIG_IGN : i == 4 ? (void *)SIG_DFL : on_chld, SA_SIGINFO | SA_RESTART | f, NULL);
		chld_at = 0;
		pid = fork();
		if (!pid)
			for (;;)
				pause();
		kill(pid, SIGSTOP);
		/* The stop is told by SIGCHLD, and then waited for: a wait in between takes the status from the signal. And
		 * a second SIGCHLD must not meet the first one in the queue. */
		if (i == 0 || i == 2)
			UNTIL(chld_at == 1);
		waitid(P_PID, (id_t)pid, &(siginfo_t){0}, WSTOPPED);
		nanosleep(&ts, NULL);
		kill(pid, SIGCONT);
		waitid(P_PID, (id_t)pid, &(siginfo_t){0}, WCONTINUED);
		/* The child says that it goes on when it does. */
		until_asleep(pid);
		if (i == 0)
			UNTIL(chld_at == 2);
		kill(pid, SIGTERM);
		status = 0;
		printf("flags %lx: ", f);
		SHOW(waitpid(pid, &status, 0) == pid);
		nanosleep(&ts, NULL);
		printf("  status %x, %d signals:", status, chld_at);
		for (int k = 0; k < chld_at; k++)
			printf(" %d", chld[k]);
		printf("\n");
	}
}

/* Thread-directed and process-directed ones are different queues; signalfd and sigwait see both. */
static void *other_thread(void *arg)
{
	unsigned long pending;

	mask(~0UL);
	syscall(SYS_tkill, *(int *)arg, SIGUSR1);
	kill(getpid(), SIGUSR2);
	syscall(SYS_rt_sigpending, &pending, 8);
	printf("the other thread sees %lx\n", pending);
	return NULL;
}

static void queues(void)
{
	struct signalfd_siginfo si[8];
	unsigned long pending;
	int tid = getpid(), fd;
	pthread_t t;
	siginfo_t info;

	mask(~0UL);
	pthread_create(&t, NULL, other_thread, &tid);
	pthread_join(t, NULL);
	syscall(SYS_rt_sigpending, &pending, 8);
	printf("the leader sees %lx\n", pending);
	action(32, on_signal, SA_SIGINFO, NULL);
	action(33, on_signal, SA_SIGINFO, NULL);
	kill(getpid(), 40);
	syscall(SYS_tkill, tid, 40);
	syscall(SYS_tkill, tid, 33);
	kill(getpid(), 32);
	kill(getpid(), SIGTERM);
	pending = ~0UL;
	fd = signalfd(-1, (sigset_t *)&pending, SFD_NONBLOCK);
	SHOW(poll(&(struct pollfd){fd, POLLIN, 0}, 1, 0));
	for (int n = 0; n < 3; n++) {
		memset(&info, 0, sizeof(info));
		printf("sigtimedwait %ld code %d\n", syscall(SYS_rt_sigtimedwait, &pending, &info, &(struct timespec){0}, 8),
		       info.si_code);
	}
	for (long n = read(fd, si, sizeof(si)) / (long)sizeof(si[0]), i = 0; i < n; i++)
		printf("signalfd %u code %d\n", si[i].ssi_signo, si[i].ssi_code);
	SHOW(read(fd, si, sizeof(si)));
	mask(0);
}

int main(void)
{
	setvbuf(stdout, NULL, _IONBF, 0);
	defaults();
	flags();
	limits_alone();
	claims();
	children();
	queues();
	return 0;
}
