// SPDX-License-Identifier: GPL-2.0-or-later
/* Callbacks: kernel/watch.h in the public structures. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "kernel/signal.h"
#include "libulk/internal.h"
#include "syscalls/syscalls.h"

struct ulk_watch {
	struct watch w;
	struct ulk_machine *m;
	struct ulk_callbacks cb;
	void *arg;
	struct ulk_watch *next;
	u64 old_brk;
};

static struct ulk_watch *watch_of(struct watch *w)
{
	return container_of(w, struct ulk_watch, w);
}

int ulk_count_edges(struct ulk_machine *m, uint8_t *map, uint32_t size)
{
	int err = machine_idle(m, true);

	if (err)
		return err;
	err = cpu_count_edges(m->ulk->cpu, map, size);
	return err ? machine_fail(m, err, err == -EINVAL ? "the map's size is not a power of two" : NULL) : 0;
}

/* ---- system calls ---- */

const char *ulk_syscall_name(uint64_t nr)
{
	return nr < syscall_table_size ? syscall_table[nr].name : NULL;
}

int ulk_syscall_number(const char *name)
{
	if (!name)
		return -EINVAL;
	for (unsigned nr = 0; nr < syscall_table_size; nr++) {
		if (syscall_table[nr].name && !strcmp(syscall_table[nr].name, name))
			return (int)nr;
	}
	return -ENOENT;
}

static struct ulk_syscall public_call(const struct task_struct *t, const struct watched_call *c)
{
	struct ulk_syscall call = {.nr = c->nr, .result = c->ret, .name = ulk_syscall_name((u32)c->nr), .tid = t->tid};

	memcpy(call.args, c->args, sizeof(call.args));
	return call;
}

static void on_enter(struct watch *w, struct task_struct *t, struct watched_call *c)
{
	struct ulk_watch *watch = watch_of(w);
	struct ulk_syscall call = public_call(t, c);

	watch->old_brk = t->mm->brk;
	if (!watch->cb.syscall_enter)
		return;
	machine_enter(watch->m, t);
	watch->cb.syscall_enter(watch->m, &call, watch->arg);
	machine_leave(watch->m);
	c->nr = call.nr;
	memcpy(c->args, call.args, sizeof(c->args));
	c->skip = call.skip;
	c->ret = call.result;
}

/* The map as the call left it. False: it changed nothing. */
static bool mm_event_of(const struct ulk_watch *watch, const struct task_struct *t, const struct watched_call *c,
			struct ulk_mm_event *e)
{
	const u64 *a = c->args;
	u64 low;

	*e = (struct ulk_mm_event){.start = a[0], .length = PAGE_ALIGN(a[1]), .detail = a[2], .tid = t->tid};
	if (c->skip || (c->ret < 0 && c->ret >= -4095 - ERESTART_RESTARTBLOCK))
		return false;
	switch ((u32)c->nr) {
	case SYS_mmap:
	case SYS_shmat:
		e->kind = ULK_MM_MAP;
		e->start = (u64)c->ret;
		if ((u32)c->nr == SYS_shmat) {
			struct vm_area_struct *vma = vma_lookup(t->mm, e->start);

			e->length = vma ? vma->vm_end - vma->vm_start : 0;
		}
		return true;
	case SYS_munmap:
	case SYS_shmdt:
		e->kind = ULK_MM_UNMAP;
		if ((u32)c->nr == SYS_shmdt)
			e->length = 0;
		return true;
	case SYS_mprotect:
	case SYS_pkey_mprotect:
		e->kind = ULK_MM_PROTECT;
		return true;
	case SYS_brk:
		e->kind = ULK_MM_BRK;
		low = min_t(u64, watch->old_brk, t->mm->brk);
		e->start = low;
		e->length = max_t(u64, watch->old_brk, t->mm->brk) - low;
		e->detail = t->mm->brk;
		return e->length;
	case SYS_mremap:
		e->kind = ULK_MM_MOVE;
		e->old_start = a[0];
		e->start = (u64)c->ret;
		e->length = PAGE_ALIGN(a[2]);
		e->detail = a[3];
		return true;
	case SYS_madvise:
		e->kind = ULK_MM_ADVISE;
		return true;
	case SYS_mlock:
	case SYS_mlock2:
	case SYS_munlock:
		e->kind = ULK_MM_LOCK;
		return true;
	default:
		e->kind = ULK_MM_OTHER;
		return (u32)c->nr < syscall_table_size && (syscall_table[(u32)c->nr].flags & SC_MEMORY);
	}
}

static void on_exit_of_call(struct watch *w, struct task_struct *t, struct watched_call *c)
{
	struct ulk_watch *watch = watch_of(w);
	struct ulk_syscall call = public_call(t, c);
	struct ulk_mm_event event;

	/* execve may have left the thread without memory of its own to look at; it dies then. */
	if (!t->mm)
		return;
	machine_enter(watch->m, t);
	if (watch->cb.mm_event && mm_event_of(watch, t, c, &event))
		watch->cb.mm_event(watch->m, &event, watch->arg);
	if (watch->cb.syscall_exit) {
		call.restarts = c->ret <= -ERESTARTSYS && c->ret >= -ERESTART_RESTARTBLOCK;
		if (call.restarts)
			call.result = -EINTR;
		call.skip = c->skip;
		watch->cb.syscall_exit(watch->m, &call, watch->arg);
		if (!call.restarts || call.result != -EINTR)
			c->ret = call.result;
	}
	machine_leave(watch->m);
}

/* ---- signals and faults ---- */

static bool on_signal(struct watch *w, struct task_struct *t, const siginfo_t *info)
{
	struct ulk_watch *watch = watch_of(w);
	struct ulk_signal s = {.signo = info->si_signo, .code = info->si_code, .tid = t->tid};
	bool drop;

	if (info->si_code > 0 && info->si_code != SI_KERNEL)
		s.addr = (u64)(uintptr_t)info->si_addr;
	else if (info->si_code <= 0)
		s.pid = info->si_pid;
	machine_enter(watch->m, t);
	drop = watch->cb.signal(watch->m, &s, watch->arg);
	machine_leave(watch->m);
	return drop;
}

static void on_fault(struct watch *w, struct task_struct *t, u64 addr, enum cpu_access access, const struct mm_fault *f)
{
	struct ulk_watch *watch = watch_of(w);
	const struct ulk_fault fault = {.addr = addr,
					.access = access == CPU_WRITE	? ULK_WRITE
						  : access == CPU_FETCH ? ULK_FETCH
									: ULK_READ,
					.signo = f->signo,
					.major = f->major,
					.tid = t->tid};

	machine_enter(watch->m, t);
	watch->m->in_fill = !f->signo;
	watch->cb.page_fault(watch->m, &fault, watch->arg);
	watch->m->in_fill = false;
	machine_leave(watch->m);
}

static void on_block(void *arg, u64 addr, u32 size)
{
	struct ulk_watch *watch = arg;

	watch->m->in_block = true;
	watch->cb.block(watch->m, addr, size, watch->arg);
	watch->m->in_block = false;
}

/* ---- attaching ---- */

int ulk_watch(struct ulk_machine *m, const struct ulk_callbacks *callbacks, void *arg, struct ulk_watch **out)
{
	int err = machine_ok(m, callbacks && out);
	struct ulk_watch *watch;

	if (out)
		*out = NULL;
	/* To be told of blocks all code is translated anew. */
	if (!err && callbacks->block)
		err = machine_idle(m, true);
	if (err)
		return err;
	watch = calloc(1, sizeof(*watch));
	if (!watch)
		return machine_fail(m, -ENOMEM, NULL);
	watch->m = m;
	watch->cb = *callbacks;
	watch->arg = arg;
	if (callbacks->block) {
		err = cpu_watch_blocks(m->ulk->cpu, on_block, watch);
		if (err) {
			free(watch);
			return machine_fail(m, err, err == -EBUSY ? "too many watch blocks" : NULL);
		}
	}
	if (callbacks->syscall_enter || callbacks->mm_event)
		watch->w.syscall_enter = on_enter;
	if (callbacks->syscall_exit || callbacks->mm_event)
		watch->w.syscall_exit = on_exit_of_call;
	if (callbacks->signal)
		watch->w.signal = on_signal;
	if (callbacks->page_fault)
		watch->w.fault = on_fault;
	if (callbacks->syscall_enter || callbacks->syscall_exit || callbacks->mm_event || callbacks->signal ||
	    callbacks->page_fault)
		watch_attach(m->ulk, &watch->w);
	watch->next = m->watches;
	m->watches = watch;
	*out = watch;
	return 0;
}

static void unwatch(struct ulk_machine *m, struct ulk_watch **p)
{
	struct ulk_watch *watch = *p;

	*p = watch->next;
	watch_detach(m->ulk, &watch->w);
	if (watch->cb.block)
		cpu_unwatch_blocks(m->ulk->cpu, watch);
	/* Whoever goes through the list now has it in hand, maybe: it does nothing any more. */
	watch->w = (struct watch){.next = watch->w.next};
	watch->cb = (struct ulk_callbacks){};
	watch->next = m->dead_watches;
	m->dead_watches = watch;
}

void machine_watches_free(struct ulk_machine *m, bool all)
{
	struct ulk_watch *watch;

	while (all && m->watches)
		unwatch(m, &m->watches);
	while ((watch = m->dead_watches)) {
		m->dead_watches = watch->next;
		free(watch);
	}
}

void ulk_unwatch(struct ulk_machine *m, struct ulk_watch *watch)
{
	if (machine_ok(m, true))
		return;
	for (struct ulk_watch **p = &m->watches; *p; p = &(*p)->next) {
		if (*p != watch)
			continue;
		unwatch(m, p);
		break;
	}
	if (!m->task->running)
		machine_watches_free(m, false);
}

void machine_interrupt(struct ulk_machine *m)
{
	watch_stop(m->ulk);
	/* It may be in a call that blocks. */
	if (m->task->running)
		host_thread_kick(m->task);
}

void ulk_stop(struct ulk_machine *m)
{
	if (!m || !m->made)
		return;
	__atomic_store_n(&m->stop, 1, __ATOMIC_RELEASE);
	machine_interrupt(m);
}
