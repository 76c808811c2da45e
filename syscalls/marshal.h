/* SPDX-License-Identifier: GPL-2.0-or-later */
/* marshal: small helpers for handlers that hand structures from the guest to the host and back. */
#ifndef ULK_SYSCALLS_MARSHAL_H
#define ULK_SYSCALLS_MARSHAL_H

#include "kernel/task.h"

#define UIO_FASTIOV_MAX 1024 /* UIO_MAXIOV */

/*
 * Copy an array of @count iovecs in, with the kernel's checks (import_iovec): EINVAL for more than
 * UIO_MAXIOV or a length that is negative as ssize_t, EFAULT for a bad array. *iov is malloc'ed (free
 * it also when *n is 0); the bases are guest addresses. Returns 0 or -errno.
 */
s64 iovec_from_user(struct mm_struct *mm, u64 uaddr, u64 count, struct iovec **iov, int *n);
/* The same, but the buffers may lie anywhere. */
s64 iovec_from_user_raw(struct mm_struct *mm, u64 uaddr, u64 count, struct iovec **iov, int *n);

/*
 * Linux's copy_struct_from_user with the size already known: copies min(usize, ksize), the rest of
 * @dst is zeroed; when the guest's structure is longer the surplus must be zero (E2BIG).
 */
s64 copy_struct_from_user(struct mm_struct *mm, void *dst, size_t ksize, u64 src, size_t usize);

/* The thread of this very process with id @tid, or NULL. */
struct task_struct *find_own_task(struct task_struct *t, int tid);

/* True when the host process has this capability (CAP_*) in its effective set. */
bool host_capable(int cap);

/*
 * A blocking host call ended by a signal. Which of the two it gave says how the host would have gone
 * on (restart, or EINTR); calls whose restart ulk makes itself treat them alike.
 */
static inline bool interrupted(s64 ret)
{
	return ret == -ERESTARTSYS || ret == -EINTR;
}

/* Copy a structure of @size bytes out when @ret >= 0; @uaddr 0 is a fault like any other. */
static inline s64 copy_result(struct mm_struct *mm, s64 ret, u64 uaddr, const void *from, size_t size)
{
	if (ret < 0)
		return ret;
	return copy_to_user(mm, uaddr, from, size) ? -EFAULT : ret;
}

#endif
