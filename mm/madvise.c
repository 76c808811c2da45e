// SPDX-License-Identifier: GPL-2.0-or-later
/* madvise: what the program says about its memory; some of it has to be done at once. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/mman.h>
#include "mm/huge.h"
#include "mm/shm.h"

#ifndef MADV_COLLAPSE
#define MADV_COLLAPSE 25
#endif
#ifndef MADV_DONTNEED_LOCKED
#define MADV_DONTNEED_LOCKED 24
#endif
#ifndef MADV_GUARD_INSTALL
#define MADV_GUARD_INSTALL 102
#define MADV_GUARD_REMOVE 103
#endif
#ifndef MADV_SOFT_OFFLINE
#define MADV_SOFT_OFFLINE 101
#endif
#ifndef MADV_POPULATE_READ
#define MADV_POPULATE_READ  22
#define MADV_POPULATE_WRITE 23
#endif

static bool behavior_valid(struct mm_env *env, int behavior)
{
	switch (behavior) {
	case MADV_HUGEPAGE:
	case MADV_NOHUGEPAGE:
	case MADV_COLLAPSE:
		return thp_present(env);
	case MADV_NORMAL:
	case MADV_RANDOM:
	case MADV_SEQUENTIAL:
	case MADV_WILLNEED:
	case MADV_DONTNEED:
	case MADV_DONTNEED_LOCKED:
	case MADV_FREE:
	case MADV_REMOVE:
	case MADV_DONTFORK:
	case MADV_DOFORK:
	case MADV_MERGEABLE:
	case MADV_UNMERGEABLE:
	case MADV_DONTDUMP:
	case MADV_DODUMP:
	case MADV_WIPEONFORK:
	case MADV_KEEPONFORK:
	case MADV_COLD:
	case MADV_PAGEOUT:
	case MADV_POPULATE_READ:
	case MADV_POPULATE_WRITE:
	case MADV_GUARD_INSTALL:
	case MADV_GUARD_REMOVE:
		return true;
	case MADV_HWPOISON:
	case MADV_SOFT_OFFLINE:
		/* Asked about nothing, a kernel built without them still says EINVAL. */
		return !madvise(NULL, 0, behavior);
	}
	return false;
}

/* The VMA's flags as the advice wants them, or -EINVAL. */
static s64 advised_flags(const struct vm_area_struct *vma, int behavior)
{
	vm_flags_t flags = vma->vm_flags;

	switch (behavior) {
	case MADV_NORMAL:
		flags &= ~(VM_RAND_READ | VM_SEQ_READ);
		break;
	case MADV_SEQUENTIAL:
		flags = (flags & ~VM_RAND_READ) | VM_SEQ_READ;
		break;
	case MADV_RANDOM:
		flags = (flags & ~VM_SEQ_READ) | VM_RAND_READ;
		break;
	case MADV_DONTFORK:
		flags |= VM_DONTCOPY;
		break;
	case MADV_DOFORK:
		if (flags & VM_IO)
			return -EINVAL;
		flags &= ~VM_DONTCOPY;
		break;
	case MADV_WIPEONFORK:
		if (vma->vm_file || (flags & VM_SHARED))
			return -EINVAL;
		flags |= VM_WIPEONFORK;
		break;
	case MADV_KEEPONFORK:
		if (flags & VM_DROPPABLE)
			return -EINVAL;
		flags &= ~VM_WIPEONFORK;
		break;
	case MADV_DONTDUMP:
		flags |= VM_DONTDUMP;
		break;
	case MADV_DODUMP:
		if (flags & (VM_SPECIAL | VM_DROPPABLE))
			return -EINVAL;
		flags &= ~VM_DONTDUMP;
		break;
	case MADV_MERGEABLE:
		if (ksm_compatible(flags))
			flags |= VM_MERGEABLE;
		break;
	case MADV_UNMERGEABLE:
		flags &= ~VM_MERGEABLE;
		break;
	case MADV_HUGEPAGE:
		flags = (flags & ~VM_NOHUGEPAGE) | VM_HUGEPAGE;
		break;
	case MADV_NOHUGEPAGE:
		flags = (flags & ~VM_HUGEPAGE) | VM_NOHUGEPAGE;
		break;
	default:
		return -EINVAL;
	}
	return (s64)flags;
}

static int advise_flags(struct vm_area_struct *prev, struct vm_area_struct **vma, u64 start, u64 end,
			int behavior)
{
	s64 flags = advised_flags(*vma, behavior);
	struct vm_area_struct *changed;
	int err;

	if (flags < 0)
		return (int)flags;
	if ((vm_flags_t)flags == (*vma)->vm_flags)
		return 0;
	changed = vma_modify_flags(prev, *vma, start, end, (vm_flags_t)flags, &err);
	if (!changed)
		return err == -ENOMEM ? -EAGAIN : err;
	changed->vm_flags = (vm_flags_t)flags | (changed->vm_flags & VM_STICKY);
	*vma = changed;
	return 0;
}

static int advise_dontneed(struct vm_area_struct *vma, u64 start, u64 end, int behavior)
{
	vm_flags_t forbidden = behavior == MADV_DONTNEED_LOCKED ? VM_PFNMAP : VM_PFNMAP | VM_LOCKED;

	if (vma->vm_flags & forbidden)
		return -EINVAL;
	if (behavior == MADV_FREE) {
		if (!vma_is_anonymous(vma))
			return -EINVAL;
		madvise_age(vma, start, end, behavior);
		return 0;
	}
	zap_page_range_dontneed(vma->vm_mm, vma, start, end);
	return 0;
}

static int advise_guard(struct vm_area_struct *vma, u64 start, u64 end, int behavior)
{
	vm_flags_t forbidden = VM_SPECIAL | VM_HUGETLB;

	if (behavior == MADV_GUARD_INSTALL)
		forbidden |= VM_LOCKED;
	if (vma->vm_flags & forbidden)
		return -EINVAL;
	if (behavior == MADV_GUARD_REMOVE) {
		guard_remove(vma, start, end);
		return 0;
	}
	if (vma_is_anonymous(vma) && anon_vma_prepare(vma))
		return -ENOMEM;
	/* The tables are empty no more: fork has to copy them. */
	vma->vm_flags |= VM_MAYBE_GUARD;
	return guard_install(vma, start, end);
}

/* Punch a hole into the file behind a shared mapping. As in Linux the lock is dropped for it. */
static int advise_remove(struct vm_area_struct **vmap, u64 start, u64 end)
{
	struct vm_area_struct *vma = *vmap;
	struct mm_struct *mm = vma->vm_mm;
	u64 off = (vma->vm_pgoff << PAGE_SHIFT) + (start - vma->vm_start), len = end - start;
	struct file *file;
	int err = 0;

	if ((vma->vm_flags & VM_LOCKED) || !vma->vm_file)
		return -EINVAL;
	if ((vma->vm_flags & (VM_SHARED | VM_MAYWRITE)) != (VM_SHARED | VM_MAYWRITE))
		return -EACCES;
	file = get_file(vma->vm_file);
	flush_tlb_batched(mm);
	pthread_rwlock_unlock(&mm->mmap_sem);
	if (file_is_shm(file))
		err = shm_punch_hole(file->f_mapping, off, len);
	else if (fallocate(file->fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, (off_t)off, (off_t)len))
		err = -errno;
	if (!err && file_is_shm(file))
		unmap_mapping_pages(file->f_mapping, off >> PAGE_SHIFT, (off + len - 1) >> PAGE_SHIFT, false);
	else if (!err)
		file_punched(mm->phys, file->fd, off, len);
	fput(file);
	pthread_rwlock_wrlock(&mm->mmap_sem);
	*vmap = vma_lookup(mm, end - PAGE_SIZE);
	return err || *vmap ? err : -ENOMEM;
}

static int advise_willneed(struct vm_area_struct *vma, u64 start, u64 end)
{
	if (vma->vm_file && !vma->vm_file->is_shmem)
		posix_fadvise(vma->vm_file->fd,
			      (off_t)((vma->vm_pgoff << PAGE_SHIFT) + (start - vma->vm_start)),
			      (off_t)(end - start), POSIX_FADV_WILLNEED);
	return 0;
}

static int advise_pageout(struct vm_area_struct *vma, u64 start, u64 end, int behavior)
{
	if (vma->vm_flags & (VM_LOCKED | VM_PFNMAP | VM_HUGETLB))
		return -EINVAL;
	madvise_age(vma, start, end, behavior);
	return 0;
}

/* can_madvise_modify(): a sealed anonymous area that cannot be written must not lose its pages either. */
static bool seal_forbids(const struct vm_area_struct *vma, int behavior)
{
	if (!(vma->vm_flags & VM_SEALED) || !vma_is_anonymous(vma) || (vma->vm_flags & VM_WRITE))
		return false;
	switch (behavior) {
	case MADV_FREE:
	case MADV_DONTNEED:
	case MADV_DONTNEED_LOCKED:
	case MADV_REMOVE:
	case MADV_DONTFORK:
	case MADV_GUARD_INSTALL:
	case MADV_WIPEONFORK:
		return true;
	}
	return false;
}

static int advise_vma(struct vm_area_struct *prev, struct vm_area_struct **vma, u64 start, u64 end,
		      int behavior)
{
	if (seal_forbids(*vma, behavior))
		return -EPERM;
	switch (behavior) {
	case MADV_GUARD_INSTALL:
	case MADV_GUARD_REMOVE:
		return advise_guard(*vma, start, end, behavior);
	case MADV_REMOVE:
		return advise_remove(vma, start, end);
	case MADV_WILLNEED:
		return advise_willneed(*vma, start, end);
	case MADV_COLD:
	case MADV_PAGEOUT:
		return advise_pageout(*vma, start, end, behavior);
	case MADV_FREE:
	case MADV_DONTNEED:
	case MADV_DONTNEED_LOCKED:
		return advise_dontneed(*vma, start, end, behavior);
	case MADV_COLLAPSE:
		return huge_collapse(*vma, start, end);
	}
	return advise_flags(prev, vma, start, end, behavior);
}

/* Holes do not stop the walk; they make its result ENOMEM. */
static int walk_vmas(struct mm_struct *mm, u64 start, u64 end, int behavior)
{
	struct vm_area_struct *vma = find_vma(mm, start), *prev;
	int unmapped = 0, err;

	if (!vma)
		return -ENOMEM;
	prev = start > vma->vm_start ? vma : vma->vm_prev;
	for (;;) {
		u64 stop;

		if (start < vma->vm_start) {
			unmapped = -ENOMEM;
			start = vma->vm_start;
			if (start >= end)
				return unmapped;
		}
		stop = vma->vm_end < end ? vma->vm_end : end;
		err = advise_vma(prev, &vma, start, stop, behavior);
		if (err)
			return err;
		start = vma->vm_end > stop ? vma->vm_end : stop;
		if (start >= end)
			return unmapped;
		prev = vma;
		vma = vma->vm_next;
		if (!vma)
			return -ENOMEM;
	}
}

/* Not as an engine would ask: what engines have cached of the page is not replaced by the answer. */
static int populate_page(struct mm_struct *mm, u64 addr, bool write)
{
	u64 need = _PAGE_PRESENT | (write ? _PAGE_RW : 0);
	struct vm_area_struct *vma = vma_lookup(mm, addr);
	struct mm_fault fault = {0};
	pte_t *ptep;

	if (!vma)
		return -ENOMEM;
	if ((vma->vm_flags & (VM_IO | VM_PFNMAP)) || vma_is_secretmem(vma) || !(vma->vm_flags & (write ? VM_WRITE : VM_READ)))
		return -EINVAL;
	while (!(ptep = pte_lookup(mm, addr)) || (*ptep & need) != need) {
		if (fault_in(mm, addr, write ? FAULT_WRITE : 0, &fault))
			return fault.signo == SIGKILL ? -ENOMEM : -EFAULT;
	}
	// Its page is dirty from now on, stored to or not (FOLL_TOUCH).
	if (write)
		__atomic_fetch_or(ptep, _PAGE_DIRTY, __ATOMIC_RELAXED);
	return 0;
}

static int populate(struct mm_struct *mm, u64 start, u64 end, int behavior)
{
	int err = 0;

	for (; start < end && !err; start += PAGE_SIZE) {
		pthread_rwlock_rdlock(&mm->mmap_sem);
		err = populate_page(mm, start, behavior == MADV_POPULATE_WRITE);
		read_flush(mm);
		pthread_rwlock_unlock(&mm->mmap_sem);
	}
	return err;
}

int do_madvise(struct mm_struct *mm, u64 start, u64 len_in, int behavior)
{
	u64 len = PAGE_ALIGN(len_in), end;
	int err;

	if (!behavior_valid(mm->env, behavior) || (start & ~PAGE_MASK) || (len_in && !len) ||
	    __builtin_add_overflow(start, len, &end))
		return -EINVAL;
	if (!len)
		return 0;
	if (behavior == MADV_HWPOISON || behavior == MADV_SOFT_OFFLINE)
		/* For the host's administrator, on the host's memory. */
		return -EPERM;
	if (behavior == MADV_POPULATE_READ || behavior == MADV_POPULATE_WRITE)
		return populate(mm, start, end, behavior);
	pthread_rwlock_wrlock(&mm->mmap_sem);
	err = walk_vmas(mm, start, end, behavior);
	flush_tlb_batched(mm);
	mm_check_debug(mm, "madvise");
	pthread_rwlock_unlock(&mm->mmap_sem);
	return err;
}
