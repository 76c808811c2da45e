// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * stress [ROUNDS]: 200 threads that allocate, write, check and free, beside one that spins, one that is stopped by
 * signals all the time, and one that makes short threads. The sums at the end say that nothing was lost.
 * A minute of it under ulk: stress 24000.
 */
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define THREADS 200
#define KEEP	16

static int rounds = 200;
static atomic_long total, wrong, spins, shorts, handled;
static atomic_bool done;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static long guarded;

static void *allocates(void *arg)
{
	unsigned seed = (unsigned)(long)arg * 2654435761u + 1;
	unsigned char *block[KEEP] = {0};
	size_t size[KEEP] = {0};
	long sum = 0;

	for (int r = 0; r < rounds * KEEP; r++) {
		int i = (int)((seed = seed * 1103515245 + 12345) >> 16) % KEEP;

		if (block[i]) {
			for (size_t k = 0; k < size[i]; k += 509)
				wrong += block[i][k] != (unsigned char)(i + (long)arg);
			free(block[i]);
		}
		/* Now and then more than malloc keeps in its heap. */
		size[i] = (seed >> 8) % (r % 100 ? 3000 : 300000) + 1;
		block[i] = malloc(size[i]);
		memset(block[i], (int)(i + (long)arg), size[i]);
		sum++;
		if (r % 64 == 0) {
			pthread_mutex_lock(&lock);
			guarded++;
			pthread_mutex_unlock(&lock);
		}
	}
	for (int i = 0; i < KEEP; i++)
		free(block[i]);
	total += sum;
	return NULL;
}

static void *spinning(void *arg)
{
	(void)arg;
	while (!done)
		spins++;
	return NULL;
}

static void on_signal(int sig)
{
	(void)sig;
	handled++;
}

static void *signalled(void *arg)
{
	struct timespec ts = {0, 100000};

	(void)arg;
	while (!done)
		nanosleep(&ts, NULL);
	return NULL;
}

static void *is_short(void *arg)
{
	return arg;
}

static void *makes_threads(void *arg)
{
	pthread_t t;
	void *ret;

	for (long i = 0; !done || i < 20; i++) {
		if (pthread_create(&t, NULL, is_short, (void *)i))
			continue;
		pthread_join(t, &ret);
		wrong += (long)ret != i;
		shorts++;
		usleep(500);
	}
	return arg;
}

int main(int argc, char **argv)
{
	pthread_t t[THREADS], spinner, target, maker;
	pthread_attr_t attr;
	long sent = 0;

	if (argc > 1)
		rounds = atoi(argv[1]);
	signal(SIGUSR1, on_signal);
	pthread_attr_init(&attr);
	pthread_attr_setstacksize(&attr, 65536);
	pthread_create(&spinner, NULL, spinning, NULL);
	pthread_create(&target, NULL, signalled, NULL);
	pthread_create(&maker, NULL, makes_threads, NULL);
	for (long i = 0; i < THREADS; i++)
		if (pthread_create(&t[i], &attr, allocates, (void *)i))
			puts("no thread");
	for (; sent < 200; sent++) {
		pthread_kill(target, SIGUSR1);
		while (handled <= sent)
			usleep(20);
	}
	for (int i = 0; i < THREADS; i++)
		pthread_join(t[i], NULL);
	done = 1;
	pthread_join(spinner, NULL);
	pthread_join(target, NULL);
	pthread_join(maker, NULL);
	printf("blocks %ld of %ld, guarded %ld of %ld, wrong %ld\n", (long)total, (long)THREADS * rounds * KEEP, guarded,
	       (long)THREADS * ((rounds * KEEP + 63) / 64), (long)wrong);
	printf("spun %d, signals %ld of %ld, short threads %d\n", spins > 0, (long)handled, sent, shorts >= 20);
	return 0;
}
