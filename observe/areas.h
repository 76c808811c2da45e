/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * areas: a copy of an mm's areas, and what has changed since it was brought up to date. Made so that following 60,000
 * mmap() calls costs what each of them touched, not 60,000 areas each.
 */
#ifndef ULK_OBSERVE_AREAS_H
#define ULK_OBSERVE_AREAS_H

#include <sys/types.h>
#include "mm/mm_types.h"
#include "observe/intern.h"

/* One VMA as it was. */
struct area {
	u64 start, end;
	u64 offset;                /* bytes into the file; 0 without one, as maps shows it */
	vm_flags_t flags;          /* AREA_FLAGS of them */
	u64 ino;
	dev_t dev;
	u32 name;                  /* in areas.names; "" for anonymous memory */
	u32 id;                    /* counts from 1, in order of appearance */
	bool file;
};

/* A change of these makes another area of it; the bookkeeping bits do not. */
#define AREA_FLAGS (~(VM_ACCOUNT | VM_SOFTDIRTY | VM_MAYBE_GUARD))

/* The flags that no line of /proc/PID/maps shows, in words; ends with a NULL word. */
struct area_flag_word {
	vm_flags_t flag;
	const char *word;
};
extern const struct area_flag_word area_flag_words[];

/* Zeroed is the copy of no mm. */
struct areas {
	struct area **list;        /* by address */
	u32 nr, cap;
	struct area **merged;      /* of an update: what takes the place of a part of the list */
	u32 nr_merged, cap_merged;
	struct intern names;

	/* The last update: what went and what came, each by address. */
	struct area *gone, *fresh;
	u32 nr_gone, nr_fresh, cap_gone, cap_fresh;
	u32 last_id;

	/* What the mm said of itself then. */
	u64 mm_id, births, total_vm, locked_vm, exec_vm, data_vm;
	u64 pages;                 /* of the areas in the list */
};

/* A look at counters that says whether anything may have changed; misses only what keeps all of them. */
bool areas_stale(const struct areas *a, const struct mm_struct *mm);
/*
 * Bring the copy up to date, and a->gone and a->fresh with it. @ranges: pairs of start and end around which all changes
 * are supposed to be; it is checked by the mm's counters, and everything is compared when they do not agree, when the mm
 * is another one, or when @nr_ranges is 0. 0 or -ENOMEM, after which the copy is empty.
 */
int areas_update(struct areas *a, struct mm_struct *mm, const u64 (*ranges)[2], unsigned nr_ranges);
/* The area that holds @addr, or NULL. */
const struct area *areas_find(const struct areas *a, u64 addr);
static inline const char *area_name(const struct areas *a, const struct area *area)
{
	return a->names.items[area->name].bytes;
}
void areas_free(struct areas *a);

#endif
