// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include "kernel/determin.h"
#include "kernel/signal.h"
#include "kernel/trap.h"
#include "kernel/watch.h"

#define PF_PROT	 1
#define PF_WRITE 2
#define PF_USER	 4

#define EFLAGS_RF 0x10000UL

/* The C library's headers hide them. */
#define FPE_INTDIV_ 1
#define FPE_FLTDIV_ 3
#define FPE_FLTOVF_ 4
#define FPE_FLTUND_ 5
#define FPE_FLTRES_ 6
#define FPE_FLTINV_ 7
#define TRAP_BRKPT_ 1
#define TRAP_TRACE_ 2

/* ---- the vsyscall page ---- */

/* The three entries, and what each stores through its first two arguments. */
static const struct {
	u32 nr;
	u32 size[2];
} vsyscalls[] = {
	{SYS_gettimeofday, {sizeof(struct timeval), sizeof(struct timezone)}},
	{SYS_time, {sizeof(time_t), 0}},
	{SYS_getcpu, {sizeof(u32), sizeof(u32)}},
};

/*
 * A fetch from the [vsyscall] page, which can only be executed: do the system call and return from it, as the
 * kernel's emulate_vsyscall() does. False: an ordinary fault.
 */
static bool emulate_vsyscall(struct task_struct *t)
{
	struct cpu_regs *r = &t->regs;
	u64 off = r->rip - VSYSCALL_ADDR, entry = off / 0x400, ret_addr;
	const u64 args[6] = {r->rdi, r->rsi, r->rdx};
	s64 ret;

	if (off >= PAGE_SIZE)
		return false;
	if (off % 0x400 || entry >= ARRAY_SIZE(vsyscalls) || get_user(t->mm, ret_addr, r->rsp))
		goto sigsegv;
	for (int i = 0; i < 2; i++)
		if (vsyscalls[entry].size[i] && !access_ok(args[i], vsyscalls[entry].size[i])) {
			/* The kernel's write_ok_or_segv(). */
			t->cr2 = args[i];
			force_sig_fault(t, SIGSEGV, SEGV_MAPERR, args[i], TRAP_PF, PF_WRITE | PF_USER);
			return true;
		}
	ret = do_call(t, vsyscalls[entry].nr, args);
	t->orig_rax = (u64)-1;
	if (ret == -EFAULT)
		goto sigsegv;
	r->rax = (u64)ret;
	r->rip = ret_addr;
	r->rsp += 8;
	t->regs_dirty = true;
	return true;
sigsegv:
	force_sig_fault(t, SIGSEGV, SI_KERNEL, 0, (u32)t->trapno, t->error_code);
	return true;
}

/* ---- page faults ---- */

/* The CPU saves RF set when a fault's instruction is to be begun again. */
static void fault_flags(struct task_struct *t)
{
	t->regs.rflags |= EFLAGS_RF;
}

void handle_fault(struct task_struct *t, const struct cpu_exit *exit)
{
	const struct mm_fault *f = &t->fault;
	u64 addr = exit->fault.addr;

	if (exit->fault.access == CPU_FETCH && emulate_vsyscall(t))
		return;
	/* The mm made room elsewhere: run again. Out of frames: handle_mm_events() ends the process. */
	if (f->retry || f->signo == SIGKILL)
		return;
	if (unlikely(t->ulk->watches))
		watched_fault(t, addr, exit->fault.access, f);
	fault_flags(t);
	if (f->code == SI_KERNEL) {
		/* A non-canonical address is no page fault: no address, no CR2. */
		if (exit->fault.stack)
			force_sig_fault(t, SIGBUS, SI_KERNEL, 0, TRAP_SS, 0);
		else
			force_sig_fault(t, SIGSEGV, SI_KERNEL, 0, TRAP_GP, 0);
		return;
	}
	t->cr2 = addr;
	/* The kernel's sanitize_error_code(): addresses of its own always look present. */
	force_sig_fault(t, f->signo, f->code, addr, TRAP_PF,
			f->error_code | (addr >= TASK_SIZE_MAX ? PF_PROT : 0));
}

/* ---- other exceptions ---- */

/* si_code of a floating-point exception: the first unmasked one of the sticky bits. */
static int fpe_code(u32 status, u32 masks)
{
	u32 err = status & ~masks;

	if (err & 0x01)
		return FPE_FLTINV_;
	if (err & 0x04)
		return FPE_FLTDIV_;
	if (err & 0x08)
		return FPE_FLTOVF_;
	if (err & 0x12)
		return FPE_FLTUND_;
	if (err & 0x20)
		return FPE_FLTRES_;
	return 0;
}

static void math_error(struct task_struct *t, u8 vector)
{
	struct cpu_fxstate fx;
	int code;

	cpu_get_fxstate(t->ulk->cpu, &fx);
	if (vector == TRAP_MF)
		code = fpe_code(fx.swd, fx.cwd & 0x3f);
	else
		code = fpe_code(fx.mxcsr & 0x3f, (fx.mxcsr >> 7) & 0x3f);
	fault_flags(t);
	force_sig_fault(t, SIGFPE, code, t->regs.rip, vector, 0);
}

void handle_exception(struct task_struct *t, const struct cpu_exit *exit)
{
	u32 err = exit->exception.error_code;
	u8 vector = exit->exception.vector;
	u64 rip = t->regs.rip;

	if (unlikely(t->ulk->det) && vector == TRAP_GP && det_rdtsc(t))
		return;
	switch (vector) {
	case TRAP_DE:
		fault_flags(t);
		force_sig_fault(t, SIGFPE, FPE_INTDIV_, rip, TRAP_DE, 0);
		break;
	case TRAP_DB:
		force_sig_fault(t, SIGTRAP, err & DR6_BS ? TRAP_TRACE_ : TRAP_BRKPT_, rip, TRAP_DB, 0);
		break;
	case TRAP_BP:
		force_sig_fault(t, SIGTRAP, SI_KERNEL, 0, TRAP_BP, 0);
		break;
	case TRAP_OF:
		force_sig_fault(t, SIGSEGV, SI_KERNEL, 0, TRAP_OF, 0);
		break;
	case TRAP_UD:
		fault_flags(t);
		force_sig_fault(t, SIGILL, ILL_ILLOPN, rip, TRAP_UD, 0);
		break;
	case TRAP_MF:
	case TRAP_XM:
		math_error(t, vector);
		break;
	case TRAP_AC:
		fault_flags(t);
		force_sig_fault(t, SIGBUS, BUS_ADRALN, 0, TRAP_AC, 0);
		break;
	case TRAP_NP:
	case TRAP_SS:
		fault_flags(t);
		force_sig_fault(t, SIGBUS, SI_KERNEL, 0, vector, err);
		break;
	case 0x80:
		/* The 32-bit entry: natively there only with IA32 emulation; ulk is a kernel without it. */
		t->regs.rip -= 2;
		t->regs_dirty = true;
		fault_flags(t);
		force_sig_fault(t, SIGSEGV, SI_KERNEL, 0, TRAP_GP, 0x80 * 8 + 2);
		break;
	default:
		fault_flags(t);
		force_sig_fault(t, SIGSEGV, SI_KERNEL, 0, vector, err);
		break;
	}
}
