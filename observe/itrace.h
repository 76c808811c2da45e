/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * itrace: the instructions that a program executes, a line each: thread, address, function, the instruction, and what it did:
 * registers that changed, and the memory it read or wrote. Only code in the range that was asked for pays.
 *
 * A line is written when it is known what the instruction did, which is before the same thread's next one, and before
 * a signal is delivered. Jumps, calls and returns are written as they begin.
 */
#ifndef ULK_OBSERVE_ITRACE_H
#define ULK_OBSERVE_ITRACE_H

#include "kernel/task.h"

struct itrace;

/* @range: NULL for everything, a function's name, or FIRST-END (addresses, END not included). Lines go to the file @path,
 * or with NULL to standard error. 0 or -errno with a clause in @why (160 bytes). */
int itrace_create(const char *range, const char *path, struct itrace **out, char *why);
void itrace_destroy(struct itrace *it);
void itrace_attach(struct itrace *it, struct ulk *ulk);
/* The program is loaded: find the function. 0, or -ENOENT with a clause in @why. */
int itrace_started(struct itrace *it, struct task_struct *t, char *why);
/* The hook left_engine. */
void itrace_left_engine(struct itrace *it, struct task_struct *t, const struct cpu_exit *exit);

#endif
