// SPDX-License-Identifier: GPL-2.0-or-later
// Telling engines what they must forget: batched TLB flushes and code invalidation.
#include "mm/pages.h"

void tlb_batch(struct mm_struct *mm, u64 start, u64 end)
{
	if (!mm->tlb_flush_pending) {
		mm->tlb_flush_pending = true;
		mm->tlb_flush_start = start;
		mm->tlb_flush_end = end;
		return;
	}
	mm->tlb_flush_start = min_t(u64, mm->tlb_flush_start, start);
	mm->tlb_flush_end = max_t(u64, mm->tlb_flush_end, end);
}

void flush_tlb_batched(struct mm_struct *mm)
{
	struct mmu_notifier *mn;
	u64 start, end;

	if (!mm->tlb_flush_pending)
		return;
	start = mm->tlb_flush_start;
	end = mm->tlb_flush_end;
	mm->tlb_flush_pending = false;
	for (mn = mm->mmu_notifier_mm; mn; mn = mn->next)
		if (mn->invalidate_range)
			mn->invalidate_range(mn, mm, start, end);
}

void invalidate_code_page(struct mm_struct *mm, pfn_t pfn)
{
	struct mmu_notifier *mn;

	// What is translated of it next need not be what was summed up.
	if (pfn_is_window(mm->phys, pfn))
		__atomic_fetch_or(&pfn_to_page(mm->phys, pfn)->flags, PG_CODE_STORED, __ATOMIC_RELAXED);
	for (mn = mm->mmu_notifier_mm; mn; mn = mn->next)
		if (mn->invalidate_code)
			mn->invalidate_code(mn, mm, pfn);
}
