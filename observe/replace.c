// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>
#include "observe/observe.h"
#include "observe/replace.h"

static int cannot(const char *path, const char *reason, int err, char *why)
{
	snprintf(why, 160, "%.100s: %s", path, reason);
	return err;
}

/* The directory's absolute path and the name in it, of a file that may not exist yet. */
static char *resolve(const char *path)
{
	char *there = realpath(path, NULL), *copy, *slash, *dir, *full = NULL;

	if (there)
		return there;
	copy = strdup(path);
	if (!copy)
		return NULL;
	slash = strrchr(copy, '/');
	if (slash)
		*slash = 0;
	dir = realpath(slash ? *copy ? copy : "/" : ".", NULL);
	if (dir && asprintf(&full, "%s/%s", strcmp(dir, "/") ? dir : "", slash ? slash + 1 : path) < 0)
		full = NULL;
	free(dir);
	free(copy);
	return full;
}

int replace_init(struct replace *r, const char *path, char *why)
{
	struct stat st;
	char *slash;
	int err = 0;

	*r = (struct replace){.dir = -1};
	r->path = resolve(path);
	if (!r->path)
		return cannot(path, strerror(errno), -errno, why);
	slash = strrchr(r->path, '/');
	r->name = slash + 1;
	if (!*r->name || (!stat(r->path, &st) && !S_ISREG(st.st_mode)))
		return cannot(path, "not a regular file", -EINVAL, why);
	if (asprintf(&r->temporary, ".%s.new", r->name) < 0) {
		r->temporary = NULL;
		return cannot(path, strerror(ENOMEM), -ENOMEM, why);
	}
	*slash = 0;
	r->dir = open(*r->path ? r->path : "/", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (r->dir < 0 || faccessat(r->dir, ".", W_OK | X_OK, AT_EACCESS))
		err = -errno;
	*slash = '/';
	return err ? cannot(path, strerror(-err), err, why) : 0;
}

void replace_attach(struct replace *r, struct ulk *ulk)
{
	own_descriptor(ulk, &r->dir);
}

void replace_free(struct replace *r)
{
	if (r->dir >= 0)
		close(r->dir);
	free(r->path);
	free(r->temporary);
	*r = (struct replace){.dir = -1};
}

static int read_fd(int fd, char **text, size_t *size)
{
	struct stat st;
	ssize_t n = 0;

	if (fstat(fd, &st))
		return -errno;
	if (!S_ISREG(st.st_mode) || st.st_size > INT_MAX)
		return -EFBIG;
	*text = malloc((size_t)st.st_size + 1);
	if (!*text)
		return -ENOMEM;
	for (*size = 0; *size < (size_t)st.st_size; *size += (size_t)n) {
		n = read(fd, *text + *size, (size_t)st.st_size - *size);
		if (n < 0 && errno == EINTR)
			n = 0;
		else if (n <= 0)
			break;
	}
	(*text)[*size] = 0;
	return n < 0 ? -errno : 0;
}

int replace_read(const struct replace *r, char **text, size_t *size)
{
	int fd = openat(r->dir, r->name, O_RDONLY | O_CLOEXEC), err;

	*text = NULL;
	*size = 0;
	if (fd < 0 && errno != ENOENT)
		return -errno;
	if (fd < 0) {
		*text = calloc(1, 1);
		return *text ? 0 : -ENOMEM;
	}
	err = read_fd(fd, text, size);
	close(fd);
	if (err) {
		free(*text);
		*text = NULL;
	}
	return err;
}

/* A new file with @text under the temporary name, then renamed; the old one's mode is kept. */
static int put_in_place(const struct replace *r, const char *text, size_t size)
{
	struct stat old, now;
	int fd = openat(r->dir, r->temporary, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0666);
	int err;

	if (fd < 0)
		return -errno;
	err = write_fully(fd, text, size);
	if (!err && fstat(fd, &now))
		err = -errno;
	else if (!err && (size_t)now.st_size != size)
		err = -ENOSPC;
	/* A mode that cannot be kept is no reason to lose the content. */
	if (!err && !fstatat(r->dir, r->name, &old, 0) && fchmod(fd, old.st_mode & 07777))
		err = 0;
	close(fd);
	if (!err && renameat(r->dir, r->temporary, r->dir, r->name))
		err = -errno;
	if (err)
		unlinkat(r->dir, r->temporary, 0);
	return err;
}

static int update_locked(const struct replace *r, int (*merge)(void *arg, const char *old, size_t size, FILE *out),
			 void *arg)
{
	char *old, *text = NULL;
	size_t old_size, size = 0;
	int err = replace_read(r, &old, &old_size);
	FILE *out = err ? NULL : open_memstream(&text, &size);

	if (!err && !out)
		err = -ENOMEM;
	if (!err)
		err = merge(arg, old, old_size, out);
	if (out && fclose(out) && !err)
		err = -ENOMEM;
	if (!err)
		err = put_in_place(r, text, size);
	free(text);
	free(old);
	return err;
}

int replace_update(const struct replace *r, int (*merge)(void *arg, const char *old, size_t size, FILE *out), void *arg)
{
	static const int limits[] = {RLIMIT_FSIZE, RLIMIT_NOFILE, RLIMIT_DATA, RLIMIT_AS};
	struct rlimit saved[ARRAY_SIZE(limits)];
	int fd, err;

	for (size_t i = 0; i < ARRAY_SIZE(limits); i++) {
		getrlimit(limits[i], &saved[i]);
		/* Who may have more than the hard limit takes it; it is the guest's. */
		if (setrlimit(limits[i], &(const struct rlimit){RLIM_INFINITY, RLIM_INFINITY}))
			setrlimit(limits[i], &(const struct rlimit){saved[i].rlim_max, saved[i].rlim_max});
	}
	/* An open of its own: a lock on the inherited one would be every child's at once. */
	fd = openat(r->dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	err = fd < 0 ? -errno : 0;
	while (!err && flock(fd, LOCK_EX))
		if (errno != EINTR)
			err = -errno;
	if (!err)
		err = update_locked(r, merge, arg);
	if (fd >= 0)
		close(fd);
	for (size_t i = 0; i < ARRAY_SIZE(limits); i++)
		setrlimit(limits[i], &saved[i]);
	return err;
}
