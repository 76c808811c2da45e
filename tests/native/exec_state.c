// SPDX-License-Identifier: GPL-2.0-or-later
/* What execve keeps and what it drops. */
// TEST: plain
// TEST: thread -- thread
// TEST: child -- child
// TEST: vfork -- vfork
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/personality.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <time.h>
#include "show.h"

static char *self;

static void after(void)
{
	struct itimerval it;
	struct itimerspec its;
	struct sigaction sa;
	struct rlimit rl;
	struct stat st;
	stack_t ss;
	sigset_t set;
	int value = -1, cloexec = 0, open_fds = 0;
	char text[64] = "";
	void *head;
	size_t len;

	printf("after: leader %d\n", getpid() == gettid());
	for (int sig = 1; sig <= 64; sig++) {
		struct { void *handler; unsigned long flags; void *restorer; unsigned long mask; } raw;

		syscall(SYS_rt_sigaction, sig, NULL, &raw, 8);
		if (raw.handler || raw.flags || raw.mask)
			printf("  signal %d: handler %s flags %lx mask %lx\n", sig, raw.handler == SIG_IGN ? "ignored" : "kept",
			       raw.flags, raw.mask);
	}
	sigpending(&set);
	for (int sig = 1; sig <= 64; sig++)
		if (sigismember(&set, sig) == 1)
			printf("  %d pending\n", sig);
	sigprocmask(SIG_BLOCK, NULL, &set);
	for (int sig = 1; sig <= 64; sig++)
		if (sigismember(&set, sig) == 1)
			printf("  %d blocked\n", sig);
	for (int which = 0; which < 3; which++) {
		getitimer(which, &it);
		printf("  itimer %d: %d, interval %ld.%06ld\n", which, it.it_value.tv_sec > 50, (long)it.it_interval.tv_sec,
		       (long)it.it_interval.tv_usec);
	}
	SHOW(syscall(SYS_timer_gettime, 0, &its));
	sigaltstack(NULL, &ss);
	printf("  altstack flags %d size %zu\n", ss.ss_flags, ss.ss_size);
	prctl(PR_GET_NAME, text);
	printf("  comm %s\n", text);
	SHOW(prctl(PR_GET_PDEATHSIG, &value));
	SHOW(value);
	SHOW(prctl(PR_GET_KEEPCAPS));
	SHOW(prctl(PR_GET_NO_NEW_PRIVS));
	SHOW(prctl(PR_GET_CHILD_SUBREAPER, &value));
	SHOW(value);
	SHOW(prctl(PR_GET_DUMPABLE));
	SHOW(prctl(PR_GET_TIMERSLACK));
	SHOW(prctl(PR_GET_THP_DISABLE, 0, 0, 0, 0));
	SHOW(personality(0xffffffff) & ~ADDR_NO_RANDOMIZE);
	SHOW(getpriority(PRIO_PROCESS, 0));
	SHOW(sched_getscheduler(0));
	getrlimit(RLIMIT_CORE, &rl);
	printf("  core %ld %ld\n", (long)rl.rlim_cur, (long)rl.rlim_max);
	SHOW(umask(0));
	SHOW(getcwd(text, sizeof(text)) && strstr(text, "/dir") ? 1 : 0);
	syscall(SYS_get_robust_list, 0, &head, &len);
	printf("  robust list: libc's own %d\n", head != (void *)0x1000);
	sigaction(SIGUSR1, NULL, &sa);
	for (int fd = 3; fd < 100; fd++) {
		int flags = fcntl(fd, F_GETFD);

		open_fds += flags >= 0;
		cloexec += flags == FD_CLOEXEC;
	}
	printf("  descriptors %d, close-on-exec %d\n", open_fds, cloexec);
	SHOW(fcntl(20, F_GETFD));
	SHOW(lseek(20, 0, SEEK_CUR));
	SHOW(fstat(20, &st) ?: (long)st.st_size);
	SHOW(getppid() > 1);
	SHOW(wait(NULL) > 0);
	SHOW(wait(NULL));
}

static void handler(int sig)
{
	(void)sig;
}

static void prepare(void)
{
	struct itimerval it = {{1, 500000}, {100, 0}};
	struct sigaction sa = {.sa_handler = handler, .sa_flags = SA_RESTART | SA_ONSTACK | SA_SIGINFO};
	struct sigevent sev = {.sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGUSR2};
	stack_t ss = {.ss_sp = malloc(65536), .ss_size = 65536};
	struct rlimit rl = {1000, 2000};
	struct itimerspec its = {{0, 0}, {1000, 0}};
	sigset_t set;
	timer_t timer;
	int fd;

	sigaltstack(&ss, NULL);
	sigaction(SIGUSR1, &sa, NULL);
	sigaction(SIGCHLD, &sa, NULL);
	sigaction(SIGRTMIN + 3, &sa, NULL);
	sa.sa_handler = SIG_IGN;
	sigaction(SIGHUP, &sa, NULL);
	sigaction(SIGRTMIN + 4, &sa, NULL);
	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGUSR1);
	sigaddset(&set, SIGRTMIN + 1);
	sigaddset(&set, SIGPROF);
	sigprocmask(SIG_BLOCK, &set, NULL);
	raise(SIGTERM);
	kill(getpid(), SIGUSR1);
	sigqueue(getpid(), SIGRTMIN + 1, (union sigval){.sival_int = 5});
	for (int which = 0; which < 3; which++)
		setitimer(which, &it, NULL);
	timer_create(CLOCK_MONOTONIC, &sev, &timer);
	timer_settime(timer, 0, &its, NULL);
	prctl(PR_SET_PDEATHSIG, SIGWINCH);
	prctl(PR_SET_KEEPCAPS, 1);
	prctl(PR_SET_CHILD_SUBREAPER, 1);
	prctl(PR_SET_DUMPABLE, 0);
	prctl(PR_SET_TIMERSLACK, 123456);
	prctl(PR_SET_NAME, "a name");
	prctl(PR_SET_THP_DISABLE, 1, 0, 0, 0);
	personality((personality(0xffffffff) & ADDR_NO_RANDOMIZE) | ADDR_LIMIT_3GB | SHORT_INODE);
	setpriority(PRIO_PROCESS, 0, 5);
	setrlimit(RLIMIT_CORE, &rl);
	umask(037);
	mkdir("dir", 0755);
	chdir("dir");
	fd = open("file", O_CREAT | O_RDWR, 0600);
	write(fd, "0123456789", 10);
	lseek(fd, 4, SEEK_SET);
	dup2(fd, 20);
	fcntl(fd, F_SETFD, FD_CLOEXEC);
	dup3(fd, 21, O_CLOEXEC);
	unlink("file");
	if (!fork())
		_exit(0);
}

static void *in_thread(void *arg)
{
	execl(self, self, "after", NULL);
	return arg;
}

static void *idle(void *arg)
{
	for (;;)
		pause();
	return arg;
}

int main(int argc, char **argv)
{
	const char *how = argc > 1 ? argv[1] : "plain";
	pthread_t t;
	pid_t pid;

	setvbuf(stdout, NULL, _IONBF, 0);
	self = argv[0];
	if (!strcmp(how, "after")) {
		after();
		return 3;
	}
	if (!strcmp(how, "child") || !strcmp(how, "vfork")) {
		int status;

		prepare();
		wait(NULL);
		pid = how[0] == 'c' ? fork() : vfork();
		if (!pid) {
			execl("missing", self, NULL);
			execl(self, self, "after", NULL);
			_exit(1);
		}
		SHOW(waitpid(pid, &status, 0) == pid);
		SHOW(status);
		return 0;
	}
	prepare();
	if (!strcmp(how, "thread")) {
		for (int i = 0; i < 5; i++)
			pthread_create(&t, NULL, idle, NULL);
		pthread_create(&t, NULL, in_thread, NULL);
		idle(NULL);
	}
	execl(self, self, "after", NULL);
	return 1;
}
