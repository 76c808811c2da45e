// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What a SIGSEGV says of each instruction of tests/cpu/fault_cases.inc: the byte, the kind, the place.
 */
#include <asm/prctl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <ucontext.h>
#include <unistd.h>

#define CODE_AT 0x510000000
#define GOOD    0x500000000
#define BAD     (GOOD + 0x1000)
#define RO      (GOOD + 0x2000)
#define BAD2    (GOOD + 0x3000)

struct regs {
	uint64_t rax, rbx, rcx, rdx, rsi, rdi, rbp, rsp, r8, r9, r10, r11, r12, r13, r14, r15;
};

asm(".set BAD_32, 0x600000\n.set BAD_FROM_CODE, 0x7000");
#define CASE(name, text, access, address, ...)                                                                  \
	asm(".pushsection .rodata\nfc_" #name ": " text "\nfc_end_" #name ":\n.popsection");                    \
	extern const uint8_t fc_##name[], fc_end_##name[];
#include "../cpu/fault_cases.inc"
#undef CASE

struct fault_case {
	const char *name;
	const uint8_t *code, *end;
	struct regs regs;
};

#define CASE(name, text, access, address, ...) {#name, fc_##name, fc_end_##name, {__VA_ARGS__}},
static const struct fault_case cases[] = {
#include "../cpu/fault_cases.inc"
};
#undef CASE

static sigjmp_buf back;
static siginfo_t info;
static ucontext_t context;

static void on_fault(int sig, siginfo_t *si, void *uc)
{
	(void)sig;
	info = *si;
	memcpy(&context, uc, sizeof(context));
	siglongjmp(back, 1);
}

/* Load all registers, the stack pointer too, and go. */
void go(const struct regs *regs);
asm("go: mov $0x510000000,%rax\n"
    "mov %rax,target\n"
    "mov 8(%rdi),%rbx\nmov 16(%rdi),%rcx\nmov 24(%rdi),%rdx\nmov 32(%rdi),%rsi\nmov 48(%rdi),%rbp\n"
    "mov 56(%rdi),%rsp\nmov 64(%rdi),%r8\nmov 72(%rdi),%r9\nmov 80(%rdi),%r10\nmov 88(%rdi),%r11\n"
    "mov 96(%rdi),%r12\nmov 104(%rdi),%r13\nmov 112(%rdi),%r14\nmov 120(%rdi),%r15\n"
    "mov 0(%rdi),%rax\nmov 40(%rdi),%rdi\n"
    "jmp *target\n"
    ".pushsection .data\ntarget: .quad 0\n.popsection");

static void run(const struct fault_case *c)
{
	struct regs regs;
	uint64_t *to = (uint64_t *)&regs;
	const uint64_t *from = (const uint64_t *)&c->regs;

	for (int i = 0; i < 16; i++)
		to[i] = from[i] ? from[i] : GOOD + 0x800;
	memset((void *)GOOD, 0, 4096);
	memset((void *)CODE_AT, 0xf4, 64);
	memcpy((void *)CODE_AT, c->code, c->end - c->code);
	memset(&info, 0, sizeof(info));
	if (!sigsetjmp(back, 1))
		go(&regs);
	asm volatile("emms; fninit");
	/* Bit 0, "the page was there", is left out of writes: the engine reads before it writes. */
	printf("%-24s addr %12lx code %d rip +%ld trap %ld err %ld cr2 %lx rcx %lx rsp %lx\n", c->name,
	       (unsigned long)info.si_addr, info.si_code, (long)context.uc_mcontext.gregs[REG_RIP] - CODE_AT,
	       (long)context.uc_mcontext.gregs[REG_TRAPNO], (long)context.uc_mcontext.gregs[REG_ERR] & (context.uc_mcontext.gregs[REG_ERR] & 2 ? ~1 : ~0),
	       (unsigned long)context.uc_mcontext.gregs[REG_CR2], (unsigned long)context.uc_mcontext.gregs[REG_RCX],
	       (unsigned long)context.uc_mcontext.gregs[REG_RSP]);
}

int main(void)
{
	static char alt[65536];
	const stack_t stack = {.ss_sp = alt, .ss_size = sizeof(alt)};
	struct sigaction sa = {.sa_sigaction = on_fault, .sa_flags = SA_SIGINFO | SA_ONSTACK};

	sigaltstack(&stack, NULL);
	sigaction(SIGSEGV, &sa, NULL);
	syscall(SYS_arch_prctl, ARCH_SET_GS, BAD);
	mmap((void *)CODE_AT, 4096, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
	mmap((void *)GOOD, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
	mmap((void *)RO, 4096, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
	for (unsigned i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		run(&cases[i]);
	return 0;
}
