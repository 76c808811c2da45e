// SPDX-License-Identifier: GPL-2.0-or-later
/* ulk run: run a program as if the host's kernel did. */
#include <errno.h>
#include <malloc.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include "cli/cli.h"
#include "procfs/procfs.h"

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
	printf("vendor     %.4s%.4s%.4s\nflags      ", (char *)&r[1], (char *)&r[3], (char *)&r[2]);
	proc_put_cpu_flags(cpu, "", stdout);
	putchar('\n');
	print_leaves(cpu, 0);
	print_leaves(cpu, 0x80000000);
	return launch_free(l, cli_close_stdout());
}

/*
 * The engine's tables take most of a megabyte, touched page by page. One populated piece of heap for them
 * saves two hundred page faults, a tenth of a short run. The thresholds keep malloc from mapping or giving it
 * back.
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
		madvise(start, (size_t)(end - start), MADV_POPULATE_WRITE); /* a hint: old kernels refuse */
}

int run_program(struct launch *l)
{
	struct ulk_result result;
	int status;

	if (l->config.deterministic && !enter_namespace())
		cli_err("no namespace for process ids (%s): they are the host's", strerror(errno));
	populate_heap();
	status = launch_load(l);
	if (status)
		return launch_free(l, status);
	if (ulk_run(l->machine, &result)) {
		cli_err("%s: %s", l->path, ulk_machine_error(l->machine));
		return launch_free(l, EXIT_ULK);
	}
	if (result.end == ULK_END_ERROR)
		return launch_free(l, EXIT_ULK);
	launch_end(l, &result);
}

static int run_main(int argc, char **argv)
{
	struct launch l = {};

	launch_parse(
		&l, argc, argv, LAUNCH_RUN,
		"Run PROGRAM on an emulated CPU, with ulk as its kernel.\v"
		"The exit status is the program's; 125 when ulk itself failed, 126 when PROGRAM cannot be "
		"executed, 127 when it was not found. When the program dies of a signal, so does ulk.");
	if (l.cpuid)
		return print_cpuid(&l);
	if (l.debugged)
		return run_for_gdb(&l);
	return l.save ? save_snapshot(&l) : run_program(&l);
}

const struct verb verb_run = {"run", "run a program", run_main};
