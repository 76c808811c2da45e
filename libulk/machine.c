// SPDX-License-Identifier: GPL-2.0-or-later
/* The API of include/ulk.h over kernel/. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <sys/syscall.h>
#include <unistd.h>
#include "kernel/fds.h"
#include "kernel/signal.h"
#include "kernel/thread.h"
#include "libulk/internal.h"
#include "kernel/determin.h"
#include "loader/binfmt.h"
#include "observe/report.h"
#include "observe/stop.h"
#include "procfs/procfs.h"
#include "syscalls/syscalls.h"

/* Of Linux 6.3; glibc 2.36 does not know it. */
#ifndef MFD_EXEC
#define MFD_EXEC 0x0010U
#endif

const char *ulk_version(void)
{
	return ULK_VERSION_STRING;
}

const char *ulk_engine_version(void)
{
	return cpu_engine_name();
}

int machine_fail(struct ulk_machine *m, int err, const char *why)
{
	if (m)
		snprintf(m->error, sizeof(m->error), "%s", why && *why ? why : strerror(err < 0 ? -err : err));
	return err;
}

const char *ulk_machine_error(const struct ulk_machine *m)
{
	return m ? m->error : "there is no machine: out of memory, or NULL was given";
}

struct task_struct *ulk_machine_task(struct ulk_machine *m)
{
	/* At a break: the thread that has reached it. */
	return m->current ?: m->selected ?: m->ulk->stopped ?: m->task;
}

int machine_ok(struct ulk_machine *m, bool given)
{
	if (!m || !m->made)
		return -EINVAL;
	if (m->in_block)
		return machine_fail(m, -EBUSY, "a callback for blocks may use nothing but ulk_stop()");
	return given ? 0 : machine_fail(m, -EINVAL, "an argument is NULL");
}

int machine_idle(struct ulk_machine *m, bool given)
{
	int err = machine_ok(m, given);

	return err || !m->task->running ? err : machine_fail(m, -EBUSY, "the machine runs");
}

int machine_task(struct ulk_machine *m, bool given, struct task_struct **t)
{
	int err = machine_ok(m, given);

	if (err)
		return err;
	*t = ulk_machine_task(m);
	return (*t)->mm ? 0 : machine_fail(m, -EINVAL, "no program is loaded");
}

int machine_regs(struct ulk_machine *m, bool given, struct task_struct **t)
{
	int err = machine_task(m, given, t);

	return err || !m->in_fill ? err : machine_fail(m, -EBUSY, "while a page fault is served there are no registers to be had");
}

int ulk_machine_fatal_signal(const struct ulk_machine *m)
{
	return m->fatal_signal;
}

static u64 random_seed(void)
{
	u64 seed = 0;

	/* 0 means "no randomisation" inside. */
	while (!seed && getrandom(&seed, sizeof(seed), 0) == sizeof(seed))
		;
	return seed ? seed : 1;
}

/* As wait(2): the low 7 bits are the signal. */
static void process_result(const struct signal_struct *sig, struct ulk_result *result)
{
	result->end = sig->exit_code & 0x7f ? ULK_END_SIGNAL : ULK_END_EXIT;
	result->code = sig->exit_code & 0x7f ? sig->exit_code & 0x7f : (sig->exit_code >> 8) & 0xff;
}

/* The parent, a program too, waits to hear of it. Past libc, which would keep 32 and 33 for itself. */
static void die_of_signal(const struct task_struct *t, int signo)
{
	const u64 dfl[4] = {0}, set = 1UL << (signo - 1);
	const struct rlimit no_core = {0, t->signal->rlim[RLIMIT_CORE].rlim_max};

	HOST(SYS_prlimit64, 0, RLIMIT_CORE, &no_core, NULL);
	HOST(SYS_rt_sigaction, signo, dfl, NULL, sizeof(set));
	HOST(SYS_tgkill, t->pid, t->tid, signo);
	HOST(SYS_rt_sigprocmask, SIG_UNBLOCK, &set, NULL, sizeof(set));
	_exit(128 + signo);
}

static void end_process(struct task_struct *t)
{
	struct ulk_machine *m = t->ulk->owner;
	struct ulk_result result;

	/* The thread that forked it is all there is of the process; the task that ulk_load() began with is gone. */
	m->task = t;
	process_result(t->signal, &result);
	if (t->ulk->det)
		det_process_ends(t);
	if (m->end_process)
		m->end_process(m->end_arg, &result);
	if (result.end == ULK_END_SIGNAL)
		die_of_signal(t, result.code);
	_exit(result.code);
}

/* Limits that ulk sees to by itself, or which would starve it. */
static bool bound_by_ulk(int resource)
{
	return resource == RLIMIT_AS || resource == RLIMIT_DATA || resource == RLIMIT_MEMLOCK || resource == RLIMIT_STACK ||
	       resource == RLIMIT_NOFILE || resource == RLIMIT_CORE;
}

static int set_limits(struct ulk_machine *m, const struct ulk_config *config)
{
	struct rlimit *rlim = m->task->signal->rlim;

	if (config->stack_limit) {
		struct rlimit *stack = &rlim[RLIMIT_STACK];

		stack->rlim_cur = config->stack_limit == UINT64_MAX ? RLIM_INFINITY : config->stack_limit;
		if (stack->rlim_max < stack->rlim_cur)
			stack->rlim_max = stack->rlim_cur;
	}
	if (config->nr_limits && !config->limits)
		return machine_fail(m, -EINVAL, "there are limits, but they are NULL");
	for (size_t i = 0; i < config->nr_limits; i++) {
		const struct ulk_rlimit *l = &config->limits[i];

		if (l->resource < 0 || l->resource >= RLIM_NLIMITS || l->soft > l->hard)
			return machine_fail(m, -EINVAL, "there is no such limit, or its soft value is above the hard one");
		rlim[l->resource] = (struct rlimit){l->soft, l->hard};
		if (config->own_process && !bound_by_ulk(l->resource) && setrlimit((__rlimit_resource_t)l->resource, &rlim[l->resource]))
			return machine_fail(m, -errno, "a limit cannot be set");
		/* The host's, below which ulk's own descriptors are to be found. */
		if (l->resource == RLIMIT_NOFILE)
			fds_limit_changed(0, l->soft);
	}
	return 0;
}

int ulk_machine_new(const struct ulk_config *config, struct ulk_machine **out)
{
	static const struct ulk_config plain = {};

	if (!out)
		return -EINVAL;
	config = config ? config : &plain;
	return ulk_machine_new_observed(config, NULL, out);
}

int ulk_machine_new_observed(const struct ulk_config *config, struct observers *observers,
			     struct ulk_machine **out)
{
	static const struct ulk_hooks hooks = {
		.syscall = machine_syscall, .syscall_is_fast = syscall_is_fast, .end_process = end_process,
		.adopt_file = procfs_adopt};
	struct ulk_machine *m = calloc(1, sizeof(*m));
	struct ulk_options opt = {
		.memory = config->memory,
		.verbose = config->verbose,
		.aslr = config->aslr,
		.aslr_seed = config->aslr && !config->aslr_seed ? random_seed() : config->aslr_seed,
		.check_mm = config->check_mm,
		.exec_native = config->exec_native,
		.embedded = !config->own_process,
		.soft_dirty = config->soft_dirty == ULK_SOFT_DIRTY_ON	 ? SOFT_DIRTY_ON
			      : config->soft_dirty == ULK_SOFT_DIRTY_OFF ? SOFT_DIRTY_OFF
									 : SOFT_DIRTY_HOST,
		.observe_signals = (observers ? observers_signals(observers) : 0) |
				   (config->stop_at_fault ? REPORT_SIGNALS : 0) |
				   /* Fatal signals are to become results. */
				   (config->own_process ? 0 : ~0UL),
	};
	const char *why;
	int err;

	*out = m;
	if (!m)
		return -ENOMEM;
	err = ulk_create(&opt, &hooks, &m->ulk, &why);
	if (err)
		return machine_fail(m, err, why);
	m->ulk->owner = m;
	if (config->deterministic && (err = det_create(m->ulk, config->seed)))
		return machine_fail(m, err, NULL);
	if (config->deterministic && config->time)
		det_set_epoch(m->ulk, config->time);
	m->pid = getpid();
	if (observers && (err = observers_attach(observers, m->ulk)))
		return machine_fail(m, err, "this version of Unicorn cannot tell which code it executes");
	m->end_process = config->end_process;
	m->end_arg = config->end_arg;
	if (m->ulk->opt.embedded) {
		host_signals_embed();
		if (!config->inherit_fds)
			fds_hide(m->ulk);
	}
	err = task_create_init(m->ulk, &m->task);
	if (err)
		return machine_fail(m, err, NULL);
	err = set_limits(m, config);
	if (!err)
		err = machine_place_init(m, config);
	m->made = !err;
	return err;
}

void ulk_machine_free(struct ulk_machine *m)
{
	bool embedded;

	if (!m)
		return;
	if (m->made && m->task->running && m->pid == getpid()) {
		machine_fail(m, -EBUSY, "the machine runs");
		return;
	}
	machine_drop_symbols(m);
	/* Children of the program have copies of its threads' memory only. */
	if (m->task && m->pid == getpid())
		threads_end_others(m->task);
	while (m->snapshots)
		ulk_snapshot_free(m->snapshots);
	machine_watches_free(m, true);
	machine_control_free(m);
	if (m->ulk) {
		stop_free(m->ulk->stop, m->ulk);
		machine_place_free(m);
	}
	embedded = m->ulk && m->ulk->opt.embedded;
	ulk_destroy(m->ulk);
	if (embedded)
		host_signals_unembed();
	free(m->area_name);
	free(m->exe_name);
	free(m);
}

static int load(struct ulk_machine *m, const char *name, int fd, char *const argv[], char *const envp[])
{
	char why[160] = "";
	int err = machine_idle(m, name);

	if (!err)
		err = machine_place_enter(m);
	if (err)
		return err;
	err = do_execve(m->task, name, fd, argv, envp, why, &m->fatal_signal);
	machine_place_leave(m);
	if (err)
		return machine_fail(m, err, why);
	m->entry = m->task->regs.rip;
	return 0;
}

int ulk_load(struct ulk_machine *m, const char *path, char *const argv[], char *const envp[])
{
	return load(m, path, -1, argv, envp);
}

static int write_all(int fd, const char *data, size_t size)
{
	for (size_t done = 0; done < size;) {
		ssize_t n = write(fd, data + done, size - done);

		if (n < 0 && errno != EINTR)
			return -errno;
		done += n > 0 ? (size_t)n : 0;
	}
	return 0;
}

int ulk_load_memory(struct ulk_machine *m, const char *name, const void *data, size_t size, char *const argv[],
		    char *const envp[])
{
	/* Older kernels do not know MFD_EXEC, and have none that cannot be executed. */
	int err = machine_idle(m, name && (data || !size)), fd;

	if (err)
		return err;
	fd = memfd_create(name, MFD_CLOEXEC | MFD_EXEC);
	if (fd < 0 && errno == EINVAL)
		fd = memfd_create(name, MFD_CLOEXEC);
	if (fd < 0)
		return machine_fail(m, -errno, "the host gives no memory file");
	err = write_all(fd, data, size);
	err = err ? machine_fail(m, err, NULL) : load(m, name, fd, argv, envp);
	close(fd);
	return err;
}

int ulk_break_at(struct ulk_machine *m, const char *where)
{
	struct task_struct *t;
	struct stop *stop;
	char why[160] = "";
	int err = machine_idle(m, true);
	u64 addr;

	if (!err)
		err = machine_task(m, true, &t);
	if (err)
		return err;
	addr = m->entry;
	stop_free(m->ulk->stop, m->ulk);
	if (!where)
		return cpu_set_break(m->ulk->cpu, 0);
	if (!strcmp(where, "entry"))
		return cpu_set_break(m->ulk->cpu, addr);
	err = stop_parse(m->task, where, &stop, &addr, why);
	if (!err)
		err = stop ? stop_arm(stop, m->ulk) : cpu_set_break(m->ulk->cpu, addr);
	return err ? machine_fail(m, err, why) : 0;
}

static enum run_stop run_here(struct ulk_machine *m)
{
	struct host_thread was;
	enum run_stop why;

	if (m->ulk->opt.embedded)
		host_signals_enter(m->task, &was);
	/* In a child that the program forked nobody waits for a break: it goes on to its end, and so does this copy of
	 * the caller's process. */
	do
		why = task_run(m->task);
	while (why == RUN_BREAK && m->pid != getpid());
	if (m->ulk->opt.embedded && m->pid == getpid())
		host_signals_leave(m->task, &was);
	if (why == RUN_EXITED)
		own_fds_leave(&m->ulk->phys->own);
	if (m->pid != getpid() && why == RUN_EXITED)
		end_process(m->task);
	return why;
}

int machine_run(struct ulk_machine *m, struct ulk_result *result)
{
	const struct signal_struct *sig;
	struct task_struct *t;
	enum run_stop why;
	int err = machine_idle(m, result);

	if (result)
		*result = (struct ulk_result){.end = ULK_END_ERROR};
	if (!err)
		err = machine_task(m, true, &t);
	if (!err && m->task->signal->exiting)
		err = machine_fail(m, -EINVAL, "the process has ended");
	if (!err)
		err = machine_place_enter(m);
	if (err)
		return err;
	sig = m->task->signal;
	m->selected = NULL;
	m->hit = 0;
	why = run_here(m);
	machine_watches_free(m, false);
	machine_place_leave(m);
	switch (why) {
	case RUN_EXITED:
		process_result(sig, result);
		if (m->ulk->det)
			det_process_ends(m->task);
		break;
	case RUN_BREAK:
		result->end = __atomic_exchange_n(&m->stop, 0, __ATOMIC_ACQ_REL) ? ULK_END_STOPPED : ULK_END_BREAK;
		break;
	case RUN_THREAD_ENDED: /* not the thread that calls us */
	case RUN_ERROR:
		return machine_fail(m, -EIO, "the CPU engine failed");
	}
	return 0;
}

int ulk_run(struct ulk_machine *m, struct ulk_result *result)
{
	int err = machine_idle(m, result);

	if (err)
		return err;
	machine_count_no_more(m);
	m->over = 0;
	return machine_run(m, result);
}
