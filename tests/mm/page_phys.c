// SPDX-License-Identifier: GPL-2.0-or-later
// Frames: order, clearing, giving chunks back, and what happens when there are none left.
#include <stdio.h>
#include <stdlib.h>
#include "mm/frames.h"
#include "page_fixture.h"

static void test_order_and_clearing(void **state)
{
	struct phys *phys;
	pfn_t a, b;

	assert_int_equal(phys_create(&phys, 1 << 20, 512), 0);
	a = frame_alloc(phys);
	b = frame_alloc(phys);
	assert_int_equal(b, a + 1);
	assert_int_equal(phys->nr_frames_used, 2);
	memset(pfn_to_host(phys, a), 0x5a, PAGE_SIZE);
	get_page(phys, a);
	put_page(phys, a);
	assert_int_equal(phys->nr_frames_used, 2);
	put_page(phys, a);
	assert_int_equal(phys->nr_frames_used, 1);
	assert_int_equal(frame_alloc_dirty(phys), a);
	assert_int_equal(*(u8 *)pfn_to_host(phys, a), 0x5a);
	put_page(phys, a);
	assert_int_equal(frame_alloc(phys), a);
	assert_int_equal(*(u8 *)pfn_to_host(phys, a), 0);
	phys_destroy(phys);
}

static void test_bound(void **state)
{
	struct phys *phys;
	int n = 0;
	pfn_t last = 0, pfn;

	assert_int_equal(phys_create(&phys, 1 << 20, 512), 0);
	while ((pfn = frame_alloc(phys))) {
		last = pfn;
		n++;
	}
	assert_int_equal(n, 256);
	assert_int_equal(phys_nr_available(phys), 0);
	put_page(phys, last);
	assert_int_equal(frame_alloc(phys), last);
	phys_destroy(phys);
}

#define MANY ((LAZY_MAX + 2 * FREE_MAX) / 500 * 500)

static void test_chunks_go_back(void **state)
{
	pfn_t *pfns = malloc(MANY * sizeof(*pfns)), pfn;
	unsigned char vec = 1;
	struct phys *phys;
	size_t i;

	assert_int_equal(phys_create(&phys, 512 << 20, 512), 0);
	for (i = 0; i < MANY; i++) {
		pfns[i] = frame_alloc(phys);
		*(u8 *)pfn_to_host(phys, pfns[i]) = 1;
	}
	for (i = 0; i < MANY; i += 500)
		put_pages(phys, pfns + i, 500);
	assert_int_equal(phys->nr_frames_used, 0);
	// Some are kept, some are there until the host wants them, ...
	assert_in_range(phys->frames->nr_free - phys->frames->nr_lazy, FREE_MAX - 4 * CHUNK_FRAMES, FREE_MAX + 4 * CHUNK_FRAMES);
	assert_in_range(phys->frames->nr_lazy, LAZY_MAX - CHUNK_FRAMES, LAZY_MAX);
	// ... and the host has the last ones back, but for the chunk that fresh ones come from.
	assert_int_equal(mincore(pfn_to_host(phys, pfns[MANY - 1 - CHUNK_FRAMES]), PAGE_SIZE, &vec), 0);
	assert_int_equal(vec & 1, 0);
	// And all of them are handed out again, cleared, each once.
	for (i = 0; i < MANY; i++) {
		pfn = frame_alloc(phys);
		assert_true(pfn && pfn < pfns[MANY - 1] + CHUNK_FRAMES);
		assert_int_equal(*(u8 *)pfn_to_host(phys, pfn), 0);
		*(u8 *)pfn_to_host(phys, pfn) = 1;
	}
	assert_int_equal(phys->nr_frames_used, MANY);
	phys_destroy(phys);
	free(pfns);
}

static void test_exhaustion(void **state)
{
	struct fixture f;
	struct user_pin pin;
	struct mm_fault r;
	char buf[64] = "";
	u64 a, i;

	assert_int_equal(fixture_init(&f, 40 << PAGE_SHIFT), 0);
	a = map_anon(f.mm, 1000, PROT_READ | PROT_WRITE);
	for (i = 0; !(r = touch(f.mm, a + (i << PAGE_SHIFT), MM_WRITE)).signo; i++)
		assert_true(i < 40);
	assert_true(i > 30);
	assert_int_equal(r.signo, SIGKILL);
	assert_true(f.mm->flags & 1UL << MMF_OOM_VICTIM);
	assert_int_equal(copy_to_user(f.mm, a + (i << PAGE_SHIFT), buf, 64), 64);
	assert_int_equal(user_pin(f.mm, &pin, a + (i << PAGE_SHIFT), 10, true), -EFAULT);
	assert_int_equal(mm_populate(f.mm, a, a + (1000 << PAGE_SHIFT), false), -ENOMEM);
	assert_int_equal(mm_check(f.mm, stderr), 0);
	assert_int_equal(do_munmap(f.mm, a, 20 << PAGE_SHIFT), 0);
	poke(f.mm, a + (500 << PAGE_SHIFT), 1);
	fixture_exit(&f);
}

// A pinned frame outlives its mapping.
static void test_pin_holds(void **state)
{
	struct fixture f;
	struct user_pin pin;
	pfn_t pfn;
	u64 a;

	assert_int_equal(fixture_init(&f, 1 << 20), 0);
	a = map_anon(f.mm, 3, PROT_READ | PROT_WRITE);
	poke(f.mm, a, 1);
	poke(f.mm, a + PAGE_SIZE, 1);
	assert_int_equal(user_pin(f.mm, &pin, a + 100, 2 * PAGE_SIZE, true), 0);
	// Neighbours are one iovec.
	assert_int_equal(pin.count, 1);
	assert_int_equal(pin.bytes, 2 * PAGE_SIZE);
	pfn = ((u8 *)pin.iov[0].iov_base - f.phys->base) >> PAGE_SHIFT;
	assert_int_equal(pfn_to_page(f.phys, pfn)->refcount, 2);
	do_munmap(f.mm, a, 3 * PAGE_SIZE);
	assert_int_equal(f.mm->rss_stat[MM_ANONPAGES], 0);
	assert_int_equal(pfn_to_page(f.phys, pfn)->refcount, 1);
	user_unpin(&pin, pin.bytes);
	assert_int_equal(pfn_to_page(f.phys, pfn)->refcount, 0);
	fixture_exit(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_order_and_clearing), cmocka_unit_test(test_bound),
		cmocka_unit_test(test_chunks_go_back),	   cmocka_unit_test(test_exhaustion),
		cmocka_unit_test(test_pin_holds),
	};

	return cmocka_run_group_tests_name("page_phys", tests, NULL, NULL);
}
