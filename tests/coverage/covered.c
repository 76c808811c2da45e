// SPDX-License-Identifier: GPL-2.0-or-later
// What coverage.py looks at: each line that it expects something of is named by a comment.
#include <dlfcn.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

static int never(int x)
{
	return x * 2; // NEVER
}

static void *in_thread(void *arg)
{
	*(int *)arg = 1; // THREAD
	return arg;
}

static int choose(const char *how)
{
	switch (strlen(how)) {
	case 3: // LABEL-3
		return 3; // THREE
	case 77: // LABEL-77
		return never(77); // SEVENTY-SEVEN
	}
	return 0;
}

static int child(const char *how)
{
	if (!strcmp(how, "fork"))
		return 7; // CHILD
	if (!strcmp(how, "killed"))
		for (;;)
			pause(); // KILLED
	return 0;
}

int main(int argc, char **argv)
{
	const char *how = argc > 1 ? argv[1] : "";
	int status = 0, flag = 0;
	pthread_t thread;

	choose(how);
	if (!strcmp(how, "fork") || !strcmp(how, "killed")) {
		pid_t pid = fork();

		if (!pid)
			_exit(child(how));
		if (!strcmp(how, "killed")) {
			usleep(200000);
			kill(pid, SIGKILL);
		}
		waitpid(pid, &status, 0);
		printf("status %x\n", (unsigned)status); // AFTER
	}
	if (!strcmp(how, "thread")) {
		pthread_create(&thread, NULL, in_thread, &flag);
		pthread_join(thread, NULL);
	}
	if (!strcmp(how, "exec") && argc > 2)
		execv(argv[2], argv + 2); // EXEC
	if (!strcmp(how, "term"))
		raise(SIGTERM); // TERM
	if (!strcmp(how, "abort"))
		abort(); // ABORT
	if (!strcmp(how, "segv"))
		*(volatile int *)8 = 1; // SEGV
	if (!strcmp(how, "limits")) {
		chdir("/"); // LIMITS
		for (int fd = 3; fd < 2000; fd++)
			close(fd);
	}
	if (!strcmp(how, "rmdir") && argc > 2) {
		chdir("/");
		rmdir(argv[2]);
	}
	if (!strcmp(how, "fsize"))
		setrlimit(RLIMIT_FSIZE, &(const struct rlimit){0, 0});
	return flag;
}
