/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the files of the tracer share. */
#ifndef ULK_OBSERVE_TRACE_INTERNAL_H
#define ULK_OBSERVE_TRACE_INTERNAL_H

#include <pthread.h>
#include "observe/decode.h"
#include "observe/inject.h"
#include "observe/trace.h"

#define TRACE_MAX_CALLS 512
#define TRACE_MAX_PIDS 1024

struct call_count {
	u64 calls, errors, ns;     /* atomics */
};

/* In memory that all traced processes share. */
struct trace_shared {
	pthread_mutex_t lock;      /* robust: over the output and open_tid */
	int open_tid;              /* whose line has been begun and not ended; 0 nobody's */
	int nr_tracees;            /* threads, atomic */
	int pids[TRACE_MAX_PIDS];  /* processes that may be alive; 0 free. For the summary. */
	bool summarised;
	bool failed;               /* a write to -o FILE: it was said */
	struct call_count counts[TRACE_MAX_CALLS];
};

struct trace {
	struct trace_options opt;
	struct trace_set calls, signals;
	int fd;
	int root_tid;
	struct trace_shared *shared;
	s64 (*next)(struct task_struct *t, u64 nr, const u64 args[6]);   /* who carries calls out */
};

/* What observe.c calls. */
void trace_attach(struct trace *tr, struct ulk *ulk);
void trace_signal(struct task_struct *t, const siginfo_t *info);
void trace_task_end(struct task_struct *t);

/* Write to the output. */
void trace_write(struct trace *tr, const char *text, size_t n);
/* Print the arguments that can be printed now, from c->next on. */
void trace_put_args(struct tcb *c);
void trace_put_result(FILE *out, struct tcb *c);

/* ---- summary.c ---- */

void trace_summary_add(struct trace *tr, const struct tcb *c, u64 ns);
/* A process takes part; it ends: the last one prints the table. */
void trace_summary_add_pid(struct trace *tr, int pid);
void trace_summary_end(struct trace *tr, int pid);

/* ---- trace_json.c ---- */

/* Take the arguments that are known before the call. */
void trace_json_enter(struct tcb *c);
void trace_json_call(FILE *out, struct tcb *c, const char *name, int tid, u64 ns);
void trace_json_signal(FILE *out, const siginfo_t *info, int tid);
void trace_json_end(FILE *out, const struct task_struct *t);

#endif
