// SPDX-License-Identifier: GPL-2.0-or-later
/* execve and execveat of oneself: arguments, environment, descriptors, ignored signals; and the errors. */
// TEST: errors
// TEST: chain -- chain
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include "show.h"

#define EXECVE(...)   syscall(SYS_execve, __VA_ARGS__)
#define EXECVEAT(...) syscall(SYS_execveat, __VA_ARGS__)

extern char **environ;

static void errors(void)
{
	char *argv[] = {"x", NULL}, *bad[] = {(char *)8, NULL}, *huge[3] = {"x", NULL, NULL};
	int fd, dir = open(".", O_RDONLY);

	huge[1] = malloc(200000);
	memset(huge[1], 'a', 199999);
	huge[1][199999] = 0;
	SHOW(EXECVE("missing", argv, environ));
	SHOW(EXECVE("", argv, environ));
	SHOW(EXECVE((char *)8, argv, environ));
	SHOW(EXECVE(".", argv, environ));
	SHOW(EXECVE("/dev/null", argv, environ));
	SHOW(EXECVE("/dev/null/x", argv, environ));
	SHOW(EXECVE("missing", bad, environ));
	SHOW(EXECVE("missing", huge, environ));
	SHOW(EXECVE("/proc/self/exe", bad, environ));
	SHOW(EXECVE("/proc/self/exe", (char **)8, environ));
	SHOW(EXECVE("/proc/self/exe", argv, (char **)8));
	SHOW(EXECVE("/proc/self/exe", huge, environ));
	fd = open("text", O_CREAT | O_RDWR, 0600);
	write(fd, "just text\n", 10);
	close(fd);
	SHOW(EXECVE("text", argv, environ));
	chmod("text", 0700);
	SHOW(EXECVE("text", argv, environ));
	fd = open("script", O_CREAT | O_RDWR, 0700);
	write(fd, "#!/missing/interpreter\n", 23);
	close(fd);
	SHOW(EXECVE("script", argv, environ));
	fd = open("empty", O_CREAT | O_RDWR, 0700);
	close(fd);
	SHOW(EXECVE("empty", argv, environ));
	symlink("text", "link");
	symlink("loop", "loop");
	SHOW(EXECVE("loop", argv, environ));
	SHOW(EXECVEAT(AT_FDCWD, "text", argv, environ, 0));
	SHOW(EXECVEAT(AT_FDCWD, "text", argv, environ, 1));
	SHOW(EXECVEAT(AT_FDCWD, "", argv, environ, 0));
	SHOW(EXECVEAT(AT_FDCWD, "link", argv, environ, AT_SYMLINK_NOFOLLOW));
	SHOW(EXECVEAT(dir, "link", argv, environ, AT_SYMLINK_NOFOLLOW));
	SHOW(EXECVEAT(dir, "text", argv, environ, 0));
	SHOW(EXECVEAT(dir, "missing", argv, environ, 0));
	SHOW(EXECVEAT(99, "text", argv, environ, 0));
	SHOW(EXECVEAT(99, "", argv, environ, AT_EMPTY_PATH));
	SHOW(EXECVEAT(dir, "", argv, environ, AT_EMPTY_PATH));
	fd = open("script", O_RDONLY | O_CLOEXEC);
	SHOW(EXECVEAT(fd, "", argv, environ, AT_EMPTY_PATH));
	fd = open("script", O_RDONLY);
	SHOW(EXECVEAT(fd, "", argv, environ, AT_EMPTY_PATH));
}

static void state(void)
{
	struct sigaction sa;
	char name[17] = "";
	sigset_t set;

	prctl(PR_GET_NAME, name);
	printf("  name %s\n", name);
	for (int sig = 1; sig < 32; sig++) {
		sigaction(sig, NULL, &sa);
		if (sa.sa_handler != SIG_DFL)
			printf("  %d %s\n", sig, sa.sa_handler == SIG_IGN ? "ignored" : "handled");
	}
	sigprocmask(SIG_BLOCK, NULL, &set);
	for (int sig = 1; sig < 65; sig++) {
		if (sigismember(&set, sig) == 1)
			printf("  %d blocked\n", sig);
	}
	for (int fd = 3; fd < 20; fd++)
		printf("%s%d", fcntl(fd, F_GETFD) >= 0 ? " open " : " -", fd);
	putchar('\n');
	printf("  dumpable %d\n", prctl(PR_GET_DUMPABLE));
}

static void handler(int sig)
{
}

int main(int argc, char **argv)
{
	int step = argc > 2 ? atoi(argv[2]) : argc == 1 ? 5 : 0;
	char next[16];
	sigset_t term;
	char *args[] = {"name-of-argv0", "chain", next, "", "with space", NULL};
	char *env[] = {"A=1", "B=", "PATH=/nowhere", NULL};
	int fd;

	setvbuf(stdout, NULL, _IONBF, 0);
	/* The last step of the chain is started without any argument. */
	if (argc < 2 && argv[0][0]) {
		errors();
		return 0;
	}
	printf("step %d, argc %d, argv[0] is %s\n", step, argc, step ? argv[0] : "the path");
	for (int i = 3; i < argc; i++)
		printf("  argv[%d] = \"%s\"\n", i, argv[i]);
	for (char **e = environ; step && *e; e++)
		printf("  %s\n", *e);
	state();
	snprintf(next, sizeof(next), "%d", step + 1);
	signal(SIGUSR1, SIG_IGN);
	signal(SIGUSR2, handler);
	sigemptyset(&term);
	sigaddset(&term, SIGTERM);
	switch (step) {
	case 0:
		symlink(argv[0], "me");
		fcntl(3, F_DUPFD, 10);
		fd = open("/dev/null", O_RDONLY);
		fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
		kill(getpid(), 0);
		sigprocmask(SIG_BLOCK, &term, NULL);
		EXECVE("/proc/self/exe", args, env);
		break;
	case 1:
		fd = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
		EXECVEAT(fd, "", args, env, AT_EMPTY_PATH);
		break;
	case 2:
		fd = open("/proc/self/exe", O_PATH);
		prctl(PR_SET_NAME, "renamed");
		EXECVEAT(fd, "", args, NULL, AT_EMPTY_PATH);
		break;
	case 3:
		EXECVEAT(AT_FDCWD, "me", args, env, 0);
		break;
	case 4:
		EXECVE("me", NULL, NULL);
		break;
	default:
		return 40 + step;
	}
	printf("step %d failed: %d\n", step, errno);
	return 1;
}
