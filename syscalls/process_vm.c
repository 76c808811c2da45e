// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * process_vm_readv and process_vm_writev: of the calling process itself, and of others of its family, which are asked
 * (procfs/peer.h). The memory of a process of the host's is refused.
 */
#include <stdlib.h>
#include <string.h>
#include "kernel/errand.h"
#include "procfs/peer.h"
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

/* What is left in all of them. */
static size_t cursors_room(struct cursor *c)
{
	size_t room = cursor_room(c);

	for (int i = 1; i < c->left; i++)
		room += c->iov[i].iov_len;
	return room;
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

/* The same of the process of thread @tid. */
static int copy_peer(struct task_struct *t, int tid, struct cursor *local, u64 addr, u64 len, bool write, s64 *total)
{
	u8 *buf = malloc(ERRAND_BYTES);
	size_t chunk, got;
	s64 ret = buf ? 0 : -ENOMEM;

	while (buf && len && ret >= 0 && cursor_room(local)) {
		struct cursor ahead = *local;

		chunk = min_t(u64, len, ERRAND_BYTES);
		if (write) {
			chunk = copy_local(t->mm, &ahead, buf, chunk, true);
			ret = chunk ? peer_vm_rw(t, tid, addr, buf, chunk, true) : -EFAULT;
			got = ret > 0 ? copy_local(t->mm, local, buf, (size_t)ret, true) : 0;
		} else {
			ret = peer_vm_rw(t, tid, addr, buf, min_t(u64, chunk, cursors_room(local)), false);
			got = ret > 0 ? copy_local(t->mm, local, buf, (size_t)ret, false) : 0;
			if (ret > 0 && got < (size_t)ret)
				ret = -EFAULT;
		}
		addr += got;
		len -= got;
		*total += (s64)got;
		if (ret >= 0 && got < chunk && cursor_room(local) && len)
			ret = -EFAULT;
	}
	free(buf);
	return ret < 0 ? (int)ret : 0;
}

/* @tid: of a peer, or 0. */
static s64 copy_vectors(struct task_struct *t, int tid, struct cursor *local, const struct iovec *remote, int count,
			bool write)
{
	s64 total = 0;
	int err = 0;

	for (int i = 0; i < count && !err && cursor_room(local); i++)
		err = tid ? copy_peer(t, tid, local, (u64)remote[i].iov_base, remote[i].iov_len, write, &total)
			  : copy_remote(t->mm, local, (u64)remote[i].iov_base, remote[i].iov_len, write, &total);
	return total ? total : err;
}

/* The host says whether there is such a process and whether we may look into it: 0, -ESRCH, -EPERM. */
static s64 other_process(struct task_struct *t, u64 pid)
{
	s64 ret;
	char byte;
	struct iovec here = {&byte, 1}, nowhere = {(void *)8, 1};

	ret = HOST(SYS_process_vm_readv, pid, &here, 1, &nowhere, 1, 0);
	if (ret == -ESRCH)
		return -ESRCH;
	return ret == -EFAULT && peer_is_family(t, (int)pid) ? 0 : -EPERM;
}

static s64 process_vm_rw(struct task_struct *t, const u64 *a, bool write)
{
	struct iovec *local, *remote = NULL;
	int nl, nr, peer = 0;
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
	ret = 0;
	if (nr && (int)a[0] != t->pid && !find_own_task(t, (int)a[0])) {
		peer = (int)a[0];
		ret = other_process(t, a[0]);
	}
	if (nr && !ret)
		ret = copy_vectors(t, peer, &l, remote, nr, write);
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
