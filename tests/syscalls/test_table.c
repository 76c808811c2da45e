// SPDX-License-Identifier: GPL-2.0-or-later
/* The table itself: complete, consistent, and what dispatch makes of it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <cmocka.h>
#include "syscalls/syscalls.h"
#include "syscalls/nr.h"

/* Numbers that x86-64's table has: 0..334 without a gap, some above, 424 and up without a gap. */
static bool number_exists(unsigned nr)
{
	return nr <= 336 || (nr >= 424 && nr <= SYS_file_setattr);
}

static void every_number_has_a_row(void **state)
{
	for (unsigned nr = 0; nr <= SYS_file_setattr; nr++) {
		if (!number_exists(nr))
			continue;
		assert_in_range(nr, 0, syscall_table_size - 1);
		if (!syscall_table[nr].name)
			fail_msg("number %u has no row", nr);
	}
}

static void rows_say_why(void **state)
{
	for (unsigned nr = 0; nr < syscall_table_size; nr++) {
		const struct syscall_row *row = &syscall_table[nr];

		if (!row->name)
			continue;
		if ((!row->fn || (row->flags & SC_PARTLY)) && !row->note)
			fail_msg("%s is not (wholly) done and does not say why", row->name);
		if (!row->fn && (row->flags & (SC_PARTLY | SC_FAST)))
			fail_msg("%s has no handler but flags of one", row->name);
	}
}

static void names_are_unique(void **state)
{
	for (unsigned i = 0; i < syscall_table_size; i++) {
		for (unsigned j = 0; syscall_table[i].name && j < i; j++) {
			if (syscall_table[j].name && !strcmp(syscall_table[i].name, syscall_table[j].name))
				fail_msg("%s stands twice", syscall_table[i].name);
		}
	}
}

/* A path argument and the flag for %file belong together; so do descriptors and %desc. */
static void flags_agree_with_arguments(void **state)
{
	for (unsigned nr = 0; nr < syscall_table_size; nr++) {
		const struct syscall_row *row = &syscall_table[nr];
		bool path = false, fd = false;

		for (int i = 0; i < 6; i++) {
			path |= row->args[i] == ARG_PATH;
			fd |= row->args[i] == ARG_FD || row->args[i] == ARG_DIRFD;
		}
		if (row->name && path && !(row->flags & SC_FILE) && row->fn)
			fail_msg("%s takes a path but is not in %%file", row->name);
		if (row->name && fd && !(row->flags & (SC_DESC | SC_FILE | SC_NET)) && row->fn)
			fail_msg("%s takes a descriptor but is not in %%desc", row->name);
	}
}

/* @own: a descriptor of ulk's own, or -1. */
static s64 call_beside(u64 nr, u64 a0, int own)
{
	struct phys phys = {0};
	struct ulk ulk = {.fd_floor = 1000, .phys = &phys};
	struct signal_struct signal = {.nr_threads = 1};
	struct task_struct t = {.ulk = &ulk, .signal = &signal, .pid = 7, .tid = 7};
	const u64 args[6] = {a0};
	int holder = -1;
	s64 ret;

	own_fds_init(&phys.own, 1000);
	if (own >= 0)
		assert_int_equal(own_fd_dup(&phys.own, own, &holder), 0);
	ret = do_syscall(&t, nr, own < 0 ? args : (u64[6]){a0 + (u64)holder});
	own_fd_close(&phys.own, &holder);
	own_fds_exit(&phys.own);
	return ret;
}

static s64 call(u64 nr, u64 a0)
{
	return call_beside(nr, a0, -1);
}

static void dispatch(void **state)
{
	assert_int_equal(call(SYS_getpid, 0), 7);
	/* The kernel looks at eax only. */
	assert_int_equal(call(0x500000000 + SYS_getpid, 0), 7);
	assert_int_equal(call(337, 0), -ENOSYS);
	assert_int_equal(call(9999, 0), -ENOSYS);
	assert_int_equal(call(~0UL, 0), -ENOSYS);
	assert_int_equal(call(0x40000000 + SYS_getpid, 0), -ENOSYS);
	assert_int_equal(call(SYS_ptrace, 0), -ENOSYS);
	assert_true(syscall_is_fast(SYS_getpid));
	assert_false(syscall_is_fast(SYS_nanosleep));
	assert_false(syscall_is_fast(SYS_ptrace));
	assert_false(syscall_is_fast(~0UL));
}

static void own_descriptors_look_closed(void **state)
{
	int fd = (int)HOST(SYS_memfd_create, "x", 0);

	assert_int_equal(call(SYS_fsync, (u64)fd), 0);
	assert_int_equal(call_beside(SYS_fsync, 0, fd), -EBADF);
	assert_int_equal(call_beside(SYS_fchdir, 0, fd), -EBADF);
	/* The kernel takes descriptors as 32-bit numbers. */
	assert_int_equal(call_beside(SYS_fchdir, 0x100000000, fd), -EBADF);
	assert_int_equal(HOST(SYS_close, fd), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_number_has_a_row),
		cmocka_unit_test(rows_say_why),
		cmocka_unit_test(names_are_unique),
		cmocka_unit_test(flags_agree_with_arguments),
		cmocka_unit_test(dispatch),
		cmocka_unit_test(own_descriptors_look_closed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
