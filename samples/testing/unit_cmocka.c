// SPDX-License-Identifier: GPL-2.0-or-later
/* cmocka: each test begins with the program standing in front of main(), which costs a restore. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <ulk.h>

static char *guest;
static struct ulk_machine *m;
static struct ulk_snapshot *at_main;

static int load_once(void **state)
{
	const struct ulk_config config = {.memory = 64 << 20};
	char *const args[] = {guest, NULL}, *const env[] = {NULL};
	struct ulk_result result;

	return ulk_machine_new(&config, &m) || ulk_load(m, guest, args, env) || ulk_break_at(m, "main") ||
	       ulk_run(m, &result) || ulk_snapshot(m, NULL, &at_main);
}

static int end(void **state)
{
	ulk_machine_free(m);
	return 0;
}

static int rewind_to_main(void **state)
{
	return ulk_restore(m, at_main);
}

static void test_sum(void **state)
{
	static const int numbers[] = {20, 22};
	struct ulk_value args[2] = {{ULK_INTEGER, {.integer = 0}}, {ULK_INTEGER, {.integer = 2}}};
	struct ulk_returned ret;

	assert_int_equal(ulk_scratch(m, numbers, sizeof(numbers), &args[0].u.integer), 0);
	assert_int_equal(ulk_call(m, "sum", args, 2, &ret, NULL), 0);
	assert_int_equal(ret.integer, 42);
}

static void test_depth_is_counted(void **state)
{
	struct ulk_value three = {ULK_INTEGER, {.integer = 3}};
	struct ulk_returned ret;
	int depth;

	assert_int_equal(ulk_call(m, "down", &three, 1, &ret, NULL), 0);
	assert_int_equal(ulk_read_symbol(m, "depth", &depth, sizeof(depth)), 0);
	assert_int_equal(depth, 3);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_sum, rewind_to_main),
		cmocka_unit_test_setup(test_depth_is_counted, rewind_to_main),
		cmocka_unit_test_setup(test_depth_is_counted, rewind_to_main), /* as if the other had not been */
	};

	guest = argc > 1 ? argv[1] : NULL;
	return guest ? cmocka_run_group_tests(tests, load_once, end) : 2;
}
