/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * posix_timers: which of the host's timers the program made with timer_create. They are the host's,
 * number for number; the list is what execve must delete, and keeps ulk's own timers out of reach.
 */
#ifndef ULK_KERNEL_POSIX_TIMERS_H
#define ULK_KERNEL_POSIX_TIMERS_H

#include "kernel/task.h"

/* Remember host timer @id as the program's. 0 or -ENOMEM. */
int posix_timer_add(struct signal_struct *signal, int id);
bool posix_timer_known(const struct signal_struct *signal, int id);
void posix_timer_forget(struct signal_struct *signal, int id);
/* Delete all of them (execve), and release the list. */
void exit_itimers(struct signal_struct *signal);
/* In a child of fork, which has none: only release the list. */
void posix_timers_forked(struct signal_struct *signal);

#endif
