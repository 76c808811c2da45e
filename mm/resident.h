/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * resident: which pages of a file are in the host's page cache. Not for other folders.
 */
#ifndef ULK_MM_RESIDENT_H
#define ULK_MM_RESIDENT_H

#include "mm/file.h"
#include "mm/mm_types.h"

/* May this process learn it by mincore(2)? Root, the file's owner and who may write to it; others are told
 * "all". */
bool file_mincore_allowed(const struct mm_env *env, const struct file *file);
/* Is page @pgoff in the page cache, read or not (a truncation leaves pages that never were)? 1, 0, or -errno:
 * -EPERM for whom the host does not tell, -ENOSYS before Linux 6.5. */
int file_page_cached(const struct file *file, pgoff_t pgoff);
/* Bit 0 of vec[i]: is the i-th of @nr pages from @pgoff, shown at @pfn, up to date in the page cache? One
 * window at most. 0 or -errno; 1 where the host does not tell: then it seems all are. */
int file_resident(const struct mm_env *env, struct file *file, pfn_t pfn, pgoff_t pgoff, u64 nr, u8 *vec);
/*
 * Map @size bytes of the file of @vma from page @pgoff on at @at, replacing what is there, to be read, and executable and
 * advised as @vma is, on which what a fault reads ahead depends. @at, or NULL.
 */
void *file_map_alike(const struct vm_area_struct *vma, void *at, size_t size, pgoff_t pgoff);
/*
 * Let the host take the fault of a read at @addr of @vma, in an area like that one: it reads ahead as it would for the
 * guest. Which of the @nr file pages from @first on it mapped: a byte each into @resident. 1: that was a major fault,
 * 0: it was not, or -errno, when nothing was done.
 */
int file_probe(const struct vm_area_struct *vma, u64 addr, pgoff_t first, u64 nr, u8 *resident);

#endif
