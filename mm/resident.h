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
 * window at most. 0 or -errno. Where the host does not tell, all are. */
int file_resident(const struct mm_env *env, struct file *file, pfn_t pfn, pgoff_t pgoff, u64 nr, u8 *vec);

#endif
