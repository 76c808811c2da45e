// SPDX-License-Identifier: GPL-2.0-or-later
/* Handlers that change the context they return to, and sigreturn with frames that nobody made. Each in a child. */
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <ucontext.h>
#include <unistd.h>

struct context {
	uint64_t flags, link;
	stack_t stack;
	uint64_t r8, r9, r10, r11, r12, r13, r14, r15, rdi, rsi, rbp, rbx, rdx, rax, rcx, rsp, rip, rflags;
	uint16_t cs, gs, fs, ss;
	uint64_t err, trapno, oldmask, cr2, fpstate, reserved[8];
	uint64_t sigmask;
};

static void (*edit)(struct context *uc);
static char alt[65536];
static uint8_t image[1024] __attribute__((aligned(64)));
static volatile int traps;

static void on_usr1(int sig, siginfo_t *info, void *ctx)
{
	(void)sig, (void)info;
	edit(ctx);
}

/* What became of it. */
static void on_fault(int sig, siginfo_t *info, void *ctx)
{
	struct context *uc = ctx;

	printf("  signal %d code %d addr %p err %lx trapno %ld cs %x ss %x rsp %lx flags %lx\n", sig, info->si_code,
	       info->si_addr, uc->err, uc->trapno, uc->cs, uc->ss, uc->rsp >> 44 ? uc->rsp : 0, uc->rflags & 0x10100);
	_exit(1);
}

static void on_trap(int sig, siginfo_t *info, void *ctx)
{
	struct context *uc = ctx;

	(void)sig;
	traps++;
	printf("  trap %d code %d flags %lx\n", traps, info->si_code, uc->rflags & 0x100);
	if (traps == 3)
		uc->rflags &= ~0x100UL;
}

static void handle(int sig, void (*fn)(int, siginfo_t *, void *))
{
	struct sigaction sa = {.sa_sigaction = fn, .sa_flags = SA_SIGINFO | SA_ONSTACK};

	sigaction(sig, &sa, NULL);
}

/* Load every register, raise a signal by its number, and see what came back. */
uint64_t r[18];
float xmm[4];
uint32_t mxcsr;
uint16_t cwd;

static void show_registers(void)
{
		static int pid;

	pid = getpid();
	__asm__ volatile("push %%rbp\n push %%rbx\n"
			 "mov $0x8000000000000005, %%r8\n mov $9, %%r9\n mov $10, %%r10\n mov $12, %%r12\n mov $13, %%r13\n"
			 "mov $14, %%r14\n mov $15, %%r15\n mov $3, %%ebx\n mov $5, %%ebp\n"
			 "mov $0x3f800000, %%eax\n movd %%eax, %%xmm3\n"
			 "stc\n"
			 "mov $200, %%eax\n mov %0, %%edi\n mov %1, %%esi\n syscall\n"
			 "mov %%rax, r\n mov %%rbx, r+8\n mov %%rcx, r+16\n mov %%rdx, r+24\n mov %%rsi, r+32\n"
			 "mov %%rdi, r+40\n mov %%rbp, r+48\n mov %%r8, r+56\n mov %%r9, r+64\n mov %%r10, r+72\n"
			 "mov %%r11, r+80\n mov %%r12, r+88\n mov %%r13, r+96\n mov %%r14, r+104\n mov %%r15, r+112\n"
			 "pushfq\n pop r+120\n mov %%cs, r+128\n mov %%ss, r+136\n"
			 "movups %%xmm3, xmm\n stmxcsr mxcsr\n fnstcw cwd\n fninit\n cld\n pushq $0x202\n popfq\n"
			 "pop %%rbx\n pop %%rbp"
			 :
			 : "m"(pid), "i"(SIGUSR1)
			 : "rax", "rcx", "rdx", "rsi", "rdi", "r8", "r9", "r10", "r11", "r12", "r13", "r14", "r15", "xmm3",
			   "memory", "cc");
	printf(" ");
	for (int i = 0; i < 18; i++)
		printf(" %lx", i == 2 || i == 5 || i == 3 ? r[i] >= 0xaa00 && r[i] <= 0xaaff ? r[i] : 0 : r[i]);
	printf("\n  xmm3 %g mxcsr %x cwd %x\n", xmm[0], mxcsr, cwd);
}

static void child(const char *what, void (*fn)(struct context *))
{
	int status;

	printf("%s\n", what);
	fflush(stdout);
	edit = fn;
	if (!fork()) {
		alarm(10);
		show_registers();
		fflush(stdout);
		_exit(0);
	}
	wait(&status);
	printf("  status %x\n", status & 0xff7f);
}

static void nothing(struct context *uc) { (void)uc; }
static void all_registers(struct context *uc)
{
	uint64_t *r = &uc->r8;

	for (int i = 0; i < 15; i++)
		r[i] = 0xaa00 + (uint64_t)i;
}
static void all_flags(struct context *uc) { uc->rflags = ~0x100UL; }
static void no_flags(struct context *uc) { uc->rflags = 0; }
static void step(struct context *uc) { uc->rflags |= 0x100; }
static void no_fp(struct context *uc) { uc->fpstate = 0; }
static void bad_fp(struct context *uc) { uc->fpstate = 0x1000; }
static void kernel_fp(struct context *uc) { uc->fpstate = 0xffff888000000000; }
static void odd_fp(struct context *uc)
{
	memcpy(image + 8, (void *)uc->fpstate, 512);
	uc->fpstate = (uint64_t)image + 8;
}
static void moved_fp(struct context *uc)
{
	memcpy(image, (void *)uc->fpstate, 512);
	memset(image + 464, 0, 48);
	*(uint16_t *)image = 0x7f;
	*(uint32_t *)(image + 24) = 0x5f80;
	*(float *)(image + 160 + 3 * 16) = 2.5f;
	uc->fpstate = (uint64_t)image;
}
static void bad_mxcsr(struct context *uc)
{
	moved_fp(uc);
	*(uint32_t *)(image + 24) = 0x12345;
}
static void bad_rip(struct context *uc) { uc->rip = 0x1000; }
static void bad_cs(struct context *uc) { uc->cs = 0x10; }
static void null_cs(struct context *uc) { uc->cs = 0; }
static void data_cs(struct context *uc) { uc->cs = 0x2b; }
static void bad_ss(struct context *uc) { uc->ss = 0x63; }
static void code_ss(struct context *uc) { uc->ss = 0x33; }
static void lax_ss(struct context *uc) { uc->ss = 0; uc->flags &= ~4UL; }
static void rpl0(struct context *uc) { uc->cs = 0x30; uc->ss = 0x28; }
static void other_segments(struct context *uc) { uc->fs = 0x1234; uc->gs = 0x4321; }
static void mask_usr2(struct context *uc)
{
	unsigned long set;

	uc->sigmask = 1UL << (SIGUSR2 - 1) | 1UL << (SIGKILL - 1);
	syscall(SYS_rt_sigprocmask, SIG_BLOCK, NULL, &set, 8);
	printf("  within: %lx\n", set);
}

static void raw_sigreturn(uint64_t sp)
{
	int status;

	fflush(stdout);
	if (!fork()) {
		alarm(10);
		__asm__ volatile("mov %0, %%rsp\n mov $15, %%eax\n syscall\n hlt" : : "r"(sp) : "rax", "memory");
		_exit(0);
	}
	wait(&status);
	printf("sigreturn at %lx: status %x\n", sp, status & 0xff7f);
}

int main(void)
{
	stack_t ss = {.ss_sp = alt, .ss_size = sizeof(alt)};
	static struct context garbage;
	unsigned long set;

	setvbuf(stdout, NULL, _IOLBF, 0);
	sigaltstack(&ss, NULL);
	handle(SIGUSR1, on_usr1);
	handle(SIGSEGV, on_fault);
	handle(SIGBUS, on_fault);
	handle(SIGTRAP, on_trap);
	child("nothing", nothing);
	child("all registers", all_registers);
	child("all flags", all_flags);
	child("no flags", no_flags);
	child("single step", step);
	child("no fpstate", no_fp);
	child("fpstate unmapped", bad_fp);
	child("fpstate in the kernel", kernel_fp);
	child("fpstate misaligned", odd_fp);
	child("fpstate elsewhere", moved_fp);
	child("mxcsr with reserved bits", bad_mxcsr);
	child("rip unmapped", bad_rip);
	child("cs of the kernel", bad_cs);
	child("cs null", null_cs);
	child("cs of data", data_cs);
	child("ss beyond", bad_ss);
	child("ss of code", code_ss);
	child("ss null, not strict", lax_ss);
	child("privilege 0", rpl0);
	child("fs and gs", other_segments);
	child("mask", mask_usr2);
	syscall(SYS_rt_sigprocmask, SIG_BLOCK, NULL, &set, 8);
	printf("mask %lx\n", set);

	raw_sigreturn(0x1000);
	raw_sigreturn((uint64_t)&garbage);
	memset(&garbage, 0xff, sizeof(garbage));
	garbage.rflags = 0;
	raw_sigreturn((uint64_t)&garbage);
	garbage.sigmask = 0;
	raw_sigreturn((uint64_t)&garbage);
	garbage.fpstate = 0;
	raw_sigreturn((uint64_t)&garbage);
	raw_sigreturn(0x8000000000000000);
	sigaltstack(&(stack_t){.ss_flags = SS_DISABLE}, NULL);
	raw_sigreturn((uint64_t)&garbage);
	signal(SIGSEGV, SIG_IGN);
	raw_sigreturn(0x1000);
	return 0;
}
