/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * hostvec: guest buffers as iovecs the host can transfer into and out of.
 *
 * Two ways. Pinned: the iovecs point straight at the guest's frames, nothing is copied. When the
 * buffer is bad from some byte on, the last iovec is one that faults there for the host as well, so
 * that partial counts and EFAULT come out as the host's own. Bounced: through a buffer of ours, for
 * transfers whose length is not known beforehand (a read of 64 KiB that brings 10 bytes must not
 * touch 16 pages: RSS would show it), for pieces the host must see as one, and for a read that waits
 * while other threads run: the data goes to whatever is mapped when it comes, as in Linux.
 */
#ifndef ULK_SYSCALLS_HOSTVEC_H
#define ULK_SYSCALLS_HOSTVEC_H

#include "syscalls/hostarg.h"

#define MAX_RW_COUNT 0x7ffff000UL
#define HOST_IOV_MAX 1024

/* Guest buffers, copied in and checked. */
struct guest_vec {
	struct iovec *iov;           /* guest addresses; ours to change */
	int count;
	size_t total;                /* bytes, at most MAX_RW_COUNT */
	struct iovec fast[8];
	struct iovec *heap;
};

#define PIN_SMALL (2 * PAGE_SIZE)
#define BOUNCE_SMALL 4096UL
#define BOUNCE_MAX (64UL << 20)

struct host_vec {
	struct iovec *iov;           /* give these to the host */
	int count;
	bool out_of_pieces;          /* covers less than asked only because the host takes 1024 iovecs */
	size_t bytes;                /* guest bytes covered (the faulting tail not counted) */
	/* private */
	struct task_struct *t;
	const struct guest_vec *guest;
	bool in;
	bool pinned;
	struct user_pin pin;
	u8 *bounce;                  /* of malloc, or small */
	struct iovec two[2];
	u8 small[BOUNCE_SMALL + 512] __attribute__((aligned(512)));
};

/* One buffer. */
void guest_vec_one(struct guest_vec *gv, u64 addr, u64 len);
/*
 * An array of @count guest iovecs at @addr, as import_iovec takes them: cut at MAX_RW_COUNT. Returns 0,
 * -EINVAL (count, or a length negative as ssize_t), -EFAULT (the array or a range outside user space)
 * or -ENOMEM; release with guest_vec_free() when 0.
 */
int guest_vec_import(struct task_struct *t, struct guest_vec *gv, u64 addr, u64 count);
void guest_vec_free(struct guest_vec *gv);
/* Drop the first @n bytes. */
void guest_vec_advance(struct guest_vec *gv, size_t n);
/* Keep the first @n bytes. */
void guest_vec_cut(struct guest_vec *gv, size_t n);
/* True when all of it lies in writable VMAs, so that a copy to it can hardly fail. */
bool guest_vec_writable(struct task_struct *t, const struct guest_vec *gv);

/*
 * @in: the host stores into the guest (read, recv). @gv stays valid until host_vec_done().
 * Returns 0 or -ENOMEM; an inaccessible buffer is not an error here but a faulting iovec.
 */
int host_vec_pin(struct task_struct *t, struct host_vec *hv, const struct guest_vec *gv, bool in);
/* The same by the rules of calls that take references to pages rather than copy (user_pin_fast()). */
int host_vec_pin_fast(struct task_struct *t, struct host_vec *hv, const struct guest_vec *gv, bool in);
int host_vec_bounce(struct task_struct *t, struct host_vec *hv, const struct guest_vec *gv, bool in);
/* The host transferred @n bytes (a negative @n is an error): carry them to the guest, release.
 * Returns @n, or what of it reached the guest (-EFAULT: nothing). */
s64 host_vec_done(struct host_vec *hv, s64 n);
/*
 * The way to choose for a receive of unknown length (sockets, pipes, /proc): pinned when small and nobody
 * can interfere, or larger than any bounce; else bounced. As host_vec_pin() otherwise.
 */
int host_vec_receive(struct task_struct *t, struct host_vec *hv, const struct guest_vec *gv);

#endif
