// SPDX-License-Identifier: GPL-2.0-or-later
/* Every way out of cpu_run(), with the registers it must leave. */
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <cmocka.h>
#include "toy.h"

static int setup(void **state)
{
	struct toy *toy = toy_create();
	struct cpu_regs regs;

	toy_map(toy, CODE_VA, 4, CPU_PERM_R | CPU_PERM_W | CPU_PERM_X);
	toy_map(toy, STACK_VA, 4, CPU_PERM_R | CPU_PERM_W);
	cpu_get_regs(toy->cpu, &regs);
	regs.rsp = STACK_TOP_VA - 256;
	cpu_set_regs(toy->cpu, &regs);
	*state = toy;
	return 0;
}

static int teardown(void **state)
{
	toy_destroy(*state);
	return 0;
}

static void set_flags(struct toy *toy, u64 flags)
{
	struct cpu_regs regs;

	cpu_get_regs(toy->cpu, &regs);
	regs.rflags = flags;
	cpu_set_regs(toy->cpu, &regs);
}

static void test_fresh(void **state)
{
	struct toy *toy = *state;
	struct cpu_regs regs;
	struct cpu_fxstate fx;

	cpu_power_on(toy->cpu);
	cpu_get_regs(toy->cpu, &regs);
	assert_int_equal(regs.rax | regs.rbx | regs.rcx | regs.rdx | regs.rsi | regs.rdi | regs.rbp | regs.rsp, 0);
	assert_int_equal(regs.r8 | regs.r9 | regs.r10 | regs.r11 | regs.r12 | regs.r13 | regs.r14 | regs.r15, 0);
	assert_int_equal(regs.fs_base | regs.gs_base | regs.rip, 0);
	assert_int_equal(regs.rflags, 0x202);
	assert_int_equal(regs.cs, 0x33);
	assert_int_equal(regs.ss, 0x2b);
	assert_int_equal(regs.ds | regs.es | regs.fs | regs.gs, 0);
	cpu_get_fxstate(toy->cpu, &fx);
	assert_int_equal(fx.cwd, 0x37f);
	assert_int_equal(fx.swd, 0);
	assert_int_equal(fx.twd, 0);
	assert_int_equal(fx.mxcsr, 0x1f80);
}

static void test_syscall(void **state)
{
	struct toy *toy = *state;
	struct cpu_regs regs;
	struct cpu_exit exit;

	/* stc; mov $39,%eax; syscall; syscall */
	TOY_CODE(toy, CODE_VA, "\xf9\xb8\x27\0\0\0\x0f\x05\x0f\x05");
	exit = toy_run(toy, &regs);
	assert_int_equal(exit.reason, CPU_EXIT_SYSCALL);
	assert_int_equal(regs.rax, 39);
	assert_int_equal(regs.rip, CODE_VA + 8);
	assert_int_equal(regs.rcx, CODE_VA + 8);
	assert_int_equal(regs.r11, 0x203);
	assert_int_equal(regs.rflags & 1, 1);
	exit = toy_run(toy, &regs);
	assert_int_equal(exit.reason, CPU_EXIT_SYSCALL);
	assert_int_equal(regs.rcx, CODE_VA + 10);
}

static bool answer(struct toy *toy, struct cpu_syscall *sc)
{
	u64 *calls = toy->data;

	if (sc->nr != 39)
		return false;
	++*calls;
	sc->ret = sc->args[0] + 2 * sc->args[1] + 4 * sc->args[2] + 8 * sc->args[3] + 16 * sc->args[4] +
		  32 * sc->args[5];
	return true;
}

static void test_fast_syscall(void **state)
{
	struct toy *toy = *state;
	struct cpu_regs regs;
	u64 calls = 0;

	toy->on_syscall = answer;
	toy->data = &calls;
	/* mov $39,%eax; syscall; mov %rax,%rbx; mov %rcx,%rbp; mov %r11,%r12; mov $1,%eax; syscall */
	TOY_CODE(toy, CODE_VA, "\xb8\x27\0\0\0\x0f\x05\x48\x89\xc3\x48\x89\xcd\x4d\x89\xdc\xb8\x01\0\0\0\x0f\x05");
	cpu_get_regs(toy->cpu, &regs);
	regs.rdi = 1;
	regs.rsi = 10;
	regs.rdx = 100;
	regs.r10 = 1000;
	regs.r8 = 10000;
	regs.r9 = 100000;
	cpu_set_regs(toy->cpu, &regs);
	assert_int_equal(toy_run(toy, &regs).reason, CPU_EXIT_SYSCALL);
	assert_int_equal(calls, 1);
	assert_int_equal(regs.rax, 1);
	assert_int_equal(regs.rbx, 1 + 20 + 400 + 8000 + 160000 + 3200000);
	assert_int_equal(regs.rbp, CODE_VA + 7);
	assert_int_equal(regs.r12, 0x202);
}

struct exception_case {
	const char *name, *code;
	u8 size, vector;
	u32 error_code;
	u8 rip;                /* offset of RIP */
};

#define CASE(name, code, vector, error, rip) {name, code, sizeof(code) - 1, vector, error, rip}

static const struct exception_case exceptions[] = {
	CASE("div by zero", "\x90\x31\xc9\x48\xf7\xf1", 0, 0, 3),
	CASE("idiv by zero", "\x31\xc9\x48\xf7\xf9", 0, 0, 2),
	CASE("div overflow", "\x31\xc0\xba\x05\0\0\0\xb9\x01\0\0\0\xf7\xf1", 0, 0, 12),
	CASE("idiv minimum by -1", "\x31\xc0\x99\xff\xca\x48\xb8\0\0\0\0\0\0\0\x80\x48\x99\x48\xc7\xc1\xff\xff\xff\xff\x48\xf7\xf9", 0, 0, 24),
	CASE("icebp", "\x90\xf1", 1, 0, 2),
	CASE("int3", "\x90\xcc", 3, 0, 2),
	CASE("int $3", "\x90\xcd\x03", 3, 0, 3),
	CASE("int $4", "\xcd\x04", 4, 0, 2),
	CASE("ud2", "\x90\x0f\x0b", 6, 0, 1),
	CASE("ud1", "\x0f\xb9\xc0", 6, 0, 0),
	CASE("push %es", "\x90\x06", 6, 0, 1),
	CASE("vpaddd", "\xc5\xf5\xfe\xc2", 6, 0, 0),
	CASE("EVEX", "\x62\xf1\x7c\x48\x10\xc0", 6, 0, 0),
	CASE("xgetbv", "\x31\xc9\x0f\x01\xd0", 6, 0, 2),
	CASE("lock add register", "\xf0\x48\x01\xc8", 6, 0, 0),
	CASE("monitor", "\x0f\x01\xc8", 6, 0, 0),
	CASE("int $0x80", "\xcd\x80", 0x80, 0, 2),
	CASE("int $0", "\x90\xcd\x00", 13, 0 * 8 + 2, 1),
	CASE("int $1", "\xcd\x01", 13, 1 * 8 + 2, 0),
	CASE("int $6", "\xcd\x06", 13, 6 * 8 + 2, 0),
	CASE("int $13", "\xcd\x0d", 13, 13 * 8 + 2, 0),
	CASE("int $14", "\xcd\x0e", 13, 14 * 8 + 2, 0),
	CASE("int $32", "\xcd\x20", 13, 32 * 8 + 2, 0),
	CASE("int $255", "\xcd\xff", 13, 255 * 8 + 2, 0),
	CASE("hlt", "\x90\xf4", 13, 0, 1),
	CASE("cli", "\xfa", 13, 0, 0),
	CASE("sti", "\xfb", 13, 0, 0),
	CASE("in imm", "\x90\xe4\x80", 13, 0, 1),
	CASE("in dx", "\xed", 13, 0, 0),
	CASE("out imm", "\x90\xe6\x80", 13, 0, 1),
	CASE("out dx", "\xee", 13, 0, 0),
	CASE("insb", "\x6c", 13, 0, 0),
	CASE("rep outsb", "\xb9\x01\0\0\0\xf3\x6e", 13, 0, 5),
	CASE("mov %cr0,%rax", "\x0f\x20\xc0", 13, 0, 0),
	CASE("mov %rax,%cr3", "\x0f\x22\xd8", 13, 0, 0),
	CASE("mov %db7,%rax", "\x0f\x21\xf8", 13, 0, 0),
	CASE("rdmsr", "\x0f\x32", 13, 0, 0),
	CASE("wrmsr", "\x0f\x30", 13, 0, 0),
	CASE("invd", "\x0f\x08", 13, 0, 0),
	CASE("wbinvd", "\x0f\x09", 13, 0, 0),
	CASE("invlpg", "\x0f\x01\x38", 13, 0, 0),
	CASE("lgdt", "\x0f\x01\x10", 13, 0, 0),
	CASE("lidt", "\x0f\x01\x18", 13, 0, 0),
	CASE("lldt", "\x0f\x00\xd0", 13, 0, 0),
	CASE("ltr", "\x0f\x00\xd8", 13, 0, 0),
	CASE("lmsw", "\x0f\x01\xf0", 13, 0, 0),
	CASE("clts", "\x0f\x06", 13, 0, 0),
	CASE("swapgs", "\x0f\x01\xf8", 13, 0, 0),
	CASE("sysretq", "\x48\x0f\x07", 13, 0, 0),
	CASE("sysexit", "\x0f\x35", 13, 0, 0),
	CASE("rdpmc", "\x31\xc9\x0f\x33", 13, 0, 2),
	/* fldcw that unmasks; fld1; fldz; fdivrp; fwait: the error waits for the next x87 instruction */
	CASE("x87 divide by zero", "\x66\xc7\x04\x24\x40\x03\xd9\x2c\x24\xd9\xe8\xd9\xee\xde\xf9\x9b", 16, 0, 15),
};

static void test_exceptions(void **state)
{
	struct toy *toy = *state;
	struct cpu_regs regs;
	struct cpu_exit exit;
	unsigned wrong = 0;

	for (unsigned i = 0; i < ARRAY_SIZE(exceptions); i++) {
		const struct exception_case *c = &exceptions[i];

		/* Twice: nothing may linger that changes the second. */
		for (int twice = 0; twice < 2; twice++) {
			cpu_power_on(toy->cpu);
			cpu_get_regs(toy->cpu, &regs);
			regs.rsp = STACK_TOP_VA - 256;
			regs.rax = regs.rsi = regs.rdi = CODE_VA + 0x800;
			cpu_set_regs(toy->cpu, &regs);
			toy_code(toy, CODE_VA, "\xf4\xf4\xf4\xf4\xf4\xf4\xf4\xf4\xf4\xf4\xf4\xf4\xf4\xf4\xf4\xf4\xf4\xf4", 18);
			toy_code(toy, CODE_VA, c->code, c->size);
			exit = toy_run(toy, &regs);
			if (exit.reason == CPU_EXIT_EXCEPTION && exit.exception.vector == c->vector &&
			    exit.exception.error_code == c->error_code && regs.rip == CODE_VA + c->rip &&
			    regs.rsp == STACK_TOP_VA - 256)
				continue;
			wrong++;
			print_error("%s: reason %d vector %d error %d rip +%ld, not vector %d error %d rip +%d\n", c->name,
				    exit.reason, exit.exception.vector, exit.exception.error_code,
				    (long)(regs.rip - CODE_VA), c->vector, c->error_code, c->rip);
		}
	}
	assert_int_equal(wrong, 0);
}

/* Without cpu_power_on() in between: registers, x87 and SSE state live through an exception. */
static void test_exception_keeps_state(void **state)
{
	struct toy *toy = *state;
	struct cpu_regs before, after;
	struct cpu_fxstate fx, fx2;

	cpu_get_fxstate(toy->cpu, &fx);
	for (int i = 0; i < 16; i++)
		memset(fx.xmm[i], 0x10 + i, 16);
	fx.mxcsr = 0x9fc0;
	fx.cwd = 0x27f;
	cpu_set_fxstate(toy->cpu, &fx);
	cpu_get_regs(toy->cpu, &before);
	before.fs_base = 0x1234567;
	before.gs_base = 0x7654321;
	before.r15 = 0xfedcba9876543210;
	cpu_set_regs(toy->cpu, &before);
	for (int i = 0; i < 5; i++) {
		TOY_CODE(toy, CODE_VA, "\x31\xc9\x48\xf7\xf1");
		assert_int_equal(toy_run(toy, &after).exception.vector, 0);
		TOY_CODE(toy, CODE_VA, "\xf4");
		assert_int_equal(toy_run(toy, &after).exception.vector, 13);
	}
	assert_int_equal(after.fs_base, before.fs_base);
	assert_int_equal(after.gs_base, before.gs_base);
	assert_int_equal(after.r15, before.r15);
	assert_int_equal(after.rsp, before.rsp);
	cpu_get_fxstate(toy->cpu, &fx2);
	assert_memory_equal(&fx, &fx2, sizeof(fx));
}

static void test_faults(void **state)
{
	struct toy *toy = *state;
	struct cpu_regs regs;
	struct cpu_exit exit;

	/* inc %ecx; mov 0x123(%rbx),%rax; syscall */
	TOY_CODE(toy, CODE_VA, "\xff\xc1\x48\x8b\x83\x23\x01\0\0\x0f\x05");
	cpu_get_regs(toy->cpu, &regs);
	regs.rbx = DATA_VA;
	regs.rcx = 7;
	cpu_set_regs(toy->cpu, &regs);
	exit = toy_run(toy, &regs);
	assert_int_equal(exit.reason, CPU_EXIT_FAULT);
	assert_int_equal(exit.fault.access, CPU_READ);
	assert_int_equal(exit.fault.page, DATA_VA);
	assert_int_equal(exit.fault.addr, DATA_VA + 0x123);
	assert_true(exit.fault.exact);
	assert_int_equal(regs.rip, CODE_VA + 2);
	assert_int_equal(regs.rcx, 8);

	/* The page appears: the instruction is run again, the one before it is not. */
	memcpy(toy_map(toy, DATA_VA, 1, CPU_PERM_R) + 0x123, "ABCDEFGH", 8);
	exit = toy_run(toy, &regs);
	assert_int_equal(exit.reason, CPU_EXIT_SYSCALL);
	assert_int_equal(regs.rax, 0x4847464544434241);

	/* mov %al,(%rbx): read-only now */
	TOY_CODE(toy, CODE_VA, "\x88\x03");
	exit = toy_run(toy, &regs);
	assert_int_equal(exit.reason, CPU_EXIT_FAULT);
	assert_int_equal(exit.fault.access, CPU_WRITE);
	assert_int_equal(exit.fault.addr, DATA_VA);
	assert_int_equal(regs.rip, CODE_VA);

	/* jmp *%rbx: not executable */
	TOY_CODE(toy, CODE_VA, "\xff\xe3");
	exit = toy_run(toy, &regs);
	assert_int_equal(exit.reason, CPU_EXIT_FAULT);
	assert_int_equal(exit.fault.access, CPU_FETCH);
	assert_int_equal(exit.fault.addr, DATA_VA);
	assert_int_equal(regs.rip, DATA_VA);

	/* jmp to 0x10 */
	TOY_CODE(toy, CODE_VA, "\x31\xdb\xff\xe3");
	exit = toy_run(toy, &regs);
	assert_int_equal(exit.reason, CPU_EXIT_FAULT);
	assert_int_equal(exit.fault.access, CPU_FETCH);
	assert_int_equal(exit.fault.addr, 0);
	assert_int_equal(regs.rip, 0);

	/* The kernel half and the engine's own pages are nobody's. */
	static const u64 beyond[] = {0x800000000000, 0xffff888000000000, 0xffffffff80000000, 0xffffffffff600000};

	for (unsigned i = 0; i < ARRAY_SIZE(beyond); i++) {
		cpu_get_regs(toy->cpu, &regs);
		regs.rbx = beyond[i];
		cpu_set_regs(toy->cpu, &regs);
		TOY_CODE(toy, CODE_VA, "\x8a\x43\x10");
		exit = toy_run(toy, &regs);
		assert_int_equal(exit.reason, CPU_EXIT_FAULT);
		assert_int_equal(exit.fault.addr, beyond[i] + 0x10);
		TOY_CODE(toy, CODE_VA, "\xff\xe3");
		exit = toy_run(toy, &regs);
		assert_int_equal(exit.reason, CPU_EXIT_FAULT);
		assert_int_equal(exit.fault.access, CPU_FETCH);
		assert_int_equal(regs.rip, beyond[i]);
	}
}

static void test_kick_outside(void **state)
{
	struct toy *toy = *state;
	struct cpu_regs regs;

	TOY_CODE(toy, CODE_VA, "\x0f\x05");
	cpu_kick(toy->cpu);
	assert_int_equal(toy_run(toy, &regs).reason, CPU_EXIT_KICKED);
	assert_int_equal(regs.rip, CODE_VA);
	assert_int_equal(toy_run(toy, &regs).reason, CPU_EXIT_SYSCALL);
}

static void test_step(void **state)
{
	struct toy *toy = *state;
	struct cpu_regs regs;
	struct cpu_exit exit;

	/* inc %eax; pushf; pop %rbx; rep stosb (rcx 2); jmp +0; popf; syscall */
	static const u8 at[] = {2, 3, 4, 4, 6, 8, 9};

	TOY_CODE(toy, CODE_VA, "\xff\xc0\x9c\x5b\xf3\xaa\xeb\x00\x9d\x0f\x05");
	cpu_get_regs(toy->cpu, &regs);
	regs.rax = 1;
	regs.rcx = 2;
	regs.rdi = STACK_VA;
	*(u64 *)toy_host(toy, regs.rsp) = 0x202;
	cpu_set_regs(toy->cpu, &regs);
	for (unsigned i = 0; i < ARRAY_SIZE(at); i++) {
		cpu_run_step(toy->cpu, &exit);
		assert_int_equal(exit.reason, CPU_EXIT_STEP);
		cpu_get_regs(toy->cpu, &regs);
		assert_int_equal(regs.rip - CODE_VA, at[i]);
		assert_int_equal(regs.rflags & 0x100, 0);
	}
	assert_int_equal(regs.rax, 2);
	assert_int_equal(regs.rbx & 0x100, 0);
	cpu_run_step(toy->cpu, &exit);
	assert_int_equal(exit.reason, CPU_EXIT_SYSCALL);
	cpu_get_regs(toy->cpu, &regs);
	assert_int_equal(regs.r11, 0x202);
}

/* The guest sets the trap flag itself: #DB after the instruction that follows popf. */
static void test_trap_flag(void **state)
{
	struct toy *toy = *state;
	struct cpu_regs regs;
	struct cpu_exit exit;

	/* popf; nop; nop */
	TOY_CODE(toy, CODE_VA, "\x9d\x90\x90\x0f\x05");
	cpu_get_regs(toy->cpu, &regs);
	*(u64 *)toy_host(toy, regs.rsp) = 0x302;
	for (int i = 2; i < 4; i++) {
		exit = toy_run(toy, &regs);
		assert_int_equal(exit.reason, CPU_EXIT_EXCEPTION);
		assert_int_equal(exit.exception.vector, 1);
		assert_int_equal(regs.rip, CODE_VA + i);
		assert_int_equal(regs.rflags & 0x100, 0x100);
	}
	set_flags(toy, 0x202);
	assert_int_equal(toy_run(toy, &regs).reason, CPU_EXIT_SYSCALL);
}

static void test_break(void **state)
{
	struct toy *toy = *state;
	struct cpu_regs regs;

	/* loop: inc %rax; add $1,%rbx; jmp loop -- with the block translated before the break is set */
	TOY_CODE(toy, CODE_VA, "\x48\xff\xc0\x48\x83\xc3\x01\x48\x83\xf8\x05\x75\xf3\x0f\x05");
	assert_int_equal(toy_run(toy, &regs).reason, CPU_EXIT_SYSCALL);
	assert_int_equal(regs.rbx, 5);
	assert_int_equal(cpu_set_break(toy->cpu, CODE_VA + 3), 0);
	regs.rip = CODE_VA;
	regs.rax = regs.rbx = 0;
	cpu_set_regs(toy->cpu, &regs);
	for (unsigned i = 0; i < 4; i++) {
		assert_int_equal(toy_run(toy, &regs).reason, CPU_EXIT_BREAK);
		assert_int_equal(regs.rip, CODE_VA + 3);
		assert_int_equal(regs.rax, i + 1);
		assert_int_equal(regs.rbx, i);
	}
	assert_int_equal(cpu_set_break(toy->cpu, 0), 0);
	assert_int_equal(toy_run(toy, &regs).reason, CPU_EXIT_SYSCALL);
	assert_int_equal(regs.rbx, 5);
}

/* A break at the first byte of a page whose predecessor is not mapped. */
static void test_break_at_page_start(void **state)
{
	struct toy *toy = *state;
	struct cpu_regs regs;

	TOY_CODE(toy, CODE_VA, "\x90\x0f\x05");
	assert_int_equal(cpu_set_break(toy->cpu, CODE_VA), 0);
	assert_int_equal(toy_run(toy, &regs).reason, CPU_EXIT_BREAK);
	assert_int_equal(toy_run(toy, &regs).reason, CPU_EXIT_SYSCALL);
	assert_int_equal(regs.rip, CODE_VA + 3);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_fresh, setup, teardown),
		cmocka_unit_test_setup_teardown(test_syscall, setup, teardown),
		cmocka_unit_test_setup_teardown(test_fast_syscall, setup, teardown),
		cmocka_unit_test_setup_teardown(test_exceptions, setup, teardown),
		cmocka_unit_test_setup_teardown(test_exception_keeps_state, setup, teardown),
		cmocka_unit_test_setup_teardown(test_faults, setup, teardown),
		cmocka_unit_test_setup_teardown(test_kick_outside, setup, teardown),
		cmocka_unit_test_setup_teardown(test_step, setup, teardown),
		cmocka_unit_test_setup_teardown(test_trap_flag, setup, teardown),
		cmocka_unit_test_setup_teardown(test_break, setup, teardown),
		cmocka_unit_test_setup_teardown(test_break_at_page_start, setup, teardown),
	};

	return cmocka_run_group_tests_name("cpu exits", tests, NULL, NULL);
}
