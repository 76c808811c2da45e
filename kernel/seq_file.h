/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * seq_file: how the kernel reads a file that is made while it is read. Only whole records are added to a
 * buffer of a page, what does not fit the reader's buffer is kept for the next read, and a read elsewhere
 * than where the last one ended starts from the first record again.
 */
#ifndef ULK_KERNEL_SEQ_FILE_H
#define ULK_KERNEL_SEQ_FILE_H

#include "kernel/files.h"

/* read(2) of up to @want bytes at @pos into the @count guest buffers of @t. Bytes or -errno. */
s64 seq_read(struct task_struct *t, struct task_struct *target, struct special_fd *sf,
	     const struct iovec *guest, int count, u64 pos, size_t want);
/* Drop what was made and is not read. */
void seq_forget(struct special_fd *sf);

#endif
