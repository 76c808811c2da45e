// SPDX-License-Identifier: GPL-2.0-or-later
/* PR_SET_TSC: rdtsc and rdtscp fault for the thread that asked, what it starts and what it executes. */
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <ucontext.h>
#include <unistd.h>

static void handler(int sig, siginfo_t *si, void *context)
{
	ucontext_t *uc = context;
	greg_t *g = uc->uc_mcontext.gregs;
	const unsigned char *code = (void *)g[REG_RIP];

	printf("  signal %d, code %d, address %p, error %llx, trap %lld, at %02x %02x\n", sig, si->si_code,
	       si->si_addr, (unsigned long long)g[REG_ERR], (long long)g[REG_TRAPNO], code[0], code[1]);
	g[REG_RIP] += code[1] == 0x31 ? 2 : 3;
}

static void read_counter(const char *when)
{
	int value = -1, ret = prctl(PR_GET_TSC, &value);

	printf("%s: %d, PR_GET_TSC %d\n", when, ret, value);
	__asm__ volatile("rdtsc" : : : "rax", "rdx");
	__asm__ volatile("rdtscp" : : : "rax", "rdx", "rcx");
}

static void *thread(void *arg)
{
	read_counter("thread");
	printf("enable: %d\n", prctl(PR_SET_TSC, PR_TSC_ENABLE));
	read_counter("thread, enabled");
	return NULL;
}

int main(int argc, char **argv)
{
	struct sigaction sa = {.sa_sigaction = handler, .sa_flags = SA_SIGINFO};
	pthread_t t;

	setbuf(stdout, NULL);
	sigaction(SIGSEGV, &sa, NULL);
	if (argc > 1) {
		read_counter("executed");
		return 0;
	}
	read_counter("start");
	printf("0: %d, 3: %d, -1: %d\n", prctl(PR_SET_TSC, 0), prctl(PR_SET_TSC, 3), prctl(PR_SET_TSC, -1));
	printf("2 and higher bits: %d\n", prctl(PR_SET_TSC, 1L << 32 | PR_TSC_SIGSEGV));
	read_counter("set");
	pthread_create(&t, NULL, thread, NULL);
	pthread_join(t, NULL);
	read_counter("main, after the thread");
	if (!fork()) {
		read_counter("child");
		_exit(0);
	}
	wait(NULL);
	printf("to nowhere: %d\n", prctl(PR_GET_TSC, 8));
	read_counter("last");
	execl("/proc/self/exe", argv[0], "again", NULL);
	return 1;
}
