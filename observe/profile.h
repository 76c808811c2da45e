/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * profile: where a program spends its time, by samples of its stacks: one each millisecond of CPU time, of all threads.
 *
 * A thread of ulk's own looks at the process's CPU clock and kicks the engine, which stops at the next block; the sample is
 * taken there. Stacks are kept as text, so that they outlive the program that an execve replaces. Each process that ends
 * adds its stacks to FILE, under a lock (replace.h).
 */
#ifndef ULK_OBSERVE_PROFILE_H
#define ULK_OBSERVE_PROFILE_H

#include "kernel/task.h"

struct profile;

/* @spec: FILE, "folded:FILE" or "callgrind:FILE"; FILE alone is callgrind's format if it is named callgrind.out* or
 * *.callgrind, else folded stacks. What FILE held is gone. 0 or -errno with a clause in @why (160 bytes). */
int profile_create(const char *spec, struct profile **out, char *why);
void profile_destroy(struct profile *p);
void profile_attach(struct profile *p, struct ulk *ulk);
/* The hooks left_engine and task_end. */
void profile_left_engine(struct profile *p, struct task_struct *t);
void profile_task_end(struct profile *p, struct task_struct *t);

/* ---- profile_file.c ---- */

/* A stack, "outermost;...;innermost", and how many samples were there. */
struct stack_count {
	char *stack;
	u64 count;
};
/* Write to @out what @old holds together with @n stacks, in which the same may occur again. 0 or -errno. */
int folded_merge(const struct stack_count *stacks, size_t n, const char *old, size_t size, FILE *out);
int callgrind_merge(const struct stack_count *stacks, size_t n, const char *old, size_t size, FILE *out);

#endif
