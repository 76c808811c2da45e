// SPDX-License-Identifier: GPL-2.0-or-later
/* How a process begins, ends and is waited for. */
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include "syscalls/handlers.h"
#include "syscalls/marshal.h"

#define MAX_ARG_STRLEN (32 * PAGE_SIZE)
/* Where the kernel's own bound lies at most (3/4 of _STK_LIM); the loader applies the exact one. */
#define MAX_ARG_TOTAL (6UL << 20)
#define ROBUST_LIST_HEAD_SIZE 24

SYSCALL(exit)
{
	/* The only thread: its end is the process's. */
	do_group_exit(t, ((int)a[0] & 0xff) << 8);
	return 0;
}

SYSCALL(exit_group)
{
	do_group_exit(t, ((int)a[0] & 0xff) << 8);
	return 0;
}

static void free_strings(char **v)
{
	for (size_t i = 0; v && v[i]; i++)
		free(v[i]);
	free(v);
}

/* One string of argv or envp. Returns 0 or -errno; *total grows by its size with NUL. */
static int copy_arg(struct mm_struct *mm, u64 uaddr, char **out, size_t *total)
{
	size_t len = strnlen_user(mm, uaddr, MAX_ARG_STRLEN);

	if (!len)
		return -EFAULT;
	*total += len;
	if (len > MAX_ARG_STRLEN || *total > MAX_ARG_TOTAL)
		return -E2BIG;
	*out = malloc(len);
	if (!*out)
		return -ENOMEM;
	if (copy_from_user(mm, *out, uaddr, len)) {
		free(*out);
		*out = NULL;
		return -EFAULT;
	}
	/* Another thread may have changed the string since it was measured. */
	(*out)[len - 1] = '\0';
	return 0;
}

/*
 * argv or envp from the guest. Address 0 is an empty list, as for Linux. *out is malloc'ed (free with
 * free_strings); returns 0 or -errno.
 */
static int copy_strings(struct mm_struct *mm, u64 uaddr, char ***out, size_t *total)
{
	size_t n = 0, cap = 16;
	char **v = calloc(cap, sizeof(*v));
	int ret = -ENOMEM;
	u64 p;

	*out = NULL;
	if (!v)
		return -ENOMEM;
	for (; uaddr; n++) {
		ret = -EFAULT;
		if (get_user(mm, p, uaddr + n * sizeof(p)))
			goto fail;
		if (!p)
			break;
		if (n + 2 > cap) {
			char **bigger = reallocarray(v, cap * 2, sizeof(*v));

			ret = -ENOMEM;
			if (!bigger)
				goto fail;
			memset(bigger + cap, 0, cap * sizeof(*v));
			v = bigger;
			cap *= 2;
		}
		*total += sizeof(p);
		ret = copy_arg(mm, p, &v[n], total);
		if (ret < 0)
			goto fail;
	}
	*out = v;
	return 0;
fail:
	free_strings(v);
	return ret;
}

/* The kernel opens the program before it looks at argv, so its complaints about the file come first. */
static int exec_file_errno(int dirfd, const char *path, int at_flags)
{
	struct stat st;
	s64 ret;

	ret = HOST(SYS_newfstatat, dirfd, path, &st, at_flags);
	if (ret < 0)
		return (int)ret;
	if (S_ISLNK(st.st_mode))
		return -ELOOP;
	if (!S_ISREG(st.st_mode))
		return -EACCES;
	return (int)HOST(SYS_faccessat2, dirfd, path, X_OK, AT_EACCESS | at_flags);
}

/*
 * Common part: @filename is what the program will know as AT_EXECFN, @fd its open file or -1;
 * @file_errno what is wrong with the file itself, known only when the strings turned out bad.
 */
static s64 exec_common(struct task_struct *t, const char *filename, int fd, u64 uargv, u64 uenvp, int dirfd,
		       const char *path, int at_flags)
{
	char **argv = NULL, **envp = NULL;
	char why[160] = "";
	size_t total = 0;
	int signo = 0, ret, file_err;

	ret = copy_strings(t->mm, uargv, &argv, &total);
	if (!ret)
		ret = copy_strings(t->mm, uenvp, &envp, &total);
	if (ret < 0) {
		file_err = exec_file_errno(dirfd, path, at_flags);
		if (file_err < 0)
			ret = file_err;
		goto out;
	}
	ret = do_execve(t, filename, fd, argv, envp, why, &signo);
	if (ret == LOAD_FATAL) {
		pr_verbose(t->ulk, "execve %s: %s", filename, why);
		do_group_exit(t, signo);
		ret = 0;
	} else if (ret < 0 && why[0]) {
		pr_verbose(t->ulk, "execve %s: %s", filename, why);
	}
out:
	free_strings(argv);
	free_strings(envp);
	return ret;
}

SYSCALL(execve)
{
	char path[PATH_MAX];
	int ret = user_path(t, a[0], path);

	if (ret < 0)
		return ret;
	if (!path[0])
		return -ENOENT;
	return exec_common(t, path, -1, a[1], a[2], AT_FDCWD, path, 0);
}

/* Open the program of execveat on a descriptor the guest does not see. */
static s64 open_own(struct task_struct *t, int dirfd, const char *path, int flags)
{
	int oflags = O_RDONLY | O_CLOEXEC | (flags & AT_SYMLINK_NOFOLLOW ? O_NOFOLLOW : 0);
	s64 fd, own;

	if (!path[0]) {
		/* A descriptor of O_PATH can be executed but not read: open what it names anew. */
		char name[40];

		snprintf(name, sizeof(name), "/proc/self/fd/%d", dirfd);
		fd = HOST(SYS_openat, AT_FDCWD, name, O_RDONLY | O_CLOEXEC, 0);
	} else {
		fd = HOST(SYS_openat, dirfd, path, oflags, 0);
	}
	if (fd < 0)
		return fd;
	own = HOST(SYS_fcntl, fd, F_DUPFD_CLOEXEC, t->ulk->fd_floor);
	HOST(SYS_close, fd);
	return own;
}

SYSCALL(execveat)
{
	char path[PATH_MAX], name[PATH_MAX + 32];
	int dirfd = (int)a[0], flags = (int)a[4], err;
	int at_flags = flags & (AT_EMPTY_PATH | AT_SYMLINK_NOFOLLOW);
	s64 fd, fdflags, ret;

	if (flags & ~(AT_EMPTY_PATH | AT_SYMLINK_NOFOLLOW))
		return -EINVAL;
	ret = user_path_at(t, a[0], a[1], path);
	if (ret < 0)
		return ret;
	if (!path[0] && !(flags & AT_EMPTY_PATH))
		return -ENOENT;
	if (path[0] == '/' || (path[0] && dirfd == AT_FDCWD)) {
		if (!at_flags)
			return exec_common(t, path, -1, a[2], a[3], AT_FDCWD, path, 0);
		snprintf(name, sizeof(name), "%s", path);
	} else if (!path[0]) {
		snprintf(name, sizeof(name), "/dev/fd/%d", dirfd);
	} else {
		snprintf(name, sizeof(name), "/dev/fd/%d/%s", dirfd, path);
	}
	err = exec_file_errno(dirfd, path, at_flags);
	if (err < 0)
		return err;
	/* An interpreter could not open /dev/fd/N once N is closed: path_noexec's ENOENT for scripts. */
	fdflags = !path[0] ? HOST(SYS_fcntl, dirfd, F_GETFD) : 0;
	fd = open_own(t, dirfd, path, flags);
	if (fd < 0)
		return fd;
	if (fdflags > 0 && (fdflags & FD_CLOEXEC)) {
		char magic[2];

		if (HOST(SYS_pread64, fd, magic, 2, 0) == 2 && magic[0] == '#' && magic[1] == '!') {
			HOST(SYS_close, fd);
			return -ENOENT;
		}
	}
	ret = exec_common(t, name, (int)fd, a[2], a[3], dirfd, path, at_flags);
	HOST(SYS_close, fd);
	return ret;
}

SYSCALL(wait4)
{
	struct rusage ru;
	int status = 0;
	s64 ret = HOST_BLOCKING(t, SYS_wait4, a[0], &status, a[2], a[3] ? &ru : NULL);

	if (ret <= 0)
		return ret;
	if (a[3] && copy_to_user(t->mm, a[3], &ru, sizeof(ru)))
		return -EFAULT;
	if (a[1] && put_user(t->mm, status, a[1]))
		return -EFAULT;
	return ret;
}

SYSCALL(waitid)
{
	struct rusage ru;
	siginfo_t info;
	s64 ret;

	memset(&info, 0, sizeof(info));
	ret = HOST_BLOCKING(t, SYS_waitid, a[0], a[1], &info, a[3], a[4] ? &ru : NULL);
	if (ret < 0)
		return ret;
	if (a[4] && info.si_pid && copy_to_user(t->mm, a[4], &ru, sizeof(ru)))
		return -EFAULT;
	if (a[2]) {
		/* The kernel stores these six fields only, not the whole union. */
		struct {
			int signo, err, code, pad, pid;
			u32 uid;
			int status;
		} out = {info.si_signo, 0, info.si_code, 0, info.si_pid, info.si_uid, info.si_status};

		if (copy_to_user(t->mm, a[2], &out, 12) ||
		    copy_to_user(t->mm, a[2] + 16, &out.pid, sizeof(out) - 16))
			return -EFAULT;
	}
	return ret;
}

SYSCALL(set_tid_address)
{
	t->clear_child_tid = a[0];
	return t->tid;
}

SYSCALL(set_robust_list)
{
	if (a[1] != ROBUST_LIST_HEAD_SIZE)
		return -EINVAL;
	t->robust_list = a[0];
	t->robust_list_len = a[1];
	return 0;
}

SYSCALL(get_robust_list)
{
	u64 head = t->robust_list, len = ROBUST_LIST_HEAD_SIZE;
	int pid = (int)a[0];

	if (pid && pid != t->tid) {
		u64 host_head, host_len;
		s64 ret = HOST(SYS_get_robust_list, pid, &host_head, &host_len);

		/* Of another process only the permission to look can be told. */
		return ret < 0 ? ret : -EPERM;
	}
	if (put_user(t->mm, len, a[2]))
		return -EFAULT;
	return put_user(t->mm, head, a[1]);
}
