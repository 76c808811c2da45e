// SPDX-License-Identifier: GPL-2.0-or-later
/* seq_file: see seq_file.h. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "kernel/seq_file.h"

static void seq_release(struct special_fd *sf)
{
	if (sf->view)
		sf->ops->release(sf->view);
	sf->view = NULL;
}

void seq_forget(struct special_fd *sf)
{
	seq_release(sf);
	free(sf->buf);
	sf->buf = NULL;
	sf->from = sf->count = sf->size = 0;
	sf->index = 0;
	sf->read_pos = (u64)-1;
}

/* The record at sf->index; a text is one. 1, 0 at the end, -errno. */
static int seq_show(struct task_struct *target, struct special_fd *sf, FILE *out)
{
	int err;

	if (sf->is_peer) {
		if (sf->index)
			return 0;
		err = sf->ops->peer(target, sf, out);
		sf->index = !err;
		return err ? err : 1;
	}
	if (sf->ops->record) {
		err = sf->ops->record(target, &sf->index, &sf->view, out);
		if (err <= 0)
			seq_release(sf);
		return err;
	}
	if (sf->index)
		return 0;
	err = sf->ops->text(target, out);
	if (err)
		return err;
	sf->index = 1;
	return 1;
}

/*
 * Make records until there are @want bytes, but, from the second one on, no more than the buffer takes. It
 * starts with a page, and grows for good when a single record needs more.
 */
static int seq_fill(struct task_struct *target, struct special_fd *sf, size_t want)
{
	size_t len = 0, end = 0;
	char *buf = NULL;
	FILE *out = open_memstream(&buf, &len);
	u64 index;
	int r = 0;

	sf->from = sf->count = 0;
	if (!out)
		return -ENOMEM;
	if (!sf->size)
		sf->size = PAGE_SIZE;
	do {
		index = sf->index;
		r = seq_show(target, sf, out);
		if (r <= 0)
			break;
		if (fflush(out)) {
			r = -ENOMEM;
			break;
		}
		if (end && len >= sf->size) {
			sf->index = index;
			break;
		}
		while (len >= sf->size)
			sf->size *= 2;
		end = len;
	} while (!end || end < want);
	fclose(out);
	free(sf->buf);
	sf->buf = buf;
	sf->count = end;
	return end || r > 0 ? 0 : r;
}

/* Go to @pos from the start, a record at a time (the kernel's traverse()). */
static int seq_traverse(struct task_struct *target, struct special_fd *sf, u64 pos)
{
	u64 at = 0;
	int err;

	sf->index = sf->from = sf->count = 0;
	while (at < pos) {
		err = seq_fill(target, sf, 0);
		if (err || !sf->count)
			return err;
		if (at + sf->count > pos) {
			sf->from = pos - at;
			sf->count -= sf->from;
			return 0;
		}
		at += sf->count;
		sf->count = 0;
	}
	return 0;
}

/* Copy @n bytes of @from to the guest's buffers from byte @skip of them on. Returns how many were copied. */
static size_t copy_to_iovec(struct task_struct *t, const struct iovec *guest, int count, size_t skip,
			    const char *from, size_t n)
{
	size_t done = 0;

	for (int i = 0; i < count && done < n; i++) {
		size_t room = guest[i].iov_len, len, left;

		if (skip >= room) {
			skip -= room;
			continue;
		}
		len = min_t(size_t, room - skip, n - done);
		left = copy_to_user(t->mm, (u64)(uintptr_t)guest[i].iov_base + skip, from + done, len);
		done += len - left;
		if (left)
			break;
		skip = 0;
	}
	return done;
}

/* Hand out what is in the buffer. */
static size_t seq_copy(struct task_struct *t, struct special_fd *sf, const struct iovec *guest, int count,
		       size_t skip, size_t want)
{
	size_t n = min_t(size_t, sf->count, want);

	n = n ? copy_to_iovec(t, guest, count, skip, sf->buf + sf->from, n) : 0;
	sf->from += n;
	sf->count -= n;
	return n;
}

s64 seq_read(struct task_struct *t, struct task_struct *target, struct special_fd *sf,
	     const struct iovec *guest, int count, u64 pos, size_t want)
{
	size_t copied = 0;
	int err = 0;

	if (!want)
		return 0;
	if (!pos) {
		seq_release(sf);
		sf->index = sf->count = 0;
	}
	if (pos != sf->read_pos) {
		err = seq_traverse(target, sf, pos);
		if (err) {
			seq_forget(sf);
			return err;
		}
		sf->read_pos = pos;
	}
	if (sf->count)
		copied = seq_copy(t, sf, guest, count, 0, want);
	if (!sf->count) {
		err = seq_fill(target, sf, want - copied);
		copied += seq_copy(t, sf, guest, count, copied, want - copied);
	}
	if (!copied)
		return sf->count ? -EFAULT : err;
	sf->read_pos += copied;
	return (s64)copied;
}
