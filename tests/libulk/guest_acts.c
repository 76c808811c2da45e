// SPDX-License-Identifier: GPL-2.0-or-later
/* The guest of host.c: does what its argument says. */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static volatile sig_atomic_t got;

static void on_signal(int sig)
{
	got++;
}

static void *nothing(void *arg)
{
	return arg;
}

static void *forever(void *arg)
{
	for (;;)
		if (arg)
			pause();
	return NULL;
}

__attribute__((noipa)) void stop_here(void)
{
	got++;
}

int main(int argc, char **argv)
{
	const char *what = argc > 1 ? argv[1] : "";
	pthread_t thread[4];
	struct rlimit limit;
	sigset_t all;
	int status, ends[2];

	if (!strcmp(what, "exit"))
		return 3;
	if (!strcmp(what, "segv"))
		*(volatile int *)16 = 1;
	if (!strcmp(what, "abort"))
		abort();
	if (!strcmp(what, "term"))
		kill(getpid(), SIGTERM);
	if (!strcmp(what, "kill"))
		kill(getpid(), SIGKILL);
	if (!strcmp(what, "killall"))
		return kill(0, SIGKILL) ? errno : 0;
	if (!strcmp(what, "usr1")) {
		signal(SIGUSR1, on_signal);
		kill(getpid(), SIGUSR1);
		while (!got)
			;
		return got;
	}
	if (!strcmp(what, "alarm")) {
		ualarm(10000, 0);
		for (;;)
			pause();
	}
	if (!strcmp(what, "fork")) {
		if (!fork())
			_exit(5);
		wait(&status);
		return WEXITSTATUS(status);
	}
	if (!strcmp(what, "forksignal")) {
		if (!fork()) {
			raise(SIGTERM);
			_exit(0);
		}
		wait(&status);
		return WIFSIGNALED(status) ? WTERMSIG(status) : 0;
	}
	if (!strcmp(what, "threads")) {
		for (int i = 0; i < 4; i++)
			pthread_create(&thread[i], NULL, nothing, NULL);
		for (int i = 0; i < 4; i++)
			pthread_join(thread[i], NULL);
		return 4;
	}
	if (!strcmp(what, "spin")) {
		for (int i = 0; i < 4; i++)
			pthread_create(&thread[i], NULL, forever, (void *)(long)(i & 1));
		stop_here();
		pause();
	}
	if (!strcmp(what, "place")) {
		char cwd[64] = "";

		/* status: 1 the directory is not the expected, 2 the mask, 4 the limit */
		status = (!getcwd(cwd, sizeof(cwd)) || strcmp(cwd, argv[2])) | (umask(077) == 077) << 1;
		if (chdir("/usr"))
			return 8;
		getrlimit(RLIMIT_FSIZE, &limit);
		status |= (limit.rlim_cur != 12345) << 2;
		limit.rlim_cur = 1;
		setrlimit(RLIMIT_FSIZE, &limit);
		stop_here();
		return !getcwd(cwd, sizeof(cwd)) || strcmp(cwd, "/usr") || umask(0) != 077 ? 16 : status;
	}
	if (!strcmp(what, "time"))
		return (int)(time(NULL) - 1000000000);
	if (!strcmp(what, "write")) {
		int fd = open(argv[2], O_WRONLY | O_CREAT | O_TRUNC, 0600);
		char *word = strdup("after");

		chdir("/usr");
		signal(SIGUSR1, on_signal);
		write(fd, "before ", 7);
		stop_here();
		got = 0;
		kill(getpid(), SIGUSR1);
		/* Each time that it goes on from here it writes at the same place. */
		return got == 1 && write(fd, word, 5) == 5 && !access("lib", F_OK) ? 42 : 1;
	}
	if (!strcmp(what, "pipe")) {
		pipe(ends);
		stop_here();
	}
	if (!strcmp(what, "shared")) {
		memset(mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0), 1, 4096);
		stop_here();
	}
	if (!strcmp(what, "closeall")) {
		close_range(3, ~0u, 0);
		for (int fd = 3; fd < 1024; fd++)
			close(fd);
		return 0;
	}
	if (!strcmp(what, "blockall")) {
		sigfillset(&all);
		sigprocmask(SIG_BLOCK, &all, NULL);
		signal(SIGUSR1, SIG_IGN);
		return 0;
	}
	return 99;
}
