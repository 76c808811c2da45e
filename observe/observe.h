/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * observe: who watches a machine. Each part may be NULL; what nobody asked for is not hooked in.
 */
#ifndef ULK_OBSERVE_OBSERVE_H
#define ULK_OBSERVE_OBSERVE_H

#include "kernel/task.h"

struct trace;
struct report;
struct core_dump;
struct memcalls;
struct inject;
struct record;
struct coverage;
struct gdb;
struct itrace;
struct profile;

struct observers {
	struct trace *trace;
	struct report *report;
	struct core_dump *core;
	struct memcalls *memory;
	struct inject *inject;
	struct record *record;
	struct coverage *coverage;
	struct gdb *gdb;
	struct itrace *itrace;
	struct profile *profile;
};

/* The signals that must come to ulk even where the host could carry out their default action by itself: for
 * ulk_options.observe_signals, before the machine is made. */
u64 observers_signals(const struct observers *o);
/* Put the hooks in place. @o, and what it names, must outlive the machine. 0, or -EOPNOTSUPP when the engine cannot do what
 * one of them needs. */
int observers_attach(struct observers *o, struct ulk *ulk);
/* Move a descriptor of ulk's own out of the guest's sight, as mm/own_fd.h has it: *@fd is its holder from now on. When
 * that fails it stays where it is. */
void own_descriptor(struct ulk *ulk, int *fd);
/* Write all of @text whatever the guest has done to limits, signals and the other end: none of them ends the process. 0, or
 * -errno when some of it could not be written. */
int write_fully(int fd, const char *text, size_t n);
/* The same for a line of the output that @option asked for. The first failure, by *@failed, is told on standard error: the
 * output is not whole. */
void write_output(int fd, const char *text, size_t n, const char *option, bool *failed);
/* A line "ulk: ..." on standard error, whatever the guest has done to its limits. */
void observer_error(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

static inline struct observers *observers_of(const struct task_struct *t)
{
	return t->ulk->observer;
}

#endif
