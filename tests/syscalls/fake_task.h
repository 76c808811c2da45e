/* SPDX-License-Identifier: GPL-2.0-or-later */
/* fake_task: a task around the page fixture's mm: enough of one for code that needs memory and limits only. */
#ifndef TESTS_SYSCALLS_FAKE_TASK_H
#define TESTS_SYSCALLS_FAKE_TASK_H

#include "page_fixture.h"
#include "syscalls/hostarg.h"

struct fake_task {
	struct task_struct task;
	struct signal_struct signal;
	struct ulk ulk;
	u64 mem;                     /* two writable pages, a read-only one, then nothing */
};

static inline void fake_task_init(struct fake_task *ft, struct fixture *f)
{
	memset(ft, 0, sizeof(*ft));
	ft->task.mm = f->mm;
	ft->task.signal = &ft->signal;
	ft->task.ulk = &ft->ulk;
	ft->ulk.phys = f->phys;
	ft->ulk.fd_floor = f->phys->own.floor;
	ft->signal.rlim[RLIMIT_NOFILE] = (struct rlimit){ 100, 100 };
	ft->mem = map_anon(f->mm, 4, PROT_READ | PROT_WRITE);
	assert_int_equal(do_mprotect(f->mm, ft->mem + 2 * PAGE_SIZE, PAGE_SIZE, PROT_READ), 0);
	assert_int_equal(do_munmap(f->mm, ft->mem + 3 * PAGE_SIZE, PAGE_SIZE), 0);
}

#endif
