/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the files of deterministic runs share. */
#ifndef ULK_KERNEL_DET_INTERNAL_H
#define ULK_KERNEL_DET_INTERNAL_H

#include <pthread.h>
#include "kernel/determin.h"

#define DET_QUANTUM 20000          /* blocks in a turn, on average */
#define DET_BLOCK_NS 2
#define DET_SYSCALL_NS 300
#define DET_CYCLES_PER_NS 3
#define DET_EPOCH 1700000000UL     /* CLOCK_REALTIME when the program begins, s */
#define DET_UPTIME 1000UL          /* CLOCK_MONOTONIC */

struct determin {
	u64 now;                       /* ns */
	u64 epoch;                     /* CLOCK_REALTIME at its beginning, s */
	u64 quantum;                   /* blocks left of this turn */
	bool turn_over;
	bool looked_outside;
	u64 rng;
	u64 progress;                  /* counts what may have changed somebody's chances */
	u64 signals;                   /* counts what may have sent a signal */
	u64 futex_seq;
	u64 timer, timer_interval;     /* ITIMER_REAL: when, ns; 0 off */
	pthread_mutex_t lock;          /* over current and outside, of tasks too: who comes back has no turn */
	struct task_struct *current;   /* NULL: all that are not outside wait */
	unsigned outside;              /* tasks in a host call that nobody can foresee */
};

/* Give the turn away, for @t waits as its det says; back at its next turn. */
void det_wait(struct task_struct *t);
/* Send SIGALRM when it is time. */
void det_check_timer(struct task_struct *t);

#endif
