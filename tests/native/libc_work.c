// SPDX-License-Identifier: GPL-2.0-or-later
// The C library at work: allocator, strings at all alignments, stdio, sorting, numbers, setjmp, time,
// environment.
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <setjmp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include <wchar.h>

static uint32_t seed = 99;

static uint32_t next(void)
{
	return seed = seed * 1664525 + 1013904223;
}

static void allocator(void)
{
	enum { N = 500 };
	unsigned char *p[N] = {0};
	size_t size[N] = {0};
	unsigned long bad = 0, total = 0;

	for (int i = 0; i < 20000; i++) {
		int k = next() % N;

		for (size_t j = 0; j < size[k]; j += 97)
			bad += p[k][j] != (unsigned char)k;
		if (next() % 3 == 0) {
			free(p[k]);
			p[k] = NULL;
			size[k] = 0;
			continue;
		}
		// Now and then past the threshold where malloc uses mmap, and mremap to grow.
		size[k] = next() % 50 ? next() % 3000 : 100000 + next() % 500000;
		p[k] = realloc(p[k], size[k]);
		memset(p[k], k, size[k]);
		total += size[k];
	}
	printf("malloc: %lu bytes in all, %lu wrong\n", total, bad);
}

static void strings(void)
{
	static char a[600], b[600];
	unsigned long sum = 0;

	for (int from = 0; from < 33; from++) {
		for (int to = 0; to < 33; to += 3) {
			for (int len = 0; len < 300; len = len * 3 / 2 + 1) {
				memset(a, 'a', sizeof(a));
				memset(b, 0, sizeof(b));
				a[from + len] = 0;
				memcpy(b + to, a + from, len + 1);
				sum = sum * 31 + strlen(b + to) + (strcmp(a + from, b + to) == 0) +
				      strnlen(a + from, 64);
				if (len)
					b[to + len - 1] = 'b';
				sum = sum * 31 + (strcmp(a + from, b + to) < 0) +
				      (memcmp(a + from, b + to, len) < 0);
				sum = sum * 31 + (strchr(b + to, 'b') ? strchr(b + to, 'b') - b : 1000);
				memmove(a + from + 1, a + from, len);
				sum = sum * 31 + (strrchr(a + from, 'a') ? strrchr(a + from, 'a') - a : 2000);
			}
		}
	}
	printf("strings: %lx, %s, %zu\n", sum, strstr("a needle in a haystack of needles", "needles"),
	       strspn("aabbcc", "ab"));
}

static int compare(const void *x, const void *y)
{
	uint32_t a = *(const uint32_t *)x, b = *(const uint32_t *)y;

	return (a > b) - (a < b);
}

static jmp_buf env;

__attribute__((noinline)) static void jump(int depth)
{
	if (depth == 0)
		longjmp(env, 17);
	if (seed)
		jump(depth - 1);
}

int main(void)
{
	static uint32_t numbers[50000];
	char line[128];
	time_t t = 1234567890;
	struct tm tm;
	FILE *f;
	int r;

	allocator();
	strings();
	for (int i = 0; i < 50000; i++)
		numbers[i] = next();
	qsort(numbers, 50000, sizeof(*numbers), compare);
	printf("sorted: %u %u %u\n", numbers[0], numbers[25000], numbers[49999]);
	r = setjmp(env);
	if (!r)
		jump(50);
	printf("longjmp: %d\n", r);
	f = fopen("file", "w+");
	if (!f)
		return 1;
	setvbuf(f, NULL, _IOFBF, 1000);
	for (int i = 0; i < 1000; i++)
		fprintf(f, "line %d %s\n", i, i % 7 ? "" : "seven");
	fseek(f, -30, SEEK_END);
	while (fgets(line, sizeof(line), f))
		fputs(line, stdout);
	printf("at %ld, eof %d\n", ftell(f), feof(f) != 0);
	fclose(f);
	printf("%.15g %.15g %.3e %a %10.4f|%-8d|%+d|%#x|%5.2s|%c\n", strtod("3.141592653589793", NULL), 1e23,
	       12345.678, 0.1, 2.0 / 3, 42, 7, 255, "string", 'c');
	printf("%.10f %.10f %.10f %.10f\n", sin(1), pow(2, 0.5), log(10), exp(-1));
	errno = 0;
	printf("%ld %d %lu\n", strtol("99999999999999999999", NULL, 10), errno, strtoul("0xff", NULL, 0));
	gmtime_r(&t, &tm);
	strftime(line, sizeof(line), "%Y-%m-%d %H:%M:%S %A", &tm);
	printf("%s\n", line);
	printf("%s %d\n", getenv("HOME"), getenv("NOT_THERE") != NULL);
	setenv("NEW", "value", 1);
	printf("%s\n", getenv("NEW"));
	printf("%ls %zu\n", L"wide", wcslen(L"characters"));
	f = fopen("/does/not/exist", "r");
	printf("%d %s\n", f != NULL, strerror(errno));
	fflush(stdout);
	dprintf(2, "%s\n", "to stderr");
	return 0;
}
