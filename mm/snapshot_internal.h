/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What snapshot.c and snapshot_file.c share. */
#ifndef ULK_MM_SNAPSHOT_INTERNAL_H
#define ULK_MM_SNAPSHOT_INTERNAL_H

#include "mm/internal.h"
#include "mm/pgtable.h"
#include "mm/snapshot.h"

enum {
	NOTED = 1,    // since the last restore: the PTE
	CONTENT = 2,  // and the page
	NO_TABLE = 4, // at the snapshot there was no table for the PTE
	WAS_ANON = 8, // a private page, whose content is ours to keep
};

// A page that was noted at least once.
struct note {
	u64 addr, pte; // as at the snapshot, _PAGE_CACHED taken out
	u8 *data;      // its content, once that was needed
	u32 flags;
};

struct mm_snapshot {
	struct mm_struct *mm; // NULL: gone
	struct mm_snapshot *next;
	bool broken; // a note could not be made
	struct note *notes;
	u32 nr, cap;
	u32 *hash; // of notes by address: index + 1
	u32 hash_size;
	u32 *dirty; // those noted since the last restore
	u32 nr_dirty;
	struct vm_area_struct **vmas; // copies, in order
	int nr_vmas;
	struct mm_struct fields; // the counters and layout fields of the mm
};

struct note *snapshot_find_note(const struct mm_snapshot *s, u64 addr);
// NULL: no memory. @ptep: the entry of then, or NULL.
struct note *snapshot_add_note(struct mm_snapshot *s, u64 addr, const pte_t *ptep);
bool snapshot_is_anon(const struct mm_struct *mm, pte_t pte);

#endif
