// SPDX-License-Identifier: GPL-2.0-or-later
/* cpu_watch_new_code(): what is executed is told of, what is not is not. */
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <cmocka.h>
#include "cpu/engine.h"
#include "toy.h"

#define MAX_SEEN 64

struct seen {
	u64 pc[MAX_SEEN];
	u32 size[MAX_SEEN];
	unsigned nr;
};

static void on_block(void *arg, u64 pc, u32 size)
{
	struct toy *toy = arg;
	struct seen *seen = toy->data;

	assert_true(seen->nr < MAX_SEEN);
	seen->pc[seen->nr] = pc;
	seen->size[seen->nr++] = size;
}

/* test %edi,%edi; je 1f; nop; syscall; 1: inc %eax; syscall */
static const char code[] = "\x85\xff\x74\x03\x90\x0f\x05\xff\xc0\x0f\x05";

static struct toy *begin(struct seen *seen)
{
	struct toy *toy = toy_create();

	toy_map(toy, CODE_VA, 2, CPU_PERM_R | CPU_PERM_X);
	toy_map(toy, CODE_VA + 2 * PAGE_SIZE, 1, CPU_PERM_R);
	TOY_CODE(toy, CODE_VA, code);
	toy->data = seen;
	toy->cpu->ops.new_block = on_block;
	return toy;
}

static void run_at(struct toy *toy, u64 rip, u64 rdi, enum cpu_exit_reason reason)
{
	struct cpu_regs regs;

	cpu_get_regs(toy->cpu, &regs);
	regs.rip = rip;
	regs.rdi = rdi;
	cpu_set_regs(toy->cpu, &regs);
	assert_int_equal(toy_run(toy, NULL).reason, reason);
}

static void test_executed(void **state)
{
	struct seen seen = {};
	struct toy *toy = begin(&seen);

	assert_true(cpu_watch_new_code(toy->cpu, true));
	run_at(toy, CODE_VA, 1, CPU_EXIT_SYSCALL);
	assert_int_equal(seen.nr, 2);
	assert_int_equal(seen.pc[0], CODE_VA);
	assert_int_equal(seen.size[0], 4);
	assert_int_equal(seen.pc[1], CODE_VA + 4);
	assert_int_equal(seen.size[1], 3);
	/* The same again is not told of again; the other branch is. */
	run_at(toy, CODE_VA, 1, CPU_EXIT_SYSCALL);
	assert_int_equal(seen.nr, 2);
	run_at(toy, CODE_VA, 0, CPU_EXIT_SYSCALL);
	assert_int_equal(seen.nr, 3);
	assert_int_equal(seen.pc[2], CODE_VA + 7);
	assert_int_equal(seen.size[2], 4);
	toy_destroy(toy);
}

static void test_before_and_after(void **state)
{
	struct seen seen = {};
	struct toy *toy = begin(&seen);

	run_at(toy, CODE_VA, 1, CPU_EXIT_SYSCALL);
	assert_int_equal(seen.nr, 0);
	/* What was translated before is told of when it runs again. */
	assert_true(cpu_watch_new_code(toy->cpu, true));
	run_at(toy, CODE_VA, 1, CPU_EXIT_SYSCALL);
	assert_int_equal(seen.nr, 2);
	assert_true(cpu_watch_new_code(toy->cpu, false));
	run_at(toy, CODE_VA, 0, CPU_EXIT_SYSCALL);
	assert_int_equal(seen.nr, 2);
	toy_destroy(toy);
}

/* A block that cannot be fetched never runs. */
static void test_not_fetched(void **state)
{
	struct seen seen = {};
	struct toy *toy = begin(&seen);

	assert_true(cpu_watch_new_code(toy->cpu, true));
	run_at(toy, CODE_VA + 2 * PAGE_SIZE, 0, CPU_EXIT_FAULT);
	run_at(toy, CODE_VA + 16 * PAGE_SIZE, 0, CPU_EXIT_FAULT);
	assert_int_equal(seen.nr, 0);
	toy_destroy(toy);
}

static bool peek(void *ctx, size_t i, u64 vaddr, u64 *paddr)
{
	struct toy_page *page = toy_find(ctx, vaddr);

	if (page)
		*paddr = page->paddr;
	return page;
}

/* What is translated ahead is known to whoever asked for it, and not told of. */
static void test_ahead(void **state)
{
	struct seen seen = {};
	struct toy *toy = begin(&seen);
	const u64 pcs[] = {CODE_VA + 7};

	assert_true(cpu_watch_new_code(toy->cpu, true));
	cpu_translate_ahead(toy->cpu, pcs, 1, peek, toy);
	assert_int_equal(seen.nr, 0);
	run_at(toy, CODE_VA + 7, 0, CPU_EXIT_SYSCALL);
	assert_int_equal(seen.nr, 0);
	run_at(toy, CODE_VA, 1, CPU_EXIT_SYSCALL);
	assert_int_equal(seen.nr, 2);
	toy_destroy(toy);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_executed),
		cmocka_unit_test(test_before_and_after),
		cmocka_unit_test(test_not_fetched),
		cmocka_unit_test(test_ahead),
	};

	return cmocka_run_group_tests_name("newcode", tests, NULL, NULL);
}
