// SPDX-License-Identifier: GPL-2.0-or-later
/* The options of the verbs that start a program. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "cli/cli.h"

enum {
	OPT_STACK = 256,
	OPT_SOFT_DIRTY,
	OPT_MEMORY,
	OPT_ASLR,
	OPT_CPUID,
	OPT_CHECK_MM,
	OPT_AT,
	OPT_JSON,
	OPT_TRACE,
	OPT_REPORT,
	OPT_CORE,
	OPT_SMAPS,
	OPT_PAGETABLES,
	OPT_WATCH,
	OPT_HTML,
	OPT_EXEC,
	OPT_INJECT,
	OPT_COVERAGE,
	OPT_PROFILE,
	OPT_GDB,
	OPT_ITRACE,
	OPT_DETERMINISTIC,
	OPT_RECORD,
	OPT_REPLAY,
	OPT_SAVE,
	OPT_RESUME
};

static const struct argp_option common_options[] = {
	{"env", 'E', "NAME=VALUE", 0, "Set NAME in the program's environment", 1},
	{"unset", 'u', "NAME", 0, "Remove NAME from the environment", 1},
	{"ignore-environment", 'i', NULL, 0, "Start with an empty environment", 1},
	{"argv0", '0', "ARGV0", 0, "Pass ARGV0 as argument 0 instead of PROGRAM", 1},
	{"chdir", 'C', "DIR", 0, "Change to DIR first", 1},
	{"stack", OPT_STACK, "SIZE", 0, "Stack limit (RLIMIT_STACK): bytes, or with K, M, G; or `unlimited'",
	 2},
	{"memory", OPT_MEMORY, "SIZE", 0, "Bound the program's physical memory", 2},
	{"aslr", OPT_ASLR, "SEED", OPTION_ARG_OPTIONAL,
	 "Randomise the layout; with SEED the same way each time", 2},
	{"soft-dirty", OPT_SOFT_DIRTY, "WHEN", 0,
	 "Track soft-dirty pages (pagemap, clear_refs): `on', `off', or as the `host' does (the default)", 2},
	{"exec", OPT_EXEC, "HOW", 0, "Programs that the program executes run under `ulk' (the default) or `native'ly", 2},
	{"record", OPT_RECORD, "FILE", 0, "Deterministic, and what comes from outside (files, directories, terminal) goes to FILE", 2},
	{"replay", OPT_REPLAY, "FILE", 0, "The run that was recorded there, without the files it read", 2},
	{"inject", OPT_INJECT, "RULE", 0,
	 "Make system calls fail: SET:error=ERRNO, retval=, signal=, delay_enter=, delay_exit=, poke_enter=, poke_exit=, "
	 "short[=N], eintr[=P], with when=FIRST[..LAST][+STEP], as strace's -e inject=; memory:after=SIZE; eintr[:P[/SEED]]", 2},
	{"deterministic", OPT_DETERMINISTIC, "SEED", OPTION_ARG_OPTIONAL,
	 "A run that repeats: virtual time, threads, random numbers and process ids as SEED (0) says", 2},
	{"verbose", 'v', NULL, 0, "Say what ulk does not do for the program", 3},
	{"report", OPT_REPORT, "WHEN", OPTION_ARG_OPTIONAL,
	 "Explain on standard error why the program died of a signal: `always', `never', or `auto' (the "
	 "default: when that is a terminal)",
	 3},
	{"core", OPT_CORE, "FILE", 0, "Write a core file there when the program dies of a signal that dumps core", 3},
	{"check-mm", OPT_CHECK_MM, NULL, 0, "Check the mm's invariants after every system call", 3},
	{0},
};

static const struct argp_option run_options[] = {
	{"trace", OPT_TRACE, "SET", OPTION_ARG_OPTIONAL,
	 "Print the system calls and signals on standard error, as `ulk trace -f' does", 3},
	{"follow-forks", 'f', NULL, 0, "--inject: in threads and children, too", 2},
	{"coverage", OPT_COVERAGE, "[FORMAT:]FILE", 0,
	 "Add to FILE which code was executed, by the program and its children: FORMAT `lcov' (source lines; the default for "
	 "*.info) or `drcov'; may be given again",
	 3},
	{"gdb", OPT_GDB, "WHERE", OPTION_ARG_OPTIONAL,
	 "Stop before the first instruction and wait for gdb's `target remote' at port WHERE (1234) of this host, or "
	 "at the socket of that path, if it has a slash", 3},
	{"profile", OPT_PROFILE, "[FORMAT:]FILE", 0,
	 "Write to FILE where the program and its children spend CPU time, by samples of their stacks: FORMAT `folded' (for "
	 "flame graphs; the default) or `callgrind' (the default for callgrind.out* and *.callgrind)",
	 3},
	{"itrace", OPT_ITRACE, "RANGE", OPTION_ARG_OPTIONAL,
	 "Print each instruction that is executed, and what it changes; of the function RANGE only, or of the addresses "
	 "FIRST-END",
	 3},
	{"output", 'o', "FILE", 0, "--itrace: write to FILE, not to standard error", 3},
	{"save-snapshot", OPT_SAVE, "FILE", 0,
	 "Run as far as --at says, write the process to FILE, and end", 4},
	{"at", OPT_AT, "WHERE", 0,
	 "--save-snapshot: at `entry' (before the first instruction; the default), syscall:NAME[:N], time:SECONDS, or before the "
	 "instruction at SYMBOL, SYMBOL+OFFSET, 0xADDRESS, FILE:LINE", 4},
	{"resume", OPT_RESUME, "FILE", 0, "Go on with the process that was written to FILE; there is no PROGRAM then", 4},
	{"cpuid", OPT_CPUID, NULL, 0, "Print what CPU the program sees, and exit", 3},
	{0},
};

static const struct argp_option look_options[] = {
	{"at", OPT_AT, "WHERE", 0,
	 "Look at `entry' (before the first instruction; the default), `exit', `fault', "
	 "syscall:NAME[:N], time:SECONDS, or before the instruction at SYMBOL, SYMBOL+OFFSET, 0xADDRESS, FILE:LINE",
	 0},
	{"json", OPT_JSON, NULL, 0, "Print JSON", 0},
	{0},
};

static const struct argp_option watch_options[] = {
	{"watch", OPT_WATCH, NULL, 0,
	 "While the program runs, print each memory call and what it changed on standard error (with --json an object a line). Without --at the run goes "
	 "to its `exit'",
	 0},
	{"output", 'o', "FILE", 0, "--watch: print to FILE instead of standard error", 0},
	{0},
};

static const struct argp_option maps_options[] = {
	{"smaps", OPT_SMAPS, NULL, 0, "With the sizes of each area, as /proc/PID/smaps", 0},
	{"pagetables", OPT_PAGETABLES, NULL, 0, "Print the page tables, level by level", 0},
	{"html", OPT_HTML, "FILE", 0,
	 "Write a page that shows the address space over the whole run. Without --at the run goes to its `exit'", 0},
	{0},
};

/* "8M", "131072", "0x1000": bytes into *size; false when it is not a size. */
static bool parse_size(const char *s, uint64_t *size)
{
	unsigned shift = 0;
	char *end;

	if (*s < '0' || *s > '9')
		return false;
	errno = 0;
	*size = strtoull(s, &end, s[0] == '0' && (s[1] | 32) == 'x' ? 16 : 10);
	if (errno || end == s)
		return false;
	switch (*end) {
	case 'G':
	case 'g':
		shift += 10;
		/* fallthrough */
	case 'M':
	case 'm':
		shift += 10;
		/* fallthrough */
	case 'K':
	case 'k':
		shift += 10;
		end++;
	}
	return !*end && !__builtin_mul_overflow(*size, (uint64_t)1 << shift, size) && *size;
}

static void parse_stack(struct launch *l, const char *arg, struct argp_state *state)
{
	if (!strcmp(arg, "unlimited"))
		l->config.stack_limit = UINT64_MAX;
	else if (!parse_size(arg, &l->config.stack_limit))
		argp_error(state, "--stack: `%s' is neither a size nor `unlimited'", arg);
}

static void parse_deterministic(struct launch *l, const char *arg, struct argp_state *state)
{
	char *end;

	l->config.deterministic = true;
	if (!arg)
		return;
	errno = 0;
	l->config.seed = strtoull(arg, &end, 0);
	if (errno || *end || end == arg || *arg == '-')
		argp_error(state, "--deterministic: `%s' is not a number", arg);
}

static void parse_aslr(struct launch *l, const char *arg, struct argp_state *state)
{
	char *end;

	l->config.aslr = true;
	if (!arg)
		return;
	errno = 0;
	l->config.aslr_seed = strtoull(arg, &end, 0);
	if (errno || *end || end == arg || *arg == '-' || !l->config.aslr_seed)
		argp_error(state, "--aslr: `%s' is not a number from 1 to 2^64-1", arg);
}

static void parse_report(struct launch *l, const char *arg, struct argp_state *state)
{
	if (!arg || !strcmp(arg, "always"))
		l->report = REPORT_ALWAYS;
	else if (!strcmp(arg, "never"))
		l->report = REPORT_NEVER;
	else if (!strcmp(arg, "auto"))
		l->report = REPORT_AUTO;
	else
		argp_error(state, "--report: `%s' is not always, never or auto", arg);
}

static void parse_soft_dirty(struct launch *l, const char *arg, struct argp_state *state)
{
	if (!strcmp(arg, "host"))
		l->config.soft_dirty = ULK_SOFT_DIRTY_HOST;
	else if (!strcmp(arg, "on"))
		l->config.soft_dirty = ULK_SOFT_DIRTY_ON;
	else if (!strcmp(arg, "off"))
		l->config.soft_dirty = ULK_SOFT_DIRTY_OFF;
	else
		argp_error(state, "--soft-dirty: `%s' is none of `host', `on' and `off'", arg);
}

static void add_env_op(struct launch *l, char kind, const char *arg, struct argp_state *state)
{
	struct env_op *grown = realloc(l->env_ops, (l->nr_env_ops + 1) * sizeof(*grown));

	if (!grown)
		argp_failure(state, EXIT_ULK, ENOMEM, "environment");
	l->env_ops = grown;
	l->env_ops[l->nr_env_ops++] = (struct env_op){kind, arg};
}

void parse_inject(struct launch *l, const char *spec, bool fault, struct argp_state *state)
{
	char why[160];
	int err;

	if (!l->inject)
		l->inject = inject_create();
	err = l->inject ? inject_add(l->inject, spec, fault, why) : -ENOMEM;
	if (err == -EINVAL)
		argp_error(state, "%s", why);
	else if (err)
		argp_failure(state, EXIT_ULK, -err, "--inject");
}

/* What a snapshot has already, or cannot have. */
static void check_snapshot_options(const struct launch *l, struct argp_state *state)
{
	if (l->kind == LAUNCH_RUN && l->at && !l->save)
		argp_error(state, "--at is for --save-snapshot");
	if (l->resume && l->argv)
		argp_error(state, "--resume: the program is the snapshot's");
	if (l->resume && (l->nr_env_ops || l->argv0 || l->dir || l->config.stack_limit || l->config.aslr))
		argp_error(state, "--resume: environment, argument 0, directory and layout are the snapshot's");
	if ((l->resume || l->save) && (l->record || l->replay || l->config.deterministic))
		argp_error(state, "--deterministic, --record and --replay go from a program's beginning to its end");
	if ((l->save || l->resume) && l->debugged)
		argp_error(state, "--gdb does not go together with snapshots");
}

static error_t parse_option(int key, char *arg, struct argp_state *state)
{
	struct launch *l = state->input;

	switch (key) {
	case 'E':
		if (!strchr(arg, '=') || *arg == '=')
			argp_error(state, "-E: `%s' is not NAME=VALUE", arg);
		add_env_op(l, 'E', arg, state);
		break;
	case 'u':
		if (!*arg || strchr(arg, '='))
			argp_error(state, "-u: `%s' is not a name", arg);
		add_env_op(l, 'u', arg, state);
		break;
	case 'i':
		add_env_op(l, 'i', NULL, state);
		break;
	case '0':
		l->argv0 = arg;
		break;
	case 'C':
		l->dir = arg;
		break;
	case 'v':
		l->config.verbose = true;
		break;
	case OPT_STACK:
		parse_stack(l, arg, state);
		break;
	case OPT_MEMORY:
		if (!parse_size(arg, &l->config.memory))
			argp_error(state, "--memory: `%s' is not a size", arg);
		break;
	case OPT_ASLR:
		parse_aslr(l, arg, state);
		break;
	case OPT_CHECK_MM:
		l->config.check_mm = true;
		break;
	case OPT_EXEC:
		if (strcmp(arg, "ulk") && strcmp(arg, "native"))
			argp_error(state, "--exec: `%s' is neither `ulk' nor `native'", arg);
		l->config.exec_native = !strcmp(arg, "native");
		break;
	case OPT_SOFT_DIRTY:
		parse_soft_dirty(l, arg, state);
		break;
	case OPT_DETERMINISTIC:
		parse_deterministic(l, arg, state);
		break;
	case OPT_RECORD:
	case OPT_REPLAY:
		*(key == OPT_RECORD ? &l->record : &l->replay) = arg;
		l->config.deterministic = true;
		if (l->record && l->replay)
			argp_error(state, "--record and --replay do not go together");
		break;
	case OPT_INJECT:
		parse_inject(l, arg, false, state);
		break;
	case 'f':
		l->follow = true;
		break;
	case OPT_CPUID:
		l->cpuid = true;
		break;
	case OPT_SMAPS:
		l->smaps = true;
		break;
	case OPT_PAGETABLES:
		l->pagetables = true;
		break;
	case OPT_WATCH:
		l->watch = true;
		break;
	case OPT_HTML:
		l->html = arg;
		break;
	case OPT_CORE:
		l->core.path = arg;
		break;
	case OPT_REPORT:
		parse_report(l, arg, state);
		break;
	case OPT_TRACE:
		l->traced = l->trace.follow = true;
		if (arg && !word_add(&l->trace_calls, arg))
			argp_failure(state, EXIT_ULK, ENOMEM, "--trace");
		break;
	case OPT_PROFILE:
		l->profile = arg;
		break;
	case OPT_ITRACE:
		l->itraced = true;
		l->itrace = arg;
		break;
	case 'o':
		l->output = arg;
		break;
	case OPT_COVERAGE:
		if (!word_add(&l->coverage, arg))
			argp_failure(state, EXIT_ULK, ENOMEM, "--coverage");
		break;
	case OPT_GDB:
		l->debugged = true;
		l->gdb_where = arg;
		break;
	case OPT_AT:
		l->at = arg;
		break;
	case OPT_SAVE:
		l->save = arg;
		break;
	case OPT_RESUME:
		l->resume = arg;
		break;
	case OPT_JSON:
		l->json = true;
		break;
	case ARGP_KEY_ARG:
		/* The first argument is the program; all that follows is its own, options included. */
		l->argv = state->argv + state->next - 1;
		state->next = state->argc;
		break;
	case ARGP_KEY_END:
		if (!l->argv && !l->cpuid && !l->resume)
			argp_error(state, "no PROGRAM given");
		check_snapshot_options(l, state);
		break;
	case ARGP_KEY_INIT:
		for (int i = 0; i <= max_t(int, (int)l->kind - LAUNCH_LOOK, 0); i++)
			state->child_inputs[i] = l;
		break;
	default:
		return ARGP_ERR_UNKNOWN;
	}
	return 0;
}

static error_t parse_child_option(int key, char *arg, struct argp_state *state)
{
	/* Arguments and the end are the parent's; INIT of a parser without children has no inputs to set. */
	if (key == ARGP_KEY_ARG || key == ARGP_KEY_END || key == ARGP_KEY_INIT)
		return ARGP_ERR_UNKNOWN;
	return parse_option(key, arg, state);
}

bool word_add(struct word_list *list, const char *word)
{
	const char **grown = realloc(list->words, (list->nr + 2) * sizeof(*grown));

	if (!grown)
		return false;
	list->words = grown;
	grown[list->nr++] = word;
	grown[list->nr] = NULL;
	return true;
}

void launch_parse(struct launch *l, int argc, char **argv, enum launch_kind kind, const char *doc)
{
	const struct argp run = {.options = run_options, .parser = parse_child_option};
	const struct argp look = {.options = look_options, .parser = parse_child_option};
	const struct argp watch = {.options = watch_options, .parser = parse_child_option};
	const struct argp maps = {.options = maps_options, .parser = parse_child_option};
	/* From LAUNCH_LOOK on each has one more than the kind before: ARGP_KEY_INIT counts on it. */
	const struct argp_child kinds[][4] = {
		[LAUNCH_RUN] = {{&run, 0, NULL, 0}},
		[LAUNCH_TRACE] = {{&trace_argp, 0, NULL, 0}},
		[LAUNCH_SWEEP] = {{&sweep_argp, 0, NULL, 0}},
		[LAUNCH_FUZZ] = {{&fuzz_argp, 0, NULL, 0}},
		[LAUNCH_LOOK] = {{&look, 0, NULL, 0}},
		[LAUNCH_LOOK_MM] = {{&look, 0, NULL, 0}, {&watch, 0, NULL, 0}},
		[LAUNCH_LOOK_MAPS] = {{&look, 0, NULL, 0}, {&watch, 0, NULL, 0}, {&maps, 0, NULL, 0}},
	};
	const struct argp argp = {
		.options = common_options,
		.parser = parse_option,
		.children = kinds[kind],
		.args_doc = kind == LAUNCH_RUN ? "PROGRAM [ARGUMENT...]\n--resume FILE" : "PROGRAM [ARGUMENT...]",
		.doc = doc,
	};

	argp_err_exit_status = EXIT_ULK;
	trace_defaults(&l->trace);
	l->traced = kind == LAUNCH_TRACE;
	l->kind = kind;
	argp_parse(&argp, argc, argv, ARGP_IN_ORDER, NULL, l);
	if (!l->at)
		l->at = l->watch || l->html ? "exit" : "entry";
}
