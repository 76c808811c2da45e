// SPDX-License-Identifier: GPL-2.0-or-later
/* mseal: from now on nothing may change or remove these areas. */
#include <errno.h>
#include "mm/internal.h"

static bool has_hole(struct mm_struct *mm, u64 start, u64 end)
{
	struct vm_area_struct *vma;

	for (vma = find_vma(mm, start); start < end; vma = vma->vm_next) {
		if (!vma || vma->vm_start > start)
			return true;
		start = vma->vm_end;
	}
	return false;
}

static int seal_range(struct mm_struct *mm, u64 start, u64 end)
{
	struct vm_area_struct *vma = find_vma(mm, start), *prev;
	int err;

	prev = start > vma->vm_start ? vma : vma->vm_prev;
	for (; start < end; vma = vma->vm_next) {
		u64 stop = vma->vm_end < end ? vma->vm_end : end;

		if (!(vma->vm_flags & VM_SEALED)) {
			vma = vma_modify_flags(prev, vma, start, stop, vma->vm_flags | VM_SEALED, &err);
			if (!vma)
				return err;
			vma->vm_flags |= VM_SEALED;
		}
		prev = vma;
		start = vma->vm_end; /* past stop if it was merged with what follows, which is sealed */
	}
	return 0;
}

int do_mseal(struct mm_struct *mm, u64 start, u64 len_in, unsigned long flags)
{
	u64 len = PAGE_ALIGN(len_in), end;
	int err;

	if (flags || (start & ~PAGE_MASK) || (len_in && !len) || __builtin_add_overflow(start, len, &end))
		return -EINVAL;
	if (!len)
		return 0;
	pthread_rwlock_wrlock(&mm->mmap_sem);
	err = has_hole(mm, start, end) ? -ENOMEM : seal_range(mm, start, end);
	mm_check_debug(mm, "mseal");
	pthread_rwlock_unlock(&mm->mmap_sem);
	return err;
}
