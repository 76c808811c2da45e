// SPDX-License-Identifier: GPL-2.0-or-later
// How many pages are in memory, as exactly as Linux knows it: its counters are per CPU.
#include <string.h>
#include "mm/pages.h"

/*
 * Linux's percpu_counter: each CPU keeps what it added until that is env->rss_batch pages or more, and only
 * then adds it to the sum that all see. /proc reads the exact value, but the high-water mark and getrusage
 * the sum. A guest runs on one CPU at a time (cpu/), and so does its mm's counter here.
 */
void add_mm_counter(struct mm_struct *mm, int member, s64 pages)
{
	s64 kept = mm->rss_pcp[member] + pages;

	mm->rss_stat[member] += pages;
	mm->rss_pcp[member] = kept > -mm->env->rss_batch && kept < mm->env->rss_batch ? kept : 0;
}

void add_mm_rss_vec(struct mm_struct *mm, const struct rss_vec *rss)
{
	for (int i = 0; i < NR_MM_COUNTERS; i++) {
		if (rss->pages[i])
			add_mm_counter(mm, i, rss->pages[i]);
	}
}

// percpu_counter_read_positive()
static u64 read_positive(const struct mm_struct *mm, int member)
{
	s64 sum = mm->rss_stat[member] - mm->rss_pcp[member];

	return sum > 0 ? (u64)sum : 0;
}

u64 get_mm_rss(const struct mm_struct *mm)
{
	return read_positive(mm, MM_FILEPAGES) + read_positive(mm, MM_ANONPAGES) +
	       read_positive(mm, MM_SHMEMPAGES);
}

u64 get_mm_rss_sum(const struct mm_struct *mm)
{
	s64 rss = mm->rss_stat[MM_FILEPAGES] + mm->rss_stat[MM_ANONPAGES] + mm->rss_stat[MM_SHMEMPAGES];

	return rss > 0 ? (u64)rss : 0;
}

void update_hiwater_rss(struct mm_struct *mm)
{
	mm->hiwater_rss = max_t(u64, mm->hiwater_rss, get_mm_rss(mm));
}

void update_hiwater_vm(struct mm_struct *mm)
{
	mm->hiwater_vm = max_t(u64, mm->hiwater_vm, mm->total_vm);
}

void rss_recount(struct mm_struct *mm)
{
	struct vm_area_struct *vma;
	u64 addr, stop;
	pte_t *ptep;

	memset(mm->rss_stat, 0, sizeof(mm->rss_stat));
	memset(mm->rss_pcp, 0, sizeof(mm->rss_pcp));
	for_each_vma (mm, vma) {
		addr = vma->vm_start;
		while ((ptep = pte_next_table(mm, &addr, vma->vm_end, &stop))) {
			struct rss_vec rss = {};
			int counter;

			for (; addr < stop; addr += PAGE_SIZE, ptep++) {
				counter = pte_counter(vma, *ptep);
				if (counter >= 0)
					rss.pages[counter]++;
			}
			add_mm_rss_vec(mm, &rss);
		}
	}
}
