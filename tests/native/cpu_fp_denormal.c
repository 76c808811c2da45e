// SPDX-License-Identifier: GPL-2.0-or-later
/* Denormal operands of SSE instructions, with an exception unmasked: the flag, the exception, the results. */
#define _GNU_SOURCE
#include <float.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <ucontext.h>
#include "mxcsr.h"

static int code;
static uint32_t frame;

static void on_fpe(int sig, siginfo_t *info, void *context)
{
	ucontext_t *uc = context;

	code = info->si_code;
	frame = uc->uc_mcontext.fpregs->mxcsr;
	uc->uc_mcontext.fpregs->mxcsr = 0x1f80;
	uc->uc_mcontext.gregs[REG_RIP] = uc->uc_mcontext.gregs[REG_R9];
}

static const double doubles[] = {0x1p-1074, -0x1.8p-1030, 0, 1.5, -3, DBL_MAX, 0x1p-1022, 1.0 / 0.0};
static const float floats[] = {0x1p-149f, -0x1.8p-130f, 0, 1.5f, -3, FLT_MAX, 0x1p-126f, 1.0f / 0.0f};
#define N 8

/* @insn computes with xmm0 and xmm1. Flags of @hide are not shown of an exception. */
#define TRY(masks, insn, type, values, hide)                                                                 \
	do {                                                                                                 \
		printf("%x %s:", masks, insn);                                                               \
		for (int i = 0; i < N; i++)                                                                  \
			for (int j = 0; j < N; j++) {                                                        \
				uint64_t out[2], rax = 0;                                                    \
				uint32_t mx = masks;                                                         \
				type in[2][4] = {{values[i], 1, 1, 1}, {values[j], 1, 1, 1}};                \
				if (i > 1 && j > 1)                                                          \
					continue;                                                            \
				code = 0;                                                                    \
				__asm__ volatile("lea 2f(%%rip), %%r9; ldmxcsr %2; movups %3, %%xmm0; "      \
						 "movups %4, %%xmm1;" insn                                   \
						 "; 2: movups %%xmm0, %0; stmxcsr %2"                        \
						 : "=m"(out), "+a"(rax), "+m"(mx)                            \
						 : "m"(in[0]), "m"(in[1])                                    \
						 : "r9", "xmm0", "xmm1", "memory", "cc");                    \
				set_mxcsr(0x1f80);                                                           \
				if (code)                                                                    \
					printf(" %d/%x", code, frame & 0x3f & ~(hide));                      \
				else                                                                         \
					printf(" %x", mx & 0x3f);                                            \
				printf(":%lx", (out[0] ^ out[1] >> 7 ^ rax) & 0xffffff);                     \
			}                                                                                    \
		puts("");                                                                                    \
	} while (0)
#define D(insn)                                                                                              \
	TRY(0x1e80, insn, double, doubles, 0);                                                               \
	TRY(0x1d80, insn, double, doubles, 0)
#define F(insn)                                                                                              \
	TRY(0x1e80, insn, float, floats, 0);                                                                 \
	TRY(0x1d80, insn, float, floats, 0)

int main(void)
{
	struct sigaction act = {.sa_sigaction = on_fpe, .sa_flags = SA_SIGINFO};

	sigaction(SIGFPE, &act, NULL);
	D("addsd %%xmm1, %%xmm0");
	F("subss %%xmm1, %%xmm0");
	F("mulps %%xmm1, %%xmm0");
	D("mulpd %%xmm1, %%xmm0");
	D("divsd %%xmm1, %%xmm0");
	F("divss %%xmm1, %%xmm0");
	D("sqrtsd %%xmm1, %%xmm0");
	F("sqrtps %%xmm1, %%xmm0");
	F("minss %%xmm1, %%xmm0");
	D("maxpd %%xmm1, %%xmm0");
	D("cmpltsd %%xmm1, %%xmm0");
	F("cmpeqps %%xmm1, %%xmm0");
	D("ucomisd %%xmm1, %%xmm0");
	F("comiss %%xmm1, %%xmm0");
	F("cvtss2sd %%xmm1, %%xmm0");
	D("cvtsd2ss %%xmm1, %%xmm0");
	F("cvtps2pd %%xmm1, %%xmm0");
	D("cvtsd2si %%xmm1, %%rax");
	F("cvttps2dq %%xmm1, %%xmm0");
	D("cvtpd2dq %%xmm1, %%xmm0");
	D("roundsd $1, %%xmm1, %%xmm0");
	F("haddps %%xmm1, %%xmm0");
	F("dpps $0xff, %%xmm1, %%xmm0");
	F("sub $16, %%rsp; movups %%xmm1, (%%rsp); mov %%rsp, %%rcx; add $16, %%rsp; addss (%%rcx), %%xmm0");
	/* Underflow: a tiny result; whether it is inexact is hidden. */
	TRY(0x1780, "mulsd %%xmm1, %%xmm0", double, doubles, 0x20);
	TRY(0x1780, "divss %%xmm1, %%xmm0", float, floats, 0x20);
	TRY(0x1780, "addps %%xmm1, %%xmm0", float, floats, 0x20);
	TRY(0x1700, "subpd %%xmm1, %%xmm0", double, doubles, 0x20);
	TRY(0x1780, "cvtsd2ss %%xmm1, %%xmm0", double, doubles, 0x20);
	TRY(0x1700, "maxss %%xmm1, %%xmm0", float, floats, 0x20);
	TRY(0x0780, "sqrtsd %%xmm1, %%xmm0", double, doubles, 0x20);
	/* FTZ */
	TRY(0x1d80 | 0x8000, "mulsd %%xmm1, %%xmm0", double, doubles, 0);
	/* DAZ: there are none. */
	TRY(0x1e80 | 0x40, "addsd %%xmm1, %%xmm0", double, doubles, 0);
	TRY(0x1000 | 0x40, "mulps %%xmm1, %%xmm0", float, floats, 0);
	return 0;
}
