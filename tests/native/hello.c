// SPDX-License-Identifier: GPL-2.0-or-later
// TEST: plain
// TEST: args -- a 'b c' ""
// TEST: relative via=rel
// TEST: symlink via=symlink
// TEST: argv0 argv0=other-name -- x
// TEST: empty-env env=empty
#include <stdio.h>

extern char **environ;

int main(int argc, char **argv)
{
	printf("hello, %d arguments\n", argc);
	for (int i = 0; i < argc; i++)
		printf("argv[%d] = \"%s\"\n", i, argv[i]);
	for (char **e = environ; *e; e++)
		printf("%s\n", *e);
	return 0;
}
