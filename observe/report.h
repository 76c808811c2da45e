/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * report: why the program died, in words, at the moment the signal takes effect: what it tried to do and why that is
 * not allowed, registers, the code around, a backtrace with source lines, the area and the page-table entry.
 */
#ifndef ULK_OBSERVE_REPORT_H
#define ULK_OBSERVE_REPORT_H

#include "kernel/task.h"

/* The signals that mean a program's own fault: SIGILL, SIGTRAP, SIGABRT, SIGBUS, SIGFPE, SIGSEGV, SIGSYS. */
#define REPORT_SIGNALS (1UL << 3 | 1UL << 4 | 1UL << 5 | 1UL << 6 | 1UL << 7 | 1UL << 10 | 1UL << 30)

struct removed;
struct report;
struct xlat;

/* Reports go to what is standard error now. @removed, or NULL: asked about addresses with nothing behind them; it must outlive
 * the report. NULL without memory. */
struct report *report_create(const struct removed *removed);
void report_destroy(struct report *r);
void report_attach(struct report *r, struct ulk *ulk);
/* A signal takes effect: print the report if @t's process dies of it. */
void report_signal(struct report *r, struct task_struct *t, const siginfo_t *info);

/* That report, but for what only a report that was attached knows, for a @t that dies of @info. Its registers must have been read (task_regs()). */
void put_death(FILE *out, struct task_struct *t, const siginfo_t *info);

/* ---- the parts, each by itself (report.c, cause.c, places.c) ---- */

/* One clause: what happened at @info, such as "write to a read-only page of /bin/x (.rodata)". */
void put_cause(FILE *out, struct task_struct *t, const siginfo_t *info);
void put_registers(FILE *out, const struct cpu_regs *r);
/* The stack of @t, a line a frame. Its registers must have been read (task_regs()). */
void put_backtrace(FILE *out, struct task_struct *t);
/* What holds @addr: its line of maps, or the neighbours of the hole; and the walk through the page tables. */
void put_place(FILE *out, struct mm_struct *mm, u64 addr);
/* What reading, writing and executing there would do, in words. (access.c) */
void access_words(struct task_struct *t, u64 addr, const char *words[3]);
void put_accesses(FILE *out, struct task_struct *t, u64 addr);
/* "pgd[255] -> pud[511] -> ...": the entries of @addr, with flags by name, a line each. */
void put_walk(FILE *out, struct mm_struct *mm, u64 addr);
/* The bits of an entry by name. (tables.c) */
const struct xlat *pte_bit_names(void);
/* All page tables, entry by entry; those of the last level that are alike in one line. */
void put_tables(FILE *out, struct mm_struct *mm);

#endif
