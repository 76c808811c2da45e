/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * mirror: a guest buffer as the host's kernel must see it to read from it as it would natively.
 *
 * Linux writes to a file by copying without faults. Where that stops at a page that is not mapped yet it lets the
 * filesystem finish what came, faults the page in and goes on. What a write(2) does therefore depends on which pages of
 * its buffer were mapped: how far it gets before a bad one, the file's size after a write that failed, what it leaves
 * in the page cache, which pages of the buffer it brings in. A mirror has the same pages mapped: those that the guest
 * has are the guest's own; those that a fault would bring in are stand-ins of the same kind (anonymous, or the same
 * page of the same file), not mapped either, so that the host's kernel faults on them as it would on the guest's. Those
 * it did touch are then faulted in for the guest.
 */
#ifndef ULK_MM_MIRROR_H
#define ULK_MM_MIRROR_H

#include <sys/uio.h>
#include "mm/mm.h"

#define MIRROR_PAGES_MAX 4096UL
#define MIRROR_IOV_MAX 1024

/* Where it is written to: a file that grows may be mapped, even be the buffer. */
struct mirror_target {
	dev_t dev;
	ino_t ino;
	u64 pos, size;                /* in bytes, before the host writes */
	u64 faulted;                  /* private; 0 */
};

struct user_mirror {
	struct iovec *iov;            /* for the host; the last one faults there when the buffer is bad */
	int count;
	/* private */
	struct mm_struct *mm;
	struct mirror_range *ranges;
	int nr_ranges;
	struct late_pages *late;      /* pages of files that are in no cache yet */
	bool untold;                  /* or may not be */
	long major;                   /* major faults of this thread before the host wrote */
	size_t bytes;                 /* readable ones, so far as one can tell */
	u64 bad;                      /* where the buffer turns bad, or 0 */
};

/*
 * Mirror the @count buffers at @guest, up to the first page that cannot be read. No other thread may run guest code or
 * change the mm until user_mirror_done(), which is due when this returned 0. -E2BIG: too many pages or pieces, -ENOMEM.
 */
int user_mirror(struct mm_struct *mm, struct user_mirror *m, const struct iovec *guest, int count);
/* The host, writing to @target, took @n bytes, or said -errno: fault in what it touched, and release. */
void user_mirror_done(struct user_mirror *m, s64 n, struct mirror_target *target);

#endif
