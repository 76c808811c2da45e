// SPDX-License-Identifier: GPL-2.0-or-later
/* execve among several threads: the new program has one, so its plain exit(2) ends the process. */
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

static char *self;

static void *sleeper(void *arg)
{
	for (;;)
		pause();
	return arg;
}

static void *execer(void *arg)
{
	char *argv[] = {self, "again", NULL};

	execv(self, argv);
	return arg;
}

int main(int argc, char **argv)
{
	pthread_t t;

	if (argc > 1) {
		printf("again, leader %d\n", gettid() == getpid());
		fflush(stdout);
		syscall(SYS_exit, 5);
	}
	self = argv[0];
	for (int i = 0; i < 3; i++)
		pthread_create(&t, NULL, sleeper, NULL);
	pthread_create(&t, NULL, execer, NULL);
	pause();
	return 1;
}
