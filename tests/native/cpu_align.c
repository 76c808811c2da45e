// SPDX-License-Identifier: GPL-2.0-or-later
/* EFLAGS.AC: SIGBUS with BUS_ADRALN for who asks for it. */
#define _GNU_SOURCE
#include <setjmp.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <ucontext.h>

static volatile struct {
	int sig, code;
	uintptr_t addr;
	greg_t trap, err, flags, rip;
} seen;

/* The handler, too, runs with AC. */
__attribute__((naked)) static void handler(int sig, siginfo_t *info, void *context)
{
	__asm__("pushfq; andl $~0x40000, (%rsp); popfq; jmp on_signal");
}

__attribute__((used)) void on_signal(int sig, siginfo_t *info, void *context);
void on_signal(int sig, siginfo_t *info, void *context)
{
	greg_t *regs = ((ucontext_t *)context)->uc_mcontext.gregs;

	seen.sig = sig;
	seen.code = info->si_code;
	seen.addr = (uintptr_t)info->si_addr;
	seen.trap = regs[REG_TRAPNO];
	seen.err = regs[REG_ERR];
	seen.flags = regs[REG_EFL] & 0x40000;
	seen.rip = regs[REG_RIP] - regs[REG_R8]; /* where the block began */
	regs[REG_EFL] &= ~0x40000;
	regs[REG_RIP] = regs[REG_R9];
}

static uint8_t memory[64] __attribute__((aligned(64)));

/* @insns access (%rdi). */
#define TRY(insns, offset)                                                                                   \
	do {                                                                                                 \
		uint64_t rax = 0x1122334455667788;                                                           \
		seen.sig = 0;                                                                                \
		__asm__ volatile(                                                                            \
			"lea 1f(%%rip), %%r8; lea 2f(%%rip), %%r9; mov %%rsp, %%r10; and $-16, %%rsp;"       \
			"pushfq; orl $0x40000, (%%rsp); popfq;"                                              \
			"1: " insns ";"                                                                      \
			"pushfq; andl $~0x40000, (%%rsp); popfq; 2: mov %%r10, %%rsp"                        \
			: "+a"(rax)                                                                          \
			: "D"(memory + (offset))                                                             \
			: "r8", "r9", "r10", "xmm0", "memory", "cc");                                        \
		printf("%s, %d: ", insns, offset);                                                           \
		if (seen.sig)                                                                                \
			printf("signal %d code %d addr %lx trap %lld err %lld flags %llx, %lld bytes on\n",  \
			       seen.sig, seen.code, (long)seen.addr, seen.trap, seen.err, seen.flags,        \
			       seen.rip);                                                                    \
		else                                                                                         \
			printf("rax %lx\n", (long)rax);                                                      \
	} while (0)

int main(void)
{
	struct sigaction act = {.sa_sigaction = handler, .sa_flags = SA_SIGINFO};

	sigaction(SIGBUS, &act, NULL);
	for (int i = 0; i < 64; i++)
		memory[i] = (uint8_t)i;
	for (int i = 0; i < 9; i++) {
		TRY("mov (%%rdi), %%rax", i);
		TRY("mov (%%rdi), %%eax", i);
		TRY("movzwl (%%rdi), %%eax", i);
		TRY("movsbl (%%rdi), %%eax", i);
	}
	TRY("movswq 1(%%rdi), %%rax", 0);
	TRY("movslq 2(%%rdi), %%rax", 0);
	TRY("mov %%rax, 4(%%rdi)", 0);
	TRY("mov %%eax, 6(%%rdi)", 0);
	TRY("mov %%ax, 7(%%rdi)", 0);
	TRY("mov %%al, 7(%%rdi)", 0);
	TRY("nop; nop; add %%eax, 1(%%rdi)", 0);
	TRY("movsd 4(%%rdi), %%xmm0", 0);
	TRY("pxor %%xmm0, %%xmm0; movq %%xmm0, 8(%%rdi)", 0);
	TRY("fldl 4(%%rdi); fstp %%st(0)", 0);
	TRY("push %%rax; pop %%rax", 0);
	TRY("sub $4, %%rsp; push %%rax; pop %%rax", 0);
	TRY("mov $3, %%eax; mov 1(%%rdi), %%ax", 0);
	for (int i = 0; i < 16; i++)
		printf("%02x ", memory[i]);
	printf("\n");
	/* without the flag */
	printf("%x\n", *(volatile uint32_t *)(memory + 33));
	return 0;
}
