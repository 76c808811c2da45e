// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Random bytes as code, with random registers: whatever they do, the run ends with one of the exits that
 * there are, and the engine is as good as new afterwards. The seed is in the environment's CPU_TEST_SEED.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <signal.h>
#include <cmocka.h>
#include "toy.h"

#define ROUNDS 15000

static u64 next(u64 *seed)
{
	*seed ^= *seed << 13;
	*seed ^= *seed >> 7;
	*seed ^= *seed << 17;
	return *seed;
}

static struct cpu *stuck;

static void on_alarm(int sig)
{
	cpu_kick(stuck);
}

/* Half of it begins with what leads to the rarer instructions. */
static void random_code(u64 *seed, u8 code[64])
{
	static const u8 start[][2] = {{0x0f, 0x01}, {0x66, 0x0f}, {0xf3, 0x0f}, {0xf2, 0x0f}, {0xc5, 0xf8}, {0x48, 0xcf},
				      {0xdb, 0xd9}, {0xcf, 0xcb}};

	for (int i = 0; i < 64; i++)
		code[i] = (u8)(next(seed) >> 24);
	if (next(seed) & 1)
		memcpy(code, start[next(seed) % ARRAY_SIZE(start)], 1 + (next(seed) & 1));
}

static void random_regs(u64 *seed, struct cpu_regs *regs)
{
	u64 *r = (u64 *)regs;

	for (int i = 0; i < 16; i++)
		r[i] = next(seed) % 4 ? DATA_VA + 0x8000 + (next(seed) & 0x3fff) : next(seed);
	regs->rsp = STACK_TOP_VA - 512 - (next(seed) & 0xff8);
	regs->rip = CODE_VA;
	regs->rflags = next(seed) % 40 ? 0x202 : 0x302;
	regs->fs_base = DATA_VA + 0x1000;
}

static struct cpu_exit run_some(struct toy *toy, u64 *seed)
{
	struct cpu_exit exit;

	for (int i = 0; i < 20; i++) {
		memset(&exit, 0, sizeof(exit));
		if (next(seed) % 40)
			cpu_run(toy->cpu, &exit);
		else
			cpu_run_step(toy->cpu, &exit);
		if (exit.reason != CPU_EXIT_SYSCALL && exit.reason != CPU_EXIT_STEP)
			break;
	}
	return exit;
}

/* A fixed program gives what it must: registers, flags, stack, an exception, a system call. */
static void check_sane(struct toy *toy)
{
	struct cpu_regs regs;
	struct cpu_exit exit;

	/* push %rbx; add %rbx,%rax; adc $0,%rcx; pop %rdx; movq %rax,%xmm0; movq %xmm0,%rsi; syscall; cli */
	toy_code(toy, CODE_VA + 0x800,
		 "\x53\x48\x01\xd8\x48\x83\xd1\x00\x5a\x66\x48\x0f\x6e\xc0\x66\x48\x0f\x7e\xc6\x0f\x05\xfa", 22);
	cpu_get_regs(toy->cpu, &regs);
	regs.rax = ~0UL;
	regs.rbx = 2;
	regs.rcx = 5;
	regs.rsp = STACK_TOP_VA - 64;
	regs.rflags = 0x202;
	cpu_set_regs(toy->cpu, &regs);
	while ((exit = toy_run(toy, &regs)).reason == CPU_EXIT_KICKED)
		;
	assert_int_equal(exit.reason, CPU_EXIT_SYSCALL);
	assert_int_equal(regs.rax, 1);
	assert_int_equal(regs.rdx, 2);
	assert_int_equal(regs.rsi, 1);
	assert_int_equal(regs.rsp, STACK_TOP_VA - 64);
	assert_int_equal(regs.rip, CODE_VA + 0x815);
	assert_int_equal(regs.cs, 0x33);
	while ((exit = toy_run(toy, &regs)).reason == CPU_EXIT_KICKED)
		;
	assert_int_equal(exit.reason, CPU_EXIT_EXCEPTION);
	assert_int_equal(exit.exception.vector, 13);
}

static void test_random_code(void **state)
{
	const char *env = getenv("CPU_TEST_SEED");
	u64 seed = env ? strtoull(env, NULL, 0) : 0x2545f4914f6cdd1d;
	struct toy *toy = toy_create();
	struct cpu_regs regs;
	struct cpu_exit exit;
	u8 code[64];

	toy_map(toy, CODE_VA, 1, CPU_PERM_R | CPU_PERM_W | CPU_PERM_X);
	toy_map(toy, DATA_VA, 16, CPU_PERM_R | CPU_PERM_W);
	toy_map(toy, STACK_VA, 4, CPU_PERM_R | CPU_PERM_W);
	stuck = toy->cpu;
	signal(SIGALRM, on_alarm);
	for (int i = 0; i < ROUNDS; i++) {
		random_code(&seed, code);
		toy_code(toy, CODE_VA, code, sizeof(code));
		cpu_get_regs(toy->cpu, &regs);
		random_regs(&seed, &regs);
		cpu_set_regs(toy->cpu, &regs);
		/* Twice: a kick may come just too early. */
		ualarm(20000, 20000);
		exit = run_some(toy, &seed);
		ualarm(0, 0);
		if (exit.reason == CPU_EXIT_ERROR)
			fail_msg("round %d: %s", i, exit.why);
		check_sane(toy);
	}
	toy_destroy(toy);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_random_code),
	};

	return cmocka_run_group_tests_name("cpu random", tests, NULL, NULL);
}
