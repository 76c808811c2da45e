/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * ahead: what one child had to translate is there for the next (cpu/ahead.c).
 *
 * A process that forks has a board in memory that it shares with all that descends from it. Each of those
 * notes on it, as it ends or calls execve, where the blocks begin that it translated itself: in the memory
 * that they all began with, or, once it has a program of its own, in which page of which file. Before the
 * next fork the parent translates those; blocks of a file only after two processes ran it, since a program
 * that runs once will not profit.
 *
 * The parent keeps the files of such programs open, so that they stay at their physical addresses; a file
 * that changes meanwhile is found out by mm/ as for any code that was unmapped.
 *
 * The notes are hints: nothing follows from a wrong one but a block that is never run. So the board needs no
 * lock, and a process that is killed while it writes does no harm.
 */
#ifndef ULK_KERNEL_AHEAD_H
#define ULK_KERNEL_AHEAD_H

#include "kernel/task.h"

/* Before fork: translate what was noted. */
void ahead_of_fork(struct task_struct *t);
/* In the child. */
void ahead_in_child(struct ulk *ulk);
/* The program ends, by exit or execve, its mm still in place: note what it translated. */
void ahead_report(struct task_struct *t, bool execs);
void ahead_exit(struct ulk *ulk);

#endif
