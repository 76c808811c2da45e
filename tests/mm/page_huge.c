// SPDX-License-Identifier: GPL-2.0-or-later
// Huge pages: who gets them, what splits them, what they cost; guard markers; advice about pages.
#include "mm/huge.h"
#include "page_fixture.h"

#define RW   (PROT_READ | PROT_WRITE)
#define HUGE PMD_SIZE
#ifndef MADV_COLLAPSE
#define MADV_COLLAPSE 25
#endif
#define MADV_GUARD_IN  102
#define MADV_GUARD_OUT 103

static u64 map_huge(struct fixture *f, u64 huge, char enabled)
{
	u64 a;

	f->env.thp = (struct thp_setting){.loaded = true, .present = true, .zero_page = true, .enabled = enabled};
	a = map_anon(f->mm, huge * HPAGE_PMD_NR, RW);
	assert_int_equal(a % HUGE, 0);
	return a;
}

static void test_fault(void **state)
{
	struct fixture *f = *state;
	u64 a = map_huge(f, 3, 'm');

	// Not without being asked for.
	poke(f->mm, a, 1);
	assert_false(pmd_is_huge(f->mm, a));
	assert_int_equal(do_madvise(f->mm, a, 3 * HUGE, MADV_HUGEPAGE), 0);
	poke(f->mm, a + 9, 1);
	assert_false(pmd_is_huge(f->mm, a));
	poke(f->mm, a + HUGE + 12345, 7);
	assert_true(pmd_is_huge(f->mm, a + HUGE));
	assert_int_equal(f->mm->nr_huge, 1);
	assert_int_equal(f->mm->rss_stat[MM_ANONPAGES], 1 + HPAGE_PMD_NR);
	assert_int_equal(f->mm->min_flt, 2);
	assert_int_equal(peek(f->mm, a + HUGE + 12345), 7);
	assert_int_equal(f->mm->nr_ptes, 2);
	// Zeros first, and then a page: a fault each.
	assert_int_equal(peek(f->mm, a + 2 * HUGE), 0);
	assert_true(pmd_is_huge(f->mm, a + 2 * HUGE));
	assert_int_equal(f->mm->rss_stat[MM_ANONPAGES], 1 + HPAGE_PMD_NR);
	f->nr_range = 0;
	poke(f->mm, a + 2 * HUGE, 1);
	assert_int_equal(f->mm->nr_huge, 2);
	assert_int_equal(f->mm->rss_stat[MM_ANONPAGES], 1 + 2 * HPAGE_PMD_NR);
	assert_int_equal(f->mm->min_flt, 4);
	// The whole goes at once, with its table.
	do_madvise(f->mm, a + HUGE, HUGE, MADV_DONTNEED);
	assert_int_equal(f->mm->nr_huge, 1);
	assert_int_equal(f->mm->nr_ptes, 2);
}

static void test_always_and_never(void **state)
{
	struct fixture *f = *state;
	u64 a = map_huge(f, 1, 'a');

	poke(f->mm, a, 1);
	assert_int_equal(f->mm->nr_huge, 1);
	f->mm->flags |= MMF_DISABLE_THP;
	a = map_huge(f, 1, 'a');
	poke(f->mm, a, 1);
	assert_int_equal(f->mm->nr_huge, 1);
	f->mm->flags &= ~MMF_DISABLE_THP;
	a = map_huge(f, 1, 'n');
	do_madvise(f->mm, a, HUGE, MADV_HUGEPAGE);
	poke(f->mm, a, 1);
	assert_int_equal(f->mm->nr_huge, 1);
	// A kernel without huge pages does not know the advice.
	f->env.thp.present = false;
	assert_int_equal(do_madvise(f->mm, a, HUGE, MADV_HUGEPAGE), -EINVAL);
	assert_int_equal(do_madvise(f->mm, a, HUGE, MADV_COLLAPSE), -EINVAL);
}

// Memory is short: ordinary pages instead, and nothing leaks.
static void test_short(void **state)
{
	struct fixture *f = *state;
	u64 a = map_huge(f, 64, 'a'), i;

	for (i = 0; i < 31; i++)
		poke(f->mm, a + i * HUGE, 1);
	assert_int_equal(f->mm->nr_huge, 31);
	poke(f->mm, a + 40 * HUGE, 1);
	poke(f->mm, a + 41 * HUGE, 1);
	assert_int_equal(f->mm->nr_huge, 31);
	assert_int_equal(do_madvise(f->mm, a + 40 * HUGE, HUGE, MADV_COLLAPSE), -ENOMEM);
}

static void test_split(void **state)
{
	struct fixture *f = *state;
	u64 a = map_huge(f, 6, 'a'), i;

	for (i = 0; i < 6; i++)
		poke(f->mm, a + i * HUGE, 1 + i);
	do_mprotect(f->mm, a, PAGE_SIZE, PROT_READ);
	assert_int_equal(f->mm->nr_huge, 5);
	do_mprotect(f->mm, a + HUGE, HUGE, PROT_READ);
	assert_int_equal(f->mm->nr_huge, 5);
	assert_fault(touch(f->mm, a + HUGE, MM_WRITE), SIGSEGV, SEGV_ACCERR, 7);
	do_munmap(f->mm, a + 2 * HUGE + PAGE_SIZE, PAGE_SIZE);
	assert_int_equal(f->mm->nr_huge, 4);
	do_madvise(f->mm, a + 3 * HUGE, HUGE / 2, MADV_DONTNEED);
	assert_int_equal(f->mm->nr_huge, 3);
	assert_int_equal(peek(f->mm, a + 3 * HUGE), 0);
	// Moved whole it stays one; to another place inside a table it cannot.
	assert_int_equal(do_mremap(f->mm, a + 4 * HUGE, HUGE, HUGE, MREMAP_MAYMOVE | MREMAP_FIXED, a + 16 * HUGE), a + 16 * HUGE);
	assert_true(pmd_is_huge(f->mm, a + 16 * HUGE));
	assert_int_equal(peek(f->mm, a + 16 * HUGE), 5);
	assert_int_equal(do_mremap(f->mm, a + 16 * HUGE, HUGE, HUGE, MREMAP_MAYMOVE | MREMAP_FIXED, a + 18 * HUGE + PAGE_SIZE),
			 a + 18 * HUGE + PAGE_SIZE);
	assert_int_equal(f->mm->nr_huge, 2);
	assert_int_equal(peek(f->mm, a + 18 * HUGE + PAGE_SIZE), 5);
}

static void test_collapse(void **state)
{
	struct fixture *f = *state;
	u64 a = map_huge(f, 2, 'n');

	assert_int_equal(do_madvise(f->mm, a, HUGE, MADV_COLLAPSE), -EINVAL);
	poke(f->mm, a + 5 * PAGE_SIZE, 5);
	peek(f->mm, a);
	assert_int_equal(do_madvise(f->mm, a, HUGE, MADV_COLLAPSE), 0);
	assert_int_equal(f->mm->nr_huge, 1);
	assert_int_equal(f->mm->rss_stat[MM_ANONPAGES], HPAGE_PMD_NR);
	assert_int_equal(peek(f->mm, a + 5 * PAGE_SIZE), 5);
	assert_int_equal(do_madvise(f->mm, a, 2 * HUGE, MADV_COLLAPSE), -EINVAL);
	assert_int_equal(do_madvise(f->mm, a + PAGE_SIZE, PAGE_SIZE, MADV_COLLAPSE), -EINVAL);
}

// Advice about a part: pages of zeros become the zero page.
static void test_advice(void **state)
{
	struct fixture *f = *state;
	u64 a = map_huge(f, 2, 'a');

	poke(f->mm, a + 3 * PAGE_SIZE, 3);
	poke(f->mm, a + HUGE, 1);
	do_madvise(f->mm, a, HUGE, MADV_FREE);
	assert_int_equal(f->mm->nr_huge, 2);
	assert_int_equal(huge_marks(f->mm, a) & _PAGE_DIRTY, 0);
	f->nr_range = 0;
	do_madvise(f->mm, a, PAGE_SIZE, MADV_COLD);
	assert_int_equal(f->mm->nr_huge, 1);
	assert_int_equal(f->mm->rss_stat[MM_ANONPAGES], 1 + HPAGE_PMD_NR);
	assert_int_equal(peek(f->mm, a + 3 * PAGE_SIZE), 3);
	do_madvise(f->mm, a + HUGE, HUGE, MADV_PAGEOUT);
	assert_int_equal(f->mm->nr_huge, 0);
	assert_int_equal(f->mm->rss_stat[MM_ANONPAGES], 2);
}

static void test_guard(void **state)
{
	struct fixture *f = *state;
	u64 a = map_anon(f->mm, 8, RW), h = map_huge(f, 1, 'a');

	poke(f->mm, a + PAGE_SIZE, 1);
	assert_int_equal(do_madvise(f->mm, a + PAGE_SIZE, 2 * PAGE_SIZE, MADV_GUARD_IN), 0);
	assert_int_equal(f->mm->rss_stat[MM_ANONPAGES], 0);
	assert_fault(touch(f->mm, a + PAGE_SIZE, MM_READ), SIGSEGV, SEGV_MAPERR, 4);
	assert_fault(touch(f->mm, a + 2 * PAGE_SIZE + 9, MM_WRITE), SIGSEGV, SEGV_MAPERR, 6);
	poke(f->mm, a + 3 * PAGE_SIZE, 1);
	// They outlive what takes pages away, and move along.
	do_madvise(f->mm, a, 8 * PAGE_SIZE, MADV_DONTNEED);
	assert_int_equal(touch(f->mm, a + PAGE_SIZE, MM_READ).signo, SIGSEGV);
	do_mprotect(f->mm, a, 8 * PAGE_SIZE, PROT_NONE);
	do_mprotect(f->mm, a, 8 * PAGE_SIZE, RW);
	assert_int_equal(touch(f->mm, a + PAGE_SIZE, MM_READ).signo, SIGSEGV);
	a = do_mremap(f->mm, a, 8 * PAGE_SIZE, 8 * PAGE_SIZE, MREMAP_MAYMOVE | MREMAP_FIXED, h + 64 * HUGE);
	assert_int_equal(touch(f->mm, a + 2 * PAGE_SIZE, MM_READ).signo, SIGSEGV);
	assert_int_equal(do_madvise(f->mm, a, 2 * PAGE_SIZE, MADV_GUARD_OUT), 0);
	assert_int_equal(peek(f->mm, a + PAGE_SIZE), 0);
	assert_int_equal(touch(f->mm, a + 2 * PAGE_SIZE, MM_READ).signo, SIGSEGV);
	// In a huge page they split it; with one inside there is no collapsing.
	poke(f->mm, h, 1);
	assert_int_equal(do_madvise(f->mm, h + PAGE_SIZE, PAGE_SIZE, MADV_GUARD_IN), 0);
	assert_int_equal(f->mm->nr_huge, 0);
	assert_int_equal(f->mm->rss_stat[MM_ANONPAGES], HPAGE_PMD_NR - 1);
	assert_int_equal(do_madvise(f->mm, h, HUGE, MADV_COLLAPSE), -EINVAL);
	do_mlock(f->mm, a, PAGE_SIZE, 0);
	assert_int_equal(do_madvise(f->mm, a, PAGE_SIZE, MADV_GUARD_IN), -EINVAL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define T(name) cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)
		T(test_fault), T(test_always_and_never), T(test_short), T(test_split), T(test_collapse), T(test_advice),
		T(test_guard),
	};

	return cmocka_run_group_tests_name("page_huge", tests, NULL, NULL);
}
