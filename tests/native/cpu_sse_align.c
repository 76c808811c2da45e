// SPDX-License-Identifier: GPL-2.0-or-later
/* SSE operands of 16 bytes: #GP when they are not aligned, before any page fault; and who has less in memory
 * than a register. */
#define _GNU_SOURCE
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/mman.h>
#include <ucontext.h>

static struct {
	int sig, code;
	uintptr_t addr;
	greg_t trap, err, rip;
} seen;

static void handler(int sig, siginfo_t *info, void *context)
{
	greg_t *regs = ((ucontext_t *)context)->uc_mcontext.gregs;

	seen.sig = sig;
	seen.code = info->si_code;
	seen.addr = (uintptr_t)info->si_addr;
	seen.trap = regs[REG_TRAPNO];
	seen.err = regs[REG_ERR];
	seen.rip = regs[REG_RIP] - regs[REG_R8];
	regs[REG_RIP] = regs[REG_R9];
}

static uint8_t *pages; /* one that is there, one that is not */

static void say(int offset)
{
	if (!seen.sig)
		printf(" %d ok", offset);
	else if (seen.sig == SIGSEGV && seen.code == SI_KERNEL && seen.trap == 13 && !seen.err &&
		 !seen.addr && !seen.rip)
		printf(" %d GP", offset);
	else
		printf(" %d [%d code %d trap %lld err %lld addr +%ld rip +%lld]", offset, seen.sig, seen.code,
		       seen.trap, seen.err, (long)(seen.addr - (uintptr_t)pages), seen.rip);
}

#define AT(insn, offset)                                                                                     \
	do {                                                                                                 \
		seen.sig = 0;                                                                                \
		__asm__ volatile("lea 1f(%%rip), %%r8; lea 2f(%%rip), %%r9; 1: " insn "; 2: emms"            \
				 :                                                                           \
				 : "D"(pages + (offset)), "a"(0), "d"(0), "c"(3)                             \
				 : "r8", "r9", "xmm0", "xmm1", "xmm8", "mm0", "memory", "cc");               \
		say(offset);                                                                                 \
	} while (0)
#define TRY(insn)                                                                                            \
	do {                                                                                                 \
		printf("%s:", insn);                                                                         \
		AT(insn, 0);                                                                                 \
		AT(insn, 4);                                                                                 \
		AT(insn, 8);                                                                                 \
		AT(insn, 17);                                                                                \
		AT(insn, 4080);                                                                              \
		AT(insn, 4084);                                                                              \
		AT(insn, 4088);                                                                              \
		AT(insn, 4092);                                                                              \
		AT(insn, 4096);                                                                              \
		AT(insn, 4104);                                                                              \
		puts("");                                                                                    \
	} while (0)

static void moves(void)
{
	TRY("movaps (%%rdi), %%xmm0");
	TRY("movaps %%xmm0, (%%rdi)");
	TRY("movapd (%%rdi), %%xmm0");
	TRY("movapd %%xmm8, (%%rdi)");
	TRY("movdqa (%%rdi), %%xmm8");
	TRY("movdqa %%xmm0, (%%rdi)");
	TRY("movups (%%rdi), %%xmm0");
	TRY("movupd (%%rdi), %%xmm0");
	TRY("movdqu (%%rdi), %%xmm0");
	TRY("lddqu (%%rdi), %%xmm0");
	TRY("movntps %%xmm0, (%%rdi)");
	TRY("movntpd %%xmm0, (%%rdi)");
	TRY("movntdq %%xmm0, (%%rdi)");
	TRY("movntdqa (%%rdi), %%xmm0");
	TRY("movsldup (%%rdi), %%xmm0");
	TRY("movshdup (%%rdi), %%xmm0");
	TRY("movddup (%%rdi), %%xmm0");
	TRY("movlps (%%rdi), %%xmm0");
	TRY("movhpd (%%rdi), %%xmm0");
	TRY("movhps %%xmm0, (%%rdi)");
	TRY("movss (%%rdi), %%xmm0");
	TRY("movsd (%%rdi), %%xmm0");
	TRY("movq (%%rdi), %%xmm0");
	TRY("movd (%%rdi), %%xmm0");
}

static void forms(void)
{
	TRY("movaps 64(%%rdi,%%rcx,8), %%xmm0"); /* 88 more */
	TRY("movaps %%xmm8, -1024(%%rdi)");
	TRY("movaps -16(%%rdi), %%xmm0");
	TRY("addr32 movaps (%%edi), %%xmm0");
	TRY("nop; prefetcht0 (%%rdi); nopl 0x12345678(%%rax,%%rax); movaps (%%rdi), %%xmm0");
	TRY("nop; movaps (%%rdi), %%xmm0; movups 1(%%rdi), %%xmm0");
	TRY("shufps $0, (%%rdi), %%xmm0");
	TRY("pshufd $0x28, -3(%%rdi,%%rcx,1), %%xmm0");
	TRY("rex.W movaps (%%rdi), %%xmm0");
}

static void computing(void)
{
	TRY("addps (%%rdi), %%xmm0");
	TRY("addpd (%%rdi), %%xmm0");
	TRY("addss (%%rdi), %%xmm0");
	TRY("addsd (%%rdi), %%xmm0");
	TRY("sqrtps (%%rdi), %%xmm0");
	TRY("rsqrtps (%%rdi), %%xmm0");
	TRY("rcpss (%%rdi), %%xmm0");
	TRY("andnpd (%%rdi), %%xmm0");
	TRY("xorps (%%rdi), %%xmm0");
	TRY("maxpd (%%rdi), %%xmm0");
	TRY("cmpltps (%%rdi), %%xmm0");
	TRY("cmpltsd (%%rdi), %%xmm0");
	TRY("unpcklps (%%rdi), %%xmm0");
	TRY("unpckhpd (%%rdi), %%xmm0");
	TRY("haddps (%%rdi), %%xmm0");
	TRY("addsubpd (%%rdi), %%xmm0");
	TRY("ucomiss (%%rdi), %%xmm0");
	TRY("comisd (%%rdi), %%xmm0");
	TRY("roundpd $0, (%%rdi), %%xmm0");
	TRY("roundss $0, (%%rdi), %%xmm0");
	TRY("dpps $0xff, (%%rdi), %%xmm0");
	TRY("cvtps2pd (%%rdi), %%xmm0");
	TRY("cvtpd2ps (%%rdi), %%xmm0");
	TRY("cvtss2sd (%%rdi), %%xmm0");
	TRY("cvtdq2ps (%%rdi), %%xmm0");
	TRY("cvtdq2pd (%%rdi), %%xmm0");
	TRY("cvttps2dq (%%rdi), %%xmm0");
	TRY("cvttpd2dq (%%rdi), %%xmm0");
	TRY("cvtpd2dq (%%rdi), %%xmm0");
	TRY("cvtps2pi (%%rdi), %%mm0");
	TRY("cvttps2pi 8(%%rdi), %%mm0");
	TRY("cvtpd2pi (%%rdi), %%mm0");
	TRY("cvttpd2pi 16(%%rdi,%%rax,1), %%mm0");
	TRY("cvtpi2ps (%%rdi), %%xmm0");
	TRY("cvtpi2pd (%%rdi), %%xmm0");
}

static void integers(void)
{
	TRY("paddd (%%rdi), %%xmm0");
	TRY("paddd (%%rdi), %%mm0");
	TRY("punpcklbw (%%rdi), %%xmm0");
	TRY("punpcklbw (%%rdi), %%mm0");
	TRY("punpckldq (%%rdi), %%mm0");
	TRY("punpckhdq (%%rdi), %%mm0");
	TRY("psllw (%%rdi), %%xmm0");
	TRY("psrlq (%%rdi), %%mm0");
	TRY("pshufhw $0, (%%rdi), %%xmm0");
	TRY("pshufw $0, (%%rdi), %%mm0");
	TRY("pinsrw $1, (%%rdi), %%xmm0");
	TRY("pshufb (%%rdi), %%xmm0");
	TRY("pshufb (%%rdi), %%mm0");
	TRY("palignr $3, (%%rdi), %%xmm0");
	TRY("pblendvb %%xmm0, (%%rdi), %%xmm1");
	TRY("ptest (%%rdi), %%xmm0");
	TRY("pabsd (%%rdi), %%xmm0");
	TRY("pmovsxbw (%%rdi), %%xmm0");
	TRY("pmovzxbd (%%rdi), %%xmm0");
	TRY("pmovzxbq (%%rdi), %%xmm0");
	TRY("pmulld (%%rdi), %%xmm0");
	TRY("phminposuw (%%rdi), %%xmm0");
	TRY("pcmpgtq (%%rdi), %%xmm0");
	TRY("pcmpestri $0, (%%rdi), %%xmm0");
	TRY("pcmpistrm $0, (%%rdi), %%xmm0");
	TRY("pextrd $1, %%xmm0, (%%rdi)");
	TRY("insertps $0, (%%rdi), %%xmm0");
	TRY("pclmulqdq $0, (%%rdi), %%xmm0");
	TRY("aesenc (%%rdi), %%xmm0");
	TRY("aeskeygenassist $1, (%%rdi), %%xmm0");
}

static void images(void)
{
	uint8_t *from = pages;

	AT("movups %%xmm0, (%%rdi); fxsave (%%rdi)", 1024);
	for (int i = 0; i < 2; i++) {
		pages = from + (i ? 8 : 0);
		AT("fxsave (%%rdi)", 512);
		AT("fxrstor (%%rdi)", 512);
		AT("fxsave64 (%%rdi)", 3600);
		AT("fxrstor64 (%%rdi)", 3600);
		AT("fxsave (%%rdi)", 4096);
		AT("fxsave (%%rdi)", 3584);
		AT("fxrstor (%%rdi)", 3584);
		AT("lock cmpxchg16b (%%rdi)", 512);
		AT("cmpxchg16b (%%rdi)", 4096);
		puts("");
	}
}

int main(void)
{
	struct sigaction sa = {.sa_sigaction = handler, .sa_flags = SA_SIGINFO};

	pages = mmap((void *)0x10000000, 3 * 4096, PROT_READ | PROT_WRITE,
		     MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
	mprotect(pages + 4096, 4096, PROT_NONE);
	sigaction(SIGSEGV, &sa, NULL);
	sigaction(SIGBUS, &sa, NULL);
	moves();
	forms();
	computing();
	integers();
	images();
	return 0;
}
