// SPDX-License-Identifier: GPL-2.0-or-later
/* files: descriptors whose bytes ulk makes itself; see files.h. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>
#include "kernel/files.h"
#include "mm/uaccess.h"

#define SPECIAL_GC 64 /* entries before we look which of them are still open */

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
		free(files->special[i].text);
	free(files->special);
	free(files);
}

struct files_struct *files_dup(const struct files_struct *files)
{
	struct files_struct *copy = files_create();

	if (!copy || !files->nr_special)
		return copy;
	copy->special = calloc(files->nr_special, sizeof(*copy->special));
	if (!copy->special) {
		free(copy);
		return NULL;
	}
	copy->nr_special = files->nr_special;
	for (u32 i = 0; i < files->nr_special; i++) {
		copy->special[i] = files->special[i];
		copy->special[i].text = NULL;
		copy->special[i].len = 0;
	}
	return copy;
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
			free(files->special[i].text);
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
	sf->ops = ops;
	sf->tid = tid;
	return 0;
}

static struct task_struct *special_target(struct task_struct *t, int tid)
{
	for (struct task_struct *p = t->ulk->tasks; p; p = p->next)
		if (p->tid == tid && p->mm)
			return p;
	return t;
}

static void special_forget_text(struct special_fd *sf)
{
	free(sf->text);
	sf->text = NULL;
	sf->len = 0;
}

/* Make the text when reading starts, and keep it until the reader has met its end, so that reading in
 * pieces is neither quadratic nor torn. */
static int special_fill(struct task_struct *t, struct special_fd *sf, u64 pos)
{
	FILE *out;
	int err;

	if (pos && sf->text)
		return 0;
	special_forget_text(sf);
	out = open_memstream(&sf->text, &sf->len);
	if (!out)
		return -ENOMEM;
	err = sf->ops->text(special_target(t, sf->tid), out);
	if (fclose(out) && !err)
		err = -ENOMEM;
	if (err)
		special_forget_text(sf);
	return err;
}

/* How much one read at @pos gives: all, or for a file of records the whole lines within a page. */
static size_t special_read_len(const struct special_fd *sf, u64 pos, size_t want)
{
	size_t left = pos < sf->len ? sf->len - pos : 0, n = want < left ? want : left;
	const char *nl;

	if (!sf->ops->records || n <= PAGE_SIZE)
		return n;
	nl = memrchr(sf->text + pos, '\n', PAGE_SIZE);
	return nl ? (size_t)(nl + 1 - (sf->text + pos)) : PAGE_SIZE;
}

/* Copy @n bytes of @from over the guest's buffers. Returns bytes copied, or -EFAULT when none was. */
static s64 copy_to_iovec(struct task_struct *t, const struct iovec *guest, int count, const char *from,
			 size_t n)
{
	size_t done = 0;

	for (int i = 0; i < count && done < n; i++) {
		size_t len = guest[i].iov_len < n - done ? guest[i].iov_len : n - done;
		size_t left = copy_to_user(t->mm, (u64)(uintptr_t)guest[i].iov_base, from + done, len);

		done += len - left;
		if (left)
			return done ? (s64)done : -EFAULT;
	}
	return (s64)done;
}

/* Transfer through ops->rw, a page at a time, over the guest's buffers. */
static s64 special_transfer(struct task_struct *t, struct special_fd *sf, const struct iovec *guest,
			    int count, u64 pos, bool write)
{
	struct task_struct *target = special_target(t, sf->tid);
	char page[PAGE_SIZE];
	s64 done = 0, r = 0;

	for (int i = 0; i < count; i++) {
		u64 base = (u64)(uintptr_t)guest[i].iov_base, off = 0;

		while (off < guest[i].iov_len) {
			size_t n = min_t(size_t, guest[i].iov_len - off,
					 PAGE_SIZE - ((pos + (u64)done) & ~PAGE_MASK));

			if (write && copy_from_user(t->mm, page, base + off, n))
				return done ? done : -EFAULT;
			r = sf->ops->rw(target, pos + (u64)done, page, n, write);
			if (r <= 0)
				return done ? done : r;
			if (!write && copy_to_user(t->mm, base + off, page, (size_t)r))
				return done ? done : -EFAULT;
			off += (u64)r;
			done += r;
			if ((size_t)r < n)
				return done;
		}
	}
	return done;
}

bool special_fd_slow(struct task_struct *t, int fd)
{
	struct stat st;

	return !HOST(SYS_fstat, fd, (uintptr_t)&st) && special_find(t->files, st.st_dev, st.st_ino);
}

bool special_rw_slow(struct task_struct *t, int fd, const struct iovec *guest, int count, s64 off, bool write,
		     s64 *ret)
{
	struct special_fd *sf;
	size_t want = 0, n;
	struct stat st;
	s64 mode, pos;

	if (HOST(SYS_fstat, fd, (uintptr_t)&st))
		return false;
	sf = special_find(t->files, st.st_dev, st.st_ino);
	if (!sf || (write && !sf->ops->rw))
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
	if (sf->ops->rw) {
		*ret = special_transfer(t, sf, guest, count, (u64)pos, write);
	} else {
		*ret = special_fill(t, sf, (u64)pos);
		if (*ret)
			return true;
		n = special_read_len(sf, (u64)pos, want);
		*ret = copy_to_iovec(t, guest, count, n ? sf->text + pos : NULL, n);
		if (!n && want)
			special_forget_text(sf);
	}
	if (*ret > 0 && off == -1)
		HOST(SYS_lseek, fd, pos + *ret, SEEK_SET);
	return true;
}
