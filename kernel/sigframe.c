// SPDX-License-Identifier: GPL-2.0-or-later
/* The x86-64 signal frame, as arch/x86/kernel/signal_64.c lays it out, and sigreturn. */
#include <errno.h>
#include <string.h>
#include "kernel/signal.h"
#include "kernel/trap.h"

/* The kernel's structures on the guest's stack. */
struct guest_sigcontext {
	u64 r8, r9, r10, r11, r12, r13, r14, r15;
	u64 rdi, rsi, rbp, rbx, rdx, rax, rcx, rsp, rip, rflags;
	u16 cs, gs, fs, ss;
	u64 err, trapno, oldmask, cr2;
	u64 fpstate;
	u64 reserved[8];
};

struct guest_stack {
	u64 ss_sp;
	s32 ss_flags;
	u32 pad;
	u64 ss_size;
};

struct guest_ucontext {
	u64 uc_flags;
	u64 uc_link;
	struct guest_stack uc_stack;
	struct guest_sigcontext uc_mcontext;
	u64 uc_sigmask;
};

struct rt_sigframe {
	u64 pretcode;
	struct guest_ucontext uc;
	siginfo_t info;
};

#define UC_SIGCONTEXT_SS     0x2
#define UC_STRICT_RESTORE_SS 0x4

/* What the kernel leaves in the 48 bytes of an FXSAVE image that are software's (struct _fpx_sw_bytes). */
struct fpx_sw_bytes {
	u32 magic1, extended_size;
	u64 xfeatures;
	u32 xstate_size, padding[7];
};

#define SS_AUTODISARM_ ((int)(1U << 31))
#define MINSIGSTKSZ_   2048 /* the call knows nothing of AT_MINSIGSTKSZ */

#define REDZONE 128
#define FRAME_ALIGN 16
#define FPSTATE_ALIGN 64

#define EFLAGS_AC 0x40000UL
#define EFLAGS_OF 0x800UL
#define EFLAGS_DF 0x400UL
#define EFLAGS_TF 0x100UL
#define EFLAGS_RF 0x10000UL
/* What a handler may change in the flags (the kernel's FIX_EFLAGS): AC OF DF TF SF ZF AF PF CF RF. */
#define FIX_EFLAGS (EFLAGS_AC | EFLAGS_OF | EFLAGS_DF | EFLAGS_TF | 0x80 | 0x40 | 0x10 | 0x4 | 0x1 | EFLAGS_RF)

#define USER_CS 0x33
#define USER_DS 0x2b

#define MXCSR_MASK 0xffffU

u64 sigframe_max_size(void)
{
	/* As init_sigframe_size(): the frame, its padding, the FP image and its padding, 16-aligned. */
	u64 size = sizeof(struct rt_sigframe) + (FRAME_ALIGN - 1 + 8) + sizeof(struct cpu_fxstate) +
		   (FPSTATE_ALIGN - 1);

	return (size + FRAME_ALIGN - 1) & ~(u64)(FRAME_ALIGN - 1);
}

static bool within_altstack(const struct task_struct *t, u64 sp)
{
	return sp > t->sas.ss_sp && sp - t->sas.ss_sp <= t->sas.ss_size;
}

/* on_sig_stack(): with SS_AUTODISARM nobody ever is, since the stack is gone while a handler runs. */
static bool on_altstack(const struct task_struct *t, u64 sp)
{
	return !(t->sas.ss_flags & SS_AUTODISARM_) && within_altstack(t, sp);
}

/* Where the frame and its FP image go; 0 when the alternate stack would overflow. */
static u64 place_frame(struct task_struct *t, const struct k_sigaction *ka, u64 *fp_addr)
{
	u64 sp = t->regs.rsp - REDZONE;
	bool nested = on_altstack(t, t->regs.rsp), entering = false;

	if ((ka->flags & ULK_SA_ONSTACK) && t->sas.ss_size && !on_altstack(t, sp)) {
		sp = t->sas.ss_sp + t->sas.ss_size;
		entering = true;
	}
	sp = (sp - sizeof(struct cpu_fxstate)) & ~(u64)(FPSTATE_ALIGN - 1);
	*fp_addr = sp;
	sp -= sizeof(struct rt_sigframe);
	/* The ABI wants (sp + 8) to be 16-aligned on function entry. */
	sp = (sp & ~(u64)(FRAME_ALIGN - 1)) - 8;
	return (nested || entering) && !within_altstack(t, sp) ? 0 : sp;
}

/*
 * The image as a kernel without XSAVE writes it (save_xstate_epilog()): its size is FXSAVE's, no feature is
 * named, and no second magic number follows, though the size counts it.
 */
static bool save_fpstate(struct task_struct *t, u64 addr)
{
	static const struct fpx_sw_bytes sw = {
		.magic1 = FP_XSTATE_MAGIC1,
		.extended_size = sizeof(struct cpu_fxstate) + FP_XSTATE_MAGIC2_SIZE,
		.xstate_size = sizeof(struct cpu_fxstate),
	};
	struct cpu_fxstate fx;

	cpu_get_fxstate(t->ulk->cpu, &fx);
	memcpy((u8 *)(&fx + 1) - sizeof(sw), &sw, sizeof(sw));
	return !copy_to_user(t->mm, addr, &fx, sizeof(fx));
}

/* The initial x87 and SSE state, with which handlers begin. */
static void clear_fpstate(struct task_struct *t)
{
	static const struct cpu_fxstate init = {.cwd = 0x37f, .mxcsr = 0x1f80, .mxcsr_mask = MXCSR_MASK};

	cpu_set_fxstate(t->ulk->cpu, &init);
}

static void fill_sigcontext(const struct task_struct *t, struct guest_sigcontext *sc, u64 fp_addr)
{
	const struct cpu_regs *r = &t->regs;

	*sc = (struct guest_sigcontext){
		.r8 = r->r8, .r9 = r->r9, .r10 = r->r10, .r11 = r->r11,
		.r12 = r->r12, .r13 = r->r13, .r14 = r->r14, .r15 = r->r15,
		.rdi = r->rdi, .rsi = r->rsi, .rbp = r->rbp, .rbx = r->rbx,
		.rdx = r->rdx, .rax = r->rax, .rcx = r->rcx, .rsp = r->rsp,
		.rip = r->rip, .rflags = r->rflags,
		.cs = r->cs, .ss = r->ss,
		.err = t->error_code, .trapno = t->trapno, .cr2 = t->cr2,
		.oldmask = t->restore_sigmask ? t->saved_sigmask : t->blocked,
		.fpstate = fp_addr,
	};
}

int setup_rt_frame(struct task_struct *t, int sig, const struct k_sigaction *ka, const siginfo_t *info)
{
	struct rt_sigframe frame;
	u64 fp_addr, sp = place_frame(t, ka, &fp_addr);

	if (!sp || !(ka->flags & ULK_SA_RESTORER))
		return -EFAULT;
	memset(&frame, 0, sizeof(frame));
	frame.pretcode = ka->restorer;
	frame.uc.uc_flags = UC_SIGCONTEXT_SS | UC_STRICT_RESTORE_SS;
	frame.uc.uc_stack.ss_sp = t->sas.ss_sp;
	frame.uc.uc_stack.ss_flags = t->sas.ss_flags;
	frame.uc.uc_stack.ss_size = t->sas.ss_size;
	fill_sigcontext(t, &frame.uc.uc_mcontext, fp_addr);
	frame.uc.uc_sigmask = frame.uc.uc_mcontext.oldmask;
	/* Without SA_SIGINFO the kernel leaves the siginfo bytes alone; zeros tell the guest nothing. */
	if (ka->flags & ULK_SA_SIGINFO)
		frame.info = *info;

	if (!save_fpstate(t, fp_addr) || copy_to_user(t->mm, sp, &frame, sizeof(frame)))
		return -EFAULT;
	clear_fpstate(t);
	if (t->sas.ss_flags & SS_AUTODISARM_) {
		t->sas.ss_sp = t->sas.ss_size = 0;
		t->sas.ss_flags = SS_DISABLE;
	}

	t->regs.rdi = (u64)sig;
	t->regs.rsi = sp + offsetof(struct rt_sigframe, info);
	t->regs.rdx = sp + offsetof(struct rt_sigframe, uc);
	t->regs.rax = 0;
	t->regs.rsp = sp;
	t->regs.rip = ka->handler;
	t->regs.cs = USER_CS;
	t->regs.ss = USER_DS;
	t->regs.rflags &= ~(EFLAGS_DF | EFLAGS_RF | EFLAGS_TF);
	t->regs_dirty = true;
	return 0;
}

/* The x87/SSE state back from the frame; false when the image is bad. */
static bool restore_fpstate(struct task_struct *t, u64 addr)
{
	struct cpu_fxstate fx;

	clear_fpstate(t);
	if (!addr)
		return true;
	/* What FXRSTOR would refuse. */
	if (addr % 16 || copy_from_user(t->mm, &fx, addr, sizeof(fx)) || fx.mxcsr & ~MXCSR_MASK)
		return false;
	cpu_set_fxstate(t->ulk->cpu, &fx);
	return true;
}

/*
 * iret loads both and refuses what is no selector of its kind, after an address that is none; 32-bit code (0x23)
 * there is none here.
 */
static void check_segments(struct task_struct *t)
{
	const struct cpu_regs *r = &t->regs;
	u16 bad = r->cs != USER_CS ? r->cs : r->ss;

	if (r->cs == USER_CS && r->ss == USER_DS)
		return;
	/* A stack selector of the LDT goes through espfix, which loses the error code. */
	if ((s64)(r->rip << 16) >> 16 != (s64)r->rip || r->ss & 4)
		bad = 0;
	force_sig_fault(t, SIGSEGV, SI_KERNEL, 0, TRAP_GP, bad & ~3U);
}

static void restore_regs(struct task_struct *t, const struct guest_ucontext *uc)
{
	const struct guest_sigcontext *sc = &uc->uc_mcontext;
	struct cpu_regs *r = &t->regs;

	r->r8 = sc->r8, r->r9 = sc->r9, r->r10 = sc->r10, r->r11 = sc->r11;
	r->r12 = sc->r12, r->r13 = sc->r13, r->r14 = sc->r14, r->r15 = sc->r15;
	r->rdi = sc->rdi, r->rsi = sc->rsi, r->rbp = sc->rbp, r->rbx = sc->rbx;
	r->rdx = sc->rdx, r->rax = sc->rax, r->rcx = sc->rcx, r->rsp = sc->rsp;
	r->rip = sc->rip;
	r->rflags = (r->rflags & ~FIX_EFLAGS) | (sc->rflags & FIX_EFLAGS);
	r->cs = sc->cs | 3;
	r->ss = sc->ss | 3;
	/* force_valid_ss(), for programs that know nothing of SS in the frame. */
	if (!(uc->uc_flags & UC_STRICT_RESTORE_SS) && r->cs == USER_CS)
		r->ss = USER_DS;
	t->regs_dirty = true;
}

/* do_sigaltstack() for setting; @rsp is where the caller's stack pointer is. */
static int set_altstack(struct task_struct *t, const struct guest_stack *ss, u64 rsp)
{
	int mode = ss->ss_flags & ~SS_AUTODISARM_;

	if (on_altstack(t, rsp))
		return -EPERM;
	if (mode != SS_DISABLE && mode != SS_ONSTACK && mode != 0)
		return -EINVAL;
	if (mode != SS_DISABLE && ss->ss_size < MINSIGSTKSZ_)
		return t->sas.ss_sp == ss->ss_sp && t->sas.ss_size == ss->ss_size &&
		       t->sas.ss_flags == ss->ss_flags ? 0 : -ENOMEM;
	t->sas.ss_sp = mode == SS_DISABLE ? 0 : ss->ss_sp;
	t->sas.ss_size = mode == SS_DISABLE ? 0 : ss->ss_size;
	t->sas.ss_flags = ss->ss_flags;
	return 0;
}

s64 sys_rt_sigreturn(struct task_struct *t, const u64 *a)
{
	struct rt_sigframe frame;
	u64 sp = task_regs(t)->rsp - 8; /* the handler's ret popped pretcode */

	(void)a;
	t->orig_rax = (u64)-1; /* not a call to restart */
	if (copy_from_user(t->mm, &frame, sp, sizeof(frame.pretcode) + sizeof(frame.uc)))
		goto bad;
	set_current_blocked(t, frame.uc.uc_sigmask);
	restore_regs(t, &frame.uc);
	if (!restore_fpstate(t, frame.uc.uc_mcontext.fpstate))
		goto bad;
	/* Whatever is wrong with the stack goes unnoticed. */
	set_altstack(t, &frame.uc.uc_stack, t->regs.rsp);
	check_segments(t);
	return (s64)t->regs.rax;
bad:
	force_sig_fault(t, SIGSEGV, SI_KERNEL, 0, t->trapno, t->error_code);
	return 0;
}

s64 sys_sigaltstack(struct task_struct *t, const u64 *a)
{
	u64 rsp = task_regs(t)->rsp;
	struct guest_stack old = {
		.ss_sp = t->sas.ss_sp,
		.ss_size = t->sas.ss_size,
		.ss_flags = t->sas.ss_flags & SS_AUTODISARM_,
	}, new;
	int err;

	if (!t->sas.ss_size)
		old.ss_flags |= SS_DISABLE;
	else if (on_altstack(t, rsp))
		old.ss_flags |= SS_ONSTACK;
	if (a[0]) {
		if (copy_from_user(t->mm, &new, a[0], sizeof(new)))
			return -EFAULT;
		err = set_altstack(t, &new, rsp);
		if (err)
			return err;
	}
	if (a[1] && copy_to_user(t->mm, a[1], &old, sizeof(old)))
		return -EFAULT;
	return 0;
}
