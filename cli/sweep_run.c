// SPDX-License-Identifier: GPL-2.0-or-later
/* One run of `ulk sweep': the child, and watching it. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/auxv.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include "cli/sweep.h"
#include "kernel/signal.h"
#include "kernel/watch.h"
#include "syscalls/syscalls.h"

#define ERR_KEPT 4096
#define NOTES_MAX (64UL << 20)
#define PIPE_INPUT (64UL << 10)    /* what a pipe holds */

/* ---- input ---- */

static int take_bytes(struct sweep *sw)
{
	size_t size = 0;
	ssize_t n;

	do {
		char *grown = realloc(sw->input, size + PIPE_INPUT);

		if (!grown)
			return -ENOMEM;
		sw->input = grown;
		n = read(STDIN_FILENO, sw->input + size, PIPE_INPUT);
		size += n > 0 ? (size_t)n : 0;
	} while (n > 0);
	sw->input_size = size;
	if (n < 0 || size <= PIPE_INPUT)
		return n < 0 ? -errno : 0;
	/* No pipe holds so much without somebody who feeds it: the runs get a file. */
	sw->input_file = memfd_create("input", MFD_CLOEXEC);
	if (sw->input_file < 0 || write(sw->input_file, sw->input, size) != (ssize_t)size)
		return -EIO;
	return 0;
}

int sweep_take_input(struct sweep *sw)
{
	struct stat st;

	sw->input_file = -1;
	if (fstat(STDIN_FILENO, &st) || S_ISCHR(st.st_mode))
		return 0; /* a terminal is nothing to run a hundred times from */
	if (S_ISREG(st.st_mode)) {
		sw->input_file = STDIN_FILENO;
		return 0;
	}
	return take_bytes(sw);
}

int sweep_open_input(const struct sweep *sw)
{
	char path[40];
	int p[2], fd;

	if (sw->input_file >= 0) {
		snprintf(path, sizeof(path), "/proc/self/fd/%d", sw->input_file);
		fd = open(path, O_RDONLY | O_CLOEXEC);
		if (fd >= 0)
			lseek(fd, sw->input_file == STDIN_FILENO ? lseek(STDIN_FILENO, 0, SEEK_CUR) : 0, SEEK_SET);
		return fd;
	}
	if (!sw->input || pipe2(p, O_CLOEXEC))
		return open("/dev/null", O_RDONLY | O_CLOEXEC);
	if (write(p[1], sw->input, sw->input_size) != (ssize_t)sw->input_size)
		return -1;
	close(p[1]);
	return p[0];
}

/* ---- the child ---- */

struct child {
	struct launch l;
	struct watch watch;
	int notes;                 /* where it writes what the parent is to know */
	bool started;              /* main() was reached */
	bool told;
};

static void note_call(void *arg, struct task_struct *t, u64 nr, const u64 a[6], const struct injection *in)
{
	struct child *ch = arg;
	struct call_note n = {.nr = (u16)nr, .count = (u32)in->count, .interruptible = inject_may_interrupt(nr, a)};

	switch (nr) {
	case SYS_read: case SYS_pread64: case SYS_write: case SYS_pwrite64: case SYS_sendto: case SYS_recvfrom:
		n.moves = (s64)a[2] > 1;
		break;
	case SYS_readv: case SYS_writev:
		n.moves = true;
		break;
	}
	n.early = !ch->started;
	write_fully(ch->notes, (const char *)&n, sizeof(n));
}

static void note_stack(struct child *ch, struct task_struct *t, const char *heading)
{
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	if (!out)
		return;
	task_regs(t);
	fprintf(out, "%s\n", heading);
	put_backtrace(out, t);
	fclose(out);
	write_fully(ch->notes, text, size);
	free(text);
}

static void note_injected(void *arg, struct task_struct *t, u64 nr, const u64 a[6], const struct injection *in)
{
	struct child *ch = arg;

	if (in->rule && !ch->told)
		note_stack(ch, t, "called by");
	ch->told |= in->rule != NULL;
}

static bool note_death(struct watch *w, struct task_struct *t, const siginfo_t *info)
{
	struct child *ch = container_of(w, struct child, watch);
	char heading[40];

	snprintf(heading, sizeof(heading), "dies of SIG%s in", sigabbrev_np(info->si_signo) ?: "?");
	if (sig_fatal(t->signal, info->si_signo))
		note_stack(ch, t, heading);
	return false;
}

static int add_rules(struct launch *l, const struct sweep_case *c)
{
	char why[160];
	int err;

	if (!l->inject)
		l->inject = inject_create();
	err = l->inject ? 0 : -ENOMEM;
	for (int i = 0; c && i < 2 && *c->rule[i] && !err; i++)
		err = inject_add(l->inject, c->rule[i], false, why);
	return err;
}

/* Where the C library is done with its own start, or (the symbols are gone) at least the dynamic linker. 0 or -errno. */
static int break_at_main(struct launch *l)
{
	const u64 *auxv = launch_task(l)->mm->saved_auxv;
	char entry[24];
	int err = ulk_break_at(l->machine, "main");

	for (; err && auxv[0]; auxv += 2) {
		if (auxv[0] != AT_ENTRY || auxv[1] == launch_task(l)->regs.rip)
			continue;
		snprintf(entry, sizeof(entry), "0x%lx", auxv[1]);
		return ulk_break_at(l->machine, entry);
	}
	return err;
}

static void __attribute__((noreturn)) run_child(struct sweep *sw, const struct sweep_run *r, const struct sweep_case *c, int notes)
{
	struct child ch = {.l = *sw->launch, .notes = notes, .started = sw->startup || r->mode != SWEEP_NOTE_CALLS};
	struct ulk_result result;
	char limit[32];
	int status;

	if ((*r->dir && chdir(r->dir)) || add_rules(&ch.l, c))
		_exit(EXIT_ULK);
	ch.l.report = REPORT_NEVER;
	ch.l.at = r->mode == SWEEP_STACKS ? "fault" : "exit"; /* "fault": the signals come to ulk */
	status = launch_load(&ch.l);
	if (status)
		_exit(status);
	own_descriptor(launch_task(&ch.l)->ulk, &ch.notes);
	if (r->mode == SWEEP_NOTE_CALLS)
		inject_tell(ch.l.inject, note_call, &ch);
	if (r->mode == SWEEP_STACKS) {
		inject_tell(ch.l.inject, note_injected, &ch);
		ch.watch.signal = note_death;
		watch_attach(launch_task(&ch.l)->ulk, &ch.watch);
		snprintf(limit, sizeof(limit), "time:%f", r->limit / 2);
		ulk_break_at(ch.l.machine, limit);
	}
	if (!ch.started && break_at_main(&ch.l))
		ch.started = true;
	do {
		if (ulk_run(ch.l.machine, &result) || result.end == ULK_END_ERROR)
			_exit(EXIT_ULK);
		ch.started = true;
		if (result.end == ULK_END_BREAK && r->mode == SWEEP_STACKS) {
			note_stack(&ch, launch_task(&ch.l), "hangs in");
			_exit(EXIT_ULK);
		}
	} while (result.end == ULK_END_BREAK);
	launch_end(&ch.l, &result);
}

/* In the child: nothing of the sweep's own descriptors is there, and Ctrl-C is the sweep's business. */
static void __attribute__((noreturn)) become_child(struct sweep *sw, const struct sweep_run *r, const struct sweep_case *c, int in,
						   int pipes[3][2])
{
	setpgid(0, 0);
	signal(SIGINT, SIG_DFL);
	setrlimit(RLIMIT_CORE, &(const struct rlimit){0, RLIM_INFINITY});
	setrlimit(RLIMIT_CORE, &(const struct rlimit){0, 0});
	/* Out of the way of the low numbers first. */
	in = fcntl(in, F_DUPFD, 10);
	for (int i = 0; i < 3; i++)
		pipes[i][1] = fcntl(pipes[i][1], F_DUPFD, 10);
	dup2(in, 0);
	dup2(pipes[0][1], 1);
	dup2(pipes[1][1], 2);
	dup2(pipes[2][1], 3);
	close_range(4, ~0u, 0);
	fcntl(3, F_SETFD, FD_CLOEXEC);
	run_child(sw, r, c, 3);
}

/* ---- the parent ---- */

void outcome_free(struct outcome *o)
{
	free(o->err);
	free(o->notes);
	o->err = o->notes = NULL;
}

static void close_all(int in, int pipes[3][2])
{
	if (in >= 0)
		close(in);
	for (int i = 0; i < 6; i++) {
		if (pipes[i / 2][i % 2] >= 0)
			close(pipes[i / 2][i % 2]);
	}
}

int sweep_start(struct sweep *sw, struct sweep_run *r, enum sweep_mode mode, const struct sweep_case *c, double limit)
{
	int pipes[3][2] = {{-1, -1}, {-1, -1}, {-1, -1}}, in = sweep_open_input(sw), err = 0;

	*r = (struct sweep_run){.mode = mode, .which = r->which, .limit = limit, .out.out_hash = HASH_SEED};
	if (sw->dir)
		err = tree_copy(sw->dir, r->dir);
	for (int i = 0; i < 3 && !err; i++)
		err = pipe2(pipes[i], O_CLOEXEC) ? -errno : 0;
	if (!err && in < 0)
		err = -EIO;
	fflush(stdout);
	clock_gettime(CLOCK_MONOTONIC, &r->began);
	r->pid = err ? -1 : fork();
	if (!r->pid)
		become_child(sw, r, c, in, pipes);
	if (r->pid < 0) {
		err = err ? err : -errno;
		r->pid = 0;
		close_all(in, pipes);
		if (*r->dir)
			tree_remove(r->dir);
		return err;
	}
	setpgid(r->pid, r->pid);
	r->pidfd = (int)syscall(SYS_pidfd_open, r->pid, 0);
	for (int i = 0; i < 3; i++) {
		r->fd[i] = pipes[i][0];
		fcntl(r->fd[i], F_SETFL, O_NONBLOCK);
		pipes[i][0] = -1;
	}
	close_all(in, pipes);
	return 0;
}

static void keep(char **buf, size_t *size, size_t max, const char *data, size_t n)
{
	char *grown;

	if (*size + n > max)
		n = max - *size;
	grown = n ? realloc(*buf, *size + n + 1) : NULL;
	if (!grown)
		return;
	memcpy(grown + *size, data, n);
	*buf = grown;
	*size += n;
	grown[*size] = '\0';
}

/* Take what is there to be read; false at the end of it. */
static bool drain(struct sweep *sw, struct sweep_run *r, int i)
{
	const u64 enough = 2 * sw->base.out_size + (64UL << 20);
	char buf[65536];
	ssize_t n = read(r->fd[i], buf, sizeof(buf));

	if (n <= 0)
		return n < 0 && (errno == EAGAIN || errno == EINTR);
	if (i == 0) {
		r->out.out_hash = hash_bytes(r->out.out_hash, buf, (size_t)n);
		r->out.out_size += (u64)n;
		if (r->out.out_size > enough && !r->out.flood) {
			r->out.flood = true;
			kill(-r->pid, SIGKILL);
		}
	} else if (i == 1) {
		keep(&r->out.err, &r->err_size, ERR_KEPT, buf, (size_t)n);
	} else {
		keep(&r->out.notes, &r->out.notes_size, NOTES_MAX, buf, (size_t)n);
	}
	return true;
}

static double seconds_since(const struct timespec *then)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)(now.tv_sec - then->tv_sec) + (double)(now.tv_nsec - then->tv_nsec) / 1e9;
}

static void finish(struct sweep *sw, struct sweep_run *r)
{
	/* Its children, should any be left, go with it. */
	kill(-r->pid, SIGKILL);
	waitpid(r->pid, &r->out.status, 0);
	r->out.seconds = seconds_since(&r->began);
	for (int i = 0; i < 3; i++) {
		while (r->fd[i] >= 0) {
			u64 before = r->out.out_size + r->err_size + r->out.notes_size;

			if (!drain(sw, r, i) || before == r->out.out_size + r->err_size + r->out.notes_size) {
				close(r->fd[i]);
				r->fd[i] = -1;
			}
		}
	}
	if (r->pidfd >= 0)
		close(r->pidfd);
	if (*r->dir) {
		r->out.tree_hash = tree_hash(r->dir);
		tree_remove(r->dir);
	}
	r->pid = 0;
}

void sweep_kill(struct sweep_run *r)
{
	if (!r->pid)
		return;
	kill(-r->pid, SIGKILL);
	waitpid(r->pid, NULL, 0);
	for (int i = 0; i < 3; i++) {
		if (r->fd[i] >= 0)
			close(r->fd[i]);
	}
	close(r->pidfd);
	if (*r->dir)
		tree_remove(r->dir);
	outcome_free(&r->out);
	r->pid = 0;
}

int sweep_wait(struct sweep *sw, struct sweep_run *runs, unsigned n)
{
	struct pollfd fds[4 * MAX_JOBS];

	for (;;) {
		double left = 0.1; /* a signal may come right before poll() */

		for (unsigned i = 0; i < n; i++) {
			struct sweep_run *r = &runs[i];

			for (int k = 0; k < 3; k++)
				fds[4 * i + (unsigned)k] = (struct pollfd){r->pid ? r->fd[k] : -1, POLLIN, 0};
			fds[4 * i + 3] = (struct pollfd){r->pid ? r->pidfd : -1, POLLIN, 0};
			if (r->pid && r->limit - seconds_since(&r->began) < left)
				left = r->limit - seconds_since(&r->began);
		}
		if (*sw->interrupted)
			return -1;
		if (poll(fds, 4 * n, left < 0 ? 0 : (int)(left * 1000) + 1) < 0 && errno != EINTR)
			return -1;
		for (unsigned i = 0; i < n; i++) {
			struct sweep_run *r = &runs[i];

			for (int k = 0; r->pid && k < 3; k++) {
				if (r->fd[k] >= 0 && fds[4 * i + (unsigned)k].revents && !drain(sw, r, k)) {
					close(r->fd[k]);
					r->fd[k] = -1;
				}
			}
			if (!r->pid)
				continue;
			if (fds[4 * i + 3].revents) {
				finish(sw, r);
				return (int)i;
			}
			if (seconds_since(&r->began) > r->limit && !r->out.hung) {
				r->out.hung = true;
				kill(-r->pid, SIGKILL);
			}
		}
	}
}
