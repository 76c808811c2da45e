// SPDX-License-Identifier: GPL-2.0-or-later
/* stack: the stack VMA, from execve's first page to its growth under faults. */
#include <errno.h>
#include <sys/personality.h>
#include "mm/internal.h"

#define STACK_EXPAND 131072UL /* what setup_arg_pages adds below the strings */

static vm_flags_t stack_flags(const struct mm_struct *mm)
{
	vm_flags_t flags = VM_STACK | VM_READ | VM_WRITE | VM_MAYREAD | VM_MAYWRITE | VM_MAYEXEC | VM_ACCOUNT |
			   VM_SOFTDIRTY;

	return mm->env->personality & READ_IMPLIES_EXEC ? flags | VM_EXEC : flags;
}

static int acct_stack_growth(struct vm_area_struct *vma, u64 size, u64 grow)
{
	struct mm_struct *mm = vma->vm_mm;

	if (!may_expand_vm(mm, vma->vm_flags, (s64)grow))
		return -ENOMEM;
	if (size > mm_rlimit(mm, RLIMIT_STACK))
		return -ENOMEM;
	if (!mlock_future_ok(mm, vma->vm_flags, grow << PAGE_SHIFT))
		return -ENOMEM;
	return vm_enough_memory(mm, (s64)grow);
}

// May it come as close to what is below as @addr?
static int check_guard_gap(const struct vm_area_struct *vma, u64 addr)
{
	const struct vm_area_struct *prev = vma->vm_prev;

	if (!(vma->vm_flags & VM_GROWSDOWN))
		return -EFAULT;
	if (addr < vma->vm_mm->env->mmap_min_addr)
		return -EPERM;
	/* Another stack, or what cannot be accessed anyway, may be close. */
	if (prev && !(prev->vm_flags & VM_GROWSDOWN) && (prev->vm_flags & VM_ACCESS_FLAGS) &&
	    addr - prev->vm_end < STACK_GUARD_GAP)
		return -ENOMEM;
	return 0;
}

static int check_growth(struct vm_area_struct *vma, u64 addr)
{
	u64 grow = (vma->vm_start - addr) >> PAGE_SHIFT;

	if (addr >= vma->vm_start)
		return 0;
	return grow > vma->vm_pgoff ? -ENOMEM : acct_stack_growth(vma, vma->vm_end - addr, grow);
}

int expand_downwards_check(struct vm_area_struct *vma, u64 addr)
{
	int err = check_guard_gap(vma, addr & PAGE_MASK);

	return err ? err : check_growth(vma, addr & PAGE_MASK);
}

int expand_downwards(struct vm_area_struct *vma, u64 addr)
{
	struct mm_struct *mm = vma->vm_mm;
	u64 grow;
	int err;

	addr &= PAGE_MASK;
	err = check_guard_gap(vma, addr);
	if (err)
		return err;
	/* It stays when the rest is refused. */
	if (anon_vma_prepare(vma))
		return -ENOMEM;
	err = check_growth(vma, addr);
	if (err || addr >= vma->vm_start)
		return err;
	grow = (vma->vm_start - addr) >> PAGE_SHIFT;
	if (vma->vm_flags & VM_LOCKED)
		mm->locked_vm += grow;
	vm_stat_account(mm, vma->vm_flags, (s64)grow);
	vma_adjust(vma, addr, vma->vm_end, vma->vm_pgoff - grow);
	return 0;
}

int bprm_stack_create(struct mm_struct *mm)
{
	struct vm_area_struct *vma = vm_area_alloc(mm);

	if (!vma)
		return -ENOMEM;
	vma->vm_start = STACK_TOP - PAGE_SIZE;
	vma->vm_end = STACK_TOP;
	vma->vm_pgoff = vma->vm_start >> PAGE_SHIFT;
	vma->vm_flags = stack_flags(mm) | VM_STACK_INCOMPLETE_SETUP;
	pthread_rwlock_wrlock(&mm->mmap_sem);
	vma_link(mm, vma);
	vm_stat_account(mm, vma->vm_flags, 1);
	pthread_rwlock_unlock(&mm->mmap_sem);
	return 0;
}

/* Move the whole VMA and its pages down by @shift: nothing else is mapped there yet. */
static int relocate_down(struct mm_struct *mm, struct vm_area_struct *vma, u64 shift)
{
	u64 old_start = vma->vm_start, old_end = vma->vm_end, len = old_end - old_start;
	u64 new_start = old_start - shift, new_end = old_end - shift;

	if (new_start > old_start || find_vma(mm, new_start) != vma)
		return -EFAULT;
	/* First cover both places, then let go of the old one. */
	vma_adjust(vma, new_start, old_end, vma->vm_pgoff);
	if (move_page_tables(vma, old_start, vma, new_start, len) != len)
		return -ENOMEM;
	free_pgtables(mm, new_end > old_start ? new_end : old_start, old_end, new_end, TASK_SIZE);
	vma_adjust(vma, new_start, new_end, vma->vm_pgoff);
	return 0;
}

static s64 setup_arg_pages_locked(struct mm_struct *mm, u64 stack_top, bool exec)
{
	struct vm_area_struct *vma = mm->last_vma, *prev;
	u64 min = mm->env->mmap_min_addr, shift, size, base, rlim;
	vm_flags_t flags = (stack_flags(mm) & ~VM_EXEC) | (exec ? VM_EXEC : 0) | mm->def_flags;
	int err;

	if (!vma || !(vma->vm_flags & VM_GROWSDOWN))
		return -EFAULT;
	if (stack_top < min || vma->vm_end - vma->vm_start >= stack_top - min)
		return -ENOMEM;
	shift = vma->vm_end - stack_top;
	prev = vma->vm_prev;
	err = mprotect_fixup(vma, &prev, vma->vm_start, vma->vm_end, flags | VM_STACK_INCOMPLETE_SETUP);
	if (err)
		return err;
	if (shift) {
		err = relocate_down(mm, vma, shift);
		if (err)
			return err;
	}
	vma->vm_flags &= ~VM_STACK_INCOMPLETE_SETUP;
	size = vma->vm_end - vma->vm_start + STACK_EXPAND;
	rlim = mm_rlimit(mm, RLIMIT_STACK) & PAGE_MASK;
	base = vma->vm_end - (size < rlim ? size : rlim);
	return expand_downwards(vma, base) ? -EFAULT : (s64)shift;
}

s64 setup_arg_pages(struct mm_struct *mm, u64 stack_top, bool exec)
{
	s64 ret;

	pthread_rwlock_wrlock(&mm->mmap_sem);
	ret = setup_arg_pages_locked(mm, PAGE_ALIGN(stack_top), exec);
	flush_tlb_batched(mm);
	mm_check_debug(mm, "setup_arg_pages");
	pthread_rwlock_unlock(&mm->mmap_sem);
	return ret;
}
