// SPDX-License-Identifier: GPL-2.0-or-later
/* execve from a path to a ready mm, in the order of Linux's do_execveat_common(). */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/personality.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>
#include "loader/internal.h"
#include "mm/uaccess.h"

#ifndef AT_EXECVE_CHECK
#define AT_EXECVE_CHECK 0x10000 /* Linux 6.14 */
#endif

static const struct linux_binfmt *const formats[] = {&script_format, &elf_format};

int exec_fail(struct exec *x, int err, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(x->bprm->why, sizeof(x->bprm->why), fmt, ap);
	va_end(ap);
	return err;
}

/* ---- opening ---- */

/*
 * On kernels without AT_EXECVE_CHECK: the same verdict from the parts it is made of, but for ETXTBSY,
 * which nothing else tells.
 */
static int exec_check_by_parts(int fd, const char *path)
{
	int flags = path ? 0 : AT_EMPTY_PATH;
	struct stat st;

	if (fstatat(fd, path ? path : "", &st, flags) < 0)
		return -errno;
	if (!S_ISREG(st.st_mode))
		return -EACCES;
	/* Looks at noexec mounts and, for root, for at least one x bit, as execve does. */
	if (syscall(SYS_faccessat2, fd, path ? path : "", X_OK, flags | AT_EACCESS) < 0)
		return -errno;
	return 0;
}

/* What exec_ask() is to find out and what it found. */
struct exec_question {
	int fd;
	const char *path;
	int err;
};

static int exec_ask(void *question)
{
	struct exec_question *q = question;

	q->err = 0;
	if (syscall(SYS_execveat, q->fd, q->path ? q->path : "", NULL, NULL,
		    AT_EXECVE_CHECK | (q->path ? 0 : AT_EMPTY_PATH)))
		q->err = -errno;
	return 0;
}

/* Has this process more than one thread? Two links of the directory are its own. */
static bool has_threads(void)
{
	struct stat st;

	return stat("/proc/self/task", &st) || st.st_nlink != 3;
}

/*
 * exec_ask() by a process that has our memory and descriptors' copies but a working directory of its own:
 * while a thread is in execve, its process can't create threads (EAGAIN: copy_fs() looks at fs->in_exec), and
 * ours may have some that are not ours, a library's user's. The child sends no signal when it ends, and only
 * who asks for clones in wait() can get it.
 */
static void exec_ask_apart(struct exec_question *q)
{
	char stack[8192] __attribute__((aligned(16)));
	sigset_t all, mask;
	pid_t child;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &mask);
	child = clone(exec_ask, stack + sizeof(stack), CLONE_VM | CLONE_VFORK, q);
	if (child < 0)
		exec_ask(q);
	else
		while (waitpid(child, NULL, __WCLONE) < 0 && errno == EINTR)
			;
	pthread_sigmask(SIG_SETMASK, &mask, NULL);
}

/* Would the host execute @path (or the descriptor @fd when @path is NULL)? 0 or the errno. */
static int exec_check(int fd, const char *path)
{
	struct exec_question q = {fd, path, 0};

	if (has_threads())
		exec_ask_apart(&q);
	else
		exec_ask(&q);
	if (q.err != -EINVAL && q.err != -ENOSYS)
		return q.err;
	return exec_check_by_parts(fd, path);
}

/* @path: of an interpreter, which must be named, or NULL for the program, which the caller names. */
static int open_failed(struct exec *x, int err, const char *path)
{
	const char *why = strerror(-err);

	if (err == -EACCES)
		why = "not a regular file with permission to execute it";
	else if (err == -ETXTBSY)
		why = "open for writing";
	return exec_fail(x, err, "%s%.100s%s%s", path ? "interpreter " : "", path ? path : "",
			 path ? ": " : "", why);
}

/* A readable descriptor for @at itself, which may be O_PATH (execveat takes those): @at or a new one. */
static int readable_fd(int at)
{
	char path[32];

	if (!(fcntl(at, F_GETFL) & O_PATH))
		return at;
	snprintf(path, sizeof(path), "/proc/self/fd/%d", at);
	return open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
}

/* Open @path, or with @path NULL take what the descriptor @at names. */
static int open_checked(struct exec *x, int at, const char *path, struct file **out)
{
	const char *interp = path == x->bprm->filename ? NULL : path;
	int err, fd;

	/* First the check, so that opening cannot block on a FIFO or disturb a device. */
	err = exec_check(at, path);
	if (err)
		return open_failed(x, err, interp);
	fd = path ? openat(at, path, O_RDONLY | O_CLOEXEC | O_NOCTTY) : readable_fd(at);
	if (fd < 0)
		return exec_fail(x, -errno, "ulk must read what it runs (%.100s): %s",
				 path ? path : x->bprm->filename, strerror(errno));
	err = file_from_fd(x->bprm->phys, fd, out);
	if (fd != at)
		close(fd);
	if (err)
		return open_failed(x, err, interp);
	return 0;
}

int open_exec(struct exec *x, const char *path, struct file **out)
{
	/* A path that does not come from execve's caller may be empty: it is the working directory. */
	if (!*path)
		return exec_fail(x, -EACCES, "empty interpreter path");
	return open_checked(x, AT_FDCWD, path, out);
}

/* ---- reading ---- */

static int read_head(struct exec *x)
{
	ssize_t n = pread(x->file->fd, x->head, sizeof(x->head), 0);

	if (n < 0)
		return exec_fail(x, -errno, "%.100s: %s", x->interp, strerror(errno));
	memset(x->head + n, 0, sizeof(x->head) - n);
	x->head_len = n;
	return 0;
}

int elf_read(struct exec *x, struct file *file, void *buf, size_t len, u64 pos)
{
	ssize_t n;

	if (file == x->file && pos <= x->head_len && len <= x->head_len - pos) {
		memcpy(buf, x->head + pos, len);
		return 0;
	}
	n = pread(file->fd, buf, len, (off_t)pos);
	if (n < 0)
		return -errno;
	return (size_t)n == len ? 0 : -EIO;
}

/* ---- the new address space ---- */

u64 arch_align_stack(const struct exec *x, u64 sp, enum aslr_stream stream)
{
	if (exec_randomize(x))
		sp -= aslr_bits(x->bprm->mm, stream, 13);
	return sp & ~15UL;
}

/* Write the collected strings to the top of the temporary stack, growing it as Linux's copying does. */
static int copy_strings(struct exec *x, struct mm_struct *mm)
{
	const struct arg_area *a = &x->args;

	if (access_remote_vm(mm, STACK_TOP - a->lowest, a->buf + a->cap - a->lowest, a->lowest, true))
		return -ENOMEM;
	return 0;
}

static int setup_stack(struct exec *x, struct mm_struct *mm, bool exec_stack)
{
	u64 top = STACK_TOP;
	s64 shift;

	if (exec_randomize(x))
		top -= aslr_bits(mm, ASLR_STACK_TOP, 22) << PAGE_SHIFT;
	top = PAGE_ALIGN(arch_align_stack(x, top, ASLR_STACK_ALIGN_TOP));
	shift = setup_arg_pages(mm, top, exec_stack);
	if (shift < 0)
		return exec_fail(x, shift, "the stack cannot be set up: %s", strerror(-shift));
	mm->arg_start = STACK_TOP - x->args.used - shift;
	mm->start_stack = mm->arg_start;
	x->execfn = STACK_TOP - x->execfn - shift;
	return 0;
}

int begin_new_exec(struct exec *x, bool exec_stack)
{
	struct linux_binprm *bprm = x->bprm;
	struct mm_struct *mm = mm_alloc(bprm->phys, bprm->env);
	struct rlimit *stack = &bprm->env->rlim[RLIMIT_STACK];
	int err;

	if (!mm)
		return exec_fail(x, -ENOMEM, "no memory for a new address space");
	err = bprm_stack_create(mm);
	if (!err)
		err = copy_strings(x, mm);
	if (err) {
		mmput(mm);
		return exec_fail(x, err, "no memory for the arguments");
	}
	x->point_of_no_return = true;
	bprm->mm = mm;
	mm->exe_file = get_file(x->file);
	mm->flags = (mm->flags & ~(unsigned long)MMF_DUMPABLE_MASK) | 1;
	if (bprm->secure && stack->rlim_cur > STK_LIM)
		stack->rlim_cur = STK_LIM;
	/* x86-64 clears it for every 64-bit program (set_personality_64bit). */
	bprm->env->personality &= ~(u32)READ_IMPLIES_EXEC;
	arch_pick_mmap_layout(mm);
	return setup_stack(x, mm, exec_stack);
}

/* ---- execve ---- */

static int collect_strings(struct exec *x)
{
	struct linux_binprm *bprm = x->bprm;
	size_t argc = 0, envc = 0;
	int err;

	while (bprm->argv && bprm->argv[argc])
		argc++;
	while (bprm->envp && bprm->envp[envc])
		envc++;
	err = arg_area_init(&x->args, bprm->env->rlim, argc, envc);
	if (err)
		return err;
	x->argc = argc;
	x->envc = envc;
	err = arg_push(&x->args, bprm->filename);
	x->execfn = x->args.used;
	while (!err && envc)
		err = arg_push(&x->args, bprm->envp[--envc]);
	while (!err && argc)
		err = arg_push(&x->args, bprm->argv[--argc]);
	if (!err && !x->argc) {
		err = arg_push(&x->args, "");
		x->argc = 1;
	}
	return err;
}

static int search_binary_handler(struct exec *x)
{
	int err = read_head(x);

	if (err)
		return err;
	exec_fail(x, 0, "%.100s: neither an ELF program nor a #! script", x->interp);
	for (size_t i = 0; i < ARRAY_SIZE(formats); i++) {
		err = formats[i]->load_binary(x);
		if (x->point_of_no_return || err != -ENOEXEC)
			return err;
	}
	return -ENOEXEC;
}

static int exec_binprm(struct exec *x)
{
	/* As Linux: five hand-overs, then ELOOP. */
	for (int depth = 0;; depth++) {
		int err;

		if (depth > 5)
			return exec_fail(x, -ELOOP, "%.100s: #! interpreters nested too deeply", x->interp);
		err = search_binary_handler(x);
		if (err || !x->next_file)
			return err;
		fput(x->file);
		x->file = x->next_file;
		x->next_file = NULL;
	}
}

/*
 * comm: the last component of the name, which for a bare descriptor (execveat with an empty path,
 * "/dev/fd/N") is that of the file behind it since Linux 6.14.
 */
static void set_comm(struct exec *x)
{
	struct linux_binprm *bprm = x->bprm;
	const char *name = bprm->filename, *base;
	char path[64], target[4096];
	ssize_t n;

	snprintf(path, sizeof(path), "/dev/fd/%d", bprm->fd);
	if (bprm->fd >= 0 && !strcmp(name, path)) {
		/* For a script, its interpreter. */
		snprintf(path, sizeof(path), "/proc/self/fd/%d", x->file->fd);
		n = readlink(path, target, sizeof(target) - 1);
		if (n > 0) {
			const size_t cut = sizeof(" (deleted)") - 1;

			target[n] = '\0';
			/* A memfd's link always says so; the directory entry's name does not. */
			if ((size_t)n > cut && !strcmp(target + n - cut, " (deleted)"))
				target[n - cut] = '\0';
			name = target;
		}
	}
	base = strrchr(name, '/');
	base = base ? base + 1 : name;
	memset(bprm->comm, 0, sizeof(bprm->comm));
	memcpy(bprm->comm, base, strnlen(base, sizeof(bprm->comm) - 1));
}

static int do_execve_common(struct exec *x)
{
	struct linux_binprm *bprm = x->bprm;
	int err;

	if (bprm->fd >= 0) {
		int flags = fcntl(bprm->fd, F_GETFD);

		err = open_checked(x, bprm->fd, NULL, &x->file);
		x->path_inaccessible = flags >= 0 && (flags & FD_CLOEXEC);
	} else {
		err = open_checked(x, AT_FDCWD, bprm->filename, &x->file);
	}
	if (err)
		return err;
	x->interp = strdup(bprm->filename);
	if (!x->interp)
		return exec_fail(x, -ENOMEM, "out of memory");
	err = collect_strings(x);
	if (err)
		return exec_fail(x, err, "argument list too long");
	return exec_binprm(x);
}

int load_program(struct linux_binprm *bprm, int *fatal_signo)
{
	struct exec x;
	int err;

	memset(&x, 0, offsetof(struct exec, head));
	memset(&x.head_len, 0, sizeof(x) - offsetof(struct exec, head_len));
	x.bprm = bprm;
	bprm->mm = NULL;
	bprm->interp_name = NULL;
	bprm->why[0] = '\0';
	err = do_execve_common(&x);
	if (err && x.point_of_no_return) {
		if (bprm->mm)
			mmput(bprm->mm);
		bprm->mm = NULL;
		*fatal_signo = SIGSEGV;
		err = LOAD_FATAL;
	} else if (!err) {
		set_comm(&x);
		if (!bprm->interp_name && strcmp(x.interp, bprm->filename)) {
			bprm->interp_name = x.interp;
			x.interp = NULL;
		}
		bprm->why[0] = '\0';
	}
	if (err) {
		free(bprm->interp_name);
		bprm->interp_name = NULL;
	}
	arg_area_free(&x.args);
	free(x.interp);
	if (x.file)
		fput(x.file);
	if (x.next_file)
		fput(x.next_file);
	return err;
}

const char *binfmt_name(const struct mm_struct *mm)
{
	return mm->binfmt ? mm->binfmt->name : NULL;
}
