// SPDX-License-Identifier: GPL-2.0-or-later
// Merging with pages, moving, growing, limits: what Linux 6.18 does in cases chosen by hand.
#include <sys/personality.h>
#include "mm/huge.h"
#include "page_fixture.h"

#define RW   (PROT_READ | PROT_WRITE)
#define ANON (MAP_PRIVATE | MAP_ANONYMOUS)
#define BASE 0x20000000UL
#define P(n) (BASE + (n)*PAGE_SIZE)

static void map_at(struct mm_struct *mm, u64 addr, u64 pages, int prot)
{
	assert_int_equal(do_mmap(mm, NULL, addr, pages << PAGE_SHIFT, prot, ANON | MAP_FIXED, 0), addr);
}

// Untouched, or touched beside untouched: one VMA. Touched apart from each other: two.
static void test_anon_vma_merge(void **state)
{
	struct fixture *f = *state;
	struct mm_struct *mm = f->mm;

	map_at(mm, P(0), 2, RW);
	poke(mm, P(0), 1);
	map_at(mm, P(2), 2, RW);
	assert_int_equal(mm->map_count, 1);
	map_at(mm, P(6), 2, RW);
	poke(mm, P(6), 1);
	assert_ptr_not_equal(find_vma(mm, P(0))->anon_vma, find_vma(mm, P(6))->anon_vma);
	// Fits both sides, but they do not fit each other.
	map_at(mm, P(4), 2, RW);
	assert_int_equal(mm->map_count, 2);
	assert_int_equal(find_vma(mm, P(0))->vm_end, P(6));
}

// A split VMA's halves share their anon_vma and come together again.
static void test_split_and_merge(void **state)
{
	struct fixture *f = *state;
	struct mm_struct *mm = f->mm;

	map_at(mm, P(0), 6, RW);
	poke(mm, P(1), 1);
	poke(mm, P(4), 1);
	assert_int_equal(do_mprotect(mm, P(2), 2 * PAGE_SIZE, PROT_READ), 0);
	assert_int_equal(mm->map_count, 3);
	assert_int_equal(do_mprotect(mm, P(2), 2 * PAGE_SIZE, RW), 0);
	assert_int_equal(mm->map_count, 1);
	assert_int_equal(peek(mm, P(4)), 1);
}

// In a fork's child inherited areas have an identity of their own: nothing merges with them.
static void test_fork(void **state)
{
	struct fixture *f = *state;
	struct mm_struct *mm = f->mm;

	map_at(mm, P(0), 2, RW);
	poke(mm, P(0), 1);
	map_at(mm, P(10), 2, RW);
	map_at(mm, P(20), 2, RW);
	poke(mm, P(20), 9);
	assert_int_equal(do_madvise(mm, P(20), PAGE_SIZE, MADV_WIPEONFORK), 0);
	map_at(mm, P(30), 2, RW);
	assert_int_equal(do_madvise(mm, P(30), PAGE_SIZE, MADV_DONTFORK), 0);
	assert_int_equal(do_mlock(mm, P(10), PAGE_SIZE, 0), 0);
	assert_int_equal(mm->locked_vm, 1);

	assert_int_equal(dup_mm_in_child(mm), 0);
	assert_int_equal(mm->locked_vm, 0);
	map_at(mm, P(2), 2, RW);
	assert_int_equal(find_vma(mm, P(2))->vm_start, P(2));
	map_at(mm, P(12), 2, RW);
	assert_int_equal(find_vma(mm, P(12))->vm_start, P(11));
	assert_int_equal(peek(mm, P(20)), 0);
	assert_null(vma_lookup(mm, P(30)));
	assert_non_null(vma_lookup(mm, P(31)));
}

static void test_thp_placement(void **state)
{
	struct fixture *f = *state;
	u64 a, top = f->mm->mmap_base;

	a = map_anon(f->mm, 512, RW);
	assert_int_equal(a, (top & ~(PMD_SIZE - 1)) - PMD_SIZE);
	// Not a multiple of the huge page, or with a hint, or shared: as high as possible.
	assert_int_equal(map_anon(f->mm, 513, RW), a - 513 * PAGE_SIZE);
	a -= 513 * PAGE_SIZE;
	a -= PMD_SIZE;
	// Unless the host has huge pages for that, too.
	if (thp_shmem_placement(f->mm->env, NULL))
		a &= ~(PMD_SIZE - 1);
	assert_int_equal(do_mmap(f->mm, NULL, 0, PMD_SIZE, RW, MAP_SHARED | MAP_ANONYMOUS, 0), a);
	assert_int_equal(do_mmap(f->mm, NULL, 0x123456789, PMD_SIZE, RW, ANON, 0), 0x123456000);
	assert_int_equal(do_mmap(f->mm, NULL, 0, PAGE_SIZE, RW, ANON | MAP_32BIT, 0), 0x40000000);
}

static void test_guard_gap(void **state)
{
	struct fixture *f = *state;
	struct mm_struct *mm = f->mm;
	u64 stack = 0x30000000, below = stack - STACK_GUARD_GAP;

	assert_int_equal(do_mmap(mm, NULL, stack, PAGE_SIZE, RW, ANON | MAP_FIXED | MAP_GROWSDOWN, 0), stack);
	// A hint inside the gap is not taken, just below it is.
	assert_int_not_equal(do_mmap(mm, NULL, below, PAGE_SIZE, RW, ANON, 0), below);
	assert_int_equal(do_mmap(mm, NULL, below - PAGE_SIZE, PAGE_SIZE, RW, ANON, 0), below - PAGE_SIZE);
	// It grows over the gap, up to the guard of what can be accessed there.
	assert_int_equal(touch(mm, stack - 1, MM_WRITE).signo, SIGSEGV);
	assert_int_equal(do_mprotect(mm, below - PAGE_SIZE, PAGE_SIZE, PROT_NONE), 0);
	assert_int_equal(touch(mm, stack - 1, MM_WRITE).signo, 0);
	assert_int_equal(find_vma(mm, stack)->vm_start, stack - PAGE_SIZE);
	assert_int_equal(mm->stack_vm, 2);
	f->rlim[RLIMIT_STACK].rlim_cur = 4 * PAGE_SIZE;
	assert_int_equal(touch(mm, stack - 3 * PAGE_SIZE, MM_WRITE).signo, 0);
	assert_int_equal(touch(mm, stack - 4 * PAGE_SIZE, MM_WRITE).signo, SIGSEGV);
	// PROT_GROWSDOWN means the whole VMA from its start.
	assert_int_equal(do_mprotect(mm, stack, PAGE_SIZE, PROT_READ | PROT_GROWSDOWN), 0);
	assert_int_equal(find_vma(mm, stack)->vm_start, stack - 3 * PAGE_SIZE);
	assert_int_equal(do_mprotect(mm, below - PAGE_SIZE, PAGE_SIZE, PROT_READ | PROT_GROWSDOWN), -EINVAL);
}

static void test_brk(void **state)
{
	struct fixture *f = *state;
	struct mm_struct *mm = f->mm;

	mm->start_brk = mm->brk = BASE + 0x123;
	assert_int_equal(do_brk(mm, 0), BASE + 0x123);
	assert_int_equal(do_brk(mm, P(3) + 5), P(3) + 5);
	assert_int_equal(find_vma(mm, BASE)->vm_start, P(1));
	assert_int_equal(find_vma(mm, BASE)->vm_end, P(4));
	assert_int_equal(do_brk(mm, P(2)), P(2));
	assert_int_equal(find_vma(mm, BASE)->vm_end, P(2));
	// One page is kept free below whatever comes next.
	map_at(mm, P(8), 1, PROT_READ);
	assert_int_equal(do_brk(mm, P(8)), P(2));
	assert_int_equal(do_brk(mm, P(7)), P(7));
	f->rlim[RLIMIT_DATA].rlim_cur = 2 * PAGE_SIZE;
	assert_int_equal(do_brk(mm, P(7) + 1), P(7));
	assert_int_equal(do_brk(mm, BASE + 0x123), BASE + 0x123);
	assert_int_equal(mm->map_count, 1);
}

static void test_mremap(void **state)
{
	struct fixture *f = *state;
	struct mm_struct *mm = f->mm;
	s64 a;

	map_at(mm, P(0), 4, RW);
	poke(mm, P(3), 42);
	// In place, then blocked, then moved with its pages.
	assert_int_equal(do_mremap(mm, P(0), 4 * PAGE_SIZE, 6 * PAGE_SIZE, 0, 0), P(0));
	map_at(mm, P(6), 1, PROT_READ);
	assert_int_equal(do_mremap(mm, P(0), 6 * PAGE_SIZE, 8 * PAGE_SIZE, 0, 0), -ENOMEM);
	a = do_mremap(mm, P(0), 6 * PAGE_SIZE, 8 * PAGE_SIZE, MREMAP_MAYMOVE, 0);
	assert_true(a > 0);
	assert_int_equal(peek(mm, (u64)a + 3 * PAGE_SIZE), 42);
	assert_null(vma_lookup(mm, P(0)));
	// Shrinking reaches over other VMAs.
	assert_int_equal(do_mremap(mm, (u64)a, 8 * PAGE_SIZE, PAGE_SIZE, 0, 0), a);
	// The order of checks.
	assert_int_equal(do_mremap(mm, P(0), PAGE_SIZE, 0, 0, 0), -EINVAL);
	assert_int_equal(do_mremap(mm, P(0), PAGE_SIZE, PAGE_SIZE, 8, 0), -EINVAL);
	assert_int_equal(do_mremap(mm, P(0), PAGE_SIZE, 2 * PAGE_SIZE, 0, 0), -EFAULT);
	assert_int_equal(do_mremap(mm, P(6), PAGE_SIZE, PAGE_SIZE, MREMAP_FIXED, P(9)), -EINVAL);
	assert_int_equal(do_mremap(mm, P(6), PAGE_SIZE, PAGE_SIZE, MREMAP_FIXED | MREMAP_MAYMOVE, P(6)),
			 -EINVAL);
	assert_int_equal(do_mremap(mm, P(6), 0, PAGE_SIZE, MREMAP_MAYMOVE, 0), -EINVAL);
}

// A pure move takes several VMAs along, and the holes between them (Linux 6.17).
static void test_mremap_many(void **state)
{
	struct fixture *f = *state;
	struct mm_struct *mm = f->mm;

	map_at(mm, P(0), 1, RW);
	poke(mm, P(0), 1);
	map_at(mm, P(1), 1, PROT_READ);
	map_at(mm, P(4), 1, RW);
	poke(mm, P(4), 3);
	assert_int_equal(
		do_mremap(mm, P(0), 5 * PAGE_SIZE, 5 * PAGE_SIZE, MREMAP_MAYMOVE | MREMAP_FIXED, P(20)),
		P(20));
	assert_int_equal(peek(mm, P(20)), 1);
	assert_int_equal(peek(mm, P(24)), 3);
	assert_int_equal(mm->map_count, 3);
	assert_null(vma_lookup(mm, P(22)));
	assert_null(find_vma_intersection(mm, P(0), P(20)));
}

static void test_mremap_dontunmap(void **state)
{
	struct fixture *f = *state;
	struct mm_struct *mm = f->mm;
	s64 a;

	map_at(mm, P(0), 2, RW);
	poke(mm, P(0), 5);
	a = do_mremap(mm, P(0), 2 * PAGE_SIZE, 2 * PAGE_SIZE, MREMAP_MAYMOVE | MREMAP_DONTUNMAP, 0);
	assert_true(a > 0);
	assert_int_equal(peek(mm, (u64)a), 5);
	assert_int_equal(peek(mm, P(0)), 0);
	assert_null(find_vma(mm, P(0))->anon_vma);
	assert_int_equal(mm->total_vm, 4);
}

static void test_limits(void **state)
{
	struct fixture *f = *state;
	struct mm_struct *mm = f->mm;
	u64 a;

	f->rlim[RLIMIT_AS].rlim_cur = 10 * PAGE_SIZE;
	a = map_anon(mm, 8, PROT_READ);
	assert_int_equal(do_mmap(mm, NULL, 0, 3 * PAGE_SIZE, PROT_READ, ANON, 0), -ENOMEM);
	// What it replaces does not count.
	assert_int_equal(do_mmap(mm, NULL, a, 8 * PAGE_SIZE, PROT_NONE, ANON | MAP_FIXED, 0), a);
	f->rlim[RLIMIT_AS].rlim_cur = RLIM_INFINITY;
	f->rlim[RLIMIT_DATA].rlim_cur = 4 * PAGE_SIZE;
	assert_int_equal(do_mmap(mm, NULL, 0, 5 * PAGE_SIZE, RW, ANON, 0), -ENOMEM);
	assert_int_equal(do_mprotect(mm, a, 5 * PAGE_SIZE, RW), -ENOMEM);
	assert_int_equal(do_mprotect(mm, a, 4 * PAGE_SIZE, RW), 0);
	f->rlim[RLIMIT_DATA].rlim_cur = RLIM_INFINITY;
	f->rlim[RLIMIT_MEMLOCK].rlim_cur = 2 * PAGE_SIZE;
	assert_int_equal(do_mlock(mm, a, 3 * PAGE_SIZE, 0), -ENOMEM);
	assert_int_equal(do_mlock(mm, a, 2 * PAGE_SIZE, 0), 0);
	assert_int_equal(do_mlock(mm, a, 2 * PAGE_SIZE, 0), 0);
	assert_int_equal(do_mmap(mm, NULL, 0, PAGE_SIZE, RW, ANON | MAP_LOCKED, 0), -EAGAIN);
	assert_int_equal(get_mm_rss(mm), 2);
	// The heuristic refuses only what the machine could never have.
	assert_int_equal(do_mmap(mm, NULL, 0, (f->env.total_ram_pages + 1) << PAGE_SHIFT, RW, ANON, 0),
			 -ENOMEM);
	assert_true(do_mmap(mm, NULL, 0, (f->env.total_ram_pages + 1) << PAGE_SHIFT, RW, ANON | MAP_NORESERVE,
			    0) > 0);
	assert_true(do_mmap(mm, NULL, 0, 8UL << 40, PROT_NONE, ANON, 0) > 0);
	f->env.overcommit_memory = 2;
	f->env.commit_limit_pages = 100;
	assert_int_equal(do_mmap(mm, NULL, 0, 200 * PAGE_SIZE, RW, ANON | MAP_NORESERVE, 0), -ENOMEM);
	assert_int_equal(do_mmap(mm, NULL, 0, 200 * PAGE_SIZE, RW, MAP_SHARED | MAP_ANONYMOUS, 0), -ENOMEM);
	// What cannot be written is not charged until it can.
	a = (u64)do_mmap(mm, NULL, 0, 200 * PAGE_SIZE, PROT_READ, ANON, 0);
	assert_int_equal(do_mprotect(mm, a, 200 * PAGE_SIZE, RW), -ENOMEM);
	// Of a large process some is kept back.
	f->env.commit_limit_pages = 10000;
	a = (u64)do_mmap(mm, NULL, 0, 9000 * PAGE_SIZE, RW, ANON, 0);
	assert_true((s64)a > 0);
	assert_int_equal(do_munmap(mm, a, 9000 * PAGE_SIZE), 0);
	f->env.user_reserve_pages = 1000;
	assert_int_equal(do_mmap(mm, NULL, 0, 9000 * PAGE_SIZE, RW, ANON, 0), -ENOMEM);
	f->env.overcommit_memory = 1;
	assert_true(do_mmap(mm, NULL, 0, 16UL << 40, RW, ANON, 0) > 0);
}

static void test_personality(void **state)
{
	struct fixture *f = *state;
	u64 a;

	f->env.personality = READ_IMPLIES_EXEC;
	a = map_anon(f->mm, 1, PROT_READ);
	assert_int_equal(find_vma(f->mm, a)->vm_flags & VM_ACCESS_FLAGS, VM_READ | VM_EXEC);
	f->env.personality = ADDR_COMPAT_LAYOUT;
	arch_pick_mmap_layout(f->mm);
	assert_int_equal(map_anon(f->mm, 1, PROT_READ), 0x2aaaaaaab000);
	assert_int_equal(map_anon(f->mm, 512, PROT_READ), 0x2aaaaac00000);
}

static void test_special(void **state)
{
	static const struct vm_special_mapping spec = {.name = "[vdso]"};
	struct fixture *f = *state;
	struct mm_struct *mm = f->mm;
	char name[64];

	assert_int_equal(install_special_mapping(mm, P(0), 2 * PAGE_SIZE, VM_READ | VM_MAYREAD, &spec), 0);
	assert_int_equal(install_special_mapping(mm, P(2), 2 * PAGE_SIZE, VM_READ | VM_MAYREAD, &spec), 0);
	assert_int_equal(mm->map_count, 2);
	assert_string_equal(vma_name(find_vma(mm, P(0)), name, sizeof(name)), "[vdso]");
	// It cannot be split or grown, but moved as a whole.
	assert_int_equal(do_munmap(mm, P(0), PAGE_SIZE), -EINVAL);
	assert_int_equal(do_mprotect(mm, P(0), PAGE_SIZE, PROT_NONE), -EINVAL);
	assert_int_equal(do_mremap(mm, P(0), 2 * PAGE_SIZE, 3 * PAGE_SIZE, MREMAP_MAYMOVE, 0), -EFAULT);
	assert_int_equal(
		do_mremap(mm, P(0), 2 * PAGE_SIZE, 2 * PAGE_SIZE, MREMAP_MAYMOVE | MREMAP_FIXED, P(8)), P(8));
	assert_int_equal(do_munmap(mm, P(8), 2 * PAGE_SIZE), 0);
}

// execve's stack: built at the top, moved down, widened by 128 KiB or to the limit.
static void test_arg_pages(void **state)
{
	struct fixture *f = *state;
	struct mm_struct *mm = f->mm;
	char text[] = "hello";

	assert_int_equal(bprm_stack_create(mm), 0);
	assert_int_equal(access_remote_vm(mm, STACK_TOP - 8000, text, sizeof(text), true), 0);
	assert_int_equal(setup_arg_pages(mm, STACK_TOP - 16 * PAGE_SIZE, false), 16 * PAGE_SIZE);
	assert_int_equal(mm->mmap->vm_end, STACK_TOP - 16 * PAGE_SIZE);
	assert_int_equal(mm->mmap->vm_end - mm->mmap->vm_start, 2 * PAGE_SIZE + 131072);
	assert_int_equal(mm->mmap->vm_flags & (VM_EXEC | VM_RAND_READ | VM_SEQ_READ), 0);
	assert_int_equal(peek(mm, STACK_TOP - 16 * PAGE_SIZE - 8000), 'h');
	assert_int_equal(mm->stack_vm, 34);
}

#define T(name) cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(test_anon_vma_merge), T(test_split_and_merge), T(test_fork),
		T(test_thp_placement),	T(test_guard_gap),	 T(test_brk),
		T(test_mremap),		T(test_mremap_many),	 T(test_mremap_dontunmap),
		T(test_limits),		T(test_personality),	 T(test_special),
		T(test_arg_pages),
	};

	return cmocka_run_group_tests_name("vma_calls", tests, NULL, NULL);
}
