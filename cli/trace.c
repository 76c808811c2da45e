// SPDX-License-Identifier: GPL-2.0-or-later
/* ulk trace: run a program and print its system calls, as strace does. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "cli/cli.h"

enum { OPT_TRACE_JSON = 0x400, OPT_SUMMARY, OPT_PC };

static const struct argp_option trace_options[] = {
	{"trace-set", 'e', "EXPR", 0,
	 "Only these: trace=SET (names, %file, %memory, %desc, %process, %signal, %network, /REGEX, with ! all but "
	 "these), signal=SET, status=SET (successful, failed, unfinished, all), or inject=RULE (see --inject)", 0},
	{"follow-forks", 'f', NULL, 0, "Trace threads and children, too", 0},
	{"output", 'o', "FILE", 0, "Write to FILE instead of standard error; `|COMMAND': to that command", 0},
	{"output-append-mode", 'A', NULL, 0, "Append to FILE of -o", 0},
	{"successful-only", 'z', NULL, 0, "Only calls that succeeded: -e status=successful", 0},
	{"failed-only", 'Z', NULL, 0, "Only calls that failed: -e status=failed", 0},
	{"trace-path", 'P', "PATH", 0, "Only calls on PATH, by name or by a descriptor", 0},
	{"decode-fds", 'y', NULL, 0, "Tell what descriptors are open on; twice: ends of sockets and numbers of devices, too", 0},
	{"strings-in-hex", 'x', NULL, 0, "Strings that are not text in hexadecimal; twice: all strings", 0},
	{"relative-timestamps", 'r', NULL, 0, "Print the time since the line before", 0},
	{"instruction-pointer", OPT_PC, NULL, 0, "Print where in the program each call was made", 0},
	{"syscall-number", 'n', NULL, 0, "Print the number of each call", 0},
	{"stack-traces", 'k', NULL, 0, "Print the stack below each call", 0},
	{"summary-sort-by", 'S', "ORDER", 0, "Order the table by time, calls, errors, name, or nothing", 0},
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

static const char *find_order(const char *arg, struct argp_state *state)
{
	static const char *const orders[] = {"time", "calls", "errors", "name", "nothing"};

	for (size_t i = 0; i < ARRAY_SIZE(orders); i++) {
		if (!strcmp(arg, orders[i]))
			return orders[i];
	}
	argp_error(state, "`%s' is none of time, calls, errors, name, nothing", arg);
	return NULL;
}

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

/* "failed,unfinished", "!successful", "all", "none": how calls ended. */
static void parse_status(struct launch *l, const char *arg, struct argp_state *state)
{
	static const struct { const char *name; u8 bits; } names[] = {
		{"successful", TRACE_SUCCESSFUL}, {"failed", TRACE_FAILED}, {"unfinished", TRACE_UNFINISHED},
		{"unavailable", 0}, {"detached", 0}, {"all", TRACE_STATUS_ALL}, {"none", 0},
	};
	const bool invert = *arg == '!';
	u8 set = 0;

	for (const char *p = arg + invert; *p;) {
		const size_t n = strcspn(p, ",");
		size_t i = 0;

		while (i < ARRAY_SIZE(names) && (strlen(names[i].name) != n || strncmp(names[i].name, p, n)))
			i++;
		if (i == ARRAY_SIZE(names))
			argp_error(state, "-e status=: `%.*s' is none of successful, failed, unfinished, all, none", (int)n, p);
		else
			set |= names[i].bits;
		p += n + (p[n] == ',');
	}
	l->trace.status = invert ? TRACE_STATUS_ALL & ~set : set;
}

/* strace's -e: trace=SET, signal=SET, or a SET alone. */
static void parse_expression(struct launch *l, const char *arg, struct argp_state *state)
{
	static const char *const prefixes[] = {"trace=", "t=", "signal=", "signals=", "s="};
	struct word_list *list = &l->trace_calls;

	if (!strncmp(arg, "status=", 7)) {
		parse_status(l, arg + 7, state);
		return;
	}
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
	case 'A':
		opt->append = true;
		break;
	case 'z':
		opt->status = TRACE_SUCCESSFUL;
		break;
	case 'Z':
		opt->status = TRACE_FAILED;
		break;
	case 'P':
		opt->traced_path = arg;
		break;
	case 'y':
		opt->fd_paths += opt->fd_paths < 2;
		break;
	case 'x':
		opt->hex_strings += opt->hex_strings < 2;
		break;
	case 'r':
		opt->relative = true;
		break;
	case OPT_PC:
		opt->pc = true;
		break;
	case 'n':
		opt->numbers = true;
		break;
	case 'k':
		opt->stacks = true;
		break;
	case 'S':
		opt->sort = find_order(arg, state);
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
