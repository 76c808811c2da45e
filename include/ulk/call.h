/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Calling the program's functions from outside, by the System V ABI. */
#ifndef ULK_CALL_H
#define ULK_CALL_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

struct ulk_machine;
struct ulk_result;

enum ulk_type { ULK_INTEGER, ULK_DOUBLE };

/* An argument: an integer or a pointer (a guest address), or a double. */
struct ulk_value {
	enum ulk_type type;
	union {
		uint64_t integer;
		double real;
	} u;
};

/* What a function may have returned; its declaration says which. */
struct ulk_returned {
	uint64_t integer, high;    /* rax, rdx */
	double real;               /* xmm0 */
};

/*
 * Call @function ("SYMBOL", "0xADDRESS") on the thread, which stands still where the C library is set up (at main(), say; not
 * at the program's entry), and come back to where it stood: registers and stack pointer are as before, memory is as the
 * function left it. 0: it has returned. -ECANCELED: the process ended or stopped elsewhere before, as *@how says; a break's
 * or ulk_stop()'s stop is then inside the function. -ENOENT, -EINVAL, -EFAULT (no room on the stack). A break
 * set with ulk_break_at() stays; @how may be NULL.
 */
int ulk_call(struct ulk_machine *m, const char *function, const struct ulk_value *args, size_t nr_args,
	     struct ulk_returned *returned, struct ulk_result *how);
/* Room for @size bytes below the thread's stack, 16-byte aligned, for what ulk_call()'s arguments point to: its address in
 * *@addr. It is gone when the program goes on; @size at most 64 KiB. -EINVAL, -EFAULT. */
int ulk_scratch(struct ulk_machine *m, const void *data, size_t size, uint64_t *addr);

#ifdef __cplusplus
}
#endif

#endif
