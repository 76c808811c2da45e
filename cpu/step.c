// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * step: running until an exit, one instruction, or a given address.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "cpu/engine.h"

/* TCG's limit. */
#define MAX_BLOCK_INSNS 512

/*
 * Execute one instruction with the trap flag, as ptrace does: blocks translated for stepping are kept apart
 * from the others by the engine, so nothing is thrown away. The flag must not be seen by the guest.
 */
void cpu_run_step(struct cpu *cpu, struct cpu_exit *exit)
{
	struct cpu_tlb_entry entry;
	bool traced, flags_loaded, flags_pushed;
	u8 code[15] = {0};
	unsigned i = 0;

	engine_load_regs(cpu);
	engine_copy_code(cpu, cpu->regs.rip, code, sizeof(code));
	while (i < 13 && (code[i] == 0x66 || (code[i] & 0xf0) == 0x40))
		i++;
	flags_pushed = code[i] == 0x9c;
	flags_loaded = code[i] == 0x9d || code[i] == 0xcf;
	traced = cpu->regs.rflags & FLAGS_TF;
	cpu->regs.rflags |= FLAGS_TF;

	engine_run(cpu, exit);
	engine_load_regs(cpu);
	if (traced)
		return; /* the guest single-steps itself: what happened is its own #DB */
	if (exit->reason == CPU_EXIT_EXCEPTION && exit->exception.vector == 1) {
		exit->reason = CPU_EXIT_STEP;
		if (flags_loaded)
			return;
		if (flags_pushed &&
		    cpu->ops.translate(cpu->arg, cpu->regs.rsp & PAGE_MASK, CPU_WRITE, &entry))
			cpu->phys_base[(entry.paddr & PAGE_MASK) + ((cpu->regs.rsp + 1) & ~PAGE_MASK)] &= ~1;
	}
	if (exit->reason == CPU_EXIT_SYSCALL)
		cpu->regs.r11 &= ~FLAGS_TF;
	cpu->regs.rflags &= ~FLAGS_TF;
}

/* The stop is part of the translated code: what was translated from the page of @addr before must go. */
static void retranslate(struct cpu *cpu, u64 addr)
{
	struct cpu_tlb_entry entry;

	if (addr && cpu->fills && cpu->ops.translate(cpu->arg, addr & PAGE_MASK, CPU_FETCH, &entry))
		cpu_code_flush(cpu, entry.paddr >> PAGE_SHIFT);
}

bool engine_run_split(struct cpu *cpu, struct cpu_exit *exit)
{
	u64 rip;

	if (cpu->unlocked) {
		cpu->flush_code = true; /* stepped before, and translated with atomicity then */
		return false;
	}
	engine_load_regs(cpu);
	rip = cpu->regs.rip;
	retranslate(cpu, rip);
	cpu->unlocked = true;
	cpu_run_step(cpu, exit);
	cpu->unlocked = false;
	retranslate(cpu, rip);
	return exit->reason != CPU_EXIT_STEP;
}

/* @addr, or with 0 no such one, and the debugger's. */
static int arm_break(struct cpu *cpu, u64 addr)
{
	u64 *all;
	int ret;

	if (likely(!cpu->nr_breaks))
		return uc_ctl_set_exits(cpu->uc, &addr, addr ? 1 : 0) ? -EIO : 0;
	all = malloc((cpu->nr_breaks + 1) * sizeof(*all));
	if (!all)
		return -ENOMEM;
	memcpy(all, cpu->breaks, cpu->nr_breaks * sizeof(*all));
	all[cpu->nr_breaks] = addr;
	ret = uc_ctl_set_exits(cpu->uc, all, cpu->nr_breaks + (addr ? 1 : 0)) ? -EIO : 0;
	free(all);
	return ret;
}

static int compare_addresses(const void *a, const void *b)
{
	const u64 *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

static bool listed(const u64 *addrs, size_t n, u64 addr)
{
	return n && bsearch(&addr, addrs, n, sizeof(addr), compare_addresses);
}

bool engine_is_break(const struct cpu *cpu, u64 addr)
{
	return (cpu->break_at && cpu->break_at == addr) || listed(cpu->breaks, cpu->nr_breaks, addr);
}

int cpu_set_breaks(struct cpu *cpu, const u64 *addrs, size_t n)
{
	u64 *old = cpu->breaks, *new = n ? malloc(n * sizeof(*new)) : NULL;
	size_t nr_old = cpu->nr_breaks;
	int ret = n && !new ? -ENOMEM : 0;

	if (new) {
		memcpy(new, addrs, n * sizeof(*new));
		qsort(new, n, sizeof(*new), compare_addresses);
	}
	cpu->breaks = new;
	cpu->nr_breaks = new ? n : 0;
	ret = ret ?: arm_break(cpu, cpu->break_at);
	if (ret) {
		cpu->nr_breaks = 0;
		arm_break(cpu, cpu->break_at);
	}
	for (size_t i = 0; i < nr_old; i++) {
		if (!listed(cpu->breaks, cpu->nr_breaks, old[i]))
			retranslate(cpu, old[i]);
	}
	for (size_t i = 0; i < cpu->nr_breaks; i++) {
		if (!listed(old, nr_old, cpu->breaks[i]))
			retranslate(cpu, cpu->breaks[i]);
	}
	free(old);
	return ret;
}

int cpu_set_break(struct cpu *cpu, u64 addr)
{
	int ret = arm_break(cpu, addr);

	retranslate(cpu, cpu->break_at);
	retranslate(cpu, addr);
	cpu->break_at = ret ? 0 : addr;
	cpu->on_break = false;
	return ret;
}

u64 cpu_get_break(const struct cpu *cpu)
{
	return cpu->break_at;
}

void cpu_pass_break(struct cpu *cpu)
{
	cpu->on_break = true;
}

/*
 * A block may reach into the next page, and all of it is translated before any of it runs: when that page is
 * not there, the fetch fails with the block's first address. Natively what comes before is executed first.
 */
static bool fetched_ahead(struct cpu *cpu, const struct cpu_exit *exit)
{
	return exit->reason == CPU_EXIT_FAULT && exit->fault.access == CPU_FETCH &&
	       (cpu->regs.rip & PAGE_MASK) != exit->fault.page && !(cpu->regs.rflags & FLAGS_TF);
}

void cpu_run(struct cpu *cpu, struct cpu_exit *exit)
{
	if (unlikely(cpu->on_break)) {
		cpu->on_break = false;
		engine_load_regs(cpu);
		if (cpu->break_at && cpu->regs.rip == cpu->break_at) {
			arm_break(cpu, 0);
			retranslate(cpu, cpu->break_at);
			cpu_run_step(cpu, exit);
			arm_break(cpu, cpu->break_at);
			retranslate(cpu, cpu->break_at);
			/* Kicked, it still stands there. */
			cpu->on_break = exit->reason == CPU_EXIT_KICKED;
			if (exit->reason != CPU_EXIT_STEP)
				return;
		}
	}
	engine_run(cpu, exit);
	if (unlikely(fetched_ahead(cpu, exit))) {
		for (int i = 0; i < MAX_BLOCK_INSNS && (!i || exit->reason == CPU_EXIT_STEP); i++)
			cpu_run_step(cpu, exit);
		if (exit->reason == CPU_EXIT_STEP)
			exit->reason = CPU_EXIT_KICKED; /* a long rep: the caller runs again */
	}
}
