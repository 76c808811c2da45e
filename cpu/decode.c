// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * decode: which byte did an instruction fail to access?
 *
 * The engine tells the page only; si_addr must be the byte. So list the instruction's accesses to memory, in
 * the order the CPU makes them, and take the first that touches the page in the given way. For an access
 * that crosses into the page, the first byte that could not be accessed is the page's own first.
 */
#include <string.h>
#include <capstone/capstone.h>
#include "cpu/engine.h"

/* One access: @size bytes at @addr. */
struct span {
	u64 addr;
	u64 size;
	bool read, write;
	bool stack; /* through SS: a non-canonical address is #SS, not #GP */
};

#define MAX_SPANS 6

struct spans {
	struct span span[MAX_SPANS];
	unsigned n;
};

struct decode {
	const cs_insn *insn;
	const cs_x86 *x86;
	const struct cpu_regs *regs;
	struct spans out;
};

static void add_span(struct decode *d, u64 addr, u64 size, bool read, bool write)
{
	if (d->out.n < MAX_SPANS)
		d->out.span[d->out.n++] = (struct span){addr, size ? size : 1, read, write, false};
}

static void add_stack_span(struct decode *d, u64 addr, u64 size, bool read, bool write)
{
	unsigned n = d->out.n;

	add_span(d, addr, size, read, write);
	if (d->out.n > n)
		d->out.span[n].stack = true;
}

/* ---- register values ---- */

struct reg_name {
	u8 name[5]; /* 64, 32, 16, low 8 and high 8 bits */
	size_t offset;
};

#define REG(field, ...)                                                                                      \
	{                                                                                                    \
		{__VA_ARGS__}, offsetof(struct cpu_regs, field)                                              \
	}
#define R(x) X86_REG_##x
static const struct reg_name reg_names[] = {
	REG(rax, R(RAX), R(EAX), R(AX), R(AL), R(AH)), REG(rbx, R(RBX), R(EBX), R(BX), R(BL), R(BH)),
	REG(rcx, R(RCX), R(ECX), R(CX), R(CL), R(CH)), REG(rdx, R(RDX), R(EDX), R(DX), R(DL), R(DH)),
	REG(rsi, R(RSI), R(ESI), R(SI), R(SIL)),       REG(rdi, R(RDI), R(EDI), R(DI), R(DIL)),
	REG(rbp, R(RBP), R(EBP), R(BP), R(BPL)),       REG(rsp, R(RSP), R(ESP), R(SP), R(SPL)),
	REG(r8, R(R8), R(R8D), R(R8W), R(R8B)),	       REG(r9, R(R9), R(R9D), R(R9W), R(R9B)),
	REG(r10, R(R10), R(R10D), R(R10W), R(R10B)),   REG(r11, R(R11), R(R11D), R(R11W), R(R11B)),
	REG(r12, R(R12), R(R12D), R(R12W), R(R12B)),   REG(r13, R(R13), R(R13D), R(R13W), R(R13B)),
	REG(r14, R(R14), R(R14D), R(R14W), R(R14B)),   REG(r15, R(R15), R(R15D), R(R15W), R(R15B)),
};
#undef REG
#undef R

static u64 reg_value(const struct decode *d, x86_reg reg)
{
	static const u64 mask[5] = {~0UL, 0xffffffff, 0xffff, 0xff, 0xff};

	if (reg == X86_REG_RIP || reg == X86_REG_EIP)
		return d->regs->rip + d->insn->size;
	for (size_t i = 0; i < ARRAY_SIZE(reg_names); i++) {
		const struct reg_name *r = &reg_names[i];

		for (int w = 0; w < 5; w++)
			if (r->name[w] && r->name[w] == reg)
				return (*(const u64 *)((const char *)d->regs + r->offset) >>
					(w == 4 ? 8 : 0)) &
				       mask[w];
	}
	return 0; /* X86_REG_INVALID, RIZ: no register */
}

/* The value of a bit offset in a register, signed in its own width. */
static s64 signed_reg(const struct decode *d, x86_reg reg, unsigned size)
{
	u64 v = reg_value(d, reg);

	return size == 2 ? (int16_t)v : size == 4 ? (int32_t)v : (s64)v;
}

/* ---- operands ---- */

static u64 segment_base(const struct decode *d, x86_reg seg)
{
	return seg == X86_REG_FS ? d->regs->fs_base : seg == X86_REG_GS ? d->regs->gs_base : 0;
}

static u64 wrap(const struct decode *d, u64 addr)
{
	return d->x86->addr_size == 4 ? (u32)addr : addr;
}

static u64 effective_address(const struct decode *d, const x86_op_mem *mem)
{
	u64 addr = (u64)mem->disp;

	if (mem->base)
		addr += reg_value(d, mem->base);
	if (mem->index)
		addr += reg_value(d, mem->index) * mem->scale;
	return wrap(d, addr) + segment_base(d, mem->segment);
}

static x86_reg override_segment(const struct decode *d)
{
	return d->x86->prefix[1] == 0x64 ? X86_REG_FS : d->x86->prefix[1] == 0x65 ? X86_REG_GS : 0;
}

/* Memory that an instruction touches in another size than its operand says. */
static u64 operand_size(const struct decode *d, const cs_x86_op *op)
{
	switch (d->insn->id) {
	case X86_INS_FXSAVE:
	case X86_INS_FXSAVE64:
	case X86_INS_FXRSTOR:
	case X86_INS_FXRSTOR64:
		return 512;
	case X86_INS_FNSAVE:
	case X86_INS_FRSTOR:
		return 108;
	case X86_INS_FNSTENV:
	case X86_INS_FLDENV:
		return 28;
	case X86_INS_FBLD:
	case X86_INS_FBSTP:
		return 10;
	case X86_INS_CMPXCHG16B:
		return 16;
	case X86_INS_CMPXCHG8B:
		return 8;
	}
	return op->size;
}

/*
 * Images of the x87 and SSE state. The CPU looks at the last byte early: fxsave and fxrstor before all else,
 * the others when they have touched the first.
 */
static bool is_image(unsigned id, bool *load)
{
	*load = id == X86_INS_FXRSTOR || id == X86_INS_FXRSTOR64 || id == X86_INS_FLDENV ||
		id == X86_INS_FRSTOR;
	return *load || id == X86_INS_FXSAVE || id == X86_INS_FXSAVE64 || id == X86_INS_FNSTENV ||
	       id == X86_INS_FNSAVE;
}

static void image_spans(struct decode *d, u64 addr, u64 size, bool load)
{
	if (size != 512)
		add_span(d, addr, 4, load, !load);
	add_span(d, addr + size - 1, 1, load, !load);
	add_span(d, addr, size, load, !load);
}

/* Instructions whose memory operand is an address only, or a hint. */
static bool touches_nothing(unsigned id)
{
	switch (id) {
	case X86_INS_LEA:
	case X86_INS_NOP:
	case X86_INS_PREFETCH:
	case X86_INS_PREFETCHW:
	case X86_INS_PREFETCHNTA:
	case X86_INS_PREFETCHT0:
	case X86_INS_PREFETCHT1:
	case X86_INS_PREFETCHT2:
		return true;
	}
	return false;
}

/* RSP and RBP as bases mean SS, unless another segment that still counts in 64-bit mode is named. */
static bool uses_ss(const x86_op_mem *mem)
{
	if (mem->segment == X86_REG_FS || mem->segment == X86_REG_GS)
		return false;
	return mem->base == X86_REG_RSP || mem->base == X86_REG_ESP || mem->base == X86_REG_RBP ||
	       mem->base == X86_REG_EBP;
}

static void operand_span(struct decode *d, const cs_x86_op *op)
{
	u64 addr = effective_address(d, &op->mem), size = operand_size(d, op);
	const cs_x86_op *other = &d->x86->operands[1];
	unsigned first = d->out.n;
	bool load;
	s64 bit;

	switch (d->insn->id) {
	case X86_INS_BT:
	case X86_INS_BTS:
	case X86_INS_BTR:
	case X86_INS_BTC:
		/* A bit offset in a register reaches beyond the operand, in units of the operand. */
		if (d->x86->op_count > 1 && other->type == X86_OP_REG && size >= 2) {
			bit = signed_reg(d, other->reg, size);
			addr += (u64)((bit >> (size == 2 ? 4 : size == 4 ? 5 : 6)) * (s64)size);
		}
		break;
	case X86_INS_POP:
		/* The address is computed after RSP moved. */
		if (op->mem.base == X86_REG_RSP)
			addr += size;
		break;
	}
	if (is_image(d->insn->id, &load))
		image_spans(d, addr, size, load);
	else if (d->insn->id == X86_INS_CMPXCHG16B || d->insn->id == X86_INS_CMPXCHG8B)
		add_span(d, addr, size, true, true);
	else /* capstone takes test for a write */
		add_span(d, addr, size, op->access & CS_AC_READ,
			 op->access & CS_AC_WRITE && d->insn->id != X86_INS_TEST);
	while (first < d->out.n)
		d->out.span[first++].stack = uses_ss(&op->mem);
}

/* ---- the stack and other accesses that no operand shows ---- */

static void push_span(struct decode *d, u64 size)
{
	add_stack_span(d, d->regs->rsp - size, size, false, true);
}

static void pop_span(struct decode *d, u64 size)
{
	add_stack_span(d, d->regs->rsp, size, true, false);
}

/* enter: pushes RBP, then the outer frames' pointers, and probes the new frame's end for writing. */
static void enter_spans(struct decode *d)
{
	u64 frame = (u64)d->x86->operands[0].imm & 0xffff, level = (u64)d->x86->operands[1].imm & 31;

	push_span(d, 8);
	if (level) {
		if (level > 1) {
			add_stack_span(d, d->regs->rbp - 8 * (level - 1), 8 * (level - 1), true, false);
			add_stack_span(d, d->regs->rsp - 8 * level, 8 * (level - 1), false, true);
		}
		add_stack_span(d, d->regs->rsp - 8 * (level + 1), 8, false, true);
	}
	add_stack_span(d, d->regs->rsp - 8 * (level + 1) - frame, 8, false, true);
}

static void implicit_spans(struct decode *d)
{
	u64 size = d->x86->prefix[2] == 0x66 ? 2 : 8;
	bool rex_w = d->x86->rex & 8;

	switch (d->insn->id) {
	case X86_INS_PUSH:
	case X86_INS_PUSHF:
	case X86_INS_PUSHFQ:
		push_span(d, size);
		break;
	case X86_INS_POP:
	case X86_INS_POPF:
	case X86_INS_POPFQ:
		pop_span(d, size);
		break;
	case X86_INS_CALL:
		push_span(d, 8);
		break;
	case X86_INS_LCALL:
		push_span(d, rex_w ? 16 : 8);
		break;
	case X86_INS_RET:
		pop_span(d, 8);
		break;
	case X86_INS_RETF:
		pop_span(d, 8);
		break;
	case X86_INS_RETFQ:
		pop_span(d, 16);
		break;
	case X86_INS_IRET:
	case X86_INS_IRETD:
		pop_span(d, 20);
		break;
	case X86_INS_IRETQ:
		pop_span(d, 40);
		break;
	case X86_INS_ENTER:
		enter_spans(d);
		break;
	case X86_INS_LEAVE:
		add_stack_span(d, d->regs->rbp, size, true, false);
		break;
	case X86_INS_XLATB:
		add_span(d, wrap(d, d->regs->rbx + (u8)d->regs->rax) + segment_base(d, override_segment(d)),
			 1, true, false);
		break;
	case X86_INS_MASKMOVDQU:
		/* The upper half goes first. */
		add_span(d, wrap(d, d->regs->rdi) + 8 + segment_base(d, override_segment(d)), 8, false, true);
		/* fall through */
	case X86_INS_MASKMOVQ:
		add_span(d, wrap(d, d->regs->rdi) + segment_base(d, override_segment(d)), 8, false, true);
		break;
	}
}

/* movs and cmps read at RSI first, whichever operand capstone names first. */
static bool reads_rsi_first(unsigned id)
{
	switch (id) {
	case X86_INS_MOVSB:
	case X86_INS_MOVSW:
	case X86_INS_MOVSD:
	case X86_INS_MOVSQ:
	case X86_INS_CMPSB:
	case X86_INS_CMPSW:
	case X86_INS_CMPSD:
	case X86_INS_CMPSQ:
		return true;
	}
	return false;
}

static void list_spans(struct decode *d)
{
	bool rsi_first = reads_rsi_first(d->insn->id);
	bool pop = d->insn->id == X86_INS_POP;

	if (touches_nothing(d->insn->id))
		return;
	if (pop)
		implicit_spans(d);
	for (int i = 0; i < d->x86->op_count; i++) {
		const cs_x86_op *op = &d->x86->operands[rsi_first ? d->x86->op_count - 1 - i : i];

		if (op->type == X86_OP_MEM)
			operand_span(d, op);
	}
	if (!pop)
		implicit_spans(d);
}

/* ---- the answer ---- */

static bool span_hits(const struct span *s, u64 page, u64 *addr)
{
	if (s->addr - page < PAGE_SIZE) {
		*addr = s->addr;
		return true;
	}
	if (page - s->addr < s->size) {
		*addr = page;
		return true;
	}
	return false;
}

static const struct span *find_span(const struct spans *spans, u64 page, enum cpu_access access, u64 *addr)
{
	for (unsigned i = 0; i < spans->n; i++)
		if ((access == CPU_WRITE ? spans->span[i].write : spans->span[i].read) &&
		    span_hits(&spans->span[i], page, addr))
			return &spans->span[i];
	/* Capstone does not tell of every instruction which way it accesses its operand. */
	for (unsigned i = 0; i < spans->n; i++)
		if (span_hits(&spans->span[i], page, addr))
			return &spans->span[i];
	return NULL;
}

/* List the accesses of the instruction in @code to d->out; false when it cannot be decoded. */
static bool decode_spans(struct decode *d, const u8 *code, size_t len)
{
	cs_insn *insn;
	csh cs;

	if (cs_open(CS_ARCH_X86, CS_MODE_64, &cs) != CS_ERR_OK)
		return false;
	cs_option(cs, CS_OPT_DETAIL, CS_OPT_ON);
	if (!cs_disasm(cs, code, len, d->regs->rip, 1, &insn)) {
		cs_close(&cs);
		return false;
	}
	d->insn = insn;
	d->x86 = &insn->detail->x86;
	list_spans(d);
	cs_free(insn, 1);
	cs_close(&cs);
	return true;
}

bool decode_fault(const u8 *code, size_t len, const struct cpu_regs *regs, u64 page, enum cpu_access access,
		  struct fault_access *out)
{
	struct decode d = {.regs = regs};
	const struct span *span;

	if (!decode_spans(&d, code, len))
		return false;
	span = find_span(&d.out, page, access, &out->addr);
	if (span) {
		out->start = span->addr;
		out->size = span->size;
		out->writes = span->write;
		out->stack = span->stack;
	}
	return span;
}

bool decode_touches(const u8 *code, size_t len, const struct cpu_regs *regs, u64 addr, u64 size, bool write)
{
	struct decode d = {.regs = regs};

	if (!decode_spans(&d, code, len))
		return true;
	for (unsigned i = 0; i < d.out.n; i++) {
		const struct span *s = &d.out.span[i];

		/* Capstone does not tell of every instruction which way it accesses its operand. */
		if ((s->addr - addr < size || addr - s->addr < s->size) &&
		    ((write ? s->write : s->read) || (!s->write && !s->read)))
			return true;
	}
	return false;
}

bool decode_fault_address(const u8 *code, size_t len, const struct cpu_regs *regs, u64 page,
			  enum cpu_access access, u64 *addr)
{
	struct fault_access found;
	bool ok = decode_fault(code, len, regs, page, access, &found);

	if (ok)
		*addr = found.addr;
	return ok;
}

/* ---- smaller questions ---- */

bool decode_port_io(const u8 *code, size_t len)
{
	static const u8 prefixes[] = {0x66, 0x67, 0xf2, 0xf3, 0x2e, 0x36, 0x3e, 0x26, 0x64, 0x65};
	size_t i = 0;

	while (i < len && ((code[i] & 0xf0) == 0x40 || memchr(prefixes, code[i], sizeof(prefixes))))
		i++;
	if (i == len)
		return false;
	return (code[i] >= 0x6c && code[i] <= 0x6f) || (code[i] >= 0xe4 && code[i] <= 0xe7) ||
	       (code[i] >= 0xec && code[i] <= 0xef);
}

size_t decode_length(const u8 *code, size_t len)
{
	cs_insn *insn;
	size_t n = 1;
	csh cs;

	if (cs_open(CS_ARCH_X86, CS_MODE_64, &cs) != CS_ERR_OK)
		return n;
	if (cs_disasm(cs, code, len, 0, 1, &insn)) {
		n = insn->size;
		cs_free(insn, 1);
	}
	cs_close(&cs);
	return n;
}
