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

struct vfork {
	int ends[2]; /* the parent's, the child's; above fd_floor */
};

/* Before the fork. 0 or -errno. */
int vfork_begin(struct task_struct *t, struct vfork *v);
/* The fork failed. */
void vfork_cancel(struct vfork *v);
/* In the child, which shall have no other vfork parent any more. */
void vfork_child(struct task_struct *t, const struct vfork *v);
/* In a child's own child: the vfork parent is not its to wake, nor has it a say in that one's memory. */
void vfork_forget(struct task_struct *t);
/* In the parent: sleep. The CPU is given up meanwhile; signals with a handler wait in the host's queue. */
void vfork_wait(struct task_struct *t, struct vfork *v);

#endif
