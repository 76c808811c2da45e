// SPDX-License-Identifier: GPL-2.0-or-later
// Anonymous memory: the zero page, demand zero, protection, stack growth, codes of failing accesses.
#include "page_fixture.h"

#define RW (PROT_READ | PROT_WRITE)

static void test_zero_page(void **state)
{
	struct fixture *f = *state;
	u64 a = map_anon(f->mm, 4, RW);
	struct mm_fault r = touch(f->mm, a, MM_READ);

	assert_true(r.minor);
	assert_int_equal(r.perms, 1);
	assert_int_equal(r.paddr >> PAGE_SHIFT, f->phys->zero_pfn);
	assert_int_equal(get_mm_rss(f->mm), 0);
	assert_int_equal(f->mm->nr_ptes, 1);
	// No anon_vma before the first store.
	assert_null(find_vma(f->mm, a)->anon_vma);

	r = touch(f->mm, a + 8, MM_WRITE);
	assert_true(r.minor);
	assert_int_equal(r.perms, 3);
	assert_int_not_equal(r.paddr >> PAGE_SHIFT, f->phys->zero_pfn);
	assert_int_equal(f->mm->rss_stat[MM_ANONPAGES], 1);
	assert_non_null(find_vma(f->mm, a)->anon_vma);
	assert_int_equal(f->mm->min_flt, 2);
	// The engine that asked replaces its own entry.
	assert_int_equal(f->nr_range, 0);
}

static void test_write_first(void **state)
{
	struct fixture *f = *state;
	u64 a = map_anon(f->mm, 4, RW);

	poke(f->mm, a + 4095, 7);
	assert_int_equal(f->mm->min_flt, 1);
	assert_int_equal(peek(f->mm, a + 4095), 7);
	assert_int_equal(peek(f->mm, a), 0);
	assert_int_equal(f->mm->min_flt, 1);
	do_madvise(f->mm, a, 4 * PAGE_SIZE, MADV_DONTNEED);
	assert_int_equal(f->nr_range, 1);
	assert_int_equal(f->mm->rss_stat[MM_ANONPAGES], 0);
	assert_int_equal(f->mm->hiwater_rss, 1);
	assert_int_equal(peek(f->mm, a + 4095), 0);
	// A zero page nobody cached needs no flush; this one was cached.
	f->nr_range = 0;
	do_madvise(f->mm, a + PAGE_SIZE, PAGE_SIZE, MADV_DONTNEED);
	assert_int_equal(f->nr_range, 0);
}

static void test_codes(void **state)
{
	struct fixture *f = *state;
	u64 ro = map_anon(f->mm, 1, PROT_READ), none = map_anon(f->mm, 1, PROT_NONE);
	u64 wo = map_anon(f->mm, 1, PROT_WRITE), rw = map_anon(f->mm, 1, RW);

	assert_fault(touch(f->mm, ro, MM_WRITE), SIGSEGV, SEGV_ACCERR, 4 | 2);
	peek(f->mm, ro);
	assert_fault(touch(f->mm, ro, MM_WRITE), SIGSEGV, SEGV_ACCERR, 4 | 2 | 1);
	assert_fault(touch(f->mm, none, MM_READ), SIGSEGV, SEGV_ACCERR, 4);
	assert_fault(touch(f->mm, 0, MM_READ), SIGSEGV, SEGV_MAPERR, 4);
	assert_fault(touch(f->mm, 0, MM_FETCH), SIGSEGV, SEGV_MAPERR, 4 | 16);
	assert_fault(touch(f->mm, TASK_SIZE_MAX, MM_WRITE), SIGSEGV, SEGV_MAPERR, 4 | 2 | 1);
	assert_fault(touch(f->mm, 0xffffffff80000000UL, MM_READ), SIGSEGV, SEGV_MAPERR, 4 | 1);
	assert_fault(touch(f->mm, 1UL << 47, MM_READ), SIGSEGV, SI_KERNEL, 0);
	assert_fault(touch(f->mm, 0xffff7fffffffffffUL, MM_READ), SIGSEGV, SI_KERNEL, 0);
	// Write implies read on x86.
	assert_int_equal(peek(f->mm, wo), 0);
	// A fetch from a no-execute page brings it in first.
	assert_fault(touch(f->mm, rw, MM_FETCH), SIGSEGV, SEGV_ACCERR, 4 | 16 | 1);
	assert_true(pte_present(*pte_lookup(f->mm, rw)));
}

static void test_mprotect(void **state)
{
	struct fixture *f = *state;
	u64 a = map_anon(f->mm, 3, RW), faults;

	poke(f->mm, a, 1);
	peek(f->mm, a + PAGE_SIZE);
	assert_int_equal(do_mprotect(f->mm, a, 3 * PAGE_SIZE, PROT_NONE), 0);
	assert_int_equal(f->nr_range, 1);
	assert_int_equal(f->mm->rss_stat[MM_ANONPAGES], 1);
	assert_fault(touch(f->mm, a, MM_READ), SIGSEGV, SEGV_ACCERR, 4);
	assert_int_equal(do_mprotect(f->mm, a, 3 * PAGE_SIZE, RW), 0);
	// The sole owner's page may be stored to without a fault; the zero page not.
	faults = f->mm->min_flt;
	assert_int_equal(peek(f->mm, a), 1);
	poke(f->mm, a, 2);
	assert_int_equal(f->mm->min_flt, faults);
	poke(f->mm, a + PAGE_SIZE, 2);
	assert_int_equal(f->mm->min_flt, faults + 1);
	assert_int_equal(do_mprotect(f->mm, a, PAGE_SIZE, PROT_READ), 0);
	assert_fault(touch(f->mm, a, MM_WRITE), SIGSEGV, SEGV_ACCERR, 4 | 2 | 1);
}

static void test_mremap(void **state)
{
	struct fixture *f = *state;
	u64 a = map_anon(f->mm, 1200, RW), i;
	s64 b;

	for (i = 0; i < 1200; i += 3)
		poke(f->mm, a + (i << PAGE_SHIFT), i % 251 + 1);
	map_anon(f->mm, 1, PROT_READ);
	b = do_mremap(f->mm, a, 1200 << PAGE_SHIFT, 2400 << PAGE_SHIFT, MREMAP_MAYMOVE, 0);
	assert_true(b > 0);
	for (i = 0; i < 1200; i += 3)
		assert_int_equal(peek(f->mm, b + (i << PAGE_SHIFT)), i % 251 + 1);
	assert_int_equal(f->mm->rss_stat[MM_ANONPAGES], 400);
	assert_int_equal(mm_check(f->mm, stderr), 0);
}

static void test_stack(void **state)
{
	struct fixture *f = *state;
	s64 a = do_mmap(f->mm, NULL, 0x7ff000000000, 2 * PAGE_SIZE, RW,
			MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED | MAP_GROWSDOWN, 0);

	assert_int_equal(a, 0x7ff000000000);
	poke(f->mm, a - 5 * PAGE_SIZE + 17, 3);
	assert_int_equal(find_vma(f->mm, a)->vm_start, a - 5 * PAGE_SIZE);
	// Beyond RLIMIT_STACK there is nothing.
	assert_fault(touch(f->mm, a - (9 << 20), MM_WRITE), SIGSEGV, SEGV_MAPERR, 4 | 2);
}

static void test_code_page(void **state)
{
	struct fixture *f = *state;
	u64 a = map_anon(f->mm, 2, RW | PROT_EXEC);
	struct mm_fault r;

	poke(f->mm, a, 0xc3);
	r = touch(f->mm, a, MM_FETCH);
	assert_int_equal(r.perms, 7);
	assert_true(pfn_to_page(f->phys, r.paddr >> PAGE_SHIFT)->flags & PG_CODE);
	assert_int_equal(copy_to_user(f->mm, a + 1, "x", 1), 0);
	assert_int_equal(f->nr_code, 1);
	// Code must be forgotten when the frame goes back.
	do_munmap(f->mm, a, PAGE_SIZE);
	assert_int_equal(f->nr_code, 2);
	assert_false(pfn_to_page(f->phys, r.paddr >> PAGE_SHIFT)->flags & PG_CODE);
}

static void test_populate(void **state)
{
	struct fixture *f = *state;
	u64 a = map_anon(f->mm, 100, RW), ro = map_anon(f->mm, 10, PROT_READ),
	    none = map_anon(f->mm, 10, PROT_NONE);

	assert_int_equal(mm_populate(f->mm, a, a + (100 << PAGE_SHIFT), false), 0);
	assert_int_equal(f->mm->rss_stat[MM_ANONPAGES], 100);
	assert_int_equal(mm_populate(f->mm, ro, ro + (10 << PAGE_SHIFT), false), 0);
	assert_int_equal(f->mm->rss_stat[MM_ANONPAGES], 100);
	assert_int_equal(f->mm->min_flt, 110);
	assert_true(mm_populate(f->mm, none, none + PAGE_SIZE, false) < 0);
	assert_int_equal(mm_populate(f->mm, none, none + PAGE_SIZE, true), 0);
}

// The engine has the zero page cached when the kernel puts a page there: it must hear of it.
static void test_populate_write(void **state)
{
	struct fixture *f = *state;
	u64 a = map_anon(f->mm, 4, RW);

	peek(f->mm, a);
	assert_int_equal(f->nr_range, 0);
	assert_int_equal(do_madvise(f->mm, a, 4 * PAGE_SIZE, MADV_POPULATE_WRITE), 0);
	assert_int_equal(f->nr_range, 1);
	assert_int_equal(f->mm->rss_stat[MM_ANONPAGES], 4);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define T(name) cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)
		T(test_zero_page), T(test_write_first), T(test_codes),	   T(test_mprotect),
		T(test_mremap),	   T(test_stack),	T(test_code_page), T(test_populate),
		T(test_populate_write),
	};

	return cmocka_run_group_tests_name("page_anon", tests, NULL, NULL);
}
