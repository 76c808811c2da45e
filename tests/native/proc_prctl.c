// SPDX-License-Identifier: GPL-2.0-or-later
/* prctl and arch_prctl: what is set is what is read back, and the errors. */
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/personality.h>
#include <sys/prctl.h>
#include "show.h"

#define P(...) syscall(SYS_prctl, __VA_ARGS__)

static void names(void)
{
	char name[17] = "";

	SHOW(P(PR_GET_NAME, name));
	puts(name);
	SHOW(P(PR_SET_NAME, "a-rather-long-name-of-a-thread"));
	memset(name, 'x', 16);
	SHOW(P(PR_GET_NAME, name));
	puts(name);
	SHOW(P(PR_SET_NAME, "short"));
	memset(name, 'x', 16);
	SHOW(P(PR_GET_NAME, name));
	for (int i = 0; i < 16; i++)
		printf("%02x", (unsigned char)name[i]);
	putchar('\n');
	SHOW(P(PR_SET_NAME, 8));
	SHOW(P(PR_GET_NAME, 8));
}

static void simple(void)
{
	int value = -1;
	unsigned long word = 0;

	SHOW(P(PR_GET_DUMPABLE));
	SHOW(P(PR_SET_DUMPABLE, 0));
	SHOW(P(PR_GET_DUMPABLE));
	SHOW(P(PR_SET_DUMPABLE, 2));
	SHOW(P(PR_SET_DUMPABLE, 1));
	SHOW(P(PR_SET_PDEATHSIG, 99));
	SHOW(P(PR_SET_PDEATHSIG, SIGUSR1));
	SHOW(P(PR_GET_PDEATHSIG, &value));
	SHOW(value);
	SHOW(P(PR_GET_PDEATHSIG, 8));
	SHOW(P(PR_SET_PDEATHSIG, 0));
	SHOW(P(PR_GET_KEEPCAPS));
	SHOW(P(PR_SET_KEEPCAPS, 2));
	SHOW(P(PR_GET_TIMING));
	SHOW(P(PR_SET_TIMING, 1));
	SHOW(P(PR_GET_TIMERSLACK));
	SHOW(P(PR_SET_TIMERSLACK, 12345));
	SHOW(P(PR_GET_TIMERSLACK));
	SHOW(P(PR_SET_TIMERSLACK, 0));
	SHOW(P(PR_GET_TIMERSLACK));
	SHOW(P(PR_GET_SECUREBITS));
	SHOW(P(PR_CAPBSET_READ, 0));
	SHOW(P(PR_CAPBSET_READ, 99));
	SHOW(P(PR_SET_CHILD_SUBREAPER, 1));
	value = -1;
	SHOW(P(PR_GET_CHILD_SUBREAPER, &value));
	SHOW(value);
	SHOW(P(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0));
	SHOW(P(PR_GET_NO_NEW_PRIVS, 1, 0, 0, 0));
	SHOW(P(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0));
	SHOW(P(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0));
	SHOW(P(PR_SET_NO_NEW_PRIVS, 0, 0, 0, 0));
	SHOW(P(PR_GET_THP_DISABLE, 0, 0, 0, 0));
	SHOW(P(PR_SET_THP_DISABLE, 1, 0, 0, 0));
	SHOW(P(PR_GET_THP_DISABLE, 0, 0, 0, 0));
	SHOW(P(PR_GET_THP_DISABLE, 1, 0, 0, 0));
	SHOW(P(PR_SET_THP_DISABLE, 0, 0, 0, 0));
	SHOW(P(PR_SET_THP_DISABLE, 1, 1, 0, 0));
	SHOW(P(PR_GET_THP_DISABLE, 0, 0, 0, 0));
	value = -1;
	SHOW(P(PR_GET_TSC, &value));
	SHOW(value);
	SHOW(P(PR_SET_TSC, 77));
	SHOW(P(PR_GET_SECCOMP));
	SHOW(P(PR_GET_TID_ADDRESS, &word));
	SHOW(P(PR_SET_FP_MODE, 0));
	SHOW(P(PR_GET_UNALIGN, &value));
	SHOW(P(PR_GET_ENDIAN, &value));
	SHOW(P(PR_GET_FPEMU, &value));
	SHOW(P(PR_CAP_AMBIENT, PR_CAP_AMBIENT_IS_SET, 0, 0, 0));
	SHOW(P(PR_CAP_AMBIENT, 99, 0, 0, 0));
	SHOW(P(0));
	SHOW(P(12345));
	SHOW(P(0x41555856, NULL, 0, 1, 0));
	SHOW(P(0x41555856, NULL, 0, 0, 0));
}

static void arch(void)
{
	static unsigned long word = 42;
	unsigned long base = 0;

	SHOW(syscall(SYS_arch_prctl, 0x1003, &base));
	SHOW(base != 0);
	SHOW(syscall(SYS_arch_prctl, 0x1001, &word));
	SHOW(syscall(SYS_arch_prctl, 0x1004, &base));
	SHOW(base == (unsigned long)&word);
	__asm__("mov %%gs:0, %0" : "=r"(base));
	SHOW(base);
}

static void arch_errors(void)
{
	SHOW(syscall(SYS_arch_prctl, 0x1001, 1UL << 47));
	SHOW(syscall(SYS_arch_prctl, 0x1002, 0x7ffffffff000));
	SHOW(syscall(SYS_arch_prctl, 0x1003, 8));
	SHOW(syscall(SYS_arch_prctl, 0x1004, 8));
	SHOW(syscall(SYS_arch_prctl, 0x3001, 0));
	SHOW(syscall(SYS_arch_prctl, 0x5001, 1));
	SHOW(syscall(SYS_arch_prctl, 0x5005, 0));
	SHOW(syscall(SYS_arch_prctl, 0x1011, 0));
	SHOW(syscall(SYS_arch_prctl, 99, 0));
}

static void persona(void)
{
	long old = syscall(SYS_personality, 0xffffffff);

	printf("personality %lx\n", old);
	SHOW(syscall(SYS_personality, old | UNAME26) == old);
	SHOW(syscall(SYS_personality, old) == (old | UNAME26));
}

int main(void)
{
	setvbuf(stdout, NULL, _IONBF, 0);
	names();
	simple();
	arch_errors();
	arch();
	persona();
	return 0;
}
