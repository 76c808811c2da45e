// SPDX-License-Identifier: GPL-2.0-or-later
/* Call functions with more arguments than registers, with doubles between them, with a variable number of them. */
#include <assert.h>
#include <stdio.h>
#include <string.h>
#include <ulk.h>

static struct ulk_value integer(uint64_t value)
{
	return (struct ulk_value){ULK_INTEGER, {.integer = value}};
}

static struct ulk_value real(double value)
{
	return (struct ulk_value){ULK_DOUBLE, {.real = value}};
}

static uint64_t string(struct ulk_machine *m, const char *s)
{
	uint64_t addr;

	assert(!ulk_scratch(m, s, strlen(s) + 1, &addr));
	return addr;
}

int main(int argc, char **argv)
{
	const struct ulk_config config = {.memory = 64 << 20};
	char *const args[] = {argv[1], NULL}, *const env[] = {NULL};
	struct ulk_value mixed[18], describe[5];
	struct ulk_machine *m;
	struct ulk_result result;
	struct ulk_returned ret;
	struct ulk_regs before, after;
	struct ulk_fpregs fp_before, fp_after;
	uint64_t buffer;
	char text[64];

	assert(argc == 2);
	assert(!ulk_machine_new(&config, &m) && !ulk_load(m, argv[1], args, env));
	assert(!ulk_break_at(m, "main") && !ulk_run(m, &result) && result.end == ULK_END_BREAK);
	assert(!ulk_get_regs(m, &before) && !ulk_get_fpregs(m, &fp_before));

	/* Six integers are in registers, and eight doubles; the rest is on the stack, in the order of the arguments. */
	for (int i = 0; i < 8; i++)
		mixed[i] = integer((uint64_t)i + 1);
	for (int i = 8; i < 17; i++)
		mixed[i] = real(i < 16 ? 0.125 : 2.5);
	mixed[17] = integer((uint64_t)-5);
	assert(!ulk_call(m, "mixed", mixed, 18, &ret, NULL));
	printf("mixed(1, ..., 8, 0.125, ..., 2.5, -5) = %g\n", ret.real);
	assert(ret.real == 204 + 1 + 250 - 5);

	/* Pointers are addresses in the program; printf's kind of arguments need nothing special. */
	assert(!ulk_scratch(m, NULL, sizeof(text), &buffer));
	describe[0] = integer(buffer);
	describe[1] = integer(string(m, "%d %s cost %.2f"));
	describe[2] = integer(3);
	describe[3] = integer(string(m, "apples"));
	describe[4] = real(1.5);
	assert(!ulk_call(m, "describe", describe, 5, &ret, NULL));
	assert(!ulk_read_string(m, buffer, text, sizeof(text)));
	printf("describe(...) = %d: \"%s\"\n", (int)ret.integer, text);
	assert(!strcmp(text, "3 apples cost 1.50") && ret.integer == 18);

	/* The thread stands where it stood. */
	assert(!ulk_get_regs(m, &after) && !memcmp(&before, &after, sizeof(before)));
	assert(!ulk_get_fpregs(m, &fp_after) && !memcmp(&fp_before, &fp_after, 416));
	assert(!ulk_set_fpregs(m, &fp_after));
	assert(!ulk_run(m, &result) && result.end == ULK_END_EXIT);
	ulk_machine_free(m);
	return 0;
}
