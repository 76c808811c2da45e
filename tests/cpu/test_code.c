// SPDX-License-Identifier: GPL-2.0-or-later
/* Code that changes: written by the guest, through an alias, or by us; and code at the edges of pages. */
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <cmocka.h>
#include "cpu/engine.h"
#include "toy.h"

#define ALIAS_VA 0x10000000UL
#define OTHER_VA 0x20000000UL
#define RWX (CPU_PERM_R | CPU_PERM_W | CPU_PERM_X)

static int setup(void **state)
{
	struct toy *toy = toy_create();
	struct cpu_regs regs;

	toy_map(toy, CODE_VA, 2, RWX);
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

static u64 run_at(struct toy *toy, u64 rip, u64 rdi, u64 rsi)
{
	struct cpu_regs regs;

	cpu_get_regs(toy->cpu, &regs);
	regs.rip = rip;
	regs.rdi = rdi;
	regs.rsi = rsi;
	cpu_set_regs(toy->cpu, &regs);
	assert_int_equal(toy_run(toy, &regs).reason, CPU_EXIT_SYSCALL);
	return regs.rax;
}

/* f: mov $imm,%eax; ret */
static const char function[] = "\xb8\x01\0\0\0\xc3";
/* movb %sil,1(%rdi); call *%rbx; syscall */
static const char patch_and_call[] = "\x40\x88\x77\x01\xff\xd3\x0f\x05";
/* call *%rbx; syscall */
static const char just_call[] = "\xff\xd3\x0f\x05";

static void set_rbx(struct toy *toy, u64 rbx)
{
	struct cpu_regs regs;

	cpu_get_regs(toy->cpu, &regs);
	regs.rbx = rbx;
	cpu_set_regs(toy->cpu, &regs);
}

/* The guest writes over a function it has run, through the same address and on another page. */
static void test_own_address(void **state)
{
	struct toy *toy = *state;
	u64 f = OTHER_VA + 0x100;

	toy_map(toy, OTHER_VA, 1, RWX);
	toy_code(toy, f, function, 6);
	toy_code(toy, CODE_VA, patch_and_call, 8);
	toy_code(toy, CODE_VA + 0x40, just_call, 4);
	set_rbx(toy, f);
	assert_int_equal(run_at(toy, CODE_VA + 0x40, 0, 0), 1);
	for (int i = 2; i < 100; i++) {
		assert_int_equal(run_at(toy, CODE_VA, f, i), i);
		assert_int_equal(run_at(toy, CODE_VA + 0x40, 0, 0), i);
	}
}

/* The writer and the function share a page. */
static void test_own_page(void **state)
{
	struct toy *toy = *state;
	u64 f = CODE_VA + 0x100;

	toy_code(toy, f, function, 6);
	toy_code(toy, CODE_VA, patch_and_call, 8);
	set_rbx(toy, f);
	for (int i = 2; i < 100; i++)
		assert_int_equal(run_at(toy, CODE_VA, f, i), i);
}

/* A block that writes over an instruction of itself that follows. */
static void test_own_block(void **state)
{
	struct toy *toy = *state;

	/* movb %sil,1(%rdi) ; mov $1,%eax ; syscall */
	TOY_CODE(toy, CODE_VA, "\x40\x88\x77\x01\xb8\x01\0\0\0\x0f\x05");
	for (int i = 2; i < 20; i++)
		assert_int_equal(run_at(toy, CODE_VA, CODE_VA + 4, i), i);
}

/*
 * Two virtual pages, one physical: written through @write_va, executed through @exec_va. @first says
 * which TLB entry exists before the other: the write's or the fetch's.
 */
static void alias_case(struct toy *toy, u64 exec_va, u64 write_va, bool write_first)
{
	toy_code(toy, exec_va, function, 6);
	toy_code(toy, CODE_VA, patch_and_call, 8);
	toy_code(toy, CODE_VA + 0x40, just_call, 4);
	/* movb %sil,1(%rdi); syscall */
	toy_code(toy, CODE_VA + 0x80, "\x40\x88\x77\x01\x0f\x05", 6);
	cpu_tlb_flush(toy->cpu, 0, ~0UL);
	set_rbx(toy, exec_va);
	if (write_first) {
		run_at(toy, CODE_VA + 0x80, write_va, 1);
		assert_int_equal(run_at(toy, CODE_VA + 0x40, 0, 0), 1);
	} else {
		assert_int_equal(run_at(toy, CODE_VA + 0x40, 0, 0), 1);
		run_at(toy, CODE_VA + 0x80, write_va, 1);
	}
	for (int i = 2; i < 50; i++) {
		assert_int_equal(run_at(toy, CODE_VA, write_va, i), i);
		assert_int_equal(run_at(toy, CODE_VA + 0x40, 0, 0), i);
		run_at(toy, CODE_VA + 0x80, write_va, i + 100);
		assert_int_equal(run_at(toy, CODE_VA + 0x40, 0, 0), i + 100);
	}
}

static void test_alias_exec_first(void **state)
{
	struct toy *toy = *state;

	toy_map(toy, OTHER_VA, 1, CPU_PERM_R | CPU_PERM_X);
	toy_alias(toy, ALIAS_VA, OTHER_VA, CPU_PERM_R | CPU_PERM_W);
	alias_case(toy, OTHER_VA, ALIAS_VA, false);
}

static void test_alias_write_first(void **state)
{
	struct toy *toy = *state;

	toy_map(toy, OTHER_VA, 1, CPU_PERM_R | CPU_PERM_X);
	toy_alias(toy, ALIAS_VA, OTHER_VA, CPU_PERM_R | CPU_PERM_W);
	alias_case(toy, OTHER_VA, ALIAS_VA, true);
}

/* Both pages writable and executable, code translated through both. */
static void test_alias_both(void **state)
{
	struct toy *toy = *state;

	toy_map(toy, OTHER_VA, 1, RWX);
	toy_alias(toy, ALIAS_VA, OTHER_VA, RWX);
	for (int i = 0; i < 2; i++) {
		alias_case(toy, OTHER_VA, ALIAS_VA, i);
		alias_case(toy, ALIAS_VA, OTHER_VA, i);
		alias_case(toy, ALIAS_VA, ALIAS_VA, i);
		alias_case(toy, OTHER_VA, OTHER_VA, i);
	}
}

/* One run in which the write's TLB entry is older than the code: no exit in between to flush at. */
static void test_alias_one_run(void **state)
{
	struct toy *toy = *state;

	toy_map(toy, OTHER_VA, 1, CPU_PERM_R | CPU_PERM_X);
	toy_alias(toy, ALIAS_VA, OTHER_VA, CPU_PERM_R | CPU_PERM_W);
	toy_code(toy, OTHER_VA, function, 6);
	/* movb $5,1(%rdi); call *%rbx; movb $7,1(%rdi); call *%rbx; movb $9,1(%rdi); call *%rbx; syscall */
	TOY_CODE(toy, CODE_VA,
		 "\xc6\x47\x01\x05\xff\xd3\xc6\x47\x01\x07\xff\xd3\xc6\x47\x01\x09\xff\xd3\x0f\x05");
	set_rbx(toy, OTHER_VA);
	assert_int_equal(run_at(toy, CODE_VA, ALIAS_VA, 0), 9);
}

/* A function that straddles two pages; the second half is written. */
static void test_straddle(void **state)
{
	struct toy *toy = *state;
	u64 f = OTHER_VA + PAGE_SIZE - 1;

	toy_map(toy, OTHER_VA, 2, RWX);
	toy_code(toy, f, function, 6);
	toy_code(toy, CODE_VA, patch_and_call, 8);
	set_rbx(toy, f);
	for (int i = 2; i < 50; i++)
		assert_int_equal(run_at(toy, CODE_VA, f, i), i);
}

/* The second page of a straddling function is exchanged for another. */
static void test_straddle_remap(void **state)
{
	struct toy *toy = *state;
	u64 f = OTHER_VA + PAGE_SIZE - 1;

	toy_map(toy, OTHER_VA, 2, CPU_PERM_R | CPU_PERM_X);
	toy_map(toy, ALIAS_VA, 1, CPU_PERM_R | CPU_PERM_X);
	toy_code(toy, f, function, 6);
	memcpy(toy_host(toy, ALIAS_VA), "\x42\0\0\0\xc3", 5);
	toy_code(toy, CODE_VA, just_call, 4);
	set_rbx(toy, f);
	assert_int_equal(run_at(toy, CODE_VA, 0, 0), 1);
	toy_find(toy, OTHER_VA + PAGE_SIZE)->paddr = toy_find(toy, ALIAS_VA)->paddr;
	cpu_tlb_flush(toy->cpu, 0, ~0UL);
	assert_int_equal(run_at(toy, CODE_VA, 0, 0), 0x42);
}

/* One virtual page shows one physical page after another (exec, munmap and mmap). */
static void test_remap(void **state)
{
	struct toy *toy = *state;
	u64 old;

	toy_map(toy, OTHER_VA, 1, CPU_PERM_R | CPU_PERM_X);
	toy_map(toy, ALIAS_VA, 1, CPU_PERM_R | CPU_PERM_X);
	toy_code(toy, ALIAS_VA, "\xb8\x09\0\0\0\xc3", 6);
	toy_code(toy, OTHER_VA, function, 6);
	toy_code(toy, CODE_VA, just_call, 4);
	set_rbx(toy, OTHER_VA);
	for (int i = 0; i < 10; i++) {
		assert_int_equal(run_at(toy, CODE_VA, 0, 0), i % 2 ? 9 : 1);
		old = toy_find(toy, OTHER_VA)->paddr;
		toy_find(toy, OTHER_VA)->paddr = toy_find(toy, ALIAS_VA)->paddr;
		toy_find(toy, ALIAS_VA)->paddr = old;
		cpu_tlb_flush(toy->cpu, OTHER_VA, OTHER_VA + PAGE_SIZE);
	}
}

/* We write (read(2), a file page): cpu_code_flush() by physical page, one and many and all. */
static void test_we_write(void **state)
{
	struct toy *toy = *state;

	toy_map(toy, OTHER_VA, 100, CPU_PERM_R | CPU_PERM_X);
	toy_code(toy, CODE_VA, just_call, 4);
	for (int round = 1; round < 4; round++) {
		for (int i = 0; i < 100; i++) {
			u64 f = OTHER_VA + i * PAGE_SIZE;

			memcpy(toy_host(toy, f), function, 6);
			*toy_host(toy, f + 1) = round + i;
			if (round < 3)
				cpu_code_flush(toy->cpu, toy_find(toy, f)->paddr >> PAGE_SHIFT);
		}
		if (round == 3)
			cpu_code_flush(toy->cpu, ~0UL);
		for (int i = 0; i < 100; i++) {
			set_rbx(toy, OTHER_VA + i * PAGE_SIZE);
			assert_int_equal(run_at(toy, CODE_VA, 0, 0), round + i);
		}
	}
	/* One only, and the second page of a straddling function. */
	toy_code(toy, OTHER_VA + PAGE_SIZE - 1, function, 6);
	set_rbx(toy, OTHER_VA + PAGE_SIZE - 1);
	assert_int_equal(run_at(toy, CODE_VA, 0, 0), 1);
	*toy_host(toy, OTHER_VA + PAGE_SIZE) = 77;
	cpu_code_flush(toy->cpu, toy_find(toy, OTHER_VA + PAGE_SIZE)->paddr >> PAGE_SHIFT);
	assert_int_equal(run_at(toy, CODE_VA, 0, 0), 77);
}

/* We write to a page that the guest then writes to and executes, without a TLB flush in between. */
static void test_we_write_then_guest(void **state)
{
	struct toy *toy = *state;
	u64 f = OTHER_VA + 0x100;

	toy_map(toy, OTHER_VA, 1, RWX);
	toy_code(toy, f, function, 6);
	toy_code(toy, CODE_VA, patch_and_call, 8);
	toy_code(toy, CODE_VA + 0x40, just_call, 4);
	set_rbx(toy, f);
	for (int i = 2; i < 20; i++) {
		assert_int_equal(run_at(toy, CODE_VA + 0x40, 0, 0), i == 2 ? 1 : i - 1 + 100);
		*toy_host(toy, f + 1) = 50 + i;
		cpu_code_flush(toy->cpu, toy_find(toy, f)->paddr >> PAGE_SHIFT);
		assert_int_equal(run_at(toy, CODE_VA + 0x40, 0, 0), 50 + i);
		assert_int_equal(run_at(toy, CODE_VA, f, i), i);
		assert_int_equal(run_at(toy, CODE_VA, f, i + 100), i + 100);
	}
}

/*
 * More code than the buffer holds: it is flushed in time (Unicorn itself would crash), in the middle of a run, and
 * nothing goes wrong. The limit is made small for that.
 */
static void test_buffer_full(void **state)
{
	struct toy *toy = *state;
	u64 last = OTHER_VA + 200 * PAGE_SIZE;
	struct cpu_regs regs;

	toy->cpu->code_limit = 2 << 20;
	toy_map(toy, OTHER_VA, 201, CPU_PERM_R | CPU_PERM_X);
	/* A chain of blocks: inc %rax; jmp to the next, 64 to a page. The last: dec %rbx; jnz to the first; syscall */
	for (u64 f = OTHER_VA; f < last; f += 64)
		toy_code(toy, f, "\x48\xff\xc0\xeb\x3b", 5);
	toy_code(toy, last, "\x48\xff\xcb\x74\x05\xe9\xf6\x7f\xf3\xff\x0f\x05", 12);
	cpu_get_regs(toy->cpu, &regs);
	regs.rip = OTHER_VA;
	regs.rax = 0;
	regs.rbx = 3;
	cpu_set_regs(toy->cpu, &regs);
	assert_int_equal(toy_run(toy, &regs).reason, CPU_EXIT_SYSCALL);
	assert_int_equal(regs.rax, 3 * 200 * 64);
	assert_in_range(toy->cpu->code_flushes, 1, 20);
}

/* Code runs off the end of the last mapped page: what is before the end is executed, RIP is there. */
static void test_end_of_page(void **state)
{
	struct toy *toy = *state;
	struct cpu_regs regs;
	struct cpu_exit exit;
	u64 end = OTHER_VA + PAGE_SIZE;

	toy_map(toy, OTHER_VA, 1, RWX);
	/* inc %eax three times, then the first byte of a mov that needs the next page */
	toy_code(toy, end - 7, "\xff\xc0\xff\xc0\xff\xc0\xb8", 7);
	regs = (struct cpu_regs){0};
	cpu_get_regs(toy->cpu, &regs);
	regs.rax = 0;
	regs.rip = end - 7;
	cpu_set_regs(toy->cpu, &regs);
	exit = toy_run(toy, &regs);
	assert_int_equal(exit.reason, CPU_EXIT_FAULT);
	assert_int_equal(exit.fault.access, CPU_FETCH);
	assert_int_equal(exit.fault.addr, end);
	assert_int_equal(regs.rip, end - 1);
	assert_int_equal(regs.rax, 3);

	/* And when the last instruction ends with the page. */
	toy_code(toy, end - 7, "\xff\xc0\xff\xc0\xff\xc0\x90", 7);
	exit = toy_run(toy, &regs);
	assert_int_equal(exit.reason, CPU_EXIT_FAULT);
	assert_int_equal(exit.fault.access, CPU_FETCH);
	assert_int_equal(exit.fault.addr, end);
	assert_int_equal(regs.rip, end);
	assert_int_equal(regs.rax, 6);
}

/* A syscall that ends the page, with nothing after it. */
static void test_syscall_at_end_of_page(void **state)
{
	struct toy *toy = *state;
	struct cpu_regs regs;

	toy_map(toy, OTHER_VA, 1, RWX);
	toy_code(toy, OTHER_VA + PAGE_SIZE - 4, "\xff\xc0\x0f\x05", 4);
	assert_int_equal(toy_run(toy, &regs).reason, CPU_EXIT_SYSCALL);
	assert_int_equal(regs.rip, OTHER_VA + PAGE_SIZE);
}

static bool peek(void *arg, size_t i, u64 vaddr, u64 *paddr)
{
	struct toy_page *page = toy_find(arg, vaddr);

	if (page)
		*paddr = page->paddr;
	return page;
}

/* One engine learns where blocks begin, another translates them ahead: then there is nothing left to translate,
 * and the code does what it did. What is not there, or changes, does no harm. */
static void test_translated_ahead(void **state)
{
	struct toy *toy = *state, *other = toy_create();
	u64 pcs[16] = {0}, f = OTHER_VA + 0x100;
	struct toy *both[] = {toy, other};
	struct cpu_regs regs;
	size_t n;

	toy_map(other, CODE_VA, 2, RWX);
	toy_map(other, STACK_VA, 4, CPU_PERM_R | CPU_PERM_W);
	cpu_get_regs(other->cpu, &regs);
	regs.rsp = STACK_TOP_VA - 256;
	cpu_set_regs(other->cpu, &regs);
	for (int i = 0; i < 2; i++) {
		toy_map(both[i], OTHER_VA, 1, RWX);
		toy_code(both[i], f, function, 6);
		toy_code(both[i], CODE_VA, just_call, 4);
		set_rbx(both[i], f);
	}
	cpu_learn(toy->cpu, true);
	assert_int_equal(run_at(toy, CODE_VA, 0, 0), 1);
	n = cpu_new_code(toy->cpu, pcs, 15);
	assert_in_range(n, 2, 14); /* the call, the function, perhaps what follows */
	assert_int_equal(cpu_new_code(toy->cpu, pcs, 15), 0);

	pcs[n++] = 0x77777777; /* nothing is there */
	cpu_translate_ahead(other->cpu, pcs, n, peek, other);
	cpu_learn(other->cpu, true);
	assert_int_equal(run_at(other, CODE_VA, 0, 0), 1);
	assert_int_equal(cpu_new_code(other->cpu, pcs, 15), 0);

	/* Written before it ran, with the block in place. */
	cpu_translate_ahead(other->cpu, &f, 1, peek, other);
	toy_code(other, CODE_VA + 0x40, patch_and_call, 8);
	assert_int_equal(run_at(other, CODE_VA + 0x40, f, 77), 77);
	toy_destroy(other);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_own_address, setup, teardown),
		cmocka_unit_test_setup_teardown(test_own_page, setup, teardown),
		cmocka_unit_test_setup_teardown(test_own_block, setup, teardown),
		cmocka_unit_test_setup_teardown(test_alias_exec_first, setup, teardown),
		cmocka_unit_test_setup_teardown(test_alias_write_first, setup, teardown),
		cmocka_unit_test_setup_teardown(test_alias_both, setup, teardown),
		cmocka_unit_test_setup_teardown(test_alias_one_run, setup, teardown),
		cmocka_unit_test_setup_teardown(test_straddle, setup, teardown),
		cmocka_unit_test_setup_teardown(test_straddle_remap, setup, teardown),
		cmocka_unit_test_setup_teardown(test_remap, setup, teardown),
		cmocka_unit_test_setup_teardown(test_we_write, setup, teardown),
		cmocka_unit_test_setup_teardown(test_we_write_then_guest, setup, teardown),
		cmocka_unit_test_setup_teardown(test_buffer_full, setup, teardown),
		cmocka_unit_test_setup_teardown(test_end_of_page, setup, teardown),
		cmocka_unit_test_setup_teardown(test_syscall_at_end_of_page, setup, teardown),
		cmocka_unit_test_setup_teardown(test_translated_ahead, setup, teardown),
	};

	return cmocka_run_group_tests_name("cpu code", tests, NULL, NULL);
}
