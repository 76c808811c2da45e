// SPDX-License-Identifier: GPL-2.0-or-later
// mm_check's page part: the tables against the VMAs, and the counters against a recount.
#include <stdio.h>
#include "mm/huge.h"

struct recount {
	struct mm_struct *mm;
	FILE *log;
	int bad;
	s64 rss[NR_MM_COUNTERS];
	u64 tables[3];		    // pte, pmd, pud pages
	u64 huge;		    // of them, mapped as one
	struct vm_area_struct *vma; // the area of the PTE looked at last, or the next one after it
};

static void violation(struct recount *rc, u64 addr, const char *what, u64 value)
{
	rc->bad++;
	if (rc->log)
		fprintf(rc->log, "mm_check: %#lx: %s (%#lx)\n", addr, what, value);
}

// PTEs come in ascending order, so the area is found by walking the list along.
static struct vm_area_struct *area_of(struct recount *rc, u64 addr)
{
	while (rc->vma && rc->vma->vm_end <= addr)
		rc->vma = rc->vma->vm_next;
	return rc->vma && rc->vma->vm_start <= addr ? rc->vma : NULL;
}

static void check_frame(struct recount *rc, u64 addr, pte_t pte, const struct vm_area_struct *vma)
{
	struct phys *phys = rc->mm->phys;
	struct page *page = pfn_to_page(phys, pte_pfn(pte));

	if (page->refcount < 1)
		violation(rc, addr, "PTE shows a free frame", pte);
	if (page->flags & PG_TABLE)
		violation(rc, addr, "PTE shows a page table", pte);
	if (page->flags & PG_ANON && page->mapcount != 1)
		violation(rc, addr, "anonymous frame is not mapped exactly once", page->mapcount);
	if (!(page->flags & PG_ANON) && !vma->special)
		violation(rc, addr, "frame that is neither anonymous nor of a special mapping", pte);
}

static void check_window(struct recount *rc, u64 addr, pte_t pte, const struct vm_area_struct *vma)
{
	struct window *win = pfn_to_window(rc->mm->phys, pte_pfn(pte));
	pgoff_t pgoff = vma->vm_pgoff + ((addr - vma->vm_start) >> PAGE_SHIFT);

	if (!win || win->retired) {
		violation(rc, addr, "PTE shows a window that is gone", pte);
		return;
	}
	if (!vma->vm_file || win->mapping != vma->vm_file->f_mapping ||
	    window_pgoff(win, pte_pfn(pte)) != pgoff)
		violation(rc, addr, "PTE shows another file's page", pte);
	if (pte & _PAGE_RW && (!win->writable || !(vma->vm_flags & VM_SHARED)))
		violation(rc, addr, "writable PTE of a window that is not", pte);
	if (!win->mapcount)
		violation(rc, addr, "window does not count its PTEs", pte);
}

static void check_pte(struct recount *rc, u64 addr, pte_t pte)
{
	struct vm_area_struct *vma = area_of(rc, addr);
	int counter;

	if (!vma) {
		violation(rc, addr, "PTE outside every area", pte);
		return;
	}
	if (pte == PTE_MARKER_GUARD)
		return;
	if (!pte_present(pte))
		violation(rc, addr, "PTE neither empty nor present", pte);
	if (pte & _PAGE_RW && !(vma->vm_flags & VM_WRITE))
		violation(rc, addr, "PTE writable, area not", pte);
	if (pte_hw_present(pte) && !(pte & _PAGE_NX) && !(vma->vm_flags & VM_EXEC))
		violation(rc, addr, "PTE executable, area not", pte);
	if (!(pte & _PAGE_USER) && pte_hw_present(pte))
		violation(rc, addr, "PTE is not the user's", pte);
	if (pte_hw_present(pte) && !(vma->vm_flags & VM_ACCESS_FLAGS))
		violation(rc, addr, "PTE accessible, area PROT_NONE", pte);
	counter = pte_counter(vma, pte);
	if (counter >= 0)
		rc->rss[counter]++;
	if (pte & _PAGE_SPECIAL) {
		if (pte & _PAGE_RW)
			violation(rc, addr, "special page is writable", pte);
	} else if (pfn_is_window(rc->mm->phys, pte_pfn(pte))) {
		check_window(rc, addr, pte, vma);
	} else {
		check_frame(rc, addr, pte, vma);
	}
}

// All of one kind, in one area.
static void check_huge(struct recount *rc, const pte_t *ptep, u64 addr)
{
	const struct vm_area_struct *vma = area_of(rc, addr);

	rc->huge++;
	if (!vma || vma->vm_end - addr < PMD_SIZE)
		violation(rc, addr, "huge page reaches out of its area", *ptep);
	for (u64 i = 0; i < HPAGE_PMD_NR; i++) {
		if (!pte_present(ptep[i]) || (ptep[i] ^ *ptep) & (_PAGE_SPECIAL | _PAGE_PRESENT))
			violation(rc, addr + (i << PAGE_SHIFT), "PTE unlike the rest of its huge page", ptep[i]);
	}
}

static void check_table(struct recount *rc, u64 *table, unsigned shift, u64 base)
{
	struct phys *phys = rc->mm->phys;
	u64 i, addr;

	for (i = 0; i < PTRS_PER_TABLE; i++) {
		addr = base + (i << shift);
		if (!table[i])
			continue;
		if (shift == PAGE_SHIFT) {
			check_pte(rc, addr, table[i]);
			continue;
		}
		if (!(pfn_to_page(phys, pte_pfn(table[i]))->flags & PG_TABLE)) {
			violation(rc, addr, "entry does not point at a table", table[i]);
			continue;
		}
		rc->tables[(shift - PMD_SHIFT) / 9]++;
		if (shift == PMD_SHIFT && table[i] & _PMD_HUGE)
			check_huge(rc, phys_to_host(phys, table[i] & PTE_PFN_MASK), addr);
		check_table(rc, phys_to_host(phys, table[i] & PTE_PFN_MASK), shift - 9, addr);
	}
}

int mm_check_pages(struct mm_struct *mm, FILE *log)
{
	static const char *const kind[] = {"rss_stat[FILE]", "rss_stat[ANON]", "rss_stat[SWAP]",
					   "rss_stat[SHMEM]"};
	struct recount rc = {.mm = mm, .log = log, .vma = mm->mmap};
	int i;

	pthread_mutex_lock(&mm->page_table_lock);
	if (mm->pgd)
		check_table(&rc, phys_to_host(mm->phys, mm->pgd), PGDIR_SHIFT, 0);
	for (i = 0; i < NR_MM_COUNTERS; i++)
		if (rc.rss[i] != mm->rss_stat[i])
			violation(&rc, rc.rss[i], kind[i], mm->rss_stat[i]);
	if (rc.tables[0] != mm->nr_ptes)
		violation(&rc, rc.tables[0], "nr_ptes", mm->nr_ptes);
	if (rc.huge != mm->nr_huge)
		violation(&rc, rc.huge, "nr_huge", mm->nr_huge);
	if (rc.tables[1] != mm->nr_pmds)
		violation(&rc, rc.tables[1], "nr_pmds", mm->nr_pmds);
	if (rc.tables[2] != mm->nr_puds)
		violation(&rc, rc.tables[2], "nr_puds", mm->nr_puds);
	pthread_mutex_unlock(&mm->page_table_lock);
	return rc.bad;
}
