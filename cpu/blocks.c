// SPDX-License-Identifier: GPL-2.0-or-later
/* blocks: telling somebody of each basic block before it runs. */
#include <errno.h>
#include "cpu/engine.h"

static void on_block(uc_engine *uc, uint64_t addr, uint32_t size, void *arg)
{
	struct cpu *cpu = arg;

	(void)uc;
	if (cpu->block_fn)
		cpu->block_fn(cpu->block_arg, addr, size);
}

int cpu_watch_blocks(struct cpu *cpu, void (*fn)(void *arg, u64 addr, u32 size), void *arg)
{
	if (fn && cpu->block_fn)
		return -EBUSY;
	if (!fn == !cpu->block_fn)
		return 0;
	if (fn && uc_hook_add(cpu->uc, &cpu->block_hook, UC_HOOK_BLOCK, on_block, cpu, 1, 0))
		return -ENOMEM;
	if (!fn)
		uc_hook_del(cpu->uc, cpu->block_hook);
	cpu->block_fn = fn;
	cpu->block_arg = arg;
	/* Whether the hook is called is part of the translated code. */
	cpu_code_flush(cpu, ~0UL);
	cpu_tlb_flush(cpu, 0, ~0UL);
	return 0;
}
