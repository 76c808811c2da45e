// SPDX-License-Identifier: GPL-2.0-or-later
/* How a process begins, ends and is waited for. */
#include <limits.h>
#include <linux/capability.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include "kernel/determin.h"
#include "kernel/signal.h"
#include "kernel/thread.h"
#include "kernel/usage.h"
#include "procfs/procfs.h"
#include "syscalls/exec_native.h"
#include "syscalls/handlers.h"
#include "syscalls/hostarg.h"
#include "syscalls/marshal.h"

#define MAX_ARG_STRLEN (32 * PAGE_SIZE)
/* Where the kernel's own bound lies at most (3/4 of _STK_LIM); the loader applies the exact one. */
#define MAX_ARG_TOTAL	      (6UL << 20)
#define ROBUST_LIST_HEAD_SIZE 24
/* Bits of mm->flags that a new program inherits: coredump filter, THP settings, and what holds from its first
 * mapping on. */
#define MMF_INIT_KEPT (MMF_HAS_MDWE | MMF_VM_MERGE_ANY)
#define MMF_EXEC_KEPT ((0x1ffUL << MMF_DUMP_FILTER_SHIFT) | (3UL << 23))

SYSCALL(exit)
{
	do_exit_thread(t, ((int)a[0] & 0xff) << 8);
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

/* The program as execve's caller named it, and what to open for it. */
struct exec_target {
	char name[PATH_MAX];	      /* as given */
	char path[PATH_MAX];	      /* the same, where procfs would have it */
	char filename[PATH_MAX + 32]; /* bprm->filename: what the program will know as AT_EXECFN */
	int dirfd, at_flags;
	int fd;	     /* open descriptor of it, or -1 to open filename */
	bool own_fd; /* ours to close */
};

static int get_target(struct task_struct *t, struct exec_target *x, u64 dirfd, u64 uname, int at_flags)
{
	s64 n = strncpy_from_user(t->mm, x->name, uname, PATH_MAX);

	if (n < 0)
		return (int)n;
	if (n >= PATH_MAX)
		return -ENAMETOOLONG;
	x->dirfd = (int)dirfd;
	x->at_flags = at_flags;
	x->fd = -1;
	x->own_fd = false;
	if (!n && !(at_flags & AT_EMPTY_PATH))
		return -ENOENT;
	memcpy(x->path, x->name, (size_t)n + 1);
	if (x->name[0] == '/' || (n && x->dirfd == AT_FDCWD))
		snprintf(x->filename, sizeof(x->filename), "%s", x->name);
	else if (!n)
		snprintf(x->filename, sizeof(x->filename), "/dev/fd/%d", x->dirfd);
	else
		snprintf(x->filename, sizeof(x->filename), "/dev/fd/%d/%s", x->dirfd, x->name);
	return procfs_rewrite_path(t, x->dirfd, x->path, !(at_flags & AT_SYMLINK_NOFOLLOW));
}

/*
 * Where the file cannot simply be opened by x->filename it is opened here, out of the guest's sight.
 * The close-on-exec flag of that descriptor tells the loader what that of @dirfd tells the kernel: an
 * interpreter will not find /dev/fd/N.
 */
static int open_target(struct task_struct *t, struct exec_target *x)
{
	bool relative = x->name[0] && x->name[0] != '/' && x->dirfd != AT_FDCWD;
	bool follow = !(x->at_flags & AT_SYMLINK_NOFOLLOW);
	int oflags = O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK;
	s64 fd, cloexec = 0;
	struct stat st;
	int err;

	if (!x->name[0]) {
		x->fd = x->dirfd;
		return x->dirfd == AT_FDCWD ? -EACCES : 0;
	}
	/* Through a symlink to /proc/self/exe the host would find its own program. */
	if (follow && !HOST(SYS_newfstatat, x->dirfd, x->path, &st, 0))
		path_meant_own_exe(t, x->dirfd, x->path, st.st_dev, st.st_ino, x->path);
	if (!relative && follow && !strcmp(x->name, x->path))
		return 0;
	fd = exec_file_errno(x->dirfd, x->path, x->at_flags);
	if (fd < 0)
		return (int)fd;
	fd = HOST(SYS_openat, x->dirfd, x->path,
		  oflags | (follow ? 0 : O_NOFOLLOW), 0);
	if (fd < 0)
		return (int)fd;
	err = own_fd_dup(&t->ulk->phys->own, (int)fd, &x->fd);
	HOST(SYS_close, fd);
	if (err)
		return err;
	if (relative)
		cloexec = HOST(SYS_fcntl, x->dirfd, F_GETFD);
	if (!(cloexec & FD_CLOEXEC))
		HOST(SYS_fcntl, x->fd, F_SETFD, 0);
	x->own_fd = true;
	return 0;
}

/* exec's part for capabilities: without being root only the ambient ones survive. */
static void exec_caps(void)
{
	struct __user_cap_header_struct hdr = {.version = _LINUX_CAPABILITY_VERSION_3};
	struct __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3];
	u64 ambient = 0;

	if (HOST(SYS_capget, &hdr, data) < 0 || !(data[0].permitted | data[1].permitted))
		return;
	for (u64 cap = 0; cap <= CAP_LAST_CAP; cap++) {
		if (HOST(SYS_prctl, PR_CAP_AMBIENT, PR_CAP_AMBIENT_IS_SET, cap, 0, 0) == 1)
			ambient |= 1UL << cap;
	}
	for (int i = 0; i < _LINUX_CAPABILITY_U32S_3; i++)
		data[i].effective = data[i].permitted = (u32)(ambient >> (32 * i));
	HOST(SYS_capset, &hdr, data);
}

/* begin_new_exec()'s and bprm_creds' part that concerns the host process and what exec hands on. */
static void exec_committed(struct task_struct *t, unsigned long old_mm_flags)
{
	u64 euid = (u64)HOST(SYS_geteuid), egid = (u64)HOST(SYS_getegid);

	/* The loader took off what no 64-bit program begins with. */
	t->personality = t->signal->mm_env.personality;
	t->mm->flags = (t->mm->flags & ~MMF_EXEC_KEPT) | (old_mm_flags & MMF_EXEC_KEPT);
	HOST(SYS_setresuid, -1, -1, euid);
	HOST(SYS_setresgid, -1, -1, egid);
	if (HOST(SYS_prctl, PR_GET_KEEPCAPS) > 0)
		HOST(SYS_prctl, PR_SET_KEEPCAPS, 0);
	if (euid && HOST(SYS_getuid))
		exec_caps();
}

static s64 do_execveat(struct task_struct *t, u64 dirfd, u64 uname, u64 uargv, u64 uenvp, int at_flags)
{
	unsigned long mm_flags = t->mm->flags;
	char **argv = NULL, **envp = NULL;
	struct exec_target x;
	char why[160] = "";
	size_t total = 0;
	int signo = 0, ret;

	ret = get_target(t, &x, dirfd, uname, at_flags);
	if (ret < 0)
		return ret;
	ret = copy_strings(t->mm, uargv, &argv, &total);
	if (!ret)
		ret = copy_strings(t->mm, uenvp, &envp, &total);
	if (ret < 0) {
		int file_err = exec_file_errno(x.dirfd, x.path, at_flags);

		ret = file_err < 0 ? file_err : ret;
		goto out;
	}
	ret = open_target(t, &x);
	if (ret < 0)
		goto out;
	/* A filter that the guest is under, and the host does not know of, must not be got rid of so. */
	if (t->ulk->opt.exec_native && !t->seccomp_mode) {
		ret = x.name[0] ? exec_file_errno(x.dirfd, x.path, at_flags) : 0;
		if (!ret)
			ret = (int)exec_native(t, x.dirfd, x.path, argv, envp, at_flags);
		if (x.own_fd)
			own_fd_close(&t->ulk->phys->own, &x.fd);
		goto out;
	}
	t->signal->mm_env.init_flags =
		mm_flags & MMF_HAS_MDWE_NO_INHERIT ? mm_flags & MMF_VM_MERGE_ANY : mm_flags & MMF_INIT_KEPT;
	ret = do_execve(t, x.filename, x.fd, argv, envp, why, &signo);
	if (x.own_fd)
		own_fd_close(&t->ulk->phys->own, &x.fd);
	if (ret && why[0])
		pr_verbose(t->ulk, "execve %s: %s", x.filename, why);
	if (ret == LOAD_FATAL) {
		do_group_exit(t, signo);
		ret = 0;
	} else if (!ret) {
		exec_committed(t, mm_flags);
	}
out:
	free_strings(argv);
	free_strings(envp);
	return ret;
}

SYSCALL(execve)
{
	return do_execveat(t, (u64)(s64)AT_FDCWD, a[0], a[1], a[2], 0);
}

SYSCALL(execveat)
{
	int flags = (int)a[4];

	if (flags & ~(AT_EMPTY_PATH | AT_SYMLINK_NOFOLLOW))
		return -EINVAL;
	return do_execveat(t, a[0], a[1], a[2], a[3], flags);
}

/* In a process that is another program's, too, its children and those of other machines are not this guest's to reap: it has those
 * that its own thread made. With several threads the host could not tell. */
static u64 wait_options(const struct task_struct *t, u64 options)
{
	return t->ulk->opt.embedded && t->signal->nr_threads == 1 ? options | __WNOTHREAD : options;
}

SYSCALL(wait4)
{
	struct rusage ru;
	int status = 0;
	s64 ret = HOST_AFTER_SIGNALS(t, SYS_wait4, a[0], &status, wait_options(t, a[2]), &ru);

	if (ret <= 0)
		return ret;
	own_fds_sweep(&t->ulk->phys->own);
	usage_of_child(t, (int)ret, &ru, !WIFSTOPPED(status) && !WIFCONTINUED(status));
	det_rusage(t->ulk, &ru);
	if (a[1] && put_user(t->mm, status, a[1]))
		return -EFAULT;
	if (a[3] && copy_to_user(t->mm, a[3], &ru, sizeof(ru)))
		return -EFAULT;
	return ret;
}

SYSCALL(waitid)
{
	struct rusage ru;
	siginfo_t info;
	s64 ret;

	memset(&info, 0, sizeof(info));
	ret = HOST_AFTER_SIGNALS(t, SYS_waitid, a[0], a[1], &info, wait_options(t, a[3]), &ru);
	if (ret < 0)
		memset(&info, 0, sizeof(info));
	own_fds_sweep(&t->ulk->phys->own);
	if (info.si_pid)
		usage_of_child(t, info.si_pid, &ru,
			       !(a[3] & WNOWAIT) && (info.si_code == CLD_EXITED || info.si_code == CLD_KILLED ||
						     info.si_code == CLD_DUMPED));
	det_rusage(t->ulk, &ru);
	/* Linux stores there with an error, too. */
	if (a[4] && info.si_pid && copy_to_user(t->mm, a[4], &ru, sizeof(ru)))
		return -EFAULT;
	if (a[2]) {
		/* The kernel stores these six fields only, not the whole union; zeroes after an error. */
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
	if (a[0])
		host_signals_take_deaths(t);
	t->robust_list = a[0];
	t->robust_list_len = a[1];
	return 0;
}

SYSCALL(get_robust_list)
{
	struct task_struct *of = (int)a[0] ? find_own_task(t, (int)a[0]) : t;
	u64 len = ROBUST_LIST_HEAD_SIZE;

	if (!of) {
		u64 host_head, host_len;
		s64 ret = HOST(SYS_get_robust_list, a[0], &host_head, &host_len);

		/* Of another process only whether it is there can be told. */
		return ret < 0 ? ret : -EPERM;
	}
	if (put_user(t->mm, len, a[2]))
		return -EFAULT;
	return put_user(t->mm, of->robust_list, a[1]);
}
