// SPDX-License-Identifier: GPL-2.0-or-later
/* --deterministic: process and thread ids that are the same in each run, since they are counted from 1 in a namespace of its own. */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/resource.h>
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

static int wait_for(pid_t pid)
{
	int status = 0;
	pid_t got;

	/* Orphans come to the first process of the namespace. */
	while ((got = waitpid(-1, &status, 0)) != pid)
		if (got < 0 && errno != EINTR)
			return -1;
	return status;
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

/* The namespace's process 1: neither signals from the terminal nor orphans end it. */
static void __attribute__((noreturn)) be_init(pid_t program, int report)
{
	int status = wait_for(program);

	_exit(write(report, &status, sizeof(status)) == sizeof(status) ? 0 : EXIT_ULK);
}

bool enter_namespace(void)
{
	int report[2], status;
	pid_t pid;

	if (pipe2(report, O_CLOEXEC))
		return false;
	if (!unshare_all() || (pid = fork()) < 0) {
		close(report[0]);
		close(report[1]);
		return false;
	}
	if (pid) {
		close(report[1]);
		for (int sig = 1; sig < 32; sig++)
			if (sig != SIGCHLD)
				signal(sig, SIG_IGN); /* what the terminal sends, the program gets, too */
		waitpid(pid, NULL, 0);
		end_as(read(report[0], &status, sizeof(status)) == sizeof(status) ? status : EXIT_ULK << 8);
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
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	close(report[1]);
	return true;
}
