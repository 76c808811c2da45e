// SPDX-License-Identifier: GPL-2.0-or-later
/* Handlers: masks, flags, alternate stacks, changing the context, frames that do not fit. */
#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <ucontext.h>
#include <unistd.h>

static volatile int depth;
static char alt[65536];

static void show_mask(const char *what)
{
	sigset_t set;

	sigprocmask(SIG_BLOCK, NULL, &set);
	printf("%s blocked:", what);
	for (int i = 1; i <= 64; i++)
		if (sigismember(&set, i) == 1)
			printf(" %d", i);
	printf("\n");
}

static int on_alt(void)
{
	char here;

	return &here >= alt && &here < alt + sizeof(alt);
}

static void plain(int sig)
{
	printf("handler %d, depth %d, on alternate stack %d\n", sig, depth, on_alt());
	show_mask("  inside");
	if (depth++ < 2)
		raise(SIGUSR2);
	depth--;
}

static void skip(int sig, siginfo_t *si, void *ctx)
{
	ucontext_t *uc = ctx;

	printf("skip %d code %d, onstack flag %d\n", sig, si->si_code, uc->uc_stack.ss_flags);
	uc->uc_mcontext.gregs[REG_RIP] += 2;           /* over ud2 */
	uc->uc_mcontext.gregs[REG_RAX] = 4711;
	uc->uc_mcontext.gregs[REG_R15] = 0x1122334455667788;
	sigaddset(&uc->uc_sigmask, SIGHUP);
}

static void info(int sig, siginfo_t *si, void *ctx)
{
	ucontext_t *uc = ctx;
	uintptr_t frame = (uintptr_t)uc - 8;

	printf("info %d code %d pid ok %d uid %d value %d\n", sig, si->si_code, si->si_pid == getpid(), si->si_uid,
	       si->si_code == SI_QUEUE ? si->si_value.sival_int : 0);
	printf("  frame aligned %d, fpstate aligned %d, cs %llx\n", (int)((frame + 8) % 16),
	       (int)((uintptr_t)uc->uc_mcontext.fpregs % 64), uc->uc_mcontext.gregs[REG_CSGSFS] & 0xffff);
	printf("  mxcsr %x cwd %x\n", uc->uc_mcontext.fpregs->mxcsr, uc->uc_mcontext.fpregs->cwd);
}

static void set(int sig, void (*h)(int), int flags, int masked)
{
	struct sigaction sa = {.sa_handler = h, .sa_flags = flags}, old;

	if (masked)
		sigaddset(&sa.sa_mask, masked);
	int r = sigaction(sig, &sa, &old);
	printf("sigaction %d: %d, before: handler %d flags %x\n", sig, r,
	       old.sa_handler == SIG_DFL ? 0 : old.sa_handler == SIG_IGN ? 1 : 2, old.sa_flags);
}

static int recurse(int n)
{
	volatile char pad[4096];

	pad[0] = (char)n;
	return recurse(n + 1) + pad[0];
}

static sigjmp_buf out;
static void overflow(int sig, siginfo_t *si, void *ctx)
{
	(void)ctx;
	printf("overflow: sig %d code %d on alternate stack %d\n", sig, si->si_code, on_alt());
	siglongjmp(out, 1);
}

int main(void)
{
	stack_t ss = {.ss_sp = alt, .ss_size = sizeof(alt)}, old;
	uint64_t rax, r15;

	set(SIGUSR1, plain, 0, SIGINT);
	set(SIGUSR2, plain, SA_NODEFER, 0);
	raise(SIGUSR1);
	show_mask("after");
	set(SIGUSR1, plain, SA_RESETHAND | SA_ONSTACK, 0);
	printf("sigaltstack %d\n", sigaltstack(&ss, &old));
	printf("old flags %d\n", old.ss_flags);
	depth = 5;
	raise(SIGUSR1);
	set(SIGUSR1, SIG_IGN, 0, 0);
	raise(SIGUSR1);

	struct sigaction sa = {.sa_sigaction = skip, .sa_flags = SA_SIGINFO | SA_ONSTACK};
	sigaction(SIGILL, &sa, NULL);
	__asm__ volatile("mov $1, %%eax\n mov $2, %%r15\n ud2\n mov %%rax, %0\n mov %%r15, %1"
			 : "=m"(rax), "=m"(r15) : : "rax", "r15", "memory");
	printf("rax %lu r15 %lx\n", rax, r15);
	show_mask("after skip");

	sa.sa_sigaction = info;
	sa.sa_flags = SA_SIGINFO;
	for (int s = 34; s < 65; s += 15) {
		sigaction(s, &sa, NULL);
		sigqueue(getpid(), s, (union sigval){.sival_int = s * 2});
	}
	sigaction(SIGTERM, &sa, NULL);
	kill(getpid(), SIGTERM);
	sigset_t rt, pend;
	sigemptyset(&rt);
	sigaddset(&rt, 34);
	sigprocmask(SIG_BLOCK, &rt, NULL);
	for (int i = 0; i < 3; i++)
		sigqueue(getpid(), 34, (union sigval){.sival_int = i});
	sigpending(&pend);
	printf("pending 34: %d\n", sigismember(&pend, 34));
	sigprocmask(SIG_UNBLOCK, &rt, NULL);
	printf("altstack too small %d", sigaltstack(&(stack_t){.ss_sp = alt, .ss_size = 100}, NULL));
	printf(" errno %d\n", errno);
	printf("altstack bad flags %d", sigaltstack(&(stack_t){.ss_sp = alt, .ss_flags = 77, .ss_size = 10000}, NULL));
	printf(" errno %d\n", errno);
	for (int s = 0; s < 67; s += 9)
		printf("sigaction %d -> %d\n", s, sigaction(s, &sa, NULL));

	sa.sa_sigaction = overflow;
	sa.sa_flags = SA_SIGINFO | SA_ONSTACK;
	sigaction(SIGSEGV, &sa, NULL);
	if (!sigsetjmp(out, 1))
		printf("%d\n", recurse(0));
	fflush(stdout);
	/* no alternate stack: the frame has nowhere to go, so SIGSEGV kills */
	sigaltstack(&(stack_t){.ss_flags = SS_DISABLE}, NULL);
	return recurse(0);
}
