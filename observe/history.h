/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * history: the memory calls of a run, each with its text and the callers, so that one can ask afterwards why an address is
 * as it is.
 */
#ifndef ULK_OBSERVE_HISTORY_H
#define ULK_OBSERVE_HISTORY_H

#include "observe/memcalls.h"

struct history;

/* NULL without memory. */
struct history *history_create(void);
void history_free(struct history *h);
/* What is to be told of them. */
struct memory_sink *history_sink(struct history *h);

/* What one event did to an address. */
struct history_step {
	size_t nr;                 /* counted from 1 */
	const char *call;          /* "mmap(NULL, 4096, ...) = 0x7f..."; NULL: there was no memory for it */
	const u64 *pc;             /* MEMORY_CALLERS of them, the innermost first; 0 behind the last */
	const char *change;        /* "made", "split", "merged", "removed"...; NULL: the area there stayed as it was */
	const struct area *was, *now;   /* the area that held the address, before and after; NULL: none */
	const struct area *gone;   /* all areas that the event took away */
	u32 nr_gone;
};

/* Call @each for the events that touched @addr or its area, in their order; how many there were. */
size_t history_of(const struct history *h, u64 addr, void (*each)(const struct history_step *s, void *arg), void *arg);
/* How many events there are in all. */
size_t history_size(const struct history *h);
/* Is @gone what the area of the address was, or did it take part in the merge that made it? */
bool history_took_part(const struct history_step *s, const struct area *gone);

/*
 * Everything about @addr: its area and where that came from, the calls that touched the address, what each kind of access
 * would do, the page tables.
 */
void put_why(FILE *out, struct task_struct *t, const struct history *h, u64 addr);

#endif
