// SPDX-License-Identifier: GPL-2.0-or-later
/* Which calls are made to fail, how, and what is expected of a program then. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include "cli/sweep.h"
#include "syscalls/syscalls.h"

/* What a call may well fail with; NULL: Linux never lets it fail, or no program could go on, or only EINTR is to be
 * expected of it. */
static const struct { const char *name, *error; } errors[] = {
	{"open", "EMFILE"}, {"openat", "EMFILE"}, {"openat2", "EMFILE"}, {"creat", "ENOSPC"}, {"read", "EIO"}, {"pread64", "EIO"},
	{"readv", "EIO"}, {"preadv", "EIO"}, {"write", "ENOSPC"}, {"pwrite64", "ENOSPC"}, {"writev", "ENOSPC"},
	{"pwritev", "ENOSPC"}, {"close", "EIO"}, {"fsync", "EIO"}, {"fdatasync", "EIO"}, {"ftruncate", "EFBIG"}, {"fallocate", "ENOSPC"},
	{"lseek", "ESPIPE"}, {"stat", "EACCES"}, {"lstat", "EACCES"}, {"fstat", "EIO"}, {"newfstatat", "EACCES"},
	{"statx", "EACCES"}, {"access", "EACCES"}, {"faccessat", "EACCES"}, {"faccessat2", "EACCES"}, {"readlink", "ENOENT"},
	{"readlinkat", "ENOENT"}, {"getcwd", "ENOENT"}, {"getdents64", "EIO"}, {"rename", "EXDEV"}, {"renameat2", "EXDEV"},
	{"link", "EMLINK"}, {"mkdir", "ENOSPC"}, {"mkdirat", "ENOSPC"}, {"symlink", "ENOSPC"}, {"unlink", "EBUSY"},
	{"unlinkat", "EBUSY"}, {"ioctl", "ENOTTY"}, {"fcntl", "EAGAIN"}, {"flock", "ENOLCK"}, {"dup", "EMFILE"}, {"dup2", "EMFILE"},
	{"dup3", "EMFILE"}, {"pipe", "EMFILE"}, {"pipe2", "EMFILE"}, {"sendfile", "EIO"}, {"copy_file_range", "EXDEV"},
	{"splice", "EINVAL"}, {"mmap", "ENOMEM"}, {"mremap", "ENOMEM"}, {"mprotect", "ENOMEM"}, {"munmap", "ENOMEM"},
	{"madvise", "EINVAL"}, {"mlock", "ENOMEM"}, {"msync", "EIO"}, {"socket", "EMFILE"}, {"socketpair", "EMFILE"}, {"bind", "EADDRINUSE"},
	{"listen", "EADDRINUSE"}, {"accept", "ECONNABORTED"}, {"accept4", "ECONNABORTED"}, {"connect", "ECONNREFUSED"},
	{"sendto", "ENOBUFS"}, {"recvfrom", "ECONNRESET"}, {"sendmsg", "ENOBUFS"}, {"recvmsg", "ECONNRESET"}, {"setsockopt", "ENOPROTOOPT"},
	{"epoll_create1", "EMFILE"}, {"eventfd2", "EMFILE"}, {"timerfd_create", "EMFILE"}, {"memfd_create", "EMFILE"},
	{"fork", "EAGAIN"}, {"vfork", "EAGAIN"}, {"clone", "EAGAIN"}, {"clone3", "EAGAIN"}, {"execve", "ENOENT"}, {"wait4", "ECHILD"},
	{"kill", "EPERM"}, {"chdir", "EACCES"}, {"getrandom", "ENOSYS"}, {"poll", "ENOMEM"}, {"select", "ENOMEM"},
	{"futex", NULL}, {"nanosleep", NULL}, {"clock_nanosleep", NULL}, {"pause", NULL}, {"exit", NULL}, {"exit_group", NULL},
	{"arch_prctl", NULL}, {"set_tid_address", NULL}, {"set_robust_list", NULL}, {"rseq", NULL}, {"rt_sigreturn", NULL},
	{"restart_syscall", NULL}, {"rt_sigaction", NULL}, {"rt_sigprocmask", NULL}, {"rt_sigsuspend", NULL}, {"sigaltstack", NULL},
	{"clock_gettime", NULL}, {"gettimeofday", NULL}, {"time", NULL}, {"times", NULL}, {"getcpu", NULL}, {"getpid", NULL}, {"getppid", NULL},
	{"gettid", NULL}, {"getuid", NULL}, {"geteuid", NULL}, {"getgid", NULL}, {"getegid", NULL}, {"getpgrp", NULL},
	{"getsid", NULL}, {"getpgid", NULL}, {"umask", NULL}, {"alarm", NULL}, {"sched_yield", NULL}, {"uname", NULL},
	{"sync", NULL}, {"personality", NULL}, {"tgkill", NULL},
};

static const char *error_for(const struct syscall_row *row)
{
	for (size_t i = 0; i < ARRAY_SIZE(errors); i++) {
		if (!strcmp(errors[i].name, row->name))
			return errors[i].error;
	}
	if (row->flags & SC_MEMORY)
		return "ENOMEM";
	if (row->flags & SC_FILE)
		return "EACCES";
	if (row->flags & SC_NET)
		return "ENOBUFS";
	return row->flags & SC_DESC ? "EIO" : "ENOSYS";
}

static struct sweep_case *add_case(struct sweep *sw, const struct call_note *call, enum sweep_kind kind)
{
	struct sweep_case *grown = realloc(sw->cases, (sw->nr_cases + 1) * sizeof(*grown));

	if (!grown)
		return NULL;
	sw->cases = grown;
	grown += sw->nr_cases++;
	*grown = (struct sweep_case){.call = *call, .kind = kind};
	return grown;
}

/* One case: @action on the call, or (@on) on it and every later one. */
static int add(struct sweep *sw, const struct call_note *call, enum sweep_kind kind, const char *action, bool on)
{
	struct sweep_case *c = add_case(sw, call, kind);
	const char *name = syscall_table[call->nr].name;

	if (!c)
		return -ENOMEM;
	snprintf(c->rule[0], sizeof(c->rule[0]), "%s:%s:when=%u%s", name, action, call->count, on ? "+" : "");
	snprintf(c->name, sizeof(c->name), "%s %u%s: %s", name, call->count, on ? " and later" : "", action);
	return 0;
}

static int add_all(struct sweep *sw, const struct call_note *call, unsigned nr_brk, unsigned nr_mmap)
{
	const struct syscall_row *row = &syscall_table[call->nr];
	const char *error = error_for(row);
	char action[40];
	int err = 0;

	if (call->nr == SYS_brk) {
		/* One alone is made up for by an mmap. */
		err = add(sw, call, SWEEP_ERROR, "nomem", false);
	} else if (error) {
		snprintf(action, sizeof(action), "error=%s", error);
		err = add(sw, call, SWEEP_ERROR, action, false);
	}
	if (!err && (call->nr == SYS_brk || call->nr == SYS_mmap)) {
		struct sweep_case *c;

		err = add(sw, call, SWEEP_ERROR, "nomem", true);
		c = err ? NULL : &sw->cases[sw->nr_cases - 1];
		if (c) {
			snprintf(c->rule[1], sizeof(c->rule[1]), "%s,mremap:nomem:when=%u+", call->nr == SYS_brk ? "mmap" : "brk",
				 (call->nr == SYS_brk ? nr_mmap : nr_brk) + 1);
			snprintf(c->name, sizeof(c->name), "no memory from %s %u on", row->name, call->count);
		}
	}
	if (!err && call->interruptible)
		err = add(sw, call, SWEEP_EINTR, "error=EINTR", false);
	if (!err && call->moves)
		err = add(sw, call, SWEEP_SHORT, "short", false);
	return err;
}

static bool seen(const struct call_note *notes, size_t i)
{
	for (size_t k = 0; k < i; k++) {
		if (notes[k].nr == notes[i].nr && notes[k].count == notes[i].count)
			return true;
	}
	return false;
}

int sweep_make_cases(struct sweep *sw, char *why)
{
	const struct call_note *notes = (const void *)sw->base.notes;
	size_t n = sw->base.notes_size / sizeof(*notes);
	unsigned nr_brk = 0, nr_mmap = 0;
	struct trace_set set, one;
	int err = 0;

	memset(&set, sw->calls.nr ? 0 : 0xff, sizeof(set));
	for (size_t i = 0; i < sw->calls.nr && !err; i++) {
		err = parse_call_set(sw->calls.words[i], &one, why, 160);
		for (size_t k = 0; k < ARRAY_SIZE(set.bits); k++)
			set.bits[k] |= one.bits[k];
	}
	for (size_t i = 0; i < n && !err; i++) {
		if (notes[i].nr == SYS_brk)
			nr_brk = notes[i].count;
		else if (notes[i].nr == SYS_mmap)
			nr_mmap = notes[i].count;
		if (notes[i].early || !set_has(&set, notes[i].nr) || notes[i].nr >= syscall_table_size || !syscall_table[notes[i].nr].name ||
		    notes[i].count > 0xffff || (sw->launch->follow && seen(notes, i)))
			continue;
		sw->nr_calls++;
		err = add_all(sw, &notes[i], nr_brk, nr_mmap);
		snprintf(why, 160, "out of memory");
	}
	/* The stem writes to it, too. */
	sw->results = mmap(NULL, (sw->nr_cases + 1) * sizeof(*sw->results), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (sw->results == MAP_FAILED)
		sw->results = NULL;
	return err ? err : sw->results ? 0 : -ENOMEM;
}

/* ---- what is expected ---- */

static const char *ending(int status, char buf[40])
{
	if (WIFSIGNALED(status))
		snprintf(buf, 40, "dies of SIG%s", sigabbrev_np(WTERMSIG(status)) ?: "?");
	else
		snprintf(buf, 40, "exit status %d", WEXITSTATUS(status));
	return buf;
}

void sweep_judge(const struct sweep *sw, const struct sweep_case *c, const struct outcome *o, struct sweep_result *res)
{
	const struct outcome *b = &sw->base;
	bool other_output = sw->repeats && (o->out_hash != b->out_hash || o->out_size != b->out_size);
	bool other_files = sw->repeats && o->tree_hash != b->tree_hash;
	char end[40], plain[40];

	res->done = true;
	res->seconds = o->seconds;
	res->verdict = SWEEP_FINE;
	ending(o->status, end);
	ending(b->status, plain);
	snprintf(res->text, sizeof(res->text), "%s", end);
	if (o->hung || o->flood) {
		res->verdict = SWEEP_HANG;
		snprintf(res->text, sizeof(res->text), o->flood ? "does not stop writing" : "hangs (stopped after %.1f s; without, it takes %.2f s)",
			 o->seconds, b->seconds);
	} else if (WIFSIGNALED(o->status) && o->status != b->status) {
		res->verdict = SWEEP_CRASH;
	} else if (c->kind != SWEEP_ERROR && (o->status != b->status || other_output || other_files)) {
		res->verdict = SWEEP_NOTICED;
		snprintf(res->text, sizeof(res->text), "not handled: %s%s%s%s%s", end, o->status != b->status ? " instead of " : "",
			 o->status != b->status ? plain : "", other_output ? ", other output" : "", other_files ? ", other files" : "");
	} else if (o->status == 0 && (other_output || other_files)) {
		res->verdict = SWEEP_SILENT;
		snprintf(res->text, sizeof(res->text), "exit status 0, but %s", other_output ? "wrong output" : "wrong files");
	}
}
