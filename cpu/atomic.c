// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * atomic: `lock` instructions that hold between processes.
 *
 * Alone in its memory, an engine need not make locked instructions atomic, and Unicorn does not: another
 * process's store between its load and its store is lost. The translator can do it (CF_PARALLEL), but the API
 * has no word for that. So, once the memory is shared:
 *
 * 1. Say it to each block as its translation starts (tcg_func_start_x86_64). Where the flags are kept is read
 * off the first instructions of a function that tests them.
 *
 * 2. The helpers that the translator then calls crash on pages whose TLB entry says "tell me of stores"
 * (2.1.1 looks the memory up by its virtual address). The mark is not needed (inside.c, 2): take it away as
 * the page is entered (tlb_set_page_x86_64).
 *
 * 3. Of the helpers, those for xchg are a load and a store in Unicorn: make them of those for cmpxchg, which
 * are sound (helper_atomic_xchg*_x86_64).
 *
 * 4. cmpxchg8b and cmpxchg16b have helpers of both kinds, and the choice is made by the block's own copy of
 * the flags, which must stay as it is for the block to be found again. So choose as they are called.
 *
 * 5. What no helper can do (an operand that is not aligned) ends cpu_exec with EXCP_ATOMIC. That one
 * instruction is stepped without all this, atomic for this process's threads only.
 *
 * The functions are taken over as inside.c's are.
 */
#include <string.h>
#include "cpu/engine.h"

#define CF_PARALLEL 0x80000u
#define PROT_WRITE_ 2 /* Unicorn's PAGE_WRITE */

struct CPUX86State;
typedef void page_fn(struct CPUState *cs, u64 vaddr, u64 paddr, int prot, int mmu_idx, u64 size);
typedef void start_fn(struct TCGContext *tcg);
typedef void wide_fn(struct CPUX86State *env, u64 addr);
start_fn __wrap_tcg_func_start_x86_64;
page_fn __wrap_tlb_set_page_x86_64;
wide_fn __wrap_helper_cmpxchg8b_unlocked_x86_64, __wrap_helper_cmpxchg16b_unlocked_x86_64;
/* The originals: see inside.c. */
__attribute__((weak)) start_fn __real_tcg_func_start_x86_64;
__attribute__((weak)) page_fn __real_tlb_set_page_x86_64;
__attribute__((weak)) wide_fn __real_helper_cmpxchg8b_unlocked_x86_64,
	__real_helper_cmpxchg16b_unlocked_x86_64;
__attribute__((weak)) wide_fn helper_cmpxchg8b_x86_64, helper_cmpxchg16b_x86_64;
__attribute__((weak)) void tlb_set_dirty_x86_64(struct CPUState *cs, u64 vaddr);
__attribute__((weak)) extern const u8 tcg_gen_atomic_fetch_add_i64_x86_64[];

/* ---- 3. xchg ---- */

/*
 * What is narrower than 32 bits is passed and returned in 32. The return address tells Unicorn which
 * instruction the helper works for, should the access fault: the variants for cmpxchg that are handed one get
 * ours.
 */
#define XCHG(suffix, type, passed)                                                                           \
	__attribute__((weak)) passed helper_atomic_cmpxchg##suffix##_mmu_x86_64(                             \
		struct CPUX86State *env, u64 addr, passed old, passed new, u32 oi, uintptr_t ra);            \
	passed __wrap_helper_atomic_xchg##suffix##_x86_64(struct CPUX86State *env, u64 addr, passed val,     \
							  u32 oi);                                           \
	__attribute__((visibility("default"))) passed __wrap_helper_atomic_xchg##suffix##_x86_64(            \
		struct CPUX86State *env, u64 addr, passed val, u32 oi)                                       \
	{                                                                                                    \
		uintptr_t ra = (uintptr_t)__builtin_return_address(0);                                       \
		type old = (type)val, seen;                                                                  \
                                                                                                             \
		while ((seen = (type)helper_atomic_cmpxchg##suffix##_mmu_x86_64(env, addr, old, val, oi,     \
										ra)) != old)                 \
			old = seen;                                                                          \
		return old;                                                                                  \
	}
XCHG(b, u8, u32)
XCHG(w_le, u16, u32)
XCHG(l_le, u32, u32)
XCHG(q_le, u64, u64)

/* ---- 1. the blocks ---- */

static bool atomic_now(const struct cpu *cpu)
{
	return cpu && cpu->shared && !cpu->unlocked;
}

void atomic_find_flags(struct cpu *cpu)
{
	const u8 *code = tcg_gen_atomic_fetch_add_i64_x86_64;
	s32 disp;

	if (!code || !tlb_set_dirty_x86_64 || !helper_cmpxchg8b_x86_64 || !helper_cmpxchg16b_x86_64 ||
	    !helper_atomic_cmpxchgq_le_mmu_x86_64)
		return;
	/* testb $8, disp(%rdi): the third byte of the flags, with a displacement of one byte or of four. */
	for (unsigned i = 0; i < 32 && !cpu->cflags_at; i++) {
		if (code[i] == 0xf6 && code[i + 1] == 0x47 && code[i + 3] == 0x08)
			cpu->cflags_at = (u32)((signed char)code[i + 2] - 2);
		if (code[i] == 0xf6 && code[i + 1] == 0x87 && code[i + 6] == 0x08) {
			memcpy(&disp, code + i + 2, sizeof(disp));
			cpu->cflags_at = (u32)(disp - 2);
		}
	}
}

void cpu_memory_shared(struct cpu *cpu, bool shared)
{
	if (shared == cpu->shared || !cpu->cflags_at || !cpu->can_preempt)
		return;
	cpu->shared = shared;
	/* What is translated and what the TLB holds is of before. */
	cpu->flush_code = cpu->flush_tlb = true;
}

__attribute__((visibility("default"))) void __wrap_tcg_func_start_x86_64(struct TCGContext *tcg)
{
	struct cpu *cpu = inside_engine();

	((start_fn *)inside_original(INSIDE_FUNC_START, __real_tcg_func_start_x86_64))(tcg);
	if (atomic_now(cpu))
		*(u32 *)((char *)tcg + cpu->cflags_at) |= CF_PARALLEL;
}

/* ---- 2. the TLB ---- */

__attribute__((visibility("default"))) void
__wrap_tlb_set_page_x86_64(struct CPUState *cs, u64 vaddr, u64 paddr, int prot, int mmu_idx, u64 size)
{
	struct cpu *cpu = inside_engine();

	((page_fn *)inside_original(INSIDE_SET_PAGE, __real_tlb_set_page_x86_64))(cs, vaddr, paddr, prot,
										  mmu_idx, size);
	if (cpu && cpu->shared && (prot & PROT_WRITE_))
		tlb_set_dirty_x86_64(cs, vaddr & PAGE_MASK);
}

/* ---- 4. cmpxchg8b and cmpxchg16b ---- */

wide_fn *atomic_cmpxchg8b(void), *atomic_cmpxchg16b(void);

__attribute__((used, visibility("hidden"))) wide_fn *atomic_cmpxchg8b(void)
{
	return atomic_now(inside_engine())
		       ? helper_cmpxchg8b_x86_64
		       : inside_original(INSIDE_CMPXCHG8B, __real_helper_cmpxchg8b_unlocked_x86_64);
}

__attribute__((used, visibility("hidden"))) wide_fn *atomic_cmpxchg16b(void)
{
	return atomic_now(inside_engine())
		       ? helper_cmpxchg16b_x86_64
		       : inside_original(INSIDE_CMPXCHG16B, __real_helper_cmpxchg16b_unlocked_x86_64);
}

/* A jump, since the helper finds its instruction by its return address. */
#define CHOOSE(function)                                                                                     \
	__asm__("push %rdi; push %rsi; sub $8, %rsp; call " #function                                        \
		"; add $8, %rsp; pop %rsi; pop %rdi; jmp *%rax")

__attribute__((naked, visibility("default"))) void
__wrap_helper_cmpxchg8b_unlocked_x86_64(struct CPUX86State *env, u64 addr)
{
	CHOOSE(atomic_cmpxchg8b);
}

__attribute__((naked, visibility("default"))) void
__wrap_helper_cmpxchg16b_unlocked_x86_64(struct CPUX86State *env, u64 addr)
{
	CHOOSE(atomic_cmpxchg16b);
}
