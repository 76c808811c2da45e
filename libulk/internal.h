/* SPDX-License-Identifier: GPL-2.0-or-later */
/* internal: what the files of libulk/ share among themselves. */
#ifndef ULK_LIBULK_INTERNAL_H
#define ULK_LIBULK_INTERNAL_H

#include "kernel/watch.h"
#include "libulk/machine.h"

struct symbols;

struct ulk_machine {
	struct ulk *ulk;
	struct task_struct *task;
	int fatal_signal;
	void (*end_process)(void *arg, const struct ulk_result *result);
	void *end_arg;
	pid_t pid;                 /* of the host process that made it; in another, we are a child of the program's */
	u32 stop;                  /* ulk_stop() was called */
	u64 entry;
	struct ulk_watch *watches;
	struct ulk_snapshot *snapshots;
	struct task_struct *current; /* within a callback: the thread that it tells of */
	char error[200];
	u64 scratch, scratch_rsp;  /* lowest address handed out by ulk_scratch(), while rsp is still that; 0: none */
	char *area_name;           /* ulk_area.name; of AREA_NAME_MAX bytes */
	struct symbols *symbols;   /* of the last ulk_place_at() or ulk_backtrace(): owns their strings */
};

#define AREA_NAME_MAX 4200

/* Note why a call fails and return @err: the clause, or NULL for the errno's own text. */
int machine_fail(struct ulk_machine *m, int err, const char *why);
/* The task whose state is looked at; -EINVAL when no program is loaded. */
int machine_task(struct ulk_machine *m, struct task_struct **t);

/* Around a callback about @t, whose state is what is looked at meanwhile. */
static inline void machine_enter(struct ulk_machine *m, struct task_struct *t)
{
	m->current = t;
}
static inline void machine_leave(struct ulk_machine *m)
{
	m->current = NULL;
}

/* x87 and SSE state, wherever it is kept while another thread has the CPU. */
void machine_get_fx(struct task_struct *t, struct cpu_fxstate *fx);
void machine_set_fx(struct task_struct *t, const struct cpu_fxstate *fx);

/* The strings that ulk_place_at() and ulk_backtrace() gave are no more. */
void machine_drop_symbols(struct ulk_machine *m);

#endif
