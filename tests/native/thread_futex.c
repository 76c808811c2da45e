// SPDX-License-Identifier: GPL-2.0-or-later
/* futex between threads and processes: who wakes, who moves, who owns; mutexes whose owner dies, in every way. */
#include <errno.h>
#include <linux/futex.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include "asleep.h"
#include "show.h"

#define F(...) syscall(SYS_futex, __VA_ARGS__)

static uint32_t a, b, pi;
static atomic_int woken;

struct job {
	pthread_t t;
	int op;
	uint32_t *word, *word2, bits;
	atomic_int tid;
};

static void *sleeps(void *arg)
{
	struct job *j = arg;
	struct timespec ts;
	long ret;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	ts.tv_sec += 60;
	j->tid = gettid();
	ret = F(j->word, j->op, 0, &ts, j->word2, j->bits);
	woken++;
	return (void *)(ret < 0 ? -errno : ret);
}

static struct job jobs[8];

static void start(int n, int op, uint32_t *word, uint32_t *word2)
{
	woken = 0;
	for (int i = 0; i < n; i++) {
		jobs[i] = (struct job){0, op, word, word2, 1U << i, 0};
		pthread_create(&jobs[i].t, NULL, sleeps, &jobs[i]);
		/* One after the other: they wake in the order in which they came. */
		UNTIL(jobs[i].tid);
		until_thread_in(jobs[i].tid, SYS_futex);
	}
}

static void join(int n)
{
	for (int i = 0; i < n; i++) {
		void *r;

		pthread_join(jobs[i].t, &r);
		printf(" %ld", (long)r);
	}
	printf("\n");
}

static void waking(int private)
{
	start(6, FUTEX_WAIT_BITSET | private, &a, NULL);
	SHOW(F(&a, FUTEX_WAKE_BITSET | private, 10, NULL, NULL, 0x12));
	SHOW(F(&a, FUTEX_WAKE_BITSET | private, 10, NULL, NULL, 0x12));
	SHOW(F(&a, FUTEX_REQUEUE | private, 1, 1, &b, 0));
	SHOW(F(&a, FUTEX_CMP_REQUEUE | private, 0, 10, &b, 1));
	SHOW(F(&a, FUTEX_CMP_REQUEUE | private, 0, 10, &b, 0));
	SHOW(F(&a, FUTEX_WAKE | private, 10, NULL, NULL, 0));
	SHOW(F(&b, FUTEX_WAKE | private, 1, NULL, NULL, 0));
	SHOW(F(&a, FUTEX_WAKE_OP | private, 10, 10, &b, FUTEX_OP(FUTEX_OP_SET, 0, FUTEX_OP_CMP_EQ, 0)));
	join(6);
	start(3, FUTEX_WAIT_BITSET | private, &a, NULL);
	SHOW(F(&a, FUTEX_WAKE_OP | private, 1, 1, &b, FUTEX_OP(FUTEX_OP_ADD, 7, FUTEX_OP_CMP_GT, 3)));
	SHOW(b);
	SHOW(F(&b, FUTEX_WAKE_OP | private, 1, 1, &a, FUTEX_OP(FUTEX_OP_XOR, 0, FUTEX_OP_CMP_LE, 3)));
	SHOW(F(&a, FUTEX_WAKE | private, 0x7fffffff, NULL, NULL, 0));
	join(3);
	b = 0;
}

static atomic_int new_tid;

static void *locks_pi(void *arg)
{
	new_tid = gettid();
	long ret = F(&pi, FUTEX_LOCK_PI | *(int *)arg, 0, NULL, NULL, 0), owner = pi & FUTEX_TID_MASK;
	long unlock = F(&pi, FUTEX_UNLOCK_PI | *(int *)arg, 0, NULL, NULL, 0);

	return (void *)(ret || unlock || owner != gettid() ? -1L : 1L);
}

static void *dies_with_pi(void *arg)
{
	new_tid = gettid();
	return (void *)F(&pi, FUTEX_LOCK_PI | *(int *)arg, 0, NULL, NULL, 0);
}

static void inheriting(int private)
{
	pthread_t t[3];
	void *r;

	SHOW(F(&pi, FUTEX_LOCK_PI | private, 0, NULL, NULL, 0));
	for (int i = 0; i < 3; i++) {
		new_tid = 0;
		pthread_create(&t[i], NULL, locks_pi, &private);
		UNTIL(new_tid);
		until_thread_in(new_tid, SYS_futex);
	}
	SHOW(!!(pi & FUTEX_WAITERS));
	SHOW(F(&pi, FUTEX_UNLOCK_PI | private, 0, NULL, NULL, 0));
	for (int i = 0; i < 3; i++) {
		pthread_join(t[i], &r);
		SHOW(r);
	}
	SHOW(pi);
	/* As a condition variable with such a mutex does. */
	SHOW(F(&pi, FUTEX_LOCK_PI | private, 0, NULL, NULL, 0));
	start(3, FUTEX_WAIT_REQUEUE_PI | private, &a, &pi);
	SHOW(F(&a, FUTEX_CMP_REQUEUE_PI | private, 1, 10, &pi, 0));
	for (int i = 0; i < 3; i++) {
		SHOW(woken);
		if (i == 0)
			SHOW(F(&pi, FUTEX_UNLOCK_PI | private, 0, NULL, NULL, 0));
		UNTIL(woken == 3);
	}
	/* The first has it now, and ends with it: the next may take it over. */
	join(3);
	printf("died %d\n", !!(pi & FUTEX_OWNER_DIED));
	pi = 0;
	pthread_create(&t[0], NULL, dies_with_pi, &private);
	pthread_join(t[0], &r);
	UNTIL(syscall(SYS_tgkill, getpid(), new_tid, 0));
	errno = 0;
	show_result("after its end", F(&pi, FUTEX_TRYLOCK_PI | private, 0, NULL, NULL, 0));
	pi = 0;
}

static void *waits_many(void *arg)
{
	struct { uint64_t val, addr; uint32_t flags, pad; } w[3] = {
		{0, (uint64_t)&a, 0x82, 0}, {0, (uint64_t)&b, 0x82, 0}, {0, (uint64_t)&pi, 0x82, 0}};

	(void)arg;
	new_tid = gettid();
	return (void *)syscall(449, w, 3, 0, NULL, 0);
}

static void vectors(void)
{
	pthread_t t;
	void *r;

	new_tid = 0;
	pthread_create(&t, NULL, waits_many, NULL);
	UNTIL(new_tid);
	until_thread_in(new_tid, 449);
	SHOW(F(&b, FUTEX_WAKE_PRIVATE, 10, NULL, NULL, 0));
	pthread_join(t, &r);
	SHOW(r);
}

/* ---- robust mutexes shared between processes ---- */

static struct shared {
	pthread_mutex_t plain, inherit;
	uint32_t word;
	atomic_int ready;
} *s;

static void dies(const char *how, int way)
{
	int pid, status;

	s->ready = 0;
	fflush(stdout);
	pid = fork();
	if (!pid) {
		pthread_mutex_lock(&s->plain);
		pthread_mutex_lock(&s->inherit);
		s->ready = 1;
		if (way == 0)
			_exit(0);
		if (way == 1)
			execl("/bin/true", "true", NULL);
		if (way == 2)
			raise(SIGTERM);
		if (way == 3)
			*(volatile int *)8 = 1;
		if (way == 4)
			syscall(SYS_exit, 0);
		for (;;)
			pause();
	}
	while (!s->ready)
		usleep(1000);
	/* Asleep, it has told the kernel all it holds; so has a native one at any time. */
	if (way >= 5)
		until_asleep(pid);
	if (way == 5)
		kill(pid, SIGTERM);
	if (way == 6)
		kill(pid, SIGKILL);
	waitpid(pid, &status, 0);
	printf("%s: status %x plain %d", how, status & 0xff7f, pthread_mutex_lock(&s->plain));
	printf(" inherit %d\n", pthread_mutex_lock(&s->inherit));
	pthread_mutex_consistent(&s->plain);
	pthread_mutex_consistent(&s->inherit);
	pthread_mutex_unlock(&s->plain);
	pthread_mutex_unlock(&s->inherit);
}

static void *ends_locked(void *arg)
{
	(void)arg;
	pthread_mutex_lock(&s->plain);
	pthread_mutex_lock(&s->inherit);
	return NULL;
}

static void robust(void)
{
	pthread_mutexattr_t attr;
	pthread_t t;

	pthread_mutexattr_init(&attr);
	pthread_mutexattr_setpshared(&attr, PTHREAD_PROCESS_SHARED);
	pthread_mutexattr_setrobust(&attr, PTHREAD_MUTEX_ROBUST);
	pthread_mutex_init(&s->plain, &attr);
	pthread_mutexattr_setprotocol(&attr, PTHREAD_PRIO_INHERIT);
	pthread_mutex_init(&s->inherit, &attr);
	dies("exit", 0);
	dies("execve", 1);
	dies("raise", 2);
	dies("fault", 3);
	dies("exit of the thread", 4);
	dies("kill", 5);
	dies("SIGKILL", 6);
	pthread_create(&t, NULL, ends_locked, NULL);
	pthread_join(t, NULL);
	SHOW(pthread_mutex_lock(&s->plain));
	SHOW(pthread_mutex_lock(&s->inherit));
}

static void between(void)
{
	int status, pid;
	struct timespec ts = {60, 0};

	fflush(stdout);
	for (int i = 0; i < 3; i++) {
		s->ready = 0;
		pid = fork();
		if (!pid) {
			s->ready = 1;
			_exit((int)F(&s->word, FUTEX_WAIT, 0, &ts, NULL, 0));
		}
		UNTIL(s->ready);
		until_asleep(pid);
	}
	SHOW(F(&s->word, FUTEX_WAKE | FUTEX_PRIVATE_FLAG, 10, NULL, NULL, 0));
	SHOW(F(&s->word, FUTEX_WAKE, 2, NULL, NULL, 0));
	SHOW(F(&s->word, FUTEX_WAKE, 2, NULL, NULL, 0));
	for (int i = 0; i < 3; i++) {
		wait(&status);
		SHOW(status);
	}
}

int main(void)
{
	setvbuf(stdout, NULL, _IOLBF, 0);
	s = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	for (int private = 0; private <= FUTEX_PRIVATE_FLAG; private += FUTEX_PRIVATE_FLAG) {
		printf("private %d\n", private);
		waking(private);
		inheriting(private);
	}
	vectors();
	between();
	robust();
	return 0;
}
