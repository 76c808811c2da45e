// SPDX-License-Identifier: GPL-2.0-or-later
/* What the parser does when there is memory, and when there is none. */
#include <errno.h>
#include <stdio.h>
#include <sys/syscall.h>
#include <ulk.h>

static void no_memory(struct ulk_machine *m, struct ulk_syscall *call, void *arg)
{
	(void)m;
	(void)arg;
	if (call->nr == SYS_mmap || call->nr == SYS_brk) {
		call->skip = true;
		call->result = call->nr == SYS_mmap ? -ENOMEM : 0;
	}
}

/* Its exit status, from main() on with or without memory; -1: something else. */
static int run(char *parser, int memory)
{
	static const struct ulk_callbacks callbacks = {.syscall_enter = no_memory};
	const struct ulk_config config = {.memory = 64 << 20};
	char *const args[] = {parser, (char *)"two words", NULL}, *const env[] = {NULL};
	struct ulk_result result = {.end = ULK_END_ERROR};
	struct ulk_machine *m;
	struct ulk_watch *watch;

	if (ulk_machine_new(&config, &m) || ulk_load(m, parser, args, env) || ulk_break_at(m, "main") || ulk_run(m, &result) ||
	    (!memory && ulk_watch(m, &callbacks, NULL, &watch)) || ulk_run_for(m, 0, 60, &result))
		fprintf(stderr, "%s\n", ulk_machine_error(m));
	ulk_machine_free(m);
	return result.end == ULK_END_EXIT ? result.code : -1;
}

int main(int argc, char **argv)
{
	int with = argc > 1 ? run(argv[1], 1) : -1, without = argc > 1 ? run(argv[1], 0) : -1;

	printf("with memory %d words, without status %d\n", with, without);
	return with == 2 && without == 3 ? 0 : 1;
}
