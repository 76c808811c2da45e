// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * PAGEMAP_SCAN on /proc/self/pagemap: ranges of pages by what they are. Nothing is ever write-protected by
 * userfaultfd here, so every page that is there counts as written, and WP_MATCHING finds nothing to do.
 */
#include <errno.h>
#include <stdlib.h>
#include "mm/pagemap.h"
#include "procfs/internal.h"

/* From linux/fs.h of Linux 6.7. */
#define PAGEMAP_SCAN_CMD      0xc0606610U /* _IOWR('f', 16, struct pm_scan_arg) */
#define PM_SCAN_WP_MATCHING   (1UL << 0)
#define PM_SCAN_CHECK_WPASYNC (1UL << 1)
#define PM_SCAN_CATEGORIES    0x1ffUL

struct pm_scan_arg {
	u64 size, flags, start, end, walk_end, vec, vec_len, max_pages;
	u64 category_inverted, category_mask, category_anyof_mask, return_mask;
};

struct page_region {
	u64 start, end, categories;
};

struct scan {
	struct pm_scan_arg arg;
	u64 found; /* pages */
	struct page_region *regions;
	size_t nr, room;
	bool soft_dirty;
	int err;
};

static bool interesting(const struct pm_scan_arg *arg, u64 categories)
{
	categories ^= arg->category_inverted;
	if ((categories & arg->category_mask) != arg->category_mask)
		return false;
	return !arg->category_anyof_mask || categories & arg->category_anyof_mask;
}

/* Add the range to the last region, or make another. False: the caller's vector is full. */
static bool push_range(struct scan *s, u64 start, u64 end, u64 categories)
{
	struct page_region *last = s->nr ? &s->regions[s->nr - 1] : NULL, *grown;

	if (last && last->end == start && last->categories == categories) {
		last->end = end;
		return true;
	}
	if (s->nr == s->arg.vec_len)
		return false;
	if (s->nr == s->room) {
		s->room = s->room ? 2 * s->room : 64;
		grown = realloc(s->regions, s->room * sizeof(*grown));
		if (!grown) {
			s->err = -ENOMEM;
			return false;
		}
		s->regions = grown;
	}
	s->regions[s->nr++] = (struct page_region){start, end, categories};
	return true;
}

/* [start, end) is wanted. False: stop, walk_end says where. */
static bool scan_output(struct scan *s, u64 start, u64 end, u64 categories)
{
	u64 pages = (end - start) >> PAGE_SHIFT, room = s->arg.max_pages - s->found;
	bool go_on = true;

	if (!s->arg.vec)
		return true;
	if (pages > room) {
		end = start + (room << PAGE_SHIFT);
		go_on = false;
	}
	if (end > start && !push_range(s, start, end, categories & s->arg.return_mask)) {
		end = start;
		go_on = false;
	}
	s->found += (end - start) >> PAGE_SHIFT;
	if (!go_on)
		s->arg.walk_end = end;
	return go_on && !s->err;
}

static bool scan_table(struct scan *s, struct vm_area_struct *vma, pte_t *ptep, u64 addr, u64 stop,
		       u64 vma_categories)
{
	u64 categories, common = vma_categories | (pmd_is_huge(vma->vm_mm, addr) ? PAGE_IS_HUGE : 0);

	for (; addr < stop; addr += PAGE_SIZE, ptep++) {
		categories = common | page_category(vma, *ptep, s->soft_dirty);
		if (interesting(&s->arg, categories) && !scan_output(s, addr, addr + PAGE_SIZE, categories))
			return false;
	}
	return true;
}

static bool scan_vma(struct scan *s, struct vm_area_struct *vma, u64 start, u64 end)
{
	u64 categories = s->soft_dirty && vma->vm_flags & VM_SOFTDIRTY ? PAGE_IS_SOFT_DIRTY : 0;
	u64 required = s->arg.category_mask & PAGE_IS_WPALLOWED, addr = start, hole = start, stop;
	pte_t *ptep;

	if (s->arg.flags & PM_SCAN_CHECK_WPASYNC) {
		s->err = -EPERM;
		return false;
	}
	if (s->arg.flags & PM_SCAN_WP_MATCHING || vma->vm_flags & VM_PFNMAP ||
	    ((categories ^ s->arg.category_inverted) & required) != required)
		return true;
	while (hole < end) {
		ptep = pte_next_table(vma->vm_mm, &addr, end, &stop);
		if (!ptep)
			addr = stop = end;
		if (addr > hole && interesting(&s->arg, categories) &&
		    !scan_output(s, hole, addr, categories))
			return false;
		if (ptep && !scan_table(s, vma, ptep, addr, stop, categories))
			return false;
		hole = addr = stop;
	}
	return true;
}

static void scan_walk(struct scan *s, struct mm_struct *mm)
{
	struct vm_area_struct *vma;
	bool go_on = true;

	pthread_mutex_lock(&mm->page_table_lock);
	for (vma = find_vma(mm, s->arg.start); vma && vma->vm_start < s->arg.end && go_on; vma = vma->vm_next)
		go_on = scan_vma(s, vma, max_t(u64, vma->vm_start, s->arg.start),
				 min_t(u64, vma->vm_end, s->arg.end));
	pthread_mutex_unlock(&mm->page_table_lock);
}

static int scan_check_args(struct pm_scan_arg *arg)
{
	u64 bytes;

	if (arg->size != sizeof(*arg) || arg->flags & ~(PM_SCAN_WP_MATCHING | PM_SCAN_CHECK_WPASYNC))
		return -EINVAL;
	if ((arg->category_inverted | arg->category_mask | arg->category_anyof_mask | arg->return_mask) &
	    ~PM_SCAN_CATEGORIES)
		return -EINVAL;
	if (arg->start & ~PAGE_MASK)
		return -EINVAL;
	if (!access_ok(arg->start, arg->end - arg->start))
		return -EFAULT;
	if (!arg->vec && arg->vec_len)
		return -EINVAL;
	if (arg->vec && (__builtin_mul_overflow(arg->vec_len, sizeof(struct page_region), &bytes) ||
			 !access_ok(arg->vec, bytes)))
		return -EFAULT;
	arg->end = PAGE_ALIGN(arg->end);
	arg->walk_end = 0;
	if (!arg->max_pages)
		arg->max_pages = ~0UL;
	return 0;
}

s64 proc_pagemap_ioctl(struct task_struct *t, struct task_struct *target, u32 cmd, u64 uarg)
{
	struct scan s = {0};
	int err;

	if (cmd != PAGEMAP_SCAN_CMD)
		return proc_ioctl_other(cmd);
	if (get_user(t->mm, s.arg, uarg))
		return -EFAULT;
	err = scan_check_args(&s.arg);
	if (err)
		return err;
	s.soft_dirty = soft_dirty_on(target->ulk->phys);
	pthread_rwlock_rdlock(&target->mm->mmap_sem);
	scan_walk(&s, target->mm);
	pthread_rwlock_unlock(&target->mm->mmap_sem);
	if (s.nr && copy_to_user(t->mm, s.arg.vec, s.regions, s.nr * sizeof(*s.regions)))
		s.err = -EFAULT;
	free(s.regions);
	if (!s.arg.walk_end)
		s.arg.walk_end = s.arg.end;
	if (put_user(t->mm, s.arg.walk_end, uarg + offsetof(struct pm_scan_arg, walk_end)))
		return -EFAULT;
	return s.err ? s.err : (s64)s.nr;
}
