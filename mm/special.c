// SPDX-License-Identifier: GPL-2.0-or-later
/* special: mappings the kernel itself provides ([vdso], [vvar]), and what maps calls a VMA. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include "mm/internal.h"

int install_special_mapping(struct mm_struct *mm, u64 addr, u64 len, vm_flags_t flags,
			    const struct vm_special_mapping *spec)
{
	struct vm_area_struct *vma;
	int err = 0;

	if ((addr | len) & ~PAGE_MASK || !len || len > TASK_SIZE || addr > TASK_SIZE - len)
		return -EINVAL;
	vma = vm_area_alloc(mm);
	if (!vma)
		return -ENOMEM;
	vma->vm_start = addr;
	vma->vm_end = addr + len;
	vma->special = spec;
	pthread_rwlock_wrlock(&mm->mmap_sem);
	vma->vm_flags = (flags | mm->def_flags | VM_DONTEXPAND | VM_SOFTDIRTY) & ~VM_LOCKED_MASK;
	if (find_vma_intersection(mm, addr, addr + len)) {
		err = -ENOMEM;
	} else {
		vma_link(mm, vma);
		vm_stat_account(mm, vma->vm_flags, (s64)(len >> PAGE_SHIFT));
	}
	mm_check_debug(mm, "install_special_mapping");
	pthread_rwlock_unlock(&mm->mmap_sem);
	if (err)
		vm_area_free(vma);
	return err;
}

const char *vma_name(const struct vm_area_struct *vma, char *buf, size_t size)
{
	const struct mm_struct *mm = vma->vm_mm;
	const char *name = "";

	if (vma->vm_file) {
		if (vma->anon_name)
			snprintf(buf, size, "[anon_shmem:%s]", vma->anon_name);
		else if (file_path(vma->vm_file, buf, size) < 0)
			buf[0] = '\0';
		return buf;
	}
	if (vma->special) {
		name = vma->special->name;
	} else if (vma->vm_start < mm->brk && vma->vm_end > mm->start_brk) {
		name = "[heap]";
	} else if (vma->vm_start <= mm->start_stack && vma->vm_end >= mm->start_stack) {
		name = "[stack]";
	} else if (vma->anon_name) {
		snprintf(buf, size, "[anon:%s]", vma->anon_name);
		return buf;
	}
	snprintf(buf, size, "%s", name);
	return buf;
}
