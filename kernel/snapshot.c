// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include "kernel/posix_timers.h"
#include "kernel/sched.h"
#include "kernel/signal.h"
#include "kernel/snapshot_internal.h"
#include "kernel/thread.h"
#include "mm/snapshot.h"

int task_snapshot_take(struct task_struct *t, const char *const *files, struct task_snapshot **out, const char **why)
{
	struct task_snapshot *s;
	int err;

	*out = NULL;
	*why = NULL;
	if (t != t->ulk->main_task || t->signal->nr_threads != 1 || t->signal->ioctx_table || t->exited) {
		*why = "a snapshot is of a process with one thread, and no asynchronous I/O";
		return -EBUSY;
	}
	s = calloc(1, sizeof(*s));
	if (!s)
		return -ENOMEM;
	s->t = t;
	s->mm_id = t->mm->id;
	task_regs(t);
	mm_take_faults(t->mm, &t->min_flt, &t->maj_flt);
	cpu_get_fxstate(t->ulk->cpu, &s->fx);
	s->task = *t;
	s->signal = *t->signal;
	err = mm_snapshot_take(t->mm, &s->mm);
	if (err == -EOPNOTSUPP)
		*why = "a System V segment is attached";
	if (!err)
		err = fds_snapshot_take(t, files, &s->fds);
	if (err) {
		task_snapshot_free(s);
		return err;
	}
	*out = s;
	return 0;
}

static void task_back(struct task_struct *t, const struct task_struct *was)
{
#define BACK(field) memcpy(&t->field, &was->field, sizeof(t->field))
	BACK(regs), BACK(comm), BACK(saved_sigmask), BACK(restore_sigmask), BACK(sas), BACK(cr2), BACK(trapno),
		BACK(error_code), BACK(fault), BACK(orig_rax), BACK(restart_fn), BACK(restart_data), BACK(set_child_tid),
		BACK(clear_child_tid), BACK(robust_list), BACK(robust_list_len), BACK(rseq), BACK(rseq_len), BACK(rseq_sig),
		BACK(rseq_cpu), BACK(rseq_event), BACK(min_flt), BACK(maj_flt), BACK(personality), BACK(seccomp_mode),
		BACK(seccomp), BACK(dispatch), BACK(exit_code), BACK(must_notify);
#undef BACK
	t->exited = t->sync_pending = t->async_pending = t->sigbus_held = t->hand_over = false;
	t->regs_valid = t->regs_dirty = true;
	__atomic_store_n(&t->sigpending, 0, __ATOMIC_RELEASE);
}

static void signal_back(struct task_struct *t, const struct signal_struct *was)
{
	struct signal_struct *sig = t->signal;
	struct itimerval timer;

	for (int i = 1; i <= ULK_NSIG && memcmp(sig->action, was->action, sizeof(sig->action)); i++) {
		if (!memcmp(&sig->action[i], &was->action[i], sizeof(sig->action[i])))
			continue;
		sig->action[i] = was->action[i];
		host_signal_mirror(t, i);
	}
	for (int i = 0; i < RLIM_NLIMITS; i++) {
		if (!memcmp(&sig->rlim[i], &was->rlim[i], sizeof(sig->rlim[i])))
			continue;
		sig->rlim[i] = was->rlim[i];
		/* A hard limit that was given up stays so. */
		limit_to_host(t, i);
	}
	if (sig->nr_posix_timers && !was->nr_posix_timers)
		exit_itimers(sig);
	if (HOST(SYS_getitimer, ITIMER_REAL, &timer) == 0 && (timer.it_value.tv_sec || timer.it_value.tv_usec)) {
		memset(&timer, 0, sizeof(timer));
		HOST(SYS_setitimer, ITIMER_REAL, &timer, NULL);
	}
#define BACK(field) memcpy(&sig->field, &was->field, sizeof(sig->field))
	BACK(did_exec), BACK(leader_exit_code), BACK(exit_code), BACK(min_flt), BACK(maj_flt), BACK(maxrss);
#undef BACK
	sig->exiting = false;
	sig->nr_threads = 1;
}

int task_snapshot_restore(struct task_snapshot *s, u64 *pages, const char **why)
{
	struct task_struct *t = s->t;
	int err;

	*why = NULL;
	*pages = 0;
	if (!t->mm || t->mm->id != s->mm_id || t != t->ulk->main_task) {
		*why = "the process has executed another program since";
		return -ESTALE;
	}
	threads_end_others(t);
	if (t->ulk->opt.embedded) {
		/* This thread's mask is the embedding program's now: the next run begins with the guest's. */
		t->async_pending = false;
		t->mask_full = 0;
		t->blocked = s->task.blocked;
	} else if (t->mask_full || t->async_pending || t->blocked != s->task.blocked) {
		t->async_pending = false;
		set_current_blocked(t, s->task.blocked);
		host_mask_open(t);
	}
	signal_back(t, &s->signal);
	task_back(t, &s->task);
	cpu_set_fxstate(t->ulk->cpu, &s->fx);
	cpu_set_arg(t->ulk->cpu, t);
	sched_loaded(t);
	cpu_pass_break(t->ulk->cpu);
	err = mm_snapshot_restore(s->mm, pages);
	if (err)
		return err;
	return fds_snapshot_restore(s->fds, t);
}

void task_snapshot_free(struct task_snapshot *s)
{
	if (!s)
		return;
	mm_snapshot_free(s->mm);
	fds_snapshot_free(s->fds, s->t->ulk);
	free(s);
}
