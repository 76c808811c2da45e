/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * coverage: which code of a program, of its libraries and of its children was executed, without recompiling anything.
 *
 * The engine tells of each block of code when it is translated, right before it first runs (cpu/newcode.c). Blocks are kept
 * by module, that is by mapped file, in memory that all processes of the run share. A process that ends writes the result
 * when there is something new: what FILE held, and all that is known of the run until then. So the blocks of a process
 * that is killed are written by the next one that ends.
 *
 * Code that is executed again is not told of again, in whatever program: the same page of the same file at the same address
 * is the same module and offset. The same holds for what a child had translated and its parent then translates ahead.
 */
#ifndef ULK_OBSERVE_COVERAGE_H
#define ULK_OBSERVE_COVERAGE_H

#include "kernel/task.h"

struct coverage;

/*
 * One output for each of @specs (NULL-terminated): "drcov:FILE", "lcov:FILE", or FILE, which is lcov when it ends in
 * ".info", else drcov. A FILE that exists is added to. 0, or -errno with a clause in @why (160 bytes): a FILE that cannot
 * be written, or holds something else.
 */
int coverage_create(const char *const *specs, struct coverage **out, char *why);
void coverage_destroy(struct coverage *c);
/* Before the program is loaded. -EOPNOTSUPP when this engine cannot tell what it executes. */
int coverage_attach(struct coverage *c, struct ulk *ulk);
/* A thread ends: with the last of a process, write. */
void coverage_task_end(struct coverage *c, struct task_struct *t);

#endif
