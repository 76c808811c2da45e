// SPDX-License-Identifier: GPL-2.0-or-later
/* Faults and peak memory of children: wait4, waitid, RUSAGE_CHILDREN, through grandchildren, execve and death by a signal. */
#include <signal.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include "show.h"
#include "touch.h"

#define FEW 150

/* What a native run may have more of differs with the machine: in steps only. Its memory is counted by CPU, in steps, too. */
static void show(const char *who, const struct rusage *ru, int pages)
{
	printf("%s: faults of at least %d pages %d, not many more %d, peak %d, not much more %d\n", who, pages,
	       ru->ru_minflt >= pages, ru->ru_minflt < pages + FEW, ru->ru_maxrss >= (pages - 500) * 4,
	       ru->ru_maxrss < (pages + 1000) * 4);
}

static long children(const char *text, int pages, int peak)
{
	struct rusage ru;

	getrusage(RUSAGE_CHILDREN, &ru);
	printf("%s: all children: %d %d, peak %d %d\n", text, ru.ru_minflt >= pages, ru.ru_minflt < pages + 5 * FEW,
	       ru.ru_maxrss >= (peak - 500) * 4, ru.ru_maxrss < (peak + 1000) * 4);
	return ru.ru_minflt;
}

int main(int argc, char **argv)
{
	struct rusage ru, before;
	siginfo_t info;
	int status;
	pid_t pid;

	setvbuf(stdout, NULL, _IONBF, 0);
	if (argc > 1) {
		touch(atoi(argv[1]));
		return 7;
	}
	getrusage(RUSAGE_CHILDREN, &ru);
	printf("at first %ld %ld %ld\n", ru.ru_minflt, ru.ru_majflt, ru.ru_maxrss);

	pid = fork();
	if (!pid) {
		touch(3000);
		_exit(3);
	}
	wait4(pid, &status, 0, &ru);
	show("exited", &ru, 3000);
	children("one", 3000, 3000);

	/* What it forked itself counts if it waited for it. */
	pid = fork();
	if (!pid) {
		pid = fork();
		if (!pid) {
			touch(5000);
			_exit(0);
		}
		waitpid(pid, NULL, 0);
		touch(1000);
		_exit(0);
	}
	syscall(SYS_waitid, P_PID, pid, &info, WEXITED | WNOWAIT, &ru);
	printf("looked at: %d\n", ru.ru_minflt >= 6000);
	getrusage(RUSAGE_CHILDREN, &before);
	syscall(SYS_waitid, P_PID, pid, &info, WEXITED, &ru);
	printf("with its own child: %d %d, peak %d %d\n", ru.ru_minflt >= 6000, ru.ru_minflt < 6000 + 2 * FEW,
	       ru.ru_maxrss >= 18000, ru.ru_maxrss < 24000);
	printf("not before it was taken: %d\n", before.ru_minflt < 3000 + FEW);
	children("two", 9000, 5000);

	pid = fork();
	if (!pid) {
		execl("/proc/self/exe", "proc_usage_children", "4000", NULL);
		_exit(1);
	}
	wait4(pid, &status, 0, &ru);
	printf("status %x\n", status);
	show("another program", &ru, 4000);

	pid = fork();
	if (!pid) {
		touch(2000);
		kill(getpid(), SIGUSR1);
		_exit(1);
	}
	wait4(pid, &status, 0, &ru);
	printf("status %x\n", status);
	show("died", &ru, 2000);
	children("four", 15000, 5000);

	/* One that nobody waits for counts nowhere. */
	signal(SIGCHLD, SIG_IGN);
	pid = fork();
	if (!pid) {
		touch(3000);
		_exit(0);
	}
	waitpid(pid, NULL, 0);
	children("four still", 15000, 5000);
	signal(SIGCHLD, SIG_DFL);
	pid = vfork();
	if (!pid)
		_exit(0);
	wait4(pid, &status, 0, &ru);
	printf("vfork: %d\n", ru.ru_minflt < FEW);
	return 0;
}
