// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * alias: code that is written through another address than it runs at.
 *
 * Unicorn notices a store to a page it translated code from, but only through the virtual address the code
 * was translated at: the "trap stores" mark is put into that one TLB entry. A memfd mapped twice, writable here
 * and executable there (as JITs with W^X do), would go on running old code. So for each physical page
 * remember where it is written and where it is executed, and when the two differ let only one be in force at a
 * time: a store drops the page's code first, a fetch drops the writable TLB entries first.
 *
 * Neither can be done inside the TLB-fill hook. So the hook refuses, the run ends with exact
 * registers, engine_flush() does what is wanted, and the run goes on with the same instruction. Pages with one
 * address only, which is nearly all, never come to that.
 */
#include <errno.h>
#include <sys/mman.h>
#include "cpu/engine.h"

#define VPN_BITS  36
#define VPN_MASK  ((1UL << VPN_BITS) - 1)
#define MAX_EPOCH (1UL << (64 - VPN_BITS))
#define CODE      (1UL << 63)
#define MANY      ~0UL  /* at more than one address */

/* One per physical page, lazily backed by the host; zero: never used. */
struct page_use {
	u64 writer;  /* epoch of the TLB and page number that may be written; stale when the epoch is past */
	u64 code;    /* CODE and the page number it was translated at, or MANY */
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

bool alias_admit(struct cpu *cpu, u64 vaddr, enum cpu_access access, struct cpu_tlb_entry *entry)
{
	struct page_use *use = &cpu->use[entry->paddr >> PAGE_SHIFT];
	u64 vpn = vaddr >> PAGE_SHIFT & VPN_MASK;
	u64 writer = cpu->epoch << VPN_BITS | vpn;

	if (access == CPU_FETCH) {
		if (use->writer >> VPN_BITS == cpu->epoch && use->writer != writer) {
			cpu->flush_tlb = true;
			return false;
		}
		use->code = !use->code || use->code == (CODE | vpn) ? CODE | vpn : MANY;
	}
	if (!(entry->perms & CPU_PERM_W))
		return true;
	if (use->code && use->code != (CODE | vpn)) {
		if (access != CPU_WRITE) {
			entry->perms &= ~CPU_PERM_W;
			return true;
		}
		cpu_code_flush(cpu, entry->paddr >> PAGE_SHIFT);
		cpu->flush_tlb = true;
		return false;
	}
	/* Written at two addresses while no code is there: the newer hides the older, so flush when code comes. */
	if (use->writer >> VPN_BITS == cpu->epoch && use->writer != writer)
		writer = cpu->epoch << VPN_BITS | VPN_MASK;
	use->writer = writer;
	return true;
}

void alias_tlb_flushed(struct cpu *cpu)
{
	if (++cpu->epoch == MAX_EPOCH) {
		/* The stale epochs would come back to life: forget all, and the code with it. */
		cpu->epoch = 1;
		cpu->flush_code = true;
	}
}

void alias_code_dropped(struct cpu *cpu, pfn_t pfn)
{
	if (pfn == ~0UL)
		madvise(cpu->use, table_size(cpu), MADV_DONTNEED);
	else
		cpu->use[pfn].code = 0;
}
