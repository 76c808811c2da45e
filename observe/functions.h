/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * functions: which function an address is in, fast and often, while the program runs. Unlike symbols.h, which knows more,
 * this keeps no descriptor open (the guest would see the number taken), and reads each file once: its symbol table only.
 *
 * Not for two threads at a time: whoever asks holds the CPU (kernel/sched.h).
 */
#ifndef ULK_OBSERVE_FUNCTIONS_H
#define ULK_OBSERVE_FUNCTIONS_H

#include "kernel/task.h"

struct functions;

struct functions *functions_new(void);
void functions_free(struct functions *f);

/* What is known of an address. The names live as long as @f. */
struct function {
	const char *name;          /* NULL: not known */
	const char *file;          /* what is mapped there: the last part of the path; NULL: no file */
	u64 start, size;           /* guest addresses; size 0: not known */
};
void functions_find(struct functions *f, struct mm_struct *mm, u64 addr, struct function *out);
/* The function of that name in the files that @mm maps now. */
bool functions_named(struct functions *f, struct mm_struct *mm, const char *name, struct function *out);

/* One step of a backtrace. */
struct unwind_state {
	u64 rip, rsp, rbp;
	u64 rbx, r12, r13, r14, r15;
	bool caller;               /* rip is behind a call */
};
/* From a frame to its caller's, by .eh_frame, else by the frame pointer. False at the end of the stack. (unwind.c) */
bool functions_unwind(struct functions *f, struct mm_struct *mm, struct unwind_state *s);

/* The lowest area of the file, or of the special mapping, that @vma is one area of. */
struct vm_area_struct *module_first_area(struct vm_area_struct *vma);
bool module_is_vdso(const struct vm_area_struct *vma);

/* ---- between functions.c and unwind.c ---- */

struct Dwarf_CFI_s;
/* The call frame information of the file at @addr, and what to take from @addr for its own addresses; NULL. */
struct Dwarf_CFI_s *functions_cfi(struct functions *f, struct mm_struct *mm, u64 addr, u64 *bias);

#endif
