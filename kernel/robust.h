/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * robust: mutexes whose owner ends. The list of those that a thread holds is the guest's, with the guest's addresses, so
 * ulk walks it when the thread ends.
 *
 * When SIGKILL ends the process there is no ulk to do that, and other processes wait for its shared mutexes. So each thread
 * shows the host's kernel a list of its own, which is brought up to date at calls that may block and when the thread loses
 * the CPU: of those of the mutexes that lie in memory of a file or shared memory. The kernel wants list entries at one
 * fixed distance from their futex words; they lie in a reservation as large as the guest's physical memory, of which only
 * the pages in use exist.
 */
#ifndef ULK_KERNEL_ROBUST_H
#define ULK_KERNEL_ROBUST_H

#include "kernel/task.h"

/* The thread ends, or calls execve: mark what it holds (the kernel's exit_robust_list). */
void robust_exit(struct task_struct *t);
/* Bring the host's list up to date. By the thread itself, with the CPU. */
void robust_show_list(struct task_struct *t);
static inline void robust_show(struct task_struct *t)
{
	/* Without memory that others have there is nothing to show. */
	if (t->robust_list && t->mm->stores_shared)
		robust_show_list(t);
}
/* In a forked child: its host thread has shown nothing yet. */
void robust_forked(struct task_struct *t);
/* The task's memory is about to go, on its own host thread: the host's kernel must not look there. */
void robust_withdraw(struct task_struct *t);
void robust_done(struct ulk *ulk);

#endif
