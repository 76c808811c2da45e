// SPDX-License-Identifier: GPL-2.0-or-later
/* layout: where things go. The base of the mmap area and the search for a free range in it. */
#include <errno.h>
#include <linux/magic.h>
#include <sys/mman.h>
#include <sys/personality.h>
#include <sys/vfs.h>
#include "mm/huge.h"

#ifndef MAP_ABOVE4G
#define MAP_ABOVE4G 0x80
#endif
#define XFS_SUPER_MAGIC_NR  0x58465342
#define FUSE_SUPER_MAGIC_NR 0x65735546

#define GAP_MIN	       (128UL << 20)
#define GAP_MAX	       (TASK_SIZE / 6 * 5)
#define STACK_RND_MASK 0x3fffffUL /* pages */

/* splitmix64: any two seeds, any two streams give unrelated numbers. */
static u64 mix(u64 x)
{
	x += 0x9e3779b97f4a7c15UL;
	x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9UL;
	x = (x ^ (x >> 27)) * 0x94d049bb133111ebUL;
	return x ^ (x >> 31);
}

u64 aslr_bits(const struct mm_struct *mm, unsigned what, unsigned bits)
{
	u64 seed = mm->env->aslr_seed;

	if (!seed || (mm->env->personality & ADDR_NO_RANDOMIZE))
		return 0;
	seed = mix(mix(seed) + what);
	return bits >= 64 ? seed : seed & ((1UL << bits) - 1);
}

static bool randomized(const struct mm_struct *mm)
{
	return mm->env->aslr_seed && !(mm->env->personality & ADDR_NO_RANDOMIZE);
}

static u64 mmap_base(const struct mm_struct *mm, u64 rnd)
{
	u64 gap = mm_rlimit(mm, RLIMIT_STACK);
	u64 pad = (randomized(mm) ? STACK_RND_MASK << PAGE_SHIFT : 0) + STACK_GUARD_GAP;

	/* RLIM_INFINITY would wrap. */
	if (gap + pad > gap)
		gap += pad;
	if (gap < GAP_MIN)
		gap = GAP_MIN;
	else if (gap > GAP_MAX)
		gap = GAP_MAX;
	return PAGE_ALIGN(TASK_SIZE - gap - rnd);
}

/* Where a bottom-up search may look. */
static void find_start_end(const struct mm_struct *mm, unsigned long flags, u64 *begin, u64 *end)
{
	if (flags & MAP_32BIT) {
		*begin = 0x40000000 + (aslr_bits(mm, 32, 13) << PAGE_SHIFT);
		*end = 0x80000000;
	} else {
		*begin = mm->mmap_legacy_base;
		*end = TASK_SIZE;
	}
}

static u64 at_least_min(const struct mm_struct *mm, u64 low)
{
	return low < mm->env->mmap_min_addr ? mm->env->mmap_min_addr : low;
}

static s64 area_bottomup(struct mm_struct *mm, struct file *file, u64 addr, u64 len, pgoff_t pgoff,
			 unsigned long flags)
{
	struct vm_area_struct *vma;
	u64 begin, end;

	if (flags & MAP_FIXED)
		return (s64)addr;
	find_start_end(mm, flags, &begin, &end);
	if (len > end)
		return -ENOMEM;
	if (addr) {
		addr = PAGE_ALIGN(addr);
		vma = find_vma(mm, addr);
		if (end - len >= addr && (!vma || addr + len <= vm_start_gap(vma)))
			return (s64)addr;
	}
	return unmapped_area(mm, at_least_min(mm, begin), end, len);
}

static bool hint_valid(u64 addr, u64 len)
{
	return TASK_SIZE - len >= addr;
}

static s64 area_topdown(struct mm_struct *mm, struct file *file, u64 addr, u64 len, pgoff_t pgoff,
			unsigned long flags)
{
	struct vm_area_struct *vma;
	u64 hint = addr & PAGE_MASK, low;
	s64 found;

	if (len > TASK_SIZE)
		return -ENOMEM;
	if (flags & MAP_FIXED)
		return (s64)addr;
	if (flags & MAP_32BIT)
		return area_bottomup(mm, file, addr, len, pgoff, flags);
	if (addr && hint_valid(hint, len)) {
		vma = find_vma(mm, hint);
		if (!vma || hint + len <= vm_start_gap(vma))
			return (s64)hint;
	}
	low = flags & MAP_ABOVE4G ? 1UL << 32 : PAGE_SIZE;
	found = unmapped_area_topdown(mm, at_least_min(mm, low), mm->mmap_base, len);
	if (found >= 0)
		return found;
	/* With large stack limits there may still be room above the base. */
	return area_bottomup(mm, file, addr, len, pgoff, flags);
}

void arch_pick_mmap_layout(struct mm_struct *mm)
{
	u64 rnd = aslr_bits(mm, 0, 28) << PAGE_SHIFT;

	mm->task_size = TASK_SIZE;
	mm->mmap_legacy_base = PAGE_ALIGN(TASK_SIZE / 3) + rnd;
	if (mm->env->personality & ADDR_COMPAT_LAYOUT) {
		mm->mmap_base = mm->mmap_legacy_base;
		mm->get_unmapped_area = area_bottomup;
	} else {
		mm->mmap_base = mmap_base(mm, rnd);
		mm->get_unmapped_area = area_topdown;
	}
}

/*
 * Align so that huge pages could back the mapping (__thp_get_unmapped_area): ask for one huge page
 * more and slide inside it. 0: no use, or no room for the padding.
 */
static s64 thp_area(struct mm_struct *mm, struct file *file, u64 addr, u64 len, pgoff_t pgoff,
		    unsigned long flags)
{
	s64 off = (s64)(pgoff << PAGE_SHIFT), off_end = (s64)((u64)off + len);
	s64 off_align = (s64)(((u64)off + PMD_SIZE - 1) & ~(PMD_SIZE - 1));
	u64 padded = len + PMD_SIZE, sub;
	s64 ret;

	if (off_end <= off_align || (u64)off_end - (u64)off_align < PMD_SIZE)
		return 0;
	if (padded < len || (u64)off + padded < (u64)off)
		return 0;
	ret = mm->get_unmapped_area(mm, file, addr, padded, pgoff, flags);
	if (ret < 0)
		return 0;
	if ((u64)ret == addr)
		return ret;
	sub = ((u64)off - (u64)ret) & (PMD_SIZE - 1);
	if (mm->get_unmapped_area == area_topdown && !sub)
		return ret + (s64)PMD_SIZE;
	return ret + (s64)sub;
}

bool file_thp_placement(const struct file *file)
{
	struct statfs fs;

	/* Filesystems whose get_unmapped_area is thp_get_unmapped_area; tmpfs decides by its huge=
	 * option, which is "never" unless someone asked. */
	if (file->is_shmem || fstatfs(file->fd, &fs))
		return false;
	switch ((unsigned long)fs.f_type) {
	case EXT4_SUPER_MAGIC:
	case XFS_SUPER_MAGIC_NR:
	case BTRFS_SUPER_MAGIC:
	case FUSE_SUPER_MAGIC_NR:
		return true;
	}
	return false;
}

static bool wants_thp(const struct file *file, u64 addr, u64 len, unsigned long flags)
{
	if (file && file->is_dev_zero)
		return !(flags & MAP_SHARED);
	if (file)
		return len >= PMD_SIZE && file_thp_placement(file);
	/* A shared anonymous mapping is shmem's to place. */
	return !(flags & MAP_SHARED) && !addr && !(len & (PMD_SIZE - 1));
}

/* shmem_get_unmapped_area(): from what was found without a thought of huge pages, @at, to where they fit. */
static s64 shmem_area(struct mm_struct *mm, struct file *file, u64 hint, s64 at, u64 len, pgoff_t pgoff,
		      unsigned long flags)
{
	u64 offset = (pgoff << PAGE_SHIFT) & (PMD_SIZE - 1), padded = len + PMD_SIZE - PAGE_SIZE, sub;
	s64 ret;

	if (len < PMD_SIZE || at < 0 || (u64)at == hint || flags & MAP_FIXED || (u64)at % PMD_SIZE == offset ||
	    (offset && offset + len < 2 * PMD_SIZE) || !thp_shmem_placement(mm->env, file) || padded > TASK_SIZE)
		return at;
	ret = mm->get_unmapped_area(mm, NULL, hint, padded, 0, flags);
	if (ret < 0)
		return at;
	sub = (u64)ret & (PMD_SIZE - 1);
	ret += (s64)(offset - sub + (sub > offset ? PMD_SIZE : 0));
	return (u64)ret > TASK_SIZE - len ? at : ret;
}

s64 get_unmapped_area(struct mm_struct *mm, struct file *file, u64 addr, u64 len, pgoff_t pgoff,
		      unsigned long flags)
{
	s64 ret = 0;

	if (len > TASK_SIZE)
		return -ENOMEM;
	if (!file)
		pgoff = 0;
	if (wants_thp(file, addr, len, flags))
		ret = thp_area(mm, file, addr, len, pgoff, flags);
	if (!ret)
		ret = mm->get_unmapped_area(mm, file, addr, len, pgoff, flags);
	if (file && file->is_shmem)
		ret = shmem_area(mm, file, addr, ret, len, pgoff, flags);
	else if (flags & MAP_SHARED && (!file || file->is_dev_zero))
		ret = shmem_area(mm, NULL, addr, ret, len, pgoff, flags);
	if (ret < 0 && ret > -4096)
		return ret;
	if ((u64)ret > TASK_SIZE - len)
		return -ENOMEM;
	if ((u64)ret & ~PAGE_MASK)
		return -EINVAL;
	/* security_mmap_addr: only CAP_SYS_RAWIO may map below the limit. */
	if ((u64)ret < mm->env->dac_mmap_min_addr)
		return -EPERM;
	return ret;
}

void mm_layout_resume(struct mm_struct *mm)
{
	mm->task_size = TASK_SIZE;
	mm->get_unmapped_area = mm->env->personality & ADDR_COMPAT_LAYOUT ? area_bottomup : area_topdown;
}
