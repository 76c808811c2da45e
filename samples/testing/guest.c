// SPDX-License-Identifier: GPL-2.0-or-later
/* What the examples run and look at: a small static program with something of everything. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int depth;
char buffer[64];

__attribute__((noipa)) int bottom(int left)
{
	buffer[0] = (char)('0' + left);
	return depth;
}

__attribute__((noipa)) int down(int left)
{
	depth++;
	return left > 1 ? down(left - 1) + 0 : bottom(left) + 0;
}

/* For those who call functions from outside. */
__attribute__((noipa)) long sum(const int *numbers, long n)
{
	long s = 0;

	for (long i = 0; i < n; i++)
		s += numbers[i];
	return s;
}

__attribute__((noipa)) double scale(double x, int by, double plus)
{
	return x * by + plus;
}

__attribute__((noipa)) long spin(long rounds)
{
	for (volatile long i = 0; i < rounds; i++)
		;
	return rounds;
}

/* Allocation failures are to be survived. */
__attribute__((noipa)) int careful(size_t size)
{
	char *p = malloc(size);

	if (!p)
		return -errno;
	memset(p, 1, size);
	free(p);
	return 0;
}

/* A parser with a bug: a length is trusted. */
__attribute__((noipa)) int parse(const char *text)
{
	char name[8];
	int n = text[0] - '0';

	if (text[0] != '#' && (n < 0 || n > 9))
		return -1;
	if (text[0] == '#')
		n = atoi(text + 1);
	memcpy(name, text + 1, (size_t)n);
	__asm__ volatile("" : : "r"(name) : "memory");
	return n;
}

int main(int argc, char **argv)
{
	int ret = down(argc > 1 ? atoi(argv[1]) : 3);

	if (argc > 2)
		printf("hello, %s\n", argv[2]);
	return ret;
}
