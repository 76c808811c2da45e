/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * thread: guest threads. Each is a host thread, so futexes, thread ids, priorities, per-thread masks and
 * credentials are the host kernel's; who may run is decided by kernel/sched.h.
 *
 * The host thread that called task_run() first (ulk->main_task) is special in one way only: it must be
 * there when the process ends, to return to its caller. When its guest thread exits early it sleeps till
 * then, as Linux keeps a leader as a zombie. Another thread's execve wakes it up to become that program,
 * since a program's thread id is its process id.
 *
 * Everything here is called with the CPU held.
 */
#ifndef ULK_KERNEL_THREAD_H
#define ULK_KERNEL_THREAD_H

#include "kernel/task.h"

/* clone(2) with CLONE_THREAD. Returns the thread id, or -EINVAL, -EAGAIN, -ENOMEM, -EPERM. */
s64 do_clone_thread(struct task_struct *t, u64 flags, u64 newsp, u64 parent_tid, u64 child_tid, u64 tls);
/* exit(2): this thread ends, and the process with the last one. */
void do_exit_thread(struct task_struct *t, int exit_code);
/* In the run loop, when the thread has exited or another one's execve wants it gone. True: leave the loop
 * (RUN_THREAD_ENDED or the process's end); false: go on, with whatever program the task has now. */
bool thread_ends(struct task_struct *t);
/*
 * @t, which is not the main thread, has reached a break: the main thread's task_run() returns RUN_BREAK for it, and
 * @t goes on when task_run() is called again, which begins with thread_break_over(). (Not when the leader has ended.)
 */
void thread_break(struct task_struct *t);
void thread_break_over(struct ulk *ulk);
/* What a thread leaves behind in memory for those who wait for it, as its program ends: mutexes whose owner died,
 * the cleared thread id. Robust mutexes may be shared with other processes, so the end of a process is no
 * excuse; a process that the host kills outright (SIGKILL) cannot do it, see docs/limits.md. */
void mm_release(struct task_struct *t);
/* The same for every thread of the process. */
void threads_release_mm(struct task_struct *t);
/* Make all other threads look at what has changed (the process ends, an execve). */
void threads_kick(struct task_struct *t);
/* Whatever the process's state: end every other thread, for a machine that ends or goes back to a snapshot. Afterwards no
 * host thread but the caller's touches the machine. */
void threads_end_others(struct task_struct *t);
/* execve: end every other thread; afterwards there is one. */
void de_thread(struct task_struct *t);
/* execve by another than the leader: the leader's host thread takes the new program over, and this one ends. */
void thread_hand_over(struct task_struct *t);
/* In a child made by fork: the other threads do not exist. */
void threads_forked(struct task_struct *t);

#endif
