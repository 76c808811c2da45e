/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * memcalls: what a program does to its memory, event by event, for those who keep or show it: ulk why, --watch, the
 * timeline. Only the process that the run began with is followed.
 */
#ifndef ULK_OBSERVE_MEMCALLS_H
#define ULK_OBSERVE_MEMCALLS_H

#include "kernel/task.h"
#include "observe/areas.h"

#define MEMORY_CALLERS 12

enum memory_kind {
	MEMORY_START,              /* the program was loaded */
	MEMORY_CALL,               /* a call of %memory, or another one that changed areas */
	MEMORY_EXEC,               /* another program */
	MEMORY_FAULT,              /* areas changed between calls: a stack grew */
};

struct memory_event {
	enum memory_kind kind;
	u64 nr;                    /* of the call */
	int tid;
	bool failed;
	const char *text;          /* "mmap(NULL, 4096, ...) = 0x7f...", "" without a call */
	u64 range[2][2];           /* start and end of what it touched: its own range, and mremap's old one */
	u64 pc[MEMORY_CALLERS];    /* the callers, the innermost first; 0 at the end; only if a sink wants them */
	struct symbols *symbols;   /* to look them up; NULL: there are none */
	const struct areas *areas; /* as they are now; gone and fresh are this event's */
};

/* Who is told. */
struct memory_sink {
	void (*event)(struct memory_sink *s, struct task_struct *t, const struct memory_event *e);
	/* All others may be NULL. The machine is made. */
	void (*attach)(struct memory_sink *s, struct ulk *ulk);
	/* A page fault of the program's own was served; the engine is at work. */
	void (*fault)(struct memory_sink *s, struct task_struct *t, u64 page, bool write, bool major);
	/* Time has passed: after each call, and some 100 times a second. */
	void (*sample)(struct memory_sink *s, struct task_struct *t);
	bool want_callers;
	struct memory_sink *next;
};

struct memcalls;

/* NULL without memory. */
struct memcalls *memcalls_create(void);
void memcalls_free(struct memcalls *m);
/* @s, which must outlive @m, hears of everything from now on. */
void memcalls_add(struct memcalls *m, struct memory_sink *s);
void memcalls_attach(struct memcalls *m, struct ulk *ulk);
/* Look for changes that no call made: before the first instruction, and when the run is over. */
void memcalls_sync(struct memcalls *m, struct task_struct *t);

#endif
