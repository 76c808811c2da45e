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
#define TRACE_MAX_RESTARTS 256

/* The call that a thread's restart_syscall will go on with. */
struct trace_restart {
	int tid, nr;
};

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
	u64 last;                  /* -r: when the last line was begun, CLOCK_MONOTONIC in ns */
	struct trace_restart restarted[TRACE_MAX_RESTARTS];   /* by the number of the thread; a hint */
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

/* What a line is being built in. */
struct trace_line {
	FILE *out;
	char *text;
	size_t size;
};

/* False: no memory. */
bool trace_line_begin(struct trace_line *l);
/* Write the line (whole, or up to where the call waits) and free it. */
void trace_line_end(struct trace *tr, struct trace_line *l);
/* Time and process at the beginning of a line; under the lock. */
void trace_put_prefix(struct trace *tr, FILE *out, int tid);
/* "read(", with -i where the program was, with -n the number. */
void trace_put_call_name(const struct trace *tr, FILE *out, const struct tcb *c, const char *name);

/* What observe.c calls. */
void trace_attach(struct trace *tr, struct ulk *ulk);
void trace_signal(struct task_struct *t, const siginfo_t *info);
void trace_task_end(struct task_struct *t);

/* Write to the output. */
void trace_write(struct trace *tr, const char *text, size_t n);
/* Print the arguments that can be printed now, from c->next on. */
void trace_put_args(struct tcb *c);
void trace_put_result(FILE *out, struct tcb *c);

/* ---- trace_fd.c ---- */

/* -P: does the call name @path, or a descriptor that is open on it? */
bool trace_concerns(struct tcb *c, const char *path);
/* -k: the lines of the stack, or NULL; the caller frees them. */
char *trace_stack(struct task_struct *t);

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
