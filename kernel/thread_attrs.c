// SPDX-License-Identifier: GPL-2.0-or-later
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include "kernel/signal.h"
#include "kernel/thread_attrs.h"

struct thread_attrs {
	int pdeathsig, nice;
	s64 timerslack, affinity_bytes;
	u64 affinity[128];
	size_t nr_signals;
	siginfo_t *signals;
};

/* Signals that wait for the thread alone: SigPnd. The set that rt_sigpending gives holds the process's too.
 */
static u64 private_pending(int tid)
{
	char path[64], text[4096], *line;
	s64 n, fd;

	snprintf(path, sizeof(path), "/proc/self/task/%d/status", tid);
	fd = HOST(SYS_open, path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return 0;
	n = HOST(SYS_read, fd, text, sizeof(text) - 1);
	HOST(SYS_close, fd);
	text[n > 0 ? n : 0] = '\0';
	line = strstr(text, "\nSigPnd:");
	return line ? strtoull(line + sizeof("\nSigPnd:") - 1, NULL, 16) : 0;
}

/* Take them out of the queue of the calling thread; those of a thread come before those of its process. */
static void drain(const struct task_struct *t, struct thread_attrs *attrs)
{
	const struct timespec now = {0, 0};
	siginfo_t info, *more;
	u64 pending;

	while ((pending = private_pending(t->tid))) {
		u64 lowest = pending & -pending;

		if (HOST(SYS_rt_sigtimedwait, &lowest, &info, &now, sizeof(lowest)) < 0)
			return;
		more = attrs ? reallocarray(attrs->signals, attrs->nr_signals + 1, sizeof(*more)) : NULL;
		if (!more)
			continue;
		attrs->signals = more;
		attrs->signals[attrs->nr_signals++] = info;
	}
}

struct thread_attrs *thread_attrs_take(const struct task_struct *t)
{
	struct thread_attrs *attrs = calloc(1, sizeof(*attrs));

	if (!attrs)
		return NULL;
	HOST(SYS_prctl, PR_GET_PDEATHSIG, &attrs->pdeathsig);
	attrs->timerslack = HOST(SYS_prctl, PR_GET_TIMERSLACK);
	/* The raw call gives 20 - nice. */
	attrs->nice = 20 - (int)HOST(SYS_getpriority, PRIO_PROCESS, 0);
	attrs->affinity_bytes = HOST(SYS_sched_getaffinity, 0, sizeof(attrs->affinity), attrs->affinity);
	drain(t, attrs);
	return attrs;
}

void thread_attrs_give(const struct task_struct *t, struct thread_attrs *attrs)
{
	drain(t, NULL);
	if (!attrs)
		return;
	HOST(SYS_prctl, PR_SET_NAME, t->comm);
	HOST(SYS_prctl, PR_SET_PDEATHSIG, attrs->pdeathsig);
	HOST(SYS_prctl, PR_SET_TIMERSLACK, attrs->timerslack);
	HOST(SYS_prctl, PR_SET_KEEPCAPS, 0);
	if (attrs->nice != 20 - (int)HOST(SYS_getpriority, PRIO_PROCESS, 0))
		HOST(SYS_setpriority, PRIO_PROCESS, 0, attrs->nice);
	if (attrs->affinity_bytes > 0)
		HOST(SYS_sched_setaffinity, 0, attrs->affinity_bytes, attrs->affinity);
	for (size_t i = 0; i < attrs->nr_signals; i++)
		HOST(SYS_rt_tgsigqueueinfo, t->pid, t->tid, attrs->signals[i].si_signo, &attrs->signals[i]);
	free(attrs->signals);
	free(attrs);
}
