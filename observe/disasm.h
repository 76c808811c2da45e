/* SPDX-License-Identifier: GPL-2.0-or-later */
/* disasm: guest code as text (capstone, Intel's order of operands as in objdump -M intel). */
#ifndef ULK_OBSERVE_DISASM_H
#define ULK_OBSERVE_DISASM_H

#include "kernel/task.h"

/* The instruction at @addr: "mov eax, dword ptr [rdi]". Returns its length, 0 when there is none. */
size_t disasm_one(struct task_struct *t, u64 addr, char *buf, size_t size);
/*
 * Instructions around @rip, a line each, the current one marked: up to @before of them from @start (where a function
 * begins, so that the decoding is in step; 0: not known) and @after behind.
 */
void put_code(FILE *out, struct task_struct *t, u64 start, u64 rip, unsigned before, unsigned after);

/* A register by capstone's number: general ones of 64 bits, the bases of fs and gs; else 0. */
u64 disasm_reg(const struct cpu_regs *r, unsigned reg);
/* What is said of an instruction that #GP stopped. */
struct protection_fault {
	char text[200];            /* the instruction */
	bool privileged;
	bool non_canonical;        /* its memory operand is at an address that no x86-64 address can be */
	bool misaligned;           /* it has 16 bytes (or is an image of the unit's state), and is not aligned to that */
	bool write;
	u64 addr;
};
/* Look at the instruction at t->regs.rip; false when there is none. */
bool disasm_protection(struct task_struct *t, struct protection_fault *f);

#endif
