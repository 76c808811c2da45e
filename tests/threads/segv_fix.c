// SPDX-License-Identifier: GPL-2.0-or-later
/* A handler of SIGSEGV that mends the fault by mprotect and returns, as garbage collectors do; also in
 * threads, with an alternate stack, and with SIGBUS of a file that was too short. */
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#define PAGES 64
static char *area[5], *file;
static int fd, faults[5], bus, wrong_code;

static void on_segv(int sig, siginfo_t *info, void *ctx)
{
	char *p = info->si_addr;

	(void)ctx;
	if (sig == SIGBUS) {
		bus++;
		ftruncate(fd, PAGES * 4096);
		return;
	}
	for (int i = 0; i < 5; i++) {
		if (p >= area[i] && p < area[i] + PAGES * 4096) {
			faults[i]++;
			wrong_code += info->si_code != SEGV_ACCERR;
			mprotect((void *)((long)p & -4096), 4096, PROT_READ | PROT_WRITE);
			return;
		}
	}
	_exit(99);
}

static void *touch(void *arg)
{
	char *base = arg;
	long sum = 0;
	stack_t ss = {.ss_sp = malloc(65536), .ss_size = 65536};

	sigaltstack(&ss, NULL);
	for (int round = 0; round < 5; round++) {
		for (int i = 0; i < PAGES; i++) {
			*(volatile long *)(base + i * 4096 + 8 * i) += i;
			sum += *(volatile long *)(base + i * 4096 + 8 * i);
		}
		mprotect(base, PAGES * 4096, round & 1 ? PROT_NONE : PROT_READ);
	}
	return (void *)sum;
}

int main(void)
{
	struct sigaction sa = {.sa_sigaction = on_segv, .sa_flags = SA_SIGINFO | SA_ONSTACK};
	char name[] = "short-file";
	pthread_t t[4];
	void *sum;

	sigaction(SIGSEGV, &sa, NULL);
	sigaction(SIGBUS, &sa, NULL);
	for (int i = 0; i < 5; i++)
		area[i] = mmap(NULL, PAGES * 4096, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	sum = touch(area[4]);
	printf("main: %ld faults %d\n", (long)sum, faults[4]);
	for (int i = 0; i < 4; i++)
		pthread_create(&t[i], NULL, touch, area[i]);
	for (int i = 0; i < 4; i++) {
		pthread_join(t[i], &sum);
		printf("thread: %ld faults %d\n", (long)sum, faults[i]);
	}
	fd = open(name, O_RDWR | O_CREAT, 0600);
	unlink(name);
	file = mmap(NULL, PAGES * 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	file[10 * 4096] = 'x';
	printf("file: %c bus %d wrong %d\n", file[10 * 4096], bus, wrong_code);
	return 0;
}
