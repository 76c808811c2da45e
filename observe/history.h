/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * history: the memory calls of a run, each with its text and the callers, so that one can ask afterwards why an address is
 * as it is.
 */
#ifndef ULK_OBSERVE_HISTORY_H
#define ULK_OBSERVE_HISTORY_H

#include "kernel/task.h"

struct history;

/* NULL without memory. */
struct history *history_create(void);
void history_free(struct history *h);
/* From now on @ulk's memory calls are noted. */
void history_attach(struct history *h, struct ulk *ulk);

/*
 * Everything about @addr: its area and where that came from, the calls that touched the address, what each kind of access
 * would do, the page tables.
 */
void put_why(FILE *out, struct task_struct *t, const struct history *h, u64 addr);

#endif
