/* SPDX-License-Identifier: GPL-2.0-or-later */
/* written: what the engine must hear when the guest stores into a file it also executes. */
#ifndef ULK_SYSCALLS_WRITTEN_H
#define ULK_SYSCALLS_WRITTEN_H

#include "kernel/task.h"
#include "mm/window.h"

/* @n bytes (or a negative errno: nothing) went to @fd at @pos, -1 for its position. In a static program
 * that maps no file but itself, which cannot be written, this costs a comparison. */
static inline void fd_written(struct task_struct *t, u64 fd, s64 pos, s64 n)
{
	const struct address_space *maps = t->ulk->phys->mappings;

	if (n <= 0 || !maps)
		return;
	if (!maps->next && t->mm->exe_file && maps == t->mm->exe_file->f_mapping)
		return;
	file_written(t->ulk->phys, (int)fd, pos, (u64)n);
}

#endif
