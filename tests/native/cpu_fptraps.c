// SPDX-License-Identifier: GPL-2.0-or-later
/* SSE's exceptions, unmasked: which signal, where, and that the instruction has changed nothing but MXCSR. */
#define _GNU_SOURCE
#include <fenv.h>
#include <float.h>
#include <math.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <ucontext.h>
#include <unistd.h>
#include "mxcsr.h"

static sigjmp_buf back;

static void on_fpe(int sig, siginfo_t *info, void *context)
{
	ucontext_t *uc = context;
	greg_t *regs = uc->uc_mcontext.gregs;
	struct _libc_fpstate *fp = uc->uc_mcontext.fpregs;
	uint64_t low;

	memcpy(&low, &fp->_xmm[0], sizeof(low));
	printf("  signal %d code %d, addr is rip %d, trap %lld err %lld, mxcsr %x in the frame, %x here\n",
	       sig, info->si_code, (greg_t)info->si_addr == regs[REG_RIP], regs[REG_TRAPNO], regs[REG_ERR],
	       fp->mxcsr, mxcsr());
	printf("  xmm0 %016llx rax %llx flags %llx\n", (unsigned long long)low, regs[REG_RAX],
	       regs[REG_EFL] & 0x8d5);
	siglongjmp(back, 1);
}

/* @code computes with xmm0 and xmm1. */
#define TRY(what, masks, code, a, b)                                                                         \
	do {                                                                                                 \
		double in[2] = {(a), (b)};                                                                   \
		printf("%s\n", what);                                                                        \
		if (!sigsetjmp(back, 1)) {                                                                   \
			set_mxcsr(masks);                                                                    \
			__asm__ volatile("movsd %0, %%xmm0; movsd %1, %%xmm1; mov $0x77, %%eax; stc;" code   \
					 :                                                                   \
					 : "m"(in[0]), "m"(in[1])                                            \
					 : "xmm0", "xmm1", "rax", "cc");                                     \
			printf("  nothing, %x\n", mxcsr());                                                  \
		}                                                                                            \
		set_mxcsr(0x1f80);                                                                           \
	} while (0)

static void instructions(void)
{
	const double snan = __builtin_nans(""), qnan = __builtin_nan("");

	TRY("division by zero", 0x1d80, "divsd %%xmm1, %%xmm0", 1, 0);
	TRY("none", 0x1d80, "divsd %%xmm1, %%xmm0", 1, 3);
	TRY("another is unmasked", 0x1d80, "mulsd %%xmm1, %%xmm0", DBL_MAX, 2);
	TRY("invalid", 0x1f00, "divsd %%xmm1, %%xmm0", 0, 0);
	TRY("invalid, quiet", 0x1f00, "addsd %%xmm1, %%xmm0", qnan, 0);
	TRY("signalling", 0x1f00, "addsd %%xmm1, %%xmm0", 1, snan);
	TRY("square root", 0x1f00, "sqrtsd %%xmm1, %%xmm0", 1, -1);
	TRY("overflow", 0x1b80, "mulsd %%xmm1, %%xmm0", DBL_MAX, 1.1);
	TRY("underflow", 0x1780, "mulsd %%xmm1, %%xmm0", DBL_MIN * 1.1, 0x1.234p-9);
	TRY("inexact", 0x0f80, "divsd %%xmm1, %%xmm0", 1, 3);
	TRY("all", 0, "divsd %%xmm1, %%xmm0", 1, 0);
	TRY("sticky from before", 0x1d80 | 4, "divsd %%xmm1, %%xmm0", 1, 3);
	TRY("sticky and again", 0x1d80 | 4, "divsd %%xmm1, %%xmm0", 1, 0);
	TRY("to a register", 0x1f00, "cvtsd2si %%xmm1, %%eax", 1, 1e300);
	TRY("compared", 0x1f00, "comisd %%xmm1, %%xmm0", 1, qnan);
	TRY("compared, quietly", 0x1f00, "ucomisd %%xmm1, %%xmm0", 1, qnan);
	TRY("less", 0x1f00, "cmpltsd %%xmm1, %%xmm0", 1, qnan);
	TRY("maximum", 0x1f00, "maxsd %%xmm1, %%xmm0", 1, qnan);
	TRY("to float", 0x1b80, "cvtsd2ss %%xmm1, %%xmm0", 1, 1e300);
	TRY("rounded", 0x0f80, "roundsd $1, %%xmm1, %%xmm0", 1, 1.5);
	TRY("rounded quietly", 0x0f80, "roundsd $9, %%xmm1, %%xmm0", 1, 1.5);
	TRY("packed", 0x1d80, "movddup %%xmm1, %%xmm1; divpd %%xmm1, %%xmm0", 1, 0);
	TRY("from memory", 0x1f00, "push $0; divsd (%%rsp), %%xmm1; pop %%rcx", 1, 0);
	TRY("moved", 0, "movapd %%xmm1, %%xmm0; andpd %%xmm1, %%xmm0", 1, snan);
}

/* The load that unmasks and the division in one piece of straight code, of which nothing may happen twice. */
static void at_once(void)
{
	static uint64_t count;
	uint32_t open = 0x1d80;
	double in[2] = {1, 0};

	if (!sigsetjmp(back, 1))
		__asm__ volatile("movsd %1, %%xmm0; incq %0; ldmxcsr %3; incq %0; divsd %2, %%xmm0; incq %0"
				 : "+m"(count)
				 : "m"(in[0]), "m"(in[1]), "m"(open)
				 : "xmm0", "cc");
	set_mxcsr(0x1f80);
	printf("counted to %llu\n", (unsigned long long)count);
}

static void *thread(void *arg)
{
	volatile double x = 1, zero = 0;

	printf("a thread inherits %x\n", fegetexcept());
	if (!sigsetjmp(back, 1))
		x = x / zero;
	fedisableexcept(FE_ALL_EXCEPT);
	x = 1 / zero;
	printf("and disables: %x\n", fetestexcept(FE_ALL_EXCEPT));
	return arg;
}

static void library(void)
{
	volatile double x = 1, zero = 0, big = DBL_MAX;
	pthread_t t;

	feenableexcept(FE_DIVBYZERO | FE_OVERFLOW);
	if (!sigsetjmp(back, 1))
		x = x / zero;
	feenableexcept(FE_DIVBYZERO | FE_OVERFLOW);
	if (!sigsetjmp(back, 1))
		x = big * 1.1;
	feenableexcept(FE_DIVBYZERO);
	pthread_create(&t, NULL, thread, NULL);
	pthread_join(t, NULL);
	printf("enabled still: %x\n", fegetexcept());
	if (!fork()) {
		signal(SIGFPE, SIG_DFL);
		x = x / zero;
		_exit(1);
	}
	int status;
	wait(&status);
	printf("a child died of %d\n", WTERMSIG(status));
	fedisableexcept(FE_ALL_EXCEPT);
	x = 1 / zero;
	printf("%a\n", x);
}

int main(void)
{
	struct sigaction act = {.sa_sigaction = on_fpe, .sa_flags = SA_SIGINFO};

	setbuf(stdout, NULL);
	sigaction(SIGFPE, &act, NULL);
	at_once();
	instructions();
	library();
	return 0;
}
