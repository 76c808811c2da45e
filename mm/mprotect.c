// SPDX-License-Identifier: GPL-2.0-or-later
/* mprotect: change what accesses a range allows. */
#include <errno.h>
#include <sys/mman.h>
#include <sys/personality.h>
#include "mm/pages.h"

#ifndef PROT_SEM
#define PROT_SEM 8
#endif

/* A private locked area became writable: copy its pages now rather than at the first store. */
static void cow_locked(struct vm_area_struct *vma, u64 start, u64 end)
{
	struct mm_fault fault;

	if (vma->vm_flags & VM_LOCKONFAULT)
		return;
	for (; start < end; start += PAGE_SIZE) {
		fault = (struct mm_fault){0};
		handle_mm_fault(vma, start, FAULT_WRITE, &fault);
		if (fault.signo)
			return;
	}
}

int mprotect_fixup(struct vm_area_struct *vma, struct vm_area_struct **pprev, u64 start, u64 end,
		   vm_flags_t newflags)
{
	struct mm_struct *mm = vma->vm_mm;
	vm_flags_t oldflags = vma->vm_flags;
	s64 pages = (s64)((end - start) >> PAGE_SHIFT);
	int err;

	if (oldflags & VM_SEALED)
		return -EPERM;
	if (newflags == oldflags) {
		*pprev = vma;
		return 0;
	}
	/*
	 * A private area that becomes writable is charged; the charge is given back only when it cannot
	 * have private pages yet.
	 */
	if (newflags & VM_WRITE) {
		if (!may_expand_vm(mm, newflags, pages) && may_expand_vm(mm, oldflags, pages))
			return -ENOMEM;
		if (!(oldflags & (VM_ACCOUNT | VM_WRITE | VM_HUGETLB | VM_SHARED | VM_NORESERVE))) {
			if (vm_enough_memory(mm, pages))
				return -ENOMEM;
			newflags |= VM_ACCOUNT;
		}
	} else if ((oldflags & VM_ACCOUNT) && vma_is_anonymous(vma) && !vma->anon_vma) {
		newflags &= ~VM_ACCOUNT;
	}
	vma = vma_modify_flags(*pprev, vma, start, end, newflags, &err);
	if (!vma)
		return err;
	*pprev = vma;
	vma->vm_flags = newflags | (vma->vm_flags & VM_STICKY);
	change_protection(vma, start, end);
	if ((oldflags & (VM_WRITE | VM_SHARED | VM_LOCKED)) == VM_LOCKED && (newflags & VM_WRITE))
		cow_locked(vma, start, end);
	vm_stat_account(mm, oldflags, -pages);
	vm_stat_account(mm, newflags, pages);
	return 0;
}

/* The loop over the VMAs of [start, end); *vma contains start. */
static int mprotect_range(struct mm_struct *mm, struct vm_area_struct *vma, u64 start, u64 end,
			  unsigned long reqprot)
{
	struct vm_area_struct *prev = start > vma->vm_start ? vma : vma->vm_prev;
	bool rier = (mm->env->personality & READ_IMPLIES_EXEC) && (reqprot & PROT_READ);
	u64 expected = vma->vm_start, stop;
	int err;

	for (; vma && vma->vm_start < end; vma = prev->vm_next) {
		unsigned long prot = reqprot;
		vm_flags_t flags;

		if (vma->vm_start != expected)
			return -ENOMEM;
		if (rier && (vma->vm_flags & VM_MAYEXEC))
			prot |= PROT_EXEC;
		flags = (prot & VM_ACCESS_FLAGS) | (vma->vm_flags & ~VM_ACCESS_FLAGS);
		/* VM_MAYx is VM_x shifted by four. */
		if ((flags & ~(flags >> 4)) & VM_ACCESS_FLAGS)
			return -EACCES;
		if (map_deny_write_exec(mm, vma->vm_flags, flags))
			return -EACCES;
		stop = vma->vm_end < end ? vma->vm_end : end;
		err = mprotect_fixup(vma, &prev, start, stop, flags);
		if (err)
			return err;
		/* prev now covers [.., stop) or, merged with what follows, more. */
		start = expected = prev->vm_end;
		if (start >= end)
			return 0;
	}
	return -ENOMEM;
}

static int mprotect_locked(struct mm_struct *mm, u64 start, u64 end, unsigned long prot, unsigned long grows)
{
	struct vm_area_struct *vma = find_vma_intersection(mm, start, end);

	if (!vma)
		return -ENOMEM;
	if (grows & PROT_GROWSDOWN) {
		start = vma->vm_start;
		if (!(vma->vm_flags & VM_GROWSDOWN))
			return -EINVAL;
	} else {
		if (vma->vm_start > start)
			return -ENOMEM;
		/* No area grows up on x86. */
		if (grows & PROT_GROWSUP)
			return -EINVAL;
	}
	return mprotect_range(mm, vma, start, end, prot);
}

int do_mprotect(struct mm_struct *mm, u64 start, u64 len, unsigned long prot)
{
	const unsigned long growth = PROT_GROWSDOWN | PROT_GROWSUP;
	unsigned long grows = prot & growth;
	u64 end;
	int err;

	prot &= ~growth;
	if (grows == growth)
		return -EINVAL;
	if (start & ~PAGE_MASK)
		return -EINVAL;
	if (!len)
		return 0;
	end = start + PAGE_ALIGN(len);
	if (end <= start)
		return -ENOMEM;
	if (prot & ~(unsigned long)(PROT_READ | PROT_WRITE | PROT_EXEC | PROT_SEM))
		return -EINVAL;
	pthread_rwlock_wrlock(&mm->mmap_sem);
	err = mprotect_locked(mm, start, end, prot, grows);
	flush_tlb_batched(mm);
	mm_check_debug(mm, "mprotect");
	pthread_rwlock_unlock(&mm->mmap_sem);
	return err;
}
