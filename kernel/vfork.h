/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * vfork: the parent sleeps until the child has a program of its own or ends, and sees in its memory what
 * the child stored there (posix_spawn reports its error so). The child is a process with a copy of the
 * memory, like any other; what it stored travels back through a socket, whose end tells that it is done.
 *
 * The bytes it changed, not whole pages: the parent's other threads go on meanwhile, and their stores beside
 * them must not be lost.
 */
#ifndef ULK_KERNEL_VFORK_H
#define ULK_KERNEL_VFORK_H

#include "kernel/task.h"

/*
 * Before the fork: makes the socket; one end is t->vfork_wait_fd, the other *@child_end, which is ulk's own
 * descriptor (mm/own_fd.h). 0 or -errno.
 */
int vfork_begin(struct task_struct *t, int *child_end);
/* The fork failed. */
void vfork_cancel(struct task_struct *t, int *child_end);
/* In the child, which shall have no other vfork parent any more. */
void vfork_child(struct task_struct *t, int *child_end);
/* In the child: what it stored so far goes to its parent, which sleeps on. */
void vfork_tell(struct task_struct *t);
/* In a child's own child: the vfork parent is not its to wake, nor has it a say in that one's memory. */
void vfork_forget(struct task_struct *t);
/*
 * In the parent: sleep. The CPU is given up meanwhile; signals with a handler wait in the host's queue. @pid: of a
 * child that shares the table of descriptors, whose end of the socket its death does not close; else 0.
 */
void vfork_wait(struct task_struct *t, int *child_end, int pid);

#endif
