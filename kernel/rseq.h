/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * rseq: restartable sequences. A thread registers a structure in which the kernel keeps the number of the CPU it is
 * on, and in which it names the sequence it is in. When it is preempted, or a signal is delivered, within the
 * sequence, it goes on at the sequence's abort address.
 *
 * The threads of one process take turns on the one engine, so a sequence is disturbed exactly when another thread
 * ran since: kernel/sched.c sets task->rseq_event then, and the run loop looks at it before the thread goes on.
 * Between processes that share memory nothing is promised: the host moves them without ulk's knowing.
 */
#ifndef ULK_KERNEL_RSEQ_H
#define ULK_KERNEL_RSEQ_H

#include "kernel/task.h"

s64 sys_rseq(struct task_struct *t, const u64 *a);
/* Is there something for rseq_resume() to do? Cheap: asked before each return to guest code. */
bool rseq_wanted(const struct task_struct *t);
/* Before guest code runs: abort the sequence the thread was disturbed in, bring the CPU's number up to date. A bad
 * structure is a SIGSEGV, pending then. */
void rseq_resume(struct task_struct *t);
/* The same before a signal's frame is built, for the frame must hold the abort address. */
void rseq_signal_deliver(struct task_struct *t);
/* The thread has none any more (execve, a new thread, a vfork child). */
void rseq_forget(struct task_struct *t);

#endif
