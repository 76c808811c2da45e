// SPDX-License-Identifier: GPL-2.0-or-later
/* From a number and six registers to a row and its handler. */
#include <string.h>
#include "kernel/seccomp.h"
#include "kernel/user_dispatch.h"
#include "kernel/watch.h"
#include "syscalls/syscalls.h"

/* Above any descriptor a host can open (fs.nr_open's ceiling), so the host says EBADF in its own time. */
#define CLOSED_FD 0x7fffffff

static const struct syscall_row *row_of(u64 nr)
{
	/* The kernel looks at eax only, not rax. */
	u32 n = (u32)nr;

	if (n >= syscall_table_size || !syscall_table[n].name)
		return NULL;
	return &syscall_table[n];
}

bool syscall_is_fast(u64 nr)
{
	const struct syscall_row *row = row_of(nr);

	return row && row->fn && (row->flags & SC_FAST);
}

/*
 * A descriptor of ulk's own must look closed, neither more nor less: the call's other checks keep
 * their order, and a directory descriptor beside an absolute path is still ignored. So the handler
 * gets a number that is certainly closed instead of an early EBADF.
 */
static bool hide_own_fds(struct task_struct *t, const struct syscall_row *row, const u64 *args, u64 *out)
{
	bool changed = false;

	for (int i = 0; i < 6 && row->args[i] != ARG_NONE; i++) {
		if (row->args[i] != ARG_FD && row->args[i] != ARG_DIRFD)
			continue;
		if (fd_visible(t, args[i]) || (s32)args[i] < 0)
			continue;
		if (!changed)
			memcpy(out, args, 6 * sizeof(*args));
		out[i] = CLOSED_FD;
		changed = true;
	}
	return changed;
}

static void report_unsupported(struct task_struct *t, const struct syscall_row *row, u64 nr)
{
	if (row)
		pr_verbose(t->ulk, "system call %s (%u) is not supported%s%s", row->name, (u32)nr,
			   row->note ? ": " : "", row->note ? row->note : "");
	else
		pr_verbose(t->ulk, "system call %u is not supported", (u32)nr);
}

static s64 dispatch(struct task_struct *t, u64 nr, const u64 args[6])
{
	const struct syscall_row *row = row_of(nr);
	u64 hidden[6];
	s64 ret;

	if (unlikely(t->dispatch.on) && !user_dispatch_allows(t, nr, &ret))
		return ret;
	if (unlikely(t->seccomp_mode) && !seccomp_allows(t, nr, args, &ret))
		return ret;
	if (!row || !row->fn) {
		report_unsupported(t, row, nr);
		return -ENOSYS;
	}
	if (row->flags & (SC_DESC | SC_FILE | SC_NET | SC_PROCESS))
		t->ulk->fd_calls++;
	return row->fn(t, hide_own_fds(t, row, args, hidden) ? hidden : args);
}

s64 do_syscall(struct task_struct *t, u64 nr, const u64 args[6])
{
	return unlikely(t->ulk->watches) ? watched_syscall(t, nr, args, dispatch) : dispatch(t, nr, args);
}
