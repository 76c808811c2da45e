// SPDX-License-Identifier: GPL-2.0-or-later
// A static musl program: another C library's start-up, allocator and stdio.
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static int compare(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

int main(int argc, char **argv)
{
	char *words[1000];
	struct timespec ts;
	unsigned seed = 1;

	for (int i = 0; i < 1000; i++) {
		words[i] = malloc(8 + i % 100);
		seed = seed * 1103515245 + 12345;
		snprintf(words[i], 8, "w%06u", seed % 1000000);
	}
	qsort(words, 1000, sizeof(*words), compare);
	printf("hello from musl: %s %s %s, %d argument(s)\n", words[0], words[500], words[999], argc - 1);
	printf("%.12f %a %Lg\n", sin(1.0), sqrt(2.0), 1.0L / 3);
	char *big = realloc(malloc(100), 10 << 20);
	memset(big, 'x', 10 << 20);
	printf("%c, clock works: %d\n", big[(10 << 20) - 1], clock_gettime(CLOCK_MONOTONIC, &ts) == 0);
	free(big);
	return 7;
}
