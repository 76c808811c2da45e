// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * align: the alignment check (#AC) of who sets EFLAGS.AC.
 *
 * Unicorn ignores the flag, but keeps blocks translated with it apart from others. So in those ask for every
 * access to be aligned: the code's look into the TLB then misses when the address is not, and the function
 * that is called for that (Unicorn's would call nothing at all, and crash) finds out.
 *
 * Not checked: what a helper does at once (x87's 80 bits, fxsave, cmpxchg16b), and, depending on the linking,
 * locked instructions. The two halves of 16 bytes are checked as 8 bytes each.
 *
 * Whatever the flag, SSE's operands of 16 bytes give #GP in the same way: insnbytes.c says which accesses are
 * the first half of one.
 */
#include "cpu/engine.h"

#define VECTOR_GP 13
#define VECTOR_AC 17
#define FLAGS_AC  0x40000u

__attribute__((weak)) void raise_exception_ra_x86_64(struct CPUX86State *env, int vector, uintptr_t ra);

void align_translating(struct cpu *cpu, u32 flags)
{
	cpu->aligned = flags & FLAGS_AC && raise_exception_ra_x86_64;
}

static u32 asked(struct cpu *cpu, u32 op, u64 *addr)
{
	u32 ask = cpu && raise_exception_ra_x86_64 ? insn_access(cpu, op, addr) : op;

	return !(ask & OP_ALIGNED) && op & OP_SIZE && unlikely(cpu && cpu->aligned) ? ask | OP_ALIGNED : ask;
}

/* Values and addresses are the translator's temporaries. */
#define EMITTER(name, which)                                                                                 \
	typedef void name##_fn(void *tcg, void *val, u64 addr, u64 index, u32 op);                           \
	name##_fn __wrap_##name##_x86_64;                                                                    \
	__attribute__((weak)) name##_fn __real_##name##_x86_64;                                              \
	__attribute__((visibility("default"))) void __wrap_##name##_x86_64(void *tcg, void *val, u64 addr,   \
									   u64 index, u32 op)                \
	{                                                                                                    \
		u32 ask = asked(inside_engine(), op, &addr);                                                 \
                                                                                                             \
		((name##_fn *)inside_original(which, __real_##name##_x86_64))(tcg, val, addr, index, ask);   \
	}
EMITTER(tcg_gen_qemu_ld_i32, INSIDE_LD32)
EMITTER(tcg_gen_qemu_ld_i64, INSIDE_LD64)
EMITTER(tcg_gen_qemu_st_i32, INSIDE_ST32)
EMITTER(tcg_gen_qemu_st_i64, INSIDE_ST64)

static void check(struct CPUX86State *env, u64 addr, u64 size, u32 oi, uintptr_t ra)
{
	u32 ask = oi >> OP_SHIFT & OP_ALIGNED;
	struct cpu *cpu;

	if (likely(!ask))
		return;
	if (ask == OP_ALIGN_16) {
		cpu = inside_engine();
		if (cpu && unlikely(cpu->booting))
			cpu->insn.proved = true;
		if (addr & 15)
			raise_exception_ra_x86_64(env, VECTOR_GP, ra);
	} else if (addr & (size - 1)) {
		raise_exception_ra_x86_64(env, VECTOR_AC, ra);
	}
}

/* @oi is the operation and, below it, Unicorn's index of the address space. */
#define LOADER(name, which, size)                                                                            \
	typedef u64 name##_fn(struct CPUX86State *env, u64 addr, u32 oi, uintptr_t ra);                      \
	name##_fn __wrap_##name##_x86_64;                                                                    \
	__attribute__((weak)) name##_fn __real_##name##_x86_64;                                              \
	__attribute__((visibility("default")))                                                               \
	u64 __wrap_##name##_x86_64(struct CPUX86State *env, u64 addr, u32 oi, uintptr_t ra)                  \
	{                                                                                                    \
		check(env, addr, size, oi, ra);                                                              \
		return ((name##_fn *)inside_original(which, __real_##name##_x86_64))(env, addr, oi, ra);     \
	}
LOADER(helper_le_lduw_mmu, INSIDE_LDUW, 2)
LOADER(helper_le_ldul_mmu, INSIDE_LDUL, 4)
LOADER(helper_le_ldq_mmu, INSIDE_LDQ, 8)

#define STORER(name, which, size)                                                                            \
	typedef void name##_fn(struct CPUX86State *env, u64 addr, u64 val, u32 oi, uintptr_t ra);            \
	name##_fn __wrap_##name##_x86_64;                                                                    \
	__attribute__((weak)) name##_fn __real_##name##_x86_64;                                              \
	__attribute__((visibility("default"))) void __wrap_##name##_x86_64(                                  \
		struct CPUX86State *env, u64 addr, u64 val, u32 oi, uintptr_t ra)                            \
	{                                                                                                    \
		check(env, addr, size, oi, ra);                                                              \
		((name##_fn *)inside_original(which, __real_##name##_x86_64))(env, addr, val, oi, ra);       \
	}
STORER(helper_le_stw_mmu, INSIDE_STW, 2)
STORER(helper_le_stl_mmu, INSIDE_STL, 4)
STORER(helper_le_stq_mmu, INSIDE_STQ, 8)
