// SPDX-License-Identifier: GPL-2.0-or-later
/* mlock and its kin, and protection keys (which this CPU does not have). */
#include <sys/mman.h>
#include "syscalls/handlers.h"

SYSCALL(mlock)
{
	return do_mlock(t->mm, a[0], a[1], 0);
}

SYSCALL(mlock2)
{
	if ((int)a[2] & ~MLOCK_ONFAULT)
		return -EINVAL;
	return do_mlock(t->mm, a[0], a[1], (int)a[2]);
}

SYSCALL(munlock)
{
	return do_munlock(t->mm, a[0], a[1]);
}

SYSCALL(mlockall)
{
	return do_mlockall(t->mm, (int)a[0]);
}

SYSCALL(munlockall)
{
	return do_munlockall(t->mm);
}

/* The kernel without PKU: only key -1, "leave the key alone", exists; it is looked at after the range. */
SYSCALL(pkey_mprotect)
{
	u64 start = a[0], len = a[1];

	if ((int)a[3] == -1)
		return do_mprotect(t->mm, start, len, a[2]);
	if (start & ~PAGE_MASK)
		return -EINVAL;
	if (!len)
		return 0;
	return start + PAGE_ALIGN(len) <= start ? -ENOMEM : -EINVAL;
}

/*
 * Even key 0 cannot be handed out: setting its rights is EINVAL on a CPU without PKU. But Linux takes it for
 * allocated from then on, and cannot free it, so that none is left for the next call.
 */
SYSCALL(pkey_alloc)
{
	if (a[0] || a[1] & ~3UL)
		return -EINVAL;
	if (t->mm->context.pkey0_taken)
		return -ENOSPC;
	t->mm->context.pkey0_taken = true;
	return -EINVAL;
}

SYSCALL(pkey_free)
{
	return -EINVAL;
}
