// SPDX-License-Identifier: GPL-2.0-or-later
/* Page tables as text: the walk for one address, and all of an mm. */
#include <limits.h>
#include "mm/mm.h"
#include "mm/pgtable.h"
#include "observe/report.h"
#include "observe/xlat.h"

static const char *const levels[] = {"pgd", "pud", "pmd", "pte"};
static const int shifts[] = {PGDIR_SHIFT, PUD_SHIFT, PMD_SHIFT, PAGE_SHIFT};

const struct xlat *pte_bit_names(void)
{
	static const struct xlat bits[] = {
		{_PAGE_PRESENT, "present"}, {_PAGE_RW, "writable"}, {_PAGE_USER, "user"}, {_PAGE_ACCESSED, "accessed"},
		{_PAGE_DIRTY, "dirty"}, {_PAGE_PROTNONE, "PROT_NONE"}, {_PAGE_SPECIAL, "special"}, {_PAGE_NX, "no-execute"},
		{0, NULL},
	};

	return bits;
}

static void put_bits(FILE *out, u64 entry)
{
	for (const struct xlat *b = pte_bit_names(); b->name; b++) {
		if (entry & b->value)
			fprintf(out, " %s", b->name);
	}
}

static void put_entry(FILE *out, int level, u64 index, u64 entry)
{
	fprintf(out, "    %s[%3lu] %016lx", levels[level], index, entry);
	if (!entry) {
		fputs("  none\n", out);
		return;
	}
	if (level == 3 && entry == PTE_MARKER_GUARD) {
		fputs("  guard marker\n", out);
		return;
	}
	fprintf(out, "  %s 0x%lx:", level == 3 ? "page" : "table", pte_pfn(entry) << PAGE_SHIFT);
	put_bits(out, entry);
	putc('\n', out);
}

void put_walk(FILE *out, struct mm_struct *mm, u64 addr)
{
	u64 entry[4] = {};
	int n;

	if (addr >= TASK_SIZE_MAX) {
		fputs("    not an address of user space: no tables\n", out);
		return;
	}
	n = pgtable_walk(mm, addr, entry);
	for (int i = 0; i < 4 && i <= n; i++)
		put_entry(out, i, addr >> shifts[i] & 511, entry[i]);
}

/* Entries of the last level that follow each other and are alike but for the page. */
static void put_run(FILE *out, const struct vm_area_struct *vma, u64 start, u64 end, u64 entry)
{
	char name[PATH_MAX + 16];
	u64 first = start >> PAGE_SHIFT & 511, last = (end - 1) >> PAGE_SHIFT & 511;

	fprintf(out, "      pte[%3lu..%3lu] %012lx-%012lx ", first, last, start, end);
	if (entry == PTE_MARKER_GUARD)
		fputs(" guard marker", out);
	else
		put_bits(out, entry);
	fprintf(out, "  %s\n", vma ? vma_name(vma, name, sizeof(name)) : "");
}

/* The PTEs of one table, for [addr, stop). */
static void put_table(FILE *out, struct mm_struct *mm, const pte_t *pte, u64 addr, u64 stop)
{
	const struct vm_area_struct *vma = NULL;

	while (addr < stop) {
		u64 start = addr, entry = *pte & ~PTE_PFN_MASK & ~_PAGE_CACHED & ~_PAGE_SOFT_DIRTY;

		if (!*pte) {
			addr += PAGE_SIZE;
			pte++;
			continue;
		}
		if (!vma || vma->vm_end <= addr)
			vma = vma_lookup(mm, addr);
		do {
			addr += PAGE_SIZE;
			pte++;
		} while (addr < stop && vma && addr < vma->vm_end && *pte &&
			 (*pte & ~PTE_PFN_MASK & ~_PAGE_CACHED & ~_PAGE_SOFT_DIRTY) == entry);
		put_run(out, vma, start, addr, entry);
	}
}

void put_tables(FILE *out, struct mm_struct *mm)
{
	u64 shown[3] = {~0UL, ~0UL, ~0UL}, addr = 0, stop;
	const pte_t *pte;

	fprintf(out, "pgd at 0x%lx; tables: %lu pud, %lu pmd, %lu pte\n", mm->pgd, mm->nr_puds, mm->nr_pmds, mm->nr_ptes);
	pthread_rwlock_rdlock(&mm->mmap_sem);
	for (; (pte = pte_next_table(mm, &addr, TASK_SIZE_MAX, &stop)); addr = stop) {
		u64 entry[4] = {};

		pgtable_walk(mm, addr, entry);
		for (int i = 0; i < 3; i++) {
			if (shown[i] == addr >> shifts[i])
				continue;
			shown[i] = addr >> shifts[i];
			fprintf(out, "%*s%s[%3lu] table 0x%lx:", 2 * i, "", levels[i], shown[i] & 511,
				pte_pfn(entry[i]) << PAGE_SHIFT);
			put_bits(out, entry[i]);
			fputs(i == 2 && entry[i] & _PMD_HUGE ? " huge\n" : "\n", out);
		}
		put_table(out, mm, pte, addr, stop);
	}
	pthread_rwlock_unlock(&mm->mmap_sem);
}
