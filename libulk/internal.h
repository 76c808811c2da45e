/* SPDX-License-Identifier: GPL-2.0-or-later */
/* internal: what the files of libulk/ share among themselves. */
#ifndef ULK_LIBULK_INTERNAL_H
#define ULK_LIBULK_INTERNAL_H

#include "kernel/watch.h"
#include "libulk/machine.h"

struct symbols;
struct ulk_break;
struct block_sizes;

struct ulk_machine {
	struct ulk *ulk;
	struct task_struct *task;
	bool made;                 /* ulk_machine_new() came to its end */
	int fatal_signal;
	void (*end_process)(void *arg, const struct ulk_result *result);
	void *end_arg;
	pid_t pid;                 /* of the host process that made it; in another, we are a child of the program's */
	u32 stop;                  /* ulk_stop() was called */
	u64 entry;
	struct ulk_watch *watches, *dead_watches; /* the latter ended during a run, whose callbacks may be on their way through them */
	struct ulk_snapshot *snapshots;
	struct task_struct *current; /* within a callback: the thread that it tells of */
	char error[200];
	u64 scratch, scratch_rsp;  /* lowest address handed out by ulk_scratch(), while rsp is still that; 0: none */
	char *area_name, *exe_name; /* ulk_area.name, ulk_mm.exe_file; of AREA_NAME_MAX bytes */
	char anon_name[128];       /* ulk_area.anon_name: Linux has at most 80 */
	/* breaks.c */
	struct ulk_break *breaks;
	int break_ids, hit;
	size_t nr_addresses, nr_calls; /* of breaks */
	struct task_struct *passing;   /* stands at the break that it reported, which is to let it pass once */
	u64 passing_addr;
	/* control.c */
	struct watch control;
	bool controlled;               /* it is attached */
	bool in_block, in_fill;        /* a callback for a block runs, or for a page fault that is being served */
	struct task_struct *selected;  /* ulk_select_thread() */
	struct task_struct *stop_thread; /* is to end the run before its next instruction */
	struct task_struct *stepping;  /* ulk_step(): this one */
	struct task_struct *running;   /* in the engine, while that counts */
	bool counting, counter;        /* this run counts; the engine tells of blocks */
	bool limited;                  /* ulk_run_for() has a number, ulk_step() too */
	u64 count, limit;
	u64 block_addr;                /* the block that was entered last, counted as a whole */
	u32 block_size, block_insns;
	struct block_sizes *sizes;
	u32 over;                      /* ULK_END_LIMIT: its code */
	bool told;                     /* some thread has ended the run for it */
	struct place_of *place;        /* place.c */
	struct symbols *symbols;   /* of the last ulk_place_at() or ulk_backtrace(): owns their strings */
};

#define AREA_NAME_MAX 4200

/* Note why a call fails and return @err: the clause, or NULL for the errno's own text. */
int machine_fail(struct ulk_machine *m, int err, const char *why);
/*
 * What each function asks first. -EINVAL: there is no machine, or it could not be made (its error still says why); or not @given, by which
 * the caller says that what must not be NULL is not. -EBUSY: a callback for blocks is no place for it.
 */
int machine_ok(struct ulk_machine *m, bool given);
/* The same, and -EBUSY when the machine runs. */
int machine_idle(struct ulk_machine *m, bool given);
/* The task whose state is looked at; -EINVAL when no program is loaded, too. */
int machine_task(struct ulk_machine *m, bool given, struct task_struct **t);
/* The same for registers, which nobody has while the engine asks for a page: -EBUSY. */
int machine_regs(struct ulk_machine *m, bool given, struct task_struct **t);

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

/* ---- watch.c ---- */

/* The memory of watches that are ended: with @all, end those that are not, too. The machine does not run. */
void machine_watches_free(struct ulk_machine *m, bool all);

/* ---- breaks.c ---- */

/* ulk_hooks.syscall */
s64 machine_syscall(struct task_struct *t, u64 nr, const u64 args[6]);
bool machine_is_break(const struct ulk_machine *m, u64 addr);
/* cpu_run_step(), whatever break the thread stands at. */
void machine_step(struct task_struct *t, struct cpu_exit *exit);
/* The engine stopped at a break. */
void machine_break_reached(struct task_struct *t);
void machine_breaks_free(struct ulk_machine *m);

/* ---- control.c ---- */

/* Hook into the run what breaks, steps and limits now need. */
void machine_control(struct ulk_machine *m);
void machine_control_free(struct ulk_machine *m);
/* Plain runs are at full speed again. */
void machine_count_no_more(struct ulk_machine *m);
/* End the run, from any thread; what for is noted already. */
void machine_interrupt(struct ulk_machine *m);
/* ulk_run(), what it counts up to having been set. */
int machine_run(struct ulk_machine *m, struct ulk_result *result);

/* ---- place.c: working directory, root, umask ---- */

/* Would this call change them? */
bool machine_place_changes(u64 nr);
/* Such a call comes: keep what the host has. */
void machine_place_note(struct ulk_machine *m, u64 nr);
/* Around everything that runs the program or loads it: the host thread is where the program is. */
int machine_place_enter(struct ulk_machine *m);
void machine_place_leave(struct ulk_machine *m);
int machine_place_init(struct ulk_machine *m, const struct ulk_config *config);
void machine_place_free(struct ulk_machine *m);

/* The strings that ulk_place_at() and ulk_backtrace() gave are no more. */
void machine_drop_symbols(struct ulk_machine *m);

#endif
