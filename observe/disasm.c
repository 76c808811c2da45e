// SPDX-License-Identifier: GPL-2.0-or-later
#include <capstone/capstone.h>
#include <string.h>
#include "observe/disasm.h"

#define MAX_INSN 16
/* Decoding from a function's beginning further than this takes too long to be worth it. */
#define MAX_FUNCTION (64 << 10)

/* Decode one instruction into @insn, which cs_malloc() made. */
static bool decode_at(csh cs, struct task_struct *t, u64 addr, cs_insn *insn)
{
	u8 code[MAX_INSN];
	const u8 *p = code;
	size_t n = mm_peek(t->mm, addr, code, sizeof(code));
	/* Capstone's own loop stops at what it cannot decode, or at the end of what could be read. */
	u64 at = addr;

	return n && cs_disasm_iter(cs, &p, &n, &at, insn);
}

size_t disasm_one(struct task_struct *t, u64 addr, char *buf, size_t size)
{
	cs_insn *insn = NULL;
	size_t len = 0;
	csh cs;

	*buf = '\0';
	if (cs_open(CS_ARCH_X86, CS_MODE_64, &cs))
		return 0;
	insn = cs_malloc(cs);
	if (insn && decode_at(cs, t, addr, insn)) {
		snprintf(buf, size, "%s%s%s", insn->mnemonic, *insn->op_str ? " " : "", insn->op_str);
		len = insn->size;
	}
	if (insn)
		cs_free(insn, 1);
	cs_close(&cs);
	return len;
}

/* Where to begin so that @before instructions come before @rip. */
static u64 begin_of(csh cs, struct task_struct *t, cs_insn *insn, u64 start, u64 rip, unsigned before)
{
	u64 ring[16], at = start;
	unsigned n = 0;

	if (!start || rip < start || rip - start > MAX_FUNCTION || before > ARRAY_SIZE(ring))
		return rip;
	while (at < rip) {
		ring[n++ % ARRAY_SIZE(ring)] = at;
		if (!decode_at(cs, t, at, insn))
			return rip;
		at += insn->size;
	}
	if (at != rip || !before) /* data among the code: out of step */
		return rip;
	return n < before ? start : ring[(n - before) % ARRAY_SIZE(ring)];
}

void put_code(FILE *out, struct task_struct *t, u64 start, u64 rip, unsigned before, unsigned after)
{
	cs_insn *insn;
	csh cs;

	if (cs_open(CS_ARCH_X86, CS_MODE_64, &cs))
		return;
	insn = cs_malloc(cs);
	if (!insn) {
		cs_close(&cs);
		return;
	}
	for (u64 at = begin_of(cs, t, insn, start, rip, before); at <= rip || after--; at += insn->size) {
		if (!decode_at(cs, t, at, insn)) {
			fprintf(out, "%s 0x%lx  (no instruction)\n", at == rip ? " =>" : "   ", at);
			break;
		}
		fprintf(out, "%s 0x%lx  %-8s %s\n", at == rip ? " =>" : "   ", at, insn->mnemonic, insn->op_str);
	}
	cs_free(insn, 1);
	cs_close(&cs);
}

u64 disasm_reg(const struct cpu_regs *r, unsigned reg)
{
	switch (reg) {
#define REG(name, member)                                                                                              \
	case X86_REG_R##name:                                                                                          \
		return r->member
		REG(AX, rax);
		REG(BX, rbx);
		REG(CX, rcx);
		REG(DX, rdx);
		REG(SI, rsi);
		REG(DI, rdi);
		REG(BP, rbp);
		REG(SP, rsp);
		REG(8, r8);
		REG(9, r9);
		REG(10, r10);
		REG(11, r11);
		REG(12, r12);
		REG(13, r13);
		REG(14, r14);
		REG(15, r15);
#undef REG
	case X86_REG_FS:
		return r->fs_base;
	case X86_REG_GS:
		return r->gs_base;
	}
	return 0; /* none; or 32 bits wide, which hardly occurs: capstone then shows what it is */
}

static void find_bad_operand(struct task_struct *t, const cs_insn *insn, struct protection_fault *f)
{
	for (int i = 0; i < insn->detail->x86.op_count && !f->non_canonical; i++) {
		const cs_x86_op *op = &insn->detail->x86.operands[i];

		if (op->type != X86_OP_MEM)
			continue;
		f->addr = disasm_reg(&t->regs, op->mem.segment) + disasm_reg(&t->regs, op->mem.index) * (u64)op->mem.scale +
			  (u64)op->mem.disp +
			  (op->mem.base == X86_REG_RIP ? insn->address + insn->size : disasm_reg(&t->regs, op->mem.base));
		f->non_canonical = (u64)((s64)(f->addr << 16) >> 16) != f->addr;
		f->misaligned = op->size >= 16 && f->addr & 15;
		f->write = op->access & CS_AC_WRITE;
	}
}

bool disasm_protection(struct task_struct *t, struct protection_fault *f)
{
	cs_insn *insn;
	bool found;
	csh cs;

	*f = (struct protection_fault){};
	if (cs_open(CS_ARCH_X86, CS_MODE_64, &cs))
		return false;
	cs_option(cs, CS_OPT_DETAIL, CS_OPT_ON);
	insn = cs_malloc(cs);
	found = insn && decode_at(cs, t, t->regs.rip, insn);
	if (found) {
		snprintf(f->text, sizeof(f->text), "%s%s%s", insn->mnemonic, *insn->op_str ? " " : "", insn->op_str);
		f->privileged = cs_insn_group(cs, insn, X86_GRP_PRIVILEGE);
		find_bad_operand(t, insn, f);
	}
	if (insn)
		cs_free(insn, 1);
	cs_close(&cs);
	return found;
}
