// SPDX-License-Identifier: GPL-2.0-or-later
// Every call with the arguments nobody should pass: nothing crashes, no invariant breaks, errors are errors.
#include <stdio.h>
#include <stdlib.h>
#include <sys/personality.h>
#include "page_fixture.h"

static u64 rng;

static u64 rnd(u64 n)
{
	rng ^= rng << 13;
	rng ^= rng >> 7;
	rng ^= rng << 17;
	return (rng >> 11) % n;
}

// A number near an edge, or near something that exists.
static u64 wild(struct mm_struct *mm)
{
	static const u64 edges[] = {
		0,	   1,	       PAGE_SIZE,     0x10000,
		1UL << 21, 1UL << 31,  1UL << 32,     1UL << 46,
		TASK_SIZE, 1UL << 47,  1UL << 52,     1UL << 63,
		~0UL,	   ~0UL << 12, VSYSCALL_ADDR, STACK_TOP - (8UL << 20),
	};
	struct vm_area_struct *vma;
	u64 value = edges[rnd(ARRAY_SIZE(edges))];

	if (rnd(3) && (vma = find_vma(mm, 0x20000000 + rnd(64) * PAGE_SIZE)))
		value = rnd(2) ? vma->vm_start : vma->vm_end;
	switch (rnd(5)) {
	case 0:
		return value + rnd(5) - 2;
	case 1:
		return value + (rnd(5) - 2) * PAGE_SIZE;
	case 2:
		return value ^ 1UL << rnd(64);
	}
	return value;
}

// Mostly a few pages.
static u64 length(struct mm_struct *mm)
{
	return rnd(3) ? (1 + rnd(6)) * PAGE_SIZE : wild(mm);
}

static u64 place(struct mm_struct *mm)
{
	return rnd(3) ? 0x20000000 + rnd(64) * PAGE_SIZE : wild(mm);
}

static struct file *some_file(struct fixture *f, const int *fds)
{
	struct file *file = NULL;
	u64 n = rnd(6);

	if (n < 3 && file_from_fd(f->phys, fds[n], &file))
		fail();
	return file;
}

static s64 wild_mmap(struct fixture *f, const int *fds)
{
	struct mm_struct *mm = f->mm;
	struct file *file = some_file(f, fds);
	unsigned long flags = 1UL << rnd(24) | (rnd(2) ? MAP_PRIVATE : rnd(4)) | (file ? 0 : MAP_ANONYMOUS);
	s64 ret;

	// Pages of a terabyte would take their time.
	flags &= ~(unsigned long)(MAP_POPULATE | MAP_LOCKED);
	if (rnd(2))
		flags |= MAP_FIXED;
	ret = do_mmap(mm, file, place(mm), length(mm), rnd(16), flags, rnd(2) ? 0 : wild(mm));
	if (file)
		fput(file);
	return ret;
}

static s64 wild_call(struct fixture *f, const int *fds)
{
	struct mm_struct *mm = f->mm;
	struct mm_fault fault;
	u8 vec[8];

	switch (rnd(14)) {
	case 0:
	case 1:
	case 2:
		return wild_mmap(f, fds);
	case 3:
		return do_munmap(mm, place(mm), length(mm));
	case 4:
	case 5:
		return do_mprotect(mm, place(mm), length(mm), rnd(3) ? rnd(8) : wild(mm));
	case 6:
	case 7:
		return do_mremap(mm, place(mm), length(mm), length(mm), rnd(9), place(mm));
	case 8: {
		int advice = (int)rnd(27);

		// Populating is wild in the time it takes.
		return do_madvise(mm, place(mm), advice == 22 || advice == 23 ? PAGE_SIZE : length(mm),
				  advice);
	}
	case 9:
		return do_msync(mm, place(mm), length(mm), (int)rnd(9));
	case 10:
		return do_mincore(mm, place(mm), rnd(8), vec) < 0 ? -ENOMEM : 0;
	case 11:
		return rnd(2) ? do_mlock(mm, place(mm), rnd(2) ? PAGE_SIZE : ~rnd(5000), (int)rnd(3))
			      : do_munlock(mm, place(mm), length(mm));
	case 12:
		return (s64)do_brk(mm, rnd(2) ? mm->start_brk + rnd(1 << 20) : wild(mm));
	default:
		mm_translate(mm, place(mm) + rnd(PAGE_SIZE), (enum mm_access)rnd(3), &fault);
		return 0;
	}
}

static void test_wild(void **state)
{
	struct fixture *f = *state;
	int fds[3] = {make_file("/dev/shm", 4), make_file("/var/tmp", 4), open("/dev/zero", O_RDWR)};
	int i, good = 0;

	f->mm->start_brk = f->mm->brk = 0x10000000;
	for (rng = 1; rng <= 200; rng++) {
		u64 seed = rng;

		f->env.personality = seed % 3 ? 0 : ADDR_COMPAT_LAYOUT;
		arch_pick_mmap_layout(f->mm);
		rng *= 0x9e3779b97f4a7c15UL;
		for (i = 0; i < 1000; i++) {
			s64 ret = wild_call(f, fds);

			// A result is an address of the user or an errno.
			assert_true(ret >= -4095 && ret < (s64)(1UL << 47));
			good += ret >= 0;
			if (i % 16 == 0)
				assert_int_equal(mm_check(f->mm, stderr), 0);
		}
		rng = seed;
	}
	// The calls do get somewhere.
	assert_true(good > 30000);
	for (i = 0; i < 3; i++)
		close(fds[i]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_wild, fixture_setup, fixture_teardown),
	};

	return cmocka_run_group_tests_name("vma_wild", tests, NULL, NULL);
}
