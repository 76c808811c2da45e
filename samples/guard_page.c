// SPDX-License-Identifier: GPL-2.0-or-later
// guard_page: run into a PROT_NONE page; the SIGSEGV handler sees where and why, opens the page, and returns.
#include <signal.h>
#include <stdio.h>
#include <sys/mman.h>
#include <ucontext.h>

#define PAGE 4096

static char *area;

static void on_fault(int sig, siginfo_t *info, void *context)
{
	unsigned long error = ((ucontext_t *)context)->uc_mcontext.gregs[REG_ERR];
	long offset = (char *)info->si_addr - area;

	printf("signal %d: %s at area+%ld: %s\n", sig, error & 2 ? "write" : "read", offset,
	       info->si_code == SEGV_ACCERR ? "a mapping is there, but not for this"
					    : "nothing is mapped there");
	mprotect(area + offset / PAGE * PAGE, PAGE, PROT_READ | PROT_WRITE);
}

int main(void)
{
	struct sigaction action = {.sa_sigaction = on_fault, .sa_flags = SA_SIGINFO};

	area = mmap(NULL, 3 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (area == MAP_FAILED || mprotect(area + PAGE, PAGE, PROT_NONE) || sigaction(SIGSEGV, &action, NULL))
		return 1;
	for (int i = PAGE - 3; i < PAGE + 3; i++)
		area[i] = 'x'; // the fourth of these faults, once
	printf("written: %.6s\n", area + PAGE - 3);
	return 0;
}
