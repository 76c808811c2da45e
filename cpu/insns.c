// SPDX-License-Identifier: GPL-2.0-or-later
/* insns: telling somebody of each instruction in a range. Only blocks that begin there pay: the call is put into them when
 * they are translated. */
#include <errno.h>
#include "cpu/engine.h"

static void on_insn(uc_engine *uc, uint64_t addr, uint32_t size, void *arg)
{
	struct cpu *cpu = arg;
	struct cpu_regs regs;

	if (!cpu->insn_fn)
		return;
	regs_now(cpu, addr, &regs);
	cpu->insn_fn(cpu->arg, &regs);
}

int cpu_watch_insns(struct cpu *cpu, u64 begin, u64 end, void (*fn)(void *arg, const struct cpu_regs *regs))
{
	if (cpu->insn_fn) {
		uc_hook_del(cpu->uc, cpu->insn_hook);
		cpu->insn_fn = NULL;
		cpu->flush_code = cpu->flush_code || cpu->fills;
	}
	if (!fn)
		return 0;
	if (begin >= end)
		return -EINVAL;
	/* Unicorn's ends are inclusive. */
	if (uc_hook_add(cpu->uc, &cpu->insn_hook, UC_HOOK_CODE, (void *)on_insn, cpu, begin, end - 1))
		return -ENOMEM;
	cpu->insn_fn = fn;
	cpu->flush_code = cpu->flush_code || cpu->fills;
	return 0;
}
