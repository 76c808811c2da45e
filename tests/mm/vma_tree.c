// SPDX-License-Identifier: GPL-2.0-or-later
// The list and the tree of VMAs: against a plain model, against a linear search, and at 60,000 VMAs.
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include "page_fixture.h"

#define ARENA	    0x20000000UL
#define ARENA_PAGES 256

static u64 rnd(u64 *state, u64 n)
{
	*state ^= *state << 13;
	*state ^= *state >> 7;
	*state ^= *state << 17;
	return (*state >> 11) % n;
}

/*
 * The model: one protection per page, -1 for a hole. Anonymous areas that nobody touched always merge, so
 * VMAs must be the longest runs of equal pages.
 */
static void compare_with_model(struct mm_struct *mm, const int *model)
{
	struct vm_area_struct *vma = mm->mmap;
	u64 i = 0, start;

	while (i < ARENA_PAGES) {
		if (model[i] < 0) {
			i++;
			continue;
		}
		for (start = i; i < ARENA_PAGES && model[i] == model[start]; i++)
			;
		assert_non_null(vma);
		assert_int_equal(vma->vm_start, ARENA + start * PAGE_SIZE);
		assert_int_equal(vma->vm_end, ARENA + i * PAGE_SIZE);
		assert_int_equal(vma->vm_flags & VM_ACCESS_FLAGS, model[start]);
		vma = vma->vm_next;
	}
	assert_null(vma);
}

static void model_op(struct mm_struct *mm, int *model, u64 *seed)
{
	static const int prots[] = {PROT_NONE, PROT_READ, PROT_READ | PROT_WRITE, PROT_READ | PROT_EXEC};
	u64 from = rnd(seed, ARENA_PAGES), pages = 1 + rnd(seed, 20), i;
	u64 addr = ARENA + from * PAGE_SIZE;
	int prot = prots[rnd(seed, 4)], want = 0, value = prot;

	if (from + pages > ARENA_PAGES)
		pages = ARENA_PAGES - from;
	switch (rnd(seed, 3)) {
	case 0:
		assert_int_equal(do_mmap(mm, NULL, addr, pages * PAGE_SIZE, prot,
					 MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, 0),
				 addr);
		break;
	case 1:
		assert_int_equal(do_munmap(mm, addr, pages * PAGE_SIZE), 0);
		value = -1;
		break;
	case 2:
		// Up to the first hole it is done, then ENOMEM.
		for (i = 0; i < pages && model[from + i] >= 0; i++)
			;
		want = i < pages ? -ENOMEM : 0;
		assert_int_equal(do_mprotect(mm, addr, pages * PAGE_SIZE, prot), want);
		pages = i;
		break;
	}
	for (i = 0; i < pages; i++)
		model[from + i] = value;
}

static void test_model(void **state)
{
	struct fixture *f = *state;
	u64 seed;
	int i, model[ARENA_PAGES];

	for (seed = 1; seed <= 20; seed++) {
		u64 s = seed * 0x9e3779b97f4a7c15UL;

		memset(model, -1, sizeof(model));
		for (i = 0; i < 300; i++) {
			model_op(f->mm, model, &s);
			assert_int_equal(mm_check(f->mm, stderr), 0);
			compare_with_model(f->mm, model);
		}
		assert_int_equal(do_munmap(f->mm, ARENA, ARENA_PAGES * PAGE_SIZE), 0);
	}
}

// The highest hole, found the slow way.
static s64 slow_topdown(struct mm_struct *mm, u64 low, u64 high, u64 len)
{
	struct vm_area_struct *vma = mm->last_vma;
	u64 end = high, start;

	for (;; vma = vma->vm_prev) {
		start = vma ? vma->vm_end : 0;
		if (start < low)
			start = low;
		if (end > high)
			end = high;
		if (end > start && end - start >= len)
			return (s64)(end - len);
		if (!vma)
			return -ENOMEM;
		end = vma->vm_start;
	}
}

static s64 slow_bottomup(struct mm_struct *mm, u64 low, u64 high, u64 len)
{
	struct vm_area_struct *vma = mm->mmap;
	u64 start = low, end;

	for (;; vma = vma->vm_next) {
		end = vma && vma->vm_start < high ? vma->vm_start : high;
		if (end > start && end - start >= len)
			return (s64)start;
		if (!vma)
			return -ENOMEM;
		if (vma->vm_end > start)
			start = vma->vm_end;
	}
}

static void test_search(void **state)
{
	struct fixture *f = *state;
	u64 s = 12345;
	int i;

	for (i = 0; i < 3000; i++) {
		u64 addr = ARENA + rnd(&s, 4096) * PAGE_SIZE, len = (1 + rnd(&s, 8)) * PAGE_SIZE;
		u64 low = ARENA + rnd(&s, 4096) * PAGE_SIZE, high = ARENA + rnd(&s, 5000) * PAGE_SIZE;
		u64 want = (1 + rnd(&s, 40)) * PAGE_SIZE;

		if (rnd(&s, 3))
			assert_int_equal(do_mmap(f->mm, NULL, addr, len, PROT_READ,
						 MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, 0),
					 addr);
		else
			assert_int_equal(do_munmap(f->mm, addr, len), 0);
		assert_int_equal(unmapped_area_topdown(f->mm, low, high, want),
				 slow_topdown(f->mm, low, high, want));
		assert_int_equal(unmapped_area(f->mm, low, high, want),
				 slow_bottomup(f->mm, low, high, want));
		assert_int_equal(vma_lookup(f->mm, addr) != NULL, vma_lookup(f->mm, addr + 1) != NULL);
	}
}

// mmap_base as Linux 6.18 on x86-64 chooses it, without randomisation, for values of RLIMIT_STACK.
static void test_mmap_base(void **state)
{
	static const struct {
		u64 limit, base;
	} known[] = {
		{256UL << 10, 0x7ffff7fff000},	  {8UL << 20, 0x7ffff7fff000},
		{100000UL << 10, 0x7ffff7fff000}, {1000000UL << 10, 0x7fffc2e6f000},
		{RLIM_INFINITY, 0x155555556000},
	};
	struct fixture *f = *state;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(known); i++) {
		f->rlim[RLIMIT_STACK].rlim_cur = known[i].limit;
		arch_pick_mmap_layout(f->mm);
		assert_int_equal(f->mm->mmap_base, known[i].base);
		assert_int_equal(f->mm->mmap_legacy_base, 0x2aaaaaaab000);
		assert_int_equal(map_anon(f->mm, 1, PROT_READ), known[i].base - PAGE_SIZE);
		assert_int_equal(do_munmap(f->mm, known[i].base - PAGE_SIZE, PAGE_SIZE), 0);
	}
}

static u64 now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &ts);
	return (u64)ts.tv_sec * 1000000000UL + (u64)ts.tv_nsec;
}

// Nanoseconds of processor time for one mmap and munmap; the least of several rounds.
static u64 pair_cost(struct mm_struct *mm)
{
	u64 best = UINT64_MAX;
	int round, i;

	for (round = 0; round < 40; round++) {
		u64 start = now_ns(), cost;

		for (i = 0; i < 500; i++) {
			s64 a = do_mmap(mm, NULL, 0, 3 * PAGE_SIZE, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS,
					0);

			assert_true(a > 0);
			assert_int_equal(do_munmap(mm, (u64)a, 3 * PAGE_SIZE), 0);
		}
		cost = (now_ns() - start) / 500;
		if (cost < best)
			best = cost;
	}
	return best;
}

// VMAs that cannot merge, with holes of one page.
static void fill(struct mm_struct *mm, int count)
{
	while (mm->map_count < count) {
		u64 addr = 0x100000000UL + (u64)mm->map_count * 2 * PAGE_SIZE;

		assert_int_equal(do_mmap(mm, NULL, addr, PAGE_SIZE, PROT_READ,
					 MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, 0),
				 addr);
	}
}

// A debug build looks at every VMA after every call.
#ifdef ULK_DEBUG_MM
#define MANY 1000
#else
#define MANY 60000
#endif

static void test_scale(void **state)
{
	struct fixture *f = *state;
	u64 few, many;

	fill(f->mm, 100);
	few = pair_cost(f->mm);
	fill(f->mm, MANY);
	many = pair_cost(f->mm);
	print_message("# mmap+munmap: %lu ns at 100 VMAs, %lu ns at %d\n", few, many, MANY);
#if !defined(ULK_DEBUG_MM) && !defined(__SANITIZE_ADDRESS__)
	/*
	 * Whether it is below 2 is for bench/ to show on a quiet machine. Here a walk over all VMAs is to be
	 * told from a descent of the tree: a factor of hundreds, where a busy machine makes one of three.
	 */
	assert_true(many < 20 * few);
#endif
	assert_int_equal(mm_check(f->mm, stderr), 0);
}

static void test_map_count(void **state)
{
	struct fixture *f = *state;
	u64 a;

	f->env.max_map_count = 100;
	fill(f->mm, 100);
	// One more is allowed, as in Linux, which looks before it adds.
	a = map_anon(f->mm, 4, PROT_READ);
	assert_int_equal(f->mm->map_count, 101);
	assert_int_equal(do_mmap(f->mm, NULL, 0, PAGE_SIZE, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, 0),
			 -ENOMEM);
	assert_int_equal(do_mprotect(f->mm, a + PAGE_SIZE, PAGE_SIZE, PROT_NONE), -ENOMEM);
	assert_int_equal(do_munmap(f->mm, a + PAGE_SIZE, PAGE_SIZE), -ENOMEM);
	assert_int_equal(do_madvise(f->mm, a + PAGE_SIZE, PAGE_SIZE, MADV_DONTDUMP), -EAGAIN);
	// Cutting an end off needs no new one.
	assert_int_equal(do_munmap(f->mm, a, PAGE_SIZE), 0);
	assert_int_equal(do_munmap(f->mm, 0x100000000UL, 200 * PAGE_SIZE), 0);
	f->env.max_map_count = 65530;
}

#define T(name) cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(test_model), T(test_search), T(test_mmap_base), T(test_scale), T(test_map_count),
	};

	return cmocka_run_group_tests_name("vma_tree", tests, NULL, NULL);
}
