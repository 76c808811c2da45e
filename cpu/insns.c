// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * insns: telling somebody of each instruction in a range. Instructions outside of it run as ever: the call is
 * put into a block when it is translated.
 *
 * While there is a UC_HOOK_CODE, whatever its range, Unicorn (up to 2.1.1) takes the hook's word for RIP: a
 * run that is stopped where a block begins (by a kick, a flush: by anything) goes on where RIP was written
 * last. But a block that jumps directly to the next does not write it: the code that writes RIP and leaves is
 * behind that jump, for when the next block is not known yet. So what was executed already was executed
 * again. Put the jump behind the writing of RIP then: where the block leaves. The two functions that emit
 * them are taken over as those of inside.c are.
 */
#include <errno.h>
#include "cpu/engine.h"

#define NR_JUMPS 2 /* that a block can have; a greater number says why it was not begun */

struct TranslationBlock;
typedef void jump_fn(struct TCGContext *tcg, unsigned which);
typedef void leave_fn(struct TCGContext *tcg, struct TranslationBlock *block, unsigned which);
jump_fn __wrap_tcg_gen_goto_tb_x86_64;
leave_fn __wrap_tcg_gen_exit_tb_x86_64;
/* The originals: see inside.c. */
__attribute__((weak)) jump_fn __real_tcg_gen_goto_tb_x86_64;
__attribute__((weak)) leave_fn __real_tcg_gen_exit_tb_x86_64;

static bool jumps_last(void)
{
	struct cpu *cpu = inside_engine();

	return unlikely(cpu && cpu->insn_fn);
}

static void emit_jump(struct TCGContext *tcg, unsigned which)
{
	((jump_fn *)inside_original(INSIDE_GOTO_TB, __real_tcg_gen_goto_tb_x86_64))(tcg, which);
}

__attribute__((visibility("default"))) void __wrap_tcg_gen_goto_tb_x86_64(struct TCGContext *tcg,
									  unsigned which)
{
	if (!jumps_last())
		emit_jump(tcg, which);
}

__attribute__((visibility("default"))) void
__wrap_tcg_gen_exit_tb_x86_64(struct TCGContext *tcg, struct TranslationBlock *block, unsigned which)
{
	if (block && which < NR_JUMPS && jumps_last())
		emit_jump(tcg, which);
	((leave_fn *)inside_original(INSIDE_EXIT_TB, __real_tcg_gen_exit_tb_x86_64))(tcg, block, which);
}

static void on_insn(uc_engine *uc, uint64_t addr, uint32_t size, void *arg)
{
	struct cpu *cpu = arg;
	struct cpu_regs regs;

	if (!cpu->insn_fn)
		return;
	regs_now(cpu, addr, &regs);
	cpu->insn_fn(cpu->arg, &regs);
}

int cpu_watch_insns(struct cpu *cpu, u64 begin, u64 end, void (*fn)(void *arg, const struct cpu_regs *regs))
{
	if (cpu->insn_fn) {
		uc_hook_del(cpu->uc, cpu->insn_hook);
		cpu->insn_fn = NULL;
		cpu->flush_code = cpu->flush_code || cpu->fills;
	}
	if (!fn)
		return 0;
	if (begin >= end)
		return -EINVAL;
	/* Unicorn's ends are inclusive. */
	if (uc_hook_add(cpu->uc, &cpu->insn_hook, UC_HOOK_CODE, (void *)on_insn, cpu, begin, end - 1))
		return -ENOMEM;
	cpu->insn_fn = fn;
	cpu->flush_code = cpu->flush_code || cpu->fills;
	return 0;
}
