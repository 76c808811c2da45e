// SPDX-License-Identifier: GPL-2.0-or-later
/* Directories: reading them, making and removing them, the current one and the root. */
#include <dirent.h>
#include <stdlib.h>
#include <string.h>
#include "procfs/procfs.h"
#include "syscalls/handlers.h"
#include "syscalls/hostarg.h"

/* Records of getdents and getdents64 both begin so: inode, offset of the next record, length. */
struct dirent_head {
	u64 d_ino;
	s64 d_off;
	u16 d_reclen;
};
#define DIRENT64_NAME 19   /* after d_type */
#define DIRENT_NAME 18     /* d_type is the record's last byte */

/* No directory gives more than this at once, whatever the guest's buffer. */
#define DIRENTS_MAX (1U << 20)

/* Take the records of ulk's own descriptors out of @buf. Returns the bytes left. */
static s64 drop_own_fds(struct task_struct *t, const struct procfs_hidden *hidden, u8 *buf, s64 len,
			size_t name_at)
{
	s64 from = 0, to = 0;

	while (from < len) {
		struct dirent_head *d = (struct dirent_head *)(buf + from);
		const char *name = (const char *)d + name_at;
		u16 reclen = d->d_reclen;
		char *end;
		unsigned long number = strtoul(name, &end, 10);

		if (end == name || *end || number > INT_MAX || procfs_fd_shown(t, hidden, number)) {
			memmove(buf + to, d, reclen);
			to += reclen;
		}
		from += reclen;
	}
	return to;
}

/*
 * The guest's buffer takes what it can; when it is bad from some record on, the records before it are
 * returned and the directory stands at the first one that was not, as Linux leaves it. @off: where it
 * stood before.
 */
static s64 dirents_to_user(struct task_struct *t, u64 fd, u64 to, u8 *buf, s64 len, s64 off)
{
	size_t left = copy_to_user(t->mm, to, buf, len);
	s64 good = 0;

	if (!left)
		return len;
	while (good < len) {
		struct dirent_head *d = (struct dirent_head *)(buf + good);

		if (good + d->d_reclen > len - (s64)left)
			break;
		off = d->d_off;
		good += d->d_reclen;
	}
	HOST(SYS_lseek, fd, off, SEEK_SET);
	return good ? good : -EFAULT;
}

struct entry {
	u8 *at;
	size_t name_at;
};

static int by_name(const void *a, const void *b)
{
	const struct entry *x = a, *y = b;

	return strcmp((char *)x->at + x->name_at, (char *)y->at + y->name_at);
}

/* The order in a directory is its filesystem's business, and not the same in a copy: by name in a deterministic run. */
static s64 sort_dirents(u8 *buf, s64 n, size_t name_at)
{
	struct entry *e = malloc((size_t)n / sizeof(struct dirent_head) * sizeof(*e));
	u8 *copy = malloc((size_t)n), *out = copy;
	size_t nr = 0;

	if (!e || !copy) {
		free(e);
		free(copy);
		return -ENOMEM;
	}
	for (u8 *p = buf; p < buf + n; p += ((struct dirent_head *)p)->d_reclen)
		e[nr++] = (struct entry){p, name_at};
	qsort(e, nr, sizeof(*e), by_name);
	for (size_t i = 0; i < nr; i++) {
		const struct dirent_head *d = (void *)e[i].at;

		memcpy(out, d, d->d_reclen);
		out += d->d_reclen;
	}
	/* Positions stay where they were: what follows an entry is what follows its place. */
	for (u8 *p = buf, *q = copy; p < buf + n;) {
		u16 next = ((struct dirent_head *)q)->d_reclen;

		((struct dirent_head *)q)->d_off = ((struct dirent_head *)p)->d_off;
		p += ((struct dirent_head *)p)->d_reclen;
		q += next;
	}
	memcpy(buf, copy, (size_t)n);
	free(copy);
	free(e);
	return n;
}

static s64 do_getdents(struct task_struct *t, long nr, const u64 *a, size_t name_at)
{
	u32 count = min_t(u32, (u32)a[2], DIRENTS_MAX);
	u64 small[1024];
	u8 *buf = (u8 *)small;
	s64 off, ret;

	/* A buffer that is bad from the start: nothing may be taken out of the directory. */
	if ((s32)a[2] < 0 || !user_ptr(t->mm, a[1], 1, true))
		return HOST(nr, a[0], BAD_HOST_PTR, a[2]);
	if (count > sizeof(small)) {
		buf = malloc(count);
		if (!buf)
			return -ENOMEM;
	}
	struct procfs_hidden hidden;
	bool own_fds = procfs_fd_dir(t, (int)a[0], &hidden);

	off = HOST(SYS_lseek, a[0], 0, SEEK_CUR);
	do {
		if (unlikely(procfs_map_files_dir(t, (int)a[0]))) {
			ret = procfs_map_files_dirents(t, (int)a[0], buf, count, name_at);
			break;
		}
		ret = HOST(nr, a[0], buf, count);
		if (ret <= 0 || !own_fds)
			break;
		ret = drop_own_fds(t, &hidden, buf, ret, name_at);
	} while (!ret);
	if (ret > 0 && t->ulk->det)
		ret = sort_dirents(buf, ret, name_at);
	if (ret > 0)
		ret = dirents_to_user(t, a[0], a[1], buf, ret, off);
	if (buf != (u8 *)small)
		free(buf);
	return ret;
}

SYSCALL(getdents)
{
	return do_getdents(t, SYS_getdents, a, DIRENT_NAME);
}

SYSCALL(getdents64)
{
	return do_getdents(t, SYS_getdents64, a, DIRENT64_NAME);
}

SYSCALL(getcwd)
{
	char buf[PATH_MAX];
	s64 n = HOST(SYS_getcwd, buf, min_t(u64, a[1], sizeof(buf)));

	if (n > 0 && copy_to_user(t->mm, a[0], buf, n))
		return -EFAULT;
	return n;
}

/* One path relative to the current directory and one number. */
static s64 path1(struct task_struct *t, long nr, u64 path, u64 arg, bool follow)
{
	struct host_path p;
	int err = path_get(t, &p, AT_FDCWD, path, follow);

	return err ? err : HOST(nr, p.host, arg);
}

SYSCALL(chdir)
{
	return path1(t, SYS_chdir, a[0], 0, true);
}

SYSCALL(fchdir)
{
	return HOST(SYS_fchdir, a[0]);
}

SYSCALL(chroot)
{
	return path1(t, SYS_chroot, a[0], 0, true);
}

SYSCALL(mkdir)
{
	return path1(t, SYS_mkdir, a[0], a[1], false);
}

SYSCALL(mkdirat)
{
	struct host_path p;
	int err = path_get(t, &p, (int)a[0], a[1], false);

	return err ? err : HOST(SYS_mkdirat, a[0], p.host, a[2]);
}

SYSCALL(rmdir)
{
	return path1(t, SYS_rmdir, a[0], 0, false);
}
