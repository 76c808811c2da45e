// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * regs: the guest's registers in and out of Unicorn.
 */
#include <string.h>
#include "cpu/engine.h"

const int reg_ids[NR_SLOTS] = {
	UC_X86_REG_RAX, UC_X86_REG_RBX, UC_X86_REG_RCX,	   UC_X86_REG_RDX,     UC_X86_REG_RSI,
	UC_X86_REG_RDI, UC_X86_REG_RBP, UC_X86_REG_RSP,	   UC_X86_REG_R8,      UC_X86_REG_R9,
	UC_X86_REG_R10, UC_X86_REG_R11, UC_X86_REG_R12,	   UC_X86_REG_R13,     UC_X86_REG_R14,
	UC_X86_REG_R15, UC_X86_REG_RIP, UC_X86_REG_RFLAGS, UC_X86_REG_FS_BASE, UC_X86_REG_GS_BASE,
};
_Static_assert(offsetof(struct cpu_regs, gs_base) == (NR_SLOTS - 1) * sizeof(u64),
	       "reg_ids follows cpu_regs");

static u64 *reg_slot(struct cpu_regs *regs, int i)
{
	return (u64 *)regs + i;
}

static void read_into(struct cpu *cpu, struct cpu_regs *regs)
{
	void *vals[NR_SLOTS];

	if (cpu->direct) {
		for (int i = 0; i < NR_SLOTS; i++)
			if (i != SLOT_RFLAGS)
				*reg_slot(regs, i) = *cpu->slot[i];
		uc_reg_read(cpu->uc, UC_X86_REG_RFLAGS, &regs->rflags);
		return;
	}
	for (int i = 0; i < NR_SLOTS; i++)
		vals[i] = reg_slot(regs, i);
	uc_reg_read_batch(cpu->uc, (int *)reg_ids, vals, NR_SLOTS);
}

static void read_held(struct cpu *cpu)
{
	read_into(cpu, &cpu->held);
}

void regs_now(struct cpu *cpu, u64 rip, struct cpu_regs *regs)
{
	*regs = cpu->held; /* the selectors */
	read_into(cpu, regs);
	regs->rip = rip;
}

/*
 * A 32-bit iret that pops a set VM flag takes Unicorn's CPU into virtual-8086 mode, out of long mode. The
 * hardware ignores the flag there; so back, with the registers as they are.
 */
static void leave_vm86(struct cpu *cpu)
{
	struct cpu_regs regs = cpu->held;
	struct cpu_fxstate fx;
	u64 *value = (u64 *)&regs;

	cpu_get_fxstate(cpu, &fx);
	engine_reset(cpu);
	cpu_set_fxstate(cpu, &fx);
	regs.rflags &= ~FLAGS_VM;
	for (int i = 0; i < NR_SLOTS; i++)
		uc_reg_write(cpu->uc, reg_ids[i], &value[i]);
	read_held(cpu);
}

void engine_load_regs(struct cpu *cpu)
{
	if (cpu->regs_known)
		return;
	memset(&cpu->held, 0, sizeof(cpu->held));
	read_held(cpu);
	if (unlikely(cpu->held.rflags & FLAGS_VM))
		leave_vm86(cpu);
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

u64 engine_store_regs(struct cpu *cpu)
{
	int ids[NR_SLOTS], n = 0;
	void *vals[NR_SLOTS];

	if (cpu->rip_known) {
		cpu->rip_known = false;
		return cpu->next_rip;
	}
	engine_load_regs(cpu);
	for (int i = 0; i < NR_SLOTS; i++) {
		/* RIP is what uc_emu_start() begins at. */
		if (i == SLOT_RIP || *reg_slot(&cpu->regs, i) == *reg_slot(&cpu->held, i))
			continue;
		if (cpu->slot[i]) {
			*cpu->slot[i] = *reg_slot(&cpu->regs, i);
			continue;
		}
		ids[n] = reg_ids[i];
		vals[n++] = reg_slot(&cpu->regs, i);
	}
	if (n)
		uc_reg_write_batch(cpu->uc, ids, vals, n);
	cpu->regs_known = false;
	return cpu->regs.rip;
}

void regs_read_syscall(struct cpu *cpu)
{
	static const int ids[] = {UC_X86_REG_RAX, UC_X86_REG_RDI, UC_X86_REG_RSI,
				  UC_X86_REG_RDX, UC_X86_REG_R10, UC_X86_REG_R8,
				  UC_X86_REG_R9,  UC_X86_REG_RIP, UC_X86_REG_RFLAGS};
	struct cpu_syscall *sc = &cpu->sc;
	void *vals[] = {&sc->nr,      &sc->args[0], &sc->args[1],   &sc->args[2],    &sc->args[3],
			&sc->args[4], &sc->args[5], &cpu->next_rip, &cpu->sys_rflags};
	u64 *const *slot = cpu->slot;

	if (cpu->direct) {
		sc->nr = *slot[SLOT_RAX];
		sc->args[0] = *slot[SLOT_RDI];
		sc->args[1] = *slot[SLOT_RSI];
		sc->args[2] = *slot[SLOT_RDX];
		sc->args[3] = *slot[SLOT_R10];
		sc->args[4] = *slot[SLOT_R8];
		sc->args[5] = *slot[SLOT_R9];
		cpu->next_rip = *slot[SLOT_RIP];
	} else {
		uc_reg_read_batch(cpu->uc, (int *)ids, vals, ARRAY_SIZE(ids));
	}
	cpu->next_rip += 2;
}

void regs_write_syscall(struct cpu *cpu, u64 ret)
{
	static const int ids[] = {UC_X86_REG_RAX, UC_X86_REG_RCX, UC_X86_REG_R11};
	void *vals[] = {&ret, &cpu->next_rip, &cpu->sys_rflags};

	if (cpu->direct) {
		*cpu->slot[SLOT_RAX] = ret;
		*cpu->slot[SLOT_RCX] = cpu->next_rip;
		uc_reg_read(cpu->uc, UC_X86_REG_RFLAGS, cpu->slot[SLOT_R11]);
	} else {
		uc_reg_write_batch(cpu->uc, (int *)ids, vals, ARRAY_SIZE(ids));
	}
}

void cpu_syscall_return(struct cpu *cpu, u64 ret)
{
	if (cpu->regs_known || !cpu->at_syscall) {
		engine_load_regs(cpu);
		cpu->regs.rax = ret;
		return;
	}
	regs_write_syscall(cpu, ret);
	cpu->at_syscall = false;
	cpu->rip_known = true;
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
	cpu->regs.rflags = (regs->rflags & 0x244dd5) | FLAGS_IF | FLAGS_ONE;
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
	fpflags_settle(cpu);
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
	fpflags_loaded(cpu);
	fptraps_wanted(cpu);
	x87traps_wanted(cpu, fx->cwd);
}
