// SPDX-License-Identifier: GPL-2.0-or-later
/* pthreads: everything threads wait for each other with, and what ends them. */
#include <errno.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define CHECK(expr)                                                              \
	do {                                                                     \
		int err_ = (expr);                                               \
		if (err_)                                                        \
			printf("%s: %s\n", #expr, strerror(err_));               \
	} while (0)

static struct timespec in_ms(clockid_t clock, long ms)
{
	struct timespec ts;

	clock_gettime(clock, &ts);
	ts.tv_nsec += ms * 1000000;
	ts.tv_sec += ts.tv_nsec / 1000000000;
	ts.tv_nsec %= 1000000000;
	return ts;
}

/* A bounded queue between producers and consumers. */
static pthread_mutex_t q_lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t q_more = PTHREAD_COND_INITIALIZER, q_room = PTHREAD_COND_INITIALIZER;
static int queue[8], q_first, q_count, q_done;

static void *producer(void *arg)
{
	for (int i = 0; i < 2000; i++) {
		pthread_mutex_lock(&q_lock);
		while (q_count == 8)
			pthread_cond_wait(&q_room, &q_lock);
		queue[(q_first + q_count++) % 8] = i + (int)(long)arg;
		pthread_cond_signal(&q_more);
		pthread_mutex_unlock(&q_lock);
	}
	return NULL;
}

static void *consumer(void *arg)
{
	long sum = 0;

	(void)arg;
	for (;;) {
		pthread_mutex_lock(&q_lock);
		while (!q_count && !q_done)
			pthread_cond_wait(&q_more, &q_lock);
		if (!q_count) {
			pthread_mutex_unlock(&q_lock);
			return (void *)sum;
		}
		sum += queue[q_first];
		q_first = (q_first + 1) % 8;
		q_count--;
		pthread_cond_signal(&q_room);
		pthread_mutex_unlock(&q_lock);
	}
}

static void conditions(void)
{
	pthread_t p[3], c[3];
	void *part;
	long sum = 0;
	struct timespec ts;

	for (long i = 0; i < 3; i++) {
		CHECK(pthread_create(&p[i], NULL, producer, (void *)(i * 10000)));
		CHECK(pthread_create(&c[i], NULL, consumer, NULL));
	}
	for (int i = 0; i < 3; i++)
		CHECK(pthread_join(p[i], NULL));
	pthread_mutex_lock(&q_lock);
	q_done = 1;
	pthread_cond_broadcast(&q_more);
	pthread_mutex_unlock(&q_lock);
	for (int i = 0; i < 3; i++) {
		CHECK(pthread_join(c[i], &part));
		sum += (long)part;
	}
	printf("queue: %ld\n", sum);
	pthread_mutex_lock(&q_lock);
	ts = in_ms(CLOCK_REALTIME, 20);
	printf("timedwait: %s\n", strerror(pthread_cond_timedwait(&q_more, &q_lock, &ts)));
	ts = in_ms(CLOCK_MONOTONIC, 20);
	printf("clockwait: %s\n", strerror(pthread_cond_clockwait(&q_more, &q_lock, CLOCK_MONOTONIC, &ts)));
	pthread_mutex_unlock(&q_lock);
}

static pthread_rwlock_t rw = PTHREAD_RWLOCK_INITIALIZER;
static long rw_a, rw_b;

static void *writer(void *arg)
{
	(void)arg;
	for (int i = 0; i < 500; i++) {
		pthread_rwlock_wrlock(&rw);
		rw_a++;
		if (i % 50 == 0)
			usleep(100);
		rw_b++;
		pthread_rwlock_unlock(&rw);
	}
	return NULL;
}

static void *reader(void *arg)
{
	long wrong = 0;

	(void)arg;
	for (int i = 0; i < 1000; i++) {
		pthread_rwlock_rdlock(&rw);
		wrong += rw_a != rw_b;
		pthread_rwlock_unlock(&rw);
	}
	return (void *)wrong;
}

static void rwlocks(void)
{
	pthread_t t[6];
	void *wrong;
	long sum = 0;

	for (int i = 0; i < 6; i++)
		CHECK(pthread_create(&t[i], NULL, i % 3 ? reader : writer, NULL));
	for (int i = 0; i < 6; i++) {
		CHECK(pthread_join(t[i], &wrong));
		sum += (long)wrong;
	}
	printf("rwlock: %ld %ld wrong %ld\n", rw_a, rw_b, sum);
}

static sem_t ping, pong;

static void *ponger(void *arg)
{
	(void)arg;
	for (int i = 0; i < 1000; i++) {
		sem_wait(&ping);
		sem_post(&pong);
	}
	return NULL;
}

static void semaphores(void)
{
	struct timespec ts = in_ms(CLOCK_REALTIME, 20);
	pthread_t t;
	sem_t *shared;

	sem_init(&ping, 0, 0);
	sem_init(&pong, 0, 0);
	CHECK(pthread_create(&t, NULL, ponger, NULL));
	for (int i = 0; i < 1000; i++) {
		sem_post(&ping);
		sem_wait(&pong);
	}
	CHECK(pthread_join(t, NULL));
	printf("sem_trywait: %d", sem_trywait(&ping));
	printf(" %s\n", strerror(errno));
	printf("sem_timedwait: %d", sem_timedwait(&ping, &ts));
	printf(" %s\n", strerror(errno));
	/* Between processes. */
	shared = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	sem_init(&shared[0], 1, 0);
	sem_init(&shared[1], 1, 0);
	fflush(stdout);
	if (!fork()) {
		for (int i = 0; i < 200; i++) {
			sem_wait(&shared[0]);
			sem_post(&shared[1]);
		}
		_exit(0);
	}
	for (int i = 0; i < 200; i++) {
		sem_post(&shared[0]);
		sem_wait(&shared[1]);
	}
	wait(NULL);
	puts("semaphores between processes");
}

static pthread_key_t key, again;
static pthread_once_t once = PTHREAD_ONCE_INIT;
static int destroyed, init_runs;
static __thread char tls[64] = "initial";

static void destructor(void *value)
{
	__sync_fetch_and_add(&destroyed, (int)(long)value);
}

static void destructor_again(void *value)
{
	if ((long)value < 3)
		pthread_setspecific(again, (char *)value + 1);
	__sync_fetch_and_add(&destroyed, 1000);
}

static void init_once(void)
{
	usleep(1000);
	init_runs++;
}

static void *specific(void *arg)
{
	pthread_once(&once, init_once);
	pthread_setspecific(key, arg);
	pthread_setspecific(again, (void *)1);
	if (strcmp(tls, "initial"))
		puts("another thread's tls");
	snprintf(tls, sizeof(tls), "%ld", (long)arg);
	sched_yield();
	return (void *)(long)(atol(tls) == (long)pthread_getspecific(key));
}

static void specifics(void)
{
	pthread_t t[10];
	void *ok;
	long sum = 0;

	pthread_key_create(&key, destructor);
	pthread_key_create(&again, destructor_again);
	for (long i = 0; i < 10; i++)
		CHECK(pthread_create(&t[i], NULL, specific, (void *)(i + 1)));
	for (int i = 0; i < 10; i++) {
		CHECK(pthread_join(t[i], &ok));
		sum += (long)ok;
	}
	printf("specific: %ld destroyed %d once %d\n", sum, destroyed, init_runs);
}

static int forked[3];
static void prepare(void) { forked[0]++; }
static void parent(void) { forked[1]++; }
static void child(void) { forked[2]++; }

static void *fork_in_thread(void *arg)
{
	(void)arg;
	if (!fork())
		_exit(forked[0] * 16 + forked[2]);
	return NULL;
}

static void atforks(void)
{
	pthread_t t;
	int status;

	pthread_atfork(prepare, parent, child);
	CHECK(pthread_create(&t, NULL, fork_in_thread, NULL));
	CHECK(pthread_join(t, NULL));
	wait(&status);
	printf("atfork: child %x parent %d %d %d\n", WEXITSTATUS(status), forked[0], forked[1], forked[2]);
}

static void *nothing(void *arg)
{
	char *p = malloc(100);

	memset(p, 1, 100);
	free(p);
	return arg;
}

static void many(void)
{
	static pthread_t t[200];
	pthread_attr_t attr;
	void *r;
	long sum = 0;

	for (long i = 0; i < 200; i++) {
		CHECK(pthread_create(&t[0], NULL, nothing, (void *)i));
		CHECK(pthread_join(t[0], &r));
		sum += (long)r;
	}
	pthread_attr_init(&attr);
	pthread_attr_setstacksize(&attr, 65536);
	for (long i = 0; i < 200; i++)
		CHECK(pthread_create(&t[i], &attr, nothing, (void *)i));
	for (long i = 0; i < 200; i++) {
		CHECK(pthread_join(t[i], &r));
		sum += (long)r;
	}
	pthread_attr_setdetachstate(&attr, PTHREAD_CREATE_DETACHED);
	for (long i = 0; i < 50; i++)
		CHECK(pthread_create(&t[i], &attr, nothing, (void *)i));
	printf("many: %ld\n", sum);
}

static void *lock_and_die(void *arg)
{
	pthread_mutex_lock(arg);
	return NULL;
}

static void mutex_kind(const char *name, int type, int robust, int protocol, int shared)
{
	pthread_mutexattr_t attr;
	pthread_mutex_t *m = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	struct timespec ts = in_ms(CLOCK_REALTIME, 10);
	pthread_t t;

	pthread_mutexattr_init(&attr);
	pthread_mutexattr_settype(&attr, type);
	pthread_mutexattr_setrobust(&attr, robust);
	pthread_mutexattr_setprotocol(&attr, protocol);
	pthread_mutexattr_setpshared(&attr, shared);
	printf("%s: init %s", name, strerror(pthread_mutex_init(m, &attr)));
	fflush(stdout);
	if (shared && robust) {
		if (!fork()) {
			pthread_mutex_lock(m);
			_exit(0);
		}
		wait(NULL);
	} else if (robust) {
		CHECK(pthread_create(&t, NULL, lock_and_die, m));
		CHECK(pthread_join(t, NULL));
	}
	printf(" lock %s", strerror(pthread_mutex_lock(m)));
	if (robust)
		printf(" consistent %s", strerror(pthread_mutex_consistent(m)));
	printf(" trylock %s", strerror(pthread_mutex_trylock(m)));
	if (type != PTHREAD_MUTEX_RECURSIVE)
		printf(" timedlock %s", strerror(pthread_mutex_timedlock(m, &ts)));
	printf(" unlock %s", strerror(pthread_mutex_unlock(m)));
	if (type == PTHREAD_MUTEX_ERRORCHECK)
		printf(" again %s", strerror(pthread_mutex_unlock(m)));
	putchar('\n');
	munmap(m, 4096);
}

static void mutexes(void)
{
	const int plain = PTHREAD_MUTEX_NORMAL, check = PTHREAD_MUTEX_ERRORCHECK, robust = PTHREAD_MUTEX_ROBUST;

	mutex_kind("plain", plain, 0, 0, 0);
	mutex_kind("recursive", PTHREAD_MUTEX_RECURSIVE, 0, 0, 0);
	mutex_kind("checked", check, 0, 0, 0);
	mutex_kind("robust", plain, robust, 0, 0);
	mutex_kind("robust, shared", plain, robust, 0, 1);
	mutex_kind("robust, checked, shared", check, robust, 0, 1);
	mutex_kind("inheriting", check, 0, PTHREAD_PRIO_INHERIT, 0);
	mutex_kind("inheriting, robust", check, robust, PTHREAD_PRIO_INHERIT, 0);
	mutex_kind("inheriting, robust, shared", check, robust, PTHREAD_PRIO_INHERIT, 1);
}

/* A mutex with priority inheritance that threads fight for goes through the kernel every time. */
static pthread_mutex_t pi;
static long pi_count;

static void *pi_fight(void *arg)
{
	for (int i = 0; i < 500; i++) {
		pthread_mutex_lock(&pi);
		pi_count++;
		if (i % 100 == 0)
			sched_yield();
		pthread_mutex_unlock(&pi);
	}
	return arg;
}

static void inheritance(void)
{
	pthread_mutexattr_t attr;
	pthread_t t[4];

	pthread_mutexattr_init(&attr);
	pthread_mutexattr_setprotocol(&attr, PTHREAD_PRIO_INHERIT);
	pthread_mutex_init(&pi, &attr);
	for (int i = 0; i < 4; i++)
		CHECK(pthread_create(&t[i], NULL, pi_fight, NULL));
	for (int i = 0; i < 4; i++)
		CHECK(pthread_join(t[i], NULL));
	printf("inherited: %ld\n", pi_count);
}

static void unlock(void *lock)
{
	pthread_mutex_unlock(lock);
}

static void *wait_for_good(void *arg)
{
	pthread_mutex_lock(&q_lock);
	pthread_cleanup_push(unlock, &q_lock);
	*(volatile int *)arg = 1;
	for (;;)
		pthread_cond_wait(&q_more, &q_lock);
	pthread_cleanup_pop(0);
	return NULL;
}

static void *not_now(void *arg)
{
	int old;

	pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &old);
	*(volatile int *)arg = 1;
	usleep(20000);
	*(volatile int *)arg = 2;
	pthread_setcancelstate(PTHREAD_CANCEL_ENABLE, &old);
	pthread_testcancel();
	*(volatile int *)arg = 3;
	return NULL;
}

static void *reads(void *arg)
{
	char c;
	int fds[2];

	pipe(fds);
	*(volatile int *)arg = 1;
	read(fds[0], &c, 1);
	return NULL;
}

static void cancellation(void)
{
	void *(*const kinds[])(void *) = {wait_for_good, not_now, reads};

	for (int i = 0; i < 3; i++) {
		volatile int started = 0;
		pthread_t t;
		void *r;

		CHECK(pthread_create(&t, NULL, kinds[i], (void *)&started));
		while (!started)
			usleep(100);
		CHECK(pthread_cancel(t));
		CHECK(pthread_join(t, &r));
		printf("cancelled %d: %d %d\n", i, r == PTHREAD_CANCELED, started);
	}
	printf("the lock is free: %d\n", pthread_mutex_trylock(&q_lock));
	pthread_mutex_unlock(&q_lock);
}

int main(void)
{
	conditions();
	rwlocks();
	semaphores();
	specifics();
	atforks();
	many();
	mutexes();
	inheritance();
	cancellation();
	return 0;
}
