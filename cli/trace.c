// SPDX-License-Identifier: GPL-2.0-or-later
/* ulk trace: run a program and print its system calls, as strace does. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "cli/cli.h"

enum { OPT_TRACE_JSON = 0x400, OPT_SUMMARY };

static const struct argp_option trace_options[] = {
	{"trace-set", 'e', "EXPR", 0,
	 "Only these: trace=SET (names, %file, %memory, %desc, %process, %signal, %network, /REGEX, with ! all but "
	 "these), signal=SET, or inject=RULE (see --inject)", 0},
	{"follow-forks", 'f', NULL, 0, "Trace threads and children, too", 0},
	{"output", 'o', "FILE", 0, "Write to FILE instead of standard error", 0},
	{"summary-only", 'c', NULL, 0, "Count calls, errors and time, and print only a table of them", 0},
	{"summary", OPT_SUMMARY, NULL, 0, "Print the table, too", 0},
	{"string-limit", 's', "N", 0, "Print at most N bytes of a string (32)", 0},
	{"columns", 'a', "N", 0, "Align results in column N (40)", 0},
	{"syscall-times", 'T', NULL, 0, "Print the time spent in each call", 0},
	{"timestamps", 't', NULL, 0, "Print the time of day; twice: with microseconds; three times: since the epoch", 0},
	{"quiet", 'q', NULL, 0, "Do not print how processes end", 0},
	{"json", OPT_TRACE_JSON, NULL, 0, "Print a JSON object a line", 0},
	{0},
};

static unsigned parse_number(const char *arg, struct argp_state *state)
{
	unsigned long n;
	char *end;

	errno = 0;
	n = strtoul(arg, &end, 0);
	if (errno || *end || end == arg || *arg == '-' || n > 1 << 30)
		argp_error(state, "`%s' is not a number from 0 to 2^30", arg);
	return (unsigned)n;
}

/* strace's -e: trace=SET, signal=SET, or a SET alone. */
static void parse_expression(struct launch *l, const char *arg, struct argp_state *state)
{
	static const char *const prefixes[] = {"trace=", "t=", "signal=", "signals=", "s="};
	struct word_list *list = &l->trace_calls;

	if (!strncmp(arg, "inject=", 7) || !strncmp(arg, "fault=", 6)) {
		parse_inject(l, strchr(arg, '=') + 1, *arg == 'f', state);
		return;
	}
	for (size_t i = 0; i < ARRAY_SIZE(prefixes); i++) {
		size_t n = strlen(prefixes[i]);

		if (!strncmp(arg, prefixes[i], n)) {
			list = i < 2 ? &l->trace_calls : &l->trace_signals;
			arg += n;
			break;
		}
	}
	if (!word_add(list, arg))
		argp_failure(state, EXIT_ULK, ENOMEM, "-e");
}

static error_t parse_trace_option(int key, char *arg, struct argp_state *state)
{
	struct launch *l = state->input;
	struct trace_options *opt;

	/* INIT comes before the input does. */
	if (key == ARGP_KEY_INIT || key == ARGP_KEY_ARG || key == ARGP_KEY_END)
		return ARGP_ERR_UNKNOWN;
	opt = &l->trace;
	switch (key) {
	case 'e':
		parse_expression(l, arg, state);
		break;
	case 'f':
		opt->follow = true;
		break;
	case 'o':
		opt->path = arg;
		break;
	case 'c':
		opt->summary = opt->summary_only = true;
		break;
	case OPT_SUMMARY:
		opt->summary = true;
		break;
	case 's':
		opt->strlen_max = parse_number(arg, state);
		break;
	case 'a':
		opt->column = parse_number(arg, state);
		break;
	case 'T':
		opt->times = true;
		break;
	case 't':
		opt->stamps += opt->stamps < 3;
		break;
	case 'q':
		opt->quiet = true;
		break;
	case OPT_TRACE_JSON:
		opt->json = true;
		break;
	default:
		return ARGP_ERR_UNKNOWN;
	}
	return 0;
}

const struct argp trace_argp = {.options = trace_options, .parser = parse_trace_option};

static int trace_main(int argc, char **argv)
{
	struct launch l = {};

	launch_parse(&l, argc, argv, LAUNCH_TRACE,
		     "Run PROGRAM and print its system calls and signals in strace's notation.\v"
		     "With -v structures are printed whole. The exit status is the program's, as with `ulk run'.");
	l.trace.verbose = l.config.verbose;
	l.config.verbose = false;
	return run_program(&l);
}

const struct verb verb_trace = {"trace", "run a program and print its system calls", trace_main};
