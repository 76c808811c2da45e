// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * process_vm_readv and process_vm_writev. Of the calling process itself; another's memory, as the host
 * knows it, is not the memory of a guest.
 */
#include <stdlib.h>
#include "syscalls/handlers.h"
#include "syscalls/marshal.h"

/* A place in a vector of buffers. */
struct cursor {
	const struct iovec *iov;
	int left;
	size_t done; /* of iov[0] */
};

static size_t cursor_room(struct cursor *c)
{
	while (c->left && c->done == c->iov->iov_len) {
		c->iov++;
		c->left--;
		c->done = 0;
	}
	return c->left ? c->iov->iov_len - c->done : 0;
}

static u64 cursor_addr(const struct cursor *c)
{
	return (u64)c->iov->iov_base + c->done;
}

/* Up to one page, within one page of @from. Returns what was copied, 0 at a bad address. */
static size_t copy_some(struct mm_struct *mm, u64 to, u64 from, size_t n)
{
	u8 page[PAGE_SIZE];
	size_t got, put;

	got = n - copy_from_user(mm, page, from, n);
	put = got - copy_to_user(mm, to, page, got);
	return put;
}

static s64 copy_vectors(struct mm_struct *mm, struct cursor *to, struct cursor *from)
{
	s64 total = 0;

	for (;;) {
		size_t n = min_t(size_t, cursor_room(to), cursor_room(from)), done;

		if (!n)
			return total;
		n = min_t(size_t, n, PAGE_SIZE - (cursor_addr(from) & ~PAGE_MASK));
		done = copy_some(mm, cursor_addr(to), cursor_addr(from), n);
		total += (s64)done;
		if (done < n)
			return total ? total : -EFAULT;
		to->done += n;
		from->done += n;
	}
}

/* Who may not be reached: a process that is not there is ESRCH; of one that is, only that it is not us. */
static s64 other_process(u64 pid)
{
	return HOST(SYS_kill, pid, 0) == -ESRCH || (int)pid <= 0 ? -ESRCH : -EPERM;
}

static s64 process_vm_rw(struct task_struct *t, const u64 *a, bool write)
{
	struct iovec *local, *remote = NULL;
	int nl, nr;
	s64 ret;

	if (a[5])
		return -EINVAL;
	ret = iovec_from_user(t->mm, a[1], a[2], &local, &nl);
	if (ret < 0)
		return ret;
	ret = iovec_from_user(t->mm, a[3], a[4], &remote, &nr);
	if (ret < 0)
		goto out;
	struct cursor l = {local, nl, 0}, r = {remote, nr, 0};

	if (!cursor_room(&l) || !nr)
		ret = 0;
	else if ((int)a[0] != t->pid && !find_own_task(t, (int)a[0]))
		ret = other_process(a[0]);
	else
		ret = write ? copy_vectors(t->mm, &r, &l) : copy_vectors(t->mm, &l, &r);
	free(remote);
out:
	free(local);
	return ret;
}

SYSCALL(process_vm_readv)
{
	return process_vm_rw(t, a, false);
}

SYSCALL(process_vm_writev)
{
	return process_vm_rw(t, a, true);
}
