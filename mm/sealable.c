// SPDX-License-Identifier: GPL-2.0-or-later
// memfds that can be sealed: what the guest maps writable, the host must see mapped writable.
#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>
#include "mm/internal.h"
#include "mm/window.h"

/*
 * F_SEAL_WRITE fails with EBUSY while a shared mapping of the file could be stored through, in any process, and after
 * F_SEAL_FUTURE_WRITE only mappings made before can be. The host decides both, by its own mappings. Windows alone would
 * mislead it: they become writable at the first store and stay so when the guest has unmapped the file. So as long as
 * a guest's area could be stored through, one writable mapping of the host's stands for it, and windows that become
 * writable after a seal are copies of that (mremap of old size 0); with the last area both go.
 */
static bool counts(const struct vm_area_struct *vma)
{
	const vm_flags_t mask = VM_SHARED | VM_MAYWRITE;

	return vma->vm_file && vma->vm_file->f_mapping->sealable && (vma->vm_flags & mask) == mask;
}

void sealable_init(struct file *file)
{
	int seals = file->is_shmem ? fcntl(file->fd, F_GET_SEALS) : -1;

	file->f_mapping->sealable = seals >= 0 && !(seals & F_SEAL_SEAL);
}

void sealable_area_changed(struct vm_area_struct *vma)
{
	struct address_space *mapping;
	size_t size;
	void *p;

	if (likely(!vma->vm_file) || !counts(vma))
		return;
	mapping = vma->vm_file->f_mapping;
	size = (vma->vm_pgoff + vma_pages(vma)) << PAGE_SHIFT;
	size = (size + WINDOW_SIZE - 1) & ~(WINDOW_SIZE - 1);
	pthread_mutex_lock(&mapping->phys->lock);
	if (!mapping->stand_in_size) {
		p = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_NORESERVE, vma->vm_file->fd, 0);
	} else if (size > mapping->stand_in_size) {
		p = mremap(mapping->stand_in, mapping->stand_in_size, size, MREMAP_MAYMOVE);
	} else {
		p = mapping->stand_in;
		size = mapping->stand_in_size;
	}
	if (p != MAP_FAILED) {
		mapping->stand_in = p;
		mapping->stand_in_size = size;
	}
	pthread_mutex_unlock(&mapping->phys->lock);
}

void sealable_area_open(struct vm_area_struct *vma)
{
	if (counts(vma))
		__atomic_fetch_add(&vma->vm_file->f_mapping->writable_areas, 1, __ATOMIC_RELAXED);
}

void sealable_area_close(struct vm_area_struct *vma)
{
	struct address_space *mapping;

	if (!counts(vma))
		return;
	mapping = vma->vm_file->f_mapping;
	if (__atomic_sub_fetch(&mapping->writable_areas, 1, __ATOMIC_ACQ_REL))
		return;
	pthread_mutex_lock(&mapping->phys->lock);
	if (mapping->stand_in_size)
		munmap(mapping->stand_in, mapping->stand_in_size);
	mapping->stand_in_size = 0;
	pthread_mutex_unlock(&mapping->phys->lock);
	windows_protect(mapping->phys, mapping);
}

void *sealable_map(const struct address_space *mapping, void *at, u64 off, size_t size)
{
	if (off >= mapping->stand_in_size) {
		errno = EPERM;
		return MAP_FAILED;
	}
	return mremap(mapping->stand_in + off, 0, size, MREMAP_MAYMOVE | MREMAP_FIXED, at);
}
