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

/*
 * Everything about @addr: its area and where that came from, the calls that touched the address, what each kind of access
 * would do, the page tables.
 */
void put_why(FILE *out, struct task_struct *t, const struct history *h, u64 addr);

#endif
