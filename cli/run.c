// SPDX-License-Identifier: GPL-2.0-or-later
/* ulk run: run a program as if the host's kernel did. */
#include <malloc.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>
#include "cli/cli.h"

/* /proc/cpuinfo's names for the bits that programs look for. */
struct cpu_flag {
	u32 leaf;
	u8 reg, bit;           /* register: 0 eax .. 3 edx */
	const char *name;
};

static const struct cpu_flag cpu_flags[] = {
	{ 1, 3, 0, "fpu" }, { 1, 3, 4, "tsc" }, { 1, 3, 8, "cx8" }, { 1, 3, 15, "cmov" }, { 1, 3, 19, "clflush" },
	{ 1, 3, 23, "mmx" }, { 1, 3, 24, "fxsr" }, { 1, 3, 25, "sse" }, { 1, 3, 26, "sse2" }, { 1, 2, 0, "pni" },
	{ 1, 2, 1, "pclmulqdq" }, { 1, 2, 9, "ssse3" }, { 1, 2, 12, "fma" }, { 1, 2, 13, "cx16" },
	{ 1, 2, 19, "sse4_1" }, { 1, 2, 20, "sse4_2" }, { 1, 2, 22, "movbe" }, { 1, 2, 23, "popcnt" },
	{ 1, 2, 25, "aes" }, { 1, 2, 26, "xsave" }, { 1, 2, 27, "osxsave" }, { 1, 2, 28, "avx" }, { 1, 2, 29, "f16c" },
	{ 1, 2, 30, "rdrand" }, { 1, 2, 31, "hypervisor" }, { 7, 1, 0, "fsgsbase" }, { 7, 1, 3, "bmi1" },
	{ 7, 1, 5, "avx2" }, { 7, 1, 8, "bmi2" }, { 7, 1, 9, "erms" }, { 7, 1, 16, "avx512f" }, { 7, 1, 18, "rdseed" },
	{ 7, 1, 19, "adx" }, { 7, 1, 23, "clflushopt" }, { 7, 1, 24, "clwb" }, { 7, 1, 29, "sha_ni" },
	{ 0x80000001, 3, 11, "syscall" }, { 0x80000001, 3, 20, "nx" }, { 0x80000001, 3, 26, "pdpe1gb" },
	{ 0x80000001, 3, 27, "rdtscp" }, { 0x80000001, 3, 29, "lm" }, { 0x80000001, 3, 30, "3dnowext" },
	{ 0x80000001, 3, 31, "3dnow" }, { 0x80000001, 2, 0, "lahf_lm" }, { 0x80000001, 2, 5, "abm" },
	{ 0x80000001, 2, 6, "sse4a" }, { 0x80000001, 2, 8, "3dnowprefetch" },
};

static void print_leaves(struct cpu *cpu, u32 first)
{
	u32 r[4], last;

	cpu_cpuid(cpu, first, 0, r);
	last = r[0];
	if (last < first || last - first > 64)
		last = first;
	for (u32 leaf = first; leaf <= last; leaf++) {
		cpu_cpuid(cpu, leaf, 0, r);
		printf("%08x  eax %08x ebx %08x ecx %08x edx %08x\n", leaf, r[0], r[1], r[2], r[3]);
	}
}

static int print_cpuid(struct launch *l)
{
	struct cpu *cpu;
	u32 r[4];

	if (ulk_machine_new(&l->config, &l->machine)) {
		cli_err("%s", ulk_machine_error(l->machine));
		return EXIT_ULK;
	}
	cpu = launch_task(l)->ulk->cpu;
	cpu_cpuid(cpu, 0, 0, r);
	printf("vendor    %.4s%.4s%.4s\nflags    ", (char *)&r[1], (char *)&r[3], (char *)&r[2]);
	for (size_t i = 0; i < ARRAY_SIZE(cpu_flags); i++) {
		cpu_cpuid(cpu, cpu_flags[i].leaf, 0, r);
		if (r[cpu_flags[i].reg] & 1U << cpu_flags[i].bit)
			printf(" %s", cpu_flags[i].name);
	}
	putchar('\n');
	print_leaves(cpu, 0);
	print_leaves(cpu, 0x80000000);
	return launch_free(l, cli_close_stdout());
}

/*
 * The engine's tables take most of a megabyte, touched page by page. One populated piece of heap for them saves
 * two hundred page faults, a tenth of a short run. The thresholds keep malloc from mapping or giving it back.
 */
static void populate_heap(void)
{
	const size_t size = 1 << 20;
	char *start, *end;
	void *volatile piece;

	mallopt(M_MMAP_THRESHOLD, 8 * (int)size);
	mallopt(M_TRIM_THRESHOLD, 64 * (int)size);
	mallopt(M_TOP_PAD, (int)size);
	start = sbrk(0);
	piece = malloc(size / 4);
	free(piece);
	mallopt(M_TOP_PAD, 128 << 10);
	end = sbrk(0);
	start = (char *)PAGE_ALIGN((uintptr_t)start);
	if (end > start)
		madvise(start, (size_t)(end - start), MADV_POPULATE_WRITE);   /* a hint: old kernels refuse */
}

static int run_main(int argc, char **argv)
{
	struct launch l = {};
	struct ulk_result result;
	int status;

	launch_parse(&l, argc, argv, false,
		     "Run PROGRAM on an emulated CPU, with ulk as its kernel.\v"
		     "The exit status is the program's; 125 when ulk itself failed, 126 when PROGRAM cannot be "
		     "executed, 127 when it was not found. When the program dies of a signal, so does ulk.");
	if (l.cpuid)
		return print_cpuid(&l);
	populate_heap();
	status = launch_load(&l);
	if (status)
		return launch_free(&l, status);
	if (ulk_run(l.machine, &result)) {
		cli_err("%s: %s", l.path, ulk_machine_error(l.machine));
		return launch_free(&l, EXIT_ULK);
	}
	if (result.end == ULK_END_ERROR)
		return launch_free(&l, EXIT_ULK);
	launch_end(&l, &result);
}

const struct verb verb_run = { "run", "run a program", run_main };
