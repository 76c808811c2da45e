/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * timeline: a run's memory over time, written while it happens to a log that outlives the process, however that ends.
 *
 * The log lies in memory that is shared with the process that made it, no descriptor and no limit of the program's can get at
 * it. Each record is a struct timeline_record, its payload behind it. picture.h reads it, in the other process.
 *
 * What long runs leave is bounded: past TIMELINE_EVENTS the events are summed up and written from time to time, pages are
 * looked at at growing intervals.
 */
#ifndef ULK_OBSERVE_TIMELINE_H
#define ULK_OBSERVE_TIMELINE_H

#include "observe/memcalls.h"

#define TIMELINE_EVENTS 100000

enum timeline_type {
	TL_NAME,                   /* an area's name: the payload is its text; they are numbered from 0 */
	TL_FRAME,                  /* a caller: the same */
	TL_AREA,                   /* struct timeline_area: one more, as of the next event */
	TL_GONE,                   /* u32: the id of one that is no more, as of the next event */
	TL_EVENT,                  /* struct timeline_event and its text */
	TL_SAMPLE,                 /* struct timeline_counters */
	TL_PAGES,                  /* u64 time and any number of struct timeline_run, in address order */
	TL_END,                    /* text: how it ended */
};

struct timeline_record {
	u32 type, size;            /* of the payload; records are padded to 8 bytes */
};

struct timeline_area {
	u64 start, end, offset, flags, dev, ino;
	u32 id, name;
};

struct timeline_counters {
	u64 ns;                    /* since the run began */
	u64 total_vm, rss[4];      /* pages; rss by MM_*PAGES */
	u64 brk;
	u64 minor, major;          /* faults so far */
};

enum timeline_kind { TL_START, TL_CALL, TL_EXEC, TL_GROWTH, TL_FAULTS, TL_MANY };

struct timeline_event {
	struct timeline_counters now;
	u32 kind, tid, nr, failed;
	u64 range[2];              /* what it was about; empty: nothing in particular */
	u32 frames[MEMORY_CALLERS];   /* numbers + 1 */
};

/* Pages that follow each other and are alike. */
struct timeline_run {
	u64 start;
	u32 pages, state;
};

/* Bits of a run's state. */
enum { TL_ANON = 1, TL_ZERO = 2, TL_DIRTY = 4, TL_ACCESSED = 8 };

struct timeline;

/* NULL with errno set. */
struct timeline *timeline_create(void);
void timeline_free(struct timeline *tl);
struct memory_sink *timeline_sink(struct timeline *tl);
/* The records so far. */
const void *timeline_log(const struct timeline *tl, size_t *size);
/* The run is over, or stops at @where. */
void timeline_finish(struct timeline *tl, struct task_struct *t, const char *where);

#endif
