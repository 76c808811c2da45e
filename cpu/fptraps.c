// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * fptraps: SSE's exceptions, for who unmasks them in MXCSR.
 *
 * Unicorn computes on and raises nothing. So when MXCSR first has a mask bit clear, all code is translated
 * again, and from then on each helper that computes is put between two calls of ours: the first keeps the
 * CPU's state, the second looks which flags were raised; when one is not masked it takes the state back, but
 * for the flags, and raises #XM at the instruction. The translator can call no function that it does not
 * know: both calls are of the helper that fpflags.c took over.
 *
 * An instruction that loads MXCSR is followed by that call, too. When it finds the first unmasked exception
 * it leaves the block, with RIP at the instruction, which is executed once more in code that traps.
 *
 * Denormal operands are not told of, only those that are made zero (MXCSR.DAZ), and tiny results only when
 * they are inexact or made zero. So the first attempt is with that; when there was one, the instruction is
 * executed once more without.
 *
 * Not done: an unmasked overflow is always inexact, too, and underflow when the masked result would be; of a
 * NaN and a denormal operand the latter is told of.
 */
#include <stdlib.h>
#include <string.h>
#include "cpu/engine.h"

#define VECTOR_XM	 19
#define MXCSR_FLAGS	 0x3fu
#define MXCSR_MASKS	 0x1f80u
#define MASKS_SHIFT	 7
#define FLAG_INVALID	 1u
#define FLAG_DENORMAL	 2u
#define FLAG_ZERO_DIVIDE 4u
#define FLAG_UNDERFLOW	 0x10u
#define FLAGS_BEFORE	 7u
/* What is made zero meanwhile, to hear of it. */
enum { PASS_OPERANDS, PASS_RESULT, PASS_PLAIN };
#define UNIT_FLUSHED_INPUT 0x40 /* softfloat's: a denormal operand was taken for zero, */
#define UNIT_FLUSHED	   0x80 /* and a denormal result made it */
#define STATE_SEARCH                                                                                         \
	4096 /* of the CPU's state, from its registers on, is looked through for the last of xmm */

struct CPUX86State;
typedef void call_fn(struct TCGContext *tcg, void *fn, void *ret, int nargs, u64 *args);
call_fn __wrap_tcg_gen_callN_x86_64;
__attribute__((weak)) call_fn __real_tcg_gen_callN_x86_64;
__attribute__((weak)) void raise_exception_ra_x86_64(struct CPUX86State *env, int vector, uintptr_t ra);
__attribute__((weak)) void cpu_loop_exit_restore_x86_64(struct CPUState *cs, uintptr_t ra);

/* ---- what computes ---- */

#define HELPERS_OF_4(F, op) F(op##ps) F(op##ss) F(op##pd) F(op##sd)
#define HELPERS(F)                                                                                           \
	HELPERS_OF_4(F, add)                                                                                 \
	HELPERS_OF_4(F, sub)                                                                                 \
	HELPERS_OF_4(F, mul)                                                                                 \
	HELPERS_OF_4(F, div)                                                                                 \
	HELPERS_OF_4(F, min)                                                                                 \
	HELPERS_OF_4(F, max) HELPERS_OF_4(F, sqrt) HELPERS_OF_4(F, cmpeq) HELPERS_OF_4(F, cmplt)             \
		HELPERS_OF_4(F, cmple) HELPERS_OF_4(F, cmpunord) HELPERS_OF_4(F, cmpneq) HELPERS_OF_4(       \
			F, cmpnlt) HELPERS_OF_4(F, cmpnle) HELPERS_OF_4(F, cmpord) F(haddps) F(haddpd)       \
			F(hsubps) F(hsubpd) F(addsubps) F(addsubpd) F(dpps_xmm) F(dppd_xmm) F(ucomiss) F(    \
				comiss) F(ucomisd) F(comisd) F(cvtps2pd) F(cvtpd2ps) F(cvtss2sd) F(cvtsd2ss) \
				F(cvtdq2ps) F(cvtpi2ps) F(cvtsi2ss) F(cvtsq2ss) F(cvtsq2sd) F(cvtps2dq)      \
					F(cvtpd2dq) F(cvtps2pi) F(cvtpd2pi) F(cvtss2si) F(cvtsd2si)          \
						F(cvtss2sq) F(cvtsd2sq) F(cvttps2dq) F(cvttpd2dq)            \
							F(cvttps2pi) F(cvttpd2pi) F(cvttss2si) F(cvttsd2si)  \
								F(cvttss2sq) F(cvttsd2sq) F(roundps_xmm)     \
									F(roundpd_xmm) F(roundss_xmm)        \
										F(roundsd_xmm)

#define DECLARE(name) __attribute__((weak)) extern u8 helper_##name##_x86_64[];
#define ADDRESS(name) helper_##name##_x86_64,
HELPERS(DECLARE)
DECLARE(ldmxcsr)
DECLARE(fxrstor)
DECLARE(reset_rf)
DECLARE(enter_mmx)
DECLARE(emms)

static bool computes(const void *fn)
{
	static const void *const helpers[] = {HELPERS(ADDRESS)};

	for (size_t i = 0; i < ARRAY_SIZE(helpers); i++)
		if (helpers[i] == fn)
			return true;
	return false;
}

/* The first argument of all of these is the CPU's state, which is the one that our call takes. */
__attribute__((visibility("default"))) void __wrap_tcg_gen_callN_x86_64(struct TCGContext *tcg, void *fn,
									void *ret, int nargs, u64 *args)
{
	struct cpu *cpu = inside_engine();
	call_fn *original = inside_original(INSIDE_CALL, __real_tcg_gen_callN_x86_64);
	u64 env = nargs ? args[0] : 0;
	bool both, after;

	if (cpu && unlikely(cpu->booting) && computes(fn))
		cpu->env_temp = env;
	if (cpu && unlikely(cpu->x87_traps))
		x87traps_emit(cpu, tcg, fn == helper_enter_mmx_x86_64 || fn == helper_emms_x86_64);

	if (!cpu || !cpu->fp_saved) {
		original(tcg, fn, ret, nargs, args);
		return;
	}
	both = unlikely(cpu->fp_traps) && computes(fn);
	after = both || (!cpu->fp_traps && (fn == helper_ldmxcsr_x86_64 || fn == helper_fxrstor_x86_64));
	if (both)
		original(tcg, helper_reset_rf_x86_64, NULL, 1, &env);
	original(tcg, fn, ret, nargs, args);
	if (after)
		original(tcg, helper_reset_rf_x86_64, NULL, 1, &env);
}

/* ---- when it is executed ---- */

static bool unmasked(const struct cpu *cpu)
{
	return ~*cpu->mxcsr & MXCSR_MASKS;
}

static bool unmasks(const struct cpu *cpu, u32 flag)
{
	return ~*cpu->mxcsr & flag << MASKS_SHIFT;
}

bool fptraps_wanted(struct cpu *cpu)
{
	if (likely(!cpu->fp_saved || cpu->fp_traps || !unmasked(cpu)))
		return false;
	cpu->fp_traps = true;
	cpu->flush_code = cpu->flush_code || cpu->fills;
	return true;
}

static void take_back(struct cpu *cpu, struct CPUX86State *env)
{
	memcpy(env, cpu->fp_saved, cpu->fp_saved_size);
}

static void leave(struct cpu *cpu, uintptr_t ra)
{
	cpu->event = cpu->event ?: EVENT_RETRY;
	uc_emu_stop(cpu->uc);
	cpu_loop_exit_restore_x86_64(cpu->object, ra);
}

/*
 * When something was made zero, execute the instruction once more: at the beginning of a block then, so that
 * its address is known, and with it which it is. Operands are looked at first, then the result that they give
 * as they are.
 */
static void end_probe(struct cpu *cpu, struct CPUX86State *env, uintptr_t ra)
{
	struct fp_unit *unit = cpu->sse_unit, saved;
	bool input, tiny;

	memcpy(&saved, (u8 *)cpu->fp_saved + ((u8 *)unit - (u8 *)env), sizeof(saved));
	input = unit->flags & UNIT_FLUSHED_INPUT && !saved.flush_inputs;
	tiny = unit->flags & UNIT_FLUSHED && unmasks(cpu, FLAG_UNDERFLOW);
	unit->flush_inputs = saved.flush_inputs;
	unit->flush_to_zero = saved.flush_to_zero;
	if (likely(!input && !tiny))
		return;
	cpu->fp_pass = input && unmasks(cpu, FLAG_UNDERFLOW) ? PASS_RESULT : PASS_PLAIN;
	cpu->fp_denormal |= input;
	cpu->fp_tiny = tiny && !input;
	take_back(cpu, env);
	unit->flags = 0;
	leave(cpu, ra);
}

static void begin_probe(struct cpu *cpu)
{
	if (cpu->fp_pass == PASS_OPERANDS)
		cpu->sse_unit->flush_inputs = 1;
	if (cpu->fp_pass != PASS_PLAIN && unmasks(cpu, FLAG_UNDERFLOW))
		cpu->sse_unit->flush_to_zero = 1;
}

/* That instruction has raised @raised so far: what its denormal operand adds. */
static u32 of_denormal(struct cpu *cpu, u32 raised)
{
	struct cpu_insn insn = {0};

	insn.nr = (u8)engine_copy_code(cpu, *cpu->slot[SLOT_RIP], insn.byte, sizeof(insn.byte));
	if (insn_takes_denormals(&insn))
		return 0;
	return insn_invalid_alone(&insn) && raised & (FLAG_INVALID | FLAG_ZERO_DIVIDE) ? 0 : FLAG_DENORMAL;
}

static void look(struct cpu *cpu, struct CPUX86State *env, uintptr_t ra)
{
	u32 was = *cpu->mxcsr, raised, unmasked;

	cpu->fp_keeping = false;
	if (likely(cpu->fp_pass != PASS_PLAIN))
		end_probe(cpu, env, ra);
	*cpu->mxcsr &= ~MXCSR_FLAGS;
	fpflags_settle(cpu);
	raised = *cpu->mxcsr & MXCSR_FLAGS;
	*cpu->mxcsr |= was;
	if (unlikely(cpu->fp_pass != PASS_OPERANDS)) {
		raised |= cpu->fp_denormal ? of_denormal(cpu, raised) : 0;
		raised |= cpu->fp_tiny ? FLAG_UNDERFLOW : 0;
		*cpu->mxcsr |= raised;
		cpu->fp_pass = PASS_OPERANDS;
		cpu->fp_denormal = cpu->fp_tiny = false;
	}
	unmasked = raised & ~(was >> MASKS_SHIFT);
	if (likely(!unmasked))
		return;
	/* What is known before the result keeps it from being computed. */
	if (unmasked & FLAGS_BEFORE)
		raised &= FLAGS_BEFORE;
	take_back(cpu, env);
	*cpu->mxcsr = was | raised;
	raise_exception_ra_x86_64(env, VECTOR_XM, ra);
}

void fptraps_called(struct cpu *cpu, struct CPUX86State *env, uintptr_t ra)
{
	if (likely(!cpu->fp_traps)) {
		if (!fptraps_wanted(cpu))
			return;
		leave(cpu, ra);
	}
	if (cpu->fp_keeping) {
		look(cpu, env, ra);
	} else if (unmasked(cpu)) {
		fpflags_settle(cpu);
		memcpy(cpu->fp_saved, env, cpu->fp_saved_size);
		cpu->fp_keeping = true;
		begin_probe(cpu);
	}
}

/* ---- where it is ---- */

void fptraps_find(struct cpu *cpu)
{
	u8 *env = (u8 *)cpu->slot[SLOT_RAX], *found;
	u64 magic[2] = {0x5a17c0de00001357, 0x5a17c0de00002468}, zero[2] = {0, 0};

	if (!cpu->sse_unit || !raise_exception_ra_x86_64 || !cpu_loop_exit_restore_x86_64)
		return;
	uc_reg_write(cpu->uc, UC_X86_REG_XMM15, magic);
	found = memmem(env, STATE_SEARCH, magic, sizeof(magic));
	uc_reg_write(cpu->uc, UC_X86_REG_XMM15, zero);
	if (!found || found < (u8 *)cpu->mxcsr)
		return;
	cpu->fp_saved_size = (size_t)(found + sizeof(magic) - env);
	cpu->fp_saved = malloc(cpu->fp_saved_size);
}
