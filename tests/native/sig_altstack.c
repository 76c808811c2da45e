// SPDX-License-Identifier: GPL-2.0-or-later
/* sigaltstack: its errors, its flags, being on it, leaving it, overflowing it; faults through the stack segment. */
#include <setjmp.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <ucontext.h>
#include "show.h"

#define AUTODISARM (1U << 31)

static char *area, *other;
static sigjmp_buf back;
static int nested;

static void show_stack(const char *what)
{
	stack_t ss;

	memset(&ss, 0xee, sizeof(ss));
	sigaltstack(NULL, &ss);
	printf("  %s: sp %s size %zu flags %x\n", what, ss.ss_sp == area ? "area" : ss.ss_sp == other ? "other" : ss.ss_sp ? "?" : "0",
	       ss.ss_size, ss.ss_flags);
}

static const char *where(const void *p)
{
	const char *c = p;

	return c >= area && c < area + 65536 ? "area" : c >= other && c < other + 65536 ? "other" : "stack";
}

static void handler(int sig, siginfo_t *info, void *ctx)
{
	ucontext_t *uc = ctx;
	stack_t ss = {.ss_sp = other, .ss_size = 65536};

	(void)info;
	printf("handler %d on %s; frame: %s size %zu flags %x\n", sig, where(&ss), where(uc->uc_stack.ss_sp),
	       uc->uc_stack.ss_size, uc->uc_stack.ss_flags);
	show_stack("inside");
	SHOW(sigaltstack(&ss, NULL));
	show_stack("changed");
	if (!nested++)
		raise(sig);
	if (nested == 10) /* what the frame says is set on return */
		uc->uc_stack = (stack_t){.ss_sp = other, .ss_size = 65536, .ss_flags = (int)AUTODISARM};
	if (nested == 20)
		uc->uc_stack = (stack_t){.ss_sp = other, .ss_size = 1, .ss_flags = 0};
	if (nested == 30)
		uc->uc_stack = (stack_t){.ss_flags = 77};
}

static void set(int sig, int flags)
{
	struct sigaction sa = {.sa_sigaction = handler, .sa_flags = SA_SIGINFO | flags};

	sigaction(sig, &sa, NULL);
}

static void use(unsigned flags, size_t size)
{
	stack_t ss = {.ss_sp = area, .ss_size = size, .ss_flags = (int)flags};

	show_result("sigaltstack", sigaltstack(&ss, NULL));
	show_stack("now");
}

static int recurse(int n)
{
	volatile char pad[2048];

	pad[0] = (char)n;
	return recurse(n + 1) + pad[0];
}

/* Leaves less room than any frame needs, and sends itself the signal again. */
static void deep(int sig)
{
	volatile char *pad = __builtin_alloca((size_t)((char *)__builtin_frame_address(0) - area) - 400);
	long ret;

	__asm__ volatile("syscall" : "=a"(ret) : "0"(SYS_tkill), "D"(getpid()), "S"(sig), "r"(pad) : "rcx", "r11", "memory");
}

static void fault(int sig, siginfo_t *info, void *ctx)
{
	ucontext_t *uc = ctx;

	printf("fault: signal %d code %d addr %p err %llx trapno %lld\n", sig, info->si_code, info->si_addr,
	       uc->uc_mcontext.gregs[REG_ERR], uc->uc_mcontext.gregs[REG_TRAPNO]);
	siglongjmp(back, 1);
}

#define CHILD(...)                                                                                           \
	do {                                                                                                 \
		int status_;                                                                                 \
		fflush(stdout);                                                                              \
		if (!fork()) {                                                                               \
			__VA_ARGS__;                                                                         \
			_exit(0);                                                                            \
		}                                                                                            \
		wait(&status_);                                                                              \
		printf("status %x\n", status_ & 0xff7f);                                                     \
	} while (0)

#define FAULT(code)                                                                                          \
	do {                                                                                                 \
		if (!sigsetjmp(back, 1)) {                                                                   \
			printf("%s: ", code);                                                                \
			__asm__ volatile("push %%rbp\n mov %%rsp, %%r11\n mov %0, %%rbp\n mov %0, %%rbx\n mov %%r11, %%rcx\n" \
					 code : : "r"(1UL << 63) : "r11", "rbx", "rcx", "rax", "memory");    \
			puts("nothing");                                                                     \
		}                                                                                            \
	} while (0)

int main(void)
{
	struct sigaction sa = {.sa_sigaction = fault, .sa_flags = SA_SIGINFO | SA_ONSTACK};
	stack_t ss = {0};

	setvbuf(stdout, NULL, _IOLBF, 0);
	area = mmap(NULL, 2 * 65536, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) + 65536;
	mprotect(area - 65536, 65536, PROT_NONE);
	other = mmap(NULL, 65536, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	show_stack("at start");
	for (int i = 0; i < 9; i++)
		use((unsigned[]){0, 1, 2, 3, 4, AUTODISARM, AUTODISARM | 1, AUTODISARM | 2, 0x40000000}[i], 65536);
	use(0, 2047);
	use(1, 2048);
	use(2, 0);
	SHOW(sigaltstack((void *)8, NULL));
	SHOW(sigaltstack(NULL, (void *)8));
	SHOW(sigaltstack(NULL, NULL));

	puts("plain");
	use(0, 65536);
	set(SIGUSR1, SA_ONSTACK | SA_NODEFER);
	raise(SIGUSR1);
	show_stack("after");
	puts("without SA_ONSTACK");
	set(SIGUSR1, SA_NODEFER);
	raise(SIGUSR1);
	show_stack("after");
	puts("disarmed meanwhile");
	nested = 0;
	use(AUTODISARM, 65536);
	set(SIGUSR1, SA_ONSTACK | SA_NODEFER);
	raise(SIGUSR1);
	show_stack("after");
	for (int i = 9; i < 30; i += 10) {
		nested = i;
		use(0, 65536);
		printf("changed in the frame (%d)\n", i + 1);
		set(SIGUSR1, SA_NODEFER);
		sigaltstack(&ss, NULL);
		raise(SIGUSR1);
		show_stack("after");
	}
	puts("after fork and exec's kin");
	use(1, 65536);
	CHILD(show_stack("child"));

	puts("overflow of the stack");
	use(0, 65536);
	sigaction(SIGSEGV, &sa, NULL);
	if (!sigsetjmp(back, 1))
		recurse(0);
	show_stack("after");
	puts("overflow of the alternate stack");
	CHILD(signal(SIGSEGV, SIG_DFL); sigaction(SIGUSR2, &(struct sigaction){.sa_handler = deep,
	      .sa_flags = SA_ONSTACK | SA_NODEFER}, NULL); raise(SIGUSR2));
	CHILD(sigaction(SIGUSR2, &(struct sigaction){.sa_handler = deep, .sa_flags = SA_ONSTACK | SA_NODEFER}, NULL);
	      raise(SIGUSR2));
	puts("no place for the frame");
	CHILD(ss.ss_sp = (void *)0x1000, ss.ss_size = 65536; sigaltstack(&ss, NULL); raise(SIGSEGV));
	CHILD(ss.ss_flags = SS_DISABLE; sigaltstack(&ss, NULL); recurse(0));
	CHILD(signal(SIGSEGV, SIG_IGN); recurse(0));
	CHILD(sigset_t s; sigfillset(&s); sigprocmask(SIG_SETMASK, &s, NULL); recurse(0));

	puts("through the stack segment");
	sigaction(SIGBUS, &sa, NULL);
	FAULT("mov (%%rbp), %%al\n");
	FAULT("mov (%%rbx), %%al\n");
	FAULT("mov (%%rbx,%%rbp), %%al\n");
	FAULT("mov 8(%%rbp,%%rax), %%al\n");
	FAULT("mov %%ds:(%%rbp), %%al\n");
	FAULT("mov %%gs:(%%rbp), %%al\n");
	FAULT("mov %%rbx, %%rsp\n push %%rax\n");
	FAULT("mov %%rbx, %%rsp\n pop %%rax\n");
	FAULT("mov %%rbx, %%rsp\n call *%%rax\n");
	FAULT("mov %%rbx, %%rsp\n ret\n");
	FAULT("mov %%rbx, %%rsp\n mov (%%rsp), %%rax\n");
	FAULT("leave\n");
	FAULT("mov %%rbx, %%rsi\n lodsb\n");
	return 0;
}
