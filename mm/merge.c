// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * merge: when neighbouring VMAs become one and when one becomes two. Both show in /proc/self/maps, so
 * the rules are those of Linux 6.18's mm/vma.c.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "mm/internal.h"
#include "mm/mempolicy.h"
#include "mm/shm.h"

static bool name_eq(const char *a, const char *b)
{
	return a == b || (a && b && !strcmp(a, b));
}

static bool uncowed_parents(const struct vm_area_struct *vma)
{
	return vma && vma->anon_vma && vma->anon_vma->forked;
}

static bool mergeable_vma(const struct vma_merge *vmg, const struct vm_area_struct *vma)
{
	return !((vma->vm_flags ^ vmg->vm_flags) & ~VM_STICKY) && !vma->special &&
	       name_eq(vma->anon_name, vmg->anon_name) && mpol_equal(vma->vm_policy, vmg->policy) &&
	       same_file(vma->vm_file, vmg->file);
}

/* Would the union's pages have one anon_vma? A VMA with anon_vmas inherited over fork never lends or
 * takes one. */
static bool mergeable_anon_vma(const struct vma_merge *vmg, const struct vm_area_struct *target)
{
	if (!target->anon_vma && vmg->anon_vma)
		return !uncowed_parents(vmg->middle) && !uncowed_parents(vmg->copied_from);
	if (target->anon_vma && !vmg->anon_vma)
		return !uncowed_parents(target);
	return target->anon_vma == vmg->anon_vma;
}

static bool can_merge_left(const struct vma_merge *vmg)
{
	const struct vm_area_struct *prev = vmg->prev;

	return prev && prev->vm_end == vmg->start && prev->vm_pgoff + vma_pages(prev) == vmg->pgoff &&
	       mergeable_anon_vma(vmg, prev) && mergeable_vma(vmg, prev);
}

static bool can_merge_right(const struct vma_merge *vmg, bool left)
{
	const struct vm_area_struct *prev = vmg->prev, *next = vmg->next;

	if (!next || next->vm_start != vmg->end ||
	    next->vm_pgoff != vmg->pgoff + ((vmg->end - vmg->start) >> PAGE_SHIFT) ||
	    !mergeable_anon_vma(vmg, next) || !mergeable_vma(vmg, next))
		return false;
	/* Each fits the middle; that does not mean they fit each other. */
	return !left || !prev->anon_vma || !next->anon_vma || prev->anon_vma == next->anon_vma;
}

/* Each area of a System V segment counts as an attachment: only shmdt and munmap end one. */
static bool can_remove(const struct vm_area_struct *vma)
{
	return !vma->vm_file || !file_is_shm(vma->vm_file);
}

static void dup_anon_vma(struct vm_area_struct *dst, const struct vm_area_struct *src)
{
	if (src->anon_vma && !dst->anon_vma) {
		dst->anon_vma = src->anon_vma;
		anon_vma_get(dst->anon_vma);
	}
}

static void remove_vma(struct vm_area_struct *vma)
{
	vma_unlink(vma->vm_mm, vma);
	vm_area_free(vma);
}

struct vm_area_struct *vma_merge_new_range(struct vma_merge *vmg)
{
	struct vm_area_struct *prev = vmg->prev, *next = vmg->next, *target;
	u64 start = vmg->start, end = vmg->end;
	bool left, right;

	if (vmg->vm_flags & VM_SPECIAL)
		return NULL;
	left = can_merge_left(vmg);
	right = !vmg->just_expand && can_merge_right(vmg, left) && !(left && !can_remove(next));
	if (!left && !right)
		return NULL;
	target = left ? prev : next;
	target->vm_flags |= (vmg->vm_flags | (left && right ? next->vm_flags : 0)) & VM_STICKY;
	/* A range that is being copied brings its anonymous pages' identity along. */
	if (vmg->anon_vma && !target->anon_vma) {
		target->anon_vma = vmg->anon_vma;
		anon_vma_get(target->anon_vma);
	}
	if (left && right) {
		start = prev->vm_start;
		end = next->vm_end;
		dup_anon_vma(prev, next);
		remove_vma(next);
		vma_adjust(target, start, end, target->vm_pgoff);
	} else if (left) {
		vma_adjust(target, prev->vm_start, end, prev->vm_pgoff);
	} else {
		vma_adjust(target, start, next->vm_end, vmg->pgoff);
	}
	return target;
}

/* prev takes all of middle, or its first part. */
static struct vm_area_struct *merge_into_prev(struct vma_merge *vmg, bool whole)
{
	struct vm_area_struct *prev = vmg->prev, *middle = vmg->middle;

	dup_anon_vma(prev, middle);
	prev->vm_flags |= middle->vm_flags & VM_STICKY;
	if (whole)
		remove_vma(middle);
	else
		vma_adjust(middle, vmg->end, middle->vm_end,
			   middle->vm_pgoff + ((vmg->end - middle->vm_start) >> PAGE_SHIFT));
	vma_adjust(prev, prev->vm_start, vmg->end, prev->vm_pgoff);
	return prev;
}

/* next takes all of middle, or its last part. */
static struct vm_area_struct *merge_into_next(struct vma_merge *vmg, bool whole)
{
	struct vm_area_struct *next = vmg->next, *middle = vmg->middle;
	pgoff_t pgoff = next->vm_pgoff - ((vmg->end - vmg->start) >> PAGE_SHIFT);

	dup_anon_vma(next, middle);
	next->vm_flags |= middle->vm_flags & VM_STICKY;
	if (whole)
		remove_vma(middle);
	else
		vma_adjust(middle, middle->vm_start, vmg->start, middle->vm_pgoff);
	vma_adjust(next, vmg->start, next->vm_end, pgoff);
	return next;
}

/* [start, end) of vmg->middle is about to become what vmg says: hand it to a neighbour if one fits. */
static struct vm_area_struct *vma_merge_existing_range(struct vma_merge *vmg)
{
	struct vm_area_struct *middle = vmg->middle, *prev = vmg->prev, *next;
	bool at_start = vmg->start == middle->vm_start, at_end = vmg->end == middle->vm_end;
	bool left, right;

	if ((vmg->vm_flags & VM_SPECIAL) || (!at_start && !at_end) ||
	    (at_start && at_end && !can_remove(middle)))
		return NULL;
	left = at_start && can_merge_left(vmg);
	vmg->next = at_end ? middle->vm_next : NULL;
	right = at_end && can_merge_right(vmg, left);
	next = vmg->next;
	if (left && right) {
		u64 end = next->vm_end;

		dup_anon_vma(prev, next->anon_vma ? next : middle);
		prev->vm_flags |= (middle->vm_flags | next->vm_flags) & VM_STICKY;
		remove_vma(middle);
		remove_vma(next);
		vma_adjust(prev, prev->vm_start, end, prev->vm_pgoff);
		return prev;
	}
	if (left)
		return merge_into_prev(vmg, at_end);
	if (right)
		return merge_into_next(vmg, at_start);
	return NULL;
}

int __split_vma(struct vm_area_struct *vma, u64 addr, bool new_below)
{
	struct vm_area_struct *new_vma;
	u64 start = vma->vm_start, end = vma->vm_end;
	pgoff_t pgoff = vma->vm_pgoff, upper = pgoff + ((addr - start) >> PAGE_SHIFT);

	if (vma->special)
		return -EINVAL;
	new_vma = vm_area_dup(vma);
	if (!new_vma)
		return -ENOMEM;
	if (new_below) {
		new_vma->vm_end = addr;
		vma_adjust(vma, addr, end, upper);
	} else {
		new_vma->vm_start = addr;
		new_vma->vm_pgoff = upper;
		vma_adjust(vma, start, addr, pgoff);
	}
	vma_link(vma->vm_mm, new_vma);
	return 0;
}

int split_vma(struct vm_area_struct *vma, u64 addr, bool new_below)
{
	if (vma->vm_mm->map_count >= vma->vm_mm->env->max_map_count)
		return -ENOMEM;
	return __split_vma(vma, addr, new_below);
}

static struct vm_area_struct *vma_modify(struct vma_merge *vmg, int *err)
{
	struct vm_area_struct *vma = vmg->middle, *merged;
	u64 start = vmg->start, end = vmg->end;

	*err = 0;
	merged = vma_merge_existing_range(vmg);
	if (merged)
		return merged;
	if (vma->vm_start < start) {
		*err = split_vma(vma, start, true);
		if (*err)
			return NULL;
	}
	if (vma->vm_end > end) {
		*err = split_vma(vma, end, false);
		if (*err)
			return NULL;
	}
	return vma;
}

static struct vma_merge merge_of(struct vm_area_struct *prev, struct vm_area_struct *vma, u64 start, u64 end)
{
	return (struct vma_merge){
		.mm = vma->vm_mm,
		.prev = prev,
		.middle = vma,
		.start = start,
		.end = end,
		.pgoff = vma->vm_pgoff + ((start - vma->vm_start) >> PAGE_SHIFT),
		.vm_flags = vma->vm_flags,
		.file = vma->vm_file,
		.anon_vma = vma->anon_vma,
		.anon_name = vma->anon_name,
		.policy = vma->vm_policy,
	};
}

struct vm_area_struct *vma_modify_flags(struct vm_area_struct *prev, struct vm_area_struct *vma, u64 start,
					u64 end, vm_flags_t flags, int *err)
{
	struct vma_merge vmg = merge_of(prev, vma, start, end);

	vmg.vm_flags = flags;
	return vma_modify(&vmg, err);
}

struct vm_area_struct *vma_modify_name(struct vm_area_struct *prev, struct vm_area_struct *vma, u64 start,
				       u64 end, const char *name, int *err)
{
	struct vma_merge vmg = merge_of(prev, vma, start, end);

	vmg.anon_name = name;
	return vma_modify(&vmg, err);
}

struct vm_area_struct *vma_modify_policy(struct vm_area_struct *prev, struct vm_area_struct *vma, u64 start, u64 end,
					 const struct mempolicy *pol, int *err)
{
	struct vma_merge vmg = merge_of(prev, vma, start, end);

	vmg.policy = pol;
	return vma_modify(&vmg, err);
}
