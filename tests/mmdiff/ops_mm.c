// SPDX-License-Identifier: GPL-2.0-or-later
// Operations: memory calls on oneself by a detour, fields of the mm, code that was just written, threads.
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <linux/futex.h>
#include <sched.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/uio.h>
#include <unistd.h>
#include "stream.h"

void op_process_madvise(void)
{
	static const int advice[] = {0, 4, 4, 8, 10, 14, 20, 20, 21, 22, 23, 102, 103, 9, 100000};
	struct iovec iov[4];
	u64 n = 1 + rnd(4);
	int what = advice[rnd(ARRAY_SIZE(advice))], fd = (int)call(SYS_pidfd_open, (u64)getpid(), 0, 0, 0, 0, 0);

	if ((opt.avoid & AVOID_RECLAIM && what == 21) || (opt.avoid & AVOID_HUGE && what == 14))
		what = 4;
	out("process_madvise %d", (long)what);
	for (u64 i = 0; i < n; i++) {
		u64 addr = some_addr(), len = safe_len(addr, some_len());

		iov[i] = (struct iovec){(void *)addr, len};
		out(" %x+%x", addr, len);
	}
	result(call(SYS_process_madvise, (u64)fd, (u64)iov, n, (u64)what, chance(2), 0));
	close(fd);
	if (what == 9)
		fill_holes();
	if (what == 21)
		read_back();
}

// Fields of the mm, and what /proc/self/stat makes of them.
void op_set_mm(void)
{
	static char text[4096];
	u64 which = 1 + rnd(chance(90) ? 11 : 20), addr = chance(50) ? some_addr() : places_addr();
	int fd = open_quiet("/proc/self/stat");
	ssize_t n;
	long field = 0;

	out("set_mm %d %x", (long)which, addr);
	result(call(SYS_prctl, PR_SET_MM, which, addr, chance(2), 0, 0));
	n = read(fd, text, sizeof(text) - 1);
	close(fd);
	text[n > 0 ? n : 0] = '\0';
	for (char *p = strrchr(text, ')'); p && *p; p++) {
		if (*p != ' ')
			continue;
		field++;
		// startcode endcode startstack, then start_data to env_end.
		if ((field >= 24 && field <= 26) || (field >= 43 && field <= 49)) {
			char *end = strchr(p + 1, ' ');

			if (end)
				*end = '\0';
			out(" %s", p + 1);
			if (!end)
				break;
			*end = ' ';
		}
	}
	out("\n");
}

// Twice at the same place, so that the second must not run as the first.
void op_stub(void)
{
	u64 addr = some_addr() + (chance(80) ? rnd(PAGE - 8) : PAGE - 1 - rnd(5)), step = chance(50) ? 0 : rnd(3) * PAGE;

	if (safe_len(addr, 3 * PAGE) != 3 * PAGE)
		return out("stub\n");
	out("stub %x %x:", addr, step);
	for (u64 i = 0; i < 3; i++)
		run_stub(addr + (i & 1) * step, (unsigned)(now * 3 + i));
	out("\n");
}

static char thread_stack[1 << 16] __attribute__((aligned(64)));
static int thread_id;

static int in_thread(void *arg)
{
	(void)arg;
	for (u64 n = 1 + rnd(4); n; n--) {
		if (chance(70))
			touch();
		else
			one_call();
	}
	call(SYS_exit, 0, 0, 0, 0, 0, 0);
	return 0;
}

// Another thread does it, while this one waits.
void op_thread(void)
{
	const int flags = CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND | CLONE_THREAD | CLONE_SYSVSEM |
			  CLONE_CHILD_CLEARTID | CLONE_CHILD_SETTID | CLONE_PARENT_SETTID;
	static int nested;
	int id;

	out("thread\n");
	if (nested)
		return;
	nested = 1;
	thread_id = 0;
	if (clone(in_thread, thread_stack + sizeof(thread_stack) - 64, flags, NULL, &thread_id, NULL, &thread_id) < 0)
		out("no thread\n");
	while ((id = __atomic_load_n(&thread_id, __ATOMIC_ACQUIRE)))
		call(SYS_futex, (u64)&thread_id, FUTEX_WAIT, (u64)id, 0, 0, 0);
	nested = 0;
}

void op_keys(void)
{
	static int key = -1;
	u64 addr = some_addr(), len = safe_len(addr, some_len());

	if (key < 0 || chance(30)) {
		out("pkey_alloc");
		key = (int)call(SYS_pkey_alloc, 0, rnd(3), 0, 0, 0, 0);
		result(key);
	} else if (chance(30)) {
		out("pkey_free");
		result(call(SYS_pkey_free, (u64)key, 0, 0, 0, 0, 0));
		key = -1;
	} else {
		out("pkey_mprotect %x %x", addr, len);
		result(call(SYS_pkey_mprotect, addr, len, some_prot(), (u64)key, 0, 0));
	}
}

// Old size 0, moves without unmapping, pure moves of several areas.
void op_moves(void)
{
	static const u64 flags[] = {1, 3, 5, 7, 7, 3};
	u64 addr = some_addr(), flag = flags[rnd(ARRAY_SIZE(flags))], len = safe_len(addr, (1 + rnd(40)) * PAGE);
	u64 old = chance(25) ? 0 : len, to = flag & 2 || chance(50) ? some_addr() : 0;
	long ret;

	if (to || flag & 2)
		len = safe_len(to, len);
	if (old)
		old = len;
	out("move %x %x %x %x %x", addr, old, len, flag, to);
	ret = call(SYS_mremap, addr, old, len, flag, to, 0);
	result(ret);
	if (ret > 0)
		remember((u64)ret);
}
