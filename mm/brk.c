// SPDX-License-Identifier: GPL-2.0-or-later
/* brk: the heap's end, and the loader's way to map zeroed memory at a fixed place. */
#include <errno.h>
#include <sys/mman.h>
#include <sys/personality.h>
#include "mm/internal.h"

/* The flags of data segments (VM_DATA_DEFAULT_FLAGS). */
static vm_flags_t data_default_flags(const struct mm_struct *mm)
{
	vm_flags_t flags = VM_READ | VM_WRITE | VM_MAYREAD | VM_MAYWRITE | VM_MAYEXEC;

	return mm->env->personality & READ_IMPLIES_EXEC ? flags | VM_EXEC : flags;
}

static int check_brk_limits(struct mm_struct *mm, u64 addr, u64 len)
{
	s64 mapped = get_unmapped_area(mm, NULL, addr, len, 0, MAP_FIXED);

	if (mapped < 0)
		return (int)mapped;
	return mlock_future_ok(mm, mm->def_flags, len) ? 0 : -EAGAIN;
}

/* Map [addr, addr+len), which is free; @prev: the VMA before, or NULL to not grow it. */
static int do_brk_flags(struct mm_struct *mm, struct vm_area_struct *prev, u64 addr, u64 len,
			vm_flags_t flags)
{
	s64 pages = (s64)(len >> PAGE_SHIFT);
	struct vm_area_struct *vma = NULL;

	flags |= data_default_flags(mm) | VM_ACCOUNT | mm->def_flags;
	flags = ksm_vma_flags(mm, flags);
	if (!may_expand_vm(mm, flags, pages) || mm->map_count > mm->env->max_map_count ||
	    vm_enough_memory(mm, pages))
		return -ENOMEM;
	if (prev && prev->vm_end == addr) {
		struct vma_merge vmg = {
			.mm = mm,
			.prev = prev,
			.start = addr,
			.end = addr + len,
			.pgoff = addr >> PAGE_SHIFT,
			.vm_flags = flags,
			.just_expand = true,
		};

		vma = vma_merge_new_range(&vmg);
	}
	if (!vma) {
		vma = vm_area_alloc(mm);
		if (!vma)
			return -ENOMEM;
		vma->vm_start = addr;
		vma->vm_end = addr + len;
		vma->vm_pgoff = addr >> PAGE_SHIFT;
		vma->vm_flags = flags;
		vma_link(mm, vma);
	}
	vma->vm_flags |= VM_SOFTDIRTY;
	vm_stat_account(mm, flags, pages);
	if (flags & VM_LOCKED)
		mm->locked_vm += (u64)pages;
	return 0;
}

static int brk_shrink(struct mm_struct *mm, u64 brk, u64 newbrk, u64 oldbrk)
{
	struct vm_area_struct *vma = find_vma_intersection(mm, newbrk, oldbrk);
	u64 origbrk = mm->brk;
	int err;

	if (!vma)
		return -EINVAL;
	mm->brk = brk;
	err = munmap_prepare(mm, vma, newbrk, oldbrk);
	if (err) {
		mm->brk = origbrk;
		return err;
	}
	munmap_commit(mm, vma, newbrk, oldbrk);
	return 0;
}

static int brk_grow(struct mm_struct *mm, u64 brk, u64 newbrk, u64 oldbrk)
{
	struct vm_area_struct *next, *prev;
	int err = check_brk_limits(mm, oldbrk, newbrk - oldbrk);

	if (err)
		return err;
	next = find_vma_intersection(mm, oldbrk, newbrk + PAGE_SIZE + STACK_GUARD_GAP);
	if (next && newbrk + PAGE_SIZE > vm_start_gap(next))
		return -ENOMEM;
	prev = find_vma_prev(mm, oldbrk);
	if (prev && prev->vm_end <= mm->start_brk)
		prev = NULL;
	err = do_brk_flags(mm, prev, oldbrk, newbrk - oldbrk, 0);
	if (!err)
		mm->brk = brk;
	return err;
}

static int brk_locked(struct mm_struct *mm, u64 brk)
{
	u64 limit = mm_rlimit(mm, RLIMIT_DATA);
	u64 newbrk, oldbrk;

	if (brk < mm->start_brk)
		return -EINVAL;
	if (limit != RLIM_INFINITY && brk - mm->start_brk + (mm->end_data - mm->start_data) > limit)
		return -ENOSPC;
	newbrk = PAGE_ALIGN(brk);
	oldbrk = PAGE_ALIGN(mm->brk);
	if (oldbrk == newbrk) {
		mm->brk = brk;
		return 0;
	}
	if (brk <= mm->brk)
		return brk_shrink(mm, brk, newbrk, oldbrk);
	return brk_grow(mm, brk, newbrk, oldbrk);
}

u64 do_brk(struct mm_struct *mm, u64 brk)
{
	u64 populate_from = 0, populate_to = 0, old, result;

	pthread_rwlock_wrlock(&mm->mmap_sem);
	old = mm->brk;
	if (!brk_locked(mm, brk) && mm->brk > old && (mm->def_flags & VM_LOCKED)) {
		populate_from = PAGE_ALIGN(old);
		populate_to = PAGE_ALIGN(mm->brk);
	}
	result = mm->brk;
	flush_tlb_batched(mm);
	mm_check_debug(mm, "brk");
	pthread_rwlock_unlock(&mm->mmap_sem);
	if (populate_to > populate_from)
		mm_populate(mm, populate_from, populate_to, true);
	return result;
}

static int vm_brk_locked(struct mm_struct *mm, u64 addr, u64 len, bool exec)
{
	int err = check_brk_limits(mm, addr, len);

	if (!err)
		err = do_munmap_locked(mm, addr, len);
	if (!err)
		err = do_brk_flags(mm, find_vma_prev(mm, addr), addr, len, exec ? VM_EXEC : 0);
	return err;
}

int vm_brk(struct mm_struct *mm, u64 addr, u64 request, bool exec)
{
	u64 len = PAGE_ALIGN(request);
	int err;

	if (len < request)
		return -ENOMEM;
	if (!len)
		return 0;
	pthread_rwlock_wrlock(&mm->mmap_sem);
	err = vm_brk_locked(mm, addr, len, exec);
	flush_tlb_batched(mm);
	mm_check_debug(mm, "vm_brk");
	pthread_rwlock_unlock(&mm->mmap_sem);
	if (!err && (mm->def_flags & VM_LOCKED))
		mm_populate(mm, addr, addr + len, true);
	return err;
}
