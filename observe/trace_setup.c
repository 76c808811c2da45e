// SPDX-License-Identifier: GPL-2.0-or-later
/* The tracer before the program runs: its options, where it writes, the first line. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>
#include "observe/observe.h"
#include "observe/trace_internal.h"
#include "syscalls/nr.h"

void trace_defaults(struct trace_options *opt)
{
	*opt = (struct trace_options){.strlen_max = 32, .column = 40, .status = TRACE_STATUS_ALL};
}

static int parse_sets(const char *const *texts, struct trace_set *set,
		      int (*parse)(const char *, struct trace_set *, char *, size_t), char *why)
{
	int err = 0;

	memset(set, texts && texts[0] ? 0 : 0xff, sizeof(*set));
	for (; !err && texts && *texts; texts++) {
		struct trace_set one;

		err = parse(*texts, &one, why, 160);
		for (size_t i = 0; !err && i < ARRAY_SIZE(set->bits); i++)
			set->bits[i] |= one.bits[i];
	}
	return err;
}

/*
 * -o '|COMMAND': a shell of its own, which is nobody's child here: the program could wait for it. It ends when the last
 * process that writes to it has.
 */
static int open_pipe(const char *command)
{
	int fds[2], pid, status;

	if (pipe2(fds, O_CLOEXEC))
		return -1;
	pid = fork();
	if (pid == 0) {
		if (fork() == 0) {
			dup2(fds[0], STDIN_FILENO);
			execl("/bin/sh", "sh", "-c", command, (char *)NULL);
		}
		_exit(127);
	}
	close(fds[0]);
	if (pid < 0) {
		close(fds[1]);
		return -1;
	}
	waitpid(pid, &status, 0);
	return fds[1];
}

static int open_output(struct trace *tr, char *why)
{
	if (tr->opt.path && (*tr->opt.path == '|' || *tr->opt.path == '!'))
		tr->fd = open_pipe(tr->opt.path + 1);
	else if (tr->opt.path)
		tr->fd = open(tr->opt.path, O_WRONLY | O_CREAT | (tr->opt.append ? 0 : O_TRUNC) | O_APPEND | O_CLOEXEC, 0666);
	else
		tr->fd = fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 3);
	if (tr->fd < 0) {
		snprintf(why, 160, "%s: %s", tr->opt.path ? tr->opt.path : "standard error", strerror(errno));
		return -errno;
	}
	return 0;
}

static int init_lock(struct trace *tr)
{
	pthread_mutexattr_t attr;
	int err;

	pthread_mutexattr_init(&attr);
	pthread_mutexattr_setpshared(&attr, PTHREAD_PROCESS_SHARED);
	/* A process may be killed while it writes its line. */
	pthread_mutexattr_setrobust(&attr, PTHREAD_MUTEX_ROBUST);
	err = pthread_mutex_init(&tr->shared->lock, &attr);
	pthread_mutexattr_destroy(&attr);
	return -err;
}

int trace_create(const struct trace_options *opt, struct trace **out, char *why)
{
	struct trace *tr = calloc(1, sizeof(*tr));
	int err = -ENOMEM;

	if (!tr)
		return -ENOMEM;
	tr->opt = *opt;
	tr->fd = -1;
	snprintf(why, 160, "out of memory");
	tr->shared = mmap(NULL, sizeof(*tr->shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (tr->shared == MAP_FAILED) {
		free(tr);
		return err;
	}
	err = init_lock(tr);
	if (!err)
		err = parse_sets(opt->calls, &tr->calls, parse_call_set, why);
	if (!err)
		err = parse_sets(opt->signals, &tr->signals, parse_signal_set, why);
	if (!err)
		err = open_output(tr, why);
	if (err) {
		trace_destroy(tr);
		return err;
	}
	*out = tr;
	return 0;
}

void trace_destroy(struct trace *tr)
{
	if (!tr)
		return;
	if (tr->fd >= 0)
		close(tr->fd);
	munmap(tr->shared, sizeof(*tr->shared));
	free(tr);
}

/* ---- the first line ---- */

static void put_strings(struct tcb *c, char *const strings[])
{
	putc('[', c->out);
	for (unsigned i = 0; strings[i]; i++) {
		if (i)
			fputs(", ", c->out);
		if (i == c->strlen_max) {
			fputs("...", c->out);
			break;
		}
		put_string(c, strings[i], strlen(strings[i]));
	}
	putc(']', c->out);
}

void trace_started(struct trace *tr, struct task_struct *t, const char *path, char *const argv[], char *const envp[])
{
	struct tcb c = {.t = t, .nr = SYS_execve, .exiting = true, .strlen_max = tr->opt.strlen_max,
			.pc = task_regs(t)->rip, .hex_strings = tr->opt.hex_strings};
	struct trace_line l;
	unsigned vars = 0;

	tr->root_tid = t->tid;
	tr->shared->nr_tracees = 1;
	c.call = call_decoder(SYS_execve);
	trace_summary_add_pid(tr, t->pid);
	if (!set_has(&tr->calls, SYS_execve) || !(tr->opt.status & TRACE_SUCCESSFUL) ||
	    (tr->opt.traced_path && strcmp(tr->opt.traced_path, path) != 0))
		return;
	trace_summary_add(tr, &c, 0);
	if (tr->opt.summary_only || tr->opt.json || !trace_line_begin(&l))
		return;
	trace_put_prefix(tr, l.out, t->tid);
	c.out = l.out;
	trace_put_call_name(tr, l.out, &c, "execve");
	c.strlen_max = ~0u;
	put_string(&c, path, strlen(path));
	c.strlen_max = tr->opt.strlen_max;
	fputs(", ", l.out);
	put_strings(&c, argv);
	while (envp[vars])
		vars++;
	if (tr->opt.verbose) {
		fputs(", ", l.out);
		put_strings(&c, envp);
		fputs(") = 0\n", l.out);
	} else {
		/* The kernel was given the vector before there was a program to hold it; where its copy begins is the nearest. */
		fprintf(l.out, ", %#lx /* %u var%s */) = 0\n", t->mm->env_start, vars, vars == 1 ? "" : "s");
	}
	trace_line_end(tr, &l);
}
