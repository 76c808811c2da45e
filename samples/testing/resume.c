// SPDX-License-Identifier: GPL-2.0-or-later
/* A snapshot in a file: run a program up to a point once, and go on from there in as many other processes as one likes. */
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <ulk.h>
#include <unistd.h>

static const struct ulk_config config = {.memory = 64 << 20};

/* The work of another process: it only knows the file. Exit status: what the program ended with. */
static int go_on(const char *file, int depth)
{
	struct ulk_machine *m;
	struct ulk_result result;

	assert(!ulk_machine_new(&config, &m));
	if (ulk_snapshot_load(m, file, NULL))
		return fprintf(stderr, "%s\n", ulk_machine_error(m)), 99;
	/* Each one goes its own way from here. */
	assert(!ulk_write_symbol(m, "depth", &depth, sizeof(depth)));
	assert(!ulk_run(m, &result) && result.end == ULK_END_EXIT);
	ulk_machine_free(m);
	return result.code;
}

int main(int argc, char **argv)
{
	char *const args[] = {argv[1], (char *)"5", NULL}, *const env[] = {NULL};
	char file[] = "/tmp/ulk-example-XXXXXX";
	struct ulk_machine *m;
	struct ulk_snapshot *s;
	struct ulk_result result;
	int status;

	assert(argc == 2);
	close(mkstemp(file));
	assert(!ulk_machine_new(&config, &m) && !ulk_load(m, argv[1], args, env));
	assert(!ulk_break_at(m, "bottom") && !ulk_run(m, &result) && result.end == ULK_END_BREAK);
	assert(!ulk_snapshot(m, NULL, &s) && !ulk_snapshot_save(m, s, file));
	ulk_machine_free(m);

	for (int depth = 20; depth < 23; depth++) {
		pid_t pid = fork();

		if (!pid)
			_exit(go_on(file, depth));
		assert(waitpid(pid, &status, 0) == pid && WIFEXITED(status));
		printf("process %d ended with %d\n", depth - 19, WEXITSTATUS(status));
		assert(WEXITSTATUS(status) == depth);
	}
	unlink(file);
	return 0;
}
