// SPDX-License-Identifier: GPL-2.0-or-later
/* Operations on an open descriptor that carry no data: position, duplicates, locks, flushing, advice. */
#include <sys/file.h>
#include "kernel/files.h"
#include "syscalls/handlers.h"
#include "syscalls/hostarg.h"

SYSCALL(lseek)
{
	s64 pos = HOST(SYS_lseek, a[0], a[1], a[2]);

	if (pos >= 0)
		special_seek(t, (int)a[0], (u64)pos);
	return pos;
}

SYSCALL(dup)
{
	return fd_made(t, HOST(SYS_dup, a[0]));
}

/* A target the guest may not have is EBADF, as one past RLIMIT_NOFILE is; the host's limit is wider. */
SYSCALL(dup2)
{
	u32 from = fd_host(t, a[0]);
	int err;

	if ((u32)a[0] == (u32)a[1])
		return HOST(SYS_dup2, from, from);
	if ((u32)a[1] >= fd_limit(t))
		return -EBADF;
	err = fd_claim(t, (int)a[1]);
	return err ? err : HOST(SYS_dup2, from, a[1]);
}

SYSCALL(dup3)
{
	u32 from = fd_host(t, a[0]);
	int err;

	if ((u32)a[0] == (u32)a[1])
		return HOST(SYS_dup3, from, from, a[2]);
	if ((u32)a[1] >= fd_limit(t))
		return HOST(SYS_dup3, from, -1U, a[2]);
	err = fd_claim(t, (int)a[1]);
	return err ? err : HOST(SYS_dup3, from, a[1], a[2]);
}

SYSCALL(flock)
{
	if (a[1] & LOCK_NB)
		return HOST(SYS_flock, a[0], a[1]);
	return HOST_AFTER_SIGNALS(t, SYS_flock, a[0], a[1]);
}

SYSCALL(fsync)
{
	return HOST_WAIT(t, SYS_fsync, a[0]);
}

SYSCALL(fdatasync)
{
	return HOST_WAIT(t, SYS_fdatasync, a[0]);
}

SYSCALL(sync)
{
	return HOST_WAIT(t, SYS_sync);
}

SYSCALL(syncfs)
{
	return HOST_WAIT(t, SYS_syncfs, a[0]);
}

SYSCALL(sync_file_range)
{
	return HOST_WAIT(t, SYS_sync_file_range, a[0], a[1], a[2], a[3]);
}

SYSCALL(readahead)
{
	return HOST_WAIT(t, SYS_readahead, a[0], a[1], a[2]);
}

SYSCALL(fadvise64)
{
	return HOST(SYS_fadvise64, a[0], a[1], a[2], a[3]);
}
