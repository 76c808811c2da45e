// SPDX-License-Identifier: GPL-2.0-or-later
/* leaks GUEST [ROUNDS]: machines made, used and ended a thousand times. For the leak detector, and for the eye: memory and
 * descriptors at the end are what they were after the first rounds. Prints TAP. */
#include <stdio.h>
#include <stdlib.h>
#include <ulk.h>
#include "descriptors.h"

static int nothing;

static void on_call(struct ulk_machine *m, struct ulk_syscall *call, void *arg)
{
	nothing++;
}

static int use(char *guest)
{
	static const struct ulk_callbacks callbacks = {.syscall_enter = on_call};
	const struct ulk_config config = {.memory = 64 << 20};
	char *const args[] = {guest, NULL}, *const env[] = {NULL};
	struct ulk_machine *m;
	struct ulk_snapshot *s;
	struct ulk_watch *w;
	struct ulk_result result;
	struct ulk_place place;
	uint64_t pc;
	char *text;
	int bad = ulk_machine_new(&config, &m) || ulk_load(m, guest, args, env) || ulk_watch(m, &callbacks, NULL, &w) ||
		  ulk_break_at(m, "bottom") || ulk_run(m, &result) || result.end != ULK_END_BREAK || ulk_snapshot(m, NULL, &s);

	if (!bad && (ulk_get_reg(m, "rip", &pc) || ulk_place_at(m, pc, &place) || ulk_proc_text(m, "maps", &text)))
		bad = 1;
	else if (!bad)
		free(text);
	bad = bad || ulk_run(m, &result) || result.end != ULK_END_EXIT || ulk_restore(m, s) || ulk_run(m, &result) ||
	      result.code != 3;
	if (bad)
		printf("# %s\n", ulk_machine_error(m));
	ulk_machine_free(m);
	return bad;
}

static long rss(void)
{
	FILE *f = fopen("/proc/self/statm", "r");
	long size = 0, pages = 0;

	if (!f || fscanf(f, "%ld %ld", &size, &pages) != 2)
		pages = 0;
	if (f)
		fclose(f);
	return pages;
}

int main(int argc, char **argv)
{
	long rounds = argc > 2 ? atol(argv[2]) : 1000, before = 0, bad = 0;
	int fds = 0;

	for (long i = 0; i < rounds; i++) {
		bad += use(argv[1]);
		if (i == rounds / 10) {
			before = rss();
			fds = descriptors();
		}
	}
	printf("1..3\n%s 1 - %ld machines made, used and ended\n", bad ? "not ok" : "ok", rounds);
	printf("%s 2 - no descriptor is left\n", descriptors() == fds ? "ok" : "not ok");
#ifdef __SANITIZE_ADDRESS__
	printf("ok 3 # SKIP memory: the sanitizer keeps what is freed; it looks for leaks itself\n");
#else
	printf("%s 3 - memory: %ld pages more than after a tenth of them\n", rss() - before < 512 ? "ok" : "not ok", rss() - before);
#endif
	return 0;
}
