// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * insnbytes: which instruction is being translated, and which of them want their operand aligned.
 *
 * A legacy SSE instruction with an operand of 16 bytes gives #GP when the address is not a multiple of 16,
 * whatever is mapped there; Unicorn makes two accesses of eight bytes of it and checks nothing. align.c can
 * have an access checked for free (the comparison with the TLB's entry has room for the address's low bits),
 * but the function that emits it is told of no instruction. So watch the translator fetch its bytes
 * (cpu_ldub_code_x86_64); where an instruction begins it emits an operation that says so
 * (tcg_emit_op_x86_64). That operation's number differs between versions: it is what was emitted last before
 * the first byte of all was fetched.
 *
 * Both are proved with the boot stub's movaps: it must have been recognised, and the function that finds
 * misaligned addresses must have been called for it with the alignment asked for. Without that nothing is
 * asked.
 *
 * The same bytes tell of instructions whose operand is smaller than what Unicorn reads: the rest may lie on a
 * page that is not there.
 *
 * The functions are taken over as inside.c's are.
 */
#include <string.h>
#include "cpu/engine.h"

/* ---- watching the translator ---- */

struct CPUX86State;
typedef void *emit_fn(struct TCGContext *tcg, unsigned opcode);
typedef u32 fetch_fn(struct CPUX86State *env, u64 addr);
emit_fn __wrap_tcg_emit_op_x86_64;
fetch_fn __wrap_cpu_ldub_code_x86_64;
__attribute__((weak)) emit_fn __real_tcg_emit_op_x86_64;
__attribute__((weak)) fetch_fn __real_cpu_ldub_code_x86_64;

__attribute__((visibility("default"))) void *__wrap_tcg_emit_op_x86_64(struct TCGContext *tcg,
								       unsigned opcode)
{
	struct cpu *cpu = inside_engine();

	if (cpu && unlikely(cpu->booting))
		cpu->insn.last_op = opcode;
	if (cpu && opcode == cpu->insn.start_op) {
		cpu->insn.nr = cpu->insn.accesses = 0;
		cpu->insn.waited = false;
	} else if (cpu && unlikely(cpu->x87_traps)) {
		x87traps_emit(cpu, tcg, false);
	}
	return ((emit_fn *)inside_original(INSIDE_EMIT, __real_tcg_emit_op_x86_64))(tcg, opcode);
}

/* Immediates and displacements of more than a byte are fetched by others: they come last and matter to
 * nobody. */
__attribute__((visibility("default"))) u32 __wrap_cpu_ldub_code_x86_64(struct CPUX86State *env, u64 addr)
{
	u32 byte = ((fetch_fn *)inside_original(INSIDE_FETCH, __real_cpu_ldub_code_x86_64))(env, addr);
	struct cpu *cpu = inside_engine();

	if (!cpu)
		return byte;
	if (unlikely(!cpu->insn.start_op))
		cpu->insn.start_op = cpu->insn.last_op;
	if (cpu->insn.nr < ARRAY_SIZE(cpu->insn.byte))
		cpu->insn.byte[cpu->insn.nr++] = (u8)byte;
	return byte;
}

/* ---- which instruction it is ---- */

/* Mandatory prefixes, as bits of a set. */
enum { NP = 1, P66 = 2, PF3 = 4, PF2 = 8 };

/* Opcodes from @first to @last, behind 0f, with one of @prefixes, as their operand of 16 bytes must be
 * aligned. */
struct opcodes {
	u8 first, last, prefixes;
};

static const struct opcodes plain_map[] = {
	{0x12, 0x12, PF3},
	{0x14, 0x15, NP | P66},
	{0x16, 0x16, PF3},
	{0x28, 0x29, NP | P66},
	{0x2b, 0x2b, NP | P66},
	{0x2c, 0x2d, P66},
	{0x51, 0x51, NP | P66},
	{0x52, 0x53, NP},
	{0x54, 0x59, NP | P66},
	{0x5a, 0x5a, P66},
	{0x5b, 0x5b, NP | P66 | PF3},
	{0x5c, 0x5f, NP | P66},
	{0x60, 0x6d, P66},
	{0x6f, 0x6f, P66},
	{0x70, 0x70, P66 | PF3 | PF2},
	{0x74, 0x76, P66},
	{0x7c, 0x7d, P66 | PF2},
	{0x7f, 0x7f, P66},
	{0xc2, 0xc2, NP | P66},
	{0xc6, 0xc6, NP | P66},
	{0xd0, 0xd0, P66 | PF2},
	{0xd1, 0xd5, P66},
	{0xd8, 0xe5, P66},
	{0xe6, 0xe6, P66 | PF2},
	{0xe7, 0xef, P66},
	{0xf1, 0xf6, P66},
	{0xf8, 0xfe, P66},
};
static const struct opcodes map_38[] = {
	{0x00, 0x0b, P66}, {0x10, 0x10, P66}, {0x14, 0x15, P66}, {0x17, 0x17, P66},
	{0x1c, 0x1e, P66}, {0x28, 0x2b, P66}, {0x37, 0x41, P66}, {0xdb, 0xdf, P66},
};
/* Not the four that compare strings. */
static const struct opcodes map_3a[] = {
	{0x08, 0x09, P66}, {0x0c, 0x0f, P66}, {0x40, 0x42, P66}, {0x44, 0x44, P66}, {0xdf, 0xdf, P66},
};

static bool listed(const struct opcodes *map, size_t n, u8 opcode, u8 prefix)
{
	for (size_t i = 0; i < n; i++)
		if (opcode >= map[i].first && opcode <= map[i].last)
			return map[i].prefixes & prefix;
	return false;
}

const u8 *insn_skip_prefixes(const struct cpu_insn *insn, u8 *prefix)
{
	static const u8 others[] = {0x2e, 0x36, 0x3e, 0x26, 0x64, 0x65, 0x67};
	u8 repeat = 0, byte;
	unsigned i = 0;

	*prefix = NP;
	for (; i < insn->nr; i++) {
		byte = insn->byte[i];
		if (byte == 0xf3 || byte == 0xf2)
			repeat = byte == 0xf3 ? PF3 : PF2;
		else if (byte == 0x66)
			*prefix = P66;
		else if (!memchr(others, byte, sizeof(others)) && (byte & 0xf0) != 0x40)
			break;
	}
	*prefix = repeat ?: *prefix;
	return insn->byte + i;
}

/* What follows 0f; NULL: something else. */
static const u8 *opcode_of(const struct cpu_insn *insn, u8 *prefix)
{
	const u8 *code = insn_skip_prefixes(insn, prefix);

	return code + 2 < insn->byte + insn->nr && *code == 0x0f ? code + 1 : NULL;
}

bool insn_takes_denormals(const struct cpu_insn *insn)
{
	u8 prefix;
	const u8 *opcode = opcode_of(insn, &prefix);

	/* Conversions to integers, and roundings to them. */
	return !opcode || *opcode == 0x2c || *opcode == 0x2d || *opcode == 0x5b || *opcode == 0xe6 ||
	       (*opcode == 0x3a && opcode[1] <= 0x0b);
}

bool insn_invalid_alone(const struct cpu_insn *insn)
{
	u8 prefix;
	const u8 *opcode = opcode_of(insn, &prefix);

	return opcode &&
	       (prefix == PF3 || prefix == PF2 || *opcode == 0x2e || *opcode == 0x2f || *opcode == 0x51);
}

static bool wants_alignment(const u8 *opcode, u8 prefix)
{
	if (*opcode == 0x38)
		return listed(map_38, ARRAY_SIZE(map_38), opcode[1], prefix);
	if (*opcode == 0x3a)
		return listed(map_3a, ARRAY_SIZE(map_3a), opcode[1], prefix);
	return listed(plain_map, ARRAY_SIZE(plain_map), *opcode, prefix);
}

/* The size of what is in memory, log2, for those of which Unicorn reads more; else 0. */
static u32 less_in_memory(const u8 *opcode, u8 prefix)
{
	if (*opcode == 0x3a && prefix == P66)
		return opcode[1] == 0x0a ? 2 : opcode[1] == 0x0b ? 3 : 0; /* roundss, roundsd */
	if (prefix == NP && *opcode >= 0x60 && *opcode <= 0x62)
		return 2; /* punpckl of MMX */
	if (prefix == NP && (*opcode == 0x5a || *opcode == 0x2c || *opcode == 0x2d))
		return 3;				 /* cvtps2pd, cvttps2pi, cvtps2pi */
	return prefix == PF3 && *opcode == 0xe6 ? 3 : 0; /* cvtdq2pd */
}

u32 insn_access(struct cpu *cpu, u32 op, u64 *addr)
{
	struct cpu_insn *insn = &cpu->insn;
	const u8 *opcode;
	u8 prefix;
	u32 less;

	if ((op & OP_SIZE) != OP_QUAD || (!insn->proved && !cpu->booting))
		return op;
	insn->accesses++;
	opcode = insn->accesses <= 2 ? opcode_of(insn, &prefix) : NULL;
	if (!opcode)
		return op;
	less = less_in_memory(opcode, prefix);
	if (less) {
		/* The other half is thrown away: have it read where there is something. */
		if (insn->accesses == 1)
			insn->addr = *addr;
		else
			*addr = insn->addr;
		return (op & ~OP_SIZE) | less;
	}
	return insn->accesses == 1 && wants_alignment(opcode, prefix) ? op | OP_ALIGN_16 : op;
}
