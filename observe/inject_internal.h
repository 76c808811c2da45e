/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the files of the injector share. */
#ifndef ULK_OBSERVE_INJECT_INTERNAL_H
#define ULK_OBSERVE_INJECT_INTERNAL_H

#include "observe/inject.h"
#include "observe/trace.h"

#define INJECT_CALLS 512           /* system-call numbers that can be named */
#define INJECT_RULES 255

enum inject_flags {
	INJECT_RESULT = 1 << 0,        /* error= or retval=: the call is not made */
	INJECT_SIGNAL = 1 << 1,
	INJECT_DELAY_ENTER = 1 << 2,
	INJECT_DELAY_EXIT = 1 << 3,
	INJECT_POKE_ENTER = 1 << 4,
	INJECT_POKE_EXIT = 1 << 5,
	INJECT_SHORT = 1 << 6,
	INJECT_EINTR = 1 << 7,
	INJECT_SYSCALL = 1 << 8,
	INJECT_WHEN = 1 << 9,
	INJECT_NOMEM = 1 << 11,        /* the call is made while there is no memory */
	INJECT_VALUE = 1 << 10,        /* with INJECT_RESULT: it was retval= */
};

/* Bytes for where an argument points to. */
struct poke {
	u8 arg;                        /* from 0 */
	bool at_exit;
	u32 size;
	u8 *bytes;
};

struct inject_rule {
	u32 flags;                     /* enum inject_flags */
	s64 result;                    /* INJECT_RESULT: -errno or value */
	int signal;
	u64 delay_enter, delay_exit;   /* ns */
	u64 first, last, step;         /* of when=; last ~0: no end; step 0: only the first */
	u64 max;                       /* INJECT_SHORT: bytes; 0: half of what was asked for */
	u64 odds, seed;                /* INJECT_EINTR: out of 2^32 */
	u64 other;                     /* INJECT_SYSCALL: the call that is made instead */
	struct poke *pokes;
	u32 nr_pokes;
};

/* One thread's calls so far, by number. */
struct inject_counts {
	struct inject_counts *next;
	int tid;
	u32 nr[INJECT_CALLS];
};

struct inject {
	struct inject_rule **rules;
	u32 nr_rules;
	u8 by_call[INJECT_CALLS];      /* the rule, from 1; 0: none */
	struct inject_rule storm;      /* "eintr": wherever no rule does anything */
	bool follow;
	int root_tid;                  /* of the program's first thread; 0: none has made a call yet */
	u64 memory;                    /* "memory": bytes, 0 none */
	bool memory_for_good;          /* after=: once refused, always refused */
	struct inject_counts *counts;
	inject_told_fn *told;          /* NULL: nobody */
	void *told_arg;
	s64 (*next)(struct task_struct *t, u64 nr, const u64 args[6]);   /* who carries calls out */
};

void inject_rule_free(struct inject_rule *r);

#endif
