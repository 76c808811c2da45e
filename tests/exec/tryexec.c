// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * tryexec: execve a path and print the errno when that fails. What happens when it succeeds is the other
 * program's matter. No fork, so that it can run where there is none yet.
 *
 *   tryexec [-w] [-0|-N] [-a LENGTH]... [-n COUNT] [-e] [-s KIB] [-p PERSONALITY] PATH
 *
 * -w: hold PATH open for writing. -0: an empty argv; -N: argv is NULL. -a: append an argument of this length;
 * -n: append COUNT empty arguments. -e: empty environment (the default is this program's). -s: set RLIMIT_STACK. -p: add these
 * bits to the personality.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/personality.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

extern char **environ;

int main(int argc, char **argv)
{
	static char *args[1 << 20];
	char *none[] = {NULL}, **use = args;
	size_t n = 1;
	struct rlimit stack = {0, RLIM_INFINITY};
	int c, hold = 0;

	while ((c = getopt(argc, argv, "+w0Na:n:es:p:")) != -1) {
		size_t len = optarg ? strtoul(optarg, NULL, 0) : 0;

		switch (c) {
		case 'w':
			hold = 1;
			break;
		case '0':
			use = none;
			break;
		case 'N':
			use = NULL;
			break;
		case 'a':
			args[n] = malloc(len + 1);
			memset(args[n], 'a', len);
			args[n++][len] = 0;
			break;
		case 'n':
			while (len--)
				args[n++] = (char *)"";
			break;
		case 'e':
			environ = none;
			break;
		case 's':
			getrlimit(RLIMIT_STACK, &stack);
			stack.rlim_cur = len * 1024;
			break;
		case 'p':
			if (personality(personality(0xffffffff) | len) < 0)
				return 125;
			break;
		default:
			return 125;
		}
	}
	if (optind + 1 != argc)
		return 125;
	args[0] = argv[optind];
	if (stack.rlim_cur && setrlimit(RLIMIT_STACK, &stack))
		return 125;
	if (hold && open(argv[optind], O_RDWR) < 0)
		return 125;
	syscall(SYS_execve, argv[optind], use, environ);
	printf("execve: %s\n", strerrorname_np(errno));
	return 1;
}
