// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * edges: counting which block follows which, for fuzzers: a byte for each pair, in a map whose size is a power of two. Different
 * pairs may share a byte, as in AFL's own instrumentation. A byte that overflows goes on at 1, so that what ran never looks as
 * if it had not.
 */
#include <errno.h>
#include "cpu/engine.h"

static void on_edge(uc_engine *uc, uint64_t addr, uint32_t size, void *arg)
{
	struct cpu *cpu = arg;
	/* Blocks lie close together: the high bits of the product depend on all of the address. */
	u32 here = (u32)(addr * 0x9e3779b97f4a7c15UL >> 32);
	u8 *count = &cpu->edges[(here ^ cpu->edge_from) & cpu->edges_mask], next = (u8)(*count + 1);

	(void)uc;
	(void)size;
	*count = next ? next : 1;
	/* Halved, so that A to B is another edge than B to A. */
	cpu->edge_from = (here & cpu->edges_mask) >> 1;
}

int cpu_count_edges(struct cpu *cpu, u8 *map, u32 size)
{
	if (map && (!size || (size & (size - 1))))
		return -EINVAL;
	cpu->edge_from = 0;
	if (map && cpu->edges) {
		cpu->edges = map;
		cpu->edges_mask = size - 1;
		return 0;
	}
	if (!map && !cpu->edges)
		return 0;
	if (map && uc_hook_add(cpu->uc, &cpu->edges_hook, UC_HOOK_BLOCK, on_edge, cpu, 1, 0))
		return -ENOMEM;
	if (!map)
		uc_hook_del(cpu->uc, cpu->edges_hook);
	cpu->edges = map;
	cpu->edges_mask = map ? size - 1 : 0;
	/* Whether the hook is called is part of the translated code. */
	cpu_code_flush(cpu, ~0UL);
	cpu_tlb_flush(cpu, 0, ~0UL);
	return 0;
}
