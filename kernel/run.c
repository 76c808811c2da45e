// SPDX-License-Identifier: GPL-2.0-or-later
/* The run loop: each exit of the engine goes to a system call, a fault or a signal. */
#include <errno.h>
#include <string.h>
#include <sys/syscall.h>
#include "kernel/sched.h"
#include "kernel/signal.h"
#include "kernel/thread.h"

#define PF_PROT 1
#define PF_USER 4

#define FPE_INTDIV_ 1
#define FPE_FLTDIV_ 3
#define FPE_FLTOVF_ 4
#define FPE_FLTUND_ 5
#define FPE_FLTRES_ 6
#define FPE_FLTINV_ 7

enum { TRAP_DE = 0, TRAP_DB = 1, TRAP_BP = 3, TRAP_OF = 4, TRAP_UD = 6, TRAP_GP = 13, TRAP_PF = 14,
       TRAP_MF = 16, TRAP_AC = 17, TRAP_XM = 19 };

static s64 do_call(struct task_struct *t, u64 nr, const u64 args[6])
{
	s64 ret = -ENOSYS;

	t->orig_rax = nr;
	if (t->ulk->hooks.syscall)
		ret = t->ulk->hooks.syscall(t, nr, args);
	if (t->mm)
		mm_take_faults(t->mm, &t->min_flt, &t->maj_flt);
	return ret;
}

static bool is_restart(s64 ret)
{
	return ret <= -ERESTARTSYS && ret >= -ERESTART_RESTARTBLOCK;
}

static void handle_syscall(struct task_struct *t, const struct cpu_syscall *sc)
{
	s64 ret = do_call(t, sc->nr, sc->args);

	if (!t->regs_valid && !is_restart(ret) && !t->restore_sigmask && !signal_pending(t)) {
		cpu_syscall_return(t->ulk->cpu, (u64)ret);
		return;
	}
	task_regs(t)->rax = (u64)ret;
	t->regs_dirty = true;
	if (is_restart(ret))
		t->must_notify = true;
}

/*
 * A call through the [vsyscall] page: three entry points that do a system call and return, as the
 * kernel's emulate_vsyscall. True when @addr was one of them.
 */
static bool emulate_vsyscall(struct task_struct *t, u64 addr)
{
	static const u32 nr_of[] = {SYS_gettimeofday, SYS_time, SYS_getcpu};
	u64 off = addr - VSYSCALL_ADDR, ret_addr;
	struct cpu_regs *r = &t->regs;

	if (addr < VSYSCALL_ADDR || off >= PAGE_SIZE || (off & 0x3ff) || off / 0x400 >= ARRAY_SIZE(nr_of))
		return false;
	if (get_user(t->mm, ret_addr, r->rsp))
		return false;
	const u64 args[6] = {r->rdi, r->rsi, r->rdx};
	r->rax = (u64)do_call(t, nr_of[off / 0x400], args);
	t->orig_rax = (u64)-1;
	t->regs_dirty = true;
	r->rip = ret_addr;
	r->rsp += 8;
	return true;
}

static void handle_fault(struct task_struct *t, const struct cpu_exit *exit)
{
	const struct mm_fault *f = &t->fault;
	u64 addr = exit->fault.addr;

	if (exit->fault.access == CPU_FETCH && emulate_vsyscall(t, t->regs.rip))
		return;
	/* The mm made room elsewhere: run again. Out of frames: handle_mm_events() ends the process. */
	if (f->retry || f->signo == SIGKILL)
		return;
	if (f->code == SI_KERNEL) {
		/* A non-canonical address is a general protection fault: no address, no CR2. */
		force_sig_fault(t, SIGSEGV, SI_KERNEL, 0, TRAP_GP, 0);
		return;
	}
	t->cr2 = addr;
	/* The kernel's sanitize_error_code(): addresses of its own always look present. */
	force_sig_fault(t, f->signo, f->code, addr, TRAP_PF,
			f->error_code | (addr >= TASK_SIZE_MAX ? PF_PROT : 0));
}

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

static void handle_exception(struct task_struct *t, const struct cpu_exit *exit)
{
	u32 err = exit->exception.error_code;
	u64 rip = t->regs.rip;
	struct cpu_fxstate fx;

	switch (exit->exception.vector) {
	case TRAP_DE:
		force_sig_fault(t, SIGFPE, FPE_INTDIV_, rip, TRAP_DE, 0);
		break;
	case TRAP_DB:
		force_sig_fault(t, SIGTRAP, TRAP_TRACE, rip, TRAP_DB, 0);
		break;
	case TRAP_BP:
		force_sig_fault(t, SIGTRAP, SI_KERNEL, 0, TRAP_BP, 0);
		break;
	case TRAP_UD:
		force_sig_fault(t, SIGILL, ILL_ILLOPN, rip, TRAP_UD, 0);
		break;
	case TRAP_MF:
	case TRAP_XM:
		cpu_get_fxstate(t->ulk->cpu, &fx);
		if (exit->exception.vector == TRAP_MF)
			force_sig_fault(t, SIGFPE, fpe_code(fx.swd, fx.cwd & 0x3f), rip, TRAP_MF, 0);
		else
			force_sig_fault(t, SIGFPE, fpe_code(fx.mxcsr & 0x3f, (fx.mxcsr >> 7) & 0x3f), rip,
					TRAP_XM, 0);
		break;
	case TRAP_AC:
		force_sig_fault(t, SIGBUS, BUS_ADRALN, 0, TRAP_AC, 0);
		break;
	case 0x80:
		/* The 32-bit entry: natively there only with IA32 emulation; ulk is a kernel without it. */
		t->regs.rip -= 2;
		t->regs_dirty = true;
		force_sig_fault(t, SIGSEGV, SI_KERNEL, 0, TRAP_GP, 0x80 * 8 + 2);
		break;
	default:
		force_sig_fault(t, SIGSEGV, SI_KERNEL, 0, exit->exception.vector, err);
		break;
	}
}

/* --check-mm */
static void check_invariants(struct task_struct *t)
{
	int violations = mm_check(t->mm, stderr);

	/* Other threads may be about to free a frame: only alone is the whole of it at rest. */
	if (__atomic_load_n(&t->mm->mm_users, __ATOMIC_ACQUIRE) == 1)
		violations += phys_check(t->ulk->phys, stderr);
	if (violations)
		pr_err(t->ulk, "mm invariants broken after system call %lu", t->orig_rax);
}

static enum run_stop handle_exit(struct task_struct *t, const struct cpu_exit *exit, bool *stop)
{
	t->regs_valid = false;
	t->orig_rax = (u64)-1;
	if (exit->reason != CPU_EXIT_SYSCALL)
		task_regs(t);
	switch (exit->reason) {
	case CPU_EXIT_SYSCALL:
		handle_syscall(t, &exit->syscall);
		if (t->ulk->opt.check_mm)
			check_invariants(t);
		break;
	case CPU_EXIT_FAULT:
		handle_fault(t, exit);
		break;
	case CPU_EXIT_EXCEPTION:
		handle_exception(t, exit);
		break;
	case CPU_EXIT_KICKED:
		cpu_yield(t);
		break;
	case CPU_EXIT_STEP:
		break;
	case CPU_EXIT_BREAK:
		*stop = true;
		return RUN_BREAK;
	case CPU_EXIT_ERROR:
		pr_err(t->ulk, "the CPU engine failed: %s", exit->why);
		*stop = true;
		return RUN_ERROR;
	}
	return RUN_EXITED;
}

/* What the mm noticed outside a fault of the engine's own: pages whose file another process truncated
 * (mm/README.md), and a system call that ran out of frames. */
static void handle_mm_events(struct task_struct *t)
{
	u64 addr;

	if (phys_sigbus_pending(t->ulk->phys) && mm_sigbus_fixup(t->mm, &addr)) {
		t->cr2 = addr;
		force_sig_fault(t, SIGBUS, BUS_ADRERR, addr, TRAP_PF, PF_USER);
	}
	if (t->mm->flags & 1UL << MMF_OOM_VICTIM && !t->signal->exiting) {
		pr_err(t->ulk, "out of guest memory (--memory): killed");
		do_group_exit(t, SIGKILL);
	}
}

static void task_ended(struct task_struct *t)
{
	if (t->ulk->hooks.task_end)
		t->ulk->hooks.task_end(t);
}

enum run_stop task_run(struct task_struct *t)
{
	struct cpu *cpu = t->ulk->cpu;
	struct cpu_exit exit;
	bool stop = false;

	for (;;) {
		if (unlikely(t->hand_over))
			thread_hand_over(t);
		if (unlikely(t->exited || t->signal->execer) && !t->signal->exiting) {
			if (thread_ends(t)) {
				task_ended(t);
				return RUN_THREAD_ENDED;
			}
			continue;
		}
		handle_mm_events(t);
		if (signal_pending(t) || t->must_notify || t->restore_sigmask) {
			task_regs(t);
			t->must_notify = false;
			do_notify_resume(t);
		}
		if (t->signal->exiting) {
			task_ended(t);
			return RUN_EXITED;
		}
		if (t->regs_dirty) {
			cpu_set_regs(cpu, &t->regs);
			t->regs_dirty = false;
		}
		cpu_run(cpu, &exit);
		enum run_stop why = handle_exit(t, &exit, &stop);
		if (stop)
			return why;
	}
}
