/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * errand: what one process of a family does for another with its own memory: /proc/PID/mem, smaps and the like of
 * a peer, process_vm_readv.
 *
 * A guest's pages are known to its own ulk alone, and only that can bring one in. So who wants them writes what
 * it wants on a board in memory that all share who come from one another by fork, and kicks a thread of the
 * other; that one carries it out before it goes back to its guest, a call that it was blocked in goes on
 * afterwards. One errand at a time; who waits does meanwhile what is asked of itself.
 *
 * Who may is for the caller to ask (procfs/peer.h). A process that is stopped is asked in vain, and so is, for 2 s, one
 * that waits where it does not look here.
 */
#ifndef ULK_KERNEL_ERRAND_H
#define ULK_KERNEL_ERRAND_H

#include "kernel/files.h"

#define ERRAND_BYTES 65536

struct errand {
	const struct special_ops *ops; /* the file, at the same address in all of them; NULL: memory, as its guest may
					* access it */
	int pid, tid;                  /* whose; a thread of it */
	int kick;                      /* a thread that runs */
	bool write;
	u64 mm_id;                     /* the file is of this mm; 0: of any */
	u64 pos;
	u64 index;                     /* of records: which comes next */
	u32 len;
	s64 ret;                       /* bytes, or -errno */
};

/* Before the first fork: make the board. */
void errand_before_fork(struct ulk *ulk);
void errand_exit(struct ulk *ulk);
/*
 * Have @e carried out on @e->len bytes at @data (at most ERRAND_BYTES). Text: on none, and @data takes as many.
 * Gives up the CPU. Returns @e->ret; -ESRCH: no such process; -ETIMEDOUT: it did not come to it.
 */
s64 errand_ask(struct task_struct *t, struct errand *e, void *data);

/* For the run loop, outside the engine, with the CPU: do what is asked of this process. */
void errand_serve_slow(struct task_struct *t);
struct errand_board {
	int asker;        /* pid; 0: nobody uses it */
	u32 state;        /* futex: how far it is */
	int target;       /* pid of whom something is asked; 0: of nobody */
	struct errand e;
	u8 data[ERRAND_BYTES];
};
static inline void errand_serve(struct task_struct *t)
{
	const struct errand_board *board = t->ulk->errands;

	if (unlikely(board && __atomic_load_n(&board->target, __ATOMIC_ACQUIRE) == t->pid))
		errand_serve_slow(t);
}

#endif
