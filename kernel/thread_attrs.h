/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * thread_attrs: what the host keeps for a thread and not for a process. When another thread than the leader
 * calls execve, Linux makes that very thread the leader; in ulk the leader's host thread goes on in its
 * place, so it takes these over: name, parent-death signal, timer slack, priority, affinity, and the
 * signals sent to that thread alone. (Ids and capabilities differ between threads only when they are set
 * past the C library; they stay the leader's.)
 */
#ifndef ULK_KERNEL_THREAD_ATTRS_H
#define ULK_KERNEL_THREAD_ATTRS_H

#include "kernel/task.h"

struct thread_attrs;

/* Those of the calling host thread, which is @t's, with all signals blocked. Its own signals are taken out of
 * its queue. NULL without memory. */
struct thread_attrs *thread_attrs_take(const struct task_struct *t);
/* Give them to the calling host thread, which is @t's and has all signals blocked; what was sent to it alone
 * before is lost, as the old leader's is. Frees @attrs, which may be NULL. */
void thread_attrs_give(const struct task_struct *t, struct thread_attrs *attrs);

#endif
