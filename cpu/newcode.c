// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * newcode: which code is executed, learned when it is translated. Unicorn translates a block right before it runs for the
 * first time, and keeps it: so to watch costs nothing but at translation, where a hook on each block's start costs a third
 * of the time. What is translated ahead (ahead.c) was executed by a child of this process already, whose engine told of it.
 *
 * tb_gen_code_x86_64() translates; its result is Unicorn's TranslationBlock, whose first word is where the block begins
 * (as ahead.c has it). newcode_prove() looks where its size is, at the block of the engine's start, whose size is known.
 * Taken over as the functions of inside.c are.
 */
#include <string.h>
#include "cpu/engine.h"

/* Of 2.1.1: after pc, cs_base and flags. */
#define SIZE_AT 20

struct CPUState;
typedef u8 *translate_fn(struct CPUState *cs, u64 pc, u64 cs_base, u32 flags, int cflags);
translate_fn __wrap_tb_gen_code_x86_64;
__attribute__((weak)) translate_fn __real_tb_gen_code_x86_64;

static void note_block(struct cpu *cpu, u64 pc, const u8 *block)
{
	u16 size;

	memcpy(&size, block + SIZE_AT, sizeof(size));
	if (unlikely(cpu->booting))
		cpu->first_size = size;
	else if (cpu->watching && !cpu->ahead_peek)
		cpu->ops.new_block(cpu->arg, pc, size);
}

/* Does not return when the code cannot be fetched: such a block never runs. */
__attribute__((visibility("default"))) u8 *__wrap_tb_gen_code_x86_64(struct CPUState *cs, u64 pc, u64 cs_base, u32 flags,
								     int cflags)
{
	translate_fn *original = inside_original(INSIDE_TRANSLATE, __real_tb_gen_code_x86_64);
	struct cpu *cpu = inside_engine();
	u8 *block;

	if (cpu) {
		align_translating(cpu, flags);
		cpu->short_block = cpu->next_own && alias_is_own(cpu, pc);
	}
	block = original(cs, pc, cs_base, flags, cflags);
	if (cpu && block && unlikely(cpu->watching | cpu->booting))
		note_block(cpu, pc, block);
	return block;
}

void newcode_prove(struct cpu *cpu, u32 first_size)
{
	cpu->can_watch = cpu->can_learn && cpu->first_size == first_size;
}

bool cpu_watch_new_code(struct cpu *cpu, bool on)
{
	cpu->watching = on && cpu->can_watch && cpu->ops.new_block;
	/* What was translated before would go unseen. (To flush when nothing was is slow: Unicorn clears all of its buffer.) */
	if (cpu->watching && cpu->fills)
		cpu->flush_code = true;
	return cpu->watching == on;
}
