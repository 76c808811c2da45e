// SPDX-License-Identifier: GPL-2.0-or-later
/* fork, vfork and clone of processes: what a child shares, what it does not, and how it is waited for. */
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <semaphore.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <time.h>
#include "show.h"

static int data = 1;

static void show_status(const char *what, int status)
{
	if (WIFEXITED(status))
		printf("%s: exit %d\n", what, WEXITSTATUS(status));
	else if (WIFSIGNALED(status))
		printf("%s: signal %d\n", what, WTERMSIG(status));
	else if (WIFSTOPPED(status))
		printf("%s: stopped by %d\n", what, WSTOPSIG(status));
	else
		printf("%s: status %x\n", what, status);
}

static void memory(void)
{
	int *private = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	int *shared = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	int *wiped = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	int *gone = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	unsigned char vec;
	int status;
	pid_t pid;

	private[0] = shared[0] = wiped[0] = gone[0] = 10;
	madvise(wiped, 4096, MADV_WIPEONFORK);
	madvise(gone, 4096, MADV_DONTFORK);
	pid = fork();
	if (!pid) {
		printf("child: %d %d %d %d\n", data, private[0], shared[0], wiped[0]);
		SHOW(mincore(gone, 4096, &vec));
		data = private[0] = shared[0] = wiped[0] = 20;
		shared[1024] = 30;
		private[1024] = 30;
		_exit(data);
	}
	SHOW(waitpid(pid, &status, 0) == pid);
	show_status("memory", status);
	printf("parent: %d %d/%d %d/%d %d\n", data, private[0], private[1024], shared[0], shared[1024],
	       wiped[0]);
}

static void identity(void)
{
	struct itimerval it = {{0, 0}, {100, 0}}, now;
	struct rusage ru;
	sigset_t set;
	int status, me = getpid();
	timer_t timer;
	pid_t pid;

	setitimer(ITIMER_REAL, &it, NULL);
	timer_create(CLOCK_MONOTONIC, NULL, &timer);
	sigemptyset(&set);
	sigaddset(&set, SIGUSR1);
	sigaddset(&set, SIGUSR2);
	sigprocmask(SIG_BLOCK, &set, NULL);
	raise(SIGUSR2);
	pid = fork();
	if (!pid) {
		SHOW(getppid() == me);
		SHOW(getpid() == (int)syscall(SYS_gettid));
		SHOW(getpgrp() == getpgid(me));
		getitimer(ITIMER_REAL, &now);
		SHOW(now.it_value.tv_sec);
		SHOW(syscall(SYS_timer_delete, 0));
		sigpending(&set);
		SHOW(sigismember(&set, SIGUSR2));
		sigprocmask(SIG_BLOCK, NULL, &set);
		SHOW(sigismember(&set, SIGUSR1));
		SHOW(setpgid(0, 0));
		SHOW(getpgrp() == getpid());
		SHOW(wait(&status));
		_exit(0);
	}
	waitpid(pid, &status, 0);
	show_status("identity", status);
	sigpending(&set);
	SHOW(sigismember(&set, SIGUSR2));
	SHOW(getrusage(RUSAGE_CHILDREN, &ru));
	it.it_value.tv_sec = 0;
	setitimer(ITIMER_REAL, &it, NULL);
	timer_delete(timer);
	signal(SIGUSR2, SIG_IGN);
	sigemptyset(&set);
	sigprocmask(SIG_SETMASK, &set, NULL);
}

static pid_t child_that(int what)
{
	pid_t pid = fork();

	if (pid)
		return pid;
	switch (what) {
	case 0:
		_exit(42);
	case 1:
		kill(getpid(), SIGKILL);
		break;
	case 2:
		signal(SIGTERM, SIG_DFL);
		raise(SIGTERM);
		break;
	case 3:
		*(volatile int *)8 = 1;
		break;
	case 4:
		raise(SIGSTOP);
		for (;;) /* until SIGUSR1: it must not be gone before its continuing was waited for */
			pause();
	case 5:
		for (;;)
			pause();
	case 6:
		exit(fork() ? 3 : 0);
	}
	_exit(99);
}

static void waiting(void)
{
	struct rlimit core = {0, 0};
	siginfo_t info;
	int status;
	pid_t pid, other;

	setrlimit(RLIMIT_CORE, &core);
	SHOW(wait(&status));
	for (int what = 0; what < 4; what++) {
		pid = child_that(what);
		SHOW(waitpid(pid, &status, 0) == pid);
		show_status("waitpid", status);
	}
	pid = child_that(4);
	SHOW(waitpid(pid, &status, WUNTRACED) == pid);
	show_status("WUNTRACED", status);
	SHOW(waitpid(pid, &status, WNOHANG));
	kill(pid, SIGCONT);
	SHOW(waitpid(pid, &status, WCONTINUED) == pid);
	SHOW(WIFCONTINUED(status));
	kill(pid, SIGUSR1);
	while (waitpid(pid, &status, 0) == pid)
		show_status("continued", status);
	pid = child_that(5);
	SHOW(waitpid(pid, &status, WNOHANG));
	SHOW(waitpid(-pid, &status, WNOHANG));
	SHOW(waitpid(1, &status, WNOHANG));
	SHOW(waitpid(pid, &status, 0x100));
	kill(pid, SIGUSR1);
	memset(&info, 0x55, sizeof(info));
	SHOW(waitid(P_PID, pid, &info, WEXITED | WNOWAIT));
	printf("signo %d code %d status %d pid %d uid %d\n", info.si_signo, info.si_code, info.si_status,
	       info.si_pid == pid, info.si_uid == getuid());
	SHOW(waitid(P_ALL, 0, NULL, WEXITED));
	SHOW(waitid(P_ALL, 0, &info, WEXITED));
	SHOW(waitid(P_ALL, 0, &info, 0));
	SHOW(waitid(99, 0, &info, WEXITED));
	other = child_that(6);
	pid = wait(&status);
	SHOW(pid == other);
	show_status("grandparent", status);
	pid = child_that(0);
	SHOW(syscall(SYS_wait4, pid, 8, 0, NULL));
	pid = child_that(0);
	while (waitid(P_PID, pid, &info, WEXITED | WNOWAIT))
		continue;
	SHOW(syscall(SYS_wait4, pid, NULL, 0, 8));
}

static volatile int chld;

static void on_chld(int sig, siginfo_t *info, void *ctx)
{
	chld++;
	printf("SIGCHLD code %d status %d\n", info->si_code, info->si_status);
}

static void signals(void)
{
	struct sigaction sa = {.sa_sigaction = on_chld, .sa_flags = SA_SIGINFO | SA_RESTART};
	sigset_t set, none;
	int status;
	pid_t pid;

	sigaction(SIGCHLD, &sa, NULL);
	pid = child_that(0);
	SHOW(waitpid(pid, &status, 0) == pid);
	SHOW(chld);
	sigemptyset(&none);
	sigemptyset(&set);
	sigaddset(&set, SIGCHLD);
	sigprocmask(SIG_BLOCK, &set, NULL);
	pid = child_that(1);
	SHOW(sigsuspend(&none));
	SHOW(chld);
	sigprocmask(SIG_UNBLOCK, &set, NULL);
	wait(&status);
	signal(SIGCHLD, SIG_IGN);
	pid = child_that(0);
	SHOW(waitpid(pid, &status, 0));
	signal(SIGCHLD, SIG_DFL);
}

static void clones(void)
{
	static int tid[2];
	int status, pidfd = -1;
	pid_t pid;

	pid = syscall(SYS_clone, CLONE_PARENT_SETTID | CLONE_CHILD_SETTID | SIGCHLD, NULL, &tid[0], &tid[1],
		      0);
	if (!pid) {
		SHOW(tid[1] == (int)syscall(SYS_gettid));
		_exit(1);
	}
	SHOW(waitpid(pid, &status, 0) == pid);
	SHOW(tid[0] == pid);
	SHOW(tid[1]);
	pid = syscall(SYS_clone, CLONE_PIDFD | SIGCHLD, NULL, &pidfd, NULL, 0);
	if (!pid)
		_exit(2);
	SHOW(waitid(P_PIDFD, pidfd, NULL, WEXITED));
	SHOW(syscall(SYS_pidfd_send_signal, pidfd, 0, NULL, 0));
	/* No exit signal: only __WALL and __WCLONE wait for it. */
	pid = syscall(SYS_clone, 0, NULL, NULL, NULL, 0);
	if (!pid)
		_exit(3);
	SHOW(waitpid(pid, &status, 0));
	SHOW(waitpid(pid, &status, __WALL) == pid);
	show_status("clone", status);
	SHOW(syscall(SYS_clone, CLONE_THREAD | SIGCHLD, NULL, NULL, NULL, 0));
	SHOW(syscall(SYS_clone, CLONE_SIGHAND | SIGCHLD, NULL, NULL, NULL, 0));
	SHOW(syscall(SYS_clone, CLONE_NEWNS | CLONE_FS | SIGCHLD, NULL, NULL, NULL, 0));
	pid = vfork();
	if (!pid)
		_exit(4);
	SHOW(waitpid(pid, &status, 0) == pid);
	show_status("vfork", status);
	pid = vfork();
	if (!pid) {
		execl("/proc/self/exe", "proc_fork", "again", NULL);
		_exit(5);
	}
	SHOW(waitpid(pid, &status, 0) == pid);
	show_status("vfork and exec", status);
}

enum { HANDOVERS = 200 };

static void between(void)
{
	sem_t *sem = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	int fds[2], status, file = open("f", O_CREAT | O_RDWR, 0600);
	char buf[16] = "";
	pid_t pid;

	sem_init(sem, 1, 0);
	sem_init(sem + 1, 1, 0);
	pipe(fds);
	write(file, "0123456789", 10);
	lseek(file, 2, SEEK_SET);
	pid = fork();
	if (!pid) {
		close(fds[0]);
		for (int i = 0; i < HANDOVERS; i++) {
			sem_wait(sem);
			sem_post(sem + 1);
		}
		read(file, buf, 3);
		write(fds[1], buf, 3);
		_exit(0);
	}
	close(fds[1]);
	for (int i = 0; i < HANDOVERS; i++) {
		sem_post(sem);
		sem_wait(sem + 1);
	}
	SHOW(read(fds[0], buf, 16));
	SHOW(read(fds[0], buf + 8, 8));
	puts(buf);
	SHOW(lseek(file, 0, SEEK_CUR));
	wait(&status);
	show_status("between", status);
}

int main(int argc, char **argv)
{
	setvbuf(stdout, NULL, _IONBF, 0);
	if (argc > 1)
		return 77;
	memory();
	identity();
	waiting();
	signals();
	clones();
	between();
	return 0;
}
