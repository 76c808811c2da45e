// SPDX-License-Identifier: GPL-2.0-or-later
/* guest: a static program that does what its first argument says; run natively and under ulk by cli.py. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

static void raise_default(int signo)
{
	sigset_t set;

	signal(signo, SIG_DFL);
	sigemptyset(&set);
	sigaddset(&set, signo);
	sigprocmask(SIG_UNBLOCK, &set, NULL);
	kill(getpid(), signo);
}

static void show(char **list)
{
	for (; *list; list++)
		puts(*list);
}

static int limits(void)
{
	struct rlimit lim;

	getrlimit(RLIMIT_STACK, &lim);
	printf("%lu %lu\n", lim.rlim_cur, lim.rlim_max);
	return 0;
}

/* Die by the CPU's own doing. */
int __attribute__((noinline)) die(const char *how)
{
	if (!strcmp(how, "segv"))
		*(volatile char *volatile)8 = 1;
	else if (!strcmp(how, "fpe"))
		__asm__ volatile("xor %%edx, %%edx; xor %%ecx, %%ecx; mov $1, %%eax; div %%ecx" ::
					 : "eax", "ecx", "edx");
	else if (!strcmp(how, "ill"))
		__asm__ volatile("ud2");
	else if (!strcmp(how, "trap"))
		__asm__ volatile("int3");
	else if (!strcmp(how, "abort"))
		abort();
	return 1;
}

int marker;
int reached(int argc);

// A symbol to stop at.
int __attribute__((noinline)) reached(int argc)
{
	marker += argc;
	return marker;
}

int main(int argc, char **argv)
{
	const char *verb = argc > 1 ? argv[1] : "", *arg = argc > 2 ? argv[2] : "";

	reached(argc);
	if (!strcmp(verb, "exit"))
		return atoi(arg);
	if (!strcmp(verb, "_exit"))
		_exit(atoi(arg));
	if (!strcmp(verb, "raise")) {
		raise_default(atoi(arg));
		return 0;
	}
	if (!strcmp(verb, "die"))
		return die(arg);
	if (!strcmp(verb, "args"))
		show(argv);
	else if (!strcmp(verb, "count"))
		printf("%d %zu\n", argc, strlen(argv[argc - 1]));
	else if (!strcmp(verb, "env"))
		show(environ);
	else if (!strcmp(verb, "cwd"))
		puts(getcwd(NULL, 0));
	else if (!strcmp(verb, "limits"))
		return limits();
	else if (!strcmp(verb, "wait")) {
		puts("waiting");
		fflush(stdout);
		for (;;)
			pause();
	} else if (!strcmp(verb, "spin")) {
		puts("waiting");
		fflush(stdout);
		for (;;)
			marker++;
	} else if (!strcmp(verb, "write")) {
		return write(1, "hello\n", 6) == 6 ? 0 : 9;
	} else if (!strcmp(verb, "cat")) {
		int fd = *arg ? open(arg, O_RDONLY) : 0;
		char buf[4096];
		ssize_t n;

		while ((n = read(fd, buf, sizeof(buf))) > 0)
			if (write(1, buf, (size_t)n) != n)
				return 1;
	} else if (!strcmp(verb, "unknown")) {
		puts(syscall(9999) < 0 ? strerror(errno) : "done");
	} else if (!strcmp(verb, "fork")) {
		pid_t pid = fork();
		int status;

		if (pid < 0) {
			puts("no fork");
			return 0;
		}
		if (!pid)
			return 3;
		waitpid(pid, &status, 0);
		printf("child %d\n", WEXITSTATUS(status));
	}
	return 0;
}
