// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * launch: start a program with the limits and the personality a test asks for.
 *
 *   launch [-R] [-s STACK_KB|unlimited] [-C DIR] [-a ARGV0] [-t] PROGRAM ARGS...
 *
 * -R is what `setarch -R` does (no address space randomisation). One static program instead of a chain of
 * setarch, prlimit and sh: no environment variable is added and nothing runs between it and the program.
 * -t makes standard input the controlling terminal (the caller has made us a session leader).
 * Exit status 125: the test could not be set up; 126/127 as a shell's.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/personality.h>
#include <sys/resource.h>
#include <unistd.h>

static void die(const char *what)
{
	fprintf(stderr, "launch: %s: %s\n", what, strerror(errno));
	exit(125);
}

static void limit_stack(const char *arg)
{
	struct rlimit lim;

	if (getrlimit(RLIMIT_STACK, &lim))
		die("getrlimit");
	lim.rlim_cur = strcmp(arg, "unlimited") ? strtoull(arg, NULL, 0) * 1024 : RLIM_INFINITY;
	if (setrlimit(RLIMIT_STACK, &lim))
		die("setrlimit(RLIMIT_STACK)");
}

int main(int argc, char **argv)
{
	static const struct rlimit no_core = {0, 0};
	const char *argv0 = NULL, *dir = NULL;
	int c, persona = -1;

	while ((c = getopt(argc, argv, "+Rs:C:a:t")) != -1) {
		switch (c) {
		case 'R':
			persona = ADDR_NO_RANDOMIZE;
			break;
		case 's':
			limit_stack(optarg);
			break;
		case 'C':
			dir = optarg;
			break;
		case 'a':
			argv0 = optarg;
			break;
		case 't':
			if (ioctl(0, TIOCSCTTY, 0))
				die("TIOCSCTTY");
			break;
		default:
			return 125;
		}
	}
	if (optind == argc)
		return 125;
	setrlimit(RLIMIT_CORE, &no_core);
	if (dir && chdir(dir))
		die(dir);
	if (persona != -1 && personality(persona) == -1)
		die("personality");
	char *path = argv[optind];
	if (argv0)
		argv[optind] = (char *)argv0;
	execv(path, argv + optind);
	int err = errno;
	fprintf(stderr, "launch: %s: %s\n", path, strerror(err));
	return err == ENOENT ? 127 : 126;
}
