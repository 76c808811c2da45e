/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * signal: how signals reach the guest.
 *
 * The host's kernel is the queue. The guest's dispositions are mirrored to the host (SIG_DFL and
 * SIG_IGN as they are, a guest handler as ulk's catch-all handler) and so is its mask; a blocked
 * signal therefore waits in the host, where sigpending, sigtimedwait and signalfd find it. The
 * catch-all takes exactly one signal into task->async_info and leaves every other one blocked in the
 * host until the guest's frame is built (host_mask_open()), so no signal is lost or reordered.
 *
 * Synchronous signals (faults of guest code) never come from the host; they are made by
 * force_sig_fault() and kept in task->sync_info.
 *
 * Only the host's handler and what it points to (`current_task`, thread-local) are global.
 */
#ifndef ULK_KERNEL_SIGNAL_H
#define ULK_KERNEL_SIGNAL_H

#include "kernel/task.h"

#define ULK_SA_NOCLDSTOP 0x00000001UL
#define ULK_SA_NOCLDWAIT 0x00000002UL
#define ULK_SA_SIGINFO   0x00000004UL
#define ULK_SA_EXPOSE_TAGBITS 0x00000800UL
#define ULK_SA_RESTORER  0x04000000UL
#define ULK_SA_ONSTACK   0x08000000UL
#define ULK_SA_RESTART   0x10000000UL
#define ULK_SA_NODEFER   0x40000000UL
#define ULK_SA_RESETHAND 0x80000000UL

/* What sigaction keeps: a program that asks for a flag of a later kernel must be able to tell. */
#define ULK_UAPI_SA_FLAGS                                                                                    \
	(ULK_SA_NOCLDSTOP | ULK_SA_NOCLDWAIT | ULK_SA_SIGINFO | ULK_SA_EXPOSE_TAGBITS | ULK_SA_RESTORER |    \
	 ULK_SA_ONSTACK | ULK_SA_RESTART | ULK_SA_NODEFER | ULK_SA_RESETHAND)

#define ULK_SIG_DFL 0UL
#define ULK_SIG_IGN 1UL

#define sigbit(sig) (1UL << ((sig) - 1))

/* Signals that ulk itself depends on: never blocked on the host. */
#define HOST_NEVER_BLOCKED (sigbit(SIGBUS))
/* si_code of the SIGBUS by which one of ulk's threads interrupts another; no kernel and no guest makes it. */
#define SI_ULK_KICK (-0x756c6b)
/* Of signals that a deterministic run sends to a thread as if to the process: SI_USER and SI_KERNEL, which the host lets nobody say. */
#define SI_ULK_USER (-0x756c6c)
#define SI_ULK_KERNEL (-0x756c6d)
#define SIG_KERNEL_ONLY (sigbit(SIGKILL) | sigbit(SIGSTOP))

/* ---- kernel/host.c ---- */
s64 ulk_blocking_syscall(u32 *pending, long nr, const u64 args[6]);
extern const char ulk_blocking_begin[], ulk_blocking_end[], ulk_blocking_interrupted[];

/* ---- kernel/host_signal.c ---- */

/* Make @t the task whose signals this host thread receives, and install the handler ulk itself needs. */
void host_signals_attach(struct task_struct *t);
void host_signals_detach(struct task_struct *t);
/*
 * For a machine in a program of somebody else's (ulk_options.embedded), which has handlers and threads of its own. embed()
 * before the first of its tasks is made: dispositions are remembered; unembed() when it is gone: after the last machine they
 * are put back. Meanwhile a signal that comes when no guest runs, or that is a fault of the host's own code, is handed to
 * what was installed. enter() and leave() around a run: the calling thread gets the guest's mask, and its own back.
 */
struct host_thread {
	struct task_struct *task;
	u64 mask;
};
void host_signals_embed(void);
void host_signals_unembed(void);
void host_signals_enter(struct task_struct *t, struct host_thread *was);
void host_signals_leave(struct task_struct *t, const struct host_thread *was);
/* Read the dispositions the host process was started with into @signal. */
void host_signals_inherit(struct signal_struct *signal);
/*
 * From now on signals that end the process by default pass through ulk, which then ends it. For a process that has
 * something to leave behind: its robust mutexes are marked, its vfork parent is told. Not where a guest that loops
 * could not be stopped so.
 */
void host_signals_take_deaths(struct task_struct *t);
/* The process has ended, and its host process may go on: those signals do to that what they did before. */
void host_signals_give_back(const struct signal_struct *signal);
/* Make the host's disposition of @sig follow the guest's. */
void host_signal_mirror(struct task_struct *t, int sig);
/* Stop the process as the host does for @sig, whose action is the default one. Returns when it is continued. */
void host_signal_stop(struct task_struct *t, int sig);
/* Make another thread leave guest code or its blocking call, as a signal would, without one. */
void host_thread_kick(struct task_struct *t);
/*
 * Who may write the host thread's mask, and when. While a signal is in hand (async_pending) every other one
 * waits in the host, or it would take its place and be lost; so between host_mask_hold(), or the handler's
 * doing the same, and host_mask_open() the mask is full, and changes of the guest's mask are only noted.
 */
void host_mask_hold(struct task_struct *t);
/* The host thread's mask becomes the guest's, unless a signal is in hand; at most one more arrives at once. */
void host_mask_open(struct task_struct *t);
/* Write the mask itself, for a time in which no guest signal is handled. */
void host_mask_set(u64 mask);
/* To any thread of process @pid, which is the caller's; who sent it is lost in some cases. */
void host_signal_to_process(int pid, const siginfo_t *info);
/* Put a signal taken from the host back into its queue (the guest blocked it meanwhile). */
void host_signal_requeue(struct task_struct *t, const siginfo_t *info);

/* ---- kernel/signal.c ---- */

/* The process ends of @sig as its disposition is now. */
bool sig_fatal(const struct signal_struct *signal, int sig);

/*
 * Before the task goes back to guest code: deliver what is pending, restart or fail an interrupted
 * system call (its result is in regs.rax, its number in orig_rax). May end the process.
 */
void do_notify_resume(struct task_struct *t);

/*
 * Linux's set_user_sigmask for ppoll, pselect6, epoll_pwait: the host's call is given @mask itself;
 * afterwards sigmask_end() says with the call's result whether the old mask comes back at once
 * (not interrupted) or after the handler's frame.
 */
void sigmask_begin(struct task_struct *t, u64 mask);
s64 sigmask_end(struct task_struct *t, s64 result);

/* New program: handlers back to default, ignored ones stay, alternate stack gone (flush_signal_handlers). */
void signals_exec(struct task_struct *t);

/* ---- kernel/sigframe.c ---- */

/* Build the x86-64 rt_sigframe of @info for @ka on the guest's stack and enter the handler.
 * 0, or -EFAULT when the stack cannot take it. */
int setup_rt_frame(struct task_struct *t, int sig, const struct k_sigaction *ka, const siginfo_t *info);
/* Bytes a frame may need at most: AT_MINSIGSTKSZ. */
u64 sigframe_max_size(void);

#endif
