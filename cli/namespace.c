// SPDX-License-Identifier: GPL-2.0-or-later
/* --deterministic: process and thread ids that are the same in each run, since they are counted from 1 in a namespace of its own. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>
#include "cli/cli.h"

static bool write_file(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);
	bool done = fd >= 0 && write(fd, text, strlen(text)) == (ssize_t)strlen(text);

	if (fd >= 0)
		close(fd);
	return done;
}

/* Who is not root may have namespaces only inside one of users, in which he remains who he is. */
static bool unshare_all(void)
{
	unsigned uid = geteuid(), gid = getegid();
	char map[64];

	if (!unshare(CLONE_NEWPID | CLONE_NEWNS))
		return true;
	if (errno != EPERM || unshare(CLONE_NEWUSER | CLONE_NEWPID | CLONE_NEWNS))
		return false;
	snprintf(map, sizeof(map), "%u %u 1", uid, uid);
	write_file("/proc/self/setgroups", "deny");
	if (!write_file("/proc/self/uid_map", map))
		return false;
	snprintf(map, sizeof(map), "%u %u 1", gid, gid);
	return write_file("/proc/self/gid_map", map);
}

/* Wait for @pid, and pass on to it what somebody sends us. What the terminal sends, it gets itself. */
static int wait_for(pid_t pid)
{
	sigset_t all;
	int status;
	pid_t got;

	sigfillset(&all);
	for (;;) {
		siginfo_t info;

		/* Orphans come to the first process of the namespace. */
		while ((got = waitpid(-1, &status, WNOHANG)) > 0 && got != pid)
			;
		if (got)
			return got == pid ? status : -1;
		if (sigwaitinfo(&all, &info) > 0 && info.si_signo != SIGCHLD && info.si_code <= 0)
			kill(pid, info.si_signo);
	}
}

/* End as the program did. */
static void __attribute__((noreturn)) end_as(int status)
{
	if (WIFSIGNALED(status)) {
		setrlimit(RLIMIT_CORE, &(const struct rlimit){0, 0});
		signal(WTERMSIG(status), SIG_DFL);
		raise(WTERMSIG(status));
	}
	_exit(WIFEXITED(status) ? WEXITSTATUS(status) : EXIT_ULK);
}

/* The namespace's process 1: neither signals from the terminal nor orphans end it, nor does the program's end what goes on in the
 * background. */
static void __attribute__((noreturn)) be_init(pid_t program, int report)
{
	int status = wait_for(program);

	prctl(PR_SET_PDEATHSIG, 0);
	if (write(report, &status, sizeof(status)) != sizeof(status))
		_exit(EXIT_ULK);
	close_range(0, ~0U, 0);
	while (wait(NULL) > 0 || errno == EINTR)
		;
	_exit(0);
}

/* Outside of the namespace: pass on signals, end with the program. */
static void __attribute__((noreturn)) be_outside(pid_t init, int report)
{
	int status = EXIT_ULK << 8;
	struct pollfd p[2] = {{report, POLLIN, 0}};
	struct signalfd_siginfo info;
	sigset_t all;

	sigfillset(&all);
	p[1] = (struct pollfd){signalfd(-1, &all, SFD_CLOEXEC), POLLIN, 0};
	while (poll(p, 2, -1) < 0 || !p[0].revents) {
		if (p[1].revents && read(p[1].fd, &info, sizeof(info)) == sizeof(info) && (int)info.ssi_code <= 0)
			kill(init, (int)info.ssi_signo);
	}
	if (read(report, &status, sizeof(status)) != sizeof(status))
		status = EXIT_ULK << 8;
	sigprocmask(SIG_UNBLOCK, &all, NULL);
	end_as(status);
}

bool enter_namespace(void)
{
	sigset_t all, mask;
	int report[2];
	pid_t pid;

	if (pipe2(report, O_CLOEXEC))
		return false;
	sigfillset(&all);
	sigprocmask(SIG_SETMASK, &all, &mask);
	if (!unshare_all() || (pid = fork()) < 0) {
		sigprocmask(SIG_SETMASK, &mask, NULL);
		close(report[0]);
		close(report[1]);
		return false;
	}
	if (pid) {
		close(report[1]);
		be_outside(pid, report[0]);
	}
	close(report[0]);
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL);
	/* Without, /proc/PID would be another one's. */
	if (mount("proc", "/proc", "proc", MS_NOSUID | MS_NODEV | MS_NOEXEC, NULL))
		cli_err("/proc: %s; it shows the host's process ids", strerror(errno));
	pid = fork();
	if (pid < 0)
		_exit(EXIT_ULK);
	if (pid)
		be_init(pid, report[1]);
	sigprocmask(SIG_SETMASK, &mask, NULL);
	close(report[1]);
	return true;
}
