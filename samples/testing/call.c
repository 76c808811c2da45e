// SPDX-License-Identifier: GPL-2.0-or-later
/* Call functions of a program: integers, pointers and doubles; one of them with malloc() failing. */
#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <sys/syscall.h>
#include <ulk.h>

static void no_memory(struct ulk_machine *m, struct ulk_syscall *call, void *arg)
{
	/* brk() reports failure by not moving the break. */
	if (call->nr == SYS_mmap || call->nr == SYS_brk) {
		call->skip = true;
		call->result = call->nr == SYS_mmap ? -ENOMEM : 0;
	}
}

int main(int argc, char **argv)
{
	static const struct ulk_callbacks callbacks = {.syscall_enter = no_memory};
	static const int numbers[5] = {1, 2, 3, 4, 32};
	const struct ulk_config config = {.memory = 64 << 20};
	char *const args[] = {argv[1], NULL}, *const env[] = {NULL};
	struct ulk_value value[3] = {{ULK_INTEGER, {.integer = 0}}, {ULK_INTEGER, {.integer = 5}}};
	struct ulk_machine *m;
	struct ulk_watch *watch;
	struct ulk_result result;
	struct ulk_returned ret;

	assert(argc == 2);
	assert(!ulk_machine_new(&config, &m) && !ulk_load(m, argv[1], args, env));
	assert(!ulk_break_at(m, "main") && !ulk_run(m, &result) && result.end == ULK_END_BREAK);

	assert(!ulk_scratch(m, numbers, sizeof(numbers), &value[0].u.integer));
	assert(!ulk_call(m, "sum", value, 2, &ret, NULL));
	printf("sum({1, 2, 3, 4, 32}, 5) = %ld\n", (long)ret.integer);
	assert(ret.integer == 42);

	value[0] = (struct ulk_value){ULK_DOUBLE, {.real = 1.5}};
	value[1] = (struct ulk_value){ULK_INTEGER, {.integer = 4}};
	value[2] = (struct ulk_value){ULK_DOUBLE, {.real = 0.25}};
	assert(!ulk_call(m, "scale", value, 3, &ret, NULL));
	printf("scale(1.5, 4, 0.25) = %g\n", ret.real);
	assert(ret.real == 6.25);

	value[0] = (struct ulk_value){ULK_INTEGER, {.integer = 1 << 20}};
	assert(!ulk_call(m, "careful", value, 1, &ret, NULL) && (int)ret.integer == 0);
	assert(!ulk_watch(m, &callbacks, NULL, &watch));
	value[0].u.integer = 64 << 20; /* more than malloc() ever takes from elsewhere than mmap() */
	assert(!ulk_call(m, "careful", value, 1, &ret, NULL));
	printf("careful(64 MiB) without memory = %d\n", (int)ret.integer);
	assert((int)ret.integer == -ENOMEM);
	ulk_unwatch(m, watch);

	/* One that does not return. */
	value[0] = (struct ulk_value){ULK_INTEGER, {.integer = 7}};
	assert(ulk_call(m, "exit", value, 1, &ret, &result) == -ECANCELED);
	assert(result.end == ULK_END_EXIT && result.code == 7);
	ulk_machine_free(m);
	return 0;
}
