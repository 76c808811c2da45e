// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * rmw: instructions that read and write one operand fault once.
 *
 * To the hardware `add %eax, (%rdi)` is a store from the start: on a page that is not there it faults once, as a write.
 * The engine loads, then stores: two faults, the first of them a read, and where the page may not be written to, the load
 * would bring it in. So when a load finds no page (ops.absent()), look at the instruction; if it is of this kind, ask for
 * the store.
 *
 * Which instruction it is has to be asked: inside a block RIP is the block's. Unicorn finds it from the return address of
 * the helper that the generated code called (cpu_restore_state_x86_64()), as it does when a fill is refused; all
 * that changes are RIP and the kind of the lazy flags, both true at that place (Unicorn 2.1.2 does so for every
 * fill). The return address is an argument of unicorn_fill_tlb_x86_64(), taken over as inside.c's functions are.
 */
#include <string.h>
#include "cpu/engine.h"

typedef bool fill_fn(struct CPUState *cs, u64 addr, int size, int rw, int mmu_idx, bool probe, uintptr_t ra);
fill_fn __wrap_unicorn_fill_tlb_x86_64;
/* The originals: see inside.c. */
__attribute__((weak)) fill_fn __real_unicorn_fill_tlb_x86_64;
__attribute__((weak)) bool cpu_restore_state_x86_64(struct CPUState *cs, uintptr_t ra, bool will_exit);

__attribute__((visibility("default"))) bool __wrap_unicorn_fill_tlb_x86_64(struct CPUState *cs, u64 addr, int size,
									    int rw, int mmu_idx, bool probe,
									    uintptr_t ra)
{
	fill_fn *original = inside_original(INSIDE_FILL_TLB, __real_unicorn_fill_tlb_x86_64);
	struct cpu *cpu = inside_engine();

	if (cpu) {
		cpu->fill_object = cs;
		cpu->fill_return = ra;
	}
	return original(cs, addr, size, rw, mmu_idx, probe, ra);
}

/* ---- the instruction ---- */

enum answer { NO, YES, MORE /* bytes wanted */ };

static bool is_prefix(u8 c)
{
	static const u8 prefixes[] = {0x66, 0x67, 0xf0, 0xf2, 0xf3, 0x2e, 0x36, 0x3e, 0x26, 0x64, 0x65};

	return (c & 0xf0) == 0x40 || memchr(prefixes, c, sizeof(prefixes));
}

/* Of the opcodes after 0f; @reg is the middle of the ModRM byte. */
static bool rmw_two_byte(u8 op, unsigned reg)
{
	switch (op) {
	case 0xa4: case 0xa5: case 0xac: case 0xad: /* shld, shrd */
	case 0xab: case 0xb3: case 0xbb:            /* bts, btr, btc */
	case 0xb0: case 0xb1: case 0xc0: case 0xc1: /* cmpxchg, xadd */
		return true;
	case 0xba: /* bt is /4 */
		return reg > 4;
	case 0xc7: /* cmpxchg8b, cmpxchg16b */
		return reg == 1;
	}
	return false;
}

static bool rmw_one_byte(u8 op, unsigned reg)
{
	if (op < 0x38)
		return (op & 7) < 2; /* add, or, adc, sbb, and, sub, xor to memory */
	switch (op) {
	case 0x80: case 0x81: case 0x83: /* the same with a constant; /7 is cmp */
		return reg != 7;
	case 0x86: case 0x87: /* xchg */
		return true;
	case 0xc0: case 0xc1: case 0xd0: case 0xd1: case 0xd2: case 0xd3: /* shifts */
		return true;
	case 0xf6: case 0xf7: /* not, neg */
		return reg == 2 || reg == 3;
	case 0xfe: case 0xff: /* inc, dec */
		return reg < 2;
	}
	return false;
}

static enum answer is_rmw(const u8 *code, size_t len)
{
	bool two;
	size_t i = 0;
	unsigned reg;

	while (i < len && is_prefix(code[i]))
		i++;
	two = i < len && code[i] == 0x0f;
	i += two;
	if (i + 1 >= len)
		return MORE;
	if (code[i + 1] >= 0xc0)
		return NO; /* between registers */
	reg = code[i + 1] >> 3 & 7;
	return two ? rmw_two_byte(code[i], reg) : rmw_one_byte(code[i], reg);
}

bool rmw_loads(struct cpu *cpu)
{
	enum answer answer;
	u8 code[15];
	size_t rest;
	u64 rip;

	if (!cpu->fill_return || !cpu_restore_state_x86_64 ||
	    !cpu_restore_state_x86_64(cpu->fill_object, cpu->fill_return, false) ||
	    uc_reg_read(cpu->uc, UC_X86_REG_RIP, &rip))
		return false;
	/* Its second page is looked at only where the instruction itself must have been read from there. */
	rest = min_t(size_t, sizeof(code), PAGE_SIZE - (rip & ~PAGE_MASK));
	answer = is_rmw(code, engine_copy_code(cpu, rip, code, rest));
	if (answer == MORE && rest < sizeof(code))
		answer = is_rmw(code, engine_copy_code(cpu, rip, code, sizeof(code)));
	return answer == YES;
}
