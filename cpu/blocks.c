// SPDX-License-Identifier: GPL-2.0-or-later
/* blocks: telling whoever wants to know of each basic block before it runs. */
#include <errno.h>
#include "cpu/engine.h"

static void on_block(uc_engine *uc, uint64_t addr, uint32_t size, void *arg)
{
	struct cpu *cpu = arg;

	(void)uc;
	for (u32 i = 0; i < cpu->nr_block_watches; i++)
		cpu->block_watch[i].fn(cpu->block_watch[i].arg, addr, size);
}

/* Whether the hook is called is part of the translated code. */
static void forget_code(struct cpu *cpu)
{
	cpu_code_flush(cpu, ~0UL);
	cpu_tlb_flush(cpu, 0, ~0UL);
}

int cpu_watch_blocks(struct cpu *cpu, void (*fn)(void *arg, u64 addr, u32 size), void *arg)
{
	if (cpu->nr_block_watches == CPU_BLOCK_WATCHES)
		return -EBUSY;
	if (!cpu->nr_block_watches) {
		if (uc_hook_add(cpu->uc, &cpu->block_hook, UC_HOOK_BLOCK, on_block, cpu, 1, 0))
			return -ENOMEM;
		forget_code(cpu);
	}
	cpu->block_watch[cpu->nr_block_watches].fn = fn;
	cpu->block_watch[cpu->nr_block_watches++].arg = arg;
	return 0;
}

void cpu_unwatch_blocks(struct cpu *cpu, const void *arg)
{
	u32 kept = 0;

	for (u32 i = 0; i < cpu->nr_block_watches; i++) {
		if (cpu->block_watch[i].arg != arg)
			cpu->block_watch[kept++] = cpu->block_watch[i];
	}
	if (kept == cpu->nr_block_watches)
		return;
	cpu->nr_block_watches = kept;
	if (kept)
		return;
	uc_hook_del(cpu->uc, cpu->block_hook);
	forget_code(cpu);
}
