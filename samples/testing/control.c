// SPDX-License-Identifier: GPL-2.0-or-later
/* Where a run ends: several breakpoints at once, single steps, a limit of instructions and one of time. */
#include <assert.h>
#include <stdio.h>
#include <ulk.h>

int main(int argc, char **argv)
{
	const struct ulk_config config = {.memory = 64 << 20};
	char *const args[] = {argv[1], (char *)"3", (char *)"world", NULL}, *const env[] = {NULL};
	struct ulk_value long_time = {ULK_INTEGER, {.integer = 1UL << 40}};
	int down, bottom, write, hit[3] = {0, 0, 0};
	struct ulk_machine *m;
	struct ulk_result result;
	uint64_t main_at, rip;

	assert(argc == 2);
	assert(!ulk_machine_new(&config, &m) && !ulk_load(m, argv[1], args, env));

	/* How long is it to main()? Once counted, once from its beginning in as many steps. */
	assert(!ulk_break_at(m, "main") && !ulk_run_for(m, 10000000, 0, &result) && result.end == ULK_END_BREAK);
	assert(!ulk_get_reg(m, "rip", &main_at));
	printf("%lu instructions to main()\n", (unsigned long)ulk_instructions(m));
	assert(ulk_instructions(m) > 1000);

	/* One instruction on, and 100, and 10000. */
	assert(!ulk_step(m, 1, &result) && result.end == ULK_END_LIMIT);
	assert(!ulk_get_reg(m, "rip", &rip) && rip > main_at && rip <= main_at + 15);

	assert(!ulk_break_add(m, "down", &down) && !ulk_break_add(m, "bottom", &bottom));
	assert(!ulk_break_add(m, "syscall:write", &write));
	while (!ulk_run(m, &result) && result.end == ULK_END_BREAK)
		hit[ulk_break_hit(m) == down ? 0 : ulk_break_hit(m) == bottom ? 1 : 2]++;
	printf("down() %d times, bottom() %d, write() %d\n", hit[0], hit[1], hit[2]);
	assert(result.end == ULK_END_EXIT && result.code == 3);
	assert(hit[0] == 3 && hit[1] == 1 && hit[2] == 1);
	ulk_machine_free(m);

	/* A loop without an end ends nevertheless. */
	assert(!ulk_machine_new(&config, &m) && !ulk_load(m, argv[1], args, env));
	assert(!ulk_break_at(m, "main") && !ulk_run(m, &result));
	assert(!ulk_set_reg(m, "rdi", long_time.u.integer) && !ulk_address_of(m, "spin", &rip) && !ulk_set_reg(m, "rip", rip));
	assert(!ulk_run_for(m, 1000000, 0, &result) && result.end == ULK_END_LIMIT && result.code == 1);
	assert(ulk_instructions(m) == 1000000);
	assert(!ulk_run_for(m, 0, 0.05, &result) && result.end == ULK_END_LIMIT && result.code == 2);
	puts("an endless loop: stopped after a million instructions, and after 50 ms");
	ulk_machine_free(m);
	return 0;
}
