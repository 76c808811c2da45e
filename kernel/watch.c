// SPDX-License-Identifier: GPL-2.0-or-later
#include <string.h>
#include "kernel/signal.h"
#include "kernel/watch.h"

void watch_attach(struct ulk *ulk, struct watch *w)
{
	struct watch **p = &ulk->watches;

	while (*p)
		p = &(*p)->next;
	w->next = NULL;
	*p = w;
}

void watch_detach(struct ulk *ulk, struct watch *w)
{
	for (struct watch **p = &ulk->watches; *p; p = &(*p)->next) {
		if (*p == w) {
			*p = w->next;
			return;
		}
	}
}

void watch_stop(struct ulk *ulk)
{
	__atomic_store_n(&ulk->stop_request, 1, __ATOMIC_RELEASE);
	cpu_kick(ulk->cpu);
}

s64 watched_syscall(struct task_struct *t, u64 nr, const u64 args[6],
		    s64 (*fn)(struct task_struct *t, u64 nr, const u64 args[6]))
{
	struct watched_call c = {.nr = nr};
	struct watch *next;

	memcpy(c.args, args, sizeof(c.args));
	for (struct watch *w = t->ulk->watches; w && !c.skip; w = next) {
		next = w->next; /* it may go */
		if (w->syscall_enter)
			w->syscall_enter(w, t, &c);
	}
	if (!c.skip)
		c.ret = fn(t, c.nr, c.args);
	if (t->exited || t->signal->exiting)
		return c.ret;
	for (struct watch *w = t->ulk->watches; w; w = next) {
		next = w->next;
		if (w->syscall_exit)
			w->syscall_exit(w, t, &c);
	}
	return c.ret;
}

bool watched_signal(struct task_struct *t, const siginfo_t *info)
{
	struct watch *next;

	for (struct watch *w = t->ulk->watches; w; w = next) {
		next = w->next;
		if (w->signal && w->signal(w, t, info))
			return true;
	}
	return false;
}

void watched_fault(struct task_struct *t, u64 addr, enum cpu_access access, const struct mm_fault *f)
{
	struct watch *next;

	for (struct watch *w = t->ulk->watches; w; w = next) {
		next = w->next;
		if (w->fault)
			w->fault(w, t, addr, access, f);
	}
}

bool watched_stop(struct task_struct *t)
{
	struct watch *next;

	if (__atomic_exchange_n(&t->ulk->stop_request, 0, __ATOMIC_ACQ_REL))
		return true;
	for (struct watch *w = t->ulk->watches; w; w = next) {
		next = w->next;
		if (w->stop && w->stop(w, t))
			return true;
	}
	return false;
}
