// SPDX-License-Identifier: GPL-2.0-or-later
/* Names that a program gives its anonymous areas (PR_SET_VMA_ANON_NAME). */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include "mm/internal.h"

static bool name_eq(const char *a, const char *b)
{
	return a == b || (a && b && !strcmp(a, b));
}

/* Shared memory that no directory names: MAP_SHARED|MAP_ANONYMOUS, memfd, unlinked tmpfs files. */
static bool file_is_anon_shmem(const struct file *file)
{
	struct stat st;

	return file->is_shmem && !fstat(file->fd, &st) && !st.st_nlink;
}

/* madvise_vma_anon_name: *pvma becomes the area that now has the name. */
static int name_vma(struct vm_area_struct *prev, struct vm_area_struct **pvma, u64 start, u64 end,
		    const char *name)
{
	struct vm_area_struct *vma = *pvma;
	char *copy;
	int err;

	if (vma->vm_file && !file_is_anon_shmem(vma->vm_file))
		return -EBADF;
	if (name_eq(vma->anon_name, name))
		return 0;
	copy = name ? strdup(name) : NULL;
	if (name && !copy)
		return -EAGAIN;
	vma = vma_modify_name(prev, vma, start, end, name, &err);
	if (!vma) {
		free(copy);
		return err == -ENOMEM ? -EAGAIN : err;
	}
	if (name_eq(vma->anon_name, name)) {
		/* Merged into a neighbour of that name. */
		free(copy);
	} else {
		free(vma->anon_name);
		vma->anon_name = copy;
	}
	*pvma = vma;
	return 0;
}

/* madvise_walk_vmas: holes do not stop the walk; they make its result ENOMEM. */
static int name_range(struct mm_struct *mm, u64 start, u64 end, const char *name)
{
	struct vm_area_struct *vma = find_vma(mm, start), *prev;
	int unmapped = 0, err;

	if (!vma)
		return -ENOMEM;
	prev = start > vma->vm_start ? vma : vma->vm_prev;
	while (vma) {
		if (start < vma->vm_start) {
			unmapped = -ENOMEM;
			start = vma->vm_start;
			if (start >= end)
				return unmapped;
		}
		err = name_vma(prev, &vma, start, vma->vm_end < end ? vma->vm_end : end, name);
		if (err)
			return err;
		start = vma->vm_end;
		if (start >= end)
			return unmapped;
		prev = vma;
		vma = vma->vm_next;
	}
	return -ENOMEM;
}

int madvise_set_anon_name(struct mm_struct *mm, u64 start, u64 len_in, const char *name)
{
	u64 len = PAGE_ALIGN(len_in), end;
	int err;

	if ((start & ~PAGE_MASK) || (len_in && !len) || __builtin_add_overflow(start, len, &end))
		return -EINVAL;
	if (!len)
		return 0;
	pthread_rwlock_wrlock(&mm->mmap_sem);
	err = name_range(mm, start, end, name);
	mm_check_debug(mm, "set_anon_name");
	pthread_rwlock_unlock(&mm->mmap_sem);
	return err;
}
