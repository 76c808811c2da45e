/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * removed: the last areas that a program gave back, each with the call and its callers, so that a crash report can say of an
 * address with nothing behind it what was there. For --report when it is asked for: every memory call is watched then.
 */
#ifndef ULK_OBSERVE_REMOVED_H
#define ULK_OBSERVE_REMOVED_H

#include "observe/memcalls.h"

struct removed;

/* How an address lost what was mapped there. */
struct removal {
	u64 start, end;
	char call[160];            /* "munmap(0x7ffff7ff5000, 8192) = 0" */
	u64 pc[MEMORY_CALLERS];    /* the innermost first; 0 behind the last */
};

/* NULL without memory. */
struct removed *removed_create(void);
void removed_free(struct removed *r);
/* What is to be told of the program's memory calls. */
struct memory_sink *removed_sink(struct removed *r);
/* The latest removal of an area that held @addr, where nothing is mapped now; NULL when none is remembered. */
const struct removal *removed_find(const struct removed *r, u64 addr);

#endif
