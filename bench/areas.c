// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * areas: what the memory calls cost while there are many VMAs.
 *
 *   areas LOAD COUNT [SCALE]
 *
 * COUNT areas are made first, and the load is done in, beside or with them. It prints "CHECKSUM NANOSECONDS
 * CPU_NANOSECONDS", both per call (per page where pages are touched), without the preparation.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define PAGE	    4096ul
#define FORK_BYTES  (1ul << 30)
#define STORM_PAGES 60000ul

static uint64_t elapsed, elapsed_cpu, calls, checksum;

static uint64_t now(clockid_t clock)
{
	struct timespec ts;

	clock_gettime(clock, &ts);
	return ts.tv_sec * 1000000000ull + ts.tv_nsec;
}

static void begin(void)
{
	elapsed -= now(CLOCK_MONOTONIC);
	elapsed_cpu -= now(CLOCK_PROCESS_CPUTIME_ID);
}

static void end(uint64_t n)
{
	elapsed_cpu += now(CLOCK_PROCESS_CPUTIME_ID);
	elapsed += now(CLOCK_MONOTONIC);
	calls += n;
}

static void fail(const char *what)
{
	perror(what);
	exit(1);
}

static char *map(size_t len, int prot)
{
	char *p = mmap(NULL, len, prot, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	if (p == MAP_FAILED)
		fail("mmap");
	madvise(p, len, MADV_NOHUGEPAGE);
	return p;
}

static void protect(char *p, size_t len, int prot)
{
	if (mprotect(p, len, prot))
		fail("mprotect");
}

/* COUNT areas beside the load: every other page of a reservation is readable. */
static void many_areas(long count)
{
	char *base = map(count * PAGE, PROT_NONE);

	for (long i = 0; i < count; i += 2)
		protect(base + i * PAGE, PAGE, PROT_READ);
}

/* @bytes cut into COUNT areas, all writable: every other one is also executable. */
static char *cut_areas(size_t bytes, long count, size_t *piece)
{
	char *base;

	*piece = bytes / count & -PAGE;
	base = map(*piece * count, PROT_READ | PROT_WRITE);
	for (long i = 1; i < count; i += 2)
		protect(base + i * *piece, *piece, PROT_READ | PROT_WRITE | PROT_EXEC);
	return base;
}

static void touch(char *p, size_t bytes)
{
	for (size_t i = 0; i < bytes; i += PAGE)
		p[i] = (char)i;
}

/* mmap and munmap of two pages, beside the others. */
static void do_mmap(long count, long scale)
{
	many_areas(count);
	begin();
	for (long i = 0; i < scale * 5000; i++) {
		char *p = mmap(NULL, 2 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

		checksum += p != MAP_FAILED;
		munmap(p, 2 * PAGE);
	}
	end(scale * 5000);
}

/* Every other page of COUNT loses its protection, which makes the areas, and gets it back. */
static void do_mprotect(long count, long scale)
{
	char *base = map(count * PAGE, PROT_READ);
	long rounds = scale * 6000 / count + 1;

	for (long round = 0; round < rounds; round++) {
		begin();
		for (long i = 1; i < count; i += 2)
			protect(base + i * PAGE, PAGE, PROT_NONE);
		for (long i = 1; i < count; i += 2)
			protect(base + i * PAGE, PAGE, PROT_READ);
		end(count / 2 * 2);
	}
	checksum = *(unsigned char *)base;
}

/* The first store to each page of COUNT areas, which are 60,000 pages in all. */
static void do_fault(long count, long scale)
{
	size_t piece;
	char *base = cut_areas(STORM_PAGES * PAGE, count, &piece);

	for (long round = 0; round < scale; round++) {
		begin();
		touch(base, piece * count);
		end(piece * count / PAGE);
		checksum += base[piece];
		madvise(base, piece * count, MADV_DONTNEED);
	}
}

/* A child that ends at once, or stores to each page first; the parent has 1 GiB in COUNT areas. */
static void forks(long count, long scale, int child_touches)
{
	size_t piece;
	char *base = cut_areas(FORK_BYTES, count, &piece);
	int status;

	touch(base, piece * count);
	for (long round = 0; round < scale; round++) {
		begin();
		if (!fork()) {
			if (child_touches)
				touch(base, piece * count);
			_exit(base[piece]);
		}
		if (wait(&status) < 0)
			fail("wait");
		end(1);
		checksum += WEXITSTATUS(status);
	}
}

static void do_fork(long count, long scale)
{
	forks(count, scale, 0);
}

static void do_fork_touch(long count, long scale)
{
	forks(count, scale, 1);
}

/* Four pages with content move to and fro between two places, beside the others. */
static void do_mremap(long count, long scale)
{
	char *from = map(4 * PAGE, PROT_READ | PROT_WRITE), *to = map(64 * PAGE, PROT_NONE) + 16 * PAGE, *p;

	many_areas(count);
	touch(from, 4 * PAGE);
	begin();
	for (long i = 0; i < scale * 2000; i++) {
		p = mremap(from, 4 * PAGE, 4 * PAGE, MREMAP_MAYMOVE | MREMAP_FIXED, to);
		if (p != to)
			fail("mremap");
		to = from;
		from = p;
	}
	end(scale * 2000);
	checksum = from[PAGE];
}

static const struct {
	const char *name;
	void (*run)(long count, long scale);
	long scale;
} loads[] = {
	{"mmap", do_mmap, 8}, {"mprotect", do_mprotect, 10},	{"fault", do_fault, 4},
	{"fork", do_fork, 5}, {"fork-touch", do_fork_touch, 2}, {"mremap", do_mremap, 10},
};

int main(int argc, char **argv)
{
	size_t i;

	for (i = 0; i < sizeof(loads) / sizeof(loads[0]); i++) {
		if (argc < 3 || strcmp(argv[1], loads[i].name))
			continue;
		loads[i].run(atol(argv[2]), argc > 3 ? atol(argv[3]) : loads[i].scale);
		printf("%llx %llu %llu\n", (unsigned long long)checksum,
		       (unsigned long long)(elapsed / calls), (unsigned long long)(elapsed_cpu / calls));
		return 0;
	}
	fprintf(stderr, "usage: areas LOAD COUNT [SCALE]; loads:");
	for (i = 0; i < sizeof(loads) / sizeof(loads[0]); i++)
		fprintf(stderr, " %s", loads[i].name);
	fprintf(stderr, "\n");
	return 2;
}
