// SPDX-License-Identifier: GPL-2.0-or-later
/* The ways in which threads end: cancelled, killed, by execve, fork, exit and signals; robust mutexes,
 * barriers. */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <signal.h>
#include <errno.h>
#include <sys/wait.h>
#include <sys/syscall.h>
#include <semaphore.h>
static void *canc(void *a)
{
	for (;;)
		pause();
	return NULL;
}
static void *canc2(void *a)
{
	pthread_setcanceltype(PTHREAD_CANCEL_ASYNCHRONOUS, 0);
	for (;;)
		;
	return NULL;
}
static void cleanup(void *a)
{
	puts("cleanup");
}
static void *canc3(void *a)
{
	pthread_cleanup_push(cleanup, 0);
	sleep(100);
	pthread_cleanup_pop(0);
	return 0;
}
static pthread_mutex_t rm;
static void *dier(void *a)
{
	pthread_mutex_lock(&rm);
	return 0;
}
static void *execer(void *a)
{
	char *v[] = {"/bin/busybox", "sh", "-c", "echo pid ok $(( $$ == $PARENT ))", 0};
	char e[32];
	sprintf(e, "PARENT=%d", getpid());
	char *env[] = {e, 0};
	execve(v[0], v, env);
	return 0;
}
static void *forker(void *a)
{
	pid_t p = fork();
	if (!p) {
		printf("forked tid==pid %d\n", gettid() == getpid());
		fflush(stdout);
		if (a)
			abort();
		exit(5);
	}
	int st;
	waitpid(p, &st, 0);
	printf("st %x\n", st);
	return 0;
}
static volatile int handled;
static void hnd(int s)
{
	write(1, "sig\n", 4);
	handled = 1;
}
static pthread_barrier_t bar;
static void *bw(void *a)
{
	int r = 0;
	for (int i = 0; i < 50; i++)
		r += pthread_barrier_wait(&bar) == PTHREAD_BARRIER_SERIAL_THREAD;
	return (void *)(long)r;
}
static void *late(void *a)
{
	usleep(30000);
	puts("late thread ends");
	return 0;
}
int main(int c, char **v)
{
	pthread_t t, tt[4];
	void *r;
	setvbuf(stdout, 0, _IOLBF, 0);
	pthread_create(&t, 0, canc, 0);
	usleep(1000);
	pthread_cancel(t);
	pthread_join(t, &r);
	printf("c1 %d\n", r == PTHREAD_CANCELED);
	pthread_create(&t, 0, canc2, 0);
	usleep(1000);
	pthread_cancel(t);
	pthread_join(t, &r);
	printf("c2 %d\n", r == PTHREAD_CANCELED);
	pthread_create(&t, 0, canc3, 0);
	usleep(1000);
	pthread_cancel(t);
	pthread_join(t, &r);
	printf("c3 %d\n", r == PTHREAD_CANCELED);
	pthread_mutexattr_t a;
	pthread_mutexattr_init(&a);
	pthread_mutexattr_setrobust(&a, PTHREAD_MUTEX_ROBUST);
	pthread_mutex_init(&rm, &a);
	pthread_create(&t, 0, dier, 0);
	pthread_join(t, 0);
	printf("robust %d\n", pthread_mutex_lock(&rm) == EOWNERDEAD);
	pthread_create(&t, 0, forker, 0);
	pthread_join(t, 0);
	pthread_create(&t, 0, forker, (void *)1);
	pthread_join(t, 0);
	signal(SIGUSR1, hnd);
	pthread_create(&t, 0, canc, 0);
	usleep(1000);
	pthread_kill(t, SIGUSR1);
	while (!handled)
		usleep(1000);
	pthread_cancel(t);
	pthread_join(t, 0);
	pthread_barrier_init(&bar, 0, 4);
	long s = 0;
	for (int i = 0; i < 4; i++)
		pthread_create(tt + i, 0, bw, 0);
	for (int i = 0; i < 4; i++) {
		pthread_join(tt[i], &r);
		s += (long)r;
	}
	printf("barrier %ld\n", s);
	fflush(stdout);
	if (!fork()) {
		pthread_create(&t, 0, execer, 0);
		pthread_join(t, 0);
		puts("not reached");
		exit(1);
	}
	int st;
	wait(&st);
	printf("exec st %x\n", st);
	fflush(stdout);
	if (!fork()) {
		pthread_create(&t, 0, canc2, 0);
		pthread_create(&t, 0, canc, 0);
		usleep(1000);
		exit(9);
	}
	wait(&st);
	printf("exit st %x\n", st);
	fflush(stdout);
	if (!fork()) {
		pthread_create(&t, 0, canc2, 0);
		usleep(1000);
		raise(SIGTERM);
	}
	wait(&st);
	printf("term st %x\n", st);
	pthread_create(&t, 0, late, 0);
	pthread_exit(0);
}
