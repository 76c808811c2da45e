// SPDX-License-Identifier: GPL-2.0-or-later
/* The tracer: what happens, in lines. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>
#include "observe/decode.h"
#include "observe/observe.h"
#include "observe/trace_internal.h"
#include "syscalls/nr.h"
#include "syscalls/syscalls.h"

/* ---- lines ---- */

static void lock(struct trace *tr)
{
	if (pthread_mutex_lock(&tr->shared->lock) == EOWNERDEAD)
		pthread_mutex_consistent(&tr->shared->lock);
}

static void unlock(struct trace *tr)
{
	pthread_mutex_unlock(&tr->shared->lock);
}

static u64 now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (u64)ts.tv_sec * 1000000000 + (u64)ts.tv_nsec;
}

/* -r: since the line before; in parentheses beside a time of day. */
static void put_relative(struct trace *tr, FILE *out)
{
	const u64 now = now_ns(), ns = tr->shared->last ? now - tr->shared->last : 0;

	tr->shared->last = now;
	fprintf(out, tr->opt.stamps ? "(+%6lu.%06lu) " : "%6lu.%06lu ", ns / 1000000000, ns / 1000 % 1000000);
}

/* Time and process at the beginning of a line. */
void trace_put_prefix(struct trace *tr, FILE *out, int tid)
{
	struct timespec now;
	struct tm tm;
	char buf[32];

	if (tr->opt.follow && tr->opt.path)
		fprintf(out, "%-5d ", tid);
	else if (tr->opt.follow && tr->shared->nr_tracees > 1)
		fprintf(out, "[pid %5d] ", tid);
	clock_gettime(CLOCK_REALTIME, &now);
	if (tr->opt.stamps == 3) {
		fprintf(out, "%ld.%06ld ", now.tv_sec, now.tv_nsec / 1000);
	} else if (tr->opt.stamps) {
		strftime(buf, sizeof(buf), "%T", localtime_r(&now.tv_sec, &tm));
		if (tr->opt.stamps == 2)
			fprintf(out, "%s.%06ld ", buf, now.tv_nsec / 1000);
		else
			fprintf(out, "%s ", buf);
	}
	if (tr->opt.relative)
		put_relative(tr, out);
}

bool trace_line_begin(struct trace_line *l)
{
	l->text = NULL;
	l->out = open_memstream(&l->text, &l->size);
	return l->out;
}

void trace_write(struct trace *tr, const char *text, size_t n)
{
	if (tr->opt.path)
		write_output(tr->fd, text, n, tr->opt.path, &tr->shared->failed);
	else
		write_fully(tr->fd, text, n);
}

/* Whoever has an open line loses it: "<unfinished ...>". */
static void close_other_line(struct trace *tr, int tid)
{
	static const char unfinished[] = " <unfinished ...>\n";

	if (tr->shared->open_tid && tr->shared->open_tid != tid)
		trace_write(tr, unfinished, sizeof(unfinished) - 1);
	tr->shared->open_tid = 0;
}

/* Write the line (whole, or up to where the call waits) and free it. */
void trace_line_end(struct trace *tr, struct trace_line *l)
{
	fclose(l->out);
	trace_write(tr, l->text, l->size);
	free(l->text);
}

/* A line that is whole, as those of --json are, without the prefix. */
static void line_put(struct trace *tr, struct trace_line *l)
{
	lock(tr);
	trace_line_end(tr, l);
	unlock(tr);
}

/* A line that is whole from the start, under the lock. */
static void put_line(struct trace *tr, int tid, void (*put)(FILE *out, const void *arg), const void *arg)
{
	struct trace_line l;

	if (!trace_line_begin(&l))
		return;
	lock(tr);
	close_other_line(tr, 0);
	trace_put_prefix(tr, l.out, tid);
	put(l.out, arg);
	putc('\n', l.out);
	trace_line_end(tr, &l);
	unlock(tr);
}

/* ---- calls ---- */

static const char *call_name(const struct tcb *c, char buf[32])
{
	if (c->call)
		return c->call->name;
	if (c->nr < syscall_table_size && syscall_table[c->nr].name)
		return syscall_table[c->nr].name;
	snprintf(buf, 32, "syscall_%#lx", c->nr);
	return buf;
}

/* A call without decoders: its words, as many as the table knows of. */
static void put_raw_args(struct tcb *c)
{
	const struct syscall_row *row =
		c->nr < syscall_table_size && syscall_table[c->nr].name ? &syscall_table[c->nr] : NULL;

	for (unsigned i = 0; i < 6 && (!row || row->args[i] != ARG_NONE); i++)
		fprintf(c->out, "%s%#lx", i ? ", " : "", c->a[i]);
}

void trace_put_args(struct tcb *c)
{
	if (!c->call) {
		if (!c->exiting)
			put_raw_args(c);
		return;
	}
	if (c->restarted && !c->exiting)
		fprintf(c->out, "<... resuming interrupted %s ...>", c->restarted);
	for (; c->next < c->call->nr_args; c->next++) {
		const struct arg_decoder *d = &c->call->arg[c->next];

		/* The comma belongs to what is before it, so that a call that waits ends with one. */
		if (c->next && !d->tail && !c->comma)
			fputs(", ", c->out);
		c->comma = true;
		if (d->at_exit && !c->exiting)
			return;
		d->fn(c, c->next, d->param);
		c->comma = false;
	}
}

static const char *restart_text(s64 ret)
{
	switch (-ret) {
	case ERESTARTSYS: return "ERESTARTSYS (To be restarted if SA_RESTART is set)";
	case ERESTARTNOINTR: return "ERESTARTNOINTR (To be restarted)";
	case ERESTARTNOHAND: return "ERESTARTNOHAND (To be restarted if no handler)";
	case ERESTART_RESTARTBLOCK: return "ERESTART_RESTARTBLOCK (Interrupted by signal)";
	}
	return NULL;
}

/* Is the result a descriptor? */
static bool returns_fd(const struct tcb *c)
{
	switch (c->nr) {
	case SYS_open: case SYS_openat: case SYS_openat2: case SYS_creat: case SYS_dup: case SYS_dup2: case SYS_dup3:
	case SYS_socket: case SYS_accept: case SYS_accept4: case SYS_epoll_create: case SYS_epoll_create1: case SYS_eventfd:
	case SYS_eventfd2: case SYS_signalfd: case SYS_signalfd4: case SYS_timerfd_create: case SYS_inotify_init:
	case SYS_inotify_init1: case SYS_fanotify_init: case SYS_memfd_create: case SYS_pidfd_open: case SYS_pidfd_getfd:
	case SYS_userfaultfd: case SYS_open_by_handle_at: case SYS_mq_open: case SYS_fsopen: case SYS_fsmount: case SYS_fspick:
	case SYS_open_tree: case SYS_memfd_secret: case SYS_landlock_create_ruleset:
		return true;
	case SYS_fcntl:
		return (int)c->a[1] == F_DUPFD || (int)c->a[1] == F_DUPFD_CLOEXEC;
	}
	return false;
}

static void put_value(FILE *out, const struct tcb *c)
{
	enum ret_kind kind = c->call ? c->call->ret : RET_DEC;

	if (kind == RET_FCNTL)
		kind = (int)c->a[1] == F_GETFD || (int)c->a[1] == F_GETFL || (int)c->a[1] == F_GET_SEALS || (int)c->a[1] == F_GETLEASE ?
			       RET_HEX :
			       RET_DEC;
	if (kind == RET_HEX && c->ret)
		fprintf(out, "= %#lx", c->ret);
	else if (kind == RET_OCT)
		fprintf(out, "= %#03lo", c->ret);
	else
		fprintf(out, c->no_error ? "= %lu" : "= %ld", c->ret);
	if (c->fd_paths && !c->no_error && c->ret >= 0 && returns_fd(c))
		put_fd_path(out, c, (int)c->ret);
}

void trace_put_result(FILE *out, struct tcb *c)
{
	const char *restart = restart_text(c->ret), *name;

	if ((c->call && c->call->ret == RET_NONE) || c->died) {
		fputs("= ?", out);
	} else if (restart) {
		fprintf(out, "= ? %s", restart);
	} else if (syserror(c)) {
		name = errno_name((int)-c->ret);
		if (name)
			fprintf(out, "= -1 %s (%s)", name, strerror((int)-c->ret));
		else
			fprintf(out, "= -1 (errno %ld)", -c->ret);
	} else {
		put_value(out, c);
	}
	if (*c->aux)
		fprintf(out, " (%s)", c->aux);
	if (c->in)
		fputs(inject_note(c->in), out);
}

void trace_put_call_name(const struct trace *tr, FILE *out, const struct tcb *c, const char *name)
{
	if (tr->opt.pc)
		fprintf(out, "[%016lx] ", c->pc);
	if (tr->opt.numbers)
		fprintf(out, "[%4lu] ", c->nr);
	fprintf(out, "%s(", name);
}

/* The part of the line that is known before the call; the line stays open. */
static void enter_line(struct trace *tr, struct tcb *c, int tid)
{
	struct trace_line l;
	char buf[32];

	if (!trace_line_begin(&l))
		return;
	c->out = l.out;
	lock(tr);
	close_other_line(tr, 0);
	trace_put_prefix(tr, l.out, tid);
	trace_put_call_name(tr, l.out, c, call_name(c, buf));
	trace_put_args(c);
	c->column = (unsigned)ftell(l.out);
	trace_line_end(tr, &l);
	tr->shared->open_tid = tid;
	unlock(tr);
}

static void exit_line(struct trace *tr, struct tcb *c, int tid, u64 ns)
{
	char *stack = tr->opt.stacks && !c->died ? trace_stack(c->t) : NULL;
	struct trace_line l;
	char buf[32];

	if (!trace_line_begin(&l)) {
		free(stack);
		return;
	}
	c->out = l.out;
	lock(tr);
	if (c->json_args) {
		/* Nothing has been written yet. */
		close_other_line(tr, 0);
		trace_put_prefix(tr, l.out, tid);
		trace_put_call_name(tr, l.out, c, call_name(c, buf));
		fputs(c->json_args, l.out);
	} else if (tr->shared->open_tid != tid) {
		close_other_line(tr, tid);
		trace_put_prefix(tr, l.out, tid);
		c->column = 0;
		fprintf(l.out, "<... %s resumed>", call_name(c, buf));
	}
	trace_put_args(c);
	fputs(") ", l.out);
	c->column += (unsigned)ftell(l.out);
	if (c->column < tr->opt.column)
		fprintf(l.out, "%*s", (int)(tr->opt.column - c->column), "");
	trace_put_result(l.out, c);
	if (tr->opt.times)
		fprintf(l.out, " <%lu.%06lu>", ns / 1000000000, ns / 1000 % 1000000);
	putc('\n', l.out);
	if (stack)
		fputs(stack, l.out);
	free(stack);
	trace_line_end(tr, &l);
	tr->shared->open_tid = 0;
	unlock(tr);
}

static void json_line(struct trace *tr, struct tcb *c, int tid, u64 ns)
{
	struct trace_line l;
	char buf[32];

	if (!trace_line_begin(&l))
		return;
	trace_json_call(l.out, c, call_name(c, buf), tid, ns);
	line_put(tr, &l);
}

static bool traced(const struct trace *tr, const struct task_struct *t)
{
	return tr->opt.follow || t->tid == tr->root_tid;
}

/* A thread or process more: its lines need its number. */
static void note_birth(struct trace *tr, const struct tcb *c)
{
	bool births = c->nr == SYS_clone || c->nr == SYS_clone3 || c->nr == SYS_fork || c->nr == SYS_vfork;

	if (births && c->ret > 0 && tr->opt.follow)
		__atomic_add_fetch(&tr->shared->nr_tracees, 1, __ATOMIC_RELAXED);
}

/* Which of -e status='s classes the call falls in. */
static unsigned status_of(const struct tcb *c)
{
	if (c->died || (c->call && c->call->ret == RET_NONE))
		return TRACE_UNFINISHED;
	return syserror(c) || restart_text(c->ret) ? TRACE_FAILED : TRACE_SUCCESSFUL;
}

/* restart_syscall says which call it goes on with: that one was the thread's last. */
static void remember_restart(struct trace *tr, const struct tcb *c, int tid)
{
	if (c->ret == -ERESTART_RESTARTBLOCK && c->nr != SYS_restart_syscall)
		tr->shared->restarted[(unsigned)tid % TRACE_MAX_RESTARTS] = (struct trace_restart){tid, (int)c->nr};
}

static const char *restarted_call(const struct trace *tr, u64 nr, int tid)
{
	const struct trace_restart *r = &tr->shared->restarted[(unsigned)tid % TRACE_MAX_RESTARTS];
	const struct call_decoder *call = nr == SYS_restart_syscall && r->tid == tid ? call_decoder((u64)r->nr) : NULL;

	return call ? call->name : NULL;
}

static s64 trace_syscall(struct task_struct *t, u64 nr, const u64 args[6])
{
	struct trace *tr = observers_of(t)->trace;
	struct inject *inject = observers_of(t)->inject;
	struct injection in = {};
	struct tcb c = {.t = t, .nr = (u32)nr, .in = &in, .strlen_max = tr->opt.strlen_max, .verbose = tr->opt.verbose,
			.pc = task_regs(t)->rip, .fd_paths = tr->opt.fd_paths, .hex_strings = tr->opt.hex_strings};
	bool shown = set_has(&tr->calls, c.nr), lines = shown && !tr->opt.summary_only;
	/* With a condition on the result nothing is written before it is known. */
	const bool whole = tr->opt.json || tr->opt.status != TRACE_STATUS_ALL;
	int tid = t->tid, pid = t->pid;
	u64 start;

	if (!traced(tr, t))
		return tr->next(t, nr, args);
	if (inject)
		inject_enter(t, nr, args, &in);
	memcpy(c.a, args, sizeof(c.a));
	c.call = call_decoder(c.nr);
	c.restarted = restarted_call(tr, c.nr, tid);
	if (shown && tr->opt.traced_path)
		shown = trace_concerns(&c, tr->opt.traced_path);
	lines = lines && shown;
	if (lines)
		keep_entry_values(&c);
	if (whole && lines)
		trace_json_enter(&c);
	else if (lines)
		enter_line(tr, &c, tid);
	start = now_ns();
	c.ret = inject ? inject_call(t, nr, args, &in) : tr->next(t, nr, args);
	if (t->pid != pid) {
		/* The child that fork made: the call is its parent's. */
		free(c.json_args);
		trace_summary_add_pid(tr, t->pid);
		return c.ret;
	}
	start = now_ns() - start;
	c.exiting = true;
	c.no_error = inject_is_value(&in);
	c.died = t->signal->exiting && restart_text(c.ret);
	note_birth(tr, &c);
	remember_restart(tr, &c, tid);
	shown = shown && (tr->opt.status & status_of(&c));
	lines = lines && shown;
	if (shown)
		trace_summary_add(tr, &c, start);
	if (lines && c.call && c.call->aux)
		c.call->aux(&c);
	if (tr->opt.json && lines)
		json_line(tr, &c, tid, start);
	else if (lines)
		exit_line(tr, &c, tid, start);
	free(c.json_args);
	return c.ret;
}

/* ---- signals and ends ---- */

static void put_signal_line(FILE *out, const void *arg)
{
	const siginfo_t *info = arg;
	char buf[16];

	fprintf(out, "--- %s ", signal_name(info->si_signo, buf));
	put_siginfo(out, info);
	fputs(" ---", out);
}

static void put_stop_line(FILE *out, const void *arg)
{
	char buf[16];

	fprintf(out, "--- stopped by %s ---", signal_name(*(const int *)arg, buf));
}

void trace_signal(struct task_struct *t, const siginfo_t *info)
{
	struct trace *tr = observers_of(t)->trace;
	int sig = info->si_signo;
	bool stops = sig == SIGTSTP || sig == SIGTTIN || sig == SIGTTOU;

	if (!traced(tr, t) || !set_has(&tr->signals, (u64)sig) || tr->opt.summary_only)
		return;
	if (tr->opt.json) {
		struct trace_line l;

		if (trace_line_begin(&l)) {
			trace_json_signal(l.out, info, t->tid);
			line_put(tr, &l);
		}
		return;
	}
	put_line(tr, t->tid, put_signal_line, info);
	if (stops && t->signal->action[sig].handler == 0)
		put_line(tr, t->tid, put_stop_line, &sig);
}

/* Signals whose default action leaves a core, where the limit lets it. */
static bool dumps_core(const struct task_struct *t, int sig)
{
	const u64 core = 1UL << SIGQUIT | 1UL << SIGILL | 1UL << SIGTRAP | 1UL << SIGABRT | 1UL << SIGFPE | 1UL << SIGSEGV |
			 1UL << SIGBUS | 1UL << SIGSYS | 1UL << SIGXCPU | 1UL << SIGXFSZ;

	return sig < 32 && (core >> sig & 1) && t->signal->rlim[RLIMIT_CORE].rlim_cur;
}

static void put_end_line(FILE *out, const void *arg)
{
	const struct task_struct *t = arg;
	int code = t->signal->exiting ? t->signal->exit_code : t->exit_code;
	char buf[16];

	if (code & 0x7f)
		fprintf(out, "+++ killed by %s%s +++", signal_name(code & 0x7f, buf),
			dumps_core(t, code & 0x7f) ? " (core dumped)" : "");
	else
		fprintf(out, "+++ exited with %d +++", code >> 8 & 0xff);
}

void trace_task_end(struct task_struct *t)
{
	struct trace *tr = observers_of(t)->trace;

	if (!traced(tr, t))
		return;
	if (!tr->opt.quiet && !tr->opt.summary_only && tr->opt.json) {
		struct trace_line l;

		if (trace_line_begin(&l)) {
			trace_json_end(l.out, t);
			line_put(tr, &l);
		}
	} else if (!tr->opt.quiet && !tr->opt.summary_only) {
		put_line(tr, t->tid, put_end_line, t);
	}
	__atomic_sub_fetch(&tr->shared->nr_tracees, 1, __ATOMIC_RELAXED);
	if (tr->opt.summary && (t->signal->exiting || t->signal->nr_threads == 0))
		trace_summary_end(tr, t->pid);
}

void trace_attach(struct trace *tr, struct ulk *ulk)
{
	own_descriptor(ulk, &tr->fd);
	tr->next = ulk->hooks.syscall;
	ulk->hooks.syscall = trace_syscall;
	/* Every call comes out to the run loop, where it may write. */
	ulk->hooks.syscall_is_fast = NULL;
}
