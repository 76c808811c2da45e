/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the files of a recording share. */
#ifndef ULK_OBSERVE_RECORD_INTERNAL_H
#define ULK_OBSERVE_RECORD_INTERNAL_H

#include "observe/record.h"

#define MAX_FDS 1024
#define SIGNAL_CALL   0xfffffffe   /* entry.nr: no call, but a signal from outside, which interrupted one (ret: its result) */
#define SIGNAL_BETWEEN 0xffffffff  /* ... that did not */

struct entry {
	u32 nr;
	u32 pieces;                /* that follow, each a struct piece and its bytes */
	s64 ret;
	u64 now;                   /* virtual time at its end: who waited, waits as long when it is played */
	s32 pid, tid;              /* whose */
	u64 sum;                   /* of this, with 0 here, and of all that follows */
};

struct piece {
	u64 addr, size;
};

/* A copy in each process; the file's position is common to all, and who has the turn reads or writes. */
struct record {
	int fd;
	bool replay;
	u64 calls;                 /* of this process, for messages */
	u64 size;                  /* replay: bytes of the file */
	u64 shown;                 /* when progress was last shown, host time, ns */
	bool terminal;             /* progress is shown */
	bool outside[MAX_FDS];     /* descriptors whose other end is not the program's own */
	struct piece *pieces;      /* of the call at hand; who has the turn uses them */
	size_t nr, room;
	s64 (*next)(struct task_struct *t, u64 nr, const u64 args[6]);
};

/* h with @n bytes more. */
u64 record_sum(u64 h, const void *bytes, size_t n);
/* @e, but for its sum, and @size bytes of pieces behind it in @bytes: written. */
void record_write(struct record *r, struct task_struct *t, char *bytes, size_t size);
/* Read exactly @n bytes; or the replay ends. */
void record_read(struct record *r, struct task_struct *t, void *buf, size_t n);
void __attribute__((noreturn)) record_diverged(struct record *r, struct task_struct *t, const char *what);
/* Replay, after each entry: is the next one a signal? */
void record_foretell(struct record *r, struct ulk *ulk);
/* The hook signal_from_outside. */
void record_signal(struct task_struct *t, const siginfo_t *info);

#endif
