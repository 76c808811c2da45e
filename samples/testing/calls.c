// SPDX-License-Identifier: GPL-2.0-or-later
/* Callbacks: count a program's system calls and page faults, take its output away from it, let a call fail. */
#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <ulk.h>

struct seen {
	int calls, faults, maps, blocks;
	bool refuse;
	char output[256];
	size_t length;
};

static void on_enter(struct ulk_machine *m, struct ulk_syscall *call, void *arg)
{
	struct seen *seen = arg;

	seen->calls++;
	if (call->nr == SYS_write && seen->refuse) {
		call->result = -ENOSPC;
		call->skip = true;
	} else if (call->nr == SYS_write && call->args[0] == 1 && call->args[2] < sizeof(seen->output) - seen->length) {
		/* Not made: its text goes into our buffer, and the program believes that it was written. */
		assert(!ulk_read(m, call->args[1], seen->output + seen->length, call->args[2]));
		seen->length += call->args[2];
		call->result = (int64_t)call->args[2];
		call->skip = true;
	}
}

static void on_fault(struct ulk_machine *m, const struct ulk_fault *fault, void *arg)
{
	((struct seen *)arg)->faults += fault->signo == 0;
}

static void on_mm_event(struct ulk_machine *m, const struct ulk_mm_event *event, void *arg)
{
	((struct seen *)arg)->maps++;
}

static void on_block(struct ulk_machine *m, uint64_t addr, uint32_t size, void *arg)
{
	((struct seen *)arg)->blocks++;
}

int main(int argc, char **argv)
{
	static const struct ulk_callbacks callbacks = {.syscall_enter = on_enter, .page_fault = on_fault,
						       .mm_event = on_mm_event, .block = on_block};
	const struct ulk_config config = {.memory = 64 << 20};
	char *const args[] = {argv[1], (char *)"2", (char *)"world", NULL}, *const env[] = {NULL};

	assert(argc == 2);
	for (int round = 0; round < 2; round++) {
		struct seen seen = {.refuse = round == 1};
		struct ulk_result result;
		struct ulk_machine *m;
		struct ulk_watch *watch;

		assert(!ulk_machine_new(&config, &m) && !ulk_load(m, argv[1], args, env));
		assert(!ulk_watch(m, &callbacks, &seen, &watch));
		assert(!ulk_run(m, &result) && result.end == ULK_END_EXIT && result.code == 2);
		ulk_machine_free(m);
		printf("%d calls, %d page faults, %d changes of the map, %d blocks; it wrote: %.*s", seen.calls, seen.faults,
		       seen.maps, seen.blocks, (int)seen.length, seen.refuse ? "(disk full)\n" : seen.output);
		assert(seen.refuse ? !seen.length : seen.length == 13 && !memcmp(seen.output, "hello, world\n", 13));
		assert(seen.faults > 10 && seen.maps > 0 && seen.blocks > 500);
	}
	return 0;
}
