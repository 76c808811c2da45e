// SPDX-License-Identifier: GPL-2.0-or-later
/* Whom the machine's hooks tell. */
#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <sys/syscall.h>
#include <unistd.h>
#include "observe/core.h"
#include "observe/coverage.h"
#include "observe/gdb.h"
#include "observe/inject.h"
#include "observe/itrace.h"
#include "observe/memcalls.h"
#include "observe/observe.h"
#include "observe/profile.h"
#include "observe/record.h"
#include "observe/report.h"
#include "observe/trace_internal.h"

u64 observers_signals(const struct observers *o)
{
	/* A trace shows every signal, results are written whatever a process dies of; a report is of those that end a program
	 * by its own fault. */
	return o->trace || o->coverage || o->profile ? ~0UL : (o->report ? REPORT_SIGNALS : 0) | (o->core ? CORE_SIGNALS : 0);
}

static void on_signal(struct task_struct *t, const siginfo_t *info)
{
	struct observers *o = observers_of(t);

	if (o->trace)
		trace_signal(t, info);
	if (o->report)
		report_signal(o->report, t, info);
	if (o->core)
		core_signal(o->core, t, info);
}

static void on_task_end(struct task_struct *t)
{
	struct observers *o = observers_of(t);

	if (o->gdb)
		gdb_task_end(o->gdb, t);
	if (o->trace)
		trace_task_end(t);
	if (o->inject)
		inject_task_end(t);
	if (o->coverage)
		coverage_task_end(o->coverage, t);
	if (o->profile)
		profile_task_end(o->profile, t);
}

static void on_left_engine(struct task_struct *t, const struct cpu_exit *exit)
{
	struct observers *o = observers_of(t);

	if (o->itrace)
		itrace_left_engine(o->itrace, t, exit);
	if (o->profile)
		profile_left_engine(o->profile, t);
}

int observers_attach(struct observers *o, struct ulk *ulk)
{
	ulk->observer = o;
	if (o->record)
		record_attach(o->record, ulk);
	/* Innermost but for that: a trace shows what was injected. */
	if (o->inject)
		inject_attach(o->inject, ulk);
	if (o->trace)
		trace_attach(o->trace, ulk);
	if (o->memory)
		memcalls_attach(o->memory, ulk);
	if (o->report)
		report_attach(o->report, ulk);
	if (o->trace || o->report || o->core)
		ulk->hooks.signal = on_signal;
	if (o->trace || o->inject || o->coverage || o->profile || o->gdb)
		ulk->hooks.task_end = on_task_end;
	if (o->itrace)
		itrace_attach(o->itrace, ulk);
	if (o->profile)
		profile_attach(o->profile, ulk);
	if (o->itrace || o->profile)
		ulk->hooks.left_engine = on_left_engine;
	/* The last, so that a call that gdb stops at has not begun for the others. */
	if (o->gdb)
		gdb_attach(o->gdb, ulk);
	return o->coverage ? coverage_attach(o->coverage, ulk) : 0;
}

void own_descriptor(struct ulk *ulk, int *fd)
{
	int seen = *fd;

	if (seen < 0)
		return;
	if (own_fd_dup(&ulk->phys->own, seen, fd))
		*fd = seen;
	else
		close(seen);
}

int write_fully(int fd, const char *text, size_t n)
{
	const struct timespec now = {};
	u64 all = ~0UL, xfsz = 1UL << (SIGXFSZ - 1), old;
	int err = 0;

	HOST(SYS_rt_sigprocmask, SIG_SETMASK, &all, &old, sizeof(old));
	while (n) {
		s64 done = HOST(SYS_write, fd, text, n);

		if (done == -EINTR)
			continue;
		if (done <= 0) {
			err = done ? (int)done : -EIO;
			break;
		}
		text += done;
		n -= (size_t)done;
	}
	/* The limit is the guest's, the file is not: its signal is nobody's. */
	if (err == -EFBIG)
		HOST(SYS_rt_sigtimedwait, &xfsz, NULL, &now, sizeof(xfsz));
	HOST(SYS_rt_sigprocmask, SIG_SETMASK, &old, NULL, sizeof(old));
	return err;
}

void write_output(int fd, const char *text, size_t n, const char *option, bool *failed)
{
	int err = write_fully(fd, text, n);

	if (err && !__atomic_exchange_n(failed, true, __ATOMIC_RELAXED))
		observer_error("%s: %s", option, strerror(-err));
}

void observer_error(const char *fmt, ...)
{
	char line[PATH_MAX + 256];
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(line, sizeof(line) - 1, fmt, ap);
	va_end(ap);
	if (n < 0)
		return;
	n = n < (int)sizeof(line) - 1 ? n : (int)sizeof(line) - 2;
	line[n] = '\n';
	write_fully(STDERR_FILENO, "ulk: ", 5);
	write_fully(STDERR_FILENO, line, (size_t)n + 1);
}
