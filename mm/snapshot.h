/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * snapshot: an mm as it was, to go back to, many times. What a restore costs is what was touched since.
 *
 * A snapshot copies no page when it is taken. It marks the frames of private pages PG_SNAP: an engine gets no write permission
 * for one, so the first store asks, and then the page's content and its PTE are noted (snapshot_note*), once. Whatever else is
 * about to change a PTE notes it, too: faults that fill one, munmap, mprotect, mremap, fork. A restore goes through the notes
 * of the time since the last one; the copies are kept, for the next time the same page is stored to.
 *
 * Areas are compared with what they were; those that differ are replaced. Any number of snapshots may exist, and be
 * restored in any order.
 *
 * What is shared is not the mm's to bring back: shared mappings keep what was stored, as files do. Accessed bits are not
 * restored. Huge pages are split when a snapshot is taken, and none are made while one exists.
 *
 * Locking: mmap_sem for writing, but for snapshot_note_locked(), which wants page_table_lock.
 */
#ifndef ULK_MM_SNAPSHOT_H
#define ULK_MM_SNAPSHOT_H

#include "mm/mm.h"

struct mm_snapshot;

/* 0, -ENOMEM, -EOPNOTSUPP (a System V segment is mapped, whose attachments are counted). */
int mm_snapshot_take(struct mm_struct *mm, struct mm_snapshot **out);
/* Go back. No other thread may be in the mm. 0; -ESTALE: the mm is gone (execve); -ENOMEM: notes or frames ran out, then
 * the mm is not what it was and cannot be gone on with. @pages: how many pages were brought back (may be NULL). */
int mm_snapshot_restore(struct mm_snapshot *s, u64 *pages);
void mm_snapshot_free(struct mm_snapshot *s);

/* ---- to a file and back (mm/snapshot_file.c) ---- */

struct stream_out;
struct stream_in;
/* The mm as it was at @s, which is still alive. 0, -ENOMEM, -ESTALE, -EOPNOTSUPP: a mapping cannot be made again elsewhere;
 * @why (160 bytes) says which. */
int mm_snapshot_write(const struct mm_snapshot *s, struct stream_out *out, char *why);
/*
 * Into @mm, which is fresh (mm_alloc). @special: the kernel's own mapping of a name, NULL for none. The files that were mapped
 * must be there, with the same content where that matters. -EINVAL: no such thing was ever written; -ENOENT and the like, or
 * -ESTALE, of a file; @why says which. After an error @mm is only good for mmput().
 */
int mm_snapshot_read(struct mm_struct *mm, struct stream_in *in,
		     const struct vm_special_mapping *(*special)(struct phys *phys, const char *name), char *why);

/* ---- for the rest of mm/; cheap when there is none ---- */

/* The PTE of @addr, or with @content what it shows as well, is about to change. page_table_lock held. */
void snapshot_note_locked(struct mm_struct *mm, u64 addr, bool content);
/* The same for all pages of a range that have a PTE. */
void snapshot_note_range_locked(struct mm_struct *mm, u64 start, u64 end, bool content);
/* A store to @addr is about to be allowed. No page_table_lock held. */
void snapshot_note_store(struct mm_struct *mm, u64 addr);
/* How many areas of snapshots hold @av: for mm_check(). */
u32 snapshot_anon_refs(const struct mm_struct *mm, const struct anon_vma *av);
/* The mm goes away, or this process has only a copy of it: its snapshots are of no use any more. */
void snapshot_mm_gone(struct mm_struct *mm);

#endif
