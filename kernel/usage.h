/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * usage: page faults and peak memory of a process, for the one that waits for it.
 *
 * The host counts what ulk does, not what its guest does; and a parent cannot look into a process that has
 * ended. So all that come from one another by fork share a board, on which each keeps its numbers up to date
 * as long as it lives: at calls that may block, and at its end. Its parent takes them off the board when it
 * reaps it.
 *
 * Locking: a slot is claimed by a compare-and-swap of its pid; its numbers are written by that process alone.
 */
#ifndef ULK_KERNEL_USAGE_H
#define ULK_KERNEL_USAGE_H

#include <sys/resource.h>
#include "kernel/task.h"

/* Of a process and the children it waited for, as wait4 tells it. */
struct usage {
	u32 pid;                           /* 0: free */
	u64 min_flt, maj_flt;
	u64 maxrss;                        /* pages */
};

/* Before the first fork: make the board. Without memory for it the host's numbers have to do. */
void usage_before_fork(struct ulk *ulk);
/* In the child, whose pid is known. @named: by the same pid to its parent (no new pid namespace). */
void usage_in_child(struct task_struct *t, bool named);
/* The process becomes another program, of the host's (--exec=native): what it notes no longer holds. */
void usage_leave(struct ulk *ulk);
/* Put the present numbers on the board. */
void usage_note(struct task_struct *t);
/* As usage_note(), cheap enough for each call that may block: not where threads would have to be counted. */
static inline void usage_note_fast(struct task_struct *t)
{
	if (t->ulk->usage && t->signal->nr_threads == 1)
		usage_note(t);
}
/*
 * wait4 returned child @pid with the host's @ru: put the guest's numbers there. @reaped: it is gone now, and they
 * are added to those of all children (RUSAGE_CHILDREN).
 */
void usage_of_child(struct task_struct *t, int pid, struct rusage *ru, bool reaped);
/* getrusage(RUSAGE_CHILDREN): the fields that the host does not know. */
void usage_of_children(const struct task_struct *t, struct rusage *ru);
void usage_exit(struct ulk *ulk);

#endif
