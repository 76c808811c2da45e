// SPDX-License-Identifier: GPL-2.0-or-later
/* ulk: the verbs, --help and --version. */
#include <errno.h>
#include <stdarg.h>
#include <stdio_ext.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "cli/cli.h"

static const struct verb *const verbs[] = {&verb_run, &verb_trace, &verb_maps, &verb_mm, &verb_stack, &verb_walk, &verb_why, &verb_sweep,
	&verb_fuzz};

void cli_err(const char *fmt, ...)
{
	char line[1024];
	va_list ap;

	/* One write, so that lines of several processes do not mix. */
	va_start(ap, fmt);
	vsnprintf(line, sizeof(line), fmt, ap);
	va_end(ap);
	fprintf(stderr, "ulk: %s\n", line);
}

int cli_close_stdout(void)
{
	if (!__fpending(stdout) && !ferror(stdout))
		return 0; /* nothing was printed: a closed stdout harms nobody */
	errno = 0;
	if (!fflush(stdout)) {
		if (!ferror(stdout))
			return 0;
		/* An earlier write failed and its errno is gone: the output is spoilt anyhow, so ask again.
		 */
		clearerr(stdout);
		putchar('\n');
		fflush(stdout);
	}
	cli_err("standard output: %s", errno ? strerror(errno) : "write error");
	__fpurge(stdout);
	clearerr(stdout);
	return EXIT_ULK;
}

/* For the ways out that are not ours: argp's --help ends with exit(). */
static void close_stdout_at_exit(void)
{
	int status = cli_close_stdout();

	if (status)
		_exit(status);
}

static void print_help(FILE *out)
{
	fputs("Usage: ulk VERB [OPTION...] PROGRAM [ARGUMENT...]\n"
	      "A user-land kernel for one process: loads a static x86-64 program into an emulated CPU\n"
	      "and is the Linux kernel for it.\n\n",
	      out);
	for (size_t i = 0; i < ARRAY_SIZE(verbs); i++)
		fprintf(out, "  %-8s %s\n", verbs[i]->name, verbs[i]->summary);
	fputs("\n"
	      "`ulk VERB --help' lists the options of a verb; `ulk --version' the versions.\n"
	      "Exit status: the program's own; 125 ulk itself failed, 126 the program cannot be\n"
	      "executed, 127 it was not found. A program that dies of a signal takes ulk with it.\n",
	      out);
}

static void print_version(void)
{
	printf("ulk %s\n%s\ncapstone %s\nlibelf %s\n", ulk_version(), ulk_engine_version(),
	       CAPSTONE_VERSION_STRING, LIBELF_VERSION_STRING);
}

#ifdef __SANITIZE_ADDRESS__
/* uc_close() forgets 32 bytes of its own. */
const char *__lsan_default_suppressions(void);
const char *__lsan_default_suppressions(void)
{
	return "leak:libunicorn";
}

const char *__lsan_default_options(void);
const char *__lsan_default_options(void)
{
	return "print_suppressions=0";
}
#endif

int main(int argc, char **argv)
{
	const char *verb = argc > 1 ? argv[1] : NULL;
	char name[32];

	atexit(close_stdout_at_exit);
	if (!verb) {
		print_help(stderr);
		return EXIT_ULK;
	}
	if (!strcmp(verb, "--help") || !strcmp(verb, "-h") || !strcmp(verb, "help")) {
		print_help(stdout);
		return 0;
	}
	if (!strcmp(verb, "--version") || !strcmp(verb, "-V")) {
		print_version();
		return 0;
	}
	for (size_t i = 0; i < ARRAY_SIZE(verbs); i++) {
		if (!strcmp(verb, verbs[i]->name)) {
			snprintf(name, sizeof(name), "ulk %s", verb);
			argv[1] = name;
			return verbs[i]->main(argc - 1, argv + 1);
		}
	}
	cli_err("%s: no such verb; `ulk --help' lists them", verb);
	return EXIT_ULK;
}
