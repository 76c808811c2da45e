/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * huge: what smaps and status say of an area of 16 MiB, for the tests of huge pages and of advice about pages.
 *
 * A host with DAMON (kdamond) samples pages: it takes the accessed bit of a PTE and marks the page young instead, which
 * shows as "Referenced" of memory that nobody touched (2 of 700 native runs). It and compaction may also split a huge
 * page, or take away a page of the program's text that is then a fault more. That happens to any page at any time, so a
 * test that uses this says pairs=3: what is ulk's happens every time.
 */
#ifndef TESTS_NATIVE_HUGE_H
#define TESTS_NATIVE_HUGE_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include "show.h"

#define M2   (2UL << 20)
#define PAGE 4096UL

static volatile char *area;
static const size_t area_size = 8 * M2;

static long faults(void)
{
	struct rusage ru;

	getrusage(RUSAGE_SELF, &ru);
	return ru.ru_minflt;
}

/* Lines of smaps, added up over the area. */
static void sizes(const char *const *names, long *sum, int nr)
{
	unsigned long start, end;
	char line[512];
	int in = 0;
	FILE *f = fopen("/proc/self/smaps", "r");

	memset(sum, 0, nr * sizeof(*sum));
	while (f && fgets(line, sizeof(line), f)) {
		size_t len = strcspn(line, ":");

		if (sscanf(line, "%lx-%lx ", &start, &end) == 2 && strspn(line, "0123456789abcdef") >= 6)
			in = start < (unsigned long)area + area_size && end > (unsigned long)area;
		for (int i = 0; i < nr && in; i++)
			if (strlen(names[i]) == len && !strncmp(line, names[i], len))
				sum[i] += atol(line + len + 1);
	}
	if (f)
		fclose(f);
}

static long page_tables(void)
{
	char line[128];
	long kb = 0;
	FILE *f = fopen("/proc/self/status", "r");

	while (fgets(line, sizeof(line), f))
		sscanf(line, "VmPTE: %ld", &kb);
	fclose(f);
	return kb;
}

static void report(const char *what, long flt)
{
	static const char *const names[] = {"Rss", "AnonHugePages", "Private_Dirty", "Shared_Dirty", "Referenced",
					    "LazyFree"};
	static long base;
	long sum[6];

	sizes(names, sum, 6);
	if (!base)
		base = page_tables();
	/* Small pages become lazily freed when a CPU has gathered some: only those of huge pages are sure. */
	printf("%s: faults %ld rss %ld huge %ld dirty %ld+%ld ref %ld lazy %ld tables %+ld\n", what, flt, sum[0], sum[1],
	       sum[2], sum[3], sum[4], sum[5] & ~63, page_tables() - base);
}

/* Do it, count its faults, and show what came of it. */
#define DO(...)                                                                                              \
	do {                                                                                                 \
		long before_ = faults();                                                                     \
		__VA_ARGS__;                                                                                 \
		report(#__VA_ARGS__, faults() - before_);                                                    \
	} while (0)

/* The area anew: private, empty; advised as said (or 0). */
static inline void fresh(int advice)
{
	munmap((void *)area, area_size);
	area = mmap((void *)area, area_size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
	if (advice)
		madvise((void *)area, area_size, advice);
}

static inline void area_init(void)
{
	static const char *const huge[] = {"AnonHugePages"};
	long kb;

	setvbuf(stdout, NULL, _IOFBF, 1 << 16);
	area = mmap(NULL, area_size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	report("start", 0);
	fresh(MADV_HUGEPAGE);
	area[0] = 1;
	sizes(huge, &kb, 1);
	if (kb != 2048) {
		fputs("no huge page to be had\n", stderr);
		exit(77);
	}
	fresh(0);
}

#endif
