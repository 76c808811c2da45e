// SPDX-License-Identifier: GPL-2.0-or-later
/* From the parsed options to a loaded program, and the ways in which that ends. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>
#include "cli/cli.h"
#include "observe/record.h"

struct task_struct *launch_task(const struct launch *l)
{
	return ulk_machine_task(l->machine);
}

/* In the child of hide_own_core(): when the parent has died, remove what it left in the working directory. */
static void __attribute__((noreturn)) clean_up_after(int alive, const char *dir)
{
	struct dirent *entry;
	char byte;
	DIR *d;

	setsid();
	/* Nobody must wait for a descriptor that only we keep open. */
	if (dup2(alive, 0) == 0)
		close_range(1, ~0u, 0);
	while (read(0, &byte, 1) < 0 && errno == EINTR)
		;
	d = opendir(".");
	while (d && (entry = readdir(d)))
		unlink(entry->d_name);
	rmdir(dir);
	_exit(0);
}

/*
 * The program's core is written; its wait status must say so, and only the host can set that bit, by dumping ulk, whose core
 * would take the other's place. So ulk dies in a directory of its own, which is removed afterwards. False when the host would
 * not write into the working directory.
 */
static bool hide_own_core(void)
{
	char dir[] = "/tmp/ulk-core-XXXXXX", first = '|';
	FILE *f = fopen("/proc/sys/kernel/core_pattern", "re");
	int alive[2];
	pid_t pid;

	if (f) {
		first = (char)getc(f);
		fclose(f);
	}
	if (first == '|' || first == '/' || first == '@' || !mkdtemp(dir))
		return false;
	if (chdir(dir) || pipe2(alive, O_CLOEXEC))
		goto fail;
	pid = fork();
	if (pid < 0)
		goto fail;
	if (!pid) {
		close(alive[1]);
		clean_up_after(alive[0], dir);
	}
	close(alive[0]);
	return true;
fail:
	rmdir(dir);
	return false;
}

static void __attribute__((noreturn)) die_of_signal(const struct launch *l, int signo)
{
	const struct task_struct *t = launch_task(l);
	/* Past libc, which would keep 32 and 33 for itself; all zeros is the default action. */
	const u64 dfl[4] = {0}, set = 1UL << (signo - 1);

	fflush(stdout);
	/* The guest's core limit decides whether wait(2) says "core dumped"; the guest's memory itself is
	 * no part of ulk's core. */
	setrlimit(RLIMIT_CORE, &t->signal->rlim[RLIMIT_CORE]);
	if (l->core.written && t->signal->rlim[RLIMIT_CORE].rlim_cur && !hide_own_core())
		setrlimit(RLIMIT_CORE, &(const struct rlimit){0, t->signal->rlim[RLIMIT_CORE].rlim_max});
	madvise(t->ulk->phys->base, t->ulk->phys->size, MADV_DONTDUMP);
	syscall(SYS_rt_sigaction, signo, dfl, NULL, sizeof(set));
	syscall(SYS_tgkill, getpid(), gettid(), signo);
	syscall(SYS_rt_sigprocmask, SIG_UNBLOCK, &set, NULL, sizeof(set));
	_exit(128 + signo); /* a signal that this host process cannot die of */
}

int launch_free(struct launch *l, int status)
{
	memcalls_free(l->observers.memory); /* first: its ticker knows the machine */
	ulk_machine_free(l->machine);
	trace_destroy(l->observers.trace);
	inject_destroy(l->inject);
	record_destroy(l->observers.record);
	report_destroy(l->observers.report);
	removed_free(l->removed);
	coverage_destroy(l->observers.coverage);
	itrace_destroy(l->observers.itrace);
	profile_destroy(l->observers.profile);
	free(l->coverage.words);
	free(l->trace_calls.words);
	free(l->trace_signals.words);
	if (l->envp != environ)
		free(l->envp);
	free(l->env_ops);
	free(l->found);
	return status;
}

void launch_end(const struct launch *l, const struct ulk_result *result)
{
	if (result->end == ULK_END_SIGNAL)
		die_of_signal(l, result->code);
	/* The host takes everything back faster than we could. */
	_exit(result->code);
}

static void end_of_child(void *arg, const struct ulk_result *result)
{
	launch_end(arg, result);
}

/* Report why @path could not be loaded; the exit status. */
static int load_failed(const struct launch *l, const char *path, int err)
{
	const char *reason = strerror(-err), *why = ulk_machine_error(l->machine);
	size_t len;

	if (err == LOAD_FATAL) {
		int signo = ulk_machine_fatal_signal(l->machine);

		cli_err("%s: %s", path, why);
		die_of_signal(l, signo ? signo : SIGKILL);
	}
	/* The loader's clause may name the file again, and may end with the errno's text. */
	len = strlen(path);
	if (!strncmp(why, path, len) && !strncmp(why + len, ": ", 2))
		why += len + 2;
	len = strlen(why);
	if (len >= strlen(reason) && !strcmp(why + len - strlen(reason), reason))
		cli_err("%s: %s", path, why);
	else
		cli_err("%s: %s (%s)", path, reason, why);
	return err == -ENOENT ? EXIT_NOT_FOUND : EXIT_CANNOT_RUN;
}

/* Errors after which execvp goes on to the next directory of PATH. */
static bool search_goes_on(int err)
{
	return err == -ENOENT || err == -ENOTDIR || err == -EACCES || err == -ESTALE || err == -ENODEV ||
	       err == -ETIMEDOUT;
}

/* Load @name as execvpe would find it: as it is when it has a slash, else along PATH. */
static int load_by_name(struct launch *l, const char *name, char *const argv[], char *const envp[])
{
	const char *path = environment_get(envp, "PATH"), *end;
	char buf[PATH_MAX];
	int err = -ENOENT, found = 0;

	l->path = name;
	if (strchr(name, '/') || !*name) {
		err = ulk_load(l->machine, name, argv, envp);
		return err ? load_failed(l, name, err) : 0;
	}
	if (!path)
		path = "/bin:/usr/bin";
	for (;; path = end + 1) {
		int len;

		end = strchrnul(path, ':');
		len = snprintf(buf, sizeof(buf), "%.*s%s%s", (int)(end - path), path, end > path ? "/" : "",
			       name);
		err = len < (int)sizeof(buf) ? ulk_load(l->machine, buf, argv, envp) : -ENAMETOOLONG;
		if (!err) {
			l->path = l->found = strdup(buf);
			return l->path ? 0 : EXIT_ULK;
		}
		if (err == -EACCES)
			found = err;
		if (!*end || !search_goes_on(err))
			break;
	}
	if (search_goes_on(err))
		err = found ? found : -ENOENT;
	if (err == -ENOENT || err == -EACCES) {
		/* No one directory is to blame. */
		cli_err("%s: %s", name, err == -ENOENT ? "not found in PATH" : strerror(EACCES));
		return err == -ENOENT ? EXIT_NOT_FOUND : EXIT_CANNOT_RUN;
	}
	return load_failed(l, buf, err);
}

/* ulk's own stack lies under the limit, too: a small one is the guest's alone. */
static void keep_own_stack(struct launch *l)
{
	const rlim_t need = 8UL << 20;
	struct rlimit lim;

	if (getrlimit(RLIMIT_STACK, &lim) || lim.rlim_cur >= need)
		return;
	if (!l->config.stack_limit)
		l->config.stack_limit = lim.rlim_cur;
	lim.rlim_cur = lim.rlim_max < need ? lim.rlim_max : need;
	setrlimit(RLIMIT_STACK, &lim);
}

int launch_load(struct launch *l)
{
	const char *name = l->argv ? l->argv[0] : NULL;
	struct rlimit core_limit;
	char why[160];
	int err;

	l->envp = environment_build(l->env_ops, l->nr_env_ops);
	if (!l->envp) {
		cli_err("environment: %s", strerror(ENOMEM));
		return EXIT_ULK;
	}
	if (l->dir && chdir(l->dir)) {
		cli_err("%s: %s", l->dir, strerror(errno));
		return EXIT_ULK;
	}
	keep_own_stack(l);
	/* Of a program that is fuzzed every end is a result. */
	l->config.own_process = !l->fuzz;
	l->config.end_process = end_of_child;
	l->config.end_arg = l;
	if (l->traced) {
		l->trace.calls = l->trace_calls.words;
		l->trace.signals = l->trace_signals.words;
		if (trace_create(&l->trace, &l->observers.trace, why)) {
			cli_err("%s", why);
			return EXIT_ULK;
		}
	}
	if (l->record || l->replay) {
		if (record_create(l->record ? l->record : l->replay, l->replay, &l->observers.record, why)) {
			cli_err("%s", why);
			return EXIT_ULK;
		}
	}
	if (l->inject)
		inject_follow(l->inject, l->follow || l->trace.follow);
	l->observers.inject = l->inject;
	if (l->itraced && itrace_create(l->itrace, l->output, &l->observers.itrace, why)) {
		cli_err("--itrace: %s", why);
		return EXIT_ULK;
	}
	if (l->profile && profile_create(l->profile, &l->observers.profile, why)) {
		cli_err("--profile: %s", why);
		return EXIT_ULK;
	}
	if (l->coverage.nr && coverage_create(l->coverage.words, &l->observers.coverage, why)) {
		cli_err("--coverage: %s", why);
		return EXIT_ULK;
	}
	/* Only who asks pays for the memory calls being watched. */
	if (l->report == REPORT_ALWAYS) {
		l->removed = removed_create();
		if (launch_watch(l, l->removed ? removed_sink(l->removed) : NULL))
			return EXIT_ULK;
	}
	if (l->report == REPORT_ALWAYS || (l->report == REPORT_AUTO && isatty(STDERR_FILENO)))
		l->observers.report = report_create(l->removed);
	/* Where a limit allows none and nobody asked, signals stay the host's business. */
	if (l->core.path || (!getrlimit(RLIMIT_CORE, &core_limit) && core_limit.rlim_cur))
		l->observers.core = &l->core;
	l->config.stop_at_fault = l->at && strstr(l->at, "fault");
	err = ulk_machine_new_observed(&l->config, &l->observers, &l->machine);
	if (err) {
		cli_err("%s", ulk_machine_error(l->machine));
		return EXIT_ULK;
	}
	if (l->argv0)
		l->argv[0] = (char *)l->argv0;
	err = l->resume ? load_snapshot(l) : load_by_name(l, name, l->argv, l->envp);
	if (!err && l->observers.memory)
		memcalls_sync(l->observers.memory, launch_task(l));
	if (!err && l->inject)
		inject_started(l->inject, launch_task(l));
	if (!err && l->observers.itrace && itrace_started(l->observers.itrace, launch_task(l), why)) {
		cli_err("--itrace: %s", why);
		return EXIT_ULK;
	}
	if (!err && l->observers.trace && !l->resume)
		trace_started(l->observers.trace, launch_task(l), l->path, l->argv, l->envp);
	return err;
}

int launch_watch(struct launch *l, struct memory_sink *sink)
{
	if (!l->observers.memory)
		l->observers.memory = memcalls_create();
	if (!sink || !l->observers.memory) {
		cli_err("%s", strerror(ENOMEM));
		return EXIT_ULK;
	}
	memcalls_add(l->observers.memory, sink);
	return 0;
}

int launch_changes(struct launch *l, struct changes *ch,
		   void (*put)(struct changes *ch, FILE *out, struct task_struct *t, const struct memory_event *e))
{
	int err = changes_open(ch, l->output, put);

	if (err) {
		cli_err("%s: %s", l->output ? l->output : "standard error", strerror(-err));
		return EXIT_ULK;
	}
	ch->bare = l->json;
	return launch_watch(l, &ch->sink);
}

int launch_go(struct launch *l, const char *where)
{
	bool to_exit = !strcmp(where, "exit");
	pid_t pid = getpid();
	struct ulk_result result;
	int err;

	if (!strcmp(where, "entry"))
		return 0; /* loading left the program before its first instruction */
	if (!to_exit && (err = ulk_break_at(l->machine, where))) {
		cli_err("%s: --at %s: %s", l->path, where, ulk_machine_error(l->machine));
		return EXIT_ULK;
	}
	err = ulk_run(l->machine, &result);
	if (err || result.end == ULK_END_ERROR) {
		cli_err("%s: %s", l->path, ulk_machine_error(l->machine));
		return EXIT_ULK;
	}
	if (getpid() != pid)
		launch_end(l, &result); /* a child of the program: only its parent is looked at */
	if (result.end == ULK_END_SIGNAL)
		cli_err("%s: killed by signal %d (%s)", l->path, result.code, strsignal(result.code));
	if (!to_exit && result.end != ULK_END_BREAK) {
		cli_err("%s: ended before it reached %s", l->path, where);
		return EXIT_ULK;
	}
	return 0;
}

int launch_look(struct launch *l)
{
	int status = launch_load(l);

	return status ? status : launch_go(l, l->at);
}
