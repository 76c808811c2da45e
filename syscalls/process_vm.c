// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * process_vm_readv and process_vm_writev. Of the calling process itself; another's memory, as the host
 * knows it, is not the memory of a guest.
 */
#include <stdlib.h>
#include <string.h>
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

/* Between @n bytes of the host's at @page and the local buffers. What was copied. */
static size_t copy_local(struct mm_struct *mm, struct cursor *local, u8 *page, size_t n, bool write)
{
	size_t done = 0, step, left;
	u8 buf[PAGE_SIZE];

	while (done < n && (step = min_t(size_t, cursor_room(local), n - done))) {
		step = min_t(size_t, step, sizeof(buf));
		if (write) {
			/* Not straight there: what cannot be read would become zeros. */
			left = copy_from_user(mm, buf, cursor_addr(local), step);
			memcpy(page + done, buf, step - left);
		} else {
			left = copy_to_user(mm, cursor_addr(local), page + done, step);
		}
		local->done += step - left;
		done += step - left;
		if (left)
			break;
	}
	return done;
}

/* One remote buffer: so many of its pages are brought in at once, even if the local buffers end before. */
#define PIN_PAGES 1024UL

static int copy_remote(struct mm_struct *mm, struct cursor *local, u64 addr, u64 len, bool write, s64 *total)
{
	struct user_pin pin;
	size_t chunk, part, got, written;
	int err = 0;

	while (len && !err && cursor_room(local)) {
		chunk = min_t(u64, len, PIN_PAGES * PAGE_SIZE - (addr & ~PAGE_MASK));
		err = user_pin_remote(mm, &pin, addr, chunk, write);
		if (err)
			return err;
		written = 0;
		for (int i = 0; i < pin.count && !err; i++) {
			struct iovec *iov = &user_pin_iov(&pin)[i];

			part = iov->iov_len;
			got = copy_local(mm, local, iov->iov_base, part, write);
			written += got;
			if (got < part)
				err = cursor_room(local) ? -EFAULT : 1;
		}
		addr += pin.bytes;
		len -= pin.bytes;
		user_unpin(&pin, written);
		*total += (s64)written;
	}
	return err < 0 ? err : 0;
}

static s64 copy_vectors(struct mm_struct *mm, struct cursor *local, const struct iovec *remote, int count, bool write)
{
	s64 total = 0;
	int err = 0;

	for (int i = 0; i < count && !err && cursor_room(local); i++)
		err = copy_remote(mm, local, (u64)remote[i].iov_base, remote[i].iov_len, write, &total);
	return total ? total : err;
}

/* Who may not be reached: a process that is not there, or has ended, is ESRCH; of one that is, only that it is not us. */
static s64 other_process(u64 pid)
{
	char byte;
	struct iovec here = {&byte, 1}, nowhere = {(void *)8, 1};

	return HOST(SYS_process_vm_readv, pid, &here, 1, &nowhere, 1, 0) == -ESRCH ? -ESRCH : -EPERM;
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
	struct cursor l = {local, nl, 0};

	/* Nothing to copy: nobody looks at the rest. */
	if (!cursor_room(&l))
		goto out;
	/* Where these lie is found out when they are reached. */
	ret = iovec_from_user_raw(t->mm, a[3], a[4], &remote, &nr);
	if (ret < 0)
		goto out;
	if (!nr)
		ret = 0;
	else if ((int)a[0] != t->pid && !find_own_task(t, (int)a[0]))
		ret = other_process(a[0]);
	else
		ret = copy_vectors(t->mm, &l, remote, nr, write);
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
