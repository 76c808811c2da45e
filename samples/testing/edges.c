// SPDX-License-Identifier: GPL-2.0-or-later
/* A fuzzer in seventy lines: edge coverage, a snapshot to go back to, a bug that is found. */
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <ulk.h>

#define MAP 4096

static uint8_t map[MAP], seen[MAP];

/* Edges that no input went through before. */
static int new_edges(void)
{
	int n = 0;

	for (int i = 0; i < MAP; i++) {
		n += map[i] && !seen[i];
		seen[i] |= map[i];
	}
	return n;
}

int main(int argc, char **argv)
{
	static const char alphabet[] = "0123456789#";
	const struct ulk_config config = {.memory = 64 << 20};
	char *const args[] = {argv[1], NULL}, *const env[] = {NULL};
	struct ulk_machine *m;
	struct ulk_snapshot *start;
	struct ulk_result result;
	struct ulk_returned ret;
	struct ulk_value value = {ULK_INTEGER, {.integer = 0}};
	char kept[64][8] = {"1a"}, input[8];
	int nr_kept = 1, tries, found = 0;

	assert(argc == 2);
	assert(!ulk_machine_new(&config, &m) && !ulk_load(m, argv[1], args, env));
	assert(!ulk_break_at(m, "main") && !ulk_run(m, &result) && result.end == ULK_END_BREAK);
	assert(!ulk_break_at(m, NULL) && !ulk_snapshot(m, NULL, &start));

	srand(1);
	for (tries = 0; tries < 20000 && !found; tries++) {
		int err;

		/* One character of one that was of use becomes another. */
		memcpy(input, kept[rand() % nr_kept], sizeof(input));
		input[rand() % 6] = alphabet[rand() % 11];
		memset(map, 0, sizeof(map));
		assert(!ulk_count_edges(m, map, MAP));
		assert(!ulk_scratch(m, input, sizeof(input), &value.u.integer));
		err = ulk_call(m, "parse", &value, 1, &ret, &result);
		if (new_edges() && nr_kept < 64)
			memcpy(kept[nr_kept++], input, sizeof(input));
		found = err && result.end == ULK_END_SIGNAL;
		assert(!ulk_restore(m, start));
	}
	printf("after %d calls and %d inputs of use: parse(\"%.8s\") dies of signal %d\n", tries, nr_kept, input, result.code);
	assert(found);
	assert(!ulk_count_edges(m, NULL, 0));
	assert(!ulk_run(m, &result) && result.end == ULK_END_EXIT && result.code == 3);
	ulk_machine_free(m);
	return 0;
}
