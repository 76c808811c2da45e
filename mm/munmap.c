// SPDX-License-Identifier: GPL-2.0-or-later
/* munmap: take away a range of the address space. */
#include <errno.h>
#include "mm/internal.h"

int munmap_prepare(struct mm_struct *mm, struct vm_area_struct *vma, u64 start, u64 end)
{
	int err;

	if (start > vma->vm_start) {
		/* The count may pass its limit for a moment, but must not stay above it. */
		if (end < vma->vm_end && mm->map_count >= mm->env->max_map_count)
			return -ENOMEM;
		if (vma->vm_flags & VM_SEALED)
			return -EPERM;
		/* The lower part is the new one: vma now begins at start. */
		err = __split_vma(vma, start, true);
		if (err)
			return err;
	}
	for (; vma && vma->vm_start < end; vma = vma->vm_next) {
		if (vma->vm_flags & VM_SEALED)
			return -EPERM;
		if (vma->vm_end > end) {
			err = __split_vma(vma, end, false);
			if (err)
				return err;
		}
	}
	return 0;
}

struct vm_area_struct *munmap_commit(struct mm_struct *mm, struct vm_area_struct *vma, u64 start, u64 end)
{
	struct vm_area_struct *next, *prev = vma->vm_prev;
	u64 floor, ceiling;

	update_hiwater_rss(mm);
	update_hiwater_vm(mm);
	for (; vma && vma->vm_start < end; vma = next) {
		s64 pages = (s64)vma_pages(vma);

		next = vma->vm_next;
		zap_page_range(mm, vma, vma->vm_start, vma->vm_end);
		if (vma->vm_flags & VM_LOCKED)
			mm->locked_vm -= (u64)pages;
		vm_stat_account(mm, vma->vm_flags, -pages);
		vma_unlink(mm, vma);
		vm_area_free(vma);
	}
	floor = prev ? prev->vm_end : 0;
	ceiling = vma ? vma->vm_start : TASK_SIZE;
	free_pgtables(mm, start, end, floor, ceiling);
	return vma;
}

int do_munmap_locked(struct mm_struct *mm, u64 start, u64 len)
{
	struct vm_area_struct *vma;
	u64 end;
	int err;

	if ((start & ~PAGE_MASK) || start > TASK_SIZE || len > TASK_SIZE - start)
		return -EINVAL;
	end = start + PAGE_ALIGN(len);
	if (end == start)
		return -EINVAL;
	vma = find_vma_intersection(mm, start, end);
	if (!vma)
		return 0;
	err = munmap_prepare(mm, vma, start, end);
	if (err)
		return err;
	munmap_commit(mm, vma, start, end);
	return 0;
}

int do_munmap(struct mm_struct *mm, u64 start, u64 len)
{
	int err;

	pthread_rwlock_wrlock(&mm->mmap_sem);
	err = do_munmap_locked(mm, start, len);
	flush_tlb_batched(mm);
	mm_check_debug(mm, "munmap");
	pthread_rwlock_unlock(&mm->mmap_sem);
	return err;
}
