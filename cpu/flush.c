// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * flush: forgetting translations of addresses and of code. Asked for at any time, done between two runs, one
 * for all that was asked.
 */
#include <stdlib.h>
#include "cpu/engine.h"

#define MAX_GROW_AFTER (1u << 20)

void cpu_tlb_flush(struct cpu *cpu, u64 start, u64 end)
{
	if (start < end)
		cpu->flush_tlb = true;
}

void cpu_code_flush(struct cpu *cpu, pfn_t pfn)
{
	if (pfn == ~0UL) {
		cpu->flush_code = true;
		return;
	}
	if (cpu->nr_drop && cpu->drop[cpu->nr_drop - 1] == pfn)
		return;
	/* However many they are: dropping everything makes Unicorn clear its whole buffer, 1 GiB. */
	if (cpu->nr_drop == cpu->cap_drop) {
		unsigned cap = cpu->cap_drop ? cpu->cap_drop * 2 : 64;
		pfn_t *bigger = reallocarray(cpu->drop, cap, sizeof(*bigger));

		if (!bigger) {
			cpu->flush_code = true;
			return;
		}
		cpu->drop = bigger;
		cpu->cap_drop = cap;
	}
	cpu->drop[cpu->nr_drop++] = pfn;
}

/*
 * Unicorn drops code by virtual address, and wants it executable; what we know is the physical page.
 * So show that page in a window of the kernel half for as long as it takes. The TLB keeps an entry for
 * it, execute-only and of a page that held the guest's own code: nothing the guest could not do anyway.
 */
static void engine_drop_code(struct cpu *cpu, pfn_t pfn)
{
	u64 vaddr = WINDOW_VA + (pfn << PAGE_SHIFT);

	cpu->window_pfn = pfn;
	uc_ctl_remove_cache(cpu->uc, vaddr, vaddr + PAGE_SIZE);
	cpu->window_pfn = ~0UL;
	alias_code_dropped(cpu, pfn);
}

/*
 * The TLB starts with 256 entries and considers its size only when it is flushed: it doubles if it was found
 * mostly used, and shrinks again if it was not. So flush it when as many entries were filled as it
 * should hold, which is twice as many each time; grow_after follows it up and down.
 */
static void flush_tlb(struct cpu *cpu)
{
	u64 fills = cpu->fills - cpu->flushed_at;

	if (fills >= cpu->grow_after && cpu->grow_after < MAX_GROW_AFTER)
		cpu->grow_after *= 2;
	else if (fills < cpu->grow_after / 4 && cpu->grow_after > MIN_GROW_AFTER)
		cpu->grow_after /= 2;
	cpu->flushed_at = cpu->fills;
	uc_ctl_flush_tlb(cpu->uc);
	alias_tlb_flushed(cpu);
}

void engine_flush(struct cpu *cpu)
{
	if (cpu->flush_code) {
		uc_ctl_flush_tb(cpu->uc);
		inside_code_flushed(cpu);
		alias_code_dropped(cpu, ~0UL);
		cpu->flush_tlb = true;
	} else {
		for (unsigned i = 0; i < cpu->nr_drop; i++)
			engine_drop_code(cpu, cpu->drop[i]);
	}
	cpu->flush_code = false;
	cpu->nr_drop = 0;

	if (cpu->fills - cpu->flushed_at >= cpu->grow_after)
		cpu->flush_tlb = true;
	if (cpu->flush_tlb)
		flush_tlb(cpu);
	cpu->flush_tlb = false;
}
