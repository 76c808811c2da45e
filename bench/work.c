// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * work: the loads that scripts/bench measures, one per name:
 *
 *   work NAME [SCALE]
 *
 * It prints "CHECKSUM NANOSECONDS CPU_NANOSECONDS": elapsed time and time of the CPU, both the load's own,
 * without start-up and preparation; the checksum must be the same wherever it runs. SCALE multiplies the
 * amount of work.
 */
#include "work.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

static uint64_t now(clockid_t clock)
{
	struct timespec ts;

	clock_gettime(clock, &ts);
	return ts.tv_sec * 1000000000ull + ts.tv_nsec;
}

static void *map(size_t len)
{
	void *p = mmap(NULL, len, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (p == MAP_FAILED) {
		perror("mmap");
		exit(1);
	}
	return p;
}

static uint32_t next(uint32_t *seed)
{
	*seed ^= *seed << 13;
	*seed ^= *seed >> 17;
	*seed ^= *seed << 5;
	return *seed;
}

/* ---- integer ---- */

static void sort(uint32_t *a, long lo, long hi)
{
	while (lo < hi) {
		uint32_t pivot = a[(lo + hi) / 2];
		long i = lo, j = hi;

		while (i <= j) {
			while (a[i] < pivot)
				i++;
			while (a[j] > pivot)
				j--;
			if (i <= j) {
				uint32_t t = a[i];
				a[i++] = a[j];
				a[j--] = t;
			}
		}
		if (j - lo < hi - i) {
			sort(a, lo, j);
			lo = i;
		} else {
			sort(a, i, hi);
			hi = j;
		}
	}
}

static uint64_t collatz(uint64_t limit)
{
	uint64_t best = 0, steps;

	for (uint64_t start = 1; start < limit; start++) {
		steps = 0;
		for (uint64_t n = start; n != 1; steps++)
			n = n & 1 ? 3 * n + 1 : n / 2;
		if (steps > best)
			best = steps;
	}
	return best;
}

static uint64_t sieve(uint8_t *composite, uint32_t limit)
{
	uint64_t primes = 0;

	memset(composite, 0, limit);
	for (uint32_t i = 2; i < limit; i++) {
		if (composite[i])
			continue;
		primes++;
		for (uint64_t j = (uint64_t)i * i; j < limit; j += i)
			composite[j] = 1;
	}
	return primes;
}

static uint64_t do_integer(long scale)
{
	enum { SORTED = 200000, LIMIT = 1000000 };
	uint32_t *a = map(SORTED * sizeof(*a));
	uint8_t *composite = map(LIMIT);
	uint32_t seed = 1;
	uint64_t sum = 0;

	for (long round = 0; round < scale; round++) {
		for (int i = 0; i < SORTED; i++)
			a[i] = next(&seed);
		sort(a, 0, SORTED - 1);
		sum = sum * 31 + a[SORTED / 2];
		sum += collatz(100000) + sieve(composite, LIMIT);
		for (uint64_t d = 1; d < 30000; d++)
			sum += 0x123456789abcdefull / d + 0x123456789abcdefull % d;
	}
	return sum;
}

/* ---- memory ---- */

static uint64_t do_memory(long scale)
{
	enum { BYTES = 32 << 20, LINKS = 1 << 20 };
	char *from = map(BYTES), *to = map(BYTES);
	uint32_t *link = map(LINKS * sizeof(*link)), seed = 7, at = 0;
	uint64_t sum = 0;

	memset(from, 1, BYTES);
	memset(to, 2, BYTES);
	// One random cycle through all links: each load depends on the one before.
	for (uint32_t i = 0; i < LINKS; i++)
		link[i] = i;
	for (uint32_t i = LINKS - 1; i > 0; i--) {
		uint32_t j = next(&seed) % i, t = link[i];
		link[i] = link[j];
		link[j] = t;
	}
	for (long round = 0; round < scale; round++) {
		for (int i = 0; i < 2 * LINKS; i++)
			at = link[at];
		sum += at;
		memcpy(to, from, BYTES);
		for (size_t i = 0; i < BYTES; i += 8)
			*(uint64_t *)(from + i) += i;
		for (size_t i = 0; i < BYTES; i += 256)
			to[i] += (char)i;
		for (int i = 0; i < 1000000; i++) {
			uint32_t p = next(&seed) & (BYTES - 1) & ~3u;
			*(uint32_t *)(to + p) += *(uint32_t *)(from + p);
		}
		sum = sum * 31 + *(uint64_t *)(to + BYTES / 2);
	}
	return sum;
}

/* ---- floating point ---- */

struct body {
	double x[3], v[3], mass;
};

static void advance(struct body *b, int n, double dt)
{
	for (int i = 0; i < n; i++) {
		for (int j = i + 1; j < n; j++) {
			double d[3], r2 = 0.01, mag;

			for (int k = 0; k < 3; k++) {
				d[k] = b[i].x[k] - b[j].x[k];
				r2 += d[k] * d[k];
			}
			mag = dt / (r2 * __builtin_sqrt(r2));
			for (int k = 0; k < 3; k++) {
				b[i].v[k] -= d[k] * b[j].mass * mag;
				b[j].v[k] += d[k] * b[i].mass * mag;
			}
		}
	}
	for (int i = 0; i < n; i++)
		for (int k = 0; k < 3; k++)
			b[i].x[k] += dt * b[i].v[k];
}

static uint64_t do_float(long scale)
{
	enum { N = 96 };
	static double a[N][N], b[N][N], c[N][N];
	struct body bodies[5];
	double total = 0;
	uint64_t bits;

	for (int i = 0; i < 5; i++)
		for (int k = 0; k < 3; k++)
			bodies[i] = (struct body){{i, i * 0.5, -i}, {0.1 * i, 0, 0.05}, 1.0 + i};
	for (int i = 0; i < N; i++)
		for (int j = 0; j < N; j++) {
			a[i][j] = 1.0 / (i + j + 1);
			b[i][j] = i == j ? 1.5 : 0.001 * (i - j);
		}
	for (long round = 0; round < scale; round++) {
		for (int step = 0; step < 20000; step++)
			advance(bodies, 5, 0.0005);
		for (int i = 0; i < N; i++)
			for (int j = 0; j < N; j++) {
				double s = 0;
				for (int k = 0; k < N; k++)
					s += a[i][k] * b[k][j];
				c[i][j] = s;
			}
		total += bodies[0].x[0] + c[N / 2][N / 3];
	}
	memcpy(&bits, &total, sizeof(bits));
	return bits;
}

/* ---- the kernel's work ---- */

static uint64_t do_syscall(long scale)
{
	uint64_t sum = 0;

	for (long i = 0; i < scale * 100000; i++)
		sum += syscall(SYS_getppid) > 0;
	return sum;
}

static uint64_t do_readwrite(long scale)
{
	char buffer[512];
	int null = open("/dev/null", O_WRONLY), zero = open("/dev/zero", O_RDONLY);
	uint64_t sum = 0;

	for (long i = 0; i < scale * 50000; i++)
		sum += read(zero, buffer, sizeof(buffer)) + write(null, buffer, sizeof(buffer));
	return sum;
}

static uint64_t do_fault(long scale)
{
	enum { BYTES = 16 << 20 };
	uint64_t sum = 0;

	for (long round = 0; round < scale; round++) {
		char *p = map(BYTES);

		madvise(p, BYTES, MADV_NOHUGEPAGE);
		for (size_t i = 0; i < BYTES; i += 4096)
			p[i] = 1;
		sum += p[BYTES / 2];
		munmap(p, BYTES);
	}
	return sum;
}

/* As programs with small buffers do: map, touch, unmap. */
static uint64_t do_fault_small(long scale)
{
	uint64_t sum = 0;

	for (long round = 0; round < scale * 1000; round++) {
		char *p = map(16 * 4096);

		for (size_t i = 0; i < 16 * 4096; i += 4096)
			p[i] = 1;
		sum += p[4096];
		munmap(p, 16 * 4096);
	}
	return sum;
}

/* The areas are separated by holes as wide, so that none can merge. */
static void many_areas(long count)
{
	char *base =
		mmap(NULL, 2 * count * 4096ul, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	for (long i = 0; i < count; i++)
		if (mprotect(base + 2 * i * 4096, 4096, PROT_READ) != 0) {
			perror("mprotect");
			exit(1);
		}
}

static uint64_t mmap_pairs(long scale)
{
	uint64_t sum = 0;

	for (long i = 0; i < scale * 20000; i++) {
		char *p = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

		sum += p != MAP_FAILED;
		munmap(p, 8192);
	}
	return sum;
}

static const struct load {
	const char *name;
	uint64_t (*run)(long scale);
	long areas; /* VMAs made before the time is taken, half of them by each mprotect */
	long scale; /* default */
} loads[] = {
	// clang-format off
	{"integer", do_integer, 0, 6},
	{"memory", do_memory, 0, 4},
	{"float", do_float, 0, 10},
	{"sha256", do_sha256, 0, 6},
	{"syscall", do_syscall, 0, 10},
	{"readwrite", do_readwrite, 0, 4},
	{"fault", do_fault, 0, 16},
	{"fault-small", do_fault_small, 0, 4},
	{"mmap-100", mmap_pairs, 50, 4},
	{"mmap-60000", mmap_pairs, 30000, 4},
	// clang-format on
};

int main(int argc, char **argv)
{
	for (size_t i = 0; i < sizeof(loads) / sizeof(loads[0]); i++) {
		const struct load *load = &loads[i];
		uint64_t start, start_cpu, sum;

		if (argc < 2 || strcmp(argv[1], load->name))
			continue;
		if (load->areas)
			many_areas(load->areas);
		start = now(CLOCK_MONOTONIC);
		start_cpu = now(CLOCK_PROCESS_CPUTIME_ID);
		sum = load->run(argc > 2 ? atol(argv[2]) : load->scale);
		start_cpu = now(CLOCK_PROCESS_CPUTIME_ID) - start_cpu;
		start = now(CLOCK_MONOTONIC) - start;
		printf("%llx %llu %llu\n", (unsigned long long)sum, (unsigned long long)start,
		       (unsigned long long)start_cpu);
		return 0;
	}
	fprintf(stderr, "usage: work NAME [SCALE]; names:");
	for (size_t i = 0; i < sizeof(loads) / sizeof(loads[0]); i++)
		fprintf(stderr, " %s", loads[i].name);
	fprintf(stderr, "\n");
	return 2;
}
