// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <linux/capability.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include "syscalls/marshal.h"

static s64 get_iovec(struct mm_struct *mm, u64 uaddr, u64 count, struct iovec **iov, int *n, bool anywhere)
{
	*iov = NULL;
	*n = 0;
	if (count > UIO_FASTIOV_MAX)
		return -EINVAL;
	*iov = malloc((count ? count : 1) * sizeof(**iov));
	if (!*iov)
		return -ENOMEM;
	if (copy_from_user(mm, *iov, uaddr, count * sizeof(**iov)))
		goto fault;
	/* All lengths come before any address. */
	for (u64 i = 0; i < count; i++) {
		if ((s64)(*iov)[i].iov_len < 0) {
			free(*iov);
			*iov = NULL;
			return -EINVAL;
		}
	}
	for (u64 i = 0; i < count; i++) {
		if (!anywhere && !access_ok((u64)(*iov)[i].iov_base, (*iov)[i].iov_len))
			goto fault;
	}
	*n = (int)count;
	return 0;
fault:
	free(*iov);
	*iov = NULL;
	return -EFAULT;
}

s64 iovec_from_user(struct mm_struct *mm, u64 uaddr, u64 count, struct iovec **iov, int *n)
{
	return get_iovec(mm, uaddr, count, iov, n, false);
}

s64 iovec_from_user_raw(struct mm_struct *mm, u64 uaddr, u64 count, struct iovec **iov, int *n)
{
	return get_iovec(mm, uaddr, count, iov, n, true);
}

s64 copy_struct_from_user(struct mm_struct *mm, void *dst, size_t ksize, u64 src, size_t usize)
{
	size_t n = usize < ksize ? usize : ksize;
	u8 chunk[256];

	for (size_t off = n; off < usize;) {
		size_t part = min_t(size_t, usize - off, sizeof(chunk));

		if (copy_from_user(mm, chunk, src + off, part))
			return -EFAULT;
		for (size_t i = 0; i < part; i++) {
			if (chunk[i])
				return -E2BIG;
		}
		off += part;
	}
	memset(dst, 0, ksize);
	return copy_from_user(mm, dst, src, n) ? -EFAULT : 0;
}

struct task_struct *find_own_task(struct task_struct *t, int tid)
{
	struct task_struct *p = t->ulk->tasks;

	while (p && (p->tid != tid || p->signal != t->signal))
		p = p->next;
	return p;
}

bool host_capable(int cap)
{
	struct __user_cap_header_struct hdr = {.version = _LINUX_CAPABILITY_VERSION_3};
	struct __user_cap_data_struct data[2] = {{0}};

	if (HOST(SYS_capget, &hdr, data) < 0)
		return false;
	return data[CAP_TO_INDEX(cap)].effective & CAP_TO_MASK(cap);
}
