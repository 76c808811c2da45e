// SPDX-License-Identifier: GPL-2.0-or-later
/* Signals of a program: seen before they have their effect, one of them taken away; a fault, and a run ended from a callback. */
#include <assert.h>
#include <signal.h>
#include <stdio.h>
#include <ulk.h>

struct seen {
	int usr1, segv;
	uint64_t fault;
	bool stop;
};

static bool on_signal(struct ulk_machine *m, const struct ulk_signal *s, void *arg)
{
	struct seen *seen = arg;

	if (s->signo == SIGUSR1)
		return ++seen->usr1 == 2; /* the second one never happens */
	if (s->signo == SIGSEGV) {
		seen->segv++;
		seen->fault = s->addr;
		if (seen->stop)
			ulk_stop(m);
	}
	return false;
}

static void on_fault(struct ulk_machine *m, const struct ulk_fault *fault, void *arg)
{
	if (fault->signo)
		printf("a store to 0x%lx: signal %d comes next\n", (unsigned long)fault->addr, fault->signo);
	assert(!fault->signo || fault->access == ULK_WRITE);
}

int main(int argc, char **argv)
{
	static const struct ulk_callbacks callbacks = {.signal = on_signal, .page_fault = on_fault};
	const struct ulk_config config = {.memory = 64 << 20};
	char *const args[] = {argv[1], (char *)"signals", NULL}, *const env[] = {NULL};

	assert(argc == 2);
	for (int round = 0; round < 2; round++) {
		struct seen seen = {.stop = round == 1};
		struct ulk_machine *m;
		struct ulk_watch *watch;
		struct ulk_result result;
		int handled;

		assert(!ulk_machine_new(&config, &m) && !ulk_load(m, argv[1], args, env));
		assert(!ulk_watch(m, &callbacks, &seen, &watch));
		assert(!ulk_run(m, &result));
		assert(seen.usr1 == 3 && seen.segv == 1 && seen.fault == 0x1234);
		if (seen.stop) {
			/* Before the program's next instruction: there is none any more, or its end came first. */
			assert(result.end == ULK_END_STOPPED || result.end == ULK_END_SIGNAL);
		} else {
			assert(result.end == ULK_END_SIGNAL && result.code == SIGSEGV);
			assert(!ulk_read_symbol(m, "handled", &handled, sizeof(handled)) && handled == 2);
			puts("three signals were sent, two were handled, and a fault was the end");
		}
		ulk_machine_free(m);
	}
	return 0;
}
