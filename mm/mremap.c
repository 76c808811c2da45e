// SPDX-License-Identifier: GPL-2.0-or-later
/* mremap: resize a mapping, or move it with its pages. */
#include <errno.h>
#include <sys/mman.h>
#include "mm/internal.h"

#ifndef MREMAP_DONTUNMAP
#define MREMAP_DONTUNMAP 4
#endif

/* One mremap call on its way (the kernel's vma_remap_struct). */
struct vma_remap {
	struct mm_struct *mm;
	u64 addr, old_len, new_len, new_addr;
	unsigned long flags;
	struct vm_area_struct *vma;
	bool populate_expand;
};

static bool implies_new_addr(const struct vma_remap *vrm)
{
	return vrm->flags & (MREMAP_FIXED | MREMAP_DONTUNMAP);
}

static bool expands(const struct vma_remap *vrm)
{
	return vrm->new_len > vrm->old_len;
}

static int check_params(const struct vma_remap *vrm)
{
	if (vrm->flags & ~(unsigned long)(MREMAP_FIXED | MREMAP_MAYMOVE | MREMAP_DONTUNMAP))
		return -EINVAL;
	if (vrm->addr & ~PAGE_MASK)
		return -EINVAL;
	/* An old length of 0 duplicates a shared mapping; a new one of 0 means nothing. */
	if (!vrm->new_len || vrm->new_len > TASK_SIZE)
		return -EINVAL;
	if (!implies_new_addr(vrm))
		return 0;
	if (vrm->new_addr > TASK_SIZE - vrm->new_len || (vrm->new_addr & ~PAGE_MASK))
		return -EINVAL;
	if (!(vrm->flags & MREMAP_MAYMOVE))
		return -EINVAL;
	if ((vrm->flags & MREMAP_DONTUNMAP) && vrm->old_len != vrm->new_len)
		return -EINVAL;
	if (vrm->addr + vrm->old_len > vrm->new_addr && vrm->new_addr + vrm->new_len > vrm->addr)
		return -EINVAL;
	/* Both ranges may be split in three on the way: refuse before anything is unmapped. */
	if (vrm->mm->map_count + 2 >= vrm->mm->env->max_map_count - 3)
		return -ENOMEM;
	return 0;
}

static int check_vma(struct vma_remap *vrm)
{
	struct vm_area_struct *vma = vrm->vma;
	u64 old_len = vrm->old_len, new_len = vrm->new_len, delta = new_len - old_len;
	pgoff_t pgoff;

	if (!vma)
		return -EFAULT;
	if (vma->vm_flags & VM_SEALED)
		return -EPERM;
	if (!implies_new_addr(vrm))
		vrm->new_addr = vrm->addr;
	/* Below matters only when something new gets mapped. */
	if (!expands(vrm) && !implies_new_addr(vrm))
		return 0;
	if (!old_len && !(vma->vm_flags & (VM_SHARED | VM_MAYSHARE)))
		return -EINVAL;
	if ((vrm->flags & MREMAP_DONTUNMAP) && (vma->vm_flags & (VM_DONTEXPAND | VM_PFNMAP)))
		return -EINVAL;
	if (new_len < old_len)
		old_len = new_len; /* what is cut off may cross into other VMAs */
	if (old_len > vma->vm_end - vrm->addr)
		return -EFAULT;
	if (new_len == old_len)
		return 0;
	if (vma->vm_flags & VM_LOCKED)
		vrm->populate_expand = true;
	pgoff = vma->vm_pgoff + ((vrm->addr - vma->vm_start) >> PAGE_SHIFT);
	if (pgoff + (new_len >> PAGE_SHIFT) < pgoff)
		return -EINVAL;
	if (vma->vm_flags & (VM_DONTEXPAND | VM_PFNMAP))
		return -EFAULT;
	if (!mlock_future_ok(vrm->mm, vma->vm_flags, delta))
		return -EAGAIN;
	if (!may_expand_vm(vrm->mm, vma->vm_flags, (s64)(delta >> PAGE_SHIFT)))
		return -ENOMEM;
	return 0;
}

static bool can_charge(const struct vma_remap *vrm)
{
	u64 bytes;

	if (!(vrm->vma->vm_flags & VM_ACCOUNT))
		return true;
	bytes = vrm->flags & MREMAP_DONTUNMAP ? vrm->old_len : expands(vrm) ? vrm->new_len - vrm->old_len : 0;
	return !bytes || !vm_enough_memory(vrm->mm, (s64)(bytes >> PAGE_SHIFT));
}

static void remap_account(const struct vma_remap *vrm, vm_flags_t flags, u64 bytes)
{
	vm_stat_account(vrm->mm, flags, (s64)(bytes >> PAGE_SHIFT));
	if (flags & VM_LOCKED)
		vrm->mm->locked_vm += bytes >> PAGE_SHIFT;
}

static int set_new_addr(struct vma_remap *vrm)
{
	struct vm_area_struct *vma = vrm->vma;
	pgoff_t pgoff = vma->vm_pgoff + ((vrm->addr - vma->vm_start) >> PAGE_SHIFT);
	unsigned long map_flags = 0;
	s64 addr;

	if (vrm->flags & MREMAP_FIXED)
		map_flags |= MAP_FIXED;
	if (vma->vm_flags & VM_MAYSHARE)
		map_flags |= MAP_SHARED;
	addr = get_unmapped_area(vrm->mm, vma->vm_file, implies_new_addr(vrm) ? vrm->new_addr : 0,
				 vrm->new_len, pgoff, map_flags);
	if (addr < 0)
		return (int)addr;
	vrm->new_addr = (u64)addr;
	return 0;
}

/* The VMA at the new place: a neighbour that grows over it, or a copy. */
static struct vm_area_struct *copy_vma(struct vma_remap *vrm)
{
	struct vm_area_struct *vma = vrm->vma, *new_vma;
	u64 start = vrm->new_addr, end = start + vrm->new_len, old_start = vma->vm_start;
	struct vma_merge vmg = {
		.mm = vrm->mm,
		.start = start,
		.end = end,
		.vm_flags = vma->vm_flags,
		.pgoff = vma->vm_pgoff + ((vrm->addr - vma->vm_start) >> PAGE_SHIFT),
		.file = vma->vm_file,
		.anon_vma = vma->anon_vma,
		.anon_name = vma->anon_name,
		.policy = vma->vm_policy,
		.copied_from = vma,
	};

	/* Without pages yet, its offset may follow the new address: that helps merging. */
	if (vma_is_anonymous(vma) && !vma->anon_vma)
		vmg.pgoff = start >> PAGE_SHIFT;
	vmg.next = find_vma(vrm->mm, start);
	vmg.prev = vmg.next ? vmg.next->vm_prev : vrm->mm->last_vma;
	new_vma = vma_merge_new_range(&vmg);
	if (new_vma) {
		/* The source itself may have become part of it. */
		if (old_start >= new_vma->vm_start && old_start < new_vma->vm_end)
			vrm->vma = new_vma;
		return new_vma;
	}
	new_vma = vm_area_dup(vma);
	if (!new_vma)
		return NULL;
	new_vma->vm_start = start;
	new_vma->vm_end = end;
	new_vma->vm_pgoff = vmg.pgoff;
	vma_link(vrm->mm, new_vma);
	return new_vma;
}

static s64 move_vma(struct vma_remap *vrm)
{
	struct mm_struct *mm = vrm->mm;
	struct vm_area_struct *vma = vrm->vma, *new_vma;
	u64 hiwater = mm->hiwater_vm;
	vm_flags_t flags = vma->vm_flags;

	if (mm->map_count >= mm->env->max_map_count - 3)
		return -ENOMEM;
	if (vma->special && (vma->vm_start != vrm->addr || vma->vm_end != vrm->addr + vrm->old_len))
		return -EINVAL;
	if (!can_charge(vrm))
		return -ENOMEM;
	new_vma = copy_vma(vrm);
	if (!new_vma)
		return -ENOMEM;
	vma = vrm->vma;
	if (move_page_tables(vma, vrm->addr, new_vma, vrm->new_addr, vrm->old_len) < vrm->old_len) {
		/* Put back what was moved, and let go of the new place. */
		move_page_tables(new_vma, vrm->new_addr, vma, vrm->addr, vrm->old_len);
		remap_account(vrm, flags, vrm->new_len);
		do_munmap_locked(mm, vrm->new_addr, vrm->new_len);
		return -ENOMEM;
	}
	if (new_vma->special && new_vma->special == mm->context.vdso_image && mm->context.vdso == vrm->addr)
		mm->context.vdso = vrm->new_addr;
	remap_account(vrm, flags, vrm->new_len);
	if (vrm->flags & MREMAP_DONTUNMAP) {
		/* Linux unlocks the old VMA, all of it, but leaves it counted: VmLck shows that. */
		if (vma->vm_flags & VM_LOCKED)
			mm->locked_vm_stale += vma_pages(vma);
		vma->vm_flags &= ~VM_LOCKED_MASK;
		if (new_vma != vma && vma->vm_start == vrm->addr && vma->vm_end == vrm->addr + vrm->old_len) {
			anon_vma_put(vma->anon_vma);
			vma->anon_vma = NULL;
		}
	} else if (vrm->old_len) {
		do_munmap_locked(mm, vrm->addr, vrm->old_len);
	}
	/* Both copies counted for a moment only. */
	mm->hiwater_vm = hiwater;
	return (s64)vrm->new_addr;
}

static s64 mremap_to(struct vma_remap *vrm)
{
	int err;

	if (vrm->flags & MREMAP_FIXED) {
		err = do_munmap_locked(vrm->mm, vrm->new_addr, vrm->new_len);
		if (err)
			return err;
		/* The target may have been cut out of the very same VMA. */
		vrm->vma = vma_lookup(vrm->mm, vrm->addr);
		if (!vrm->vma)
			return -EFAULT;
	}
	if (vrm->new_len < vrm->old_len) {
		err = do_munmap_locked(vrm->mm, vrm->addr + vrm->new_len, vrm->old_len - vrm->new_len);
		if (err)
			return err;
		vrm->old_len = vrm->new_len;
		vrm->vma = vma_lookup(vrm->mm, vrm->addr);
	}
	if ((vrm->flags & MREMAP_DONTUNMAP) &&
	    !may_expand_vm(vrm->mm, vrm->vma->vm_flags, (s64)(vrm->old_len >> PAGE_SHIFT)))
		return -ENOMEM;
	err = set_new_addr(vrm);
	return err ? err : move_vma(vrm);
}

/* Is the room right behind the VMA free? Guard gaps do not matter here. */
static bool vma_expandable(const struct vma_remap *vrm, u64 delta)
{
	struct vm_area_struct *vma = vrm->vma;
	u64 end;

	if (__builtin_add_overflow(vma->vm_end, delta, &end))
		return false;
	if (find_vma_intersection(vrm->mm, vma->vm_end, end))
		return false;
	return get_unmapped_area(vrm->mm, NULL, vma->vm_start, end - vma->vm_start, 0, MAP_FIXED) >= 0;
}

static s64 expand_in_place(struct vma_remap *vrm, u64 delta)
{
	struct vm_area_struct *vma = vrm->vma;
	vm_flags_t flags = vma->vm_flags;
	struct vma_merge vmg = {
		.mm = vrm->mm,
		.prev = vma,
		.next = vma->vm_next,
		.start = vma->vm_end,
		.end = vma->vm_end + delta,
		.pgoff = vma->vm_pgoff + vma_pages(vma),
		.vm_flags = flags,
		.file = vma->vm_file,
		.anon_vma = vma->anon_vma,
		.anon_name = vma->anon_name,
		.policy = vma->vm_policy,
	};

	if (!can_charge(vrm) || !vma_merge_new_range(&vmg))
		return -ENOMEM;
	remap_account(vrm, flags, delta);
	return (s64)vrm->addr;
}

static s64 mremap_at(struct vma_remap *vrm)
{
	u64 delta = vrm->new_len - vrm->old_len;
	int err;

	if (vrm->new_len == vrm->old_len)
		return (s64)vrm->addr;
	if (vrm->new_len < vrm->old_len) {
		err = do_munmap_locked(vrm->mm, vrm->addr + vrm->new_len, vrm->old_len - vrm->new_len);
		return err ? err : (s64)vrm->addr;
	}
	if (vrm->old_len == vrm->vma->vm_end - vrm->addr && vma_expandable(vrm, delta))
		return expand_in_place(vrm, delta);
	if (!(vrm->flags & MREMAP_MAYMOVE))
		return -ENOMEM;
	err = set_new_addr(vrm);
	return err ? err : move_vma(vrm);
}

/* A pure move to a fixed place takes all VMAs of the range along, holes included. */
static s64 remap_move(struct vma_remap *vrm)
{
	u64 start = vrm->addr, end = start + vrm->old_len, target = vrm->new_addr, last_end = 0;
	struct vm_area_struct *vma = find_vma_intersection(vrm->mm, start, end);
	s64 result = -EFAULT;
	bool seen = false;

	while (vma) {
		u64 addr = vma->vm_start > start ? vma->vm_start : start;
		u64 stop = vma->vm_end < end ? vma->vm_end : end;
		s64 ret;

		if (!seen && start < vma->vm_start)
			return -EFAULT;
		vrm->new_addr = target + (seen ? vma->vm_start - last_end : 0);
		last_end = vma->vm_end;
		vrm->vma = vma;
		vrm->addr = addr;
		vrm->old_len = vrm->new_len = stop - addr;
		ret = check_vma(vrm);
		if (!ret)
			ret = mremap_to(vrm);
		if (ret < 0)
			return ret;
		if (!seen)
			result = ret;
		seen = true;
		target = (u64)ret + vrm->new_len;
		vma = last_end < end ? find_vma_intersection(vrm->mm, last_end, end) : NULL;
	}
	return result;
}

static s64 mremap_locked(struct vma_remap *vrm)
{
	int err;

	if ((vrm->flags & MREMAP_FIXED) && vrm->old_len == vrm->new_len)
		return remap_move(vrm);
	vrm->vma = vma_lookup(vrm->mm, vrm->addr);
	err = check_vma(vrm);
	if (err)
		return err;
	return implies_new_addr(vrm) ? mremap_to(vrm) : mremap_at(vrm);
}

s64 do_mremap(struct mm_struct *mm, u64 addr, u64 old_len, u64 new_len, unsigned long flags, u64 new_addr)
{
	struct vma_remap vrm = {
		.mm = mm,
		.addr = addr,
		.old_len = PAGE_ALIGN(old_len),
		.new_len = PAGE_ALIGN(new_len),
		.flags = flags,
		.new_addr = new_addr,
	};
	u64 grown = vrm.new_len - vrm.old_len;
	s64 ret = check_params(&vrm);

	if (ret)
		return ret;
	pthread_rwlock_wrlock(&mm->mmap_sem);
	ret = mremap_locked(&vrm);
	flush_tlb_batched(mm);
	mm_check_debug(mm, "mremap");
	pthread_rwlock_unlock(&mm->mmap_sem);
	if (ret >= 0 && vrm.populate_expand)
		mm_populate(mm, (u64)ret + vrm.new_len - grown, (u64)ret + vrm.new_len, true);
	return ret;
}
