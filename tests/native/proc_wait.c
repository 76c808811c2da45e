// SPDX-License-Identifier: GPL-2.0-or-later
/* wait4 and waitid: every option, every kind of id, what is stored and what is not; pidfds. */
#include <fcntl.h>
#include <linux/sched.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/times.h>
#include <sys/wait.h>
#include "show.h"

#define WAITID(...) syscall(SYS_waitid, __VA_ARGS__)
#define WAIT4(...)  syscall(SYS_wait4, __VA_ARGS__)

#ifndef P_PIDFD
#define P_PIDFD 3
#endif
#ifndef __WNOTHREAD
#define __WNOTHREAD 0x20000000
#endif

static pid_t pid;

static void show_info(const char *what, const siginfo_t *si)
{
	printf("%s: signo %d errno %d code %d pid %s uid %d status %d\n", what, si->si_signo, si->si_errno, si->si_code,
	       si->si_pid == pid ? "the child's" : si->si_pid ? "other" : "0", (int)si->si_uid, si->si_status);
}

static pid_t child(int how)
{
	pid_t p = fork();

	/* SIGTSTP does nothing in an orphaned group, which ours may be. */
	if (p && how == 's')
		setpgid(p, p);
	if (p)
		return p;
	if (how == 's') {
		setpgid(0, 0);
		for (;;)
			pause();
	}
	if (how == 'k')
		kill(getpid(), SIGKILL);
	_exit(how);
}

static void ends(void)
{
	siginfo_t si;
	int status;

	pid = child(7);
	memset(&si, 0xff, sizeof(si));
	SHOW(WAITID(P_PID, pid, &si, WEXITED | WNOWAIT, NULL));
	show_info("exited, left", &si);
	memset(&si, 0xff, sizeof(si));
	SHOW(WAITID(P_ALL, 99, &si, WEXITED | WNOWAIT | WNOHANG, NULL));
	show_info("any", &si);
	SHOW(WAIT4(pid, &status, 0, NULL) == pid);
	printf("status %x\n", status);
	SHOW(WAIT4(pid, &status, 0, NULL));
	pid = child('k');
	SHOW(WAITID(P_PGID, 0, &si, WEXITED, NULL));
	show_info("killed", &si);
	SHOW(WAITID(P_PID, pid, &si, WEXITED, NULL));
	pid = child(1);
	SHOW(WAITID(P_PGID, getpgrp(), NULL, WEXITED, NULL));
	pid = child(2);
	SHOW(WAIT4(0, NULL, 0, NULL) == pid);
	pid = child(2);
	SHOW(WAIT4(-getpgrp(), &status, __WALL, NULL) == pid);
	pid = child(2);
	SHOW(WAIT4(-1, &status, __WCLONE, NULL));
	SHOW(WAIT4(-1, &status, __WNOTHREAD, NULL) == pid);
}

static void stops(void)
{
	siginfo_t si;
	int status;

	pid = child('s');
	memset(&si, 0xff, sizeof(si));
	SHOW(WAITID(P_PID, pid, &si, WEXITED | WSTOPPED | WNOHANG, NULL));
	printf("nothing yet: signo %d pid %d\n", si.si_signo, si.si_pid);
	kill(pid, SIGSTOP);
	SHOW(WAITID(P_PID, pid, &si, WSTOPPED | WNOWAIT, NULL));
	show_info("stopped", &si);
	SHOW(WAIT4(pid, &status, WUNTRACED, NULL) == pid);
	printf("status %x\n", status);
	SHOW(WAIT4(pid, &status, WUNTRACED | WNOHANG, NULL));
	kill(pid, SIGCONT);
	SHOW(WAITID(P_PID, pid, &si, WCONTINUED, NULL));
	show_info("continued", &si);
	kill(pid, SIGTSTP);
	SHOW(WAIT4(pid, &status, WUNTRACED, NULL) == pid);
	printf("status %x\n", status);
	kill(pid, SIGCONT);
	SHOW(WAIT4(pid, &status, WCONTINUED, NULL) == pid);
	printf("status %x\n", status);
	kill(pid, SIGTERM);
	SHOW(WAITID(P_PID, pid, &si, WEXITED | WSTOPPED | WCONTINUED, NULL));
	show_info("ended", &si);
}

static void errors(void)
{
	struct rusage *bad = (struct rusage *)8, ru;
	siginfo_t si;
	int status = 77;

	SHOW(WAIT4(-1, NULL, 0, NULL));
	SHOW(WAIT4(-1, NULL, 0x100, NULL));
	SHOW(WAIT4(0x80000000, NULL, 0, NULL));
	SHOW(WAITID(P_ALL, 0, NULL, 0, NULL));
	SHOW(WAITID(P_ALL, 0, NULL, WEXITED | 0x100, NULL));
	SHOW(WAITID(9, 0, NULL, WEXITED, NULL));
	SHOW(WAITID(P_PID, 0, NULL, WEXITED, NULL));
	SHOW(WAITID(P_PGID, -1, NULL, WEXITED, NULL));
	SHOW(WAITID(P_PIDFD, -1, NULL, WEXITED, NULL));
	SHOW(WAITID(P_PIDFD, 99, NULL, WEXITED, NULL));
	SHOW(WAITID(P_PIDFD, 0, NULL, WEXITED, NULL));
	memset(&si, 0xff, sizeof(si));
	SHOW(WAITID(P_ALL, 0, &si, WEXITED, NULL));
	printf("signo %d pid %d\n", si.si_signo, si.si_pid);
	pid = child(3);
	SHOW(WAITID(P_PID, pid, (siginfo_t *)8, WEXITED | WNOWAIT, NULL));
	SHOW(WAITID(P_PID, pid, NULL, WEXITED | WNOWAIT, bad));
	SHOW(WAITID(P_PID, pid, (siginfo_t *)8, WEXITED, NULL));
	SHOW(WAIT4(pid, NULL, 0, NULL));
	pid = child(3);
	SHOW(WAIT4(pid, (int *)8, 0, NULL));
	SHOW(WAIT4(pid, NULL, 0, NULL));
	pid = child(3);
	SHOW(WAIT4(pid, &status, 0, bad));
	SHOW(status);
	SHOW(WAIT4(pid, NULL, 0, NULL));
	pid = child(3);
	memset(&ru, 0xff, sizeof(ru));
	SHOW(WAIT4(pid, &status, 0, &ru) == pid);
	printf("%d %d %d\n", status, ru.ru_utime.tv_sec < 5, ru.ru_nswap == 0);
}

static int thread_child(void *arg)
{
	return *(int *)arg;
}

/* Children that end with another signal than SIGCHLD are "clone" children. */
static void clones(void)
{
	static char stack[65536] __attribute__((aligned(16)));
	int status, five = 5;
	siginfo_t si;

	for (int i = 0; i < 4; i++) {
		pid = clone(thread_child, stack + sizeof(stack), i & 1 ? SIGUSR1 : 0, &five);
		SHOW(WAIT4(pid, &status, 0, NULL));
		SHOW(WAITID(P_PID, pid, &si, WEXITED | (i & 2 ? __WCLONE : __WALL), NULL));
		show_info("clone child", &si);
	}
}

static void pidfds(void)
{
	struct pollfd p = {.events = POLLIN};
	struct clone_args args = {.flags = CLONE_PIDFD, .exit_signal = SIGCHLD};
	int fd = -1, pipes[2], got;
	siginfo_t si;
	char c = 0;

	args.pidfd = (unsigned long)&fd;
	pid = syscall(SYS_clone3, &args, sizeof(args));
	if (!pid)
		for (;;)
			pause();
	printf("pidfd %d cloexec %d\n", fd, fcntl(fd, F_GETFD));
	p.fd = fd;
	SHOW(poll(&p, 1, 0));
	fcntl(fd, F_SETFL, O_NONBLOCK);
	SHOW(WAITID(P_PIDFD, fd, &si, WEXITED, NULL));
	fcntl(fd, F_SETFL, 0);
	SHOW(WAITID(P_PIDFD, fd, &si, WEXITED | WNOHANG, NULL));
	SHOW(syscall(SYS_pidfd_send_signal, fd, SIGUSR2, NULL, 0));
	SHOW(poll(&p, 1, 5000));
	SHOW(WAITID(P_PIDFD, fd, &si, WEXITED | WNOWAIT, NULL));
	show_info("by pidfd", &si);
	SHOW(syscall(SYS_pidfd_send_signal, fd, 0, NULL, 0));
	SHOW(WAITID(P_PIDFD, fd, &si, WEXITED, NULL));
	SHOW(WAITID(P_PIDFD, fd, &si, WEXITED, NULL));
	SHOW(syscall(SYS_pidfd_send_signal, fd, 0, NULL, 0));
	close(fd);
	{
		struct rlimit rl, few;

		getrlimit(RLIMIT_NOFILE, &rl);
		few = rl;
		few.rlim_cur = 3;
		setrlimit(RLIMIT_NOFILE, &few);
		SHOW(syscall(SYS_clone3, &args, sizeof(args)));
		setrlimit(RLIMIT_NOFILE, &rl);
	}
	/* What another process has open. */
	pipe(pipes);
	pid = fork();
	if (!pid) {
		dup2(pipes[1], 50);
		write(pipes[1], "r", 1);
		pause();
	}
	read(pipes[0], &c, 1);
	fd = syscall(SYS_pidfd_open, pid, 0);
	SHOW(fd);
	got = syscall(SYS_pidfd_getfd, fd, 50, 0);
	SHOW(got);
	SHOW(fcntl(got, F_GETFD));
	SHOW(write(got, "x", 1));
	SHOW(read(pipes[0], &c, 1));
	SHOW(syscall(SYS_pidfd_getfd, fd, 51, 0));
	SHOW(syscall(SYS_pidfd_getfd, fd, 50, 1));
	SHOW(syscall(SYS_pidfd_getfd, 0, 50, 0));
	SHOW(syscall(SYS_pidfd_open, pid, O_NONBLOCK));
	SHOW(syscall(SYS_pidfd_open, pid, 1));
	SHOW(syscall(SYS_pidfd_open, -1, 0));
	SHOW(syscall(SYS_pidfd_open, 0, 0));
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	SHOW(syscall(SYS_pidfd_getfd, fd, 50, 0));
	SHOW(syscall(SYS_pidfd_open, pid, 0));
}

/* Who inherits orphans, and whose child CLONE_PARENT makes. */
static void relations(void)
{
	struct tms tms;
	pid_t grand, parent = getpid();
	int pipes[2], status;
	char c;

	pipe(pipes);
	prctl(PR_SET_CHILD_SUBREAPER, 1);
	pid = fork();
	if (!pid) {
		grand = fork();
		if (!grand) {
			while (getppid() != parent)
				usleep(1000);
			write(pipes[1], "o", 1);
			_exit(21);
		}
		_exit(20);
	}
	SHOW(waitpid(pid, &status, 0) == pid);
	SHOW(read(pipes[0], &c, 1));
	SHOW(waitpid(-1, &status, 0) != pid);
	SHOW(WEXITSTATUS(status));
	pid = fork();
	if (!pid) {
		grand = syscall(SYS_clone, CLONE_PARENT | SIGCHLD, 0, NULL, NULL, 0);
		if (!grand)
			_exit(getppid() == parent ? 31 : 32);
		_exit(waitpid(grand, NULL, 0) == -1 && errno == ECHILD ? 30 : 33);
	}
	for (int i = 0, sum = 0; i < 2; i++) {
		waitpid(-1, &status, 0);
		sum += WEXITSTATUS(status);
		if (i)
			SHOW(sum);
	}
	/* The parent's death is told. */
	pid = fork();
	if (!pid) {
		grand = fork();
		if (!grand) {
			sigset_t set;
			int sig;

			sigemptyset(&set);
			sigaddset(&set, SIGUSR1);
			sigprocmask(SIG_BLOCK, &set, NULL);
			prctl(PR_SET_PDEATHSIG, SIGUSR1);
			write(pipes[1], "p", 1);
			sigwait(&set, &sig);
			_exit(sig);
		}
		pause();
	}
	read(pipes[0], &c, 1);
	kill(pid, SIGKILL);
	SHOW(waitpid(pid, &status, 0) == pid);
	waitpid(-1, &status, 0);
	SHOW(WEXITSTATUS(status));
	/* Times of children that were waited for. */
	pid = fork();
	if (!pid) {
		for (volatile int i = 0; i < 300000000; i++)
			;
		_exit(0);
	}
	waitpid(pid, NULL, 0);
	times(&tms);
	SHOW(tms.tms_cutime >= 3);
	SHOW(WAIT4(-1, NULL, 0, NULL));
}

int main(void)
{
	setvbuf(stdout, NULL, _IONBF, 0);
	signal(SIGUSR1, SIG_IGN);
	errors();
	ends();
	stops();
	clones();
	signal(SIGUSR1, SIG_DFL);
	pidfds();
	relations();
	return 0;
}
