// SPDX-License-Identifier: GPL-2.0-or-later
/* shmat and shmdt: a System V segment into the address space, and out of it. */
#include <errno.h>
#include <sys/mman.h>
#include <sys/shm.h>
#include "mm/shm.h"

/* Something is there already, or the range wraps: Linux's answer without SHM_REMAP. */
static bool occupied(struct mm_struct *mm, u64 addr, u64 size)
{
	u64 end;
	bool found;

	if (__builtin_add_overflow(addr, size, &end))
		return true;
	pthread_rwlock_rdlock(&mm->mmap_sem);
	found = find_vma_intersection(mm, addr, end);
	pthread_rwlock_unlock(&mm->mmap_sem);
	return found;
}

/* Why the segment cannot be at @addr, or 0. Who may not read it, and so cannot ask, may not attach it either. */
static int refused(struct mm_struct *mm, int id, u64 addr, int shmflg)
{
	struct shmid_ds ds;
	bool taken;
	int err;

	if (shmctl(id, IPC_STAT, &ds) < 0)
		return 0;
	taken = !(shmflg & SHM_REMAP) && occupied(mm, addr, ds.shm_segsz);
	if (!taken && ds.shm_segsz <= TASK_SIZE && addr <= TASK_SIZE - ds.shm_segsz)
		return 0;
	/* Rights come first. */
	err = shm_refusal(mm->phys, id, shmflg);
	return err == -EINVAL && !taken ? -ENOMEM : err;
}

s64 do_shmat(struct mm_struct *mm, int id, u64 addr, int shmflg)
{
	unsigned long prot = PROT_READ, flags = MAP_SHARED;
	struct file *file;
	s64 ret;

	if (id < 0)
		return -EINVAL;
	if (addr & ~PAGE_MASK && !(shmflg & SHM_RND))
		return -EINVAL;
	/* What is rounded down to 0 is an address still, but nothing that may be there is looked at. */
	if (addr)
		flags |= shmflg & SHM_REMAP || addr < PAGE_SIZE ? MAP_FIXED : MAP_FIXED_NOREPLACE;
	addr &= PAGE_MASK;
	if (!addr && (shmflg & SHM_REMAP))
		return -EINVAL;
	if (!(shmflg & SHM_RDONLY))
		prot |= PROT_WRITE;
	if (shmflg & SHM_EXEC)
		prot |= PROT_EXEC;
	/* Before the host counts an attachment that will not be. */
	ret = addr ? refused(mm, id, addr, shmflg) : 0;
	if (ret)
		return ret;
	ret = shm_attach(mm->phys, id, shmflg, &file);
	if (ret)
		return ret;
	ret = do_mmap(mm, file, addr, file_size(file), prot, flags, 0);
	shm_attached(file);
	fput(file);
	return ret == -EEXIST ? -EINVAL : ret;
}

/* Does @vma show the segment that is, or once was, attached at @addr, as it was then? */
static bool shows_from(const struct vm_area_struct *vma, u64 addr)
{
	return vma->vm_file && file_is_shm(vma->vm_file) && (vma->vm_start - addr) >> PAGE_SHIFT == vma->vm_pgoff;
}

int do_shmdt(struct mm_struct *mm, u64 addr)
{
	struct vm_area_struct *vma, *next;
	const struct file *file = NULL;
	u64 size = ~0UL;

	if (addr & ~PAGE_MASK)
		return -EINVAL;
	pthread_rwlock_wrlock(&mm->mmap_sem);
	/* Parts may have been unmapped, moved or replaced. The first area that lies where it belongs says which
	 * segment, and how far to look for more of the same attachment. */
	for (vma = find_vma(mm, addr); vma && vma->vm_end - addr <= size; vma = next) {
		next = vma->vm_next;
		if (!shows_from(vma, addr) || (file && vma->vm_file != file))
			continue;
		if (!file) {
			file = vma->vm_file;
			size = PAGE_ALIGN(file_size(file));
		}
		do_munmap_locked(mm, vma->vm_start, vma->vm_end - vma->vm_start);
	}
	flush_tlb_batched(mm);
	mm_check_debug(mm, "shmdt");
	pthread_rwlock_unlock(&mm->mmap_sem);
	return file ? 0 : -EINVAL;
}
