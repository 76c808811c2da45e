// SPDX-License-Identifier: GPL-2.0-or-later
/* Guest threads: clone, exit, and what execve and fork do to the others. */
#include <errno.h>
#include <linux/futex.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include "kernel/det_internal.h"
#include "kernel/files.h"
#include "kernel/robust.h"
#include "kernel/rseq.h"
#include "kernel/sched.h"
#include "kernel/signal.h"
#include "kernel/thread.h"
#include "kernel/thread_attrs.h"
#include "kernel/vfork.h"

/* ulk's own frames and the engine's run on it; touched only as far as needed. */
#define HOST_STACK_SIZE (1UL << 20)

/* What a new thread's flags may say beyond CLONE_THREAD's own. */
#define THREAD_FLAGS                                                                                     \
	(CSIGNAL | CLONE_VM | CLONE_SIGHAND | CLONE_THREAD | CLONE_FS | CLONE_FILES | CLONE_SYSVSEM |    \
	 CLONE_SETTLS | CLONE_PARENT_SETTID | CLONE_CHILD_SETTID | CLONE_CHILD_CLEARTID | CLONE_DETACHED | \
	 CLONE_IO | CLONE_PTRACE | CLONE_UNTRACED | CLONE_PARENT)

static void futex_wake(struct ulk *ulk, void *word, int count)
{
	if (unlikely(ulk->det))
		det_futex(ulk, word, FUTEX_WAKE, (u32)count, 0, NULL, 0);
	else
		HOST(SYS_futex, word, FUTEX_WAKE, count, NULL, NULL, 0);
}

static void wake_main(struct ulk *ulk)
{
	if (unlikely(ulk->det))
		det_leader_sleeps(ulk->main_task, false);
	__atomic_add_fetch(&ulk->main_wake, 1, __ATOMIC_RELEASE);
	HOST(SYS_futex, &ulk->main_wake, FUTEX_WAKE_PRIVATE, 1, NULL, NULL, 0);
}

void threads_kick(struct task_struct *t)
{
	for (struct task_struct *o = t->ulk->tasks; o; o = o->next) {
		if (o != t && !o->exited && o->tid)
			host_thread_kick(o);
	}
	if (t->ulk->main_task && t->ulk->main_task != t)
		wake_main(t->ulk);
}

/* ---- the end of a thread ---- */

void mm_release(struct task_struct *t)
{
	u32 zero = 0, *word;

	robust_exit(t);
	/* Nobody could see it in memory that goes away with this thread. */
	if (t->clear_child_tid && (__atomic_load_n(&t->mm->mm_users, __ATOMIC_ACQUIRE) > 1 || t->vfork_fd >= 0) &&
	    !put_user(t->mm, zero, t->clear_child_tid)) {
		word = user_ptr(t->mm, t->clear_child_tid, sizeof(u32), false);
		if (word)
			futex_wake(t->ulk, word, 1);
	}
	t->robust_list = t->clear_child_tid = 0;
}

void threads_release_mm(struct task_struct *t)
{
	for (struct task_struct *o = t->ulk->tasks; o; o = o->next) {
		if (o->mm && !o->exited)
			mm_release(o);
	}
}

void do_exit_thread(struct task_struct *t, int exit_code)
{
	struct signal_struct *sig = t->signal;

	t->exit_code = exit_code;
	if (t->tid == t->pid || t == t->ulk->main_task)
		sig->leader_exit_code = exit_code;
	if (sig->nr_threads == 1) {
		/* As wait(2) has it, the process's status is its leader's. */
		do_group_exit(t, sig->leader_exit_code);
		return;
	}
	t->exited = true;
}

/* A signal this thread took but will not handle: another thread of the process gets it. */
static void pass_on_signal(struct task_struct *t)
{
	host_mask_hold(t);
	/* What was for this thread alone ends with it. */
	if (t->async_pending && t->async_info.si_code != SI_TKILL)
		host_signal_to_process(t->pid, &t->async_info);
	t->async_pending = false;
}

/* The leader's host thread waits: for the end of the process, or to become the program of an execve. */
static void main_sleeps(struct task_struct *t)
{
	struct ulk *ulk = t->ulk;

	pass_on_signal(t);
	if (ulk->det)
		det_leader_sleeps(t, true);
	else
		cpu_release(t);
	for (;;) {
		u32 seen = __atomic_load_n(&ulk->main_wake, __ATOMIC_ACQUIRE);

		if (__atomic_load_n(&t->signal->exiting, __ATOMIC_ACQUIRE) ||
		    !__atomic_load_n(&t->exited, __ATOMIC_ACQUIRE))
			break;
		HOST(SYS_futex, &ulk->main_wake, FUTEX_WAIT_PRIVATE, seen, NULL, NULL, 0);
	}
	cpu_acquire(t);
	if (t->handed_over)
		thread_attrs_give(t, t->handed_over);
	t->handed_over = NULL;
	host_mask_open(t);
}

bool thread_ends(struct task_struct *t)
{
	struct signal_struct *sig = t->signal;

	if (!t->exited && sig->execer == t)
		return false;
	if (t->mm)
		mm_release(t);
	vfork_done(t);
	/* Counted out here, whatever the reason: thread_free() must not do it again. */
	t->exited = true;
	sig->nr_threads--;
	if (t != t->ulk->main_task)
		return true;
	main_sleeps(t);
	return false;
}

void thread_break(struct task_struct *t)
{
	struct ulk *ulk = t->ulk;
	bool told = false;

	host_mask_hold(t);
	/* A leader that has ended has nobody to tell. */
	while (!t->signal->exiting && !ulk->main_task->exited) {
		u32 seen = __atomic_load_n(&ulk->stops_over, __ATOMIC_ACQUIRE);

		/* Another one's break may have come first: one at a time. */
		if (!ulk->stopped) {
			if (told)
				break;
			told = true;
			__atomic_store_n(&ulk->stopped, t, __ATOMIC_RELEASE);
			host_thread_kick(ulk->main_task);
		}
		t->cpu_wanted = true;
		HOST_BLOCKING(t, SYS_futex, &ulk->stops_over, FUTEX_WAIT_PRIVATE, seen, NULL, NULL, 0);
		t->cpu_wanted = false;
		__atomic_store_n(&t->sigpending, 0, __ATOMIC_RELEASE);
		t->must_notify = true;
	}
	host_mask_open(t);
}

void thread_break_over(struct ulk *ulk)
{
	if (!ulk->stopped)
		return;
	ulk->stopped = NULL;
	__atomic_add_fetch(&ulk->stops_over, 1, __ATOMIC_RELEASE);
	HOST(SYS_futex, &ulk->stops_over, FUTEX_WAKE_PRIVATE, INT32_MAX, NULL, NULL, 0);
}

/* One that waits for the end of all others. */
static void let_others_end(struct task_struct *t)
{
	const struct timespec pause = {.tv_nsec = 100000};

	if (t->ulk->det) {
		det_await_siblings(t);
		return;
	}
	cpu_release(t);
	HOST(SYS_nanosleep, &pause, NULL);
	cpu_acquire(t);
}

void threads_end_others(struct task_struct *t)
{
	struct signal_struct *sig = t->signal;

	if (!__atomic_load_n(&t->ulk->host_threads, __ATOMIC_ACQUIRE))
		return;
	cpu_acquire(t);
	sig->exiting = true;
	thread_break_over(t->ulk);
	while (__atomic_load_n(&t->ulk->host_threads, __ATOMIC_ACQUIRE)) {
		threads_kick(t);
		let_others_end(t);
	}
}

/* The last thing a thread but the main one does. */
static void thread_free(struct task_struct *t)
{
	struct ulk *ulk = t->ulk;

	if (!t->exited) { /* the process ends */
		t->exited = true;
		t->signal->nr_threads--;
	}
	pass_on_signal(t);
	host_signals_detach(t);
	robust_withdraw(t);
	sched_forget(t);
	t->signal->min_flt += t->min_flt;
	t->signal->maj_flt += t->maj_flt;
	task_unlink(t);
	if (t->mm)
		mmput(t->mm);
	t->signal->refcount--;
	files_put(t->files);
	if (t->signal->exiting)
		wake_main(ulk);
	if (t->det)
		det_thread_ends(t);
	else
		cpu_release(t);
	free(t);
}

/* ---- the beginning of one ---- */

/* What the two sides of pthread_create tell each other. */
struct birth {
	struct task_struct *task;
	u64 flags;
	u32 ready;      /* futex: 1 when the thread has its id, else the error */
	int err;
};

static void birth_done(struct birth *b, int err)
{
	b->err = err;
	__atomic_store_n(&b->ready, 1, __ATOMIC_RELEASE);
	HOST(SYS_futex, &b->ready, FUTEX_WAKE_PRIVATE, 1, NULL, NULL, 0);
}

static void *thread_main(void *arg)
{
	struct birth *b = arg;
	struct task_struct *t = b->task;
	struct ulk *ulk = t->ulk;
	int err = b->flags & CLONE_FS ? 0 : (int)HOST(SYS_unshare, CLONE_FS);

	/* libc starts its threads with signal 32 open, whatever their creator's mask; as soon as the thread has a
	 * name the guest may send it one, such as the ticks of a SIGEV_THREAD timer, that it has blocked. */
	host_mask_hold(t);
	t->tid = (int)HOST(SYS_gettid);
	if (!err) {
		__atomic_add_fetch(&ulk->host_threads, 1, __ATOMIC_RELAXED);
		/* From birth_done() on the guest may send it SIGBUS, which the host never blocks. */
		host_signals_attach(t);
	}
	birth_done(b, err);
	if (err)
		return NULL;
	/* Born without the CPU: the parent gives it up when the clone is complete. */
	cpu_acquire(t);
	host_mask_open(t);
	enum run_stop why = task_run(t);

	while (why == RUN_BREAK && t->ulk->main_task) {
		thread_break(t);
		why = task_run(t);
	}
	if (why == RUN_EXITED && !t->ulk->main_task) {
		/* In a child that this thread forked there is nobody else to end the process. */
		t->ulk->hooks.end_process(t);
	}
	thread_free(t);
	__atomic_sub_fetch(&ulk->host_threads, 1, __ATOMIC_RELEASE);
	return NULL;
}

static int start_host_thread(struct birth *b)
{
	pthread_attr_t attr;
	pthread_t thread;
	int err;

	pthread_attr_init(&attr);
	pthread_attr_setdetachstate(&attr, PTHREAD_CREATE_DETACHED);
	pthread_attr_setstacksize(&attr, HOST_STACK_SIZE);
	err = pthread_create(&thread, &attr, thread_main, b);
	pthread_attr_destroy(&attr);
	if (err)
		return err == ENOMEM ? -ENOMEM : -EAGAIN;
	while (!__atomic_load_n(&b->ready, __ATOMIC_ACQUIRE))
		HOST(SYS_futex, &b->ready, FUTEX_WAIT_PRIVATE, 0, NULL, NULL, 0);
	return b->err;
}

/* A copy of @t that has what a new thread has of its own. NULL: out of memory. */
static struct task_struct *copy_task(struct task_struct *t, u64 flags, u64 newsp, u64 child_tid, u64 tls)
{
	struct task_struct *c = malloc(sizeof(*c));

	if (!c)
		return NULL;
	task_regs(t);
	*c = *t;
	c->next = NULL;
	c->tid = 0;
	c->regs.rax = 0;
	if (newsp)
		c->regs.rsp = newsp;
	if (flags & CLONE_SETTLS)
		c->regs.fs_base = tls;
	c->regs_valid = c->regs_dirty = true;
	cpu_get_fxstate(t->ulk->cpu, &c->fx);
	c->must_notify = c->restore_sigmask = c->exited = false;
	c->sigpending = 0;
	c->mask_full = 1; /* until thread_main() opens it */
	c->sync_pending = c->async_pending = c->sigbus_held = false;
	c->sas.ss_sp = c->sas.ss_size = 0;
	c->sas.ss_flags = SS_DISABLE;
	c->orig_rax = (u64)-1;
	c->restart_fn = NULL;
	c->debugged = NULL;
	c->dispatch.on = false;
	c->vfork_fd = c->vfork_wait_fd = -1;
	c->robust_list = c->robust_list_len = 0;
	rseq_forget(c);
	robust_forked(c);
	c->set_child_tid = flags & CLONE_CHILD_SETTID ? child_tid : 0;
	c->clear_child_tid = flags & CLONE_CHILD_CLEARTID ? child_tid : 0;
	c->min_flt = c->maj_flt = 0;
	c->cpu_released = true;
	c->files = files_get(t->files);
	return c;
}

s64 do_clone_thread(struct task_struct *t, u64 flags, u64 newsp, u64 parent_tid, u64 child_tid, u64 tls)
{
	struct birth b = {.flags = flags};
	struct task_struct *c;
	int err, tid;

	if ((flags & (CLONE_VM | CLONE_SIGHAND)) != (CLONE_VM | CLONE_SIGHAND) || (flags & CLONE_VFORK))
		return -EINVAL;
	if (flags & ~(u64)THREAD_FLAGS)
		return -EINVAL;
	/* Two tables of descriptors would each have a part of ulk's own, which all threads need. */
	if (!(flags & CLONE_FILES))
		return -ENOSYS;
	if ((flags & CLONE_SETTLS) && tls >= TASK_SIZE_MAX)
		return -EPERM;
	c = copy_task(t, flags, newsp, child_tid, tls);
	if (!c)
		return -ENOMEM;
	if (t->ulk->det && det_born(t, c)) {
		files_put(c->files);
		free(c);
		return -EAGAIN;
	}
	b.task = c;
	/* The new host thread begins with every signal blocked, and opens its mask when it is set up. */
	host_mask_hold(t);
	err = start_host_thread(&b);
	/* libc's pthread_create takes signal 33 for itself the first time; the guest may have it in use (Go). */
	host_signal_mirror(t, 32);
	host_signal_mirror(t, 33);
	host_mask_open(t);
	if (err) {
		if (c->det)
			det_unborn(c);
		files_put(c->files);
		free(c);
		return err;
	}
	mmget(t->mm);
	t->signal->refcount++;
	t->signal->nr_threads++;
	/* Behind the leader, which stays the first. */
	c->next = t->next;
	t->next = c;
	tid = c->tid;
	if (c->det)
		c->det->tid = tid;
	/* As in Linux, bad addresses go unnoticed once the thread exists. */
	if ((flags & CLONE_PARENT_SETTID) && put_user(t->mm, tid, parent_tid))
		tid = c->tid;
	if ((flags & CLONE_CHILD_SETTID) && put_user(t->mm, tid, child_tid))
		c->set_child_tid = 0;
	return tid;
}

/* ---- execve and fork ---- */

void de_thread(struct task_struct *t)
{
	struct signal_struct *sig = t->signal;

	if (sig->nr_threads == 1)
		return;
	sig->execer = t;
	while (sig->nr_threads > 1 && !sig->exiting) {
		threads_kick(t);
		let_others_end(t);
	}
	sig->execer = NULL;
}

void thread_hand_over(struct task_struct *t)
{
	struct task_struct *m = t->ulk->main_task, copy;

	t->hand_over = false;
	/* The leader's host thread sleeps in main_sleeps(); give it everything but what is the host thread's. */
	copy = *t;
	copy.next = m->next;
	copy.tid = m->tid;
	copy.cpu_released = m->cpu_released;
	copy.async_pending = copy.sync_pending = false;
	copy.mask_full = m->mask_full;
	copy.host_robust = m->host_robust;
	copy.det = m->det;
	copy.sigpending = 0;
	copy.exited = true;
	host_mask_set(~0UL);
	copy.handed_over = thread_attrs_take(t);
	if (m->mm)
		mmput(m->mm);
	files_put(m->files);
	*m = copy;
	m->mm->owner = m;
	cpu_set_arg(t->ulk->cpu, m);
	sched_loaded(m);
	/* t keeps no share of them; its own end is silent. */
	t->mm = NULL;
	t->files = files_get(m->files);
	t->clear_child_tid = t->robust_list = 0;
	t->exited = true;
	t->signal->nr_threads++; /* until thread_ends() has seen to t */
	__atomic_store_n(&m->exited, false, __ATOMIC_RELEASE);
	wake_main(t->ulk);
}

void threads_forked(struct task_struct *t)
{
	struct ulk *ulk = t->ulk;
	struct task_struct *o, *next;

	for (o = ulk->tasks; o; o = next) {
		next = o->next;
		if (o == t)
			continue;
		t->signal->refcount--;
		own_fd_close(&ulk->phys->own, &o->vfork_wait_fd);
		own_fd_close(&ulk->phys->own, &o->vfork_pidfd);
		files_put(o->files);
		__atomic_sub_fetch(&t->mm->mm_users, 1, __ATOMIC_ACQ_REL);
		free(o);
	}
	ulk->tasks = t;
	t->next = NULL;
	/* The one that forked is one of them if it was not the first. */
	ulk->host_threads = ulk->main_task != t;
	if (ulk->main_task != t)
		ulk->main_task = NULL;
	t->signal->nr_threads = 1;
	t->signal->execer = NULL;
	sched_forked(t);
}
