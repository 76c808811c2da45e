// SPDX-License-Identifier: GPL-2.0-or-later
// PR_SET_SYSCALL_USER_DISPATCH: calls from outside a range become SIGSYS, as a byte in memory says.
#include "files.h"
#include <sys/prctl.h>
#include <sys/wait.h>
#include <ucontext.h>

#define D(mode, off, len, sel) syscall(SYS_prctl, 59, mode, off, len, sel)

static char selector;

static void on(int sig, siginfo_t *si, void *ctx)
{
	ucontext_t *uc = ctx;

	selector = 0;
	printf("SIGSYS code %d nr %d errno %d here %d rax %lld\n", si->si_code, si->si_syscall, si->si_errno,
	       si->si_call_addr == (void *)uc->uc_mcontext.gregs[REG_RIP], uc->uc_mcontext.gregs[REG_RAX]);
	uc->uc_mcontext.gregs[REG_RAX] = 77;
}

__asm__("inside: mov $110, %eax\nsyscall\nret\ninside_end:\n"
	"outside: mov $110, %eax\nsyscall\nret\n");
long inside(void), outside(void);
extern char inside_end[];

static void in_child(const char *what, void (*fn)(void))
{
	int st;

	printf("-- %s\n", what);
	fflush(stdout);
	if (!fork()) {
		fn();
		selector = 0;
		fflush(stdout);
		_exit(3);
	}
	wait(&st);
	printf("%x\n", st & 0xff7f);
}

static void bad_byte(void)
{
	selector = 0;
	D(1, 0, 0, &selector);
	selector = 9;
	outside();
}

static void bad_address(void)
{
	char *p = pages();

	D(1, 0, 0, p);
	mprotect(p, 4096, PROT_NONE);
	outside();
}

static void unset(void)
{
	P(outside() > 0);
}

static void again(void)
{
	P(D(1, inside, inside_end - (char *)inside, &selector));
	selector = 1;
	long a = inside(), b = outside();

	selector = 0;
	printf("%d %ld\n", a > 0, b);
	selector = 1;
	a = outside();
	selector = 0;
	printf("%ld\n", a);
	execl("/proc/self/exe", "x", "again", NULL);
}

static void inclusive(void)
{
	P(D(2, inside, inside_end - (char *)inside, &selector));
	selector = 1;
	long a = inside();

	selector = 1;
	long b = outside();

	selector = 0;
	printf("%ld %d\n", a, b > 0);
}

int main(int argc, char **argv)
{
	struct sigaction sa = { .sa_sigaction = on, .sa_flags = SA_SIGINFO };

	if (argc > 1)
		return outside() > 0;
	sigaction(SIGSYS, &sa, NULL);
	P(D(0, 0, 0, 0));
	P(D(0, 1, 0, 0));
	P(D(3, 0, 0, 0));
	P(D(1, 5, 0, 0));
	P(D(1, 5, -1, 0));
	P(D(2, 0, 0, 0));
	P(D(1, 0, 0, KERNEL));
	P(D(1, 0, 0, &selector));
	in_child("not in a child", unset);
	in_child("again", again);
	in_child("bad byte", bad_byte);
	in_child("bad address", bad_address);
	in_child("inclusive", inclusive);
	P(D(0, 0, 0, 0));
	selector = 1;
	P(outside() > 0);
	return 0;
}
