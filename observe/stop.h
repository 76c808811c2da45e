/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * stop: places in a run where somebody wants to look, beyond an address: a system call, an unhandled fault, a moment. The
 * run ends there with RUN_BREAK and can go on.
 */
#ifndef ULK_OBSERVE_STOP_H
#define ULK_OBSERVE_STOP_H

#include "kernel/task.h"

struct stop;

/*
 * @where: "syscall:NAME[:N]" before the N-th (first) such call, "fault" before a signal that ends the program by its own
 * fault, "time:SECONDS" after that much time. Stores the stop to *@out, or the address of an instruction to *@addr for "0x...",
 * "SYMBOL", "SYMBOL+OFFSET" and "FILE:LINE", with *@out NULL. Returns 0, -ENOENT (no such place), -EINVAL; @why (160
 * bytes) gets a clause.
 */
int stop_parse(struct task_struct *t, const char *where, struct stop **out, u64 *addr, char *why);
/* The address of "0x...", "SYMBOL", "SYMBOL+OFFSET" or "FILE:LINE"; errors as above. */
int stop_address(struct task_struct *t, const char *where, u64 *addr, char *why);
/* Wait for it from now on, in the place of any earlier one. 0 or -errno. */
int stop_arm(struct stop *s, struct ulk *ulk);
/* No more. */
void stop_free(struct stop *s, struct ulk *ulk);

#endif
