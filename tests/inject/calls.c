// SPDX-License-Identifier: GPL-2.0-or-later
/* A bit of everything, and what came of each call: what is injected into it can be seen in its output. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static void handler(int sig)
{
	char text[] = "signal   \n";

	text[7] = (char)('0' + sig / 10);
	text[8] = (char)('0' + sig % 10);
	syscall(SYS_write, 1, text, sizeof(text) - 1);
}

/* Numbers that differ from run to run are none. */
static void say(const char *what, long ret)
{
	printf("%s %ld %s\n", what, ret > 100 ? 100 : ret, ret < 0 ? strerror(errno) : "");
}

static void memory(void)
{
	char *p = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	say("mmap", p == MAP_FAILED ? -1 : 0);
	p = malloc(300000);
	printf("malloc %s\n", p ? "worked" : strerror(errno));
	free(p);
}

static void files(void)
{
	char buf[64] = "";
	int fd = open("/proc/self/comm", O_RDONLY), p[2];
	long n;

	say("open", fd);
	n = read(fd, buf, 4);
	say("read", n);
	puts(buf);
	say("read", read(fd, buf, 4));
	if (!pipe(p)) {
		say("write", write(p[1], "x", 1));
		n = read(p[0], buf, 1);
		say("read", n);
	}
	say("chdir", chdir("/proc"));
	printf("%s\n", getcwd(buf, sizeof(buf)) ? buf : strerror(errno));
}

int main(void)
{
	/* Longer than it takes to get there: an injected signal interrupts it. */
	const struct timespec ts = {.tv_nsec = 20000000};

	/* When SIGCHLD comes is the scheduler's doing. */
	for (int sig = 1; sig < 32; sig++)
		if (sig != SIGCHLD)
			signal(sig, handler);
	setvbuf(stdout, NULL, _IONBF, 0);
	for (int i = 0; i < 7; i++)
		say("getppid", syscall(SYS_getppid));
	files();
	memory();
	say("nanosleep", nanosleep(&ts, NULL));
	if (fork() == 0) {
		for (int i = 0; i < 3; i++)
			say("child", syscall(SYS_getppid));
		_exit(3);
	}
	wait(NULL);
	return 0;
}
