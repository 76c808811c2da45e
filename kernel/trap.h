/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * trap: what faults and exceptions of guest code become: a call of the vsyscall page, or a signal with the codes,
 * the address and the trap number that arch/x86 gives it. For the run loop; the registers are in task->regs.
 */
#ifndef ULK_KERNEL_TRAP_H
#define ULK_KERNEL_TRAP_H

#include "kernel/task.h"

/* Trap numbers, as sigcontext's trapno has them. */
enum { TRAP_DE = 0, TRAP_DB = 1, TRAP_BP = 3, TRAP_OF = 4, TRAP_UD = 6, TRAP_NP = 11, TRAP_SS = 12, TRAP_GP = 13,
       TRAP_PF = 14, TRAP_MF = 16, TRAP_AC = 17, TRAP_XM = 19 };

/* CPU_EXIT_FAULT */
void handle_fault(struct task_struct *t, const struct cpu_exit *exit);
/* CPU_EXIT_EXCEPTION */
void handle_exception(struct task_struct *t, const struct cpu_exit *exit);

/* ---- kernel/run.c ---- */

/* Carry out a system call on the guest's behalf; its number becomes orig_rax. */
s64 do_call(struct task_struct *t, u64 nr, const u64 args[6]);

#endif
