// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * fpflags: the exception flags of x87's status word and of MXCSR.
 *
 * Unicorn (qemu 5) collects them beside the registers, in the softfloat status of each unit, and never moves
 * them into what the guest reads. So move them before it reads or changes it: at the helpers for the x87
 * instructions that do, and in front of the load that stmxcsr is made of. A few helpers set flags that their
 * instructions do not set; those are put back.
 *
 * Flush-to-zero is set in the wrong unit's status as MXCSR is loaded; that is put right behind it.
 *
 * Where the two statuses are is found by changing the rounding modes through the API, and proved by the flag
 * that the boot stub's cvtsi2sd must raise. When they are not found, all this is left undone. The functions
 * are taken over as inside.c's are.
 */
#include <string.h>
#include "cpu/engine.h"

#define FLAGS_ALL                                                                                            \
	0x3d /* invalid, zero divide, overflow, underflow, inexact: where the hardware has them, too */
#define FLAG_INEXACT	 0x20
#define FLAG_UNDERFLOW	 0x10
#define FLAG_FLUSHED	 0x80 /* a denormal result was made zero */
#define MXCSR_FZ	 0x8000
#define MXCSR_ROUND_ZERO 0x6000
#define FPCW_ROUND_ZERO	 0xc00
#define FPCW_MASKS	 0x3f
#define FPSW_SUMMARY	 0x8080 /* ES and B */
#define ROUND_TO_ZERO	 3
#define MERGE_SIZE	 2048

struct CPUX86State;
__attribute__((weak)) void tcg_gen_callN_x86_64(struct TCGContext *tcg, void *fn, void *ret, int nargs,
						u64 *args);

/* ---- moving ---- */

static u8 take_flags(struct fp_unit *unit)
{
	u8 flags = unit->flags;

	unit->flags = 0;
	return (flags & FLAGS_ALL) | (flags & FLAG_FLUSHED ? FLAG_UNDERFLOW | FLAG_INEXACT : 0);
}

void fpflags_settle(struct cpu *cpu)
{
	u8 flags;

	if (!cpu->sse_unit)
		return;
	if (unlikely(cpu->x87_masks)) {
		*cpu->fpuc |= FPCW_MASKS;
		*cpu->fpus &= (u16)~FPSW_SUMMARY;
		cpu->x87_masks = false;
	}
	*cpu->mxcsr |= take_flags(cpu->sse_unit);
	flags = take_flags(cpu->x87_unit);
	if (unlikely(cpu->x87_kept))
		x87traps_raised(cpu, flags);
	*cpu->fpus |= flags;
	if (*cpu->fpus & ~*cpu->fpuc & 0x3f)
		*cpu->fpus |= FPSW_SUMMARY;
}

void fpflags_loaded(struct cpu *cpu)
{
	if (!cpu->sse_unit)
		return;
	cpu->sse_unit->flags = cpu->x87_unit->flags = 0;
	cpu->x87_kept = cpu->x87_masks = false;
	cpu->sse_unit->flush_to_zero = !!(*cpu->mxcsr & MXCSR_FZ);
	cpu->x87_unit->flush_to_zero = 0;
}

/* ---- where they are ---- */

/* The one of @n bytes that changes from @from to @to between @a and @b, else -1. */
static int changed_byte(const u8 *a, const u8 *b, int n, u8 from, u8 to)
{
	int at = -1;

	for (int i = 0; i < n; i++) {
		if (a[i] == b[i] || a[i] != from || b[i] != to)
			continue;
		if (at >= 0)
			return -1;
		at = i;
	}
	return at;
}

/* Where register @id is, and the unit whose rounding it says: @width bytes of @plain, and @rounding towards
 * zero. */
static struct fp_unit *find_unit(struct cpu *cpu, u8 *env, int id, u32 plain, u32 rounding, void **reg)
{
	static const int nr = MERGE_SIZE;
	u8 before[MERGE_SIZE], after[MERGE_SIZE];
	u32 value = plain;
	int mode, high;

	uc_reg_write(cpu->uc, id, &value);
	memcpy(before, env, sizeof(before));
	value = rounding;
	uc_reg_write(cpu->uc, id, &value);
	memcpy(after, env, sizeof(after));
	value = plain;
	uc_reg_write(cpu->uc, id, &value);

	mode = changed_byte(before, after, nr, 0, ROUND_TO_ZERO);
	high = changed_byte(before, after, nr, (u8)(plain >> 8), (u8)(rounding >> 8));
	if (mode < 1 || high < 1 || env[high - 1] != (u8)plain)
		return NULL;
	*reg = env + high - 1;
	return (struct fp_unit *)(env + mode - 1);
}

static u16 *find_status_word(struct cpu *cpu, u8 *env)
{
	u8 before[MERGE_SIZE], after[MERGE_SIZE];
	u32 value = 0;
	int at;

	uc_reg_write(cpu->uc, UC_X86_REG_FPSW, &value);
	memcpy(before, env, sizeof(before));
	value = 0x4500; /* condition codes: kept as they are */
	uc_reg_write(cpu->uc, UC_X86_REG_FPSW, &value);
	memcpy(after, env, sizeof(after));
	at = changed_byte(before, after, MERGE_SIZE, 0, 0x45);
	value = 0;
	uc_reg_write(cpu->uc, UC_X86_REG_FPSW, &value);
	return at < 1 ? NULL : (u16 *)(env + at - 1);
}

void fpflags_find(struct cpu *cpu)
{
	u8 *env = cpu->direct && tcg_gen_callN_x86_64 ? (u8 *)cpu->slot[SLOT_RAX] : NULL;
	struct fp_unit *sse, *x87;
	void *mxcsr, *fpuc;
	u16 *fpus;
	bool raised;

	if (!env)
		return;
	sse = find_unit(cpu, env, UC_X86_REG_MXCSR, 0x1f80, 0x1f80 | MXCSR_ROUND_ZERO, &mxcsr);
	raised = sse && sse->flags == FLAG_INEXACT;
	x87 = find_unit(cpu, env, UC_X86_REG_FPCW, 0x37f, 0x37f | FPCW_ROUND_ZERO, &fpuc);
	fpus = find_status_word(cpu, env);
	if (!raised || !x87 || !fpus || x87->flags)
		return;
	cpu->mxcsr = mxcsr;
	cpu->mxcsr_at = (u64)((u8 *)mxcsr - env);
	cpu->fpuc = fpuc;
	cpu->fpus = fpus;
	cpu->x87_unit = x87;
	cpu->sse_unit = sse;
	sse->flags = 0;
}

/* ---- stmxcsr ---- */

/*
 * It has no helper: the code loads MXCSR from the CPU's state. So call one of ours in front of that load,
 * wherever the translator emits it. Only Unicorn's own helpers can be called, so it is the one that clears
 * RF, which is clear anyway. (The third argument of other operations is a temporary, a pointer; should one
 * look like the offset, a call too many does no
 * harm. Where exceptions trap, fptraps.c calls after each instruction that can raise one.)
 */
typedef void op3_fn(struct TCGContext *tcg, unsigned op, u64 ret, u64 base, u64 offset);
typedef void reset_fn(struct CPUX86State *env);
op3_fn __wrap_tcg_gen_op3_x86_64;
reset_fn __wrap_helper_reset_rf_x86_64;
__attribute__((weak)) op3_fn __real_tcg_gen_op3_x86_64;
__attribute__((weak)) reset_fn __real_helper_reset_rf_x86_64;

__attribute__((visibility("default"))) void __wrap_tcg_gen_op3_x86_64(struct TCGContext *tcg, unsigned op,
								      u64 ret, u64 base, u64 offset)
{
	struct cpu *cpu = inside_engine();

	if (cpu && cpu->sse_unit && unlikely(offset == cpu->mxcsr_at) && !cpu->fp_traps)
		tcg_gen_callN_x86_64(tcg, (void *)__wrap_helper_reset_rf_x86_64, NULL, 1, &base);
	((op3_fn *)inside_original(INSIDE_OP3, __real_tcg_gen_op3_x86_64))(tcg, op, ret, base, offset);
}

__attribute__((visibility("default"))) void __wrap_helper_reset_rf_x86_64(struct CPUX86State *env)
{
	struct cpu *cpu = inside_engine();

	if (cpu && cpu->fp_saved)
		fptraps_called(cpu, env, (uintptr_t)__builtin_return_address(0));
	if (cpu)
		fpflags_settle(cpu);
	((reset_fn *)inside_original(INSIDE_RESET_RF, __real_helper_reset_rf_x86_64))(env);
}

/* ---- the helpers ---- */

/* Bits of MXCSR that are none: #GP. */
#define MXCSR_RESERVED 0xffff0000u
#define VECTOR_GP      13
__attribute__((weak)) void raise_exception_ra_x86_64(struct CPUX86State *env, int vector, uintptr_t ra);

static void refuse_reserved(struct CPUX86State *env, u32 value, uintptr_t ra)
{
	if (unlikely(value & MXCSR_RESERVED) && raise_exception_ra_x86_64)
		raise_exception_ra_x86_64(env, VECTOR_GP, ra);
}

/* The flags move before these: a jump follows, since some find their instruction by their return address. */
__attribute__((used, visibility("hidden"))) void *fpflags_before(enum inside_function which, void *real);
__attribute__((used, visibility("hidden"))) void *fpflags_before(enum inside_function which, void *real)
{
	struct cpu *cpu = inside_engine();

	if (cpu)
		fpflags_settle(cpu);
	if (cpu && unlikely(cpu->x87_traps) && which == INSIDE_FWAIT)
		x87traps_keep(cpu);
	/* It masks all exceptions behind the store, which may fault yet. */
	if (cpu && unlikely(cpu->x87_traps))
		cpu->x87_masks = which == INSIDE_FSTENV;
	return inside_original(which, real);
}

#define BEFORE(name, which)                                                                                  \
	typedef void name##_fn(struct CPUX86State *env, u64 addr, int flag);                                 \
	name##_fn __wrap_helper_##name##_x86_64;                                                             \
	__attribute__((weak)) name##_fn __real_helper_##name##_x86_64;                                       \
	__attribute__((used, visibility("hidden"))) void *fpflags_before_##name(void);                       \
	__attribute__((used, visibility("hidden"))) void *fpflags_before_##name(void)                        \
	{                                                                                                    \
		return fpflags_before(which, __real_helper_##name##_x86_64);                                 \
	}                                                                                                    \
	__attribute__((naked, visibility("default"))) void __wrap_helper_##name##_x86_64(                    \
		struct CPUX86State *env, u64 addr, int flag)                                                 \
	{                                                                                                    \
		__asm__("push %rdi; push %rsi; push %rdx; call fpflags_before_" #name                        \
			"; pop %rdx; pop %rsi; pop %rdi; jmp *%rax");                                        \
	}
BEFORE(fnstsw, INSIDE_FNSTSW)
BEFORE(fwait, INSIDE_FWAIT)
BEFORE(fclex, INSIDE_FCLEX)
BEFORE(fninit, INSIDE_FNINIT)
BEFORE(fstenv, INSIDE_FSTENV)
BEFORE(fsave, INSIDE_FSAVE)

/*
 * Those that have an image in memory, which begins with the control word. The CPU looks at the last byte of
 * fxsave's and fxrstor's before all else; the helpers never come to it. With the first misaligned it is #GP,
 * which the helpers know.
 */
#define LAST_OF_IMAGE 511
#define MXCSR_IN_IMAGE 24
__attribute__((weak)) u32 cpu_ldub_data_ra_x86_64(struct CPUX86State *env, u64 addr, uintptr_t ra);
__attribute__((weak)) u32 cpu_ldl_data_ra_x86_64(struct CPUX86State *env, u64 addr, uintptr_t ra);

static void *fpflags_image(struct CPUX86State *env, u64 addr, uintptr_t ra, enum inside_function which,
			   void *real)
{
	struct cpu *cpu = inside_engine();
	bool extended = which == INSIDE_FXSAVE || which == INSIDE_FXRSTOR;

	if (cpu && extended && cpu_ldub_data_ra_x86_64 && !(addr & 15))
		cpu_ldub_data_ra_x86_64(env, addr + LAST_OF_IMAGE, ra);
	if (cpu && which == INSIDE_FXRSTOR && cpu_ldl_data_ra_x86_64 && !(addr & 15))
		refuse_reserved(env, cpu_ldl_data_ra_x86_64(env, addr + MXCSR_IN_IMAGE, ra), ra);
	if (cpu && which != INSIDE_FXSAVE && !(extended && addr & 15))
		x87traps_loading_from(cpu, env, addr, ra);
	return fpflags_before(which, real);
}

#define IMAGE(name, which)                                                                                   \
	typedef void name##_fn(struct CPUX86State *env, u64 addr, int flag);                                 \
	name##_fn __wrap_helper_##name##_x86_64;                                                             \
	__attribute__((weak)) name##_fn __real_helper_##name##_x86_64;                                       \
	__attribute__((used, visibility("hidden"))) void *fpflags_image_##name(struct CPUX86State *env,      \
									       u64 addr, uintptr_t ra);      \
	__attribute__((used, visibility("hidden"))) void *fpflags_image_##name(struct CPUX86State *env,      \
									       u64 addr, uintptr_t ra)       \
	{                                                                                                    \
		return fpflags_image(env, addr, ra, which, __real_helper_##name##_x86_64);                   \
	}                                                                                                    \
	__attribute__((naked, visibility("default"))) void __wrap_helper_##name##_x86_64(                    \
		struct CPUX86State *env, u64 addr, int flag)                                                 \
	{                                                                                                    \
		__asm__("push %rdi; push %rsi; push %rdx; mov 24(%rsp), %rdx; call fpflags_image_" #name     \
			"; pop %rdx; pop %rsi; pop %rdi; jmp *%rax");                                        \
	}
IMAGE(fxsave, INSIDE_FXSAVE)
IMAGE(fxrstor, INSIDE_FXRSTOR)
IMAGE(fldenv, INSIDE_FLDENV)
IMAGE(frstor, INSIDE_FRSTOR)

typedef void fldcw_fn(struct CPUX86State *env, u32 value);
fldcw_fn __wrap_helper_fldcw_x86_64;
__attribute__((weak)) fldcw_fn __real_helper_fldcw_x86_64;

__attribute__((visibility("default"))) void __wrap_helper_fldcw_x86_64(struct CPUX86State *env, u32 value)
{
	struct cpu *cpu = inside_engine();

	if (cpu)
		x87traps_loading(cpu, (u16)value, (uintptr_t)__builtin_return_address(0));
	((fldcw_fn *)inside_original(INSIDE_FLDCW, __real_helper_fldcw_x86_64))(env, value);
}

typedef void ldmxcsr_fn(struct CPUX86State *env, u32 value);
ldmxcsr_fn __wrap_helper_ldmxcsr_x86_64;
__attribute__((weak)) ldmxcsr_fn __real_helper_ldmxcsr_x86_64;

__attribute__((visibility("default"))) void __wrap_helper_ldmxcsr_x86_64(struct CPUX86State *env, u32 value)
{
	struct cpu *cpu = inside_engine();

	if (cpu)
		refuse_reserved(env, value, (uintptr_t)__builtin_return_address(0));
	if (cpu)
		fpflags_settle(cpu);
	((ldmxcsr_fn *)inside_original(INSIDE_LDMXCSR, __real_helper_ldmxcsr_x86_64))(env, value);
	if (cpu)
		fpflags_loaded(cpu);
}

/* These raise flags of @spurious that their instructions do not. */
#define AROUND(name, which, unit, spurious)                                                                  \
	typedef void name##_fn(struct CPUX86State *env, void *d, void *s, u32 mode);                         \
	name##_fn __wrap_helper_##name##_x86_64;                                                             \
	__attribute__((weak)) name##_fn __real_helper_##name##_x86_64;                                       \
	__attribute__((visibility("default"))) void __wrap_helper_##name##_x86_64(                           \
		struct CPUX86State *env, void *d, void *s, u32 mode)                                         \
	{                                                                                                    \
		struct cpu *cpu = inside_engine();                                                           \
		struct fp_unit *u = cpu ? cpu->unit : NULL;                                                  \
		u8 flags = u ? u->flags : 0;                                                                 \
                                                                                                             \
		((name##_fn *)inside_original(which, __real_helper_##name##_x86_64))(env, d, s, mode);       \
		if (u)                                                                                       \
			u->flags = (u8)((u->flags & ~(spurious)) | (flags & (spurious)));                    \
	}
#define PRECISION_SUPPRESSED (mode & 8 ? FLAG_INEXACT : 0)
AROUND(roundss_xmm, INSIDE_ROUNDSS, sse_unit, PRECISION_SUPPRESSED)
AROUND(roundsd_xmm, INSIDE_ROUNDSD, sse_unit, PRECISION_SUPPRESSED)
AROUND(roundps_xmm, INSIDE_ROUNDPS, sse_unit, PRECISION_SUPPRESSED)
AROUND(roundpd_xmm, INSIDE_ROUNDPD, sse_unit, PRECISION_SUPPRESSED)
AROUND(rsqrtss, INSIDE_RSQRTSS, sse_unit, 0xff)
AROUND(rsqrtps, INSIDE_RSQRTPS, sse_unit, 0xff)
AROUND(rcpss, INSIDE_RCPSS, sse_unit, 0xff)
AROUND(rcpps, INSIDE_RCPPS, sse_unit, 0xff)
AROUND(fprem, INSIDE_FPREM, x87_unit, FLAG_INEXACT)
AROUND(fprem1, INSIDE_FPREM1, x87_unit, FLAG_INEXACT)

/* These claim a zero divide whatever is divided: 0/0 is invalid, and infinity/0 nothing. What softfloat says
 * is right. */
#define DIVIDE(name, which)                                                                                  \
	typedef void name##_fn(struct CPUX86State *env, int st);                                             \
	name##_fn __wrap_helper_##name##_x86_64;                                                             \
	__attribute__((weak)) name##_fn __real_helper_##name##_x86_64;                                       \
	__attribute__((visibility("default"))) void __wrap_helper_##name##_x86_64(struct CPUX86State *env,   \
										  int st)                    \
	{                                                                                                    \
		struct cpu *cpu = inside_engine();                                                           \
		u16 *fpus = cpu ? cpu->fpus : NULL, was = fpus ? *fpus & DIVIDE_FLAGS : 0;                   \
                                                                                                             \
		((name##_fn *)inside_original(which, __real_helper_##name##_x86_64))(env, st);               \
		if (fpus)                                                                                    \
			*fpus = (u16)((*fpus & ~DIVIDE_FLAGS) | was);                                        \
	}
#define DIVIDE_FLAGS (FPSW_SUMMARY | 4)
DIVIDE(fdiv_ST0_FT0, INSIDE_FDIV)
DIVIDE(fdivr_ST0_FT0, INSIDE_FDIVR)
DIVIDE(fdiv_STN_ST0, INSIDE_FDIV_ST)
DIVIDE(fdivr_STN_ST0, INSIDE_FDIVR_ST)
