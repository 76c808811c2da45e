// SPDX-License-Identifier: GPL-2.0-or-later
/* Guest buffers as iovecs for the host: see hostvec.h. */
#include <stdlib.h>
#include <string.h>
#include "syscalls/hostvec.h"

void guest_vec_one(struct guest_vec *gv, u64 addr, u64 len)
{
	gv->iov = gv->fast;
	gv->heap = NULL;
	gv->count = 1;
	gv->total = min_t(u64, len, MAX_RW_COUNT);
	gv->fast[0] = (struct iovec){ (void *)addr, gv->total };
}

/* The checks of import_iovec, in its order. */
static int check_iovecs(struct guest_vec *gv)
{
	size_t total = 0;

	for (int i = 0; i < gv->count; i++) {
		struct iovec *v = &gv->iov[i];

		if ((s64)v->iov_len < 0)
			return -EINVAL;
	}
	/* A single one is cut before it is looked at, several are not. */
	if (gv->count == 1)
		gv->iov->iov_len = min_t(u64, gv->iov->iov_len, MAX_RW_COUNT);
	for (int i = 0; i < gv->count; i++) {
		struct iovec *v = &gv->iov[i];

		if (!access_ok((u64)v->iov_base, v->iov_len))
			return -EFAULT;
		if (v->iov_len > MAX_RW_COUNT - total)
			v->iov_len = MAX_RW_COUNT - total;
		total += v->iov_len;
	}
	gv->total = total;
	return 0;
}

int guest_vec_import(struct task_struct *t, struct guest_vec *gv, u64 addr, u64 count)
{
	int err;

	gv->heap = NULL;
	gv->iov = gv->fast;
	if (count > HOST_IOV_MAX)
		return -EINVAL;
	gv->count = (int)count;
	if (count > ARRAY_SIZE(gv->fast)) {
		gv->heap = malloc(count * sizeof(struct iovec));
		if (!gv->heap)
			return -ENOMEM;
		gv->iov = gv->heap;
	}
	if (count && copy_from_user(t->mm, gv->iov, addr, count * sizeof(struct iovec)))
		err = -EFAULT;
	else
		err = check_iovecs(gv);
	if (err)
		guest_vec_free(gv);
	return err;
}

void guest_vec_free(struct guest_vec *gv)
{
	free(gv->heap);
	gv->heap = NULL;
}

void guest_vec_advance(struct guest_vec *gv, size_t n)
{
	gv->total -= n;
	while (gv->count && n >= gv->iov->iov_len) {
		n -= gv->iov->iov_len;
		gv->iov++;
		gv->count--;
	}
	if (n) {
		gv->iov->iov_base = (u8 *)gv->iov->iov_base + n;
		gv->iov->iov_len -= n;
	}
}

void guest_vec_cut(struct guest_vec *gv, size_t n)
{
	if (n >= gv->total)
		return;
	gv->total = n;
	for (int i = 0; i < gv->count; i++) {
		if (gv->iov[i].iov_len >= n) {
			gv->iov[i].iov_len = n;
			gv->count = i + 1;
			return;
		}
		n -= gv->iov[i].iov_len;
	}
}

bool guest_vec_writable(struct task_struct *t, const struct guest_vec *gv)
{
	bool ok = true;

	pthread_rwlock_rdlock(&t->mm->mmap_sem);
	for (int i = 0; ok && i < gv->count; i++) {
		u64 addr = (u64)gv->iov[i].iov_base, end = addr + gv->iov[i].iov_len;

		while (ok && addr < end) {
			struct vm_area_struct *vma = vma_lookup(t->mm, addr);

			ok = vma && (vma->vm_flags & VM_WRITE);
			if (ok)
				addr = vma->vm_end;
		}
	}
	pthread_rwlock_unlock(&t->mm->mmap_sem);
	return ok;
}

/* The part that cannot be accessed, as an iovec that faults. */
static struct iovec bad_tail(size_t len)
{
	return (struct iovec){ BAD_HOST_PTR, len };
}

static void host_vec_init(struct task_struct *t, struct host_vec *hv, const struct guest_vec *gv, bool in)
{
	hv->t = t;
	hv->guest = gv;
	hv->in = in;
	hv->pinned = false;
	hv->bounce = NULL;
	hv->out_of_pieces = false;
	hv->bytes = 0;
	hv->iov = hv->two;
	hv->count = 0;
}

/* What pinning came to, as a vector for the host. */
static int pinned_vec(struct host_vec *hv, const struct guest_vec *gv, int err)
{
	if (err == -ENOMEM)
		return err;
	if (err) {
		hv->iov[0] = bad_tail(gv->total);
		hv->count = 1;
		return 0;
	}
	hv->pinned = true;
	hv->iov = user_pin_iov(&hv->pin);
	hv->count = hv->pin.count;
	hv->bytes = hv->pin.bytes;
	if (hv->bytes < gv->total) {
		/* With room for one more piece, the pin ended at a bad page. */
		if (!hv->pin.ext && hv->count < (int)ARRAY_SIZE(hv->pin.iov))
			hv->iov[hv->count++] = bad_tail(gv->total - hv->bytes);
		else
			hv->out_of_pieces = true;
	}
	return 0;
}

int host_vec_pin(struct task_struct *t, struct host_vec *hv, const struct guest_vec *gv, bool in)
{
	int err;

	host_vec_init(t, hv, gv, in);
	if (gv->count == 1)
		err = user_pin(t->mm, &hv->pin, (u64)gv->iov->iov_base, gv->total, in);
	else
		err = user_pin_iovec(t->mm, &hv->pin, gv->iov, gv->count, in);
	return pinned_vec(hv, gv, err);
}

int host_vec_pin_fast(struct task_struct *t, struct host_vec *hv, const struct guest_vec *gv, bool in)
{
	host_vec_init(t, hv, gv, in);
	return pinned_vec(hv, gv, user_pin_fast(t->mm, &hv->pin, gv->iov, gv->count, in));
}

/* Gather the guest's bytes; returns how many could be read. */
static size_t gather(struct task_struct *t, u8 *to, const struct guest_vec *gv)
{
	size_t done = 0;

	for (int i = 0; i < gv->count; i++) {
		size_t len = gv->iov[i].iov_len;
		size_t left = copy_from_user(t->mm, to + done, (u64)gv->iov[i].iov_base, len);

		done += len - left;
		if (left)
			break;
	}
	return done;
}

static size_t scatter(struct task_struct *t, const struct guest_vec *gv, const u8 *from, size_t n)
{
	size_t done = 0;

	for (int i = 0; i < gv->count && done < n; i++) {
		size_t len = min_t(size_t, gv->iov[i].iov_len, n - done);
		size_t left = copy_to_user(t->mm, (u64)gv->iov[i].iov_base, from + done, len);

		done += len - left;
		if (left)
			break;
	}
	return done;
}

int host_vec_bounce(struct task_struct *t, struct host_vec *hv, const struct guest_vec *gv, bool in)
{
	/* As (un)aligned as the guest's, since O_DIRECT looks at that. */
	size_t skew = gv->count ? (u64)gv->iov->iov_base & 511 : 0;

	host_vec_init(t, hv, gv, in);
	if (gv->total <= BOUNCE_SMALL) {
		hv->bounce = hv->small;
	} else if (posix_memalign((void **)&hv->bounce, 512, gv->total + 512)) {
		hv->bounce = NULL;
		return -ENOMEM;
	}
	hv->bytes = in ? gv->total : gather(t, hv->bounce + skew, gv);
	if (hv->bytes || !gv->total)
		hv->iov[hv->count++] = (struct iovec){ hv->bounce + skew, hv->bytes };
	if (hv->bytes < gv->total)
		hv->iov[hv->count++] = bad_tail(gv->total - hv->bytes);
	return 0;
}

s64 host_vec_done(struct host_vec *hv, s64 n)
{
	size_t done = n > 0 ? min_t(size_t, (size_t)n, hv->bytes) : 0;

	if (hv->pinned)
		user_unpin(&hv->pin, hv->in ? done : 0);
	if (!hv->bounce)
		return n;
	if (hv->in && done) {
		size_t arrived = scatter(hv->t, hv->guest, hv->iov[0].iov_base, done);

		if (arrived < done)
			n = arrived ? (s64)arrived : -EFAULT;
	}
	if (hv->bounce != hv->small)
		free(hv->bounce);
	return n;
}

int host_vec_receive(struct task_struct *t, struct host_vec *hv, const struct guest_vec *gv)
{
	if ((gv->total > PIN_SMALL || has_threads(t)) && gv->total <= BOUNCE_MAX && guest_vec_writable(t, gv))
		return host_vec_bounce(t, hv, gv, true);
	return host_vec_pin(t, hv, gv, true);
}
