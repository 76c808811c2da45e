// SPDX-License-Identifier: GPL-2.0-or-later
/* An engine as the mm sees one: it keeps translations and code until it is told to forget them. */
#include <stdlib.h>
#include <string.h>
#include "mm_ops.h"

enum { PERM_WRITE = 2, PERM_EXEC = 4 };

static void invalidate_range(struct mmu_notifier *mn, struct mm_struct *mm, u64 start, u64 end)
{
	struct oracle *o = container_of(mn, struct oracle, notifier);

	for (unsigned i = 0; i < NR_TLB; i++)
		if (o->tlb[i].vaddr >= PAGE_ALIGN_DOWN(start) && o->tlb[i].vaddr < end)
			o->tlb[i].vaddr = 0;
}

static void forget_code(struct oracle *o, pfn_t pfn)
{
	for (unsigned i = 0; i < NR_CODE; i++)
		if (o->code[i].pfn == pfn)
			o->code[i].pfn = 0;
}

void oracle_forget_files(struct oracle *o)
{
	for (unsigned i = 0; i < NR_CODE; i++)
		if (o->code[i].pfn && pfn_is_window(o->mm->phys, o->code[i].pfn))
			o->code[i].pfn = 0;
}

static void invalidate_code(struct mmu_notifier *mn, struct mm_struct *mm, pfn_t pfn)
{
	forget_code(container_of(mn, struct oracle, notifier), pfn);
}

void oracle_init(struct oracle *o, struct mm_struct *mm)
{
	memset(o, 0, sizeof(*o));
	o->mm = mm;
	o->notifier.invalidate_range = invalidate_range;
	o->notifier.invalidate_code = invalidate_code;
	mmu_notifier_register(mm, &o->notifier);
}

static void die(const struct oracle *o, const struct tlb_entry *e, const char *why, const char *after)
{
	fprintf(stderr, "oracle: after %s: %#lx -> %#lx perms %d: %s\n", after, e->vaddr, e->paddr, e->perms,
		why);
	abort();
}

static void remember_code(struct oracle *o, pfn_t pfn)
{
	const void *now = pfn_to_host(o->mm->phys, pfn);
	struct code_page *page;

	for (page = o->code; page < o->code + NR_CODE; page++) {
		if (page->pfn != pfn)
			continue;
		if (memcmp(page->content, now, PAGE_SIZE)) {
			fprintf(stderr, "oracle: page %#lx is fetched with stale code\n", pfn);
			abort();
		}
		return;
	}
	page = &o->code[o->next_code];
	o->next_code = (o->next_code + 1) % NR_CODE;
	page->pfn = pfn;
	memcpy(page->content, now, PAGE_SIZE);
}

int oracle_translate(struct oracle *o, u64 vaddr, enum mm_access access, struct mm_fault *fault)
{
	struct tlb_entry *e = NULL;
	u64 page = PAGE_ALIGN_DOWN(vaddr);
	unsigned i;
	int err = mm_translate(o->mm, vaddr, access, fault);

	if (err) {
		if (!fault->signo && !fault->retry) {
			fprintf(stderr, "oracle: %#lx failed without a signal\n", vaddr);
			abort();
		}
		return err;
	}
	for (i = 0; i < NR_TLB; i++)
		if (o->tlb[i].vaddr == page && page)
			e = &o->tlb[i];
	if (!e) {
		e = &o->tlb[o->next_tlb];
		o->next_tlb = (o->next_tlb + 1) % NR_TLB;
	}
	*e = (struct tlb_entry){page, fault->paddr, fault->perms};
	if ((access == MM_WRITE && !(fault->perms & PERM_WRITE)) ||
	    (access == MM_FETCH && !(fault->perms & PERM_EXEC)))
		die(o, e, "not what was asked for", "translate");
	if (access == MM_FETCH)
		remember_code(o, fault->paddr >> PAGE_SHIFT);
	return 0;
}

void oracle_guest_store(struct oracle *o, u64 paddr)
{
	forget_code(o, paddr >> PAGE_SHIFT);
}

static void check_code(const struct oracle *o, const char *after)
{
	for (const struct code_page *page = o->code; page < o->code + NR_CODE; page++) {
		/* Of a file's page that is mapped no more the code is compared when it is fetched again. */
		if (!page->pfn || pfn_is_window(o->mm->phys, page->pfn))
			continue;
		if (memcmp(page->content, pfn_to_host(o->mm->phys, page->pfn), PAGE_SIZE)) {
			fprintf(stderr, "oracle: after %s: code of page %#lx is stale\n", after, page->pfn);
			abort();
		}
	}
}

void oracle_check(struct oracle *o, const char *after)
{
	if (o->mm->tlb_flush_pending) {
		fprintf(stderr, "oracle: after %s: a flush is still pending\n", after);
		abort();
	}
	for (unsigned i = 0; i < NR_TLB; i++) {
		const struct tlb_entry *e = &o->tlb[i];
		pte_t *ptep, pte;

		if (!e->vaddr)
			continue;
		ptep = pte_lookup(o->mm, e->vaddr);
		pte = ptep ? *ptep : 0;
		if (!pte_hw_present(pte))
			die(o, e, "the page is gone", after);
		if ((pte & PTE_PFN_MASK) != e->paddr)
			die(o, e, "another page is there", after);
		if (e->perms & PERM_WRITE && (pte & (_PAGE_RW | _PAGE_DIRTY)) != (_PAGE_RW | _PAGE_DIRTY))
			die(o, e, "stores should fault", after);
		if (e->perms & PERM_EXEC && pte & _PAGE_NX)
			die(o, e, "fetches should fault", after);
	}
	check_code(o, after);
}
