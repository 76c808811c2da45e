// SPDX-License-Identifier: GPL-2.0-or-later
// The kernel's side of user memory: partial counts at page edges, strings, pins, forced access.
#include <stdio.h>
#include <stdlib.h>
#include "page_fixture.h"

#define RW (PROT_READ | PROT_WRITE)

static void test_edges(void **state)
{
	struct fixture *f = *state;
	u64 a = map_anon(f->mm, 3, RW);
	char buf[3 * PAGE_SIZE];

	do_munmap(f->mm, a + 2 * PAGE_SIZE, PAGE_SIZE);
	memset(buf, 'q', sizeof(buf));
	assert_int_equal(copy_to_user(f->mm, a, buf, 2 * PAGE_SIZE), 0);
	assert_int_equal(copy_to_user(f->mm, a + 2 * PAGE_SIZE - 3, buf, 10), 7);
	assert_int_equal(copy_to_user(f->mm, a + 2 * PAGE_SIZE, buf, 10), 10);
	assert_int_equal(copy_from_user(f->mm, buf, a + 2 * PAGE_SIZE - 1, 8), 7);
	assert_int_equal(buf[0], 'q');
	assert_int_equal(buf[1], 0);
	assert_int_equal(buf[7], 0);
	assert_int_equal(clear_user(f->mm, a + PAGE_SIZE - 1, 2), 0);
	assert_int_equal(peek(f->mm, a + PAGE_SIZE), 0);
	assert_int_equal(peek(f->mm, a + PAGE_SIZE + 1), 'q');
	assert_int_equal(clear_user(f->mm, a + 2 * PAGE_SIZE - 5, 100), 95);
	assert_int_equal(copy_to_user(f->mm, TASK_SIZE_MAX - 1, buf, 2), 2);
	assert_int_equal(copy_to_user(f->mm, ~0UL, buf, 2), 2);
	assert_int_equal(copy_from_user(f->mm, buf, 1UL << 47, 1), 1);
	assert_int_equal(copy_from_user(f->mm, buf, 0, 0), 0);
	assert_int_equal(do_mprotect(f->mm, a, PAGE_SIZE, PROT_READ), 0);
	assert_int_equal(copy_to_user(f->mm, a + PAGE_SIZE - 4, buf, 8), 8);
	assert_int_equal(access_remote_vm(f->mm, a + PAGE_SIZE - 4, "forced!", 8, true), 0);
	assert_int_equal(copy_from_user(f->mm, buf, a + PAGE_SIZE - 4, 8), 0);
	assert_string_equal(buf, "forced!");
}

static void test_strings(void **state)
{
	struct fixture *f = *state;
	u64 a = map_anon(f->mm, 2, RW), end = a + 2 * PAGE_SIZE;
	char buf[100];

	do_munmap(f->mm, end, PAGE_SIZE);
	assert_int_equal(copy_to_user(f->mm, a + PAGE_SIZE - 3, "hello", 6), 0);
	assert_int_equal(strncpy_from_user(f->mm, buf, a + PAGE_SIZE - 3, sizeof(buf)), 5);
	assert_string_equal(buf, "hello");
	assert_int_equal(strncpy_from_user(f->mm, buf, a + PAGE_SIZE - 3, 5), 5);
	assert_int_equal(strncpy_from_user(f->mm, buf, a + PAGE_SIZE - 3, 2), 2);
	assert_int_equal(strnlen_user(f->mm, a + PAGE_SIZE - 3, 100), 6);
	assert_int_equal(strnlen_user(f->mm, a + PAGE_SIZE - 3, 6), 6);
	assert_true(strnlen_user(f->mm, a + PAGE_SIZE - 3, 5) > 5);
	assert_int_equal(copy_to_user(f->mm, end - 3, "xyz", 3), 0);
	assert_int_equal(strncpy_from_user(f->mm, buf, end - 3, 3), 3);
	assert_int_equal(strncpy_from_user(f->mm, buf, 0, 3), -EFAULT);
	assert_int_equal(strncpy_from_user(f->mm, buf, 1UL << 63, 3), -EFAULT);
	assert_int_equal(strnlen_user(f->mm, 0, 3), 0);
}

static void test_pin_short(void **state)
{
	struct fixture *f = *state;
	u64 a = map_anon(f->mm, 4, RW);
	struct user_pin pin;
	struct iovec iov[3];

	do_munmap(f->mm, a + 2 * PAGE_SIZE, PAGE_SIZE);
	assert_int_equal(user_pin(f->mm, &pin, a + 10, 3 * PAGE_SIZE, false), 0);
	assert_int_equal(pin.bytes, 2 * PAGE_SIZE - 10);
	user_unpin(&pin, 0);
	assert_int_equal(user_pin(f->mm, &pin, a + 2 * PAGE_SIZE, 1, false), -EFAULT);
	assert_int_equal(user_pin(f->mm, &pin, 0, 0, true), 0);
	assert_int_equal(pin.count, 0);
	user_unpin(&pin, 0);
	assert_int_equal(user_pin(f->mm, &pin, TASK_SIZE_MAX - 10, 20, false), -EFAULT);

	iov[0] = (struct iovec){(void *)a, 4};
	iov[1] = (struct iovec){(void *)(a + 4), 4};
	iov[2] = (struct iovec){(void *)(a + 2 * PAGE_SIZE), 4};
	assert_int_equal(user_pin_iovec(f->mm, &pin, iov, 3, true), 0);
	assert_int_equal(pin.bytes, 8);
	assert_int_equal(pin.count, 1);
	memcpy(pin.iov[0].iov_base, "12345678", 8);
	user_unpin(&pin, 8);
	assert_int_equal(peek(f->mm, a + 7), '8');
}

// More pieces than the pin holds in itself, and more than it may hold.
static void test_pin_many(void **state)
{
	struct fixture *f = *state;
	u64 a = map_anon(f->mm, 4000, RW), i;
	struct user_pin pin;

	// From the top down, so that no two neighbours are contiguous.
	for (i = 4000; i-- > 0;)
		poke(f->mm, a + (i << PAGE_SHIFT), 1);
	assert_int_equal(user_pin(f->mm, &pin, a, 200 << PAGE_SHIFT, true), 0);
	assert_int_equal(pin.count, 200);
	assert_int_equal(pin.bytes, 200 << PAGE_SHIFT);
	user_unpin(&pin, 0);
	assert_int_equal(user_pin(f->mm, &pin, a, 4000 << PAGE_SHIFT, true), 0);
	assert_int_equal(pin.count, 1024);
	assert_int_equal(pin.bytes, 1024 << PAGE_SHIFT);
	user_unpin(&pin, pin.bytes);
	assert_int_equal(pfn_to_page(f->phys, pte_pfn(*pte_lookup(f->mm, a)))->refcount, 1);
}

static void test_pin_window(void **state)
{
	struct fixture *f = *state;
	int fd = make_file("/dev/shm", 2);
	u64 a = map_file(f->mm, fd, 2 << PAGE_SHIFT, RW, MAP_SHARED, 0);
	struct user_pin pin;

	assert_int_equal(user_pin(f->mm, &pin, a, 2 << PAGE_SHIFT, true), 0);
	assert_int_equal(pin.count, 1);
	do_munmap(f->mm, a, 2 << PAGE_SHIFT);
	// Still there, although nothing maps the file any more.
	assert_non_null(f->phys->mappings);
	memcpy(pin.iov[0].iov_base, "late", 4);
	user_unpin(&pin, 4);
	assert_null(f->phys->mappings);
	char buf[4];
	assert_int_equal(pread(fd, buf, 4, 0), 4);
	assert_memory_equal(buf, "late", 4);
	close(fd);
}

// A kernel-side store that copies a page must make the engine forget the old one.
static void test_cow_flush(void **state)
{
	struct fixture *f = *state;
	u64 a = map_anon(f->mm, 1, RW);

	peek(f->mm, a);
	assert_int_equal(copy_to_user(f->mm, a, "x", 1), 0);
	assert_int_equal(f->nr_range, 1);
	assert_int_equal(peek(f->mm, a), 'x');
}

static void test_force(void **state)
{
	struct fixture *f = *state;
	int fd = make_file("/dev/shm", 1);
	u64 none = map_anon(f->mm, 1, PROT_NONE);
	u64 text = map_file(f->mm, fd, PAGE_SIZE, PROT_READ | PROT_EXEC, MAP_PRIVATE, 0);
	u64 ro = map_file(f->mm, fd, PAGE_SIZE, PROT_READ, MAP_SHARED, 0);
	char buf[4] = "new";

	assert_int_equal(access_remote_vm(f->mm, none, buf, 4, true), 0);
	assert_fault(touch(f->mm, none, MM_READ), SIGSEGV, SEGV_ACCERR, 4);
	memset(buf, 0, 4);
	assert_int_equal(access_remote_vm(f->mm, none, buf, 4, false), 0);
	assert_string_equal(buf, "new");
	touch(f->mm, text, MM_FETCH);
	f->nr_range = 0;
	assert_int_equal(access_remote_vm(f->mm, text, "\xcc", 1, true), 0);
	// Code of the file's page stays good for that page; here is another one now.
	assert_int_equal(f->nr_code, 0);
	assert_int_equal(f->nr_range, 1);
	assert_int_equal(peek(f->mm, text), 0xcc);
	assert_int_equal(peek(f->mm, ro), 'a');
	assert_fault(touch(f->mm, text, MM_WRITE), SIGSEGV, SEGV_ACCERR, 4 | 2 | 1);
	assert_int_equal(access_remote_vm(f->mm, ro, "\xcc", 1, true), 1);
	assert_int_equal(access_remote_vm(f->mm, 4096, buf, 1, false), 1);
	close(fd);
}

static void test_user_ptr(void **state)
{
	struct fixture *f = *state;
	u64 a = map_anon(f->mm, 1, RW);
	u32 *word = user_ptr(f->mm, a + 4092, 4, true);

	assert_non_null(word);
	*word = 0x01020304;
	assert_int_equal(peek(f->mm, a + 4095), 1);
	assert_null(user_ptr(f->mm, a + 4093, 4, true));
	assert_null(user_ptr(f->mm, a + 8192, 4, false));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define T(name) cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)
		T(test_edges),	    T(test_strings),   T(test_pin_short), T(test_pin_many),
		T(test_pin_window), T(test_cow_flush), T(test_force),	  T(test_user_ptr),
	};

	return cmocka_run_group_tests_name("page_uaccess", tests, NULL, NULL);
}
