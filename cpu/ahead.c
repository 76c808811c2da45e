// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * ahead: blocks translated before they run. Translating is what short-lived processes spend their time on:
 * each forked child of a shell translates the same code again, which its parent never runs. So a child tells
 * where the blocks begin that it had to translate (cpu_new_code()), and its parent translates them for
 * the next child (cpu_translate_ahead()).
 *
 * Where a block begins is the first word of Unicorn's TranslationBlock; learn_prove() looks whether it is,
 * at the block of the engine's start. Where it is not, nothing is learned.
 */
#include <stdlib.h>
#include "cpu/engine.h"

#define MAX_LEARNED 8192
/* uc_ctl_request_cache() shifts a signed 3 into the sign. */
#define REQUEST_CACHE ((int)((u32)UC_CTL_TB_REQUEST_CACHE | 2u << 26 | (u32)UC_CTL_IO_READ_WRITE << 30))

void ahead_block(struct cpu *cpu, u8 *block)
{
	if (cpu->nr_learned < MAX_LEARNED && block)
		cpu->learned[cpu->nr_learned++] = block;
}

void ahead_forget(struct cpu *cpu)
{
	cpu->nr_learned = 0;
}

void ahead_prove(struct cpu *cpu, u64 first_pc)
{
	cpu->can_learn = cpu->code_start && *(const u64 *)cpu->code_start == first_pc;
}

void cpu_learn(struct cpu *cpu, bool on)
{
	cpu->nr_learned = 0;
	cpu->learning = on && cpu->can_learn;
	if (cpu->learning && !cpu->learned) {
		cpu->learned = malloc(MAX_LEARNED * sizeof(*cpu->learned));
		cpu->learning = cpu->learned;
	}
}

size_t cpu_new_code(struct cpu *cpu, u64 *pcs, size_t max)
{
	size_t n = 0;

	while (cpu->nr_learned && n < max)
		pcs[n++] = *(const u64 *)cpu->learned[--cpu->nr_learned];
	return n;
}

/*
 * The engine's fills meanwhile. A block may go on to a page that is not known: its other part is then
 * the engine's own page 0, as which no such block is ever looked up.
 */
void ahead_fill(struct cpu *cpu, u64 vaddr, uc_tlb_entry *entry)
{
	struct cpu_tlb_entry out = {.perms = CPU_PERM_X};

	entry->perms = UC_PROT_EXEC;
	entry->paddr = 0;
	if (cpu->ahead_peek(cpu->ahead_ctx, cpu->ahead_block, vaddr, &out.paddr) &&
	    alias_admit(cpu, CPU_FETCH, &out))
		entry->paddr = out.paddr;
}

void cpu_translate_ahead(struct cpu *cpu, const u64 *pcs, size_t n,
			 bool (*peek)(void *ctx, size_t i, u64 vaddr, u64 *paddr), void *ctx)
{
	bool learning = cpu->learning;
	u64 paddr;
	uc_tb tb;

	if (!cpu->can_learn || !n)
		return;
	/* No page is writable in the TLB then, so each may be looked at as code (alias.c). */
	cpu->flush_tlb = true;
	engine_flush(cpu);
	cpu->learning = false;
	cpu->ahead_peek = peek;
	cpu->ahead_ctx = ctx;
	inside_enter(cpu);
	for (size_t i = 0; i < n && !cpu->flush_code; i++) {
		cpu->ahead_block = i;
		if (peek(ctx, i, pcs[i] & PAGE_MASK, &paddr))
			uc_ctl(cpu->uc, REQUEST_CACHE, pcs[i], &tb);
	}
	inside_enter(NULL);
	cpu->ahead_peek = NULL;
	cpu->learning = learning;
	/* What the TLB and Unicorn's cache by address say now need not be what the guest may see. */
	cpu->flush_tlb = true;
	engine_flush(cpu);
}
