// SPDX-License-Identifier: GPL-2.0-or-later
/* ksm: which areas a program offers for merging of equal pages. No page is ever merged: that is the work of a
 * thread of the host's kernel, which does not know the guest's areas. */
#include "mm/internal.h"

vm_flags_t ksm_vma_flags(const struct mm_struct *mm, vm_flags_t flags)
{
	return mm->flags & MMF_VM_MERGE_ANY && ksm_compatible(flags) ? flags | VM_MERGEABLE : flags;
}

void ksm_set_merge_any(struct mm_struct *mm, bool on)
{
	struct vm_area_struct *vma;

	pthread_rwlock_wrlock(&mm->mmap_sem);
	if (on == !(mm->flags & MMF_VM_MERGE_ANY)) {
		mm->flags ^= MMF_VM_MERGE_ANY;
		/* Neighbours that are alike now stay two, as in Linux. */
		for_each_vma (mm, vma)
			vma->vm_flags = on ? ksm_vma_flags(mm, vma->vm_flags) : vma->vm_flags & ~VM_MERGEABLE;
	}
	mm_check_debug(mm, "PR_SET_MEMORY_MERGE");
	pthread_rwlock_unlock(&mm->mmap_sem);
}
