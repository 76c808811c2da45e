// SPDX-License-Identifier: GPL-2.0-or-later
/* Threads that meet in every way there is, and print in the order in which they do. */
#include <pthread.h>
#include <semaphore.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/auxv.h>
#include <sys/random.h>
#include <time.h>
#include <unistd.h>
#include <x86intrin.h>

#define THREADS 4

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t cond = PTHREAD_COND_INITIALIZER;
static pthread_barrier_t barrier;
static sem_t sem;
static int pipes[2], order;
static volatile long counter;
static volatile sig_atomic_t signals;
static volatile int flag;

static void on_signal(int sig)
{
	(void)sig;
	signals++;
}

static void *work(void *arg)
{
	long id = (long)arg;
	char c = (char)('a' + id);

	while (!flag)
		; /* nobody would ever set it if turns did not end */
	pthread_barrier_wait(&barrier);
	for (int i = 0; i < 15; i++) {
		for (int k = 0; k < 4000; k++)
			counter++; /* not atomic, and lost ones are lost each time */
		pthread_mutex_lock(&mutex);
		printf("%ld:%d:%ld ", id, ++order, counter);
		pthread_cond_broadcast(&cond);
		if (i % 5 == 0) {
			struct timespec ts;

			clock_gettime(CLOCK_REALTIME, &ts);
			ts.tv_nsec = (ts.tv_nsec + 20000) % 1000000000;
			pthread_cond_timedwait(&cond, &mutex, &ts);
		}
		pthread_mutex_unlock(&mutex);
		if (i % 7 == (int)id)
			usleep(100);
		if (i % 4 == 0)
			sem_post(&sem);
		if (i == 9 && write(pipes[1], &c, 1) != 1)
			abort();
	}
	return NULL;
}

static void *listen_to_pipe(void *arg)
{
	char c;

	for (int i = 0; i < THREADS && read(pipes[0], &c, 1) == 1; i++)
		printf("%c ", c);
	return arg;
}

int main(void)
{
	pthread_t t[THREADS], listener;
	struct timespec ts;
	unsigned long r;

	signal(SIGUSR1, on_signal);
	pthread_barrier_init(&barrier, NULL, THREADS + 1);
	sem_init(&sem, 0, 0);
	if (getrandom(&r, sizeof(r), 0) != sizeof(r) || pipe(pipes))
		return 1;
	clock_gettime(CLOCK_MONOTONIC, &ts);
	printf("%lx %lx %ld.%09ld %llu pid %d\n", r, *(long *)getauxval(AT_RANDOM), ts.tv_sec, ts.tv_nsec, __rdtsc(), getpid());
	pthread_create(&listener, NULL, listen_to_pipe, NULL);
	for (long i = 0; i < THREADS; i++)
		pthread_create(&t[i], NULL, work, (void *)i);
	pthread_kill(t[1], SIGUSR1);
	flag = 1;
	pthread_barrier_wait(&barrier);
	for (int i = 0; i < 12; i++)
		sem_wait(&sem);
	printf("main ");
	for (int i = 0; i < THREADS; i++)
		pthread_join(t[i], NULL);
	pthread_join(listener, NULL);
	clock_gettime(CLOCK_MONOTONIC, &ts);
	printf("\n%ld %ld.%09ld %ld %d\n", counter, ts.tv_sec, ts.tv_nsec, clock(), signals);
	return 0;
}
