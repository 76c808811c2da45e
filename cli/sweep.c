// SPDX-License-Identifier: GPL-2.0-or-later
/* ulk sweep: make each system call of a program fail in turn. */
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>
#include "cli/sweep.h"


enum { OPT_TAP = 0x500, OPT_JUNIT, OPT_TIMEOUT, OPT_STARTUP, OPT_IN, OPT_ANEW };

static const struct argp_option sweep_options[] = {
	{"tap", OPT_TAP, NULL, 0, "Print the Test Anything Protocol", 0},
	{"junit", OPT_JUNIT, "FILE", 0, "Write JUnit XML to FILE, too", 0},
	{"trace-set", 'e', "SET", 0, "Only these calls: a set as `ulk trace -e' takes it", 0},
	{"follow-forks", 'f', NULL, 0, "Threads and children, too", 0},
	{"in", OPT_IN, "DIR", 0, "Each run in a fresh copy of DIR; the files that it leaves there are compared, too", 0},
	{"jobs", 'j', "N", 0, "N runs at a time (as many as there are processors)", 0},
	{"timeout", OPT_TIMEOUT, "SECONDS", 0, "A run that takes longer hangs (10 times the plain run and 2 s)", 0},
	{"startup", OPT_STARTUP, NULL, 0, "The calls before main(), too, which are the C library's", 0},
	{"anew", OPT_ANEW, NULL, 0, "Start the program anew for each run; no snapshots", 0},
	{0},
};

static error_t parse_sweep_option(int key, char *arg, struct argp_state *state)
{
	struct launch *l = state->input;
	struct sweep *sw;
	char *end;

	if (key == ARGP_KEY_INIT || key == ARGP_KEY_ARG || key == ARGP_KEY_END)
		return ARGP_ERR_UNKNOWN;
	sw = l->sweep;
	switch (key) {
	case OPT_TAP:
		sw->tap = true;
		break;
	case OPT_JUNIT:
		sw->junit = arg;
		break;
	case 'e':
		if (!word_add(&sw->calls, strncmp(arg, "trace=", 6) ? arg : arg + 6))
			argp_failure(state, EXIT_ULK, ENOMEM, "-e");
		break;
	case 'f':
		l->follow = true;
		break;
	case OPT_IN:
		sw->dir = arg;
		break;
	case 'j':
		sw->jobs = (unsigned)strtoul(arg, &end, 10);
		if (*end || *arg == '-' || sw->jobs < 1 || sw->jobs > MAX_JOBS)
			argp_error(state, "-j: `%s' is not a number from 1 to %d", arg, MAX_JOBS);
		break;
	case OPT_TIMEOUT:
		sw->timeout = strtod(arg, &end);
		if (*end || !(sw->timeout > 0 && sw->timeout < 1e6))
			argp_error(state, "--timeout: `%s' is not a number of seconds", arg);
		break;
	case OPT_ANEW:
		sw->anew = true;
		break;
	case OPT_STARTUP:
		sw->startup = true;
		break;
	default:
		return ARGP_ERR_UNKNOWN;
	}
	return 0;
}

const struct argp sweep_argp = {.options = sweep_options, .parser = parse_sweep_option};

/* The one thing that a handler can reach. */
static volatile bool interrupted;

static void on_interrupt(int sig)
{
	interrupted = true;
}

static void show_progress(const struct sweep *sw, size_t found)
{
	if (isatty(STDERR_FILENO))
		fprintf(stderr, "\r%zu of %zu runs, %zu found ", sw->nr_done, sw->nr_cases, found);
}

static void clear_progress(void)
{
	if (isatty(STDERR_FILENO))
		fputs("\r\033[K", stderr);
}

/* The two runs with nothing injected. */
static int plain_runs(struct sweep *sw)
{
	struct sweep_run r = {};
	int err = sweep_start(sw, &r, SWEEP_NOTE_CALLS, NULL, sw->timeout ? sw->timeout : 600);

	if (err || sweep_wait(sw, &r, 1) < 0) {
		sweep_kill(&r);
		return err ? err : -EINTR;
	}
	sw->base = r.out;
	if (!r.out.notes_size && WIFEXITED(r.out.status) && WEXITSTATUS(r.out.status) >= EXIT_ULK &&
	    WEXITSTATUS(r.out.status) <= EXIT_NOT_FOUND) {
		fputs(r.out.err ? r.out.err : "", stderr);
		return WEXITSTATUS(r.out.status);
	}
	if (r.out.hung) {
		cli_err("%s: takes longer than %g s with nothing injected", sw->launch->argv[0], r.limit);
		return EXIT_ULK;
	}
	r = (struct sweep_run){};
	err = sweep_start(sw, &r, SWEEP_PLAIN, NULL, 600);
	if (err || sweep_wait(sw, &r, 1) < 0) {
		sweep_kill(&r);
		return err ? err : -EINTR;
	}
	sw->repeats = r.out.out_hash == sw->base.out_hash && r.out.out_size == sw->base.out_size &&
		      r.out.tree_hash == sw->base.tree_hash;
	if (!sw->timeout)
		sw->timeout = 2 + 10 * (r.out.seconds > sw->base.seconds ? r.out.seconds : sw->base.seconds);
	outcome_free(&r.out);
	return 0;
}

/* A run has ended: judge it, or take the stacks that it was made for. True: it is to be made once more, for those. */
static bool take_outcome(struct sweep *sw, struct sweep_run *r)
{
	struct sweep_result *res = &sw->results[r->which];
	bool again = false;

	if (r->mode == SWEEP_STACKS) {
		res->stacks = r->out.notes;
		r->out.notes = NULL;
	} else {
		sweep_judge(sw, &sw->cases[r->which], &r->out, res);
		again = sweep_failed(res);
	}
	outcome_free(&r->out);
	return again;
}

/* Cases are printed in their order: those from @shown on that are complete. */
static size_t print_complete(const struct sweep *sw, const bool *complete, size_t shown)
{
	for (; complete && shown < sw->nr_cases && complete[shown]; shown++) {
		if (sweep_failed(&sw->results[shown]) || sw->tap)
			clear_progress();
		sweep_print_case(sw, shown);
	}
	return shown;
}

static int all_runs(struct sweep *sw)
{
	struct sweep_run *runs = calloc(sw->jobs, sizeof(*runs));
	bool *complete = calloc(sw->nr_cases + 1, 1);
	size_t next = 0, shown = 0, found = 0;
	int err = runs && complete ? 0 : -ENOMEM, i;

	if (!err && !sw->anew)
		sweep_from_stem(sw, show_progress);
	for (size_t k = 0; !err && k < sw->nr_cases; k++)
		complete[k] = sw->results[k].done;
	shown = print_complete(sw, complete, shown);
	while (!err && sw->nr_done < sw->nr_cases) {
		for (unsigned k = 0; k < sw->jobs && !err; k++) {
			while (next < sw->nr_cases && complete[next])
				next++;
			if (runs[k].pid || next == sw->nr_cases)
				continue;
			runs[k].which = next;
			err = sweep_start(sw, &runs[k], SWEEP_PLAIN, &sw->cases[next++], sw->timeout);
		}
		i = err ? -1 : sweep_wait(sw, runs, sw->jobs);
		if (i < 0)
			break;
		if (take_outcome(sw, &runs[i])) {
			found++;
			err = sweep_start(sw, &runs[i], SWEEP_STACKS, &sw->cases[runs[i].which], 2 * sw->timeout);
			continue;
		}
		complete[runs[i].which] = true;
		sw->nr_done++;
		shown = print_complete(sw, complete, shown);
		show_progress(sw, found);
	}
	clear_progress();
	for (unsigned k = 0; runs && k < sw->jobs; k++)
		sweep_kill(&runs[k]);
	/* What was found beyond a gap is not lost. */
	for (; complete && shown < sw->nr_cases; shown++) {
		if (sw->results[shown].done)
			sweep_print_case(sw, shown);
	}
	free(runs);
	free(complete);
	return err;
}

static int sweep(struct sweep *sw)
{
	bool failed = false;
	char why[160];
	int err = sweep_take_input(sw);

	if (!err)
		err = plain_runs(sw);
	if (err > 0)
		return err;
	if (!err && (err = sweep_make_cases(sw, why))) {
		cli_err("%s", why);
		return EXIT_ULK;
	}
	if (!err)
		err = all_runs(sw);
	if (err && err != -EINTR) {
		cli_err("%s: %s", sw->launch->argv[0], strerror(-err));
		return EXIT_ULK;
	}
	sweep_print_end(sw);
	if (sw->junit && (err = sweep_write_junit(sw))) {
		cli_err("%s: %s", sw->junit, strerror(-err));
		return EXIT_ULK;
	}
	for (size_t i = 0; i < sw->nr_cases; i++)
		failed |= sweep_failed(&sw->results[i]);
	return interrupted ? 128 + SIGINT : failed;
}

static int sweep_main(int argc, char **argv)
{
	struct launch l = {};
	struct sweep sw = {.launch = &l, .interrupted = &interrupted};
	long cpus = sysconf(_SC_NPROCESSORS_ONLN);
	int status;

	l.sweep = &sw;
	sw.jobs = cpus < 1 ? 1 : cpus > MAX_JOBS ? MAX_JOBS : (unsigned)cpus;
	launch_parse(&l, argc, argv, LAUNCH_SWEEP,
		     "Run PROGRAM once to see which system calls it makes, then once for each with that call failing, interrupted "
		     "or cut short.\v"
		     "Reported are crashes, hangs, exit status 0 with another standard output, and any difference after EINTR or a "
		     "short read or write. Every run starts afresh. Exit status: 1 when something was found, 130 when "
		     "interrupted (what was found until then is printed), 125 and above when ulk failed.");
	sigaction(SIGINT, &(const struct sigaction){.sa_handler = on_interrupt}, NULL);
	status = sweep(&sw);
	for (size_t i = 0; sw.results && i < sw.nr_cases; i++)
		free(sw.results[i].stacks);
	if (sw.results)
		munmap(sw.results, (sw.nr_cases + 1) * sizeof(*sw.results));
	free(sw.cases);
	free(sw.input);
	free(sw.calls.words);
	outcome_free(&sw.base);
	return launch_free(&l, cli_close_stdout() ? EXIT_ULK : status);
}

const struct verb verb_sweep = {"sweep", "make each system call of a program fail in turn", sweep_main};
