// SPDX-License-Identifier: GPL-2.0-or-later
/* OpenMP: loops, reductions, tasks, sections, locks, on a fixed number of threads. */
#include <omp.h>
#include <stdio.h>

static long fib(int n)
{
	long a, b;

	if (n < 2)
		return n;
#pragma omp task shared(a) if (n > 10)
	a = fib(n - 1);
#pragma omp task shared(b) if (n > 10)
	b = fib(n - 2);
#pragma omp taskwait
	return a + b;
}

int main(void)
{
	static int seen[4], cells[10000];
	double sum = 0;
	long f = 0, total = 0;
	omp_lock_t lock;

	omp_set_dynamic(0);
	omp_set_num_threads(4);
#pragma omp parallel for reduction(+ : sum) schedule(dynamic, 1000)
	for (int i = 0; i < 400000; i++)
		sum += i;
	printf("%.0f\n", sum);
#pragma omp parallel
	{
		seen[omp_get_thread_num()]++;
#pragma omp barrier
#pragma omp for schedule(static)
		for (int i = 0; i < 10000; i++)
			cells[i] = i * omp_get_num_threads();
#pragma omp single
		f = fib(16);
#pragma omp critical
		total += f;
	}
	printf("%d%d%d%d %d %ld %ld\n", seen[0], seen[1], seen[2], seen[3], cells[9999], f, total);
	omp_init_lock(&lock);
	total = 0;
#pragma omp parallel for
	for (int i = 0; i < 2000; i++) {
		omp_set_lock(&lock);
		total += i;
		omp_unset_lock(&lock);
	}
#pragma omp parallel sections reduction(+ : total)
	{
#pragma omp section
		total += 1;
#pragma omp section
		total += 2;
	}
	printf("%ld\n", total);
	return 0;
}
