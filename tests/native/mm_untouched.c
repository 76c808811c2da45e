// SPDX-License-Identifier: GPL-2.0-or-later
/* Calls that fail before they look at a buffer leave its pages alone; what is stored by one instruction is so wholly. */
#define _GNU_SOURCE
#include <asm/prctl.h>
#include <fcntl.h>
#include <signal.h>
#include <setjmp.h>
#include <stdint.h>
#include <sys/mman.h>
#include <sys/uio.h>
#include "show.h"

#define PAGE 4096L

static char *page;
static sigjmp_buf out;

static void fresh(void)
{
	madvise(page, 2 * PAGE, MADV_DONTNEED);
}

static void there(void)
{
	unsigned char vec[2];

	mincore(page, 2 * PAGE, vec);
	printf("  pages there: %d %d\n", vec[0], vec[1]);
	fresh();
}

static void on_fault(int sig, siginfo_t *si, void *uc)
{
	(void)uc;
	printf("  signal %d code %d addr %lx\n", sig, si->si_code, (long)si->si_addr);
	siglongjmp(out, 1);
}

#define EDGE(insn, at)                                                                                               \
	do {                                                                                                         \
		printf("%s %s\n", insn, #at);                                                                        \
		if (!sigsetjmp(out, 1))                                                                              \
			__asm__ volatile(insn : : "D"(at) : "rax", "xmm0", "memory");                                \
	} while (0)

int main(void)
{
	struct sigaction sa = {.sa_sigaction = on_fault, .sa_flags = SA_SIGINFO | SA_NODEFER};
	int null = open("/dev/null", O_RDWR), full = open("/dev/full", O_RDWR), pipes[2];
	uint64_t *last;

	page = mmap(NULL, 3 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	munmap(page + 2 * PAGE, PAGE);
	if (pipe2(pipes, O_NONBLOCK))
		return 1;
	SHOW(read(-1, page, 8));
	there();
	SHOW(write(99, page, 8));
	there();
	SHOW(pread(99, page, 8, 0));
	there();
	SHOW(readv(99, (void *)page, 2));
	there();
	SHOW(pwritev(99, (void *)page, 2, 0));
	there();
	SHOW(read(pipes[1], page, 8));
	there();
	SHOW(write(pipes[0], page, 8));
	there();
	SHOW(pread(pipes[1], page, 8, 0));
	there();
	SHOW(read(pipes[0], page, 2 * PAGE));
	there();
	SHOW(write(null, page, 2 * PAGE));
	there();
	SHOW(read(null, page, 2 * PAGE));
	there();
	SHOW(write(full, page, 2 * PAGE));
	there();
	SHOW(read(full, page, 2 * PAGE));
	there();
	int mem = open("/proc/self/mem", O_RDONLY);

	SHOW(pwrite(mem, (char *)-14L, PAGE, (long)page));
	SHOW(pread(mem, (char *)-14L, PAGE, (long)page));
	close(mem);
	/* One store across the end of what is mapped. */
	last = (uint64_t *)(page + 2 * PAGE - 8);
	SHOW(syscall(SYS_arch_prctl, ARCH_GET_GS, page + 2 * PAGE - 3));
	there();
	*last = 0x1111111111111111;
	SHOW(syscall(SYS_arch_prctl, ARCH_GET_FS, page + 2 * PAGE - 3));
	printf("  %lx\n", (long)*last);
	struct iovec wrong[2] = {{(void *)-22L, PAGE}, {page, 1UL << 63}};

	SHOW(syscall(SYS_process_madvise, -1, wrong, 2, MADV_COLD, 0));
	SHOW(syscall(SYS_process_madvise, -1, wrong, 1, MADV_COLD, 0));

	sigaction(SIGSEGV, &sa, NULL);
	sigaction(SIGBUS, &sa, NULL);
	EDGE("mov (%%rdi), %%rax", 0x7fffffffffffL);
	EDGE("mov (%%rdi), %%al", 0x7fffffffffffL);
	EDGE("mov %%rax, (%%rdi)", 0x7ffffffffffcL);
	EDGE("mov %%eax, (%%rdi)", 0x7ffffffffffcL);
	EDGE("lock add %%rax, (%%rdi)", 0x7ffffffffffbL);
	EDGE("incw (%%rdi)", 0x7fffffffffffL);
	EDGE("movups (%%rdi), %%xmm0", 0x7ffffffffff8L);
	EDGE("mov (%%rdi), %%rax", 0x800000000000L);
	EDGE("mov (%%rdi), %%rax", 0xffff7ffffffffffcL);
	return 0;
}
