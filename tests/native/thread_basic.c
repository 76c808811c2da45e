// SPDX-License-Identifier: GPL-2.0-or-later
/* Threads: locks, a spinning thread, threads in a forked child. */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#include <sys/wait.h>
static pthread_mutex_t m = PTHREAD_MUTEX_INITIALIZER;
static long n;
static __thread int tl;
static void *w(void *a)
{
	for (int i = 0; i < 100000; i++) {
		pthread_mutex_lock(&m);
		n++;
		tl++;
		pthread_mutex_unlock(&m);
	}
	return (void *)(long)tl;
}
static void *spin(void *a)
{
	volatile long *p = a;
	while (!*p)
		;
	return 0;
}
int main(int c, char **v)
{
	pthread_t t[8];
	for (int i = 0; i < 8; i++)
		pthread_create(t + i, 0, w, 0);
	void *r;
	for (int i = 0; i < 8; i++) {
		pthread_join(t[i], &r);
		printf("%ld\n", (long)r);
	}
	printf("%ld\n", n);
	volatile long stop = 0;
	pthread_create(t, 0, spin, (void *)&stop);
	usleep(20000);
	stop = 1;
	pthread_join(t[0], 0);
	puts("spin done");
	if (!fork()) {
		pthread_create(t, 0, w, 0);
		pthread_join(t[0], &r);
		printf("child %ld\n", (long)r);
		exit(3);
	}
	int st;
	wait(&st);
	printf("st %x\n", st);
	return 7;
}
