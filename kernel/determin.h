/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * determin: runs that repeat (--deterministic). Time is virtual: it advances with the basic blocks that are executed and with system
 * calls, and jumps to the next deadline when every thread waits. The threads of all processes that come from the first take turns in
 * the order of their birth: one of them has the turn, and the others do nothing. A turn ends after a number of blocks
 * drawn from the seed, or when the thread would block; a call that would block is tried without waiting, again at each of the
 * thread's turns. Futexes are kept here and not by the host, whose wake-ups come when they please. Random bytes, the
 * time-stamp counter and CPU numbers follow from the seed.
 *
 * One thread that has nothing to wait for but the outside waits in the host, as ever.
 *
 * All state lies in memory that the processes share (det_internal.h) and is changed by who has the turn (for kernel/sched.h: the
 * CPU), but for the joining of threads that were outside.
 */
#ifndef ULK_KERNEL_DETERMIN_H
#define ULK_KERNEL_DETERMIN_H

#include <poll.h>
#include <signal.h>
#include <sys/resource.h>
#include <time.h>
#include "kernel/task.h"

struct determin;

/* For a machine without a program. 0 or -errno. */
int det_create(struct ulk *ulk, u64 seed);
void det_destroy(struct ulk *ulk);
/* What CLOCK_REALTIME shows when the program begins, s. */
void det_set_epoch(struct ulk *ulk, u64 seconds);
/* The first task takes part; @t has the turn. 0 or -errno. */
int det_attach(struct task_struct *t);
/* A thread @c of @t's is about to be made, or was not. 0 or -EAGAIN. */
int det_born(struct task_struct *t, struct task_struct *c);
void det_unborn(struct task_struct *c);
/* A child is about to be forked (0 or -EAGAIN); in the parent: it was (@pid) or was not (-errno); in the child, which waits
 * here for its turn. */
int det_fork_prepare(struct task_struct *t);
void det_fork_parent(struct task_struct *t, s64 pid);
void det_forked(struct task_struct *t);
/* @t takes part no more, and gives the turn away. */
void det_thread_ends(struct task_struct *t);
/* The process ends: all that is left of it is the death of the host's process. */
void det_process_ends(struct task_struct *t);
/* From a signal handler: @t should have a look. */
void det_signalled(struct task_struct *t);

/* ---- time and chance ---- */

/* As clock_gettime(2), of the machine's clock: virtual, or the host's. 0 or -errno. */
s64 task_clock(struct task_struct *t, clockid_t clock, struct timespec *ts);
/* ns since the program began. Needs ulk->det. */
u64 det_now(struct ulk *ulk);
/* CPU time of the process, ns. */
u64 det_process_cpu(struct task_struct *t);
void det_random(struct ulk *ulk, void *buf, size_t n);
/* rdtsc and rdtscp, which are #GP in such a run: true when @t stood before one, which is done now. */
bool det_rdtsc(struct task_struct *t);
/* A signal is taken: what it says of the CPU time of a child (nothing) and of what a timer missed. And what wait4(2) and waitid(2)
 * say of a child. */
void det_siginfo(struct task_struct *t, siginfo_t *info);
void det_rusage(struct ulk *ulk, struct rusage *ru);
/* A system call is made. */
void det_syscall(struct task_struct *t, u64 nr);
/* The host's call @nr to send a signal: in a deterministic run it arrives before @t goes on. */
s64 det_send(struct task_struct *t, long nr, u64 a, u64 b, u64 c, u64 d);
/* @t gives the turn away and stops its process; true. */
bool det_stops(struct task_struct *t);

/*
 * Signals from outside (of no process of the run, nor the kernel's on behalf of one), recorded and sent again. A signal is taken by
 * thread @tid at virtual time @at, either in a call that it interrupts or between two instructions; det_signal_interrupts() says
 * which, of one that is about to be delivered. The recording tells of the next one, or that none is known (@tid 0); det_signal_due() sends it
 * to @t when its time has come.
 */
bool det_from_outside(const siginfo_t *info);
bool det_signal_interrupts(const struct task_struct *t);
void det_foretell_signal(struct ulk *ulk, int tid, u64 at, bool in_call, const siginfo_t *info);
bool det_signal_due(struct task_struct *t, bool in_call);

/* ---- timers ---- */

/* setitimer and getitimer, of a clock number that the host knows: @new and @old may be NULL. 0 or -EAGAIN. */
int det_set_itimer(struct task_struct *t, int which, const struct itimerspec *new, struct itimerspec *old);
/* Timers of timer_create that the host knows by @id and a clock; timerfds. @old is what settime and gettime tell. */
int det_timer_create(struct task_struct *t, int clock, const struct sigevent *event, int id);
void det_timer_settime(struct task_struct *t, int id, bool absolute, const struct itimerspec *new, struct itimerspec *old);
int det_timer_overrun(struct task_struct *t, int id);
void det_timer_delete(struct task_struct *t, int id);
int det_timerfd_create(struct task_struct *t, int fd, int clock);
void det_timerfd_settime(struct task_struct *t, int fd, bool absolute, const struct itimerspec *new, struct itimerspec *old);
/* The same, for the host to check, but that it does not go off. */
struct itimerspec det_timer_never(const struct itimerspec *it);
/* execve: timers of timer_create do not live on. */
void det_timers_exec(struct task_struct *t);

/* ---- ports that the host picks (det_ports.c) ---- */

/* A socket's address on its way to the host and from it: the port is one or the other's. */
void det_port_in(struct ulk *ulk, void *addr, size_t len);
void det_port_out(struct ulk *ulk, void *addr, size_t len);
/* The host's port of a socket, 0 none yet; it has one now, which the host picked or the program. */
u16 det_port_now(int fd);
void det_port_picked(struct ulk *ulk, int fd, bool by_host);

/* ---- threads (for kernel/sched.c, kernel/host.c and the futex calls) ---- */

void det_release(struct task_struct *t);
void det_acquire(struct task_struct *t);
/* The engine was kicked: has the turn ended? */
void det_yield(struct task_struct *t);
/* Would @t go on if it had its turn? */
bool det_ready(const struct task_struct *t);
/* @t's turn ends at its next det_yield(). */
void det_end_turn(struct task_struct *t);
/* The other threads of @t's process that can go on have their turns, for it waits for their end. */
void det_await_siblings(struct task_struct *t);
/* @t, the leader, has ended and waits in the host (true), or has reason to come back (false; whoever has the turn says so). */
void det_leader_sleeps(struct task_struct *t, bool asleep);
/* Wait in turns until poll(2) finds something on the host's descriptors. False: a signal came first. */
bool det_await_fds(struct task_struct *t, struct pollfd *fds, unsigned n);
/* The others' turns, until something may have changed for @t, or virtual time @deadline (0: none). False: a signal came. */
bool det_pause(struct task_struct *t, u64 deadline);
/* The others' turns for so long, ns of virtual time, whatever signals come. */
void det_sleep(struct task_struct *t, u64 ns);
/* While everybody waits and somebody for the outside, virtual time passes no faster than the world's. */
void det_in_real_time(struct ulk *ulk);
/* End the run, all processes of it, with this status. */
void __attribute__((noreturn)) det_abort(struct task_struct *t, int status);
/* host_syscall_blocking() in turns. */
s64 det_blocking(struct task_struct *t, long nr, const u64 args[6]);
/* In any run: the call is made, unless it would wait: -ERESTARTSYS. */
s64 det_try(struct task_struct *t, long nr, const u64 args[6]);
/* A futex call that does not wait, on host addresses. */
s64 det_futex(struct ulk *ulk, u32 *word, int op, u32 val, u64 val2, u32 *word2, u32 val3);

#endif
