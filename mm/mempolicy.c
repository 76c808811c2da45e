// SPDX-License-Identifier: GPL-2.0-or-later
/* mempolicy: NUMA policies of areas. */
#include <errno.h>
#include <linux/mempolicy.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>
#include "mm/internal.h"
#include "mm/mempolicy.h"
#include "mm/window.h"

#define MPOL_MODES 0xff /* without the flags */

bool mpol_equal(const struct mempolicy *a, const struct mempolicy *b)
{
	if (a == b)
		return true;
	return a && b && a->mode == b->mode && a->home_node == b->home_node &&
	       !memcmp(a->nodes, b->nodes, sizeof(a->nodes));
}

struct mempolicy *mpol_get(struct mempolicy *pol)
{
	if (pol)
		pol->refcount++;
	return pol;
}

void mpol_put(struct mempolicy *pol)
{
	if (pol && --pol->refcount == 0)
		free(pol);
}

/* shmem's policy is the inode's: tell the host, chunk by chunk. Where no page can be shown, nothing can be
 * placed either. */
static void set_shared_policy(const struct vm_area_struct *vma, u64 start, u64 end, const struct mempolicy *pol)
{
	pgoff_t pgoff = vma->vm_pgoff + ((start - vma->vm_start) >> PAGE_SHIFT), stop = pgoff + ((end - start) >> PAGE_SHIFT);
	struct file *file = vma->vm_file;
	u64 nr;

	for (; pgoff < stop; pgoff += nr) {
		s64 pfn = file_get_pfn(file, pgoff, false);

		nr = min_t(u64, WINDOW_PAGES - pgoff % WINDOW_PAGES, stop - pgoff);
		if (pfn > 0)
			syscall(SYS_mbind, pfn_to_host(file->phys, (pfn_t)pfn), nr << PAGE_SHIFT,
				pol ? pol->mode : MPOL_DEFAULT, pol ? pol->nodes : NULL, pol ? NUMA_NODES + 1 : 0, 0);
		file_put_pfn(file, pfn);
	}
}

/* *pprev becomes the area that now has the policy. */
static int mbind_range(struct vm_area_struct **pprev, struct vm_area_struct *vma, u64 start, u64 end,
		       struct mempolicy *pol)
{
	int err;

	if (start > vma->vm_start)
		*pprev = vma;
	if (mpol_equal(vma->vm_policy, pol)) {
		*pprev = vma;
		return 0;
	}
	vma = vma_modify_policy(*pprev, vma, start, end, pol, &err);
	if (!vma)
		return err;
	if (vma->vm_file && vma->vm_file->is_shmem)
		set_shared_policy(vma, start, end, pol);
	mpol_get(pol);
	mpol_put(vma->vm_policy);
	vma->vm_policy = pol;
	*pprev = vma;
	return 0;
}

static bool has_hole(struct vm_area_struct *vma, u64 start, u64 end)
{
	for (; vma && vma->vm_start <= start; vma = vma->vm_next) {
		start = vma->vm_end;
		if (start >= end)
			return false;
	}
	return true;
}

int do_mbind(struct mm_struct *mm, u64 start, u64 end, struct mempolicy *pol)
{
	struct vm_area_struct *vma, *prev;
	int err = 0;

	pthread_rwlock_wrlock(&mm->mmap_sem);
	vma = find_vma_intersection(mm, start, end);
	if (!vma || (pol && has_hole(vma, start, end)))
		err = -EFAULT;
	else
		for (prev = vma->vm_prev; vma && vma->vm_start < end && !err; vma = prev->vm_next)
			err = mbind_range(&prev, vma, max_t(u64, start, vma->vm_start), min_t(u64, end, vma->vm_end), pol);
	mm_check_debug(mm, "mbind");
	pthread_rwlock_unlock(&mm->mmap_sem);
	return err;
}

static int home_one(struct vm_area_struct **pprev, struct vm_area_struct *vma, u64 start, u64 end, int node)
{
	const struct mempolicy *old = vma->vm_policy;
	int mode = old ? old->mode & MPOL_MODES : MPOL_DEFAULT, err;
	struct mempolicy *pol;

	if (!old) {
		*pprev = vma;
		return 0;
	}
	if (mode != MPOL_BIND && mode != MPOL_PREFERRED_MANY)
		return -EOPNOTSUPP;
	pol = malloc(sizeof(*pol));
	if (!pol)
		return -ENOMEM;
	*pol = *old;
	pol->refcount = 1;
	pol->home_node = node;
	err = mbind_range(pprev, vma, max_t(u64, start, vma->vm_start), min_t(u64, end, vma->vm_end), pol);
	mpol_put(pol);
	return err;
}

int do_set_home_node(struct mm_struct *mm, u64 start, u64 end, int node)
{
	struct vm_area_struct *vma, *prev;
	int err = -ENOENT;

	pthread_rwlock_wrlock(&mm->mmap_sem);
	vma = find_vma_intersection(mm, start, end);
	prev = vma ? vma->vm_prev : NULL;
	for (; vma && vma->vm_start < end; vma = prev->vm_next) {
		bool has = vma->vm_policy;
		int ret = home_one(&prev, vma, start, end, node);

		if (has || ret)
			err = ret;
		if (ret)
			break;
	}
	mm_check_debug(mm, "set_mempolicy_home_node");
	pthread_rwlock_unlock(&mm->mmap_sem);
	return err;
}

int get_vma_policy(struct mm_struct *mm, u64 addr, struct mempolicy **pol, void **host)
{
	struct vm_area_struct *vma;
	s64 pfn;

	*pol = NULL;
	*host = NULL;
	pthread_rwlock_wrlock(&mm->mmap_sem);
	vma = vma_lookup(mm, addr);
	if (vma && vma->vm_file && vma->vm_file->is_shmem) {
		pfn = file_get_pfn(vma->vm_file, vma->vm_pgoff + ((addr - vma->vm_start) >> PAGE_SHIFT), false);
		// Where the window is gone when the host is asked of it, the host says EFAULT.
		file_put_pfn(vma->vm_file, pfn);
		if (pfn > 0)
			*host = pfn_to_host(mm->phys, (pfn_t)pfn);
	}
	if (vma)
		*pol = mpol_get(vma->vm_policy);
	pthread_rwlock_unlock(&mm->mmap_sem);
	return vma ? 0 : -EFAULT;
}
