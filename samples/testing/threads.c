// SPDX-License-Identifier: GPL-2.0-or-later
/* A program with threads: which there are, where each of them is, and one of them alone, step by step. */
#include <assert.h>
#include <stdio.h>
#include <string.h>
#include <ulk.h>

int main(int argc, char **argv)
{
	const struct ulk_config config = {.memory = 256 << 20};
	char *const args[] = {argv[1], (char *)"threads", NULL}, *const env[] = {NULL};
	struct ulk_machine *m;
	struct ulk_result result;
	struct ulk_frame frames[16];
	int tids[8], n, workers = 0, before[3], after[3], of = -1;

	assert(argc == 2);
	assert(!ulk_machine_new(&config, &m) && !ulk_load(m, argv[1], args, env));
	assert(!ulk_break_at(m, "ready") && !ulk_run(m, &result) && result.end == ULK_END_BREAK);

	/* The run ended in the thread that called ready(); the others stand where they were. */
	n = ulk_threads(m, tids, 8);
	assert(n == 4 && ulk_thread(m) == tids[0]);
	for (int i = 0; i < n; i++) {
		int depth, in_work = 0;

		assert(!ulk_select_thread(m, tids[i]) && ulk_thread(m) == tids[i]);
		depth = ulk_backtrace(m, frames, 16);
		assert(depth > 0);
		for (int k = 0; k < depth; k++)
			in_work |= frames[k].place.symbol && !strcmp(frames[k].place.symbol, "work");
		printf("thread %d is in %s(), %d calls deep%s\n", i, frames[0].place.symbol ? frames[0].place.symbol : "?", depth,
		       in_work ? ", a worker" : "");
		workers += in_work;
		if (in_work && of < 0)
			of = tids[i];
	}
	assert(workers == 3);

	/* One worker alone: only its counter moves, once it has come out of the barrier. */
	assert(ulk_select_thread(m, 1) < 0);
	assert(!ulk_select_thread(m, of) && !ulk_step(m, 5000, &result) && result.end == ULK_END_LIMIT);
	assert(ulk_thread(m) == of);
	assert(!ulk_read_symbol(m, "counters", before, sizeof(before)));
	assert(!ulk_select_thread(m, of) && !ulk_step(m, 4000, &result) && result.end == ULK_END_LIMIT);
	assert(!ulk_read_symbol(m, "counters", after, sizeof(after)));
	n = 0;
	for (int i = 0; i < 3; i++)
		n += after[i] != before[i];
	printf("4000 instructions of one worker: %d counter has moved\n", n);
	assert(n == 1);

	/* All of them together: main() returns, and that is the end of all. */
	assert(!ulk_break_at(m, NULL) && !ulk_run(m, &result) && result.end == ULK_END_EXIT && result.code == 0);
	ulk_machine_free(m);
	return 0;
}
