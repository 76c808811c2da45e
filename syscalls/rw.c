// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * read, write and their vector and positioned forms: sixteen rows, one transfer.
 *
 * The host reads straight into the guest's frames. Where the transfer has to be cut (more pieces than
 * an iovec array takes) the parts are put together again as one call's count.
 */
#include <linux/magic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/sysmacros.h>
#include "kernel/files.h"
#include "mm/mirror.h"
#include "syscalls/handlers.h"
#include "syscalls/hostvec.h"
#include "syscalls/rw.h"
#include "syscalls/written.h"

/* A write that crosses into another frame reaches the host in one piece up to this size: a file without
 * a vector operation (/proc/self/uid_map) takes each piece for a call of its own. */
#define JOIN_MAX 512
/* The same file refuses a piece that is too small for it (eventfd, inotify): up to this size in one, then. */
#define RETRY_MAX (64UL << 10)
#define TTY_READ_MAX (64UL << 10)
/* And vectors of too many pieces up to this size: a datagram cannot be cut. */
#define REGROUP_MAX (1UL << 20)
/* RWF_DONTCACHE, Linux 6.14; older headers lack it. */
#define RWF_UNCACHED 0x80
/* RWF_NOAPPEND, Linux 6.9. */
#define RWF_AT_POSITION 0x20

struct rw {
	struct task_struct *t;
	u64 fd;
	s64 pos;              /* -1: the file's own position */
	u64 flags;            /* RWF_* */
	bool write;
	bool vector;          /* the guest gave an array */
};

static s64 host_transfer(const struct rw *rw, const struct iovec *iov, int count)
{
	struct task_struct *t = rw->t;

	if (count != 1 || rw->flags)
		return HOST_AFTER_SIGNALS(t, rw->write ? SYS_pwritev2 : SYS_preadv2, rw->fd, iov, count, rw->pos, 0,
				     rw->flags);
	if (rw->pos < 0)
		return HOST_AFTER_SIGNALS(t, rw->write ? SYS_write : SYS_read, rw->fd, iov->iov_base, iov->iov_len);
	return HOST_AFTER_SIGNALS(t, rw->write ? SYS_pwrite64 : SYS_pread64, rw->fd, iov->iov_base, iov->iov_len,
			     rw->pos);
}

static s64 host_rw(const struct rw *rw, const struct iovec *iov, int count)
{
	s64 ret = host_transfer(rw, iov, count);

	if (rw->write)
		fd_written(rw->t, rw->fd, rw->pos, ret);
	return ret;
}

static s64 rw_bounced(const struct rw *rw, const struct guest_vec *gv)
{
	struct host_vec hv;
	int err = host_vec_bounce(rw->t, &hv, gv, !rw->write);
	s64 n, arrived;

	if (err)
		return err;
	n = host_rw(rw, hv.iov, hv.count);
	arrived = host_vec_done(&hv, n);
	/* What did not arrive was not read, where that can be put right. */
	if (!rw->write && rw->pos < 0 && n > 0 && arrived < n)
		HOST(SYS_lseek, rw->fd, (arrived > 0 ? arrived : 0) - n, SEEK_CUR);
	return arrived;
}

/* Transfer one part. *again: it was cut for want of pieces, filled whole, and there is more. */
static s64 rw_part(const struct rw *rw, const struct guest_vec *gv, bool *again)
{
	struct host_vec hv;
	int err = host_vec_pin(rw->t, &hv, gv, !rw->write);
	s64 n;

	*again = false;
	if (err)
		return err;
	bool split = gv->count == 1 && hv.count > 1 && hv.bytes == gv->total;
	bool join = split && rw->write && gv->total <= JOIN_MAX;
	bool regroup = hv.out_of_pieces && gv->total <= REGROUP_MAX;

	if (join || (regroup && (rw->write || guest_vec_writable(rw->t, gv)))) {
		host_vec_done(&hv, 0);
		return rw_bounced(rw, gv);
	}
	n = host_rw(rw, hv.iov, hv.count);
	*again = hv.out_of_pieces && n == (s64)hv.bytes;
	n = host_vec_done(&hv, n);
	if (unlikely(n == -EINVAL && split && gv->total <= RETRY_MAX && guest_vec_writable(rw->t, gv)))
		return rw_bounced(rw, gv);
	return n;
}

/* @stream: a read takes what there is, so it ends with the first part. */
static s64 rw_pinned(struct rw *rw, struct guest_vec *gv, bool stream)
{
	s64 done = 0;
	bool again;

	do {
		s64 n = rw_part(rw, gv, &again);

		if (n <= 0)
			return done ? done : n;
		done += n;
		if (again) {
			guest_vec_advance(gv, n);
			if (rw->pos >= 0)
				rw->pos += n;
		}
	} while (again && gv->total && !stream);
	return done;
}

/*
 * How many of @total bytes a regular file has from where the read begins: only that much of the guest's
 * buffer is touched. 0 when unknown (/proc says 0) or at the end. O_DIRECT wants whole blocks.
 */
static size_t bytes_to_eof(const struct rw *rw, const struct stat *st, size_t total)
{
	s64 pos = rw->pos >= 0 ? rw->pos : HOST(SYS_lseek, rw->fd, 0, SEEK_CUR);
	s64 flags;

	if (pos < 0 || pos >= st->st_size)
		return 0;
	if (st->st_size - pos >= (s64)total)
		return total;
	flags = HOST(SYS_fcntl, rw->fd, F_GETFL);
	if (flags > 0 && (flags & O_DIRECT))
		return MAX_RW_COUNT;
	return st->st_size - pos;
}

/*
 * How much a pipe or socket holds right now: a read gets that and does not wait, so it can go straight to
 * the guest's frames. With other threads about, one of them may be faster and leave it waiting. 0: nothing
 * yet, or unknown.
 */
static size_t bytes_waiting(const struct rw *rw, const struct stat *st)
{
	int n;

	if (has_threads(rw->t) || (!S_ISFIFO(st->st_mode) && !S_ISSOCK(st->st_mode)))
		return 0;
	return HOST(SYS_ioctl, rw->fd, FIONREAD, &n) || n < 0 ? 0 : n;
}

/* A read larger than a page or two, of which the file may fill only a part. */
static s64 read_large(struct rw *rw, struct guest_vec *gv)
{
	struct stat st;
	size_t avail;

	if (HOST(SYS_fstat, rw->fd, &st))
		return rw_pinned(rw, gv, true);
	/* /dev/zero and its like fill any buffer, terminals give a page at most. */
	if (S_ISBLK(st.st_mode) || (S_ISCHR(st.st_mode) && gv->total > TTY_READ_MAX))
		return rw_pinned(rw, gv, false);
	avail = S_ISREG(st.st_mode) ? bytes_to_eof(rw, &st, gv->total) : bytes_waiting(rw, &st);
	if (avail) {
		guest_vec_cut(gv, avail);
		return rw_pinned(rw, gv, !S_ISREG(st.st_mode));
	}
	if (gv->total <= BOUNCE_MAX && guest_vec_writable(rw->t, gv))
		return rw_bounced(rw, gv);
	return rw_pinned(rw, gv, true);
}

static bool needs_faults(const struct rw *rw, const struct guest_vec *gv)
{
	for (int i = 0; i < gv->count; i++) {
		if (!user_range_ready(rw->t->mm, (u64)gv->iov[i].iov_base, gv->iov[i].iov_len, !rw->write))
			return true;
	}
	return false;
}

/* /dev/null, and writes to /dev/full. */
static bool never_looks(const struct stat *st, bool write)
{
	return S_ISCHR(st->st_mode) &&
	       (st->st_rdev == makedev(1, 3) || (write && st->st_rdev == makedev(1, 7)));
}

/*
 * The kernel touches the buffer last: a transfer that is refused, or that ends with the file, brings in no page
 * and grows no stack. Pinning would, so what can be known beforehand is asked. 1: go on.
 */
static s64 rw_forecast(const struct rw *rw, struct guest_vec *gv)
{
	struct iovec bad = { BAD_HOST_PTR, gv->total };
	s64 flags, seals;
	struct stat st;
	size_t avail;

	flags = HOST(SYS_fcntl, rw->fd, F_GETFL);
	if (flags < 0 || (flags & O_PATH) || (flags & O_ACCMODE) == (rw->write ? O_RDONLY : O_WRONLY))
		return host_rw(rw, &bad, 1);
	if (rw->flags || HOST(SYS_fstat, rw->fd, &st))
		return 1;
	if (never_looks(&st, rw->write))
		return host_rw(rw, &bad, 1);
	if (!S_ISREG(st.st_mode))
		return 1;
	seals = rw->write || !st.st_size ? HOST(SYS_fcntl, rw->fd, F_GET_SEALS, 0) : 0;
	if (rw->write)
		return seals > 0 && (seals & (F_SEAL_WRITE | F_SEAL_FUTURE_WRITE)) ? -EPERM : 1;
	/* Files of /proc and /sys say 0; a disk's and those in memory, which know seals, mean it. */
	if (!st.st_size && !major(st.st_dev) && seals < 0)
		return 1;
	avail = bytes_to_eof(rw, &st, gv->total);
	if (!avail)
		return (rw->pos >= 0 ? rw->pos : HOST(SYS_lseek, rw->fd, 0, SEEK_CUR)) >= st.st_size ? 0 : 1;
	guest_vec_cut(gv, avail);
	return 1;
}

/* Files whose operations take no vector see each piece as a call of its own. */
static bool takes_pieces(u64 fd)
{
	struct statfs fs;

	return !HOST(SYS_fstatfs, fd, &fs) && fs.f_type != PROC_SUPER_MAGIC && fs.f_type != SYSFS_MAGIC;
}

/* Where a write to this file begins. */
static u64 write_pos(const struct rw *rw, const struct stat *st)
{
	s64 flags = rw->flags & RWF_AT_POSITION ? 0 : HOST(SYS_fcntl, rw->fd, F_GETFL);

	if (rw->flags & RWF_APPEND || (flags > 0 && flags & O_APPEND))
		return (u64)st->st_size;
	return (u64)(rw->pos >= 0 ? rw->pos : HOST(SYS_lseek, rw->fd, 0, SEEK_CUR));
}

/*
 * A write to a file from a buffer that is not all there yet: how far it gets and what it leaves behind depends
 * on which pages are, so the host gets a mirror of it (mm/mirror.h). The CPU is kept, so nobody changes the mm
 * meanwhile. False: not such a write, nothing was done.
 */
static bool rw_mirrored(const struct rw *rw, const struct guest_vec *gv, s64 *ret)
{
	struct task_struct *t = rw->t;
	struct mirror_target target;
	struct user_mirror m;
	struct stat st;

	if (!rw->write || HOST(SYS_fstat, rw->fd, &st) || !S_ISREG(st.st_mode) || !takes_pieces(rw->fd))
		return false;
	if (user_mirror(t->mm, &m, gv->iov, gv->count))
		return false;
	target = (struct mirror_target){
		.dev = st.st_dev, .ino = st.st_ino, .pos = write_pos(rw, &st), .size = (u64)st.st_size};
	*ret = HOST(SYS_pwritev2, rw->fd, m.iov, m.count, rw->pos, 0, rw->flags);
	user_mirror_done(&m, *ret, &target);
	fd_written(t, rw->fd, rw->pos, *ret);
	return true;
}

/* One step of a read: up to the end of a page of the file, through a page of ours. */
static s64 read_step(const struct rw *rw, const struct guest_vec *gv, u64 at)
{
	size_t step = min_t(size_t, gv->total, PAGE_SIZE - (at & ~PAGE_MASK)), done = 0, left = 0;
	u8 page[PAGE_SIZE];
	struct iovec iov = { page, step };
	s64 n = HOST(SYS_preadv2, rw->fd, &iov, 1, rw->pos, 0, rw->flags);

	for (int i = 0; i < gv->count && (s64)done < n && !left; i++) {
		size_t len = min_t(size_t, gv->iov[i].iov_len, (size_t)n - done);

		left = copy_to_user(rw->t->mm, (u64)gv->iov[i].iov_base, page + done, len);
		done += len - left;
	}
	/* What did not arrive was not read. */
	if (left && rw->pos < 0)
		HOST(SYS_lseek, rw->fd, (s64)done - n, SEEK_CUR);
	return left && !done ? -EFAULT : n > 0 ? (s64)done : n;
}

/*
 * A read of a file into a buffer that may be bad somewhere, or with flags that may be refused: a page at a time,
 * so that nothing of the buffer is touched but what is filled. False: not such a one, nothing was done.
 */
static bool rw_stepwise(struct rw *rw, struct guest_vec *gv, s64 *ret)
{
	s64 at = rw->pos, done = 0, n = 0, flags = HOST(SYS_fcntl, rw->fd, F_GETFL);
	struct iovec bad = { BAD_HOST_PTR, gv->total };
	size_t step;
	struct stat st;

	if (rw->write || (!rw->flags && guest_vec_writable(rw->t, gv)) || HOST(SYS_fstat, rw->fd, &st) ||
	    !S_ISREG(st.st_mode) || !takes_pieces(rw->fd) || flags < 0 || (flags & O_DIRECT))
		return false;
	if (at < 0)
		at = HOST(SYS_lseek, rw->fd, 0, SEEK_CUR);
	/* How much is read ahead follows from the whole length: pages are found in the cache, then. */
	if (!(rw->flags & (RWF_NOWAIT | RWF_UNCACHED)))
		HOST(SYS_preadv2, rw->fd, &bad, 1, rw->pos, 0, rw->flags);
	do {
		step = min_t(size_t, gv->total, PAGE_SIZE - ((u64)at & ~PAGE_MASK));
		n = read_step(rw, gv, (u64)at);
		if (n <= 0)
			break;
		done += n;
		at += n;
		rw->pos = rw->pos < 0 ? rw->pos : at;
		guest_vec_advance(gv, n);
	} while (gv->total && n == (s64)step);
	*ret = done ? done : n;
	return true;
}

/* Pipes: one that has nothing, or no room, says so without a look at the buffer. 1: go on. */
static s64 pipe_forecast(const struct rw *rw, struct guest_vec *gv)
{
	struct iovec bad = { BAD_HOST_PTR, gv->total };
	struct stat st;
	s64 ret;
	int n;

	if (HOST(SYS_fstat, rw->fd, &st) || !S_ISFIFO(st.st_mode))
		return 1;
	ret = host_rw(rw, &bad, 1);
	if (ret != -EFAULT)
		return ret;
	if (!rw->write && !HOST(SYS_ioctl, rw->fd, FIONREAD, &n) && n > 0)
		guest_vec_cut(gv, (size_t)n);
	return 1;
}

static s64 rw_vec(struct rw *rw, struct guest_vec *gv)
{
	s64 ret;

	if (special_rw(rw->t, (int)rw->fd, gv->iov, gv->count, rw->pos, rw->write, &ret))
		return ret;
	if (!gv->total) {
		/* An empty buffer reaches the file (an empty datagram is one), an empty vector does not. */
		struct iovec none = { BAD_HOST_PTR, 0 };

		return host_rw(rw, &none, rw->vector ? 0 : 1);
	}
	if (needs_faults(rw, gv)) {
		if (rw_mirrored(rw, gv, &ret) || rw_stepwise(rw, gv, &ret))
			return ret;
		ret = pipe_forecast(rw, gv);
		if (ret == 1)
			ret = rw_forecast(rw, gv);
		if (ret != 1)
			return ret;
	}
	if (!rw->write && has_threads(rw->t) && gv->total <= BOUNCE_SMALL && guest_vec_writable(rw->t, gv))
		return rw_bounced(rw, gv);
	if (!rw->write && (has_threads(rw->t) || gv->total > PIN_SMALL))
		return read_large(rw, gv);
	return rw_pinned(rw, gv, !rw->write);
}

/* The host checks the descriptor before the buffers, so it gets buffers that are as wrong as the guest's. */
static s64 rw_refused(const struct rw *rw, int err, u64 count)
{
	struct iovec bad = { KERNEL_HALF_PTR, 1 };

	if (err == -ENOMEM)
		return err;
	if (err == -EFAULT)
		return host_rw(rw, &bad, 1);
	if (count > HOST_IOV_MAX)
		return HOST(rw->write ? SYS_pwritev2 : SYS_preadv2, rw->fd, BAD_HOST_PTR, count, rw->pos, 0,
			    rw->flags);
	bad.iov_len = -1UL;
	return HOST(rw->write ? SYS_pwritev2 : SYS_preadv2, rw->fd, &bad, 1, rw->pos, 0, rw->flags);
}

/*
 * The common small transfer, two pages at most, in a process with one thread: nobody can unmap the pages
 * while the host has them, so they need no pins. False: not such a one, nothing was done.
 */
static bool rw_small(struct rw *rw, u64 addr, u64 len, s64 *ret)
{
	struct task_struct *t = rw->t;
	size_t first = min_t(size_t, len, PAGE_SIZE - (addr & ~PAGE_MASK)), rest = len - first;
	struct iovec iov[2];
	int count = 1;

	if (!len || len > PAGE_SIZE || has_threads(t) || !access_ok(addr, len))
		return false;
	if (special_rw1(t, (int)rw->fd, addr, len, rw->pos, rw->write, ret))
		return true;
	if (!user_range_ready(t->mm, addr, len, !rw->write))
		return false;
	iov[0] = (struct iovec){ user_ptr(t->mm, addr, first, !rw->write), first };
	if (!iov[0].iov_base)
		return false;
	if (rest) {
		iov[1] = (struct iovec){ user_ptr(t->mm, addr + first, rest, !rw->write), rest };
		if (!iov[1].iov_base)
			return false;
		if ((u8 *)iov[0].iov_base + first == iov[1].iov_base)
			iov[0].iov_len = len;
		else if (rw->write && len <= JOIN_MAX)
			return false;
		else
			count = 2;
	}
	*ret = host_rw(rw, iov, count);
	return !(count == 2 && *ret == -EINVAL);
}

/* A file of ulk's own making, asked for what is not in user space. */
static s64 special_refused(const struct rw *rw)
{
	s64 flags = HOST(SYS_fcntl, rw->fd, F_GETFL);

	return flags < 0 || (flags & O_ACCMODE) == (rw->write ? O_RDONLY : O_WRONLY) ? -EBADF : -EFAULT;
}

static s64 rw_one(struct rw *rw, u64 addr, u64 len)
{
	struct guest_vec gv;
	s64 ret;

	if (rw_small(rw, addr, len, &ret))
		return ret;
	if (!access_ok(addr, len))
		return special_fd(rw->t, (int)rw->fd) ? special_refused(rw) : rw_refused(rw, -EFAULT, 1);
	guest_vec_one(&gv, addr, len);
	return rw_vec(rw, &gv);
}

static s64 rw_iovec(struct rw *rw, u64 addr, u64 count)
{
	struct guest_vec gv;
	s64 ret;
	int err;

	/* No descriptor, no look at the array. */
	if (count <= HOST_IOV_MAX && !user_range_ready(rw->t->mm, addr, count * sizeof(struct iovec), false) &&
	    HOST(SYS_fcntl, rw->fd, F_GETFD) < 0)
		return -EBADF;
	err = guest_vec_import(rw->t, &gv, addr, count);
	if (err)
		return rw_refused(rw, err, count);
	ret = rw_vec(rw, &gv);
	guest_vec_free(&gv);
	return ret;
}

SYSCALL(read)
{
	struct rw rw = { t, a[0], -1, 0, false, false };

	return rw_one(&rw, a[1], a[2]);
}

SYSCALL(write)
{
	struct rw rw = { t, a[0], -1, 0, true, false };

	return rw_one(&rw, a[1], a[2]);
}

SYSCALL(pread64)
{
	struct rw rw = { t, a[0], (s64)a[3], 0, false, false };

	return rw.pos < 0 ? -EINVAL : rw_one(&rw, a[1], a[2]);
}

SYSCALL(pwrite64)
{
	struct rw rw = { t, a[0], (s64)a[3], 0, true, false };

	return rw.pos < 0 ? -EINVAL : rw_one(&rw, a[1], a[2]);
}

SYSCALL(readv)
{
	struct rw rw = { t, a[0], -1, 0, false, true };

	return rw_iovec(&rw, a[1], a[2]);
}

SYSCALL(writev)
{
	struct rw rw = { t, a[0], -1, 0, true, true };

	return rw_iovec(&rw, a[1], a[2]);
}

/* The position is one 64-bit register; a[4], its high half elsewhere, is ignored as by the kernel. */
SYSCALL(preadv)
{
	struct rw rw = { t, a[0], (s64)a[3], 0, false, true };

	return rw.pos < 0 ? -EINVAL : rw_iovec(&rw, a[1], a[2]);
}

SYSCALL(pwritev)
{
	struct rw rw = { t, a[0], (s64)a[3], 0, true, true };

	return rw.pos < 0 ? -EINVAL : rw_iovec(&rw, a[1], a[2]);
}

/* Position -1 is the file's own here. */
SYSCALL(preadv2)
{
	struct rw rw = { t, a[0], (s64)a[3], a[5], false, true };

	return rw.pos < -1 ? -EINVAL : rw_iovec(&rw, a[1], a[2]);
}

SYSCALL(pwritev2)
{
	struct rw rw = { t, a[0], (s64)a[3], a[5], true, true };

	return rw.pos < -1 ? -EINVAL : rw_iovec(&rw, a[1], a[2]);
}

s64 rw_at(struct task_struct *t, bool write, u64 fd, u64 addr, u64 len, s64 pos, u64 flags, bool vector)
{
	struct rw rw = { t, fd, pos, flags, write, vector };

	return vector ? rw_iovec(&rw, addr, len) : rw_one(&rw, addr, len);
}
