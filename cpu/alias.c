// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * alias: self-modifying code, through whichever address it is written.
 *
 * Unicorn's own detection cannot be relied on (2.1.1, read and seen): it marks only the TLB entry of the
 * address the code was translated at, and takes the mark away at the first store to the page, also when
 * that store hit no translated block and others remain. So W^X it is, per physical page and in the TLB: a
 * page is either writable in the TLB, or executable there and the source of translated code. A fetch from a
 * page that was written drops the writable entries first; a store to a page with code drops the code and the
 * executable entries first. Nearly all pages are only ever one of the two and cost nothing.
 *
 * Neither can be done inside the TLB-fill hook. So the hook refuses, the run ends with exact
 * registers, engine_flush() does what is wanted, and the run goes on with the same instruction. One that
 * writes to the page it stands on needs both at once: it is executed alone, with everything admitted, and
 * the code it may have changed is dropped behind it (engine_run()). Code that did that will do it again: blocks of such
 * a page are short from then on (gen_intermediate_code_x86_64(), taken over as inside.c's are), since nearly all of the time
 * goes to their translation; Unicorn goes on to a block's end, up to 512 instructions of whatever follows.
 */
#include <errno.h>
#include <sys/mman.h>
#include "cpu/engine.h"

#define SHORT_BLOCK 8

typedef void intermediate_fn(struct CPUState *cs, void *block, int max_insns);
intermediate_fn __wrap_gen_intermediate_code_x86_64;
__attribute__((weak)) intermediate_fn __real_gen_intermediate_code_x86_64;

/* One per physical page, lazily backed by the host; zero: never used. */
struct page_use {
	u32 write_epoch; /* epoch of the TLB in which an entry granted W; stale when the epoch is past */
	u32 exec_epoch;	 /* the same for X */
	u32 code;	 /* blocks were translated from it since they were last dropped */
};

static size_t table_size(const struct cpu *cpu)
{
	return (cpu->phys_size >> PAGE_SHIFT) * sizeof(struct page_use);
}

int alias_init(struct cpu *cpu)
{
	void *table = mmap(NULL, table_size(cpu), PROT_READ | PROT_WRITE,
			   MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	if (table == MAP_FAILED)
		return -errno;
	cpu->use = table;
	cpu->epoch = 1;
	return 0;
}

void alias_destroy(struct cpu *cpu)
{
	if (cpu->use)
		munmap(cpu->use, table_size(cpu));
}

/* The instruction that is executed alone: note the pages it may change. */
static bool admit_alone(struct cpu *cpu, const struct page_use *use, pfn_t pfn, u8 perms)
{
	if ((perms & CPU_PERM_W) && use->code && cpu->nr_written < ARRAY_SIZE(cpu->written))
		cpu->written[cpu->nr_written++] = pfn;
	return true;
}

bool alias_admit(struct cpu *cpu, enum cpu_access access, struct cpu_tlb_entry *entry)
{
	pfn_t pfn = entry->paddr >> PAGE_SHIFT;
	struct page_use *use = &cpu->use[pfn];
	bool executable = use->code || use->exec_epoch == cpu->epoch;

	if (access == CPU_FETCH) {
		if (use->write_epoch == cpu->epoch && !cpu->alone) {
			cpu->flush_tlb = true;
			return false;
		}
		use->code = 1;
		use->exec_epoch = cpu->epoch;
		entry->perms &= ~CPU_PERM_W;
		return true;
	}
	if (!(entry->perms & CPU_PERM_W))
		return true;
	if (unlikely(executable)) {
		if (access != CPU_WRITE) {
			entry->perms &= ~CPU_PERM_W;
			return true;
		}
		if (cpu->alone)
			return admit_alone(cpu, use, pfn, entry->perms);
		if (use->code)
			cpu_code_flush(cpu, pfn);
		cpu->flush_tlb = true;
		return false;
	}
	use->write_epoch = cpu->epoch;
	return true;
}

void alias_tlb_flushed(struct cpu *cpu)
{
	if (++cpu->epoch == 0) {
		/* The stale epochs would come back to life: forget all, and the code with it. */
		cpu->epoch = 1;
		cpu->flush_code = true;
	}
}

bool alias_is_own(const struct cpu *cpu, u64 rip)
{
	for (size_t i = 0; i < ARRAY_SIZE(cpu->own_page); i++)
		if (cpu->own_page[i] == (rip & PAGE_MASK))
			return rip >= PAGE_SIZE;
	return false;
}

void alias_note_own(struct cpu *cpu, u64 rip)
{
	if (!alias_is_own(cpu, rip))
		cpu->own_page[cpu->next_own++ % ARRAY_SIZE(cpu->own_page)] = rip & PAGE_MASK;
}

__attribute__((visibility("default"))) void __wrap_gen_intermediate_code_x86_64(struct CPUState *cs, void *block,
										int max_insns)
{
	intermediate_fn *original = inside_original(INSIDE_INTERMEDIATE, __real_gen_intermediate_code_x86_64);
	struct cpu *cpu = inside_engine();

	original(cs, block, cpu && unlikely(cpu->short_block) && max_insns > SHORT_BLOCK ? SHORT_BLOCK : max_insns);
}

void alias_code_dropped(struct cpu *cpu, pfn_t pfn)
{
	if (pfn == ~0UL)
		madvise(cpu->use, table_size(cpu), MADV_DONTNEED);
	else if (cpu->flush_tlb || cpu->use[pfn].exec_epoch != cpu->epoch)
		cpu->use[pfn].code = 0;
}
