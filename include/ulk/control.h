/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Where a run ends: breakpoints, single steps, limits; and the program's threads. Between runs.
 *
 * An instruction that faults was not executed. Each round of a rep counts; of how many ulk_run_for() and ulk_step() say one more or
 * less than each other.
 */
#ifndef ULK_CONTROL_H
#define ULK_CONTROL_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

struct ulk_machine;
struct ulk_result;

/*
 * One more place to stop at, besides ulk_break_at()'s and any others: before the instruction at "SYMBOL", "SYMBOL+OFFSET",
 * "0xADDRESS" or "FILE:LINE", each time; or before each call in "syscall:NAME[:N]", from the N-th on (NAME as `ulk trace -e': a name, a
 * class such as "%file"). Its number, from 1 on, in *@id. They hold for all threads, not in children; one that executes another
 * program keeps them, as addresses. -ENOENT, -EINVAL, -ENOMEM.
 */
int ulk_break_add(struct ulk_machine *m, const char *where, int *id);
/* -ENOENT: there is none of that number. */
int ulk_break_remove(struct ulk_machine *m, int id);
/* The number of the one that ended the last run with ULK_END_BREAK; 0: it was ulk_break_at()'s. */
int ulk_break_hit(const struct ulk_machine *m);

/*
 * Execute @n instructions of the thread that is looked at: ULK_END_LIMIT, or what ended the run before; a break at the
 * first of them does not. Other threads run while this one waits in a system call, and only then (config.deterministic: they may
 * have a turn between two steps, too). A system call counts when it is done, a signal's handler begins without counting.
 */
int ulk_step(struct ulk_machine *m, uint64_t n, struct ulk_result *result);

/*
 * ulk_run(), for at most @instructions (of all threads of the process together; 0: any number) and @seconds of the host's clock
 * (0: any time). ULK_END_LIMIT: one of them is over; code is 1 for instructions, 2 for seconds. It stops behind
 * that very instruction; where the program changes its own code meanwhile, near it. Counting costs about half the speed.
 */
int ulk_run_for(struct ulk_machine *m, uint64_t instructions, double seconds, struct ulk_result *result);
/* How many instructions the last ulk_step() or ulk_run_for() (with a number) executed. */
uint64_t ulk_instructions(const struct ulk_machine *m);

/* The ids of the program's threads, the first @max of them. Returns how many there are, or -errno. */
int ulk_threads(struct ulk_machine *m, int *tids, size_t max);
/*
 * Look at this thread (registers, backtrace, ulk_step()) until the machine runs again; 0: at the one that ended the run, as
 * otherwise. Of a thread that waits in a system call, the registers are those behind the syscall instruction; what is
 * stored to rax is lost. -ESRCH.
 */
int ulk_select_thread(struct ulk_machine *m, int tid);
/* The thread that is looked at. */
int ulk_thread(const struct ulk_machine *m);

#ifdef __cplusplus
}
#endif

#endif
