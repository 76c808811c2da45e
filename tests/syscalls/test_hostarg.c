// SPDX-License-Identifier: GPL-2.0-or-later
/* Guest structures, strings and descriptors in the host's form. */
#include <unistd.h>
#include "fake_task.h"

static void null_and_bad_addresses(void **state)
{
	struct fake_task ft;
	struct host_obj obj;

	fake_task_init(&ft, *state);
	assert_null(OBJ_IN(&ft.task, &obj, 0, 8));
	assert_ptr_equal(OBJ_IN(&ft.task, &obj, 8, 8), BAD_HOST_PTR);
	assert_ptr_equal(OBJ_IN(&ft.task, &obj, ft.mem + 3 * PAGE_SIZE, 8), BAD_HOST_PTR);
	assert_ptr_equal(OBJ_OUT(&ft.task, &obj, ft.mem + 2 * PAGE_SIZE, 8), BAD_HOST_PTR);
	assert_ptr_equal(OBJ_IN(&ft.task, &obj, 1UL << 63, 8), KERNEL_HALF_PTR);
	assert_ptr_equal(OBJ_IN(&ft.task, &obj, TASK_SIZE_MAX, 8), KERNEL_HALF_PTR);
	assert_ptr_equal(OBJ_IN(&ft.task, &obj, TASK_SIZE_MAX - 4, 8), BAD_HOST_PTR);
	/* Neither of the two is an address the host could store to. */
	assert_int_equal(HOST(SYS_fstat, 0, BAD_HOST_PTR), -EFAULT);
	assert_int_equal(HOST(SYS_fstat, 0, KERNEL_HALF_PTR), -EFAULT);
}

static void within_a_page_nothing_is_copied(void **state)
{
	struct fake_task ft;
	struct host_obj obj;
	u64 value = 0x1122334455667788;

	fake_task_init(&ft, *state);
	u64 *host = OBJ_OUT(&ft.task, &obj, ft.mem + 16, 8);

	assert_false(obj.copied);
	*host = value;
	assert_int_equal(obj_put(&ft.task, &obj, 0, 8), 0);
	value = 0;
	assert_int_equal(get_user(ft.task.mm, value, ft.mem + 16), 0);
	assert_true(value == 0x1122334455667788);
}

static void across_pages_only_what_was_stored_goes_back(void **state)
{
	struct fake_task ft;
	struct host_obj obj;
	u64 at;
	u8 b;

	fake_task_init(&ft, *state);
	at = ft.mem + PAGE_SIZE - 8;
	for (int i = 0; i < 16; i++)
		poke(ft.task.mm, at + i, (u8)i);
	u8 *host = OBJ_OUT(&ft.task, &obj, at, 16);

	assert_true(obj.copied);
	assert_int_equal(host[15], 15);
	memset(host, 0xee, 16);
	assert_int_equal(obj_put(&ft.task, &obj, 5, 12), 5);
	assert_int_equal(get_user(ft.task.mm, b, at + 11), 0);
	assert_int_equal(b, 0xee);
	assert_int_equal(get_user(ft.task.mm, b, at + 12), 0);
	assert_int_equal(b, 12);
}

static void a_bad_end_matters_when_stored_to(void **state)
{
	struct fake_task ft;
	struct host_obj obj;
	u64 at;

	fake_task_init(&ft, *state);
	at = ft.mem + 2 * PAGE_SIZE - 8;
	assert_non_null(OBJ_OUT(&ft.task, &obj, at, 16));
	assert_int_equal(obj_put(&ft.task, &obj, 0, 8), 0);
	assert_non_null(OBJ_OUT(&ft.task, &obj, at, 16));
	assert_int_equal(obj_put(&ft.task, &obj, 0, 9), -EFAULT);
	/* The host itself faults where the guest would, neither sooner nor later. */
	int pair[2];

	assert_int_equal(HOST(SYS_pipe2, pair, 0), 0);
	assert_non_null(OBJ_OUT(&ft.task, &obj, ft.mem + 3 * PAGE_SIZE - 8, 16));
	assert_int_equal(obj.good, 8);
	assert_int_equal(HOST(SYS_write, pair[1], obj.host, 8), 8);
	assert_int_equal(HOST(SYS_write, pair[1], obj.host + 8, 1), -EFAULT);
	assert_int_equal(HOST(SYS_read, pair[0], obj.host, 16), 8);
	obj_free(&obj);
	close(pair[0]);
	close(pair[1]);
	/* What the host reads before it writes must be readable as a whole. */
	assert_ptr_equal(obj_get_inout(&ft.task, &obj, ft.mem + 3 * PAGE_SIZE - 4, 8), BAD_HOST_PTR);
}

static void strings(void **state)
{
	struct fake_task ft;
	char buf[8];

	fake_task_init(&ft, *state);
	assert_null(string_get(&ft.task, buf, sizeof(buf), 0));
	assert_ptr_equal(string_get(&ft.task, buf, sizeof(buf), 8), BAD_HOST_PTR);
	assert_int_equal(copy_to_user(ft.task.mm, ft.mem, "short", 6), 0);
	assert_string_equal(string_get(&ft.task, buf, sizeof(buf), ft.mem), "short");
	assert_int_equal(copy_to_user(ft.task.mm, ft.mem, "much longer", 12), 0);
	assert_string_equal(string_get(&ft.task, buf, sizeof(buf), ft.mem), "much lo");
}

static void descriptors(void **state)
{
	struct fake_task ft;
	int own, was;
	s64 fd;

	fake_task_init(&ft, *state);
	assert_int_equal(fd_limit(&ft.task), 100);
	ft.signal.rlim[RLIMIT_NOFILE].rlim_cur = 1 << 20;
	assert_int_equal(fd_limit(&ft.task), 1 << 20);
	assert_int_equal(fd_host(&ft.task, 999), 999);
	assert_int_equal(own_fd_dup(&ft.ulk.phys->own, 1, &own), 0);
	assert_int_equal(fd_host(&ft.task, (u64)own), CLOSED_FD);
	assert_int_equal(fd_host(&ft.task, (u64)own + 1), own + 1);
	assert_int_equal(fd_host(&ft.task, -1UL), -1);
	assert_int_equal(fd_host(&ft.task, (u64)(s64)AT_FDCWD), AT_FDCWD);
	assert_int_equal(fd_made(&ft.task, -ENOENT), -ENOENT);
	fd = HOST(SYS_dup, 1);
	assert_int_equal(fd_made(&ft.task, fd), fd);
	ft.signal.rlim[RLIMIT_NOFILE].rlim_cur = fd;
	assert_int_equal(fd_made(&ft.task, fd), -EMFILE);
	assert_int_equal(HOST(SYS_fcntl, fd, F_GETFD), -EBADF);
	ft.signal.rlim[RLIMIT_NOFILE].rlim_cur = 1 << 20;
	/* The guest wants the number: ulk's moves. */
	was = own;
	assert_int_equal(fd_claim(&ft.task, own), 0);
	assert_int_not_equal(own, was);
	assert_int_equal(HOST(SYS_fcntl, was, F_GETFD), -EBADF);
	assert_int_equal(HOST(SYS_fcntl, own, F_GETFD), FD_CLOEXEC);
	/* The host steps over ulk's: the guest is to have that number, with its own flags. */
	was = own;
	fd = fd_made_from(&ft.task, HOST(SYS_fcntl, 1, F_DUPFD_CLOEXEC, own), own);
	assert_int_equal(fd, was);
	assert_int_not_equal(own, was);
	assert_int_equal(HOST(SYS_fcntl, fd, F_GETFD), FD_CLOEXEC);
	HOST(SYS_close, fd);
	own_fd_close(&ft.ulk.phys->own, &own);
	assert_int_equal(own, -1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(null_and_bad_addresses, fixture_setup, fixture_teardown),
		cmocka_unit_test_setup_teardown(within_a_page_nothing_is_copied, fixture_setup, fixture_teardown),
		cmocka_unit_test_setup_teardown(across_pages_only_what_was_stored_goes_back, fixture_setup,
						fixture_teardown),
		cmocka_unit_test_setup_teardown(a_bad_end_matters_when_stored_to, fixture_setup, fixture_teardown),
		cmocka_unit_test_setup_teardown(strings, fixture_setup, fixture_teardown),
		cmocka_unit_test_setup_teardown(descriptors, fixture_setup, fixture_teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
