// SPDX-License-Identifier: GPL-2.0-or-later
/* From a frame to its caller's: by the call frame information of .eh_frame, else by the frame pointer. */
#include <dwarf.h>
#include <elfutils/libdw.h>
#include <stdlib.h>
#include <string.h>
#include "observe/functions.h"

#define MAX_STACK 16
/* A frame pointer that leads further up is none. */
#define MAX_FRAME (1UL << 20)

static bool read_word(struct mm_struct *mm, u64 addr, u64 *value)
{
	return mm_peek(mm, addr, value, sizeof(*value)) == sizeof(*value);
}

/* A register by DWARF's number. Those that calls do not keep are not known in callers, and never asked for there. */
static u64 reg_of(const struct unwind_state *s, u64 number)
{
	switch (number) {
	case 3:
		return s->rbx;
	case 6:
		return s->rbp;
	case 7:
		return s->rsp;
	case 12:
		return s->r12;
	case 13:
		return s->r13;
	case 14:
		return s->r14;
	case 15:
		return s->r15;
	case 16:
		return s->rip;
	}
	return 0;
}

static bool binary(u8 atom, u64 a, u64 b, u64 *out)
{
	switch (atom) {
	case DW_OP_plus:
		*out = a + b;
		return true;
	case DW_OP_minus:
		*out = a - b;
		return true;
	case DW_OP_and:
		*out = a & b;
		return true;
	case DW_OP_shl:
		*out = b < 64 ? a << b : 0;
		return true;
	case DW_OP_ge:
		*out = (s64)a >= (s64)b;
		return true;
	}
	return false;
}

/* The expressions that compilers and linkers write into .eh_frame. *is_value: the result is no address. */
static bool evaluate(struct mm_struct *mm, const struct unwind_state *s, const Dwarf_Op *ops, size_t n, u64 cfa, u64 *out,
		     bool *is_value)
{
	u64 stack[MAX_STACK];
	size_t top = 0;

	*is_value = false;
	for (size_t i = 0; i < n; i++) {
		u8 atom = ops[i].atom;

		if (top == MAX_STACK)
			return false;
		if (atom >= DW_OP_breg0 && atom <= DW_OP_breg31)
			stack[top++] = reg_of(s, atom - DW_OP_breg0) + ops[i].number;
		else if (atom == DW_OP_bregx)
			stack[top++] = reg_of(s, ops[i].number) + ops[i].number2;
		else if (atom == DW_OP_call_frame_cfa)
			stack[top++] = cfa;
		else if (atom >= DW_OP_lit0 && atom <= DW_OP_lit31)
			stack[top++] = atom - DW_OP_lit0;
		else if (atom >= DW_OP_const1u && atom <= DW_OP_consts)
			stack[top++] = ops[i].number;
		else if (atom == DW_OP_plus_uconst && top)
			stack[top - 1] += ops[i].number;
		else if (atom == DW_OP_deref && top) {
			if (!read_word(mm, stack[top - 1], &stack[top - 1]))
				return false;
		} else if (atom == DW_OP_stack_value)
			*is_value = true;
		else if (top >= 2 && binary(atom, stack[top - 2], stack[top - 1], &stack[top - 2]))
			top--;
		else
			return false;
	}
	if (!top)
		return false;
	*out = stack[top - 1];
	return true;
}

/* The caller's value of register @number into *value, which holds this frame's. False: not known. */
static bool caller_reg(struct mm_struct *mm, const struct unwind_state *s, Dwarf_Frame *frame, int number, u64 cfa,
		       u64 *value)
{
	Dwarf_Op space[3], *ops;
	size_t n;
	u64 at;
	bool is_value;

	if (dwarf_frame_register(frame, number, space, &ops, &n))
		return false;
	if (!n)
		return ops != space; /* unchanged, or undefined */
	if (!evaluate(mm, s, ops, n, cfa, &at, &is_value))
		return false;
	if (is_value)
		*value = at;
	return is_value || read_word(mm, at, value);
}

static bool unwind_by_cfi(struct functions *f, struct mm_struct *mm, struct unwind_state *s)
{
	struct unwind_state up = *s;
	u64 bias, cfa, pc = s->rip - s->caller;
	Dwarf_CFI *cfi = functions_cfi(f, mm, pc, &bias);
	Dwarf_Frame *frame;
	Dwarf_Op *ops;
	size_t n;
	bool ok, is_value, signal_frame = false;

	if (!cfi || dwarf_cfi_addrframe(cfi, pc - bias, &frame))
		return false;
	ok = !dwarf_frame_cfa(frame, &ops, &n) && evaluate(mm, s, ops, n, 0, &cfa, &is_value);
	if (ok) {
		dwarf_frame_info(frame, NULL, NULL, &signal_frame);
		up.rsp = cfa;
		caller_reg(mm, s, frame, 3, cfa, &up.rbx);
		caller_reg(mm, s, frame, 6, cfa, &up.rbp);
		caller_reg(mm, s, frame, 7, cfa, &up.rsp);
		caller_reg(mm, s, frame, 12, cfa, &up.r12);
		caller_reg(mm, s, frame, 13, cfa, &up.r13);
		caller_reg(mm, s, frame, 14, cfa, &up.r14);
		caller_reg(mm, s, frame, 15, cfa, &up.r15);
		/* Where there is none, as in _start, the stack ends. */
		if (!caller_reg(mm, s, frame, 16, cfa, &up.rip))
			up.rip = 0;
		up.caller = !signal_frame;
		*s = up;
	}
	free(frame);
	return ok;
}

/* A stub of a PLT, which may have no CFI: it jumps on through memory, and the stack is as its caller's call left it. */
static bool at_stub(struct mm_struct *mm, u64 rip)
{
	static const u8 endbr64[] = {0xf3, 0x0f, 0x1e, 0xfa};
	u8 code[7], *p = code;

	if (mm_peek(mm, rip, code, sizeof(code)) != sizeof(code))
		return false;
	if (!memcmp(p, endbr64, sizeof(endbr64)))
		p += sizeof(endbr64);
	if (*p == 0xf2)
		p++;
	return p[0] == 0xff && p[1] == 0x25;
}

bool functions_unwind(struct functions *f, struct mm_struct *mm, struct unwind_state *s)
{
	u64 sp = s->rsp, up, back;

	if (unwind_by_cfi(f, mm, s))
		return s->rip && (s->rsp > sp || !s->caller);
	if (!s->caller && at_stub(mm, s->rip) && read_word(mm, s->rsp, &back) && back) {
		s->rip = back;
		s->rsp += 8;
		s->caller = true;
		return true;
	}
	if (s->rbp < s->rsp || s->rbp - s->rsp > MAX_FRAME || !read_word(mm, s->rbp, &up) ||
	    !read_word(mm, s->rbp + 8, &back) || !back)
		return false;
	s->rsp = s->rbp + 16;
	s->rbp = up;
	s->rip = back;
	s->caller = true;
	return true;
}
