// SPDX-License-Identifier: GPL-2.0-or-later
// Soft-dirty tracking, which the host's kernel may not have: new memory is dirty, clear_refs resets it, a
// store is seen again, whatever way it takes.
#include "mm/pagemap.h"
#include "page_fixture.h"

#define RW   (PROT_READ | PROT_WRITE)
#define ANON (MAP_PRIVATE | MAP_ANONYMOUS)
#define BASE 0x20000000UL
#define P(n) (BASE + (n)*PAGE_SIZE)

static bool dirty(struct mm_struct *mm, u64 addr)
{
	struct pagemap_view pv;
	u64 entry;

	pagemap_view_open(mm, &pv);
	pagemap_fill(mm, addr, &entry, 1, &pv);
	pagemap_view_close(&pv);
	return entry & PM_SOFT_DIRTY;
}

static void map_at(struct mm_struct *mm, u64 addr, u64 pages, int flags)
{
	assert_int_equal(do_mmap(mm, NULL, addr, pages << PAGE_SHIFT, RW, flags | MAP_FIXED, 0), addr);
}

static void test_private(void **state)
{
	struct fixture *f = *state;
	struct mm_struct *mm = f->mm;

	mm->phys->soft_dirty = SOFT_DIRTY_ON;
	map_at(mm, P(0), 8, ANON);
	assert_true(dirty(mm, P(7))); // a new area is, even where there is no page yet
	poke(mm, P(0), 1);
	poke(mm, P(1), 1);
	peek(mm, P(2));
	clear_refs(mm, CLEAR_REFS_SOFT_DIRTY);
	for (int i = 0; i < 8; i++)
		assert_false(dirty(mm, P(i)));
	poke(mm, P(0), 2); // a page that was there
	poke(mm, P(2), 2); // the zero page is copied
	poke(mm, P(3), 2); // a new page
	assert_int_equal(peek(mm, P(1)), 1);
	assert_true(dirty(mm, P(0)) && dirty(mm, P(2)) && dirty(mm, P(3)));
	assert_false(dirty(mm, P(1)) || dirty(mm, P(4)));
	assert_int_equal(mm_check(mm, stderr), 0);
}

// mprotect there and back must not let a store through unseen; mremap moves pages, which makes them dirty.
static void test_mprotect_mremap(void **state)
{
	struct fixture *f = *state;
	struct mm_struct *mm = f->mm;

	mm->phys->soft_dirty = SOFT_DIRTY_ON;
	map_at(mm, P(0), 4, ANON);
	poke(mm, P(0), 1);
	poke(mm, P(1), 1);
	clear_refs(mm, CLEAR_REFS_SOFT_DIRTY);
	assert_int_equal(do_mprotect(mm, P(0), PAGE_SIZE, PROT_READ), 0);
	assert_int_equal(do_mprotect(mm, P(0), PAGE_SIZE, RW), 0);
	assert_false(dirty(mm, P(0)));
	poke(mm, P(0), 3);
	assert_true(dirty(mm, P(0)));
	assert_int_equal(do_mremap(mm, P(1), PAGE_SIZE, PAGE_SIZE, MREMAP_MAYMOVE | MREMAP_FIXED, P(20)),
			 P(20));
	assert_true(dirty(mm, P(20)));
	assert_int_equal(mm_check(mm, stderr), 0);
}

static void test_shared(void **state)
{
	struct fixture *f = *state;
	struct mm_struct *mm = f->mm;

	mm->phys->soft_dirty = SOFT_DIRTY_ON;
	map_at(mm, P(0), 4, MAP_SHARED | MAP_ANONYMOUS);
	poke(mm, P(0), 1);
	clear_refs(mm, CLEAR_REFS_SOFT_DIRTY);
	peek(mm, P(1)); // not even a page that is only read may be stored to unseen
	assert_false(dirty(mm, P(0)) || dirty(mm, P(1)));
	poke(mm, P(1), 1);
	assert_true(dirty(mm, P(1)));
	assert_false(dirty(mm, P(0)));
	poke(mm, P(0), 2);
	assert_true(dirty(mm, P(0)));
	assert_int_equal(mm_check(mm, stderr), 0);
}

// A merge with an area that was not cleared makes the union dirty.
static void test_merge(void **state)
{
	struct fixture *f = *state;
	struct mm_struct *mm = f->mm;

	mm->phys->soft_dirty = SOFT_DIRTY_ON;
	map_at(mm, P(0), 2, ANON);
	clear_refs(mm, CLEAR_REFS_SOFT_DIRTY);
	assert_false(dirty(mm, P(0)));
	map_at(mm, P(2), 2, ANON);
	assert_int_equal(mm->map_count, 1);
	assert_true(dirty(mm, P(0)) && dirty(mm, P(3)));
}

static void test_off(void **state)
{
	struct fixture *f = *state;
	struct mm_struct *mm = f->mm;

	mm->phys->soft_dirty = SOFT_DIRTY_OFF;
	map_at(mm, P(0), 2, ANON);
	poke(mm, P(0), 1);
	assert_false(dirty(mm, P(0)));
	clear_refs(mm, CLEAR_REFS_SOFT_DIRTY);
	assert_true(find_vma(mm, P(0))->vm_flags & VM_SOFTDIRTY);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_private, fixture_setup, fixture_teardown),
		cmocka_unit_test_setup_teardown(test_mprotect_mremap, fixture_setup, fixture_teardown),
		cmocka_unit_test_setup_teardown(test_shared, fixture_setup, fixture_teardown),
		cmocka_unit_test_setup_teardown(test_merge, fixture_setup, fixture_teardown),
		cmocka_unit_test_setup_teardown(test_off, fixture_setup, fixture_teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
