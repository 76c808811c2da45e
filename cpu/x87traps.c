// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * x87traps: x87's exceptions, for who unmasks them in the control word.
 *
 * The hardware reports one at the next x87 or MMX instruction that waits; Unicorn at fwait only. So when a
 * mask bit is first cleared, all code is translated again, and from then on each such instruction begins with
 * a call of the helper for fwait. It also keeps x87's registers: an instruction whose invalid operation or
 * division by zero is not masked changes none, so they are put back when its flags are moved to the status
 * word (fpflags.c). That is for good, as in fptraps.c.
 *
 * The instruction that clears the bit is left before it has done anything, and executed once more in the new
 * code.
 *
 * Not done: results of an unmasked overflow or underflow, which the hardware scales; what was stored to
 * memory before.
 */
#include <string.h>
#include "cpu/engine.h"

#define MASKS	0x3f
#define KEEPS	0x7  /* invalid, denormal, zero divide: the operands stay */
#define SUMMARY 0x80 /* ES */

struct CPUX86State;
void __wrap_helper_fwait_x86_64(struct CPUX86State *env, u64 addr, int flag);
__attribute__((weak)) void tcg_gen_callN_x86_64(struct TCGContext *tcg, void *fn, void *ret, int nargs,
						u64 *args);
__attribute__((weak)) void cpu_loop_exit_restore_x86_64(struct CPUState *cs, uintptr_t ra);
__attribute__((weak)) u32 cpu_lduw_data_ra_x86_64(struct CPUX86State *env, u64 addr, uintptr_t ra);

/* ---- translation ---- */

/* D8 to DF, but for those that control the unit without waiting. */
static bool waits(const struct cpu_insn *insn)
{
	const u8 *code = insn_skip_prefixes(insn, &(u8){0});
	u8 op, modrm, reg;

	if (code + 1 >= insn->byte + insn->nr || (*code & 0xf8) != 0xd8)
		return false;
	op = *code;
	modrm = code[1];
	reg = modrm >> 3 & 7;
	if (modrm >= 0xc0)
		return !(op == 0xdb && modrm >= 0xe0 && modrm <= 0xe4) && !(op == 0xdf && modrm == 0xe0);
	return !(op == 0xd9 && reg >= 6) && !(op == 0xdd && reg >= 6);
}

void x87traps_emit(struct cpu *cpu, struct TCGContext *tcg, bool mmx)
{
	struct cpu_insn *insn = &cpu->insn;

	if (insn->waited || (!mmx && (insn->nr < 2 || !waits(insn))))
		return;
	insn->waited = true;
	tcg_gen_callN_x86_64(tcg, (void *)__wrap_helper_fwait_x86_64, NULL, 1, &cpu->env_temp);
}

/* ---- when it is executed ---- */

bool x87traps_wanted(struct cpu *cpu, u16 control)
{
	if (likely((control & MASKS) == MASKS) || cpu->x87_traps || !cpu->x87_stack)
		return false;
	cpu->x87_traps = true;
	cpu->flush_code = cpu->flush_code || cpu->fills;
	return true;
}

void x87traps_loading(struct cpu *cpu, u16 control, uintptr_t ra)
{
	if (likely(!x87traps_wanted(cpu, control)))
		return;
	cpu->event = cpu->event ?: EVENT_RETRY;
	uc_emu_stop(cpu->uc);
	cpu_loop_exit_restore_x86_64(cpu->object, ra);
}

void x87traps_loading_from(struct cpu *cpu, struct CPUX86State *env, u64 addr, uintptr_t ra)
{
	if (cpu->x87_stack && !cpu->x87_traps)
		x87traps_loading(cpu, (u16)cpu_lduw_data_ra_x86_64(env, addr, ra), ra);
}

void x87traps_keep(struct cpu *cpu)
{
	cpu->x87_kept = !(*cpu->fpus & SUMMARY);
	if (!cpu->x87_kept)
		return;
	cpu->x87_saved_control = *cpu->x87_control;
	cpu->x87_saved_stack = *cpu->x87_stack;
}

void x87traps_raised(struct cpu *cpu, u8 flags)
{
	u16 control = *cpu->fpuc;

	if (cpu->x87_kept && flags & ~control & KEEPS) {
		*cpu->x87_control = cpu->x87_saved_control;
		*cpu->x87_stack = cpu->x87_saved_stack;
		*cpu->fpuc = control;
	}
	cpu->x87_kept = false;
}

/* ---- where it is ---- */

/* The number of the first register in use is in front of the status word. */
static bool prove_top(struct cpu *cpu, const u32 *top)
{
	u32 value = 5 << 11;
	bool same;

	uc_reg_write(cpu->uc, UC_X86_REG_FPSW, &value);
	same = *top == 5;
	value = 0;
	uc_reg_write(cpu->uc, UC_X86_REG_FPSW, &value);
	return same && !*top;
}

/* The registers follow the control word and its kin, aligned. */
static struct x87_stack *find_stack(struct cpu *cpu, struct x87_control *control)
{
	struct x87_stack *stack = (struct x87_stack *)(((u64)(control + 1) + 15) & ~15UL);
	u64 magic[2] = {0x5a17c0de00001357, 0x4321}, zero[2] = {0, 0};
	bool found;

	uc_reg_write(cpu->uc, UC_X86_REG_FP0, magic);
	uc_reg_write(cpu->uc, UC_X86_REG_FP7, magic);
	found = !memcmp(stack->reg[0], magic, 10) && !memcmp(stack->reg[7], magic, 10);
	uc_reg_write(cpu->uc, UC_X86_REG_FP0, zero);
	uc_reg_write(cpu->uc, UC_X86_REG_FP7, zero);
	return found ? stack : NULL;
}

void x87traps_find(struct cpu *cpu)
{
	struct x87_control *control;

	if (!cpu->fpus || !cpu->env_temp || !cpu->insn.proved || !cpu_loop_exit_restore_x86_64 ||
	    !cpu_lduw_data_ra_x86_64)
		return;
	control = (struct x87_control *)((u8 *)cpu->fpus - offsetof(struct x87_control, status));
	if (cpu->fpuc != &control->control || !prove_top(cpu, &control->top))
		return;
	cpu->x87_control = control;
	cpu->x87_stack = find_stack(cpu, control);
}
