// SPDX-License-Identifier: GPL-2.0-or-later
/* ulk fuzz: execute a program from a snapshot, for AFL++. */
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "cli/cli.h"
#include "fuzz/triage.h"

enum { OPT_FUNCTION = 0x600, OPT_INPUT, OPT_FILE, OPT_FUZZ_AT, OPT_MAP_SIZE, OPT_TRIAGE, OPT_FUZZ_TIMEOUT, OPT_FRAMES };

struct fuzz_options {
	struct fuzz fuzz;
	struct triage_options triage;
	struct word_list files;
	uint32_t map_size;
};

static const struct argp_option fuzz_options[] = {
	{"at", OPT_FUZZ_AT, "WHERE", 0,
	 "Where each execution begins: `main' (the default), `input' (before the first call that has to do with the input), `entry', "
	 "syscall:NAME[:N], SYMBOL, SYMBOL+OFFSET, 0xADDRESS, FILE:LINE", 0},
	{"function", OPT_FUNCTION, "NAME", 0,
	 "Do not go on, but call NAME(data, size) with each input, as libFuzzer calls LLVMFuzzerTestOneInput", 0},
	{"input", OPT_INPUT, "FILE", 0, "The file that inputs come in (the one in @@'s place, or standard input)", 0},
	{"file", OPT_FILE, "FILE", 0, "FILE has the same content at the start of each execution; may be given again", 0},
	{"map-size", OPT_MAP_SIZE, "BYTES", 0, "Of the map of edges (65536): a power of two, up to 8388608", 0},
	{"triage", OPT_TRIAGE, "DIR", 0,
	 "Run each input in DIR (of crashes, or what afl-fuzz -o has made) and report each crash once; the input goes where @@ stands", 0},
	{"timeout", OPT_FUZZ_TIMEOUT, "SECONDS", 0, "--triage: what takes longer hangs (5)", 0},
	{"frames", OPT_FRAMES, "N", 0, "--triage: crashes are the same when their N innermost frames are (5)", 0},
	{0},
};

static error_t parse_fuzz_option(int key, char *arg, struct argp_state *state)
{
	struct launch *l = state->input;
	struct fuzz_options *o;
	unsigned long size;
	char *end;

	if (key == ARGP_KEY_INIT || key == ARGP_KEY_ARG || key == ARGP_KEY_END)
		return ARGP_ERR_UNKNOWN;
	o = l->fuzz;
	switch (key) {
	case OPT_FUZZ_AT:
		o->fuzz.at = strcmp(arg, "main") ? arg : NULL;
		break;
	case OPT_FUNCTION:
		o->fuzz.function = arg;
		break;
	case OPT_INPUT:
		o->fuzz.input = arg;
		break;
	case OPT_FILE:
		if (!word_add(&o->files, arg))
			argp_failure(state, EXIT_ULK, ENOMEM, "--file");
		break;
	case OPT_MAP_SIZE:
		size = strtoul(arg, &end, 0);
		if (*end || *arg == '-' || size < 64 || size > AFL_MAP_MAX || (size & (size - 1)))
			argp_error(state, "--map-size: `%s' is not a power of two from 64 to %u", arg, AFL_MAP_MAX);
		o->map_size = (uint32_t)size;
		break;
	case OPT_TRIAGE:
		o->triage.dir = arg;
		break;
	case OPT_FUZZ_TIMEOUT:
		o->triage.timeout = strtod(arg, &end);
		if (*end || !(o->triage.timeout > 0 && o->triage.timeout < 1e6))
			argp_error(state, "--timeout: `%s' is not a number of seconds", arg);
		break;
	case OPT_FRAMES:
		o->triage.frames = (unsigned)strtoul(arg, &end, 10);
		if (*end || *arg == '-' || !o->triage.frames)
			argp_error(state, "--frames: `%s' is not a number", arg);
		break;
	default:
		return ARGP_ERR_UNKNOWN;
	}
	return 0;
}

const struct argp fuzz_argp = {.options = fuzz_options, .parser = parse_fuzz_option};

static int load(void *arg, struct ulk_machine **m)
{
	struct launch *l = arg;
	int status = launch_load(l);

	*m = l->machine;
	return status;
}

/* afl-fuzz has put the name of its own file where @@ was: .cur_input, or .afl-showmap-temp-1 and its like. */
static const char *find_input(char **argv)
{
	for (; *argv; argv++) {
		const char *name = strrchr(*argv, '/');

		name = name ? name + 1 : *argv;
		if (!strncmp(name, ".cur_input", 10) || !strncmp(name, ".afl-", 5))
			return *argv;
	}
	return NULL;
}

static int check(const struct launch *l, const struct fuzz_options *o, struct afl *afl)
{
	struct stat st;

	for (char **a = l->argv; *a; a++) {
		if (!strcmp(*a, "@@")) {
			cli_err("nobody has put a file in the place of @@: afl-fuzz -i DIR -o DIR -- ulk fuzz ...");
			return EXIT_ULK;
		}
	}
	/* A file that we do not know of is afl-fuzz's to write. */
	if (!o->fuzz.input && !o->fuzz.function && (fstat(STDIN_FILENO, &st) || !S_ISREG(st.st_mode)))
		afl->shared_input = false;
	return 0;
}

static int fuzz(struct launch *l, struct fuzz_options *o)
{
	struct ulk_result result;
	struct afl afl;
	int err = afl_attach(&afl, o->map_size), status;

	if (err) {
		cli_err("afl-fuzz's shared memory: %s", strerror(-err));
		return EXIT_ULK;
	}
	if (!o->fuzz.input)
		o->fuzz.input = find_input(l->argv);
	status = check(l, o, &afl);
	if (status)
		return status;
	if (afl_is_there())
		return fuzz_serve(&o->fuzz, &afl);
	status = fuzz_once(&o->fuzz, &afl, &result);
	if (!status)
		launch_end(l, &result);
	return status;
}

/* The one thing that a handler can reach. */
static volatile bool interrupted;

static void on_interrupt(int sig)
{
	interrupted = true;
}

static int triage(struct launch *l, struct fuzz_options *o)
{
	o->triage.fuzz = &o->fuzz;
	o->triage.argv = l->argv;
	o->triage.interrupted = &interrupted;
	sigaction(SIGINT, &(const struct sigaction){.sa_handler = on_interrupt}, NULL);
	return fuzz_triage(&o->triage);
}

static int fuzz_main(int argc, char **argv)
{
	struct fuzz_options o = {.triage = {.timeout = 5, .frames = 5}};
	struct launch l = {};
	int status;

	l.fuzz = &o;
	launch_parse(&l, argc, argv, LAUNCH_FUZZ,
		     "Execute PROGRAM again and again from a snapshot, for AFL++:\n"
		     "  afl-fuzz -i in -o out -- ulk fuzz PROGRAM @@\v"
		     "Without afl-fuzz, PROGRAM is run once, as by `ulk run'. --triage sorts what afl-fuzz has found: exit status 1 when an "
		     "input did not end normally, 130 when interrupted (what was found until then is printed).");
	o.fuzz.files = o.files.words;
	o.fuzz.load = load;
	o.fuzz.arg = &l;
	l.report = l.report == REPORT_AUTO ? REPORT_NEVER : l.report;
	status = o.triage.dir ? triage(&l, &o) : fuzz(&l, &o);
	free(o.files.words);
	return launch_free(&l, cli_close_stdout() ? EXIT_ULK : status);
}

const struct verb verb_fuzz = {"fuzz", "execute a program from a snapshot, for AFL++", fuzz_main};
