// SPDX-License-Identifier: GPL-2.0-or-later
/* Delivery of signals to the guest, and the calls that set dispositions and masks. */
#include <errno.h>
#include <string.h>
#include <sys/syscall.h>
#include "kernel/determin.h"
#include "kernel/rseq.h"
#include "kernel/sched.h"
#include "kernel/signal.h"
#include "kernel/watch.h"

enum default_action { ACT_TERM, ACT_IGNORE, ACT_STOP };

static enum default_action default_action(int sig)
{
	switch (sig) {
	case SIGCHLD: case SIGCONT: case SIGURG: case SIGWINCH:
		return ACT_IGNORE;
	case SIGSTOP: case SIGTSTP: case SIGTTIN: case SIGTTOU:
		return ACT_STOP;
	default:
		return ACT_TERM;
	}
}

bool sig_fatal(const struct signal_struct *signal, int sig)
{
	return signal->action[sig].handler == ULK_SIG_DFL && default_action(sig) == ACT_TERM;
}

bool signal_pending(struct task_struct *t)
{
	return t->sync_pending || __atomic_load_n(&t->sigpending, __ATOMIC_ACQUIRE);
}

void set_current_blocked(struct task_struct *t, u64 mask)
{
	mask &= ~SIG_KERNEL_ONLY;
	t->restore_sigmask = false;
	if (t->blocked == mask)
		return;
	t->blocked = mask;
	/* With a signal in hand the host's mask stays full until do_notify_resume() has placed it. */
	if (!t->mask_full)
		host_mask_open(t);
	if (t->sigbus_held && !(mask & sigbit(SIGBUS)))
		__atomic_store_n(&t->sigpending, 1, __ATOMIC_RELEASE);
}

void force_sig_fault(struct task_struct *t, int signo, int code, u64 addr, u32 trapno, u64 error_code)
{
	struct k_sigaction *ka = &t->signal->action[signo];
	siginfo_t *info = &t->sync_info;

	memset(info, 0, sizeof(*info));
	info->si_signo = signo;
	info->si_code = code;
	info->si_addr = (void *)(uintptr_t)addr;
	t->trapno = trapno;
	t->error_code = error_code;
	/* force_sig_info: a blocked or ignored fault cannot be survived. */
	if (ka->handler == ULK_SIG_IGN || (t->blocked & sigbit(signo))) {
		ka->handler = ULK_SIG_DFL;
		host_signal_mirror(t, signo);
		set_current_blocked(t, t->blocked & ~sigbit(signo));
	}
	t->sync_pending = true;
}

/* The frame could not be built: the kernel's force_sigsegv. */
static void force_sigsegv(struct task_struct *t, int failed_sig)
{
	if (failed_sig == SIGSEGV)
		t->signal->action[SIGSEGV].handler = ULK_SIG_DFL;
	force_sig_fault(t, SIGSEGV, SI_KERNEL, 0, t->trapno, t->error_code);
}

/* A call that -ERESTART* left: fail it with EINTR or make the guest issue it again. */
static void settle_restart(struct task_struct *t, const struct k_sigaction *ka)
{
	bool again = false;

	if (t->orig_rax == (u64)-1)
		return;
	switch (-(s64)t->regs.rax) {
	case ERESTARTNOHAND:
	case ERESTART_RESTARTBLOCK:
		again = !ka;
		break;
	case ERESTARTSYS:
		again = !ka || (ka->flags & ULK_SA_RESTART);
		break;
	case ERESTARTNOINTR:
		again = true;
		break;
	default:
		return;
	}
	if (!again) {
		t->regs.rax = (u64)-EINTR;
	} else {
		bool block = t->regs.rax == (u64)-ERESTART_RESTARTBLOCK;
		t->regs.rax = block ? SYS_restart_syscall : t->orig_rax;
		t->regs.rip -= 2; /* back on the syscall instruction */
	}
	t->orig_rax = (u64)-1;
	t->regs_dirty = true;
}

static void handle_signal(struct task_struct *t, int sig, const siginfo_t *info)
{
	struct k_sigaction ka = t->signal->action[sig];
	u64 mask;

	settle_restart(t, &ka);
	rseq_signal_deliver(t);
	if (setup_rt_frame(t, sig, &ka, info)) {
		force_sigsegv(t, sig);
		return;
	}
	if (ka.flags & ULK_SA_RESETHAND) {
		t->signal->action[sig].handler = ULK_SIG_DFL;
		host_signal_mirror(t, sig);
	}
	mask = t->blocked | ka.mask;
	if (!(ka.flags & ULK_SA_NODEFER))
		mask |= sigbit(sig);
	set_current_blocked(t, mask);
}

/* What a debugger makes of a signal; false when nothing is left of it. */
static bool filter_signal(struct task_struct *t, siginfo_t *info)
{
	int sig = info->si_signo;

	if (!t->ulk->hooks.filter_signal(t, info))
		return false;
	if (info->si_signo == sig || !(t->blocked & sigbit(info->si_signo)))
		return true;
	/* Another one than was unblocked: it waits, as ptrace_signal() has it. */
	host_signal_requeue(t, info);
	return false;
}

static void deliver(struct task_struct *t, siginfo_t *info)
{
	int sig;
	const struct k_sigaction *ka;

	if (unlikely(t->ulk->hooks.filter_signal) && !filter_signal(t, info))
		return;
	sig = info->si_signo;
	ka = &t->signal->action[sig];
	if (t->ulk->hooks.signal)
		t->ulk->hooks.signal(t, info);
	if (unlikely(t->ulk->watches) && watched_signal(t, info))
		return;
	if (ka->handler == ULK_SIG_IGN)
		return;
	if (ka->handler != ULK_SIG_DFL) {
		handle_signal(t, sig, info);
		return;
	}
	switch (default_action(sig)) {
	case ACT_IGNORE:
		break;
	case ACT_STOP:
		if (t->ulk->det && det_stops(t))
			cpu_release(t);
		host_signal_stop(t, sig);
		if (t->ulk->det)
			cpu_acquire(t);
		break;
	case ACT_TERM:
		do_group_exit(t, sig);
		break;
	}
}

/* The signal the host's handler took: deliver it, or give it back when the guest has blocked it since. */
static void deliver_async(struct task_struct *t)
{
	siginfo_t info = t->async_info;

	t->async_pending = false;
	if (t->blocked & sigbit(info.si_signo)) {
		if (info.si_signo == SIGBUS) {
			t->sigbus_info = info;
			t->sigbus_held = true;
		} else {
			host_signal_requeue(t, &info);
		}
	} else {
		if (unlikely(t->ulk->hooks.signal_from_outside) && det_from_outside(&info))
			t->ulk->hooks.signal_from_outside(t, &info);
		deliver(t, &info);
	}
	/* The next signal, if any, is taken here and now. */
	host_mask_open(t);
}

void do_notify_resume(struct task_struct *t)
{
	while (!t->signal->exiting) {
		if (t->sync_pending) {
			siginfo_t info = t->sync_info;
			t->sync_pending = false;
			deliver(t, &info);
		} else if (t->async_pending) {
			__atomic_store_n(&t->sigpending, 0, __ATOMIC_RELEASE);
			deliver_async(t);
		} else if (t->sigbus_held && !(t->blocked & sigbit(SIGBUS))) {
			siginfo_t info = t->sigbus_info;
			t->sigbus_held = false;
			deliver(t, &info);
		} else {
			__atomic_store_n(&t->sigpending, 0, __ATOMIC_RELEASE);
			/* One may have come between the test above and the store. */
			if (!t->async_pending)
				break;
		}
	}
	if (t->signal->exiting)
		return;
	settle_restart(t, NULL);
	if (t->restore_sigmask)
		set_current_blocked(t, t->saved_sigmask);
}

void sigmask_begin(struct task_struct *t, u64 mask)
{
	t->saved_sigmask = t->blocked;
	t->restore_sigmask = true;
	/* Only the guest's view: the host's call installs the mask itself, atomically with sleeping. */
	t->blocked = mask & ~SIG_KERNEL_ONLY;
}

s64 sigmask_end(struct task_struct *t, s64 result)
{
	if (result == -EINTR || result == -ERESTARTSYS) {
		/* A signal may be in hand: the old mask comes back after its frame. */
		return result == -ERESTARTSYS ? -ERESTARTNOHAND : result;
	}
	t->blocked = t->saved_sigmask;
	t->restore_sigmask = false;
	return result;
}

void signals_exec(struct task_struct *t)
{
	for (int sig = 1; sig <= ULK_NSIG; sig++) {
		struct k_sigaction *ka = &t->signal->action[sig];
		bool was_handled = ka->handler > ULK_SIG_IGN || ka->flags;

		*ka = (struct k_sigaction){.handler = ka->handler == ULK_SIG_IGN ? ULK_SIG_IGN : ULK_SIG_DFL};
		if (was_handled)
			host_signal_mirror(t, sig);
	}
	/* The flags stay, as in begin_new_exec(). */
	t->sas.ss_sp = t->sas.ss_size = 0;
}

s64 sys_rt_sigaction(struct task_struct *t, const u64 *a)
{
	struct k_sigaction new, old;
	int sig = (int)a[0];

	if (a[3] != sizeof(u64))
		return -EINVAL;
	if (a[1] && copy_from_user(t->mm, &new, a[1], sizeof(new)))
		return -EFAULT;
	if (sig < 1 || sig > ULK_NSIG || (a[1] && (sig == SIGKILL || sig == SIGSTOP)))
		return -EINVAL;
	old = t->signal->action[sig];
	if (a[1]) {
		new.mask &= ~SIG_KERNEL_ONLY;
		new.flags &= ULK_UAPI_SA_FLAGS;
		t->signal->action[sig] = new;
		host_signal_mirror(t, sig);
		/* Ignoring a signal throws away what is pending; the host does so with its own queue. */
		if (sig == SIGBUS && new.handler == ULK_SIG_IGN)
			t->sigbus_held = false;
	}
	/* As in Linux, the new action stays when the old one cannot be stored. */
	if (a[2] && copy_to_user(t->mm, a[2], &old, sizeof(old)))
		return -EFAULT;
	return 0;
}

s64 sys_rt_sigprocmask(struct task_struct *t, const u64 *a)
{
	u64 old = t->blocked, set;

	if (a[3] != sizeof(u64))
		return -EINVAL;
	if (a[1]) {
		if (get_user(t->mm, set, a[1]))
			return -EFAULT;
		switch ((int)a[0]) {
		case SIG_BLOCK:
			set = old | set;
			break;
		case SIG_UNBLOCK:
			set = old & ~set;
			break;
		case SIG_SETMASK:
			break;
		default:
			return -EINVAL;
		}
		set_current_blocked(t, set);
	}
	if (a[2] && put_user(t->mm, old, a[2]))
		return -EFAULT;
	return 0;
}

s64 sys_rt_sigsuspend(struct task_struct *t, const u64 *a)
{
	u64 mask, host_mask;
	s64 ret;

	if (a[1] != sizeof(u64))
		return -EINVAL;
	if (get_user(t->mm, mask, a[0]))
		return -EFAULT;
	sigmask_begin(t, mask);
	host_mask = t->blocked & ~HOST_NEVER_BLOCKED;
	ret = HOST_BLOCKING(t, SYS_rt_sigsuspend, &host_mask, sizeof(host_mask));
	sigmask_end(t, ret);
	return -ERESTARTNOHAND;
}
