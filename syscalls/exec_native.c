// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * `ulk run --exec=native`: a program that the guest executes runs on the host itself. The host's execve does
 * nearly all that is to be done; before it, the host process must be what the guest thinks it is: its limits,
 * ignored signals, mask. After a failure it is again what ulk needs.
 */
#include <linux/futex.h>
#include <stdlib.h>
#include <string.h>
#include "kernel/fds.h"
#include "kernel/signal.h"
#include "kernel/thread.h"
#include "kernel/usage.h"
#include "kernel/vfork.h"
#include "syscalls/exec_native.h"
#include "syscalls/handlers.h"

/* Limits that are the guest's alone, and wider for the host process (syscalls/limits.c). */
static const int guest_limits[] = {RLIMIT_NOFILE, RLIMIT_AS,	  RLIMIT_DATA, RLIMIT_STACK,
				   RLIMIT_CORE,	  RLIMIT_MEMLOCK, RLIMIT_RSS};

static void limits_to_host(struct task_struct *t, struct rlimit *old)
{
	for (size_t i = 0; i < ARRAY_SIZE(guest_limits); i++)
		HOST(SYS_prlimit64, 0, guest_limits[i], &t->signal->rlim[guest_limits[i]], &old[i]);
}

static void limits_back(const struct rlimit *old)
{
	for (size_t i = 0; i < ARRAY_SIZE(guest_limits); i++)
		HOST(SYS_prlimit64, 0, guest_limits[i], &old[i], NULL);
}

static void dispositions_to_host(struct task_struct *t)
{
	const struct {
		u64 handler, flags, restorer, mask;
	} ignore = {ULK_SIG_IGN, 0, 0, 0};

	for (int sig = 1; sig <= ULK_NSIG; sig++)
		if (t->signal->action[sig].handler == ULK_SIG_IGN)
			HOST(SYS_rt_sigaction, sig, &ignore, NULL, sizeof(u64));
}

/* What the host would refuse, found out before anything is given up. Whether it is a format that the host
 * knows is asked too, as far as one can tell: a shell tries text that has no #! itself. */
static s64 refused(int dirfd, const char *path, int at_flags)
{
	int open_flags = O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK;
	char magic[4] = "";
	s64 fd, n;

	if (!*path)
		fd = HOST(SYS_fcntl, dirfd, F_DUPFD_CLOEXEC, 0);
	else
		fd = HOST(SYS_openat, dirfd, path,
			  open_flags | (at_flags & AT_SYMLINK_NOFOLLOW ? O_NOFOLLOW : 0), 0);
	if (fd < 0)
		return 0; /* it may still be executable */
	n = HOST(SYS_pread64, fd, magic, sizeof(magic), 0);
	HOST(SYS_close, fd);
	return n >= 0 && memcmp(magic, "\177ELF", 4) && memcmp(magic, "#!", 2) ? -ENOEXEC : 0;
}

s64 exec_native(struct task_struct *t, int dirfd, const char *path, char *const *argv, char *const *envp,
		int at_flags)
{
	struct rlimit old[ARRAY_SIZE(guest_limits)];
	s64 ret = refused(dirfd, path, at_flags);

	if (ret < 0)
		return ret;
	mm_release(t);
	vfork_tell(t);
	limits_to_host(t, old);
	dispositions_to_host(t);
	fflush(NULL);
	usage_leave(t->ulk);
	host_mask_set(t->blocked);
	ret = HOST(SYS_execveat, dirfd, path, argv, envp, at_flags);
	limits_back(old);
	for (int sig = 1; sig <= ULK_NSIG; sig++)
		host_signal_mirror(t, sig);
	return ret;
}
