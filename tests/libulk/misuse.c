// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * misuse GUEST: every function of the library in the wrong moment, with NULL, with sizes that cannot be. Nothing crashes, ends or hangs
 * the host program, and what fails has a text. The calls are made from the headers (misuse_gen.py). Prints TAP.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <ulk.h>
#include <unistd.h>

static const char *const states[] = {"nothing is loaded", "it stands at a break", "it has ended", "it could not be made", "within a system call",
				     "within a page fault", "within a block"};
enum state { EMPTY, STANDS, ENDED, FAILED, IN_CALL, IN_FAULT, IN_BLOCK };

static char *guest;
static enum state state;
static struct ulk_machine *m;
static struct ulk_snapshot *snapshot;
static struct ulk_watch *watch;
/* What is called now: for the parent, when that was the end. */
static struct {
	char now[80];
} *shared;
static int bad, calls, out;
static uint64_t number = 0x401000;
static size_t size;
static char text[1 << 16] __attribute__((aligned(16)));
static char *const no_words[] = {NULL};

static bool each_ulk_symbol(const struct ulk_symbol *s, void *arg)
{
	return false;
}

static bool each_ulk_line(const struct ulk_line *s, void *arg)
{
	return false;
}

static void set_now(const char *what)
{
	snprintf(shared->now, sizeof(shared->now), "%s", what);
}

static void complain(const char *why)
{
	dprintf(out, "# %s, size %zu: %s: %s\n", states[state], size, shared->now, why);
	bad = 1;
}

/* Was one handed to it? */
enum machine { MACHINE, NO_MACHINE, NONE_NEEDED };

static void judge(long returned, bool number_back, enum machine machine)
{
	const char *why = ulk_machine_error(machine == MACHINE ? m : NULL);

	calls++;
	if (machine == NO_MACHINE && number_back && returned > 0)
		complain("no error");
	if (returned < 0 && number_back && (!why || !*why))
		complain("no text");
}

static void make(void)
{
	const struct ulk_config config = {.memory = 32 << 20}, wrong = {.cwd = "/no/such/directory"};
	char *const args[] = {guest, NULL};
	struct ulk_result result;

	ulk_machine_free(m);
	m = NULL;
	snapshot = NULL;
	watch = NULL;
	if (state == FAILED ? !ulk_machine_new(&wrong, &m) : ulk_machine_new(&config, &m))
		complain("the machine is not as it should be");
	if (state == FAILED || state == EMPTY)
		return;
	/* From main on there may be no fault, as the C library happens to lie. */
	if (ulk_load(m, guest, args, no_words) || ulk_break_at(m, state == IN_FAULT ? "_start" : "main") || ulk_run(m, &result) || ulk_snapshot(m, NULL, &snapshot))
		complain(ulk_machine_error(m));
	ulk_break_at(m, NULL);
	if (state == ENDED && (ulk_run(m, &result) || result.end != ULK_END_EXIT))
		complain("it did not end");
}

static void prepare(const char *what)
{
	set_now(what);
	memset(text, 0, sizeof(text));
	if (state == STANDS || state == ENDED)
		make();
}

static void call_all(void)
{
	long returned;

#define CALL(what, number_back, no_machine, ...)                                                                              \
	prepare(what);                                                                                                        \
	__VA_ARGS__;                                                                                                          \
	judge(returned, number_back, no_machine);
#include "misuse_calls.h"
}

/* All of them, and the one that would take everything away. */
static void from_within(void)
{
	static bool done;

	if (done)
		return;
	done = true;
	call_all();
	set_now("ulk_machine_free()");
	ulk_machine_free(m);
}

static void on_enter(struct ulk_machine *machine, struct ulk_syscall *call, void *arg)
{
	from_within();
}

static void on_fault(struct ulk_machine *machine, const struct ulk_fault *fault, void *arg)
{
	from_within();
}

static void on_block(struct ulk_machine *machine, uint64_t addr, uint32_t length, void *arg)
{
	from_within();
}

static void in_this_state(void)
{
	const struct ulk_callbacks callbacks = {.syscall_enter = state == IN_CALL ? on_enter : NULL,
						.page_fault = state == IN_FAULT ? on_fault : NULL,
						.block = state == IN_BLOCK ? on_block : NULL};
	struct ulk_result result;

	alarm(300);
	make();
	if (state < IN_CALL) {
		call_all();
	} else {
		if (ulk_watch(m, &callbacks, NULL, &watch))
			complain(ulk_machine_error(m));
		/* The calls have left it in whatever state. */
		if (ulk_run_for(m, 0, 60, &result) || !calls)
			complain("it did not run");
	}
	set_now("ulk_machine_free()");
	ulk_machine_free(m);
	if (calls < 100)
		complain("these were not all");
	fflush(NULL);
	_exit(bad);
}

/* What belongs together does not. */
static int others(void)
{
	struct ulk_snapshot *its;
	struct ulk_machine *other;
	struct ulk_result result;
	int wrong;

	state = STANDS;
	m = NULL;
	make();
	other = m;
	its = snapshot;
	m = NULL;
	make();
	wrong = ulk_restore(m, its) >= 0 || ulk_restore(other, snapshot) >= 0 || ulk_snapshot_save(m, its, "main") >= 0;
	ulk_snapshot_free(snapshot);
	wrong |= ulk_restore(m, snapshot) >= 0 || !strstr(ulk_machine_error(m), "freed");
	wrong |= ulk_run(m, &result) || result.end != ULK_END_EXIT || ulk_run(m, &result) >= 0 || !strstr(ulk_machine_error(m), "ended");
	wrong |= ulk_snapshot(m, NULL, &snapshot) >= 0;
	wrong |= ulk_restore(other, its) || ulk_run(other, &result) || ulk_restore(other, its) || ulk_run(other, &result);
	ulk_machine_free(other);
	ulk_machine_free(m);
	m = NULL;
	return wrong;
}

int main(int argc, char **argv)
{
	static const size_t sizes[] = {16, ~(size_t)0};
	const struct ulk_config too_many = {.nr_limits = 7}, too_much = {.memory = UINT64_MAX};
	char dir[] = "/tmp/ulk-misuse-XXXXXX";
	int n = 0, status;
	pid_t pid;

	if (argc < 2 || !(guest = realpath(argv[1], NULL)) || !mkdtemp(dir) || chdir(dir))
		return 1;
	shared = mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (shared == MAP_FAILED)
		return 1;
	/* The guest's own words are not TAP. */
	out = dup(1);
	if (!freopen("/dev/null", "w", stdout))
		return 1;
	dprintf(out, "1..%zu\n", 2 * sizeof(states) / sizeof(*states) + 4);
	for (size_t s = 0; s < 2; s++) {
		for (state = EMPTY; state <= IN_BLOCK; state++) {
			size = sizes[s];
			pid = fork();
			if (!pid)
				in_this_state();
			waitpid(pid, &status, 0);
			dprintf(out, "%s %d - %s, size %zu\n", status ? "not ok" : "ok", ++n, states[state], size);
			if (WIFSIGNALED(status))
				dprintf(out, "# signal %d in %s\n", WTERMSIG(status), shared->now);
		}
	}
	bad = ulk_machine_new(NULL, NULL) >= 0 || ulk_machine_new(NULL, &m);
	ulk_machine_free(m);
	dprintf(out, "%s %d - no configuration is a plain one, no place for the machine an error\n", bad ? "not ok" : "ok", ++n);
	bad = others();
	dprintf(out, "%s %d - a snapshot of another machine, one that was freed, a process that has ended\n", bad ? "not ok" : "ok", ++n);
	bad = ulk_machine_new(&too_many, &m) >= 0;
	dprintf(out, "%s %d - limits that are not there: %s\n", bad ? "not ok" : "ok", ++n, ulk_machine_error(m));
	ulk_machine_free(m);
	/* A bound that binds nobody may be one. */
	bad = ulk_machine_new(&too_much, &m) < 0 && !*ulk_machine_error(m);
	dprintf(out, "%s %d - more memory than there can be\n", bad ? "not ok" : "ok", ++n);
	ulk_machine_free(m);
	ulk_machine_free(NULL);
	free(guest);
	unlink("main");
	return chdir("/") || rmdir(dir);
}
