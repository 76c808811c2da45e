// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Cases of `ulk sweep' from a snapshot just before their call. One process, the stem, runs the program with nothing injected. Before
 * each call that there are cases for, it makes a copy of itself for each (fork: memory is copied where it is stored to), which gets
 * pipes of its own and in which the call fails.
 *
 * That is sound as long as nothing outside of the process has been changed, and nothing that copies would share: so the stem
 * ends before the first call that could do either (a list of those that cannot is below), and what is left starts afresh. So does every case
 * that shows something: what is reported was seen in a run from the program's first instruction.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include "cli/sweep.h"
#include "kernel/fds.h"
#include "syscalls/syscalls.h"

struct stem {
	struct sweep *sw;
	struct launch l;
	struct stat std[3];        /* what 0 to 2 were at the start */
	int out, err;              /* where what it writes can be read */
	struct outcome prefix;     /* standard output so far */
};

/* ---- what it may do ---- */

static bool is_pure(u64 nr, const u64 a[6])
{
	switch (nr) {
	case SYS_read: case SYS_readv: case SYS_pread64: case SYS_preadv: case SYS_lseek: case SYS_close: case SYS_fstat: case SYS_stat:
	case SYS_lstat: case SYS_newfstatat: case SYS_statx: case SYS_access: case SYS_faccessat: case SYS_faccessat2:
	case SYS_readlink: case SYS_readlinkat: case SYS_getcwd: case SYS_getdents64: case SYS_statfs: case SYS_fstatfs:
	case SYS_fadvise64: case SYS_poll: case SYS_ppoll: case SYS_select: case SYS_pselect6: case SYS_nanosleep: case SYS_clock_nanosleep:
	case SYS_brk: case SYS_munmap: case SYS_mremap: case SYS_mprotect: case SYS_madvise: case SYS_mincore:
	case SYS_arch_prctl: case SYS_set_tid_address: case SYS_set_robust_list: case SYS_rseq: case SYS_futex: case SYS_umask:
	case SYS_rt_sigaction: case SYS_rt_sigprocmask: case SYS_rt_sigreturn: case SYS_sigaltstack: case SYS_rt_sigpending:
	case SYS_getrlimit: case SYS_getrusage: case SYS_sysinfo: case SYS_uname: case SYS_times: case SYS_time: case SYS_gettimeofday:
	case SYS_clock_gettime: case SYS_clock_getres: case SYS_getcpu: case SYS_getrandom: case SYS_sched_getaffinity: case SYS_sched_yield:
	case SYS_getpid: case SYS_getppid: case SYS_gettid: case SYS_getuid: case SYS_geteuid: case SYS_getgid: case SYS_getegid:
	case SYS_getgroups: case SYS_getpgrp: case SYS_getpgid: case SYS_getsid: case SYS_getresuid: case SYS_getresgid: case SYS_exit_group:
	case SYS_exit:
		return true;
	case SYS_prlimit64:
		return !a[2];
	case SYS_prctl:
		return a[0] == PR_GET_NAME || a[0] == PR_SET_NAME || a[0] == PR_SET_VMA;
	case SYS_fcntl:
		return a[1] == F_GETFD || a[1] == F_SETFD || a[1] == F_GETFL;
	case SYS_ioctl:
		return a[1] == 0x5401 || a[1] == 0x5413; /* TCGETS, TIOCGWINSZ: is it a terminal? */
	case SYS_mmap:
		return !(a[3] & 1); /* MAP_SHARED */
	case SYS_open: case SYS_openat: {
		u64 flags = nr == SYS_open ? a[1] : a[2];

		return !(flags & (O_ACCMODE | O_CREAT | O_TRUNC | O_TMPFILE)) || (flags & (O_ACCMODE | O_CREAT | O_TRUNC | O_DIRECTORY)) == O_DIRECTORY;
	}
	case SYS_write: case SYS_writev:
		return a[0] == 1 || a[0] == 2;
	default:
		return false;
	}
}

static bool same_file(const struct stat *a, const struct stat *b)
{
	return a->st_dev == b->st_dev && a->st_ino == b->st_ino;
}

/* Can what the program has be had twice? */
static bool can_branch(const struct stem *s, struct task_struct *t)
{
	struct itimerval timer;
	struct stat st;

	if (t != t->ulk->main_task || t->signal->nr_threads != 1 || t->signal->nr_posix_timers || t->signal->ioctx_table ||
	    waitid(P_ALL, 0, &(siginfo_t){}, WEXITED | WNOHANG | WNOWAIT) == 0)
		return false;
	if (getitimer(ITIMER_REAL, &timer) || timer.it_value.tv_sec || timer.it_value.tv_usec)
		return false;
	for (int fd = 0; fd < FDS_NOTED; fd++) {
		if (fd > 2 && !fds_made(t->ulk, fd))
			continue;
		if (fstat(fd, &st)) /* closed; but 0 to 2 are what we replace */
			continue;
		if (fd <= 2 && !same_file(&st, &s->std[fd]))
			return false;
		if (fd > 2 && fd_visible(t, (u64)fd) && !S_ISREG(st.st_mode) && !S_ISDIR(st.st_mode) && !S_ISCHR(st.st_mode))
			return false;
	}
	return true;
}

/* ---- a copy ---- */

/* Its own offsets. */
static void reopen(int fd)
{
	char path[40];
	struct stat st;
	off_t at = lseek(fd, 0, SEEK_CUR);
	int again, flags = fcntl(fd, F_GETFD);

	if (flags < 0 || fstat(fd, &st) || (!S_ISREG(st.st_mode) && !S_ISDIR(st.st_mode)) || at < 0)
		return;
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	again = open(path, (fcntl(fd, F_GETFL) & ~O_CREAT) | O_CLOEXEC);
	if (again < 0 || lseek(again, at, SEEK_SET) != at)
		_exit(EXIT_ULK);
	dup3(again, fd, flags & FD_CLOEXEC ? O_CLOEXEC : 0);
	close(again);
}

/* The rest of the input, in a pipe of its own; or -1, when it is none of ours. */
static int rest_of_input(const struct stem *s)
{
	int left, p[2];

	if (!s->sw->input || s->sw->input_file >= 0)
		return -1;
	if (ioctl(0, FIONREAD, &left) || left < 0 || (size_t)left > s->sw->input_size || pipe2(p, O_CLOEXEC) ||
	    write(p[1], s->sw->input + s->sw->input_size - (size_t)left, (size_t)left) != left)
		_exit(EXIT_ULK);
	close(p[1]);
	return p[0];
}

static void become_branch(struct stem *s, struct task_struct *t, const struct sweep_case *c, int pipes[3][2], pid_t stem, int tid)
{
	char why[160];
	int in;

	setpgid(0, 0);
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != stem)
		_exit(EXIT_ULK);
	inject_tell(s->l.inject, NULL, NULL);
	inject_moved(s->l.inject, tid, t->tid);
	for (int i = 0; i < 2 && *c->rule[i]; i++)
		if (inject_add(s->l.inject, c->rule[i], false, why))
			_exit(EXIT_ULK);
	for (int fd = 0; fd < FDS_NOTED; fd++)
		if (fd <= 2 || (fds_made(t->ulk, fd) && fd_visible(t, (u64)fd)))
			reopen(fd);
	in = rest_of_input(s);
	if (in >= 0 && fcntl(0, F_GETFD) >= 0)
		dup2(in, 0);
	if (in >= 0)
		close(in);
	for (int i = 0; i < 2; i++)
		if (fcntl(i + 1, F_GETFD) >= 0)
			dup2(pipes[i][1], i + 1);
	for (int i = 0; i < 6; i++)
		close(pipes[i / 2][i % 2]);
}

/* ---- the stem ---- */

/* What it has written itself: every copy's output begins so. */
static void drain_own(struct stem *s)
{
	char buf[65536];
	ssize_t n;

	while ((n = read(s->out, buf, sizeof(buf))) > 0) {
		s->prefix.out_hash = hash_bytes(s->prefix.out_hash, buf, (size_t)n);
		s->prefix.out_size += (u64)n;
	}
	while (read(s->err, buf, sizeof(buf)) > 0)
		;
}

/* True in the copy. Else its outcome is noted; *@stop when there cannot be a copy. */
static bool run_case(struct stem *s, struct task_struct *t, size_t which, bool *stop)
{
	const struct clone_request req = {.exit_signal = SIGCHLD};
	struct sweep_case *c = &s->sw->cases[which];
	struct sweep_run r = {.mode = SWEEP_PLAIN, .which = which, .limit = s->sw->timeout};
	struct sweep_result res = {};
	int pipes[3][2], tid = t->tid;
	pid_t self = getpid();
	s64 pid;

	for (int i = 0; i < 3; i++)
		if (pipe2(pipes[i], O_CLOEXEC))
			_exit(EXIT_ULK);
	clock_gettime(CLOCK_MONOTONIC, &r.began);
	pid = do_fork(t, &req);
	if (!pid) {
		become_branch(s, t, c, pipes, self, tid);
		return true;
	}
	for (int i = 0; i < 3; i++)
		close(pipes[i][1]);
	for (int i = 0; i < 3; i++) {
		r.fd[i] = pipes[i][0];
		fcntl(r.fd[i], F_SETFL, O_NONBLOCK);
	}
	*stop = pid < 0;
	if (pid < 0) {
		for (int i = 0; i < 3; i++)
			close(r.fd[i]);
		return false;
	}
	setpgid((pid_t)pid, (pid_t)pid);
	r.pid = (pid_t)pid;
	r.pidfd = (int)syscall(SYS_pidfd_open, r.pid, 0);
	r.out.out_hash = s->prefix.out_hash;
	r.out.out_size = s->prefix.out_size;
	sweep_wait(s->sw, &r, 1);
	sweep_judge(s->sw, c, &r.out, &res);
	outcome_free(&r.out);
	/* What shows anything is run from the start, for its stacks, and to be sure. */
	if (!sweep_failed(&res)) {
		res.snapshot = true;
		s->sw->results[which] = res;
	}
	return false;
}

static void before_call(void *arg, struct task_struct *t, u64 nr, const u64 args[6], const struct injection *in)
{
	struct stem *s = arg;
	bool stop = false;

	drain_own(s);
	for (size_t i = 0; i < s->sw->nr_cases && !stop; i++) {
		const struct call_note *call = &s->sw->cases[i].call;

		if (call->nr != nr || call->count != in->count)
			continue;
		stop = !can_branch(s, t);
		if (!stop && run_case(s, t, i, &stop))
			return; /* the copy: the call is made now, and its rule looked up again */
	}
	if (stop || !is_pure(nr, args))
		_exit(0);
}

static void __attribute__((noreturn)) run_stem(struct sweep *sw, int pipes[2][2])
{
	struct stem s = {.sw = sw, .l = *sw->launch, .prefix.out_hash = HASH_SEED, .out = pipes[0][0], .err = pipes[1][0]};
	struct ulk_result result;

	for (int i = 0; i < 3; i++)
		if (fstat(i, &s.std[i]))
			_exit(EXIT_ULK);
	s.l.inject = inject_create();
	s.l.report = REPORT_NEVER;
	s.l.at = "exit";
	if (!s.l.inject || launch_load(&s.l))
		_exit(EXIT_ULK);
	own_descriptor(launch_task(&s.l)->ulk, &s.out);
	own_descriptor(launch_task(&s.l)->ulk, &s.err);
	inject_tell(s.l.inject, before_call, &s);
	if (ulk_run(s.l.machine, &result))
		_exit(EXIT_ULK);
	launch_end(&s.l, &result);
}

static size_t count_done(const struct sweep *sw)
{
	size_t n = 0;

	for (size_t i = 0; i < sw->nr_cases; i++)
		n += sw->results[i].done;
	return n;
}

void sweep_from_stem(struct sweep *sw, void (*progress)(const struct sweep *sw, size_t found))
{
	int pipes[2][2], in;
	size_t before = 0;
	double idle = 0;
	pid_t pid;

	if (sw->dir || sw->launch->follow || sw->launch->inject || sw->launch->config.deterministic || pipe2(pipes[0], O_CLOEXEC))
		return;
	in = pipe2(pipes[1], O_CLOEXEC) ? -1 : sweep_open_input(sw);
	fflush(stdout);
	pid = in < 0 ? -1 : fork();
	if (!pid) {
		setpgid(0, 0);
		signal(SIGINT, SIG_DFL);
		setrlimit(RLIMIT_CORE, &(const struct rlimit){0, 0});
		in = fcntl(in, F_DUPFD_CLOEXEC, 10);
		for (int i = 0; i < 4; i++)
			pipes[i / 2][i % 2] = fcntl(pipes[i / 2][i % 2], F_DUPFD_CLOEXEC, 10);
		dup2(in, 0);
		dup2(pipes[0][1], 1);
		dup2(pipes[1][1], 2);
		close_range(3, 9, 0);
		for (int i = 0; i < 2; i++) {
			fcntl(pipes[i][0], F_SETFL, O_NONBLOCK);
			fcntl(pipes[i][0], F_SETPIPE_SZ, 1 << 20);
			close(pipes[i][1]);
		}
		close(in);
		run_stem(sw, pipes);
	}
	for (int i = 0; i < 4 && in >= 0; i++)
		close(pipes[i / 2][i % 2]);
	if (in >= 0)
		close(in);
	if (pid < 0)
		return;
	setpgid(pid, pid);
	/* Until it ends, or gets nowhere: it may have filled its pipe by one write. */
	while (!waitpid(pid, NULL, WNOHANG)) {
		size_t done = count_done(sw);

		idle = done == before ? idle + 0.05 : 0;
		before = done;
		if (*sw->interrupted || idle > 5 * sw->timeout + 1)
			kill(-pid, SIGKILL);
		poll(NULL, 0, 50);
		sw->nr_done = done;
		progress(sw, 0);
	}
	kill(-pid, SIGKILL);
	sw->nr_done = count_done(sw);
}
