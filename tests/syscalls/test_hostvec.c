// SPDX-License-Identifier: GPL-2.0-or-later
/* Guest buffers as iovecs: checks of the array, faulting tails, bounces, what is touched. */
#include "fake_task.h"
#include "syscalls/hostvec.h"

static u64 put_array(struct fake_task *ft, const struct iovec *v, int n)
{
	u64 at = ft->mem + PAGE_SIZE;

	assert_int_equal(copy_to_user(ft->task.mm, at, v, n * sizeof(*v)), 0);
	return at;
}

static void arrays_are_checked_in_the_kernels_order(void **state)
{
	struct fake_task ft;
	struct guest_vec gv;
	u64 at;

	fake_task_init(&ft, *state);
	assert_int_equal(guest_vec_import(&ft.task, &gv, 8, 1025), -EINVAL);
	assert_int_equal(guest_vec_import(&ft.task, &gv, 8, 2), -EFAULT);
	assert_int_equal(guest_vec_import(&ft.task, &gv, 8, 0), 0);
	/* A negative length anywhere goes before a bad address. */
	at = put_array(&ft, (struct iovec[]){ { (void *)(1UL << 63), 1 }, { NULL, -1UL } }, 2);
	assert_int_equal(guest_vec_import(&ft.task, &gv, at, 2), -EINVAL);
	assert_int_equal(guest_vec_import(&ft.task, &gv, at, 1), -EFAULT);
	/* Cut at MAX_RW_COUNT: a single one before the check of its end, several after. */
	at = put_array(&ft, (struct iovec[]){ { (void *)ft.mem, 1UL << 62 }, { (void *)ft.mem, 8 } }, 2);
	assert_int_equal(guest_vec_import(&ft.task, &gv, at, 2), -EFAULT);
	at = put_array(&ft, (struct iovec[]){ { (void *)0x10000, 0x70000000 }, { (void *)0x10000, 0x70000000 } }, 2);
	assert_int_equal(guest_vec_import(&ft.task, &gv, at, 2), 0);
	assert_int_equal(gv.total, MAX_RW_COUNT);
	assert_int_equal(gv.iov[1].iov_len, MAX_RW_COUNT - 0x70000000);
	guest_vec_free(&gv);
}

static void advance_and_cut(void **state)
{
	struct guest_vec gv = { .count = 3, .total = 30 };

	gv.iov = gv.fast;
	for (int i = 0; i < 3; i++)
		gv.fast[i] = (struct iovec){ (void *)(1000UL * (i + 1)), 10 };
	guest_vec_advance(&gv, 10);
	assert_int_equal(gv.count, 2);
	assert_ptr_equal(gv.iov->iov_base, (void *)2000);
	guest_vec_advance(&gv, 4);
	assert_ptr_equal(gv.iov->iov_base, (void *)2004);
	assert_int_equal(gv.iov->iov_len, 6);
	assert_int_equal(gv.total, 16);
	guest_vec_cut(&gv, 8);
	assert_int_equal(gv.count, 2);
	assert_int_equal(gv.iov[1].iov_len, 2);
	guest_vec_cut(&gv, 6);
	assert_int_equal(gv.count, 1);
	guest_vec_cut(&gv, 100);
	assert_int_equal(gv.total, 6);
}

static void a_bad_page_becomes_a_faulting_tail(void **state)
{
	struct fake_task ft;
	struct guest_vec gv;
	struct host_vec hv;
	int fds[2];

	fake_task_init(&ft, *state);
	guest_vec_one(&gv, ft.mem + 2 * PAGE_SIZE - 6, 100);
	assert_int_equal(host_vec_pin(&ft.task, &hv, &gv, true), 0);
	assert_int_equal(hv.bytes, 6);
	assert_ptr_equal(hv.iov[hv.count - 1].iov_base, BAD_HOST_PTR);
	assert_int_equal(hv.iov[hv.count - 1].iov_len, 94);
	/* The host's own rule for pipes: what does not fit stays in the pipe. */
	assert_int_equal(pipe(fds), 0);
	assert_int_equal(write(fds[1], "0123456789", 10), 10);
	assert_int_equal(HOST(SYS_readv, fds[0], hv.iov, hv.count), -EFAULT);
	assert_int_equal(host_vec_done(&hv, -EFAULT), -EFAULT);
	guest_vec_one(&gv, ft.mem, 100);
	assert_int_equal(host_vec_pin(&ft.task, &hv, &gv, true), 0);
	assert_int_equal(host_vec_done(&hv, HOST(SYS_readv, fds[0], hv.iov, hv.count)), 10);
	assert_int_equal(peek(ft.task.mm, ft.mem + 9), '9');
	close(fds[0]);
	close(fds[1]);
}

static void a_bounce_touches_what_is_filled(void **state)
{
	struct fixture *f = *state;
	struct fake_task ft;
	struct guest_vec gv;
	struct host_vec hv;
	u64 big, rss;

	fake_task_init(&ft, f);
	big = map_anon(f->mm, 16, PROT_READ | PROT_WRITE);
	rss = get_mm_rss(f->mm);
	guest_vec_one(&gv, big + 100, 15 * PAGE_SIZE);
	assert_int_equal(host_vec_receive(&ft.task, &hv, &gv), 0);
	assert_int_equal(hv.count, 1);
	memcpy(hv.iov->iov_base, "ten bytes.", 10);
	assert_int_equal(host_vec_done(&hv, 10), 10);
	assert_int_equal(get_mm_rss(f->mm), rss + 1);
	assert_int_equal(peek(f->mm, big + 109), '.');
}

static void a_bounce_keeps_the_alignment(void **state)
{
	struct fake_task ft;
	struct guest_vec gv;
	struct host_vec hv;

	fake_task_init(&ft, *state);
	guest_vec_one(&gv, ft.mem + 512 + 37, 3 * 512);
	assert_int_equal(host_vec_bounce(&ft.task, &hv, &gv, false), 0);
	assert_int_equal((u64)hv.iov->iov_base & 511, 37);
	assert_int_equal(host_vec_done(&hv, 5), 5);
}

static void writable_means_all_of_it(void **state)
{
	struct fake_task ft;
	struct guest_vec gv;

	fake_task_init(&ft, *state);
	guest_vec_one(&gv, ft.mem, 2 * PAGE_SIZE);
	assert_true(guest_vec_writable(&ft.task, &gv));
	guest_vec_one(&gv, ft.mem, 2 * PAGE_SIZE + 1);
	assert_false(guest_vec_writable(&ft.task, &gv));
	guest_vec_one(&gv, ft.mem + 3 * PAGE_SIZE, 1);
	assert_false(guest_vec_writable(&ft.task, &gv));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(arrays_are_checked_in_the_kernels_order, fixture_setup,
						fixture_teardown),
		cmocka_unit_test(advance_and_cut),
		cmocka_unit_test_setup_teardown(a_bad_page_becomes_a_faulting_tail, fixture_setup, fixture_teardown),
		cmocka_unit_test_setup_teardown(a_bounce_touches_what_is_filled, fixture_setup, fixture_teardown),
		cmocka_unit_test_setup_teardown(a_bounce_keeps_the_alignment, fixture_setup, fixture_teardown),
		cmocka_unit_test_setup_teardown(writable_means_all_of_it, fixture_setup, fixture_teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
