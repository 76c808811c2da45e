// SPDX-License-Identifier: GPL-2.0-or-later
/* A program that takes everything away from whoever runs beneath it: descriptors, limits, signals, memory. It must
 * go on as it does natively. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static int failures;

/* Does the machine still work? Memory, files, threads, processes, clocks, signals. */
static volatile sig_atomic_t handled;

static void on_usr1(int sig)
{
	(void)sig;
	handled++;
}

static void *thread(void *arg)
{
	usleep(1000);
	return arg;
}

static void alive(const char *after)
{
	char *p = mmap(NULL, 1 << 20, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	int status = -1, ok = 1;
	struct timespec ts;
	sigset_t old, set;
	pthread_t t;
	pid_t pid;
	void *r;

	memset(p, 1, 1 << 20);
	ok &= !munmap(p, 1 << 20);
	ok &= !pthread_create(&t, NULL, thread, &ts) && !pthread_join(t, &r) && r == &ts;
	ok &= !clock_gettime(CLOCK_MONOTONIC, &ts);
	pid = fork();
	if (!pid)
		_exit(5);
	ok &= waitpid(pid, &status, 0) == pid && WEXITSTATUS(status) == 5;
	handled = 0;
	signal(SIGUSR1, on_usr1);
	sigemptyset(&set);
	sigaddset(&set, SIGUSR1);
	sigprocmask(SIG_UNBLOCK, &set, &old);
	raise(SIGUSR1);
	sigprocmask(SIG_SETMASK, &old, NULL);
	ok &= handled >= 1;
	failures += !ok;
	dprintf(1, "%s: %s\n", after, ok ? "alive" : "hurt");
}

static void descriptors(void)
{
	struct rlimit rl;
	int closed = 0, fds = 0, n;
	struct dirent *de;
	DIR *dir;

	for (int i = 3; i < 70000; i++)
		closed += !close(i);
	dprintf(1, "closed %d\n", closed);
	alive("every descriptor closed");
	dprintf(1, "close_range %d\n", close_range(3, ~0U, 0));
	alive("close_range");
	getrlimit(RLIMIT_NOFILE, &rl);
	n = rl.rlim_cur < 4096 ? (int)rl.rlim_cur : 4096;
	for (int i = 3; i < n; i++)
		dup2(1, i);
	alive("all of them taken by dup2");
	dprintf(1, "dup: %d ", dup2(1, 1 << 30));
	dprintf(1, "%s\n", strerror(errno));
	errno = 0;
	close_range(3, ~0U, CLOSE_RANGE_CLOEXEC);
	close_range(3, ~0U, 0);
	dir = opendir("/proc/self/fd");
	while ((de = readdir(dir)))
		fds += de->d_name[0] != '.';
	closedir(dir);
	dprintf(1, "open: %d\n", fds);
	for (int i = 0; i < 3; i++) {
		int flags[] = {O_RDONLY, O_RDONLY, O_RDONLY}, fd = open("/dev/null", flags[i]);

		dprintf(1, "next descriptor %d\n", fd);
	}
	close_range(3, ~0U, 0);
	rl.rlim_cur = 3;
	dprintf(1, "setrlimit %d\n", setrlimit(RLIMIT_NOFILE, &rl));
	dprintf(1, "open: %d ", open("/dev/null", O_RDONLY));
	dprintf(1, "%s\n", strerror(errno));
	alive("RLIMIT_NOFILE 3");
	pid_t pid = fork();
	if (!pid) {
		execl("/bin/busybox", "busybox", "echo", "executed with three descriptors", NULL);
		_exit(9);
	}
	waitpid(pid, NULL, 0);
	pid = vfork();
	if (!pid) {
		execl("/bin/busybox", "busybox", "echo", "and after vfork", NULL);
		_exit(9);
	}
	waitpid(pid, NULL, 0);
	rl.rlim_cur = rl.rlim_max;
	setrlimit(RLIMIT_NOFILE, &rl);
}

/* The kernel's sigaction: libc would not let 32 and 33 through. */
static void all_signals(void *handler)
{
	struct { void *handler; unsigned long flags; void *restorer; unsigned long mask; } raw = {handler, 0, 0, 0};

	for (int sig = 1; sig <= 64; sig++) {
		if (sig != SIGCHLD)
			syscall(SYS_rt_sigaction, sig, &raw, NULL, 8);
	}
}

static void mask(unsigned long bits)
{
	syscall(SYS_rt_sigprocmask, SIG_SETMASK, &bits, NULL, 8);
}

static void signals(void)
{
	struct itimerval it = {{0, 1000}, {0, 1000}};
	struct sigaction sa = {.sa_handler = SIG_IGN};
	volatile double x = 0;

	all_signals((void *)1);
	alive("every signal ignored");
	all_signals((void *)0);
	mask(~0UL);
	setitimer(ITIMER_REAL, &it, NULL);
	for (int sig = 1; sig <= 64; sig++) {
		/* libc's own two it never blocks. */
		if (sig != SIGKILL && sig != SIGSTOP && sig != 32 && sig != 33)
			kill(getpid(), sig);
	}
	for (int i = 0; i < 1000000; i++)
		x += i;
	memset(&it, 0, sizeof(it));
	setitimer(ITIMER_REAL, &it, NULL);
	dprintf(1, "blocked and pending\n");
	alive("every signal blocked and pending");
	all_signals((void *)1);
	mask(0);
	all_signals((void *)0);
	alive("and all open again");
	sigaction(SIGCHLD, &sa, NULL);
	pid_t pid = fork();
	if (!pid)
		_exit(0);
	dprintf(1, "wait with SIGCHLD ignored: %d ", waitpid(pid, NULL, 0));
	dprintf(1, "%s\n", strerror(errno));
	signal(SIGCHLD, SIG_DFL);
}

static void limits(void)
{
	static const struct { int what; const char *name; unsigned long to; } lower[] = {
		{RLIMIT_FSIZE, "FSIZE", 0},     {RLIMIT_CORE, "CORE", 0}, {RLIMIT_STACK, "STACK", 65536},
		{RLIMIT_MEMLOCK, "MEMLOCK", 0}, {RLIMIT_AS, "AS", 64 << 20}, {RLIMIT_DATA, "DATA", 32 << 20},
		{RLIMIT_SIGPENDING, "SIGPENDING", 64},
	};

	for (size_t i = 0; i < sizeof(lower) / sizeof(lower[0]); i++) {
		struct rlimit rl, old;

		getrlimit(lower[i].what, &old);
		rl = old;
		rl.rlim_cur = lower[i].to;
		dprintf(1, "%s %d\n", lower[i].name, setrlimit(lower[i].what, &rl));
		alive(lower[i].name);
		setrlimit(lower[i].what, &old);
	}
}

static void memory(void)
{
	int fd = open("/proc/self/mem", O_RDWR);
	static char target[] = "before";
	long n;

	n = pwrite(fd, "after!", 6, (off_t)target);
	dprintf(1, "mem: %ld %s\n", n, target);
	/* What ulk itself has there is no memory of this program. */
	for (unsigned long at = 0x550000000000; at < 0x7fff00000000; at += 0x1234567000) {
		if (pwrite(fd, "x", 1, (off_t)at) == 1)
			dprintf(1, "written at %lx\n", at);
		if (!munmap((void *)(at & ~4095UL), 4096 * 256))
			errno = 0;
	}
	close(fd);
	dprintf(1, "munmap: %d\n", munmap((void *)0x10000, 0x300000));
	alive("memory");
	dprintf(1, "prctl: %d\n", prctl(PR_SET_DUMPABLE, 0));
	alive("not dumpable");
	/* The sanitizers' and Go's kind of reservation. */
	for (int i = 0; i < 4; i++) {
		if (mmap(NULL, 1UL << 43, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0) == MAP_FAILED)
			dprintf(1, "reserve: %s\n", strerror(errno));
	}
	alive("32 TiB");
}

int main(void)
{
	alive("start");
	descriptors();
	signals();
	limits();
	memory();
	close(0);
	close(2);
	alive("without standard input and error");
	return failures;
}
