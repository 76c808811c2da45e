/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * watch: who watches a machine and may interfere: callbacks of the library's users, fault injection. Any number of
 * watches can be attached; each has callbacks, any of which may be NULL. They run on the host thread of the task they are
 * told of, with the CPU held, and may read and change its registers (task_regs(), regs_dirty) and memory (uaccess).
 *
 * A trace (observe/) lies around them: it shows the call as the program made it, and the result the program got.
 *
 * Attach and detach while the machine does not run, or from a callback (which may detach its own watch).
 */
#ifndef ULK_KERNEL_WATCH_H
#define ULK_KERNEL_WATCH_H

#include "kernel/task.h"

/* A system call on its way. */
struct watched_call {
	u64 nr, args[6];           /* on entry: may be changed, and are carried out so */
	bool skip;                 /* on entry: set it, and ret is the result without the call being made */
	s64 ret;                   /* on exit: the result, -errno or -ERESTART*; may be changed */
};

struct watch {
	struct watch *next;
	/* Before the call is carried out, in the order in which watches were attached; not asked any more once one has
	 * set skip. */
	void (*syscall_enter)(struct watch *w, struct task_struct *t, struct watched_call *c);
	/* Behind it, skipped or not; not when the call has ended its thread or the process. A call that a signal
	 * interrupts comes with -ERESTART*, and may begin anew afterwards. In a child that the call forked, too. */
	void (*syscall_exit)(struct watch *w, struct task_struct *t, struct watched_call *c);
	/* A signal is about to have its effect, whatever that is (the default action and being ignored included, for
	 * signals in ulk_options.observe_signals). True: it is dropped instead. */
	bool (*signal)(struct watch *w, struct task_struct *t, const siginfo_t *info);
	/*
	 * A page fault of guest code. Served (f->signo is 0; f->minor or f->major): @addr is the page's, and the engine is
	 * at work, so that registers must be left alone. Refused: @addr is the first byte that could not be accessed, and
	 * the signal of @f comes next.
	 */
	void (*fault)(struct watch *w, struct task_struct *t, u64 addr, enum cpu_access access,
		      const struct mm_fault *f);
	/* Before each return to guest code, signals having been delivered: true ends the run with RUN_BREAK. */
	bool (*stop)(struct watch *w, struct task_struct *t);
};

void watch_attach(struct ulk *ulk, struct watch *w);
/* Nothing happens when it is not attached. */
void watch_detach(struct ulk *ulk, struct watch *w);

/* End the run with RUN_BREAK before the next guest instruction. Any thread, async-signal-safe; from callbacks. */
void watch_stop(struct ulk *ulk);

/* ---- for the run loop and dispatch; cheap when nobody watches (ulk->watches is NULL) ---- */

/* Carry out a call by @fn between its watches. */
s64 watched_syscall(struct task_struct *t, u64 nr, const u64 args[6],
		    s64 (*fn)(struct task_struct *t, u64 nr, const u64 args[6]));
bool watched_signal(struct task_struct *t, const siginfo_t *info);
void watched_fault(struct task_struct *t, u64 addr, enum cpu_access access, const struct mm_fault *f);
bool watched_stop(struct task_struct *t);

#endif
