// SPDX-License-Identifier: GPL-2.0-or-later
/* The vsyscall page, arch_prctl, the FSGSBASE instructions, and segment registers, as a 64-bit program meets them. */
#include <asm/prctl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/time.h>
#include <time.h>
#include <ucontext.h>
#include "show.h"

#define VSYSCALL 0xffffffffff600000UL

static sigjmp_buf back;

static void fault(int sig, siginfo_t *info, void *ctx)
{
	ucontext_t *uc = ctx;

	printf("  signal %d code %d addr %p trapno %lld err %llx rip %llx\n", sig, info->si_code, info->si_addr,
	       uc->uc_mcontext.gregs[REG_TRAPNO], uc->uc_mcontext.gregs[REG_ERR],
	       (unsigned long long)uc->uc_mcontext.gregs[REG_RIP] >= VSYSCALL ? uc->uc_mcontext.gregs[REG_RIP] : 0);
	siglongjmp(back, 1);
}

#define TRY(expr)                                                                                            \
	do {                                                                                                 \
		printf("%s\n", #expr);                                                                       \
		if (!sigsetjmp(back, 1)) {                                                                   \
			long r_ = (long)(expr);                                                              \
			printf("  returns %ld\n", r_ > 1000000 ? 1000000 : r_);                              \
		}                                                                                            \
	} while (0)

typedef long call(uint64_t, uint64_t, uint64_t);
#define GETTIMEOFDAY ((call *)VSYSCALL)
#define TIME	     ((call *)(VSYSCALL + 0x400))
#define GETCPU	     ((call *)(VSYSCALL + 0x800))

static long bad_stack(void)
{
	long ret;

	/* jmp with a stack that is not there */
	__asm__ volatile("mov %%rsp, %%r12\n mov $0x1000, %%esp\n jmp *%1\n" : "=a"(ret) : "r"(VSYSCALL + 0x400), "D"(0)
			 : "r12", "rcx", "r11", "memory");
	return ret;
}

static void vsyscall(void)
{
	struct timeval tv = {0}, now;
	struct timezone tz = {5, 5};
	unsigned cpu = 9999, node = 9999;
	long t = 0;

	TRY(GETTIMEOFDAY((uint64_t)&tv, (uint64_t)&tz, 0));
	gettimeofday(&now, NULL);
	printf("close %d zone %d %d\n", now.tv_sec - tv.tv_sec <= 1, tz.tz_minuteswest, tz.tz_dsttime);
	TRY(GETTIMEOFDAY(0, 0, 0));
	TRY(TIME((uint64_t)&t, 0, 0));
	printf("close %d\n", now.tv_sec - t <= 1);
	TRY(TIME(0, 0, 0));
	TRY(GETCPU((uint64_t)&cpu, (uint64_t)&node, 0));
	printf("cpu %d node %d\n", cpu < 4096, node < 4096);
	TRY(GETTIMEOFDAY(8, 0, 0));
	TRY(GETTIMEOFDAY(0xffff888000000000, 0, 0));
	TRY(GETTIMEOFDAY(0, 0x8000000000000000, 0));
	TRY(TIME(0x1000, 0, 0));
	TRY(GETCPU(0, 16, 0));
	TRY(((call *)(VSYSCALL + 1))(0, 0, 0));
	TRY(((call *)(VSYSCALL + 0x200))(0, 0, 0));
	TRY(((call *)(VSYSCALL + 0xc00))(0, 0, 0));
	TRY(((call *)(VSYSCALL + 0x1000))(0, 0, 0));
	TRY(((call *)(VSYSCALL - 0x1000))(0, 0, 0));
	TRY(bad_stack());
	TRY(*(volatile char *)VSYSCALL);
	TRY(*(volatile char *)VSYSCALL = 1);
	SHOW(write(1, (void *)VSYSCALL, 1));
	SHOW(mprotect((void *)VSYSCALL, 4096, PROT_READ));
	SHOW(munmap((void *)VSYSCALL, 4096));
}

static void prctls(void)
{
	unsigned long old, v = 0;

	SHOW(syscall(SYS_arch_prctl, ARCH_GET_FS, &old));
	SHOW(old == (unsigned long)__builtin_thread_pointer());
	SHOW(syscall(SYS_arch_prctl, ARCH_GET_GS, &v));
	printf("gs %lx\n", v);
	SHOW(syscall(SYS_arch_prctl, ARCH_SET_GS, 0x123456789000));
	__asm__ volatile("rdgsbase %0" : "=r"(v));
	printf("gs %lx\n", v);
	__asm__ volatile("wrgsbase %0" : : "r"(0x00007ffffffffff8UL));
	SHOW(syscall(SYS_arch_prctl, ARCH_GET_GS, &v));
	printf("gs %lx\n", v);
	__asm__ volatile("wrgsbase %0" : : "r"(0xffff888000000000UL));
	SHOW(syscall(SYS_arch_prctl, ARCH_GET_GS, &v));
	printf("gs %lx\n", v);
	__asm__ volatile("wrgsbase %0" : : "r"(0UL));
	__asm__ volatile("rdfsbase %0" : "=r"(v));
	SHOW(v == old);
	SHOW(syscall(SYS_arch_prctl, ARCH_SET_GS, 0x800000000000));
	SHOW(syscall(SYS_arch_prctl, ARCH_SET_GS, 0x7ffffffff000));
	SHOW(syscall(SYS_arch_prctl, ARCH_SET_GS, 0x7fffffffefff));
	SHOW(syscall(SYS_arch_prctl, ARCH_SET_FS, 0x8000000000000000));
	SHOW(syscall(SYS_arch_prctl, ARCH_GET_FS, 8));
	SHOW(syscall(SYS_arch_prctl, ARCH_GET_CPUID, 0));
	SHOW(syscall(SYS_arch_prctl, 0x9999, 0));
	__asm__ volatile("wrgsbase %0" : : "r"(0UL));
}

static void selectors(void)
{
	uint16_t cs, ss, ds, es, fs, gs;

	__asm__ volatile("mov %%cs, %0\n mov %%ss, %1\n mov %%ds, %2\n mov %%es, %3\n mov %%fs, %4\n mov %%gs, %5"
			 : "=r"(cs), "=r"(ss), "=r"(ds), "=r"(es), "=r"(fs), "=r"(gs));
	printf("cs %x ss %x ds %x es %x fs %x gs %x\n", cs, ss, ds, es, fs, gs);
	TRY(({ __asm__ volatile("mov %0, %%ds" : : "r"(0)); 0; }));
	TRY(({ __asm__ volatile("mov %0, %%gs" : : "r"(0)); 0; }));
	TRY(({ __asm__ volatile("mov %0, %%ss" : : "r"(0)); 0; }));
}

int main(void)
{
	static const int sigs[] = {SIGSEGV, SIGBUS, SIGILL, SIGTRAP};
	struct sigaction sa = {.sa_sigaction = fault, .sa_flags = SA_SIGINFO | SA_ONSTACK};
	static char alt[65536];

	setvbuf(stdout, NULL, _IOLBF, 0);
	sigaltstack(&(stack_t){.ss_sp = alt, .ss_size = sizeof(alt)}, NULL);
	for (int i = 0; i < 4; i++)
		sigaction(sigs[i], &sa, NULL);
	vsyscall();
	prctls();
	selectors();
	return 0;
}
