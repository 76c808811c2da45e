// SPDX-License-Identifier: GPL-2.0-or-later
/* The run loop: each exit of the engine goes to a system call, a fault or a signal. */
#include <errno.h>
#include <string.h>
#include <sys/syscall.h>
#include "kernel/determin.h"
#include "kernel/errand.h"
#include "kernel/robust.h"
#include "kernel/rseq.h"
#include "kernel/sched.h"
#include "kernel/signal.h"
#include "kernel/thread.h"
#include "kernel/trap.h"
#include "kernel/watch.h"

#define PF_USER 4

s64 do_call(struct task_struct *t, u64 nr, const u64 args[6])
{
	s64 ret = -ENOSYS;

	t->orig_rax = nr;
	if (unlikely(t->ulk->det))
		det_syscall(t, nr);
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
	s64 ret = -ERESTARTNOINTR;

	if (unlikely(t->ulk->det))
		det_signal_due(t, false);
	/* A signal that came before the call is handled before it. */
	if (unlikely(signal_pending(t)) && sc->nr != SYS_rt_sigreturn && put_off_call(t, sc->nr))
		t->orig_rax = sc->nr;
	else
		ret = do_call(t, sc->nr, sc->args);
	if (unlikely(t->put_off) && t->put_off_nr == sc->nr && ret != -ERESTARTNOINTR)
		t->put_off = 0;
	if (!t->regs_valid && !is_restart(ret) && !t->restore_sigmask && !signal_pending(t)) {
		cpu_syscall_return(t->ulk->cpu, (u64)ret);
		return;
	}
	task_regs(t)->rax = (u64)ret;
	t->regs_dirty = true;
	if (is_restart(ret))
		t->must_notify = true;
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

static void tell_left(struct task_struct *t, const struct cpu_exit *exit)
{
	if (unlikely(t->ulk->hooks.left_engine) && t->mm) {
		task_regs(t);
		t->ulk->hooks.left_engine(t, exit);
	}
}

static enum run_stop handle_exit(struct task_struct *t, const struct cpu_exit *exit, bool *stop)
{
	t->regs_valid = false;
	t->orig_rax = (u64)-1;
	if (exit->reason != CPU_EXIT_SYSCALL) {
		task_regs(t);
		tell_left(t, exit);
	}
	switch (exit->reason) {
	case CPU_EXIT_SYSCALL:
		handle_syscall(t, &exit->syscall);
		tell_left(t, exit);
		if (t->mm)
			cpu_memory_shared(t->ulk->cpu, t->mm->stores_shared);
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
		robust_show(t);
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

	if (truncations_pending(t->ulk->phys))
		truncations_apply(t->ulk->phys);
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

static bool stop_wanted(struct task_struct *t, bool signals_delivered)
{
	const struct ulk *ulk = t->ulk;

	if (likely(!ulk->hooks.want_stop && !ulk->watches && !ulk->stop_request))
		return false;
	task_regs(t);
	if (ulk->hooks.want_stop && ulk->hooks.want_stop(t, signals_delivered))
		return true;
	return signals_delivered && watched_stop(t);
}

static enum run_stop run(struct task_struct *t)
{
	struct cpu *cpu = t->ulk->cpu;
	struct cpu_exit exit;
	bool stop = false, main = t == t->ulk->main_task;

	if (main)
		thread_break_over(t->ulk);
	for (;;) {
		if (unlikely(main && t->ulk->stopped))
			return RUN_BREAK;
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
		errand_serve(t);
		if (unlikely(stop_wanted(t, false)))
			return RUN_BREAK;
		if (unlikely(t->ulk->det))
			det_signal_due(t, false);
		if (signal_pending(t) || t->must_notify || t->restore_sigmask) {
			task_regs(t);
			t->must_notify = false;
			do_notify_resume(t);
		}
		if (t->signal->exiting) {
			task_ended(t);
			return RUN_EXITED;
		}
		if (unlikely(stop_wanted(t, true)) || unlikely(main && t->ulk->stopped))
			return RUN_BREAK;
		if (unlikely(rseq_wanted(t))) {
			rseq_resume(t);
			if (signal_pending(t))
				continue;
		}
		if (t->regs_dirty) {
			cpu_set_regs(cpu, &t->regs);
			t->regs_dirty = false;
		}
		if (unlikely(t->ulk->hooks.run))
			t->ulk->hooks.run(t, &exit);
		else
			cpu_run(cpu, &exit);
		enum run_stop why = handle_exit(t, &exit, &stop);
		if (stop)
			return why;
	}
}

enum run_stop task_run(struct task_struct *t)
{
	enum run_stop why;

	t->running = true;
	why = run(t);
	t->running = false;
	return why;
}
