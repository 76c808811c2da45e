/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * ahead: what one child had to translate is there for the next (cpu/ahead.c). A process that forks has a board
 * in memory that it shares with its children; each notes on it, as it ends or calls execve, where the
 * blocks begin that it translated itself. Before its next fork the parent translates those.
 *
 * The notes are hints: nothing follows from a wrong one but a block that is never run. So the board needs no
 * lock, and a child that is killed while it writes does no harm.
 */
#ifndef ULK_KERNEL_AHEAD_H
#define ULK_KERNEL_AHEAD_H

#include "kernel/task.h"

/* Before fork: translate what earlier children noted. */
void ahead_of_fork(struct task_struct *t);
/* In the child. */
void ahead_in_child(struct ulk *ulk);
/* The program ends, by exit or execve: note what it translated. */
void ahead_report(struct ulk *ulk);
void ahead_exit(struct ulk *ulk);

#endif
