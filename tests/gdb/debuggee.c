// SPDX-License-Identifier: GPL-2.0-or-later
/* What the gdb sessions look at: argv[1] says what happens. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

struct point {
	int x, y;
	double weight;
	char name[16];
};

volatile int counter, flag, spinning;
struct point origin = {1, 2, 2.5, "origin"};
__thread int per_thread = 7;
static pthread_barrier_t barrier;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t moved = PTHREAD_COND_INITIALIZER;
static int turn = 1;
volatile char *page;

static __attribute__((noinline)) int leaf(int n)
{
	counter += n;
	return counter * 2;
}

static __attribute__((noinline)) int middle(int n)
{
	int a = leaf(n);
	int b = leaf(n + 1);

	return a + b;
}

static __attribute__((noinline)) double floating(double a, double b)
{
	double c = a * b;

	return c + 0.5;
}

static __attribute__((noinline)) int until_here(int n)
{
	int sum = 0;

	for (int i = 0; i < n; i++)
		sum += i;
	return sum;
}

static __attribute__((noinline)) void met(int who)
{
	per_thread += who;
}

static void *worker(void *arg)
{
	int who = (int)(intptr_t)arg;
	char name[16];

	snprintf(name, sizeof(name), "worker-%d", who);
	pthread_setname_np(pthread_self(), name);
	pthread_barrier_wait(&barrier);
	if (who == 1)
		usleep(100000); /* till the others wait, too */
	/* One after the other, in a known order. */
	pthread_mutex_lock(&lock);
	while (turn != who)
		pthread_cond_wait(&moved, &lock);
	pthread_mutex_unlock(&lock);
	met(who);
	pthread_mutex_lock(&lock);
	turn++;
	pthread_cond_broadcast(&moved);
	pthread_mutex_unlock(&lock);
	return NULL;
}

static int threads(void)
{
	pthread_t t[2];

	pthread_barrier_init(&barrier, NULL, 3);
	for (intptr_t i = 0; i < 2; i++)
		pthread_create(&t[i], NULL, worker, (void *)(i + 1));
	pthread_barrier_wait(&barrier);
	for (int i = 0; i < 2; i++)
		pthread_join(t[i], NULL);
	met(10);
	return per_thread;
}

static __attribute__((noinline)) void handled(int sig)
{
	flag += sig;
}

static void handler(int sig, siginfo_t *info, void *context)
{
	handled(sig);
}

static int signals(void)
{
	struct sigaction sa = {.sa_sigaction = handler, .sa_flags = SA_SIGINFO};
	union sigval value = {.sival_int = 1234};

	sigaction(SIGUSR1, &sa, NULL);
	sigaction(SIGUSR2, &sa, NULL);
	kill(getpid(), SIGUSR1);
	sigqueue(getpid(), SIGUSR2, value);
	raise(SIGALRM); /* the default action would end it */
	return flag;
}

static __attribute__((noinline)) void in_child(void)
{
	counter = 100;
}

static __attribute__((noinline)) void in_parent(void)
{
	counter = 200;
}

static int forks(int vfork_it, const char *self)
{
	int status = 0, pid = vfork_it ? vfork() : fork();

	if (!pid) {
		if (vfork_it) {
			execl(self, self, "plain", NULL);
			_exit(127);
		}
		in_child();
		_exit(5);
	}
	in_parent();
	waitpid(pid, &status, 0);
	return WEXITSTATUS(status) + 1;
}

static int calls(void)
{
	char buf[8] = "";
	int fd = open("/dev/zero", O_RDONLY);
	ssize_t n = read(fd, buf, sizeof(buf));

	close(fd);
	errno = 0;
	syscall(SYS_close, -1);
	return (int)n + (errno == EBADF);
}

static __attribute__((noinline)) int touch_page(void)
{
	int seen = page[100];

	page[100] = 1;
	page[200] = 2; /* the same page, not watched */
	seen += page[100];
	memset((char *)page + 96, 3, 16);
	return seen;
}

static int watches(void)
{
	int seen;

	page = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	seen = touch_page();
	origin.x = 5;
	origin.x = 5;
	origin.x = 6;
	return seen + origin.x;
}

static int spin(void)
{
	spinning = 1;
	while (!flag)
		counter++;
	return 4;
}

static int sleeps(void)
{
	struct timespec ts = {30, 0};

	spinning = 1;
	while (!flag)
		nanosleep(&ts, NULL);
	return 6;
}

static int crash(void)
{
	*(volatile int *)(uintptr_t)0x123 = 1;
	return 0;
}

int main(int argc, char **argv)
{
	const char *what = argc > 1 ? argv[1] : "plain";
	int ret = 3;

	if (!strcmp(what, "threads"))
		ret = threads();
	else if (!strcmp(what, "signals"))
		ret = signals();
	else if (!strcmp(what, "fork") || !strcmp(what, "vfork"))
		ret = forks(*what == 'v', argv[0]);
	else if (!strcmp(what, "calls"))
		ret = calls();
	else if (!strcmp(what, "watch"))
		ret = watches();
	else if (!strcmp(what, "spin"))
		ret = spin();
	else if (!strcmp(what, "sleep"))
		ret = sleeps();
	else if (!strcmp(what, "crash"))
		ret = crash();
	else if (!strcmp(what, "exec"))
		execl(argv[0], argv[0], "plain", NULL);
	else {
		ret = middle(counter + 1);
		ret += (int)floating(1.5, 4.0) + until_here(4);
	}
	printf("%s: %d\n", what, ret);
	return ret & 127;
}
