// SPDX-License-Identifier: GPL-2.0-or-later
/* many [N]: N areas of one page each (60,000), every tenth of them touched. */
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>

int main(int argc, char **argv)
{
	long n = argc > 1 ? atol(argv[1]) : 60000;

	for (long i = 0; i < n; i++) {
		/* Neighbours differ, or they would be one area. */
		char *p = mmap(NULL, 4096, i % 2 ? PROT_READ : PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

		if (p == MAP_FAILED) {
			perror("mmap");
			return 1;
		}
		if (i % 10 == 0)
			*p = 1;
	}
	return 0;
}
