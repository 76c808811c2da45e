/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * sched: who has the CPU.
 *
 * One engine is one CPU. Every guest thread is a host thread; to run guest code, and to run the kernel
 * side of a system call, it holds the CPU, which so serves as the one big lock over everything that the
 * threads of a process share. It is given up around whatever may block (host_syscall_blocking()), and on
 * the tick: who waits longer than SCHED_TICK_MS kicks the engine, and the holder then steps back behind
 * the waiters. The queue is first come, first served, so a spinning thread cannot starve another.
 *
 * The registers of the thread that last ran stay in the engine until another thread gets the CPU; a process
 * with one thread pays for none of this.
 */
#ifndef ULK_KERNEL_SCHED_H
#define ULK_KERNEL_SCHED_H

#include "kernel/task.h"

#define SCHED_TICK_MS 5

struct sched;

struct sched *sched_create(void);
void sched_destroy(struct sched *s);

/* Take the CPU, waiting for it, and make @t's registers the engine's. */
void cpu_acquire(struct task_struct *t);
/* Give it up. The caller touches nothing shared until it has it again. */
void cpu_release(struct task_struct *t);
/* Make @t's registers the engine's. @t has the CPU. */
void sched_switch_to(struct task_struct *t);
/* The engine was kicked: let the waiters go first, if there are any. */
void cpu_yield(struct task_struct *t);
/* @t, which has the CPU, starts a program: the engine's registers are its own from now on. */
void sched_loaded(struct task_struct *t);
/* Is it @t's state that the engine holds? (Else it is in @t.) */
bool sched_in_engine(const struct task_struct *t);
/* @t ends: what the engine holds of it is of no use. */
void sched_forget(struct task_struct *t);
/* In a child made by fork, which has this one thread: the CPU is @t's and nobody waits. */
void sched_forked(struct task_struct *t);

#endif
