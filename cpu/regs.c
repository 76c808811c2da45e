// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * regs: the guest's registers in and out of Unicorn.
 */
#include <string.h>
#include "cpu/engine.h"

#define NR_REGS 20

/* In the order of struct cpu_regs, whose members up to gs_base are all u64. */
static const int reg_ids[NR_REGS] = {
	UC_X86_REG_RAX, UC_X86_REG_RBX, UC_X86_REG_RCX, UC_X86_REG_RDX, UC_X86_REG_RSI,
	UC_X86_REG_RDI, UC_X86_REG_RBP, UC_X86_REG_RSP, UC_X86_REG_R8,  UC_X86_REG_R9,
	UC_X86_REG_R10, UC_X86_REG_R11, UC_X86_REG_R12, UC_X86_REG_R13, UC_X86_REG_R14,
	UC_X86_REG_R15, UC_X86_REG_RIP, UC_X86_REG_RFLAGS, UC_X86_REG_FS_BASE, UC_X86_REG_GS_BASE,
};
_Static_assert(offsetof(struct cpu_regs, gs_base) == (NR_REGS - 1) * sizeof(u64), "reg_ids follows cpu_regs");

static u64 *reg_slot(struct cpu_regs *regs, int i)
{
	return (u64 *)regs + i;
}

void engine_load_regs(struct cpu *cpu)
{
	void *vals[NR_REGS];

	if (cpu->regs_known)
		return;
	memset(&cpu->held, 0, sizeof(cpu->held));
	for (int i = 0; i < NR_REGS; i++)
		vals[i] = reg_slot(&cpu->held, i);
	uc_reg_read_batch(cpu->uc, (int *)reg_ids, vals, NR_REGS);
	cpu->held.cs = USER_CS;
	cpu->held.ss = USER_DS;
	cpu->regs = cpu->held;
	if (cpu->at_syscall) {
		cpu->regs.rcx = cpu->regs.rip;
		cpu->regs.r11 = cpu->regs.rflags;
		cpu->at_syscall = false;
	}
	cpu->regs_known = true;
	cpu->rip_known = false;
}

void cpu_syscall_return(struct cpu *cpu, u64 ret)
{
	static const int ids[] = {UC_X86_REG_RAX, UC_X86_REG_RCX, UC_X86_REG_R11};
	void *vals[] = {&ret, &cpu->next_rip, &cpu->sys_rflags};

	if (cpu->regs_known || !cpu->at_syscall) {
		engine_load_regs(cpu);
		cpu->regs.rax = ret;
		return;
	}
	uc_reg_write_batch(cpu->uc, (int *)ids, vals, ARRAY_SIZE(ids));
	cpu->at_syscall = false;
	cpu->rip_known = true;
}

u64 engine_store_regs(struct cpu *cpu)
{
	int ids[NR_REGS], n = 0;
	void *vals[NR_REGS];

	if (cpu->rip_known) {
		cpu->rip_known = false;
		return cpu->next_rip;
	}
	engine_load_regs(cpu);
	for (int i = 0; i < NR_REGS; i++) {
		if (reg_ids[i] == UC_X86_REG_RIP || *reg_slot(&cpu->regs, i) == *reg_slot(&cpu->held, i))
			continue;
		ids[n] = reg_ids[i];
		vals[n++] = reg_slot(&cpu->regs, i);
	}
	if (n)
		uc_reg_write_batch(cpu->uc, ids, vals, n);
	cpu->regs_known = false;
	return cpu->regs.rip;
}

void cpu_get_regs(struct cpu *cpu, struct cpu_regs *regs)
{
	engine_load_regs(cpu);
	*regs = cpu->regs;
}

void cpu_set_regs(struct cpu *cpu, const struct cpu_regs *regs)
{
	engine_load_regs(cpu);
	cpu->regs = *regs;
	/* What user mode cannot choose: interrupts stay enabled, I/O privilege stays 0. */
	cpu->regs.rflags = (regs->rflags & 0x240dd5) | FLAGS_IF | FLAGS_ONE;
}

/* ---- x87 and SSE ---- */

#define NR_FX 31

/* Where Unicorn wants each part; st is 10 bytes each, tag the full 16-bit form. */
struct fx_parts {
	u16 cwd, swd, tag, fop;
	u64 fip, fdp;
	u32 mxcsr;
	u8 st[8][16];
	u64 xmm[16][2];
};

static int fx_list(struct fx_parts *p, int *ids, void **vals)
{
	int n = 0;

#define PART(id, field) (ids[n] = (id), vals[n++] = (field))
	/* The status word first: it holds TOP, which ST(i) is counted from. */
	PART(UC_X86_REG_FPSW, &p->swd);
	PART(UC_X86_REG_FPCW, &p->cwd);
	PART(UC_X86_REG_FPTAG, &p->tag);
	PART(UC_X86_REG_FOP, &p->fop);
	PART(UC_X86_REG_FIP, &p->fip);
	PART(UC_X86_REG_FDP, &p->fdp);
	PART(UC_X86_REG_MXCSR, &p->mxcsr);
	for (int i = 0; i < 8; i++)
		PART(UC_X86_REG_ST0 + i, p->st[i]);
	for (int i = 0; i < 16; i++)
		PART(UC_X86_REG_XMM0 + i, p->xmm[i]);
#undef PART
	return n;
}

void cpu_get_fxstate(struct cpu *cpu, struct cpu_fxstate *fx)
{
	struct fx_parts p;
	int ids[NR_FX], n;
	void *vals[NR_FX];

	memset(&p, 0, sizeof(p));
	n = fx_list(&p, ids, vals);
	uc_reg_read_batch(cpu->uc, ids, vals, n);

	memset(fx, 0, sizeof(*fx));
	fx->cwd = p.cwd;
	fx->swd = p.swd;
	for (int i = 0; i < 8; i++)
		if ((p.tag >> (2 * i) & 3) != 3)
			fx->twd |= 1 << i;
	fx->fop = p.fop;
	fx->rip = p.fip;
	fx->rdp = p.fdp;
	fx->mxcsr = p.mxcsr;
	fx->mxcsr_mask = 0xffff;
	for (int i = 0; i < 8; i++)
		memcpy(fx->st[i], p.st[i], 10);
	memcpy(fx->xmm, p.xmm, sizeof(fx->xmm));
}

void cpu_set_fxstate(struct cpu *cpu, const struct cpu_fxstate *fx)
{
	struct fx_parts p;
	int ids[NR_FX], n;
	void *vals[NR_FX];

	memset(&p, 0, sizeof(p));
	p.cwd = fx->cwd;
	p.swd = fx->swd;
	/* Unicorn keeps only "empty or not", as FXSAVE does: any tag but 3 will do for a full register. */
	for (int i = 0; i < 8; i++)
		if (!(fx->twd >> i & 1))
			p.tag |= 3 << (2 * i);
	p.fop = fx->fop;
	p.fip = fx->rip;
	p.fdp = fx->rdp;
	p.mxcsr = fx->mxcsr;
	for (int i = 0; i < 8; i++)
		memcpy(p.st[i], fx->st[i], 10);
	memcpy(p.xmm, fx->xmm, sizeof(fx->xmm));
	n = fx_list(&p, ids, vals);
	uc_reg_write_batch(cpu->uc, ids, vals, n);
}
