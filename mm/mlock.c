// SPDX-License-Identifier: GPL-2.0-or-later
/* mlock: keep pages in memory. Nothing here is ever paged out, so it is about counting and faulting in. */
#include <errno.h>
#include <sys/mman.h>
#include "mm/internal.h"

#ifndef MLOCK_ONFAULT
#define MLOCK_ONFAULT 1
#endif

static int mlock_fixup(struct vm_area_struct *vma, struct vm_area_struct **pprev, u64 start, u64 end,
		       vm_flags_t newflags)
{
	struct mm_struct *mm = vma->vm_mm;
	vm_flags_t oldflags = vma->vm_flags;
	s64 pages = (s64)((end - start) >> PAGE_SHIFT);
	int err;

	*pprev = vma;
	if (newflags == oldflags || (oldflags & (VM_SPECIAL | VM_DROPPABLE)) || vma_is_secretmem(vma))
		return 0;
	vma = vma_modify_flags(start > vma->vm_start ? vma : vma->vm_prev, vma, start, end, newflags, &err);
	if (!vma)
		return err;
	if (!(newflags & VM_LOCKED))
		mm->locked_vm -= oldflags & VM_LOCKED ? (u64)pages : 0;
	else if (!(oldflags & VM_LOCKED))
		mm->locked_vm += (u64)pages;
	vma->vm_flags = newflags | (vma->vm_flags & VM_STICKY);
	*pprev = vma;
	return 0;
}

static int apply_lock_flags(struct mm_struct *mm, u64 start, u64 len, vm_flags_t flags)
{
	u64 end = start + len, expected, stop;
	struct vm_area_struct *vma, *prev;
	int err;

	if (end < start)
		return -EINVAL;
	if (end == start)
		return 0;
	vma = vma_lookup(mm, start);
	if (!vma)
		return -ENOMEM;
	expected = vma->vm_start;
	for (; vma && vma->vm_start < end; vma = prev->vm_next) {
		if (vma->vm_start != expected)
			return -ENOMEM;
		stop = vma->vm_end < end ? vma->vm_end : end;
		err = mlock_fixup(vma, &prev, start, stop, (vma->vm_flags & ~VM_LOCKED_MASK) | flags);
		if (err)
			return err;
		start = expected = prev->vm_end;
		if (start >= end)
			return 0;
	}
	return -ENOMEM;
}

/* Pages of the range that are locked already. */
static u64 count_locked(struct mm_struct *mm, u64 start, u64 len)
{
	struct vm_area_struct *vma = find_vma(mm, start);
	u64 end = start + len, count = 0;

	if (end < start)
		end = UINT64_MAX;
	for (; vma && vma->vm_start < end; vma = vma->vm_next) {
		u64 from = vma->vm_start > start ? vma->vm_start : start;
		u64 to = vma->vm_end < end ? vma->vm_end : end;

		if (vma->vm_flags & VM_LOCKED)
			count += (to - from) >> PAGE_SHIFT;
	}
	return count;
}

int do_mlock(struct mm_struct *mm, u64 start, u64 len, int flags)
{
	vm_flags_t vm_flags = VM_LOCKED;
	u64 locked, limit = mm_rlimit(mm, RLIMIT_MEMLOCK) >> PAGE_SHIFT;
	int err = -ENOMEM;

	if (flags & ~MLOCK_ONFAULT)
		return -EINVAL;
	if (flags & MLOCK_ONFAULT)
		vm_flags |= VM_LOCKONFAULT;
	if (!can_do_mlock(mm))
		return -EPERM;
	len = PAGE_ALIGN(len + (start & ~PAGE_MASK));
	start &= PAGE_MASK;
	pthread_rwlock_wrlock(&mm->mmap_sem);
	locked = (len >> PAGE_SHIFT) + mm->locked_vm;
	if (locked > limit && !mm->env->capable_ipc_lock)
		locked -= count_locked(mm, start, len);
	if (locked <= limit || mm->env->capable_ipc_lock)
		err = apply_lock_flags(mm, start, len, vm_flags);
	mm_check_debug(mm, "mlock");
	pthread_rwlock_unlock(&mm->mmap_sem);
	if (err || !len)
		return err;
	/* Under MLOCK_ONFAULT, too: what cannot be locked ([vdso], MAP_DROPPABLE) is populated. */
	err = mm_populate(mm, start, start + len, false);
	/* POSIX's errors for pages that cannot be had. */
	return err == -EFAULT ? -ENOMEM : err == -ENOMEM ? -EAGAIN : err;
}

int do_munlock(struct mm_struct *mm, u64 start, u64 len)
{
	int err;

	len = PAGE_ALIGN(len + (start & ~PAGE_MASK));
	start &= PAGE_MASK;
	pthread_rwlock_wrlock(&mm->mmap_sem);
	err = apply_lock_flags(mm, start, len, 0);
	mm_check_debug(mm, "munlock");
	pthread_rwlock_unlock(&mm->mmap_sem);
	return err;
}

static void apply_mlockall(struct mm_struct *mm, int flags)
{
	struct vm_area_struct *vma, *prev;
	vm_flags_t add = 0;

	mm->def_flags &= ~VM_LOCKED_MASK;
	if (flags & MCL_FUTURE) {
		mm->def_flags |= flags & MCL_ONFAULT ? VM_LOCKED_MASK : VM_LOCKED;
		if (!(flags & MCL_CURRENT))
			return;
	}
	if (flags & MCL_CURRENT)
		add = flags & MCL_ONFAULT ? VM_LOCKED_MASK : VM_LOCKED;
	for (vma = mm->mmap; vma; vma = prev->vm_next)
		/* One that cannot be changed does not keep the others from it. */
		(void)mlock_fixup(vma, &prev, vma->vm_start, vma->vm_end,
				  (vma->vm_flags & ~VM_LOCKED_MASK) | add);
}

int do_mlockall(struct mm_struct *mm, int flags)
{
	u64 limit = mm_rlimit(mm, RLIMIT_MEMLOCK) >> PAGE_SHIFT;
	int err = -ENOMEM;

	if (!flags || (flags & ~(MCL_CURRENT | MCL_FUTURE | MCL_ONFAULT)) || flags == MCL_ONFAULT)
		return -EINVAL;
	if (!can_do_mlock(mm))
		return -EPERM;
	pthread_rwlock_wrlock(&mm->mmap_sem);
	if (!(flags & MCL_CURRENT) || mm->total_vm <= limit || mm->env->capable_ipc_lock) {
		apply_mlockall(mm, flags);
		err = 0;
	}
	mm_check_debug(mm, "mlockall");
	pthread_rwlock_unlock(&mm->mmap_sem);
	if (!err && (flags & MCL_CURRENT))
		mm_populate(mm, 0, TASK_SIZE, true);
	return err;
}

int do_munlockall(struct mm_struct *mm)
{
	pthread_rwlock_wrlock(&mm->mmap_sem);
	apply_mlockall(mm, 0);
	mm_check_debug(mm, "munlockall");
	pthread_rwlock_unlock(&mm->mmap_sem);
	return 0;
}
