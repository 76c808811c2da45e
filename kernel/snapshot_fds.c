// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Descriptors of a snapshot. Those that the guest has made, and 0 to 2; what else the host process has open is its own
 * affair. ulk->fd_calls says whether anything happened that they could have been changed by.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/kcmp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>
#include "kernel/fds.h"
#include "kernel/snapshot_internal.h"

/* ---- descriptors ---- */

static int save_fd(struct task_struct *t, struct saved_fd *saved, int number)
{
	s64 flags = HOST(SYS_fcntl, number, F_GETFL);

	*saved = (struct saved_fd){.number = number, .keep = -1, .flags = (int)flags};
	if (flags < 0 || !fd_visible(t, (u64)number))
		return -EBADF;
	saved->cloexec = (int)HOST(SYS_fcntl, number, F_GETFD) & FD_CLOEXEC;
	saved->offset = HOST(SYS_lseek, number, 0, SEEK_CUR);
	return own_fd_dup(&t->ulk->phys->own, number, &saved->keep);
}

/* The first that the guest made, from @fd on; FDS_NOTED when there is none. A restore may do nothing but ask this, so by words. */
static int next_made(const struct ulk *ulk, int fd)
{
	u64 bits;

	for (int word = fd / 64; word < FDS_NOTED / 64; word++, fd = word * 64) {
		bits = ulk->fds_made[word] >> fd % 64;
		if (bits)
			return fd + __builtin_ctzl(bits);
	}
	return FDS_NOTED;
}

static int save_fds(struct fds_snapshot *s, struct task_struct *t)
{
	int n = 3, err;

	for (int word = 0; word < FDS_NOTED / 64; word++)
		n += __builtin_popcountl(t->ulk->fds_made[word]);
	s->fd = calloc((size_t)n, sizeof(*s->fd));
	if (!s->fd)
		return -ENOMEM;
	for (int fd = 0; fd < FDS_NOTED; fd = fd < 2 ? fd + 1 : next_made(t->ulk, fd + 1)) {
		err = save_fd(t, &s->fd[s->nr_fds], fd);
		s->nr_fds += !err;
		if (err && err != -EBADF)
			return err;
	}
	return 0;
}

static void restore_fd(const struct saved_fd *saved, pid_t self)
{
	if (HOST(SYS_kcmp, self, self, KCMP_FILE, saved->keep, saved->number)) {
		HOST(SYS_dup3, saved->keep, saved->number, saved->cloexec ? O_CLOEXEC : 0);
	} else if (((int)HOST(SYS_fcntl, saved->number, F_GETFD) & FD_CLOEXEC) != saved->cloexec) {
		HOST(SYS_fcntl, saved->number, F_SETFD, saved->cloexec);
	}
	if (saved->offset >= 0)
		HOST(SYS_lseek, saved->keep, saved->offset, SEEK_SET);
	if ((int)HOST(SYS_fcntl, saved->keep, F_GETFL) != saved->flags)
		HOST(SYS_fcntl, saved->keep, F_SETFL, saved->flags);
}

static void restore_fds(struct fds_snapshot *s, struct task_struct *t)
{
	pid_t self = (pid_t)HOST(SYS_getpid);
	int next = 0;

	for (int fd = next_made(t->ulk, 3); fd < FDS_NOTED; fd = next_made(t->ulk, fd + 1)) {
		while (next < s->nr_fds && s->fd[next].number < fd)
			next++;
		if (next < s->nr_fds && s->fd[next].number == fd)
			continue;
		if (fd_visible(t, (u64)fd))
			HOST(SYS_close, fd);
		fds_unmade(t->ulk, fd);
	}
	for (int i = 0; i < s->nr_fds; i++)
		restore_fd(&s->fd[i], self);
	/* Of an embedding program that stands where it likes, the guest with it, nothing is to be brought back. */
	if (!t->ulk->opt.embedded || t->ulk->own_place)
		HOST(SYS_fchdir, s->cwd);
}

/* ---- files ---- */

static int read_whole(const char *path, const struct stat *st, u8 **data, size_t *size)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n = 0;

	if (fd < 0)
		return -errno;
	*size = (size_t)st->st_size;
	*data = malloc(*size + 1);
	for (size_t done = 0; *data && done < *size; done += (size_t)n) {
		n = pread(fd, *data + done, *size - done, (off_t)done);
		if (n <= 0) {
			*size = done;
			break;
		}
	}
	close(fd);
	return !*data ? -ENOMEM : n < 0 ? -EIO : 0;
}

static int save_files(struct fds_snapshot *s, const char *const *paths)
{
	size_t n = 0;
	int err = 0;

	while (paths && paths[n])
		n++;
	s->file = calloc(n + 1, sizeof(*s->file));
	if (!s->file)
		return -ENOMEM;
	for (size_t i = 0; i < n && !err; i++) {
		struct saved_file *f = &s->file[s->nr_files++];

		f->path = strdup(paths[i]);
		if (!f->path)
			return -ENOMEM;
		f->existed = stat(f->path, &f->st) == 0;
		if (f->existed)
			err = S_ISREG(f->st.st_mode) ? read_whole(f->path, &f->st, &f->data, &f->size) : -EINVAL;
	}
	return err;
}

/* Times of files move in steps, so one that was changed just now may be changed again unseen. */
static bool settled(const struct stat *st)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME_COARSE, &now);
	return now.tv_sec - st->st_ctim.tv_sec > 1;
}

static bool same_content(const struct saved_file *f, const struct stat *st)
{
	u8 *data = NULL;
	size_t size;
	bool same;

	if ((size_t)st->st_size != f->size || read_whole(f->path, st, &data, &size))
		return false;
	same = size == f->size && !memcmp(data, f->data, size);
	free(data);
	return same;
}

int fds_snapshot_put_file(struct saved_file *f)
{
	struct stat st;
	int fd, err = 0;

	if (stat(f->path, &st)) {
		if (!f->existed)
			return 0;
	} else if (!f->existed) {
		return unlink(f->path) ? -errno : 0;
	} else if (st.st_ino == f->st.st_ino && st.st_size == f->st.st_size && settled(&st) &&
		   !memcmp(&st.st_ctim, &f->st.st_ctim, sizeof(st.st_ctim))) {
		return 0;
	} else if (same_content(f, &st)) {
		f->st = st;
		return 0;
	}
	/* In place: it may be open. */
	fd = open(f->path, O_WRONLY | O_CREAT | O_CLOEXEC, f->st.st_mode & 07777);
	if (fd < 0)
		return -errno;
	for (size_t done = 0; done < f->size && !err;) {
		ssize_t n = pwrite(fd, f->data + done, f->size - done, (off_t)done);

		if (n < 0)
			err = -errno;
		else
			done += (size_t)n;
	}
	if (!err && (ftruncate(fd, (off_t)f->size) || fstat(fd, &f->st)))
		err = -errno;
	close(fd);
	return err;
}

/* ---- all of it ---- */

int fds_snapshot_take(struct task_struct *t, const char *const *files, struct fds_snapshot **out)
{
	struct fds_snapshot *s = calloc(1, sizeof(*s));
	int fd, err;

	if (!s)
		return -ENOMEM;
	s->cwd = -1;
	s->t = t;
	s->umask = (u32)HOST(SYS_umask, 0777);
	HOST(SYS_umask, s->umask);
	fd = (int)HOST(SYS_open, ".", O_PATH | O_CLOEXEC);
	err = fd < 0 ? fd : own_fd_dup(&t->ulk->phys->own, fd, &s->cwd);
	if (fd >= 0)
		HOST(SYS_close, fd);
	if (!err)
		err = save_fds(s, t);
	if (!err)
		err = save_files(s, files);
	s->fd_calls = t->ulk->fd_calls;
	if (err) {
		fds_snapshot_free(s, t->ulk);
		s = NULL;
	}
	*out = s;
	return err;
}

int fds_snapshot_restore(struct fds_snapshot *s, struct task_struct *t)
{
	int err = 0, last;

	if (s->fd_calls != t->ulk->fd_calls) {
		restore_fds(s, t);
		/* For other snapshots this was a change, too. */
		s->fd_calls = ++t->ulk->fd_calls;
	}
	for (int i = 0; i < s->nr_files; i++) {
		last = fds_snapshot_put_file(&s->file[i]);
		err = err ? err : last;
	}
	return err;
}

void fds_snapshot_free(struct fds_snapshot *s, struct ulk *ulk)
{
	if (!s)
		return;
	for (int i = 0; i < s->nr_fds; i++)
		own_fd_close(&ulk->phys->own, &s->fd[i].keep);
	own_fd_close(&ulk->phys->own, &s->cwd);
	for (int i = 0; i < s->nr_files; i++) {
		free(s->file[i].path);
		free(s->file[i].data);
	}
	free(s->file);
	free(s->fd);
	free(s);
}
