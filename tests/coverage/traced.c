// SPDX-License-Identifier: GPL-2.0-or-later
// What itrace.py traces: work() and handler() do what is hard to trace. The same each time, so that ptrace can be the referee.
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

void handler(int sig);
long work(long n, char *where);

static char from[300] = "abcdefgh", to[300];
static sigjmp_buf back;

__attribute__((noinline)) void handler(int sig)
{
	to[0]++;
	siglongjmp(back, 1);
}

__attribute__((noinline)) long work(long n, char *where)
{
	long sum = 0, ret, count = 100;
	void *src = from, *dst = to;

	for (long i = 0; i < n; i++)
		sum += i * 3;
	asm volatile("rep movsb" : "+S"(src), "+D"(dst), "+c"(count)::"memory");
	count = 0;
	asm volatile("rep stosb" : "+D"(dst), "+c"(count) : "a"(0) : "memory");
	count = 8;
	dst = to;
	asm volatile("repne scasb" : "+D"(dst), "+c"(count) : "a"('e') : "memory", "cc");
	asm volatile("syscall" : "=a"(ret) : "0"(SYS_close), "D"(-1L) : "rcx", "r11", "memory");
	asm volatile("cvtsi2sd %1, %%xmm1; addsd %%xmm1, %%xmm1; cvttsd2si %%xmm1, %0" : "=r"(sum) : "r"(sum) : "xmm1");
	asm volatile("push %0; lea 1f(%%rip), %0; jmp *%0; nop; 1: pop %0; xor %%edx, %%edx" : "+r"(sum)::"rdx");
	*where = (char)sum;
	return sum + ret;
}

static void *thread(void *arg)
{
	work(3, arg);
	return NULL;
}

int main(int argc, char **argv)
{
	pthread_t t;
	char c;

	if (argc > 1) {
		pthread_create(&t, NULL, thread, &c);
		work(2, &c);
		pthread_join(t, NULL);
		return 0;
	}
	signal(SIGSEGV, handler);
	work(5, &c);
	if (!sigsetjmp(back, 1))
		work(1, (char *)8);
	return 0;
}
