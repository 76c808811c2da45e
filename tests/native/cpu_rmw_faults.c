// SPDX-License-Identifier: GPL-2.0-or-later
/* Instructions that read and write one operand fault once, as a write: counts, error codes and addresses. */
#define _GNU_SOURCE
#include <signal.h>
#include <setjmp.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <ucontext.h>

#define PAGE 4096L
#define N    8

static sigjmp_buf out;
static char *base;

static void on_fault(int sig, siginfo_t *si, void *uc)
{
	printf("  %d code %d at %lx, error %llx\n", sig, si->si_code, (long)((char *)si->si_addr - base),
	       (unsigned long long)((ucontext_t *)uc)->uc_mcontext.gregs[REG_ERR]);
	siglongjmp(out, 1);
}

static long faults(void)
{
	struct rusage r;

	getrusage(RUSAGE_SELF, &r);
	return r.ru_minflt;
}

#define RUN(insn, at)                                                                                                \
	do {                                                                                                         \
		long v_ = 1;                                                                                         \
		__asm__ volatile(insn : "+a"(v_) : "D"(at) : "memory", "rcx", "rdx", "cc");                          \
	} while (0)

#define REFUSED(insn, at)                                                                                            \
	do {                                                                                                         \
		if (!sigsetjmp(out, 1)) {                                                                            \
			RUN(insn, at);                                                                               \
			puts("  no fault");                                                                          \
		}                                                                                                    \
	} while (0)

/* Fresh pages; pages that were read before; a page that may not be written to, there or not; and across its end. */
#define KIND(insn)                                                                                                   \
	do {                                                                                                         \
		char *p = mmap(NULL, N * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);          \
		long before = faults();                                                                              \
                                                                                                                     \
		for (int i = 0; i < N; i++)                                                                          \
			RUN(insn, p + i * PAGE);                                                                     \
		printf("%s: %ld", insn, faults() - before);                                                          \
		madvise(p, N *PAGE, MADV_DONTNEED);                                                                  \
		before = faults();                                                                                   \
		for (int i = 0; i < N; i++) {                                                                        \
			*(volatile char *)(p + i * PAGE);                                                            \
			RUN(insn, p + i * PAGE);                                                                     \
		}                                                                                                    \
		printf(" %ld\n", faults() - before);                                                                 \
		madvise(p, N *PAGE, MADV_DONTNEED);                                                                  \
		mprotect(p, N *PAGE, PROT_READ);                                                                     \
		munmap(p + 2 * PAGE, PAGE);                                                                          \
		base = p;                                                                                            \
		REFUSED(insn, p);                                                                                    \
		*(volatile char *)p;                                                                                 \
		REFUSED(insn, p);                                                                                    \
		REFUSED(insn, p + 2 * PAGE);                                                                         \
		munmap(p, N *PAGE);                                                                                  \
	} while (0)

#define ACROSS(insn)                                                                                                 \
	do {                                                                                                         \
		printf("%s across\n", insn);                                                                         \
		REFUSED(insn, base + PAGE - 3);                                                                      \
		REFUSED(insn, base + 2 * PAGE - 3);                                                                  \
		REFUSED(insn, base + 3 * PAGE - 3);                                                                  \
	} while (0)

int main(void)
{
	struct sigaction sa = {.sa_sigaction = on_fault, .sa_flags = SA_SIGINFO | SA_NODEFER};

	sigaction(SIGSEGV, &sa, NULL);
	printf("start %d\n", faults() > 0);
	KIND("mov %%rax, (%%rdi)");
	KIND("cmp %%rax, (%%rdi)");
	KIND("add %%rax, (%%rdi)");
	KIND("lock add %%rax, (%%rdi)");
	KIND("sbbb %%al, (%%rdi)");
	KIND("xorl $5, (%%rdi)");
	KIND("cmpl $5, (%%rdi)");
	KIND("orl $0, (%%rdi)");
	KIND("xchg %%rax, (%%rdi)");
	KIND("lock cmpxchg %%rcx, (%%rdi)");
	KIND("lock xadd %%eax, (%%rdi)");
	KIND("incw (%%rdi)");
	KIND("decb (%%rdi)");
	KIND("notb (%%rdi)");
	KIND("negq (%%rdi)");
	KIND("testb $3, (%%rdi)");
	KIND("shll (%%rdi)");
	KIND("rolq $3, (%%rdi)");
	KIND("btl $3, (%%rdi)");
	KIND("btsl $3, (%%rdi)");
	KIND("btcq %%rax, (%%rdi)");
	KIND("shld $3, %%rax, (%%rdi)");
	KIND("cmpxchg8b (%%rdi)");
	KIND("lock cmpxchg16b (%%rdi)");
	KIND("setc (%%rdi)");
	KIND("pushq (%%rdi)\npopq %%rcx");
	base = mmap(NULL, 4 * PAGE, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	mprotect(base + PAGE, PAGE, PROT_NONE);
	*(volatile char *)base;
	mprotect(base + 3 * PAGE, PAGE, PROT_READ | PROT_WRITE);
	ACROSS("mov %%rax, (%%rdi)");
	ACROSS("mov (%%rdi), %%rax");
	ACROSS("add %%rax, (%%rdi)");
	ACROSS("btsl $3, (%%rdi)");
	return 0;
}
