// SPDX-License-Identifier: GPL-2.0-or-later
// How a process ends is seen by its parent: statuses, and death by signal.
// TEST: 0 -- 0
// TEST: 1 -- 1
// TEST: 255 -- 255
// TEST: 256 -- 256
// TEST: abort -- abort
// TEST: segv -- segv
// TEST: fpe -- fpe
// TEST: ill -- ill
// TEST: trap -- trap
// TEST: exit -- exit
// TEST: term -- term
// TEST: kill -- kill
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static volatile int zero;

int main(int argc, char **argv)
{
	const char *how = argv[1];

	if (!strcmp(how, "abort"))
		abort();
	if (!strcmp(how, "segv"))
		*(volatile int *)16 = 1;
	if (!strcmp(how, "fpe"))
		return 1 / zero;
	if (!strcmp(how, "ill"))
		__asm__ volatile("ud2");
	if (!strcmp(how, "trap"))
		__asm__ volatile("int3");
	if (!strcmp(how, "term"))
		raise(SIGTERM);
	if (!strcmp(how, "kill"))
		kill(getpid(), SIGKILL);
	if (!strcmp(how, "exit")) {
		printf("not flushed");
		_exit(3);
	}
	printf("flushed at exit");
	return atoi(how);
}
