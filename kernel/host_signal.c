// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The host side of signals: the one handler ulk installs, and the mirroring of dispositions and mask.
 * Raw system calls throughout: libc hides signals 32 and 33 and would not let the guest use them.
 */
#include <errno.h>
#include <pthread.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <ucontext.h>
#include <unistd.h>
#include "kernel/determin.h"
#include "kernel/signal.h"

/* The design's one exception to "no mutable globals": a handler has no other way to its task. */
static __thread struct task_struct *current_task;

/*
 * The second part of the exception: what an embedding program (ulk_options.embedded) had installed before its first machine,
 * for signals that are its own affair, and to be put back after its last; and the machines that run, for signals that the
 * host delivers to a thread that has none.
 */
static struct {
	pthread_mutex_t lock;
	unsigned machines;
	struct k_sigaction action[ULK_NSIG + 1];
	struct task_struct *runs[32];
} embedding = {.lock = PTHREAD_MUTEX_INITIALIZER};

extern void ulk_host_restorer(void);
__asm__(".text\n"
	".globl ulk_host_restorer\n"
	".hidden ulk_host_restorer\n"
	".type ulk_host_restorer, @function\n"
	"ulk_host_restorer:\n"
	"	mov $15, %eax\n" /* rt_sigreturn */
	"	syscall\n"
	".size ulk_host_restorer, . - ulk_host_restorer\n");

static s64 host_sigaction(int sig, const struct k_sigaction *act, struct k_sigaction *old)
{
	return HOST(SYS_rt_sigaction, sig, act, old, sizeof(u64));
}

/* A fault of ulk's own on a file window whose page went away; true when it was mended. The guest gets its
 * signal at the next exit, so that had better be soon. */
static bool handle_host_sigbus(struct task_struct *t, const siginfo_t *info)
{
	if (!t || info->si_code <= 0 || !phys_handle_sigbus(t->ulk->phys, info->si_addr))
		return false;
	cpu_kick(t->ulk->cpu);
	return true;
}

/* Make the thread leave guest code, or the blocking call it is in, at the next possible moment. */
static void interrupt(struct task_struct *t, ucontext_t *uc)
{
	greg_t *rip = &uc->uc_mcontext.gregs[REG_RIP];

	__atomic_store_n(&t->sigpending, 1, __ATOMIC_RELEASE);
	if (*rip >= (greg_t)ulk_blocking_begin && *rip < (greg_t)ulk_blocking_end)
		*rip = (greg_t)ulk_blocking_interrupted;
	/* Without the turn it is not there, and whose engine it is must not notice. */
	if (likely(!t->ulk->det || !t->cpu_released))
		cpu_kick(t->ulk->cpu);
	if (unlikely(t->ulk->det))
		det_signalled(t);
}

/* The mask as the handler leaves it. */
static void block_all(ucontext_t *uc)
{
	const u64 all = ~(HOST_NEVER_BLOCKED | SIG_KERNEL_ONLY);

	memcpy(&uc->uc_sigmask, &all, sizeof(all));
}

static void take_signal(struct task_struct *t, const siginfo_t *info, ucontext_t *uc)
{
	t->async_info = *info;
	if (t->ulk->det)
		det_siginfo(t, &t->async_info);
	t->async_pending = true;
	t->mask_full = 1;
	/* Every further signal waits in the host until this one is in the guest's hands. */
	block_all(uc);
	interrupt(t, uc);
}

/* By the processor, for what the host process's own code did. */
static bool is_own_fault(int sig, const siginfo_t *info)
{
	return info->si_code > 0 && (sig == SIGSEGV || sig == SIGBUS || sig == SIGILL || sig == SIGFPE || sig == SIGTRAP);
}

/* A signal of the embedding program's own: what would have become of it without us. */
static void pass_to_host(int sig, siginfo_t *info, void *ctx)
{
	const struct k_sigaction *ka = &embedding.action[sig], dfl = {.handler = ULK_SIG_DFL};

	if (ka->handler > ULK_SIG_IGN) {
		if (ka->flags & ULK_SA_SIGINFO)
			((void (*)(int, siginfo_t *, void *))(uintptr_t)ka->handler)(sig, info, ctx);
		else
			((void (*)(int))(uintptr_t)ka->handler)(sig);
		return;
	}
	if (is_own_fault(sig, info)) {
		host_sigaction(sig, &dfl, NULL);
		return;
	}
	if (ka->handler == ULK_SIG_IGN || sig == SIGCHLD || sig == SIGURG || sig == SIGWINCH || sig == SIGCONT)
		return;
	host_sigaction(sig, &dfl, NULL);
	s64 pid = HOST(SYS_getpid), tid = HOST(SYS_gettid);

	HOST(SYS_rt_tgsigqueueinfo, pid, tid, sig, info);
}

/* The host gave the signal to a thread without a machine: is it for a program that runs on another? */
static bool forward(int sig, const siginfo_t *info)
{
	siginfo_t copy = *info;
	pid_t self = (pid_t)HOST(SYS_getpid);

	if (embedding.action[sig].handler > ULK_SIG_IGN && info->si_pid != self)
		return false;
	for (size_t i = 0; i < ARRAY_SIZE(embedding.runs); i++) {
		struct task_struct *t = __atomic_load_n(&embedding.runs[i], __ATOMIC_ACQUIRE);

		if (t && HOST(SYS_rt_tgsigqueueinfo, self, t->tid, sig, &copy) == 0)
			return true;
	}
	return false;
}

/* Of an embedding program: true when it is not for @t. */
static bool is_the_hosts(struct task_struct *t, int sig, siginfo_t *info, void *ctx)
{
	if (!is_own_fault(sig, info)) {
		if (t && t->running)
			return false;
		if (forward(sig, info))
			return true;
	}
	pass_to_host(sig, info, ctx);
	return true;
}

static void host_handler(int sig, siginfo_t *info, void *ctx)
{
	struct task_struct *t = current_task;

	if (sig == SIGBUS && info->si_code == SI_ULK_KICK) {
		if (t)
			interrupt(t, ctx);
		return;
	}
	if (sig == SIGBUS && handle_host_sigbus(t, info))
		return;
	if (embedding.machines && is_the_hosts(t, sig, info, ctx))
		return;
	if (sig == SIGBUS && info->si_code > 0) {
		/* A bug of ulk's own: die of it where it happened. */
		const struct k_sigaction dfl = {.handler = ULK_SIG_DFL};
		host_sigaction(sig, &dfl, NULL);
		return;
	}
	if (!t) {
		/* A thread that libc has just started, see thread_main(): another may have it. */
		host_signal_to_process((int)HOST(SYS_getpid), info);
		block_all(ctx);
		return;
	}
	if (!t->running && sig != SIGBUS && sig_fatal(t->signal, sig)) {
		/* Between two runs it is meant for the host's process. */
		const struct k_sigaction dfl = {.handler = ULK_SIG_DFL};
		host_sigaction(sig, &dfl, NULL);
		host_signal_requeue(t, info);
		return;
	}
	if (sig == SIGBUS && (t->async_pending || (t->blocked & sigbit(SIGBUS)))) {
		/* The host cannot keep it, since SIGBUS is never blocked there. */
		t->sigbus_info = *info;
		t->sigbus_held = true;
		return;
	}
	take_signal(t, info, ctx);
}

void host_signal_to_process(int pid, const siginfo_t *info)
{
	/* But for the leader a thread may not say of a signal that the kernel or kill() sent it. */
	if (HOST(SYS_rt_sigqueueinfo, pid, info->si_signo, info) == -EPERM)
		HOST(SYS_kill, pid, info->si_signo);
}

static void install(int sig, u64 extra_flags)
{
	struct k_sigaction ka = {
		.handler = (u64)(uintptr_t)host_handler,
		.flags = ULK_SA_SIGINFO | ULK_SA_RESTART | ULK_SA_RESTORER | extra_flags,
		.restorer = (u64)(uintptr_t)ulk_host_restorer,
		.mask = ~HOST_NEVER_BLOCKED,
	};

	host_sigaction(sig, &ka, NULL);
}

void host_signals_embed(void)
{
	pthread_mutex_lock(&embedding.lock);
	for (int sig = 1; sig <= ULK_NSIG && !embedding.machines; sig++)
		host_sigaction(sig, NULL, &embedding.action[sig]);
	embedding.machines++;
	pthread_mutex_unlock(&embedding.lock);
}

void host_signals_unembed(void)
{
	pthread_mutex_lock(&embedding.lock);
	for (int sig = 1; sig <= ULK_NSIG && embedding.machines == 1; sig++) {
		if (sig != SIGKILL && sig != SIGSTOP)
			host_sigaction(sig, &embedding.action[sig], NULL);
	}
	embedding.machines--;
	pthread_mutex_unlock(&embedding.lock);
}

void host_signals_enter(struct task_struct *t, struct host_thread *was)
{
	u64 mask = (t->mask_full ? ~0UL : t->blocked) & ~(HOST_NEVER_BLOCKED | SIG_KERNEL_ONLY);

	was->task = current_task;
	current_task = t;
	t->tid = (int)HOST(SYS_gettid);
	for (size_t i = 0; i < ARRAY_SIZE(embedding.runs); i++) {
		struct task_struct *none = NULL;

		if (__atomic_compare_exchange_n(&embedding.runs[i], &none, t, false, __ATOMIC_ACQ_REL, __ATOMIC_RELAXED))
			break;
	}
	HOST(SYS_rt_sigprocmask, SIG_SETMASK, &mask, &was->mask, sizeof(mask));
	while (t->ulk->nr_held) {
		siginfo_t *info = &t->ulk->held[--t->ulk->nr_held];

		HOST(SYS_rt_tgsigqueueinfo, t->pid, t->tid, info->si_signo, info);
	}
}

/* What waits for the guest to unblock it must not meet the host's mask: it is kept for the next run, or dropped with a
 * process that has ended. What came from elsewhere is the host's. */
static void hold_pending(struct task_struct *t, const struct host_thread *was)
{
	u64 all = ~0UL, set = t->blocked & ~was->mask & ~(HOST_NEVER_BLOCKED | SIG_KERNEL_ONLY);
	const struct timespec now = {0};
	s64 pid = HOST(SYS_getpid), tid = HOST(SYS_gettid);
	siginfo_t info, others[8];
	u32 n = 0;

	HOST(SYS_rt_sigprocmask, SIG_SETMASK, &all, NULL, sizeof(all));
	while (set && n < ARRAY_SIZE(others) && HOST(SYS_rt_sigtimedwait, &set, &info, &now, sizeof(set)) > 0) {
		if (info.si_code <= 0 && info.si_code != SI_TIMER && info.si_pid != pid)
			others[n++] = info;
		else if (!t->signal->exiting && t->ulk->nr_held < ARRAY_SIZE(t->ulk->held))
			t->ulk->held[t->ulk->nr_held++] = info;
	}
	while (n--)
		HOST(SYS_rt_tgsigqueueinfo, pid, tid, others[n].si_signo, &others[n]);
}

void host_signals_leave(struct task_struct *t, const struct host_thread *was)
{
	hold_pending(t, was);
	for (size_t i = 0; i < ARRAY_SIZE(embedding.runs); i++) {
		if (embedding.runs[i] == t)
			__atomic_store_n(&embedding.runs[i], NULL, __ATOMIC_RELEASE);
	}
	HOST(SYS_rt_sigprocmask, SIG_SETMASK, &was->mask, NULL, sizeof(was->mask));
	current_task = was->task;
}

void host_signals_attach(struct task_struct *t)
{
	current_task = t;
	install(SIGBUS, 0);
}

void host_signals_detach(struct task_struct *t)
{
	if (current_task == t)
		current_task = NULL;
}

void host_signals_inherit(struct signal_struct *signal)
{
	for (int sig = 1; sig <= ULK_NSIG; sig++) {
		struct k_sigaction ka;

		memset(&signal->action[sig], 0, sizeof(signal->action[sig]));
		if (host_sigaction(sig, NULL, &ka) == 0 && ka.handler == ULK_SIG_IGN)
			signal->action[sig].handler = ULK_SIG_IGN;
	}
}

/* The handler takes the signal even though the guest has none: ulk is to see it. What the kernel asks of the
 * disposition itself stays as it is: of SIGCHLD whether children are reaped, of the terminal's whether to send them. */
static bool observed(const struct task_struct *t, int sig, const struct k_sigaction *ka)
{
	if (!(t->ulk->opt.observe_signals & sigbit(sig)))
		return false;
	return ka->handler != ULK_SIG_IGN || !(sigbit(sig) & (sigbit(SIGCHLD) | sigbit(SIGTTIN) | sigbit(SIGTTOU)));
}

void host_signal_mirror(struct task_struct *t, int sig)
{
	const struct k_sigaction *ka = &t->signal->action[sig];
	u64 chld = ka->flags & (ULK_SA_NOCLDSTOP | ULK_SA_NOCLDWAIT);

	if (sig == SIGKILL || sig == SIGSTOP)
		return;
	if (sig == SIGBUS || ka->handler > ULK_SIG_IGN || observed(t, sig, ka) ||
	    (t->signal->deaths_taken && sig_fatal(t->signal, sig))) {
		install(sig, chld);
	} else {
		const struct k_sigaction plain = {.handler = ka->handler, .flags = chld};
		host_sigaction(sig, &plain, NULL);
	}
}

void host_signals_take_deaths(struct task_struct *t)
{
	/* The first process of a namespace is spared what it does not handle. */
	if (t->signal->deaths_taken || t->pid == 1 || !cpu_can_preempt(t->ulk->cpu))
		return;
	t->signal->deaths_taken = true;
	for (int sig = 1; sig <= ULK_NSIG; sig++) {
		if (sig_fatal(t->signal, sig))
			host_signal_mirror(t, sig);
	}
}

void host_signals_give_back(const struct signal_struct *signal)
{
	const struct k_sigaction dfl = {.handler = ULK_SIG_DFL};

	/* Other machines may be at work; host_signals_unembed() does it. */
	if (signal->ulk->opt.embedded)
		return;
	for (int sig = 1; signal->deaths_taken && sig <= ULK_NSIG; sig++) {
		if (sig != SIGBUS && sig_fatal(signal, sig))
			host_sigaction(sig, &dfl, NULL);
	}
}

void host_signal_stop(struct task_struct *t, int sig)
{
	const struct k_sigaction dfl = {.handler = ULK_SIG_DFL};
	u64 set = sigbit(sig), old;
	s64 tid = HOST(SYS_gettid);

	host_sigaction(sig, &dfl, NULL);
	HOST(SYS_tgkill, t->pid, tid, sig);
	/* Open for it alone: the process stops here, or not, if its group is an orphan. */
	HOST(SYS_rt_sigprocmask, SIG_UNBLOCK, &set, &old, sizeof(set));
	HOST(SYS_rt_sigprocmask, SIG_SETMASK, &old, NULL, sizeof(old));
	host_signal_mirror(t, sig);
}

void host_thread_kick(struct task_struct *t)
{
	siginfo_t info = {.si_signo = SIGBUS, .si_code = SI_ULK_KICK};

	__atomic_store_n(&t->sigpending, 1, __ATOMIC_RELEASE);
	HOST(SYS_rt_tgsigqueueinfo, t->pid, t->tid, SIGBUS, &info);
	cpu_kick(t->ulk->cpu);
}

void host_mask_hold(struct task_struct *t)
{
	host_mask_set(~0UL);
	t->mask_full = 1;
}

/*
 * A signal that the handler takes just before the mask is written must not have its mask opened under it. So
 * the write is made as a blocking call is, which the handler turns back when it comes between test and call.
 */
void host_mask_open(struct task_struct *t)
{
	u64 mask = t->blocked & ~(HOST_NEVER_BLOCKED | SIG_KERNEL_ONLY);
	const u64 args[6] = {SIG_SETMASK, (u64)(uintptr_t)&mask, 0, sizeof(mask)};

	if (t->async_pending)
		return;
	t->mask_full = 0;
	/* A kick turns it back, too, without a signal. */
	while (!__atomic_load_n(&t->mask_full, __ATOMIC_RELAXED) &&
	       ulk_blocking_syscall(&t->mask_full, SYS_rt_sigprocmask, args) < 0)
		;
}

void host_mask_set(u64 mask)
{
	mask &= ~(HOST_NEVER_BLOCKED | SIG_KERNEL_ONLY);
	HOST(SYS_rt_sigprocmask, SIG_SETMASK, &mask, NULL, sizeof(mask));
}

void host_signal_requeue(struct task_struct *t, const siginfo_t *info)
{
	siginfo_t copy = *info;
	s64 tid = HOST(SYS_gettid);

	HOST(SYS_rt_tgsigqueueinfo, t->pid, tid, copy.si_signo, &copy);
}
