// SPDX-License-Identifier: GPL-2.0-or-later
/* Which path means the guest itself, and what it is rewritten to. */
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/vfs.h>
#include "procfs/internal.h"
#include "procfs/peer.h"

#define PROC_SUPER_MAGIC 0x9fa0

/* The component at @s as a number, or -1. */
static s64 component_number(const char *s)
{
	s64 n = 0;
	int digits = 0;

	for (; isdigit((unsigned char)*s); s++) {
		n = n * 10 + (*s - '0');
		if (++digits > 10)
			return -1;
	}
	return digits && (*s == '/' || !*s) ? n : -1;
}

static const char *next_component(const char *s)
{
	s += strcspn(s, "/");
	return s + strspn(s, "/");
}

static bool own_tid(const struct task_struct *t, s64 tid)
{
	if (tid == t->pid || tid == t->tid)
		return true;
	for (const struct task_struct *p = t->ulk->tasks; p; p = p->next)
		if (p->tid == tid && p->signal == t->signal)
			return true;
	return false;
}

bool proc_parse_any(const char *path, struct proc_name *name)
{
	s64 pid = -1, tid;
	const char *s = path + strspn(path, "/");

	for (; *s && pid < 0; s = next_component(s)) /* past the mount point */
		pid = component_number(s);
	if (pid < 0)
		return false;
	name->tid = (int)pid;
	name->rest = s;
	tid = strncmp(s, "task/", 5) ? -1 : component_number(s + 5);
	if (tid >= 0) {
		name->tid = (int)tid;
		name->rest = next_component(s + 5);
	}
	return true;
}

bool proc_parse_own(const struct task_struct *t, const char *path, struct proc_name *name)
{
	s64 pid = -1, tid;
	const char *s = path + strspn(path, "/");

	for (; *s && pid < 0; s = next_component(s)) /* past the mount point */
		pid = component_number(s);
	if (pid < 0 || !own_tid(t, pid))
		return false;
	name->tid = (int)pid;
	name->rest = s;
	if (strncmp(s, "task/", 5))
		return true;
	tid = component_number(s + 5);
	if (tid < 0)
		return true;
	if (!own_tid(t, tid))
		return false;
	name->tid = (int)tid;
	name->rest = next_component(s + 5);
	return true;
}

bool proc_fd_path(int hostfd, char *link)
{
	struct statfs fs;
	char self[40];
	s64 n;

	if (HOST(SYS_fstatfs, hostfd, (uintptr_t)&fs) || fs.f_type != PROC_SUPER_MAGIC)
		return false;
	snprintf(self, sizeof(self), "/proc/self/fd/%d", hostfd);
	n = HOST(SYS_readlink, (uintptr_t)self, (uintptr_t)link, PATH_MAX - 1);
	if (n <= 0)
		return false;
	link[n] = '\0';
	return true;
}

bool proc_fd_own(const struct task_struct *t, int hostfd, char *link, struct proc_name *name)
{
	return proc_fd_path(hostfd, link) && proc_parse_own(t, link, name);
}

/* Does the directory [path, path+len) lie in the guest's own part of a procfs? @rest: PATH_MAX bytes
 * for what follows the id there ("", "fd", ...). */
static bool dir_is_own(struct task_struct *t, int dirfd, const char *path, size_t len, char *rest)
{
	char dir[PATH_MAX], link[PATH_MAX];
	struct proc_name name;
	bool own;
	s64 fd;

	memcpy(dir, path, len);
	dir[len] = '\0';
	if (!len)
		strcpy(dir, ".");
	if (!strcmp(dir, "/proc/self") || !strcmp(dir, "/proc/thread-self")) {
		*rest = '\0'; /* the usual spelling needs no question */
		return true;
	}
	fd = HOST(SYS_openat, dirfd, (uintptr_t)dir, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return false;
	own = proc_fd_own(t, (int)fd, link, &name);
	HOST(SYS_close, fd);
	if (own)
		strcpy(rest, name.rest);
	return own;
}

/* Is @path the guest's own .../exe? */
static bool path_is_exe(struct task_struct *t, int dirfd, const char *path)
{
	const char *slash = strrchr(path, '/');
	const char *last = slash ? slash + 1 : path;
	char rest[PATH_MAX];

	if (strcmp(last, "exe") || !t->mm || !t->mm->exe_file)
		return false;
	/* The slash of "/exe" is the directory itself. */
	return dir_is_own(t, dirfd, path, slash == path ? 1 : (size_t)(slash ? slash - path : 0), rest) &&
	       !*rest;
}

/* Is @path the .../exe of another process of ours? Then what its program is by: "/proc/PID/fd/N" into @link.
 */
static bool path_is_peer_exe(struct task_struct *t, int dirfd, const char *path, char link[64])
{
	const char *slash = strrchr(path, '/'), *last = slash ? slash + 1 : path;
	char dir[PATH_MAX], real[PATH_MAX];
	struct proc_name name;
	s64 fd;
	int exe = -1;

	if (strcmp(last, "exe") || !t->mm)
		return false;
	snprintf(dir, sizeof(dir), "%.*s", (int)(slash == path ? 1 : slash ? slash - path : 0), path);
	fd = HOST(SYS_openat, dirfd, (uintptr_t)(*dir ? dir : "."), O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return false;
	if (proc_fd_path((int)fd, real) && proc_parse_any(real, &name) && !*name.rest)
		exe = peer_exe_fd(t, name.tid);
	HOST(SYS_close, fd);
	if (exe >= 0)
		snprintf(link, 64, "/proc/%d/fd/%d", name.tid, exe);
	return exe >= 0;
}

/* Does a component of @path name one of ulk's own descriptors in /proc/self/fd or fdinfo? */
static bool path_names_hidden_fd(struct task_struct *t, int dirfd, const char *path)
{
	char rest[PATH_MAX];

	for (const char *s = path + strspn(path, "/"); *s; s = next_component(s)) {
		s64 fd = component_number(s);
		size_t len = (size_t)(s - path);

		if (fd < 0 || fd > INT_MAX || fd_visible(t, (u64)fd))
			continue;
		while (len > 1 && path[len - 1] == '/')
			len--;
		if (dir_is_own(t, dirfd, path, len, rest) && (!strcmp(rest, "fd") || !strcmp(rest, "fdinfo")))
			return true;
	}
	return false;
}

/* The file behind @path when that is a link of the guest's own map_files. *@ours: it is such a name at all.
 */
static struct file *path_map_file(struct task_struct *t, int dirfd, const char *path, bool *ours)
{
	const char *slash = strrchr(path, '/'), *last = slash ? slash + 1 : path;
	char rest[PATH_MAX];

	*ours = false;
	/* Only names like "7ffff7fc0000-7ffff7fc1000" are worth a question. */
	if (!strchr(last, '-') || last[strspn(last, "0123456789abcdef-")])
		return NULL;
	*ours = dir_is_own(t, dirfd, path, slash == path ? 1 : (size_t)(slash ? slash - path : 0), rest) &&
		!strcmp(rest, "map_files");
	return *ours ? proc_map_file(t, last) : NULL;
}

/*
 * root and cwd in /proc/self are those of the host process's first thread. Embedded, with a place of its own and on another thread, the
 * guest has its thread's: "/proc/self/root/x" in @path becomes "/proc/self/../thread-self/root/x".
 */
static int path_own_place(struct task_struct *t, int dirfd, char *path)
{
	char dir[PATH_MAX], link[2 * PATH_MAX + 32];
	struct proc_name name;
	const char *up;
	s64 fd;

	for (const char *s = path + strspn(path, "/"); *s; s = next_component(s)) {
		size_t n = strcspn(s, "/"), len = (size_t)(s - path);
		bool own;

		if ((n != 4 || strncmp(s, "root", 4)) && (n != 3 || strncmp(s, "cwd", 3)))
			continue;
		snprintf(dir, sizeof(dir), "%.*s", (int)len, path);
		fd = HOST(SYS_openat, dirfd, (uintptr_t)(len ? dir : "."), O_PATH | O_DIRECTORY | O_CLOEXEC);
		if (fd < 0)
			return 0;
		own = proc_fd_own(t, (int)fd, link, &name) && !*name.rest && name.tid == t->pid;
		HOST(SYS_close, fd);
		if (!own)
			continue;
		up = strstr(link, "/task/") ? "../../../" : "../";
		if (snprintf(link, sizeof(link), "%s%sthread-self/%s", len ? dir : "", up, s) >= PATH_MAX)
			return -ENAMETOOLONG;
		strcpy(path, link);
		return 0;
	}
	return 0;
}

int procfs_rewrite_path(struct task_struct *t, int dirfd, char *path, bool follow)
{
	struct file *file;
	char link[64];
	bool ours;

	if (path_names_hidden_fd(t, dirfd, path))
		return -ENOENT;
	if (unlikely(t->ulk->own_place) && HOST(SYS_gettid) != t->pid) {
		int err = path_own_place(t, dirfd, path);

		if (err)
			return err;
	}
	/* ulk's own descriptor on the program is that very inode, even when it was renamed or unlinked. */
	if (follow && path_is_exe(t, dirfd, path))
		snprintf(path, PATH_MAX, "/proc/self/fd/%d", t->mm->exe_file->fd);
	else if (follow && path_is_peer_exe(t, dirfd, path, link))
		strcpy(path, link);
	file = path_map_file(t, dirfd, path, &ours);
	if (ours && !file)
		return -ENOENT;
	if (ours && follow && !proc_map_files_allowed(t))
		return -EPERM;
	if (ours && follow)
		snprintf(path, PATH_MAX, "/proc/self/fd/%d", file->fd);
	return 0;
}

s64 procfs_readlink(struct task_struct *t, int dirfd, const char *path, char *buf, size_t size)
{
	char name[PATH_MAX + 16];
	struct file *file = path_is_exe(t, dirfd, path) ? t->mm->exe_file : NULL;
	char link[64];
	bool ours;
	int len;

	if (!file && path_is_peer_exe(t, dirfd, path, link))
		return HOST(SYS_readlink, (uintptr_t)link, (uintptr_t)buf, size);
	if (!file)
		file = path_map_file(t, dirfd, path, &ours);
	if (!file)
		return -ENOENT;
	len = file_path(file, name, sizeof(name));
	if (len < 0)
		return len;
	if ((size_t)len > size)
		len = (int)size;
	memcpy(buf, name, (size_t)len);
	return len;
}
