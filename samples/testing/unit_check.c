// SPDX-License-Identifier: GPL-2.0-or-later
/* Check, which runs each test in a process of its own: the machine is made there. */
#include <check.h>
#include <errno.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <ulk.h>

static char *guest;

static void disk_full(struct ulk_machine *m, struct ulk_syscall *call, void *arg)
{
	if (call->nr == SYS_write) {
		call->skip = true;
		call->result = -ENOSPC;
	}
}

START_TEST(status_is_the_depth)
{
	static const struct ulk_callbacks callbacks = {.syscall_enter = disk_full};
	const struct ulk_config config = {.memory = 64 << 20};
	char *const args[] = {guest, (char *)"5", (char *)"nobody", NULL}, *const env[] = {NULL};
	struct ulk_machine *m;
	struct ulk_watch *watch;
	struct ulk_result result;

	ck_assert_int_eq(ulk_machine_new(&config, &m), 0);
	ck_assert_int_eq(ulk_load(m, guest, args, env), 0);
	ck_assert_int_eq(ulk_watch(m, &callbacks, NULL, &watch), 0);
	ck_assert_int_eq(ulk_run(m, &result), 0);
	ck_assert_int_eq(result.end, ULK_END_EXIT);
	ck_assert_int_eq(result.code, 5);
	ulk_machine_free(m);
}
END_TEST

int main(int argc, char **argv)
{
	Suite *suite = suite_create("guest");
	TCase *tests = tcase_create("ends");
	SRunner *runner = srunner_create(suite);
	int failed;

	guest = argc > 1 ? argv[1] : NULL;
	tcase_add_test(tests, status_is_the_depth);
	suite_add_tcase(suite, tests);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
