// SPDX-License-Identifier: GPL-2.0-or-later
// flock: shared, exclusive, conversion, who holds it, what close does.
#include "files.h"
#include <sys/file.h>
#include <sys/wait.h>

int main(void)
{
	int a = file_of("f", 1), b = open("f", O_RDONLY), c = dup(a), p[2];

	P(S(flock, a, LOCK_SH));
	P(S(flock, b, LOCK_SH | LOCK_NB));
	P(S(flock, a, LOCK_EX | LOCK_NB));
	P(S(flock, b, LOCK_UN));
	P(S(flock, c, LOCK_EX | LOCK_NB));
	P(S(flock, b, LOCK_SH | LOCK_NB));
	close(a);
	P(S(flock, b, LOCK_SH | LOCK_NB));
	fflush(stdout);
	if (!fork()) {
		P(S(flock, b, LOCK_SH | LOCK_NB));
		P(S(flock, c, LOCK_UN));
		fflush(stdout);
		_exit(0);
	}
	wait(NULL);
	P(S(flock, b, LOCK_EX | LOCK_NB));
	P(S(flock, b, 0));
	P(S(flock, b, LOCK_SH | LOCK_EX));
	P(S(flock, b, 32 | LOCK_SH));
	P(S(flock, b, LOCK_NB));
	P(S(flock, 99, LOCK_SH));
	pipe(p);
	P(S(flock, p[0], LOCK_EX));
	P(S(flock, open(".", O_RDONLY), LOCK_EX));
	P(S(flock, open("f", O_PATH), LOCK_EX));
	return 0;
}
