/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * inject: system calls that fail, return something else, are cut short, come late or bring a signal, because somebody
 * asked for it. The notation is strace's (-e inject=SET:ACTION...[:when=FIRST[..LAST][+STEP]]), and so is the meaning:
 * each thread counts its calls, each number by itself, and the last rule that names a call is the one that governs it.
 *
 * More than strace has: "short[=N]" (reads and writes of at most N bytes), "eintr[=P[/SEED]]" (an interrupted call, with
 * probability P), "nomem" (no memory during the call), and as rules of their own "memory:after=SIZE", "memory:limit=SIZE" and "eintr[:P[/SEED]]" for every
 * call that a handler can interrupt.
 *
 * Without rules nothing of this is hooked in. State is per thread, kept by thread id and reached only by the thread
 * that has the CPU (kernel/sched.h); a forked child has its copy and counts its own calls from 1.
 */
#ifndef ULK_OBSERVE_INJECT_H
#define ULK_OBSERVE_INJECT_H

#include "kernel/task.h"

struct inject;

/* No rules yet. NULL without memory. */
struct inject *inject_create(void);
void inject_destroy(struct inject *inj);
/* Add strace's SET:ACTION...; @fault: the word was "fault=", which means error=ENOSYS where no other is given. Returns 0,
 * -ENOMEM, or -EINVAL with a clause in @why (at least 160 bytes). */
int inject_add(struct inject *inj, const char *spec, bool fault, char *why);
/* Threads and children, too (strace's -f); else the program's first thread alone. */
void inject_follow(struct inject *inj, bool follow);
/* Make the machine's hooks go through the rules. A trace calls inject_enter() and inject_call() itself. */
void inject_attach(struct inject *inj, struct ulk *ulk);

/* A program was loaded into @t, the first: what bounds its memory ("memory:...") begins. */
void inject_started(struct inject *inj, struct task_struct *t);

/* What befalls one call. */
struct injection {
	const struct inject_rule *rule;   /* NULL: nothing that a rule asks for */
	u64 count;                 /* the how-manieth call of this number in its thread */
	/* for the trace */
	bool result, args, delayed;
};

/* Thread @from goes on as thread @to, in a copy of its process: its counts go with it. */
void inject_moved(struct inject *inj, int from, int to);
/* Have @told called for each call that is counted, before it is made; it may add rules. */
typedef void inject_told_fn(void *arg, struct task_struct *t, u64 nr, const u64 args[6], const struct injection *in);
void inject_tell(struct inject *inj, inject_told_fn *told, void *arg);
/* Would Linux ever interrupt this call for a handler's sake, and can it be made again? Regular files do not wait, and few futex and
 * fcntl commands do. */
bool inject_may_interrupt(u64 nr, const u64 args[6]);

/* A call begins: count it, find what is to happen, change memory (poke_enter). Between this and inject_call() a trace prints the
 * arguments. */
void inject_enter(struct task_struct *t, u64 nr, const u64 args[6], struct injection *in);
/* Carry it out, or what stands for it. */
s64 inject_call(struct task_struct *t, u64 nr, const u64 args[6], struct injection *in);
/* The result is a retval=, no error whatever its value. */
bool inject_is_value(const struct injection *in);
/* "", " (INJECTED)", " (INJECTED: args)", " (DELAYED)", ...: what strace writes behind the result. */
const char *inject_note(const struct injection *in);
/* A thread ends: forget its counts. */
void inject_task_end(struct task_struct *t);

#endif
