// SPDX-License-Identifier: GPL-2.0-or-later
/* The exact address and RIP of faults: every row of fault_cases.inc, executed. */
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <cmocka.h>
#include "toy.h"

#define CODE_AT 0x510000000
#define GOOD    0x500000000
#define BAD     (GOOD + 0x1000)
#define RO      (GOOD + 0x2000)
#define BAD2    (GOOD + 0x3000)

#define r CPU_READ
#define w CPU_WRITE

asm(".set BAD_32, 0x600000\n.set BAD_FROM_CODE, 0x7000");
#define CASE(name, text, access, address, ...)                                                                  \
	asm(".pushsection .rodata\nfc_" #name ": " text "\nfc_end_" #name ":\n.popsection");                    \
	extern const u8 fc_##name[], fc_end_##name[];
#include "fault_cases.inc"
#undef CASE

struct fault_case {
	const char *name;
	const u8 *code, *end;
	enum cpu_access access;
	u64 address;
	struct cpu_regs regs;
};

#define CASE(name, text, access, address, ...) {#name, fc_##name, fc_end_##name, access, address, {__VA_ARGS__}},
static const struct fault_case cases[] = {
#include "fault_cases.inc"
};
#undef CASE

/* Zero stands for "not named"; a case that means zero gets the filler, which does as well. */
static void fill_regs(struct cpu_regs *regs, const struct cpu_regs *from)
{
	u64 *to = (u64 *)regs;
	const u64 *value = (const u64 *)from;

	for (int i = 0; i < 16; i++)
		to[i] = value[i] ? value[i] : GOOD + 0x800;
	regs->rip = CODE_AT;
	regs->rflags = 0x202;
	regs->gs_base = BAD;
}

static void test_faults(void **state)
{
	struct toy *toy = toy_create();
	unsigned wrong = 0;

	toy_map(toy, CODE_AT, 1, CPU_PERM_R | CPU_PERM_X);
	toy_map(toy, GOOD, 1, CPU_PERM_R | CPU_PERM_W);
	toy_map(toy, RO, 1, CPU_PERM_R);
	for (unsigned i = 0; i < ARRAY_SIZE(cases); i++) {
		const struct fault_case *c = &cases[i];
		struct cpu_regs regs = {0};
		struct cpu_exit exit;

		cpu_power_on(toy->cpu);
		memset(toy_host(toy, GOOD), 0, PAGE_SIZE);
		memset(toy_host(toy, CODE_AT), 0xf4, 64);
		toy_code(toy, CODE_AT, c->code, (size_t)(c->end - c->code));
		fill_regs(&regs, &c->regs);
		cpu_set_regs(toy->cpu, &regs);
		exit = toy_run(toy, &regs);
		if (exit.reason == CPU_EXIT_FAULT && exit.fault.exact && exit.fault.addr == c->address &&
		    exit.fault.access == c->access && exit.fault.page == (c->address & PAGE_MASK) &&
		    regs.rip < CODE_AT + 5)
			continue;
		wrong++;
		print_error("%s: reason %d access %d page %lx addr %lx exact %d rip +%ld; expected access %d addr %lx\n",
			    c->name, exit.reason, exit.fault.access, exit.fault.page, exit.fault.addr,
			    exit.fault.exact, (long)(regs.rip - CODE_AT), c->access, c->address);
	}
	assert_int_equal(wrong, 0);
	toy_destroy(toy);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_faults),
	};

	return cmocka_run_group_tests_name("cpu decode", tests, NULL, NULL);
}
