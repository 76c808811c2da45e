// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What going back to a snapshot costs: a process with 256 MiB mapped and touched, of which 50 pages are stored to between
 * the snapshot and each restore. Prints the median, in microseconds, of ulk_restore() alone and of a whole round (stores by
 * the program itself included), and whether it got slower from the first to the last of 100,000 rounds.
 *
 *	snapshot GUEST [ROUNDS [PAGES]]        GUEST: this program, linked statically (it is its own guest)
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <time.h>

#define MAPPED (256UL << 20)

#ifdef GUEST
char *volatile memory;
volatile long pages, rounds;

__attribute__((noipa)) void touch(void)
{
	for (long i = 0; i < pages; i++)
		memory[i * (MAPPED / 4096 / pages) * 4096] += 1;
}

__attribute__((noipa)) void ready(void)
{
	rounds++;
}

int main(int argc, char **argv)
{
	pages = argc > 1 ? atol(argv[1]) : 50;
	memory = mmap(NULL, MAPPED, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	memset(memory, 1, MAPPED);
	ready();
	touch();
	ready();
	return memory[0] != 2;
}
#else
#include <ulk.h>

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec * 1e6 + (double)t.tv_nsec / 1e3;
}

static int compare(const void *a, const void *b)
{
	return (*(const double *)a > *(const double *)b) - (*(const double *)a < *(const double *)b);
}

static double median(const double *times, long n)
{
	double *sorted = malloc((size_t)n * sizeof(double)), m;

	memcpy(sorted, times, (size_t)n * sizeof(double));
	qsort(sorted, (size_t)n, sizeof(double), compare);
	m = sorted[n / 2];
	free(sorted);
	return m;
}

int main(int argc, char **argv)
{
	long rounds = argc > 2 ? atol(argv[2]) : 2000, part = rounds / 10;
	double *restore = calloc((size_t)rounds, sizeof(double)), *round = calloc((size_t)rounds, sizeof(double));
	char *const args[] = {argv[1], argc > 3 ? argv[3] : (char *)"50", NULL}, *const env[] = {NULL};
	const struct ulk_config config = {.memory = 512 << 20};
	struct ulk_machine *m;
	struct ulk_snapshot *s;
	struct ulk_result result;
	struct rusage before, after;
	double start, middle;

	if (argc < 2 || part < 1 || ulk_machine_new(&config, &m) || ulk_load(m, argv[1], args, env) || ulk_break_at(m, "ready") ||
	    ulk_run(m, &result) || result.end != ULK_END_BREAK)
		return fprintf(stderr, "usage: snapshot GUEST [ROUNDS [PAGES]]\n"), 1;
	start = now();
	if (ulk_snapshot(m, NULL, &s))
		return fprintf(stderr, "%s\n", ulk_machine_error(m)), 1;
	printf("taking it: %.0f us\n", now() - start);
	for (long i = 0; i < rounds; i++) {
		start = now();
		if (ulk_run(m, &result) || result.end != ULK_END_BREAK)
			return fprintf(stderr, "round %ld: ended\n", i), 1;
		middle = now();
		if (ulk_restore(m, s))
			return fprintf(stderr, "round %ld: %s\n", i, ulk_machine_error(m)), 1;
		restore[i] = now() - middle;
		round[i] = now() - start;
		if (i == part)
			getrusage(RUSAGE_SELF, &before);
	}
	getrusage(RUSAGE_SELF, &after);
	printf("pages brought back: %lu\nrestore: %.1f us\nround: %.1f us\n", (unsigned long)ulk_snapshot_pages(s),
	       median(restore, rounds), median(round, rounds));
	printf("first and last tenth: %.1f us, %.1f us; memory grew by %ld KiB\n", median(restore, part),
	       median(restore + rounds - part, part), after.ru_maxrss - before.ru_maxrss);
	ulk_machine_free(m);
	free(restore);
	free(round);
	return 0;
}
#endif
