// SPDX-License-Identifier: GPL-2.0-or-later
/* futex_waitv, futex_wait, futex_wake, futex_requeue; process_vm_readv and _writev of oneself. */
#include <linux/futex.h>
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/time.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <time.h>
#include "show.h"

#define WAKE(...)    syscall(454, __VA_ARGS__)
#define WAIT(...)    syscall(455, __VA_ARGS__)
#define REQUEUE(...) syscall(456, __VA_ARGS__)
#define WAITV(...)   syscall(SYS_futex_waitv, __VA_ARGS__)
#define U32	     2
#define PRIVATE	     128

struct waiter {
	uint64_t val, uaddr;
	uint32_t flags, reserved;
};

static uint32_t words[4] = {1, 2, 3, 4};

static struct waiter waiter(int i, uint64_t val)
{
	return (struct waiter){val, (uint64_t)&words[i], U32 | PRIVATE, 0};
}

static void futexes(void)
{
	struct timespec past = {1, 0}, bad = {0, 1000000000}, soon;
	struct waiter w[2] = {waiter(0, 1), waiter(1, 2)};

	clock_gettime(CLOCK_MONOTONIC, &soon);
	soon.tv_nsec += 5000000;
	soon.tv_sec += soon.tv_nsec / 1000000000;
	soon.tv_nsec %= 1000000000;
	SHOW(WAKE(words, 1, 1, U32));
	SHOW(WAKE(words, 1, 1, U32 | PRIVATE));
	SHOW(WAKE(words, 0, 1, U32));
	SHOW(WAKE(words, 1UL << 40, 1, U32));
	SHOW(WAKE(words, 1, 1, 0));
	SHOW(WAKE(words, 1, 1, U32 | 64));
	SHOW(WAKE((char *)words + 1, 1, 1, U32));
	SHOW(WAKE(8, 1, 1, U32));
	SHOW(WAKE(8, 1, 1, U32 | PRIVATE));
	SHOW(WAIT(words, 7, 1, U32, NULL, CLOCK_MONOTONIC));
	SHOW(WAIT(words, 1, 1, U32, &past, CLOCK_MONOTONIC));
	SHOW(WAIT(words, 1, 1, U32, &soon, CLOCK_MONOTONIC));
	SHOW(WAIT(words, 1, 0, U32, &past, CLOCK_MONOTONIC));
	SHOW(WAIT(words, 1, 1, U32, &past, CLOCK_BOOTTIME));
	SHOW(WAIT(words, 1, 1, U32, &bad, CLOCK_MONOTONIC));
	SHOW(WAIT(words, 1, 1, U32, 8, CLOCK_MONOTONIC));
	SHOW(WAIT(words, 1UL << 33, 1, U32, &past, CLOCK_MONOTONIC));
	SHOW(WAITV(w, 2, 0, &past, CLOCK_REALTIME));
	SHOW(WAITV(w, 0, 0, &past, CLOCK_REALTIME));
	SHOW(WAITV(w, 129, 0, &past, CLOCK_REALTIME));
	SHOW(WAITV(w, 2, 1, &past, CLOCK_REALTIME));
	SHOW(WAITV(NULL, 2, 0, &past, CLOCK_REALTIME));
	SHOW(WAITV(8, 2, 0, &past, CLOCK_REALTIME));
	SHOW(WAITV(w, 2, 0, &past, 99));
	w[1].val = 9;
	SHOW(WAITV(w, 2, 0, &past, CLOCK_REALTIME));
	w[1].reserved = 1;
	SHOW(WAITV(w, 2, 0, &past, CLOCK_REALTIME));
	w[1] = waiter(1, 2);
	w[1].flags = 0;
	SHOW(WAITV(w, 2, 0, &past, CLOCK_REALTIME));
	w[1] = waiter(1, 2);
	SHOW(REQUEUE(w, 0, 1, 1));
	SHOW(REQUEUE(w, 1, 1, 1));
	SHOW(REQUEUE(w, 0, -1, 1));
	w[0].val = 5;
	SHOW(REQUEUE(w, 0, 1, 1));
}

static volatile int ticks;

static void on_alarm(int sig)
{
	/* The second time the word has changed, so that a call that was begun again ends. */
	if (++ticks == 2)
		words[0] = 100;
}

static void *waker(void *arg)
{
	long ret;

	do {
		usleep(2000);
		ret = WAKE(&words[1], ~0U, 1, U32 | PRIVATE);
	} while (!ret);
	return (void *)ret;
}

static void waiting(void)
{
	struct itimerval it = {{0, 10000}, {0, 10000}}, off = {{0, 0}, {0, 0}};
	struct sigaction sa = {.sa_handler = on_alarm, .sa_flags = SA_RESTART};
	struct waiter w[2] = {waiter(0, 1), waiter(1, 2)};
	pthread_t thread;
	void *ret;

	sigaction(SIGALRM, &sa, NULL);
	setitimer(ITIMER_REAL, &it, NULL);
	SHOW(WAIT(words, 1, 1, U32, NULL, 0));
	setitimer(ITIMER_REAL, &off, NULL);
	SHOW(ticks);
	sa.sa_flags = 0;
	sigaction(SIGALRM, &sa, NULL);
	setitimer(ITIMER_REAL, &it, NULL);
	SHOW(WAIT(words, 100, 1, U32, NULL, 0));
	setitimer(ITIMER_REAL, &off, NULL);
	w[0].val = 100;
	pthread_create(&thread, NULL, waker, NULL);
	SHOW(WAITV(w, 2, 0, NULL, 0));
	pthread_join(thread, &ret);
	SHOW(ret);
}

static void process_vm(void)
{
	char *p = mmap(NULL, 4 * 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	char buf[10000] = "";
	struct iovec local[2] = {{buf, 5}, {buf + 100, 5000}}, remote[2] = {{p + 4090, 6}, {p + 4096, 5000}};
	int status;
	pid_t pid;

	munmap(p + 3 * 4096, 4096);
	strcpy(p + 4090, "hello, process");
	SHOW(process_vm_readv(getpid(), local, 2, remote, 2, 0));
	printf("%s %s\n", buf, buf + 100);
	memcpy(buf, "HELLO", 5);
	SHOW(process_vm_writev(getpid(), local, 1, remote, 2, 0));
	puts(p + 4090);
	remote[0] = (struct iovec){p + 3 * 4096 - 3, 100};
	SHOW(process_vm_readv(getpid(), local, 2, remote, 1, 0));
	remote[0].iov_base = p + 3 * 4096;
	SHOW(process_vm_readv(getpid(), local, 2, remote, 1, 0));
	mprotect(p, 4096, PROT_READ);
	remote[0] = (struct iovec){p, 10};
	SHOW(process_vm_writev(getpid(), local, 1, remote, 1, 0));
	SHOW(process_vm_readv(getpid(), local, 1, remote, 1, 0));
	SHOW(process_vm_readv(getpid(), local, 1, remote, 1, 1));
	SHOW(process_vm_readv(getpid(), local, 0, remote, 1, 0));
	SHOW(process_vm_readv(getpid(), local, 1, remote, 0, 0));
	SHOW(process_vm_readv(getpid(), (void *)8, 1, remote, 1, 0));
	SHOW(process_vm_readv(getpid(), local, 1, (void *)8, 1, 0));
	SHOW(process_vm_readv(getpid(), local, 1025, remote, 1, 0));
	SHOW(process_vm_readv(0x3fffffff, local, 1, remote, 1, 0));
	SHOW(process_vm_readv(-1, local, 1, remote, 1, 0));
	local[0].iov_base = (void *)8;
	SHOW(process_vm_readv(getpid(), local, 1, remote, 1, 0));
	pid = fork();
	if (!pid) {
		SHOW(process_vm_readv(getpid(), local + 1, 1, remote, 1, 0));
		_exit(0);
	}
	waitpid(pid, &status, 0);
}

int main(void)
{
	setvbuf(stdout, NULL, _IONBF, 0);
	futexes();
	waiting();
	process_vm();
	return 0;
}
