// SPDX-License-Identifier: GPL-2.0-or-later
/* files: descriptors whose bytes ulk makes itself; see files.h. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <unistd.h>
#include "kernel/files.h"
#include "kernel/seq_file.h"
#include "mm/uaccess.h"

#define PROC_IOCTLS 'f' /* the type of all of procfs's */
#define SPECIAL_GC  64 /* entries before we look which of them are still open */

struct files_struct *files_create(void)
{
	struct files_struct *files = calloc(1, sizeof(*files));

	if (files)
		files->refcount = 1;
	return files;
}

struct files_struct *files_get(struct files_struct *files)
{
	__atomic_add_fetch(&files->refcount, 1, __ATOMIC_RELAXED);
	return files;
}

void files_put(struct files_struct *files)
{
	if (!files || __atomic_sub_fetch(&files->refcount, 1, __ATOMIC_ACQ_REL))
		return;
	for (u32 i = 0; i < files->nr_special; i++)
		seq_forget(&files->special[i]);
	free(files->special);
	free(files);
}

static struct special_fd *special_find(struct files_struct *files, dev_t dev, ino_t ino)
{
	for (u32 i = 0; i < files->nr_special; i++)
		if (files->special[i].ino == ino && files->special[i].dev == dev)
			return &files->special[i];
	return NULL;
}

/* Forget the files that no descriptor is open on, lest a program that opens its own stat once a second
 * for a month grows without bound. */
static void special_gc(struct files_struct *files)
{
	bool *open_now = calloc(files->nr_special, sizeof(bool));
	DIR *dir = open_now ? opendir("/proc/self/fd") : NULL;
	struct dirent *de;
	u32 kept = 0;

	if (!dir) {
		free(open_now);
		return;
	}
	while ((de = readdir(dir))) {
		struct special_fd *sf;
		struct stat st;

		if (fstat(atoi(de->d_name), &st))
			continue;
		sf = special_find(files, st.st_dev, st.st_ino);
		if (sf)
			open_now[sf - files->special] = true;
	}
	closedir(dir);
	for (u32 i = 0; i < files->nr_special; i++) {
		if (open_now[i])
			files->special[kept++] = files->special[i];
		else
			seq_forget(&files->special[i]);
	}
	files->nr_special = kept;
	free(open_now);
}

int special_add(struct task_struct *t, const struct stat *st, const struct special_ops *ops, int tid)
{
	struct files_struct *files = t->files;
	struct special_fd *sf = special_find(files, st->st_dev, st->st_ino), *grown;

	if (!sf) {
		if (files->nr_special && files->nr_special % SPECIAL_GC == 0)
			special_gc(files);
		grown = realloc(files->special, (files->nr_special + 1) * sizeof(*grown));
		if (!grown)
			return -ENOMEM;
		files->special = grown;
		sf = &grown[files->nr_special++];
		memset(sf, 0, sizeof(*sf));
		sf->dev = st->st_dev;
		sf->ino = st->st_ino;
	}
	seq_forget(sf);
	sf->ops = ops;
	sf->tid = tid;
	sf->pid = t->pid;
	sf->mm_id = t->mm ? t->mm->id : 0;
	sf->is_peer = false;
	return 0;
}

void special_is_peers(struct task_struct *t, const struct stat *st, u64 mm_id)
{
	struct special_fd *sf = special_find(t->files, st->st_dev, st->st_ino);

	if (!sf)
		return;
	sf->is_peer = true;
	sf->mm_id = mm_id;
}

static s64 transfer_page(struct task_struct *t, struct task_struct *target, const struct special_fd *sf, u64 pos,
			 void *buf, size_t n, bool write)
{
	return sf->is_peer ? sf->ops->peer_rw(t, sf, pos, buf, n, write) : sf->ops->rw(target, pos, buf, n, write);
}

/* Transfer one buffer through ops->rw, a page's worth at a time. A buffer that turns out bad makes all of it fail. */
static s64 transfer_segment(struct task_struct *t, struct task_struct *target, const struct special_fd *sf,
			    u64 base, u64 len, u64 pos, bool write)
{
	const struct special_ops *ops = sf->ops;
	char page[PAGE_SIZE];
	u64 done = 0;

	if (ops->unit && (pos % ops->unit || len % ops->unit))
		return -EINVAL;
	if (!len && ops->write_only)
		return transfer_page(t, target, sf, pos, page, 0, write);
	while (done < len) {
		size_t n = min_t(size_t, len - done, ops->unit ? PAGE_SIZE - ((pos + done) & ~PAGE_MASK) : PAGE_SIZE);
		s64 r;

		if (write && copy_from_user(t->mm, page, base + done, n))
			return -EFAULT;
		r = transfer_page(t, target, sf, pos + done, page, n, write);
		if (r <= 0)
			return done ? (s64)done : r;
		if (!write && copy_to_user(t->mm, base + done, page, (size_t)r))
			return -EFAULT;
		done += (u64)r;
		if ((size_t)r < n && (ops->unit || ops->write_only))
			break;
	}
	return (s64)done;
}

/* These files know no vectors: each buffer is a transfer of its own (the kernel's do_loop_readv_writev). */
static s64 special_transfer(struct task_struct *t, struct task_struct *target, const struct special_fd *sf,
			    const struct iovec *guest, int count, u64 pos, bool write)
{
	s64 done = 0;

	for (int i = 0; i < count; i++) {
		s64 r = transfer_segment(t, target, sf, (u64)(uintptr_t)guest[i].iov_base, guest[i].iov_len,
					 pos + (u64)done, write);

		if (r < 0)
			return done ? done : r;
		done += r;
		if ((size_t)r < guest[i].iov_len)
			break;
	}
	return done;
}

/* The task whose file it is; NULL when it is gone. */
static struct task_struct *special_target(struct task_struct *t, const struct special_fd *sf)
{
	for (struct task_struct *p = t->ulk->tasks; p; p = p->next)
		if (p->tid == sf->tid)
			return p;
	/* A forked child reads by its parent's descriptor: it sees itself. */
	return sf->pid != t->pid ? t : NULL;
}

/* The memory that the file was opened on is no more: its process has called execve since. */
static bool special_outlived(const struct special_fd *sf, const struct task_struct *target)
{
	return sf->ops->mm_at_open && (!target->mm || target->mm->id != sf->mm_id);
}

static s64 special_transfer_any(struct task_struct *t, struct special_fd *sf, const struct iovec *guest,
				int count, u64 pos, size_t want, bool write)
{
	struct task_struct *target = special_target(t, sf);

	/* A forked child reads on by its parent's descriptor. */
	if (sf->pid != t->pid && (sf->ops->peer || sf->ops->peer_rw) && !sf->is_peer) {
		seq_forget(sf);
		sf->is_peer = true;
	}
	if (sf->is_peer && sf->ops->rw)
		return special_transfer(t, NULL, sf, guest, count, pos, write);
	if (sf->is_peer)
		return seq_read(t, t, sf, guest, count, pos, want);
	if (!target)
		return -ESRCH;
	if (special_outlived(sf, target))
		return sf->ops->text ? -ESRCH : 0;
	if (sf->ops->rw)
		return special_transfer(t, target, sf, guest, count, pos, write);
	return seq_read(t, target, sf, guest, count, pos, want);
}

void special_drop(struct task_struct *t, const struct stat *st)
{
	struct special_fd *sf = t->files->nr_special ? special_find(t->files, st->st_dev, st->st_ino) : NULL;

	if (!sf)
		return;
	seq_forget(sf);
	*sf = t->files->special[--t->files->nr_special];
}

/* The special file that @fd is, else NULL. */
static struct special_fd *special_of(struct task_struct *t, int fd)
{
	struct special_fd *sf;
	struct stat st;

	if (HOST(SYS_fstat, fd, (uintptr_t)&st))
		return NULL;
	sf = special_find(t->files, st.st_dev, st.st_ino);
	if (sf || !t->files->shared || st.st_size || major(st.st_dev) || !S_ISREG(st.st_mode) || !t->ulk->hooks.adopt_file)
		return sf;
	t->ulk->hooks.adopt_file(t, fd);
	return special_find(t->files, st.st_dev, st.st_ino);
}

bool special_fd_slow(struct task_struct *t, int fd)
{
	return special_of(t, fd);
}

bool special_ioctl_slow(struct task_struct *t, int fd, u32 cmd, u64 arg, s64 *ret)
{
	struct task_struct *target;
	struct special_fd *sf = special_of(t, fd);

	if (sf && HOST(SYS_fcntl, fd, F_GETFL) & O_PATH)
		return false;
	if (!sf || !sf->ops->ioctl)
		return false;
	/* Of another process's files none is answered, and the host knows no others. */
	target = special_target(t, sf);
	if (!target && _IOC_TYPE(cmd) != PROC_IOCTLS)
		return false;
	*ret = !target || special_outlived(sf, target) ? -ESRCH : sf->ops->ioctl(t, target, cmd, arg);
	return *ret != -ENOTTY;
}

void special_seek_slow(struct task_struct *t, int fd, u64 pos)
{
	struct special_fd *sf = special_of(t, fd);

	if (sf && sf->read_pos != pos)
		seq_forget(sf);
}

bool special_rw_slow(struct task_struct *t, int fd, const struct iovec *guest, int count, s64 off, bool write,
		     s64 *ret)
{
	struct special_fd *sf = special_of(t, fd);
	size_t want = 0;
	s64 mode, pos;

	if (!sf || (write ? !sf->ops->rw : sf->ops->write_only))
		return false; /* the host refuses, or takes (comm), a write */
	mode = HOST(SYS_fcntl, fd, F_GETFL) & (O_ACCMODE | O_PATH);
	if ((mode != O_RDWR && mode != (write ? O_WRONLY : O_RDONLY)) || off < -1)
		return false; /* EBADF or EINVAL, from the host */
	pos = off != -1 ? off : HOST(SYS_lseek, fd, 0, SEEK_CUR);
	if (pos < 0 && off == -1) {
		*ret = pos;
		return true;
	}
	for (int i = 0; i < count; i++)
		if (__builtin_add_overflow(want, guest[i].iov_len, &want) || want > INT_MAX) {
			want = INT_MAX & PAGE_MASK;
			break;
		}
	*ret = special_transfer_any(t, sf, guest, count, (u64)pos, want, write);
	if (*ret > 0 && off == -1)
		HOST(SYS_lseek, fd, pos + *ret, SEEK_SET);
	return true;
}
