// SPDX-License-Identifier: GPL-2.0-or-later
/* Reserved bits of MXCSR: #GP from what loads them, and nothing is loaded. */
#define _GNU_SOURCE
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <ucontext.h>
#include "mxcsr.h"

static int sig, trap, err, code, on;

static void handler(int s, siginfo_t *info, void *context)
{
	greg_t *regs = ((ucontext_t *)context)->uc_mcontext.gregs;

	sig = s;
	code = info->si_code;
	trap = (int)regs[REG_TRAPNO];
	err = (int)regs[REG_ERR];
	on = (int)(regs[REG_RIP] - regs[REG_R8]);
	regs[REG_RIP] = regs[REG_R9];
}

static uint8_t image[512] __attribute__((aligned(16)));

#define TRY(insn, mem)                                                                                       \
	do {                                                                                                 \
		uint64_t xmm = 0x1122;                                                                       \
		sig = 0;                                                                                     \
		__asm__ volatile("lea 1f(%%rip), %%r8; lea 2f(%%rip), %%r9; movq %0, %%xmm0; nop; 1: " insn  \
				 "; 2: movq %%xmm0, %0"                                                      \
				 : "+m"(xmm)                                                                 \
				 : "D"(mem)                                                                  \
				 : "r8", "r9", "xmm0", "memory");                                            \
		if (sig)                                                                                     \
			printf("%s: %d code %d trap %d err %d, %d on, ", insn, sig, code, trap, err, on);    \
		printf("mxcsr %x xmm0 %lx\n", mxcsr(), (long)xmm);                                           \
		set_mxcsr(0x1f80);                                                                           \
	} while (0)

int main(void)
{
	static const uint32_t values[] = {0x1f80, 0xffc0, 0x11f80, 0x80001f80, 0xffffffff, 0x1fc0, 0x1fbf};
	struct sigaction act = {.sa_sigaction = handler, .sa_flags = SA_SIGINFO};

	sigaction(SIGSEGV, &act, NULL);
	for (int i = 0; i < 7; i++) {
		TRY("ldmxcsr (%%rdi)", &values[i]);
		__asm__ volatile("fxsave %0" : "=m"(image));
		memcpy(image + 24, &values[i], 4);
		memset(image + 160, i + 1, 16);
		TRY("fxrstor (%%rdi)", image);
		TRY("fxrstor64 (%%rdi)", image);
		TRY("fxrstor (%%rdi)", image + 8);
	}
	return 0;
}
