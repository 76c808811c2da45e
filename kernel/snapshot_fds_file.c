// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Descriptors in a snapshot's file: files are opened again by their paths, and go on at their offsets. 0 to 2 that the program
 * had from outside are those of whoever resumes it. What is not a file cannot be made again, and is refused by name.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/kcmp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>
#include "kernel/fds.h"
#include "kernel/files.h"
#include "kernel/snapshot_internal.h"

#define PATH_SIZE 4096
#define FILE_MAX (1UL << 32)
#define REOPEN_FLAGS (O_ACCMODE | O_APPEND | O_NONBLOCK | O_DIRECTORY | O_PATH | O_NOATIME | O_DIRECT | O_SYNC | O_DSYNC)

static int fail(char *why, int err, int fd, const char *what, const char *path)
{
	snprintf(why, TASK_SNAPSHOT_WHY, "descriptor %d %.60s: %.60s", fd, what, path);
	return err;
}

static ssize_t path_of(int fd, char *path)
{
	char link[64];
	ssize_t n;

	snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	n = readlink(link, path, PATH_SIZE - 1);
	path[n < 0 ? 0 : n] = '\0';
	return n;
}

/* ---- writing ---- */

/* The earlier one on the same open file, whose offset it shares. */
static int same_file(const struct fds_snapshot *s, int i)
{
	pid_t self = getpid();

	for (int k = 0; k < i; k++) {
		if (!HOST(SYS_kcmp, self, self, KCMP_FILE, s->fd[k].keep, s->fd[i].keep))
			return k;
	}
	return -1;
}

static int write_fd(const struct fds_snapshot *s, int i, struct stream_out *out, char *why)
{
	const struct saved_fd *fd = &s->fd[i];
	char path[PATH_SIZE];
	struct stat st, now;
	int same = same_file(s, i);

	put_u64(out, (u64)fd->number);
	put_u64(out, (u64)fd->cloexec);
	put_u64(out, (u64)fd->flags & REOPEN_FLAGS);
	put_u64(out, (u64)fd->offset);
	put_u64(out, (u64)same);
	if (same >= 0)
		return 0;
	path_of(fd->keep, path);
	if (fstat(fd->keep, &st) || !(S_ISREG(st.st_mode) || S_ISDIR(st.st_mode) || S_ISCHR(st.st_mode)) || path[0] != '/')
		return fail(why, -EOPNOTSUPP, fd->number, "is no file and cannot be saved", path);
	if (stat(path, &now) || now.st_ino != st.st_ino || now.st_dev != st.st_dev)
		return fail(why, -EOPNOTSUPP, fd->number, "is of a file that has no name any more", path);
	if (!strncmp(path, "/proc/", 6))
		return fail(why, -EOPNOTSUPP, fd->number, "is of a process and cannot be saved", path);
	put_text(out, path);
	put_u64(out, st.st_mode & S_IFMT);
	return 0;
}

static bool is_outside(const struct fds_snapshot *s, const struct task_struct *t, int i)
{
	int number = s->fd[i].number;
	struct stat st;

	/* A file that is read goes on in its place. What is said, by a program that is at another place in another time, must
	 * not overwrite what somebody else has said to that file since: it goes to whoever resumes, as does all of a terminal, a pipe. */
	return number <= 2 && !fds_made(t->ulk, number) &&
	       ((s->fd[i].flags & O_ACCMODE) != O_RDONLY || fstat(s->fd[i].keep, &st) || !S_ISREG(st.st_mode));
}

static void write_saved_file(const struct saved_file *f, struct stream_out *out)
{
	put_text(out, f->path);
	put_u64(out, f->existed);
	put_u64(out, f->st.st_mode & 07777);
	put_u64(out, f->existed ? f->size : 0);
	if (f->existed)
		put_bytes(out, f->data, f->size);
}

int fds_snapshot_write(const struct fds_snapshot *s, struct stream_out *out, char *why)
{
	char path[PATH_SIZE];
	int err = 0;

	path_of(s->cwd, path);
	put_text(out, path);
	put_u64(out, s->umask);
	put_u64(out, (u64)s->nr_fds);
	for (int i = 0; i < s->nr_fds && !err; i++) {
		bool outside = is_outside(s, s->t, i);

		put_u64(out, outside);
		if (!outside)
			err = write_fd(s, i, out, why);
	}
	put_u64(out, (u64)s->nr_files);
	for (int i = 0; i < s->nr_files && !err; i++)
		write_saved_file(&s->file[i], out);
	return err;
}

/* ---- reading ---- */

/* The descriptors made so far, by their places in the file. */
struct made {
	int *number;
	u64 nr;
};

static int open_fd(const char *path, u64 flags, u64 type, u64 offset, int number, char *why)
{
	int fd = open(path, (int)flags | O_CLOEXEC | O_NOCTTY);
	struct stat st;
	int err = 0;

	if (fd < 0)
		return fail(why, -errno, number, "cannot be opened", path);
	if (fstat(fd, &st) || (st.st_mode & S_IFMT) != type)
		err = fail(why, -ESTALE, number, "is something else now", path);
	else if ((s64)offset >= 0 && !(flags & O_PATH) && lseek(fd, (off_t)offset, SEEK_SET) < 0 && errno != ESPIPE)
		err = fail(why, -errno, number, "cannot be read at its offset", path);
	if (!err)
		return fd;
	close(fd);
	return err;
}

/* @fd becomes the program's @number. */
static int place_fd(struct task_struct *t, int fd, int number, bool cloexec)
{
	int err = fd_claim(t, number);
	s64 ret;

	if (err)
		return err;
	if (fd == number) {
		HOST(SYS_fcntl, fd, F_SETFD, cloexec);
		fds_note(t->ulk, fd);
		return 0;
	}
	ret = HOST(SYS_dup3, fd, number, cloexec ? O_CLOEXEC : 0);
	if (ret >= 0)
		fds_note(t->ulk, number);
	return ret < 0 ? (int)ret : 0;
}

static int read_fd(struct task_struct *t, struct stream_in *in, struct made *made, char *why)
{
	u64 number = get_u64(in), cloexec = get_u64(in), flags = get_u64(in), offset = get_u64(in), same = get_u64(in), type;
	char path[PATH_SIZE];
	int fd, err;

	if (in->bad || number >= FDS_NOTED || cloexec > 1 || flags & ~(u64)REOPEN_FLAGS || (same != ~0UL && same >= made->nr) ||
	    (same != ~0UL && made->number[same] < 0))
		return fail(why, -EINVAL, (int)number, "is not described as one", "");
	if (!fd_visible(t, number) && number < (u64)t->ulk->fd_floor)
		return fail(why, -EBUSY, (int)number, "is the embedding program's already", "");
	made->number[made->nr] = (int)number;
	if (same != ~0UL) {
		err = place_fd(t, made->number[same], (int)number, cloexec);
		return err ? fail(why, err, (int)number, "cannot be had", "") : 0;
	}
	get_text(in, path, sizeof(path));
	type = get_u64(in);
	if (in->bad || path[0] != '/' || (type != S_IFREG && type != S_IFDIR && type != S_IFCHR))
		return fail(why, -EINVAL, (int)number, "is of no file", "");
	fd = open_fd(path, flags, type, offset, (int)number, why);
	if (fd < 0)
		return fd;
	err = place_fd(t, fd, (int)number, cloexec);
	if (fd != (int)number)
		close(fd);
	return err ? fail(why, err, (int)number, "cannot be had", path) : 0;
}

static int read_fds(struct task_struct *t, struct stream_in *in, char *why)
{
	u64 nr = get_u64(in), outside;
	struct made made = {.nr = 0};
	int err = 0;

	if (in->bad || nr > FDS_NOTED)
		return fail(why, -EINVAL, 0, "begins a list that is too long", "");
	made.number = calloc(nr + 1, sizeof(*made.number));
	if (!made.number)
		return -ENOMEM;
	for (; made.nr < nr && !err; made.nr++) {
		made.number[made.nr] = -1;
		outside = get_u64(in);
		if (outside > 1 || in->bad)
			err = fail(why, -EINVAL, 0, "is not described as one", "");
		else if (!outside)
			err = read_fd(t, in, &made, why);
	}
	free(made.number);
	return err;
}

static int read_saved_file(struct stream_in *in, char *why)
{
	char path[PATH_SIZE];
	s64 len = get_text(in, path, sizeof(path));
	u64 existed = get_u64(in), mode = get_u64(in), size = get_u64(in);
	const u8 *data = get_bytes(in, size);
	struct saved_file f = {.path = path, .existed = existed, .data = (u8 *)(uintptr_t)data, .size = size};

	if (in->bad || len <= 0 || existed > 1 || mode > 07777 || size > FILE_MAX)
		return fail(why, -EINVAL, -1, "a saved file is not described as one", "");
	f.st.st_mode = (mode_t)mode;
	return fds_snapshot_put_file(&f);
}

int fds_snapshot_read(struct task_struct *t, struct stream_in *in, char *why)
{
	char path[PATH_SIZE];
	u64 mask, nr;
	int err;

	get_text(in, path, sizeof(path));
	mask = get_u64(in);
	if (in->bad || mask > 0777 || path[0] != '/')
		return fail(why, -EINVAL, -1, "the working directory is not described as one", "");
	if (chdir(path))
		return fail(why, -errno, -1, "the working directory", path);
	umask((mode_t)mask);
	err = read_fds(t, in, why);
	nr = get_u64(in);
	if (!err && (in->bad || nr > FDS_NOTED))
		err = fail(why, -EINVAL, -1, "too many saved files", "");
	for (; nr && !err; nr--)
		err = read_saved_file(in, why);
	return err;
}
