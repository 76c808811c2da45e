// SPDX-License-Identifier: GPL-2.0-or-later
/* Restartable sequences: registering, the CPU's number, aborts by signals and by other threads, bad structures. */
#include <elf.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/auxv.h>
#include <sys/rseq.h>
#include <sys/time.h>
#include <sys/wait.h>
#include "show.h"

#define SIG 0x53053053

struct area {
	uint32_t cpu_id_start, cpu_id;
	uint64_t cs;
	uint32_t flags, node_id, mm_cid, pad;
} __attribute__((aligned(32)));

struct cs {
	uint32_t version, flags;
	uint64_t start, length, abort;
} __attribute__((aligned(32)));

static __thread struct area area;

static long rseq(void *p, unsigned len, int flags, unsigned sig) { return syscall(SYS_rseq, p, len, flags, sig); }

/* libc has registered its own for this thread. */
static void leave_libc(void)
{
	if (__rseq_size)
		rseq((char *)__builtin_thread_pointer() + __rseq_offset, 32, 1, SIG);
}

static void registering(void)
{
	static char page[8192] __attribute__((aligned(64)));
	void *libc = (char *)__builtin_thread_pointer() + __rseq_offset;

	printf("libc: size %u flags %u auxv %ld %ld\n", __rseq_size, __rseq_flags, getauxval(27), getauxval(28));
	SHOW(rseq(libc, 32, 0, SIG));
	SHOW(rseq(libc, 32, 0, 1));
	SHOW(rseq(&area, 32, 0, SIG));
	SHOW(rseq(&area, 32, 1, SIG));
	SHOW(rseq(libc, 33, 1, SIG));
	SHOW(rseq(libc, 32, 1, 1));
	SHOW(rseq(libc, 32, 3, SIG));
	SHOW(rseq(libc, 32, 1, SIG));
	SHOW(((struct area *)libc)->cpu_id);
	SHOW(rseq(libc, 32, 1, SIG));
	SHOW(rseq(page + 16, 32, 0, SIG));
	SHOW(rseq(page, 31, 0, SIG));
	SHOW(rseq(page, 28, 0, SIG));
	SHOW(rseq(page, 32, 2, SIG));
	SHOW(rseq((void *)0x1000, 32, 0, SIG));
	SHOW(rseq((void *)0xffff800000000000, 32, 0, SIG));
	SHOW(rseq(page + 64, 64, 0, SIG));
	SHOW(rseq(page + 64, 32, 1, SIG));
	SHOW(rseq(page + 64, 64, 1, SIG));
	area.cs = 1234;
	SHOW(rseq(&area, 32, 0, SIG));
	printf("cs %lx started %d\n", area.cs, area.cpu_id_start == area.cpu_id);
}

static void cpus(void)
{
	cpu_set_t all, one;
	int wrong = 0;

	sched_getaffinity(0, sizeof(all), &all);
	for (int i = 0; i < CPU_SETSIZE; i++) {
		if (!CPU_ISSET(i, &all))
			continue;
		CPU_ZERO(&one);
		CPU_SET(i, &one);
		sched_setaffinity(0, sizeof(one), &one);
		wrong += (int)area.cpu_id != i || (int)area.cpu_id_start != i;
	}
	sched_setaffinity(0, sizeof(all), &all);
	printf("wrong numbers %d\n", wrong);
}

/*
 * Spins in a sequence until it is aborted: 1. Without an abort it would commit after @n rounds: 0.
 */
static __attribute__((noipa)) long spin(struct area *a, unsigned long n)
{
	long ret;

	__asm__ volatile(
		".pushsection .data.rseq_cs, \"aw\"\n .balign 32\n"
		"3: .long 0, 0\n .quad 1f, 2f - 1f, 4f\n .popsection\n"
		"lea 3b(%%rip), %%rax\n mov %%rax, 8(%1)\n"
		"1: dec %2\n jnz 1b\n mov $0, %0\n"
		"2: jmp 5f\n"
		".byte 0x0f, 0xb9, 0x3d\n .long 0x53053053\n"
		"4: mov $1, %0\n"
		"5:\n"
		: "=&r"(ret), "+r"(a), "+r"(n) : : "rax", "memory", "cc");
	return ret;
}

static volatile int alarms, in_sequence;

static void on_alarm(int sig)
{
	(void)sig;
	alarms++;
	in_sequence += area.cs != 0;
}

static void signals(void)
{
	struct itimerval it = {{0, 2000}, {0, 2000}}, off = {{0, 0}, {0, 0}};
	int aborted = 0;

	signal(SIGALRM, on_alarm);
	setitimer(ITIMER_REAL, &it, NULL);
	for (int i = 0; i < 10; i++)
		aborted += (int)spin(&area, ~0UL);
	setitimer(ITIMER_REAL, &off, NULL);
	/* By other processes' turns, too, natively. */
	printf("aborted %d, still marked %d\n", aborted, in_sequence);
	/* Natively another process may have its turn just then. */
	for (int i = 0; i < 100 && (!i || aborted); i++)
		aborted = (int)spin(&area, 10);
	printf("not disturbed %d, cs %d\n", aborted, area.cs != 0);
	sched_yield();
}

/* Counters by CPU, incremented without atomic instructions. */
static struct { unsigned long n; char pad[56]; } counter[1024];
#define ROUNDS 200000

static __attribute__((noipa)) long increment(struct area *a)
{
	long ret;

	__asm__ volatile(
		".pushsection .data.rseq_cs, \"aw\"\n .balign 32\n"
		"3: .long 0, 0\n .quad 1f, 2f - 1f, 4f\n .popsection\n"
		"lea 3b(%%rip), %%rax\n mov %%rax, 8(%1)\n"
		"1: mov 4(%1), %%ecx\n shl $6, %%rcx\n lea %2, %%rdx\n add %%rcx, %%rdx\n"
		"mov (%%rdx), %%rcx\n inc %%rcx\n mov $0, %0\n mov %%rcx, (%%rdx)\n"
		"2: jmp 5f\n"
		".byte 0x0f, 0xb9, 0x3d\n .long 0x53053053\n"
		"4: mov $1, %0\n"
		"5:\n"
		: "=&r"(ret), "+r"(a) : "m"(counter) : "rax", "rcx", "rdx", "memory", "cc");
	return ret;
}

static void *counts(void *arg)
{
	(void)arg;
	leave_libc();
	if (rseq(&area, 32, 0, SIG))
		puts("a thread cannot register");
	for (int i = 0; i < ROUNDS; i++)
		while (increment(&area))
			;
	return (void *)rseq(&area, 32, 1, SIG);
}

static void threads(void)
{
	unsigned long sum = 0;
	pthread_t t[4];
	void *ret;

	for (int i = 0; i < 4; i++)
		pthread_create(&t[i], NULL, counts, NULL);
	for (int i = 0; i < 4; i++) {
		pthread_join(t[i], &ret);
		sum += (unsigned long)ret;
	}
	for (int i = 0; i < 1024; i++)
		sum += counter[i].n;
	printf("sum %lu\n", sum);
}

static void child(const char *what, struct cs *cs, uint64_t addr, unsigned flags)
{
	struct itimerval it = {{0, 2000}, {0, 2000}};
	int status, pid;

	fflush(stdout);
	pid = fork();
	if (!pid) {
		setitimer(ITIMER_REAL, &it, NULL);
		area.cs = addr ? addr : (uint64_t)cs;
		area.flags = flags;
		alarms = 0;
		while (!alarms)
			;
		_exit(area.cs != 0);
	}
	waitpid(pid, &status, 0);
	printf("%s: status %x\n", what, status & 0xff7f);
}

static void bad(void)
{
	extern const char etext[];
	struct cs good = {0, 0, 0x1000, 16, 0x2000}, cs;
	static uint32_t wrong_sig[2];

	(void)etext;
	wrong_sig[0] = 1;
	child("none", NULL, 0, 0);
	cs = good;
	child("no signature to read", &cs, 0, 0);
	cs.abort = (uint64_t)&wrong_sig[1];
	child("wrong signature", &cs, 0, 0);
	wrong_sig[0] = SIG;
	child("elsewhere", &cs, 0, 0);
	cs.version = 1;
	child("version", &cs, 0, 0);
	cs.version = 0;
	cs.start = ~0UL - 4;
	child("start beyond", &cs, 0, 0);
	cs.start = cs.abort - 8;
	child("abort within", &cs, 0, 0);
	child("unmapped", NULL, 0x10, 0);
	child("in the kernel", NULL, 0xffff888000000000, 0);
	cs.start = 0x400000;
	cs.length = 0x40000;
	cs.flags = 1;
	child("flags", &cs, 0, 0);
	cs.flags = 0;
	child("flags of the thread", &cs, 0, 1);
}

int main(void)
{
	int status;

	setvbuf(stdout, NULL, _IOLBF, 0);
	registering();
	cpus();
	signals();
	fflush(stdout);
	if (!fork()) {
		SHOW(rseq(&area, 32, 0, SIG)); /* a child has its parent's */
		_exit(0);
	}
	wait(&status);
	threads();
	bad();
	return 0;
}
