/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * engine: ties a machine's CPU engine to its mm: translation on a TLB miss, the fast path for system
 * calls, and the notifier through which the mm makes the engine forget what is no longer true.
 */
#ifndef ULK_KERNEL_ENGINE_H
#define ULK_KERNEL_ENGINE_H

#include "kernel/task.h"

struct engine_notifier {
	struct mmu_notifier mn;
	struct ulk *ulk;
};

/* Create ulk->cpu over ulk->phys. 0 or -errno; *why says what failed. */
int engine_attach(struct ulk *ulk, const char **why);
void engine_detach(struct ulk *ulk);
/* Make @t the task whose memory and calls the engine serves, and @t->mm what it translates with. */
void engine_enter_mm(struct task_struct *t);
/* The engine no longer uses @mm. */
void engine_leave_mm(struct ulk *ulk, struct mm_struct *mm);

#endif
