// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What others see of the guest from outside: the host's /proc/PID/cmdline and environ are read from wherever
 * the host process says its arguments are, so ulk says: in a copy of the guest's. (The name, comm, is the
 * host thread's anyway.)
 */
#include <linux/prctl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>
#include "kernel/task.h"

static u64 clamp_len(u64 start, u64 end)
{
	return end > start && end - start <= 8UL << 20 ? end - start : 0;
}

void proctitle_publish(struct task_struct *t)
{
	struct mm_struct *mm = t->mm;
	u64 args = clamp_len(mm->arg_start, mm->arg_end), env = clamp_len(mm->env_start, mm->env_end);
	u64 len = PAGE_ALIGN(args + env + 1), brk = (u64)(uintptr_t)sbrk(0);
	void *old = t->ulk->title;
	u64 old_len = t->ulk->title_len;
	char *copy = mmap(NULL, len, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	struct prctl_mm_map map = {
		.start_code = mm->start_code,
		.end_code = mm->end_code,
		.start_data = mm->start_data,
		.end_data = mm->end_data,
		.start_stack = mm->start_stack,
		.start_brk = brk, /* ulk's own heap only grows */
		.brk = brk,
		.exe_fd = (u32)-1,
	};

	if (copy == MAP_FAILED)
		return;
	if (access_remote_vm(mm, mm->arg_start, copy, args, false) ||
	    access_remote_vm(mm, mm->env_start, copy + args, env, false))
		memset(copy, 0, len);
	map.arg_start = (u64)(uintptr_t)copy;
	map.arg_end = map.env_start = map.arg_start + args;
	map.env_end = map.env_start + env;
	/* A host that was built without it, or does not like the addresses, goes on showing ulk's. */
	if (HOST(SYS_prctl, PR_SET_MM, PR_SET_MM_MAP, (uintptr_t)&map, sizeof(map), 0)) {
		munmap(copy, len);
		return;
	}
	t->ulk->title = copy;
	t->ulk->title_len = len;
	if (old)
		munmap(old, old_len);
}
