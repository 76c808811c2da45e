// SPDX-License-Identifier: GPL-2.0-or-later
// Signals for threads that were created this moment: each reaches its thread. A loop of sched_yield() lets the others run.
#include "show.h"
#include <pthread.h>
#include <sched.h>
#include <semaphore.h>
#include <signal.h>
#include <time.h>
#include <unistd.h>

static volatile int caught;
static volatile pthread_t by;
static sem_t sem;

static void handler(int sig)
{
	(void)sig;
	by = pthread_self();
	caught++;
}

static void *thread(void *arg)
{
	while (sem_wait(&sem))
		;
	return arg;
}

static void try(int sig)
{
	const struct sigaction sa = {.sa_handler = handler, .sa_flags = SA_RESTART};
	int mine = 0;

	caught = 0;
	sigaction(sig, &sa, NULL);
	for (int i = 0; i < 50; i++) {
		time_t end = time(NULL) + 20;
		pthread_t t;

		pthread_create(&t, NULL, thread, NULL);
		pthread_kill(t, sig);
		while (caught <= i && time(NULL) < end)
			sched_yield();
		mine += pthread_equal(by, t) != 0;
		sem_post(&sem);
		pthread_join(t, NULL);
		if (caught <= i)
			break;
	}
	printf("%d: caught %d, by the thread %d\n", sig, caught, mine);
}

int main(void)
{
	sem_init(&sem, 0, 0);
	try(SIGUSR1);
	try(SIGBUS);
	try(SIGRTMIN);
	return 0;
}
