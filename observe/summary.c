// SPDX-License-Identifier: GPL-2.0-or-later
/* strace -c: how often, how long, how many failures. */
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>
#include "observe/trace_internal.h"
#include "syscalls/syscalls.h"

void trace_summary_add(struct trace *tr, const struct tcb *c, u64 ns)
{
	struct call_count *n;

	/* As strace counts: a call from which nothing returns does not. */
	if (!tr->opt.summary || c->nr >= TRACE_MAX_CALLS || (c->call && c->call->ret == RET_NONE))
		return;
	n = &tr->shared->counts[c->nr];
	__atomic_add_fetch(&n->calls, 1, __ATOMIC_RELAXED);
	__atomic_add_fetch(&n->ns, ns, __ATOMIC_RELAXED);
	if (syserror(c))
		__atomic_add_fetch(&n->errors, 1, __ATOMIC_RELAXED);
}

void trace_summary_add_pid(struct trace *tr, int pid)
{
	for (int i = 0; tr->opt.summary && i < TRACE_MAX_PIDS; i++) {
		int none = 0;

		if (__atomic_compare_exchange_n(&tr->shared->pids[i], &none, pid, false, __ATOMIC_RELAXED, __ATOMIC_RELAXED))
			return;
	}
}

struct summary_row {
	const char *name;
	struct call_count n;
};

static int by_calls(const void *a, const void *b)
{
	const struct summary_row *x = a, *y = b;

	return (x->n.calls < y->n.calls) - (x->n.calls > y->n.calls);
}

static int by_errors(const void *a, const void *b)
{
	const struct summary_row *x = a, *y = b;

	return (x->n.errors < y->n.errors) - (x->n.errors > y->n.errors);
}

static int by_name(const void *a, const void *b)
{
	return strcmp(((const struct summary_row *)a)->name, ((const struct summary_row *)b)->name);
}

static int by_time(const void *a, const void *b)
{
	const struct summary_row *x = a, *y = b;

	if (x->n.ns != y->n.ns)
		return x->n.ns < y->n.ns ? 1 : -1;
	return x->n.calls < y->n.calls ? 1 : -1;
}

typedef int order_fn(const void *a, const void *b);

/* The order that -S asks for: by time unless it is another. */
static order_fn *summary_order(const char *name)
{
	if (name && !strcmp(name, "calls"))
		return by_calls;
	if (name && !strcmp(name, "errors"))
		return by_errors;
	return name && !strcmp(name, "name") ? by_name : by_time;
}

static void print_row(FILE *out, double percent, const struct call_count *n, const char *name)
{
	char errors[24] = "";

	if (n->errors)
		snprintf(errors, sizeof(errors), "%lu", n->errors);
	fprintf(out, "%6.2f %11.6f %11lu %9lu %9s %s\n", percent, (double)n->ns / 1e9,
		n->calls ? n->ns / 1000 / n->calls : 0, n->calls, errors, name);
}

static void print_summary(struct trace *tr)
{
	static const char rule[] = "------ ----------- ----------- --------- --------- ----------------\n";
	struct summary_row *rows = calloc(TRACE_MAX_CALLS, sizeof(*rows));
	struct call_count total = {};
	size_t nr_rows = 0, size = 0;
	char *text = NULL;
	FILE *out = open_memstream(&text, &size);

	if (!rows || !out) {
		free(rows);
		return;
	}
	for (u64 nr = 0; nr < TRACE_MAX_CALLS; nr++) {
		const struct call_count *n = &tr->shared->counts[nr];

		if (!n->calls)
			continue;
		rows[nr_rows++] = (struct summary_row){nr < syscall_table_size && syscall_table[nr].name ?
						       syscall_table[nr].name : "(unknown)", *n};
		total.calls += n->calls;
		total.errors += n->errors;
		total.ns += n->ns;
	}
	if (!tr->opt.sort || strcmp(tr->opt.sort, "nothing"))
		qsort(rows, nr_rows, sizeof(*rows), summary_order(tr->opt.sort));
	fprintf(out, "%% time     seconds  usecs/call     calls    errors syscall\n%s", rule);
	for (size_t i = 0; i < nr_rows; i++)
		print_row(out, total.ns ? 100.0 * (double)rows[i].n.ns / (double)total.ns : 0, &rows[i].n, rows[i].name);
	fprintf(out, "%s", rule);
	print_row(out, 100, &total, "total");
	fclose(out);
	trace_write(tr, text, size);
	free(text);
	free(rows);
}

/* A child that was killed is a zombie until it is waited for, which may be never. */
static bool lives(int pid)
{
	siginfo_t info = {};

	if (HOST(SYS_kill, pid, 0))
		return false;
	return HOST(SYS_waitid, P_PID, pid, &info, WEXITED | WNOHANG | WNOWAIT | __WALL, NULL) || info.si_pid != pid;
}

void trace_summary_end(struct trace *tr, int pid)
{
	bool others = false, no = false;

	for (int i = 0; i < TRACE_MAX_PIDS; i++) {
		int *p = &tr->shared->pids[i];

		if (*p == pid)
			*p = 0;
		else if (*p && lives(*p))
			others = true;
	}
	if (!others && __atomic_compare_exchange_n(&tr->shared->summarised, &no, true, false, __ATOMIC_RELAXED,
						   __ATOMIC_RELAXED))
		print_summary(tr);
}
