// SPDX-License-Identifier: GPL-2.0-or-later
/* msync: bring a shared file mapping to the disk. Its pages are the host's page cache already. */
#include <errno.h>
#include <sys/mman.h>
#include <unistd.h>
#include "mm/internal.h"

/* Wait for the file of a VMA, without holding mmap_sem. */
static int sync_file(struct mm_struct *mm, struct file *file)
{
	int err = 0;

	get_file(file);
	pthread_rwlock_unlock(&mm->mmap_sem);
	if (fdatasync(file->fd))
		err = -errno;
	fput(file);
	pthread_rwlock_rdlock(&mm->mmap_sem);
	return err;
}

static int msync_locked(struct mm_struct *mm, u64 start, u64 end, int flags)
{
	struct vm_area_struct *vma = find_vma(mm, start);
	int unmapped = 0, err;

	for (;;) {
		if (!vma)
			return -ENOMEM;
		if (start < vma->vm_start) {
			/* MS_ASYNC alone does nothing but check. */
			if (flags == MS_ASYNC)
				return -ENOMEM;
			start = vma->vm_start;
			if (start >= end)
				return -ENOMEM;
			unmapped = -ENOMEM;
		}
		if ((flags & MS_INVALIDATE) && (vma->vm_flags & VM_LOCKED))
			return -EBUSY;
		start = vma->vm_end;
		if ((flags & MS_SYNC) && vma->vm_file && vma->vm_file->fd >= 0 && (vma->vm_flags & VM_SHARED)) {
			err = sync_file(mm, vma->vm_file);
			if (err)
				return err;
		}
		if (start >= end)
			return unmapped;
		vma = find_vma(mm, start);
	}
}

int do_msync(struct mm_struct *mm, u64 start, u64 len, int flags)
{
	u64 end;
	int err;

	if (flags & ~(MS_ASYNC | MS_INVALIDATE | MS_SYNC))
		return -EINVAL;
	if (start & ~PAGE_MASK)
		return -EINVAL;
	if ((flags & MS_ASYNC) && (flags & MS_SYNC))
		return -EINVAL;
	end = start + PAGE_ALIGN(len);
	if (end < start)
		return -ENOMEM;
	if (end == start)
		return 0;
	pthread_rwlock_rdlock(&mm->mmap_sem);
	err = msync_locked(mm, start, end, flags);
	pthread_rwlock_unlock(&mm->mmap_sem);
	return err;
}
