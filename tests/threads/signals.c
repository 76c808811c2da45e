// SPDX-License-Identifier: GPL-2.0-or-later
/* Signals and threads: who gets which, sigwait, timers that make threads, storms of timers. */
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

static pthread_t threads[4];
static volatile sig_atomic_t got[4], elsewhere;
static volatile int ready, stop;

static void count(int sig, siginfo_t *info, void *ctx)
{
	(void)sig, (void)info, (void)ctx;
	for (int i = 0; i < 4; i++) {
		if (pthread_equal(pthread_self(), threads[i])) {
			got[i]++;
			return;
		}
	}
	elsewhere++;
}

static void handle(int sig, void (*fn)(int, siginfo_t *, void *), int flags)
{
	struct sigaction sa = {.sa_sigaction = fn, .sa_flags = SA_SIGINFO | flags};

	sigaction(sig, &sa, NULL);
}

static void *pauses(void *arg)
{
	(void)arg;
	__sync_fetch_and_add(&ready, 1);
	while (!stop)
		usleep(1000);
	return NULL;
}

static void *computes(void *arg)
{
	(void)arg;
	__sync_fetch_and_add(&ready, 1);
	while (!stop)
		;
	return NULL;
}

/* A signal sent to a thread reaches that thread, each of them once, whether it computes or sleeps. */
static void to_threads(void)
{
	handle(SIGUSR1, count, SA_RESTART);
	for (int i = 0; i < 4; i++)
		pthread_create(&threads[i], NULL, i % 2 ? computes : pauses, NULL);
	while (ready < 4)
		usleep(100);
	for (int n = 1; n <= 50; n++) {
		for (int i = 0; i < 4; i++)
			pthread_kill(threads[i], SIGUSR1);
		for (int i = 0; i < 4; i++) {
			while (got[i] < n)
				usleep(50);
		}
	}
	stop = 1;
	for (int i = 0; i < 4; i++)
		pthread_join(threads[i], NULL);
	printf("to threads: %d %d %d %d elsewhere %d\n", got[0], got[1], got[2], got[3], elsewhere);
	memset(threads, 0, sizeof(threads));
}

static void *waits(void *arg)
{
	sigset_t *set = arg;
	siginfo_t info;
	long sum = 0;

	for (;;) {
		/* The lowest number first, each in its order, so the end comes last. */
		if (sigwaitinfo(set, &info) == SIGRTMAX && info.si_value.sival_int < 0)
			return (void *)sum;
		sum += info.si_value.sival_int;
	}
}

/* Blocked everywhere and taken by one: the usual way. */
static void sigwait_thread(void)
{
	sigset_t set, old;
	pthread_t t;
	void *sum;
	struct timespec ts = {.tv_nsec = 5000000};

	sigemptyset(&set);
	sigaddset(&set, SIGRTMIN);
	sigaddset(&set, SIGRTMAX);
	pthread_sigmask(SIG_BLOCK, &set, &old);
	pthread_create(&t, NULL, waits, &set);
	for (int i = 1; i <= 100; i++) {
		union sigval value = {.sival_int = i};

		sigqueue(getpid(), i & 1 ? SIGRTMIN : SIGRTMAX, value);
		pthread_sigqueue(t, SIGRTMIN, value);
	}
	sigqueue(getpid(), SIGRTMAX, (union sigval){.sival_int = -1});
	pthread_join(t, &sum);
	printf("sigwait: %ld\n", (long)sum);
	errno = 0;
	printf("sigtimedwait: %d ", sigtimedwait(&set, NULL, &ts));
	printf("%s\n", strerror(errno));
	raise(SIGRTMIN);
	printf("pending: %d\n", sigtimedwait(&set, NULL, &ts) == SIGRTMIN);
	pthread_sigmask(SIG_SETMASK, &old, NULL);
}

/* To the process: a thread that has it open gets it, though the leader blocks it. */
static volatile pthread_t taker;
static volatile int taken;

static void take(int sig, siginfo_t *info, void *ctx)
{
	(void)sig, (void)info, (void)ctx;
	taker = pthread_self();
	taken++;
}

static void *opens(void *arg)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGUSR2);
	pthread_sigmask(SIG_UNBLOCK, &set, NULL);
	while (taken < *(int *)arg)
		usleep(500);
	return NULL;
}

static void to_process(void)
{
	int want = 20;
	sigset_t set;
	pthread_t t;

	handle(SIGUSR2, take, SA_RESTART);
	sigemptyset(&set);
	sigaddset(&set, SIGUSR2);
	pthread_sigmask(SIG_BLOCK, &set, NULL);
	pthread_create(&t, NULL, opens, &want);
	for (int i = 1; i <= want; i++) {
		kill(getpid(), SIGUSR2);
		while (taken < i)
			usleep(50);
	}
	pthread_join(t, NULL);
	printf("to the process: %d, by the thread %d\n", taken, pthread_equal(taker, t));
	pthread_sigmask(SIG_UNBLOCK, &set, NULL);
}

static volatile int ticks;

static void tick(union sigval value)
{
	__sync_fetch_and_add(&ticks, value.sival_int);
}

static void on_tick(int sig, siginfo_t *info, void *ctx)
{
	(void)sig, (void)ctx;
	ticks += info->si_code == SI_TIMER && info->si_value.sival_int == 5;
}

static timer_t start_timer(struct sigevent *ev, long us)
{
	struct itimerspec its = {{0, us * 1000}, {0, us * 1000}};
	timer_t id;

	if (timer_create(CLOCK_MONOTONIC, ev, &id) || timer_settime(id, 0, &its, NULL))
		perror("timer");
	return id;
}

static void timers(void)
{
	struct sigevent ev = {.sigev_notify = SIGEV_THREAD, .sigev_notify_function = tick, .sigev_value.sival_int = 1};
	timer_t id = start_timer(&ev, 2000);

	while (ticks < 10)
		usleep(500);
	timer_delete(id);
	usleep(5000);
	puts("SIGEV_THREAD: ten ticks");
	ticks = 0;
	handle(SIGRTMIN + 2, on_tick, 0);
	memset(&ev, 0, sizeof(ev));
	ev.sigev_notify = SIGEV_THREAD_ID;
	ev.sigev_signo = SIGRTMIN + 2;
	ev.sigev_value.sival_int = 5;
	ev._sigev_un._tid = gettid();
	id = start_timer(&ev, 1000);
	while (ticks < 20)
		pause();
	timer_delete(id);
	puts("SIGEV_THREAD_ID: twenty ticks");
}

static volatile long alarms, virt, prof;

static void on_alarm(int sig, siginfo_t *info, void *ctx)
{
	(void)info, (void)ctx;
	if (sig == SIGALRM)
		alarms++;
	else if (sig == SIGVTALRM)
		virt++;
	else
		prof++;
}

static __attribute__((noipa)) double work(long n)
{
	double s = 0;

	for (long i = 1; i <= n; i++)
		s += 1.0 / (double)i;
	return s;
}

/* Handlers at every moment must not change what the program computes. */
static void storm(void)
{
	struct itimerval often = {{0, 500}, {0, 500}}, off = {0};
	double calm = work(200000);
	int wrong = 0, rounds = 0;
	timer_t ids[4];

	handle(SIGALRM, on_alarm, SA_RESTART);
	handle(SIGVTALRM, on_alarm, SA_RESTART);
	handle(SIGPROF, on_alarm, SA_RESTART);
	setitimer(ITIMER_REAL, &often, NULL);
	setitimer(ITIMER_VIRTUAL, &often, NULL);
	setitimer(ITIMER_PROF, &often, NULL);
	for (int i = 0; i < 4; i++) {
		struct sigevent ev = {.sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGRTMIN + 2,
				      .sigev_value.sival_int = 5};

		ids[i] = start_timer(&ev, 700 + 100 * i);
	}
	ticks = 0;
	while ((alarms < 100 || virt < 5 || prof < 5 || ticks < 100) && rounds < 5000) {
		char *p = malloc(1000 + (size_t)rounds);

		memset(p, rounds, 1000);
		wrong += work(200000) != calm;
		free(p);
		rounds++;
	}
	setitimer(ITIMER_REAL, &off, NULL);
	setitimer(ITIMER_VIRTUAL, &off, NULL);
	setitimer(ITIMER_PROF, &off, NULL);
	for (int i = 0; i < 4; i++)
		timer_delete(ids[i]);
	if (rounds == 5000)
		printf("alarms %ld virtual %ld profiling %ld timers %d\n", alarms, virt, prof, ticks);
	printf("storm: enough %d wrong %d\n", rounds < 5000, wrong);
}

static void *blocked_reader(void *arg)
{
	char c;
	long n = read(((int *)arg)[0], &c, 1);

	return (void *)(n < 0 ? -errno : n);
}

static void ignore_it(int sig, siginfo_t *info, void *ctx)
{
	(void)sig, (void)info, (void)ctx;
}

/* A thread's blocking call is interrupted by its signal only, and again it is the thread's. */
static void interrupts(void)
{
	int fds[2];
	pthread_t t;
	void *r;

	pipe(fds);
	handle(SIGURG, ignore_it, 0);
	pthread_create(&t, NULL, blocked_reader, fds);
	/* A thread that has not come to its read yet would not notice the first. */
	do {
		usleep(20000);
		pthread_kill(t, SIGURG);
	} while (pthread_tryjoin_np(t, &r));
	printf("read without SA_RESTART: %ld\n", (long)r);
	handle(SIGURG, ignore_it, SA_RESTART);
	pthread_create(&t, NULL, blocked_reader, fds);
	usleep(20000);
	pthread_kill(t, SIGURG);
	usleep(20000);
	write(fds[1], "x", 1);
	pthread_join(t, &r);
	printf("read with SA_RESTART: %ld\n", (long)r);
}

int main(void)
{
	setvbuf(stdout, NULL, _IOLBF, 0);
	to_threads();
	sigwait_thread();
	to_process();
	timers();
	storm();
	interrupts();
	return 0;
}
