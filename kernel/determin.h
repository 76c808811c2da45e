/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * determin: runs that repeat (--deterministic). Time is virtual: it advances with the basic blocks that are executed and with system
 * calls, and jumps to the next deadline when every thread waits. Threads take turns in the order of their birth, a turn
 * ends after a number of blocks drawn from the seed, or when the thread would block; a call that would block is tried without
 * waiting, again at each of the thread's turns. Futexes are kept here and not by the host, whose wake-ups come when they
 * please. Random bytes, the time-stamp counter and CPU numbers follow from the seed.
 *
 * A process with one thread that has nothing to wait for but the outside waits in the host, as ever. Children are scheduled
 * by the host; each one repeats for itself, with its own time and random numbers.
 *
 * All state is changed by who has the turn (kernel/sched.h: the CPU), but for the joining of threads that were outside.
 */
#ifndef ULK_KERNEL_DETERMIN_H
#define ULK_KERNEL_DETERMIN_H

#include <time.h>
#include "kernel/task.h"

struct determin;

/* For a machine without a program. 0 or -errno. */
int det_create(struct ulk *ulk, u64 seed);
void det_destroy(struct ulk *ulk);
/* What CLOCK_REALTIME shows when the program begins, s. */
void det_set_epoch(struct ulk *ulk, u64 seconds);
/* In a child that was forked. */
void det_forked(struct task_struct *t);

/* ---- time and chance ---- */

/* As clock_gettime(2), of the machine's clock: virtual, or the host's. 0 or -errno. */
s64 task_clock(struct task_struct *t, clockid_t clock, struct timespec *ts);
/* ns since the program began. Needs ulk->det. */
u64 det_now(struct ulk *ulk);
void det_random(struct ulk *ulk, void *buf, size_t n);
/* rdtsc and rdtscp, which are #GP in such a run: true when @t stood before one, which is done now. */
bool det_rdtsc(struct task_struct *t);
/* A system call is made. */
void det_syscall(struct ulk *ulk, u64 nr);
/* setitimer(ITIMER_REAL): ns from now (0: off) and the period; what was left and the old period. */
void det_set_timer(struct task_struct *t, u64 value, u64 interval, u64 *old_value, u64 *old_interval);
void det_get_timer(struct task_struct *t, u64 *value, u64 *interval);

/* ---- threads (for kernel/sched.c, kernel/host.c and the futex calls) ---- */

void det_release(struct task_struct *t);
void det_acquire(struct task_struct *t);
/* The engine was kicked: has the turn ended? */
void det_yield(struct task_struct *t);
/* host_syscall_blocking() in turns. */
s64 det_blocking(struct task_struct *t, long nr, const u64 args[6]);
/* A futex call that does not wait, on host addresses. */
s64 det_futex(struct ulk *ulk, u32 *word, int op, u32 val, u64 val2, u32 *word2, u32 val3);

#endif
