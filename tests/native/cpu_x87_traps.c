// SPDX-License-Identifier: GPL-2.0-or-later
/* x87's exceptions, unmasked: they are reported at the next instruction that waits, and what raised them has
 * changed nothing. */
#define _GNU_SOURCE
#include <fenv.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <ucontext.h>

static struct {
	int sig, code, ip;
	greg_t trap, err, at;
	uint16_t cwd, swd, ftw;
	long double st[2];
} seen;

static void on_fpe(int sig, siginfo_t *info, void *context)
{
	ucontext_t *uc = context;
	greg_t *regs = uc->uc_mcontext.gregs;
	struct _libc_fpstate *fp = uc->uc_mcontext.fpregs;

	seen.sig = sig;
	seen.code = info->si_code;
	seen.ip = (greg_t)info->si_addr == regs[REG_RIP];
	seen.trap = regs[REG_TRAPNO];
	seen.err = regs[REG_ERR];
	seen.at = regs[REG_RIP] - regs[REG_R8];
	seen.cwd = fp->cwd;
	seen.swd = fp->swd & ~0x200; /* C1, which tells how it was rounded */
	seen.ftw = fp->ftw;
	memcpy(&seen.st[0], &fp->_st[0], 10);
	memcpy(&seen.st[1], &fp->_st[1], 10);
	regs[REG_RIP] = regs[REG_R9];
}

static double memory[8] = {1, 0, 3, -1};
static float tiny = 0x1p-149f;
static uint8_t image[512] __attribute__((aligned(16)));

/* @insns, with the exceptions of @masks clear in the control word; memory is at rsi, an image at rdi. */
#define TRY(masks, insns)                                                                                    \
	do {                                                                                                 \
		uint16_t cw = 0x37f & ~(masks), plain = 0x37f;                                               \
		uint32_t sw = 0;                                                                             \
		memset(&seen, 0, sizeof(seen));                                                              \
		__asm__ volatile(                                                                            \
			"fninit; lea 1f(%%rip), %%r8; lea 2f(%%rip), %%r9; fldcw %3; xor %%eax, %%eax;"      \
			"1: " insns "; 2: fnclex; fnstsw %%ax; mov %%eax, %0; fldcw %4; fninit"              \
			: "=m"(sw)                                                                           \
			: "S"(memory), "D"(image), "m"(cw), "m"(plain), "m"(tiny)                            \
			: "r8", "r9", "rax", "memory", "cc");                                                \
		printf("%x %s:\n", masks, insns);                                                            \
		if (seen.sig)                                                                                \
			printf("  %d code %d addr is rip %d trap %lld err %lld, %lld on, cw %x sw %x tags "  \
			       "%x "                                                                         \
			       "st %La %La\n",                                                               \
			       seen.sig, seen.code, seen.ip, seen.trap, seen.err, seen.at, seen.cwd,         \
			       seen.swd, seen.ftw, seen.st[0], seen.st[1]);                                  \
		else                                                                                         \
			printf("  nothing, sw %x\n", sw);                                                    \
	} while (0)

static void where(void)
{
	TRY(4, "fldz; fld1; fdiv %%st(1), %%st; nop; fwait");
	TRY(4, "fldz; fld1; fdiv %%st(1), %%st; nop; fld1");
	TRY(4, "fldz; fld1; fdivp; fnop");
	TRY(4, "fldl (%%rsi); fdivl 8(%%rsi); fldl 16(%%rsi)");
	TRY(4, "fldl (%%rsi); fdivl 8(%%rsi); fstpl 32(%%rsi)");
	TRY(4, "fldl (%%rsi); fdivl 8(%%rsi); fildl 0x1000000");
	TRY(4, "fldl (%%rsi); fdivl 8(%%rsi); fnstcw 32(%%rsi); fnstsw 32(%%rsi); fnstsw %%ax; addl $1, "
	       "%%eax; fchs");
	TRY(4, "fldl (%%rsi); fdivl 8(%%rsi); fldcw 4f(%%rip); 4: ");
	TRY(4, "fldl (%%rsi); fdivl 8(%%rsi); fnstenv (%%rdi); fnop");
	TRY(4, "fldl (%%rsi); fdivl 8(%%rsi); fnstenv (%%rdi); fldenv (%%rdi); fnop");
	TRY(4, "fnstenv (%%rdi); fldl (%%rsi); fdivl 8(%%rsi); fnop");
	TRY(4, "fldl (%%rsi); fdivl 8(%%rsi); fnsave (%%rdi); fnop");
	TRY(4, "fldl (%%rsi); fdivl 8(%%rsi); fxsave (%%rdi); fnop");
	TRY(4, "fldl (%%rsi); fdivl 8(%%rsi); fnclex; fnop");
	TRY(4, "fldl (%%rsi); fdivl 8(%%rsi); fninit; fnop");
	TRY(4, "fldl (%%rsi); fdivl 8(%%rsi); movq (%%rsi), %%xmm0; addsd %%xmm0, %%xmm0");
	TRY(4, "fldl (%%rsi); fdivl 8(%%rsi); nop; movq (%%rsi), %%mm0; emms");
	TRY(4, "fldl (%%rsi); fdivl 8(%%rsi); nop; emms");
	TRY(4, "fldl (%%rsi); fdivl 8(%%rsi); jmp 5f; 5: rex.W nop; fxch");
	TRY(4, "fldl (%%rsi); fdivl 8(%%rsi); clc; fcmovb %%st(1), %%st");
	TRY(4, "fldl (%%rsi); fdivl 8(%%rsi); fcomi %%st(0), %%st");
	TRY(4, "fldl (%%rsi); fdivl 8(%%rsi); ffree %%st(0)");
	TRY(4, "fldl (%%rsi); fdivl 8(%%rsi); fincstp");
}

static void which(void)
{
	TRY(1, "fldz; fld1; fdiv %%st(1), %%st; fnop");
	TRY(0x20, "fldl 16(%%rsi); fld1; fdivp; fnop");
	TRY(0x1, "fldz; fldz; fdivp; fnop");
	TRY(0x1, "fldl 24(%%rsi); fsqrt; fnop");
	TRY(0x1, "fldz; fldz; fdiv %%st, %%st(1); fnop");
	TRY(0x5, "fld1; fldz; fdivrp; fnop");
	TRY(0x3d, "fldl (%%rsi); faddl 16(%%rsi); fstpl 40(%%rsi); fnop");
}

static void library(void)
{
	volatile long double one = 1, zero = 0, x;

	memset(&seen, 0, sizeof(seen));
	feenableexcept(FE_DIVBYZERO);
	__asm__ volatile("lea 3f(%%rip), %%r9; fldz; fld1; fdivp; fstp %%st(0); 3: fnclex; fninit" ::
				 : "r9", "memory");
	printf("%d code %d trap %lld\n", seen.sig, seen.code, seen.trap);
	feclearexcept(FE_ALL_EXCEPT);
	fedisableexcept(FE_ALL_EXCEPT);
	x = one / zero;
	printf("%Lf %x\n", x, fetestexcept(FE_ALL_EXCEPT));
}

int main(void)
{
	struct sigaction act = {.sa_sigaction = on_fpe, .sa_flags = SA_SIGINFO};

	setbuf(stdout, NULL);
	sigaction(SIGFPE, &act, NULL);
	which();
	where();
	library();
	return 0;
}
