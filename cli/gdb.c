// SPDX-License-Identifier: GPL-2.0-or-later
/* ulk run --gdb: starting the program for gdb's server, and the `monitor' commands. */
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>
#include "cli/cli.h"
#include "observe/gdb.h"
#include "observe/history.h"
#include "procfs/procfs.h"

/* ---- monitor ---- */

static const struct launch *launch_of(const struct task_struct *t)
{
	return container_of((struct observers *)t->ulk->observer, struct launch, observers);
}

static void show_maps(struct task_struct *t, const char *arg, FILE *out)
{
	proc_maps_text(t, out);
}

static void show_smaps(struct task_struct *t, const char *arg, FILE *out)
{
	proc_smaps_text(t, out);
}

static void show_mm(struct task_struct *t, const char *arg, FILE *out)
{
	put_mm(out, t);
}

static bool place(struct task_struct *t, const char *arg, u64 *addr, FILE *out)
{
	char why[160];

	if (!*arg)
		arg = "rip";
	if (!find_place(t, arg, addr, why))
		return true;
	fprintf(out, "%s: %s\n", arg, why);
	return false;
}

static void show_walk(struct task_struct *t, const char *arg, FILE *out)
{
	u64 addr;

	if (place(t, arg, &addr, out))
		put_address(out, t, addr);
}

static void show_why(struct task_struct *t, const char *arg, FILE *out)
{
	u64 addr;

	if (place(t, arg, &addr, out))
		put_why(out, t, launch_of(t)->history, addr);
}

static const struct {
	const char *name, *help;
	void (*show)(struct task_struct *t, const char *arg, FILE *out);
} commands[] = {
	{"maps", "maps          the address space, as /proc/PID/maps", show_maps},
	{"smaps", "smaps         with the sizes of each area", show_smaps},
	{"mm", "mm            every field of the mm_struct", show_mm},
	{"walk", "walk ADDRESS  the page tables of an address: 0x..., SYMBOL[+OFFSET], FILE:LINE, rip, rsp, fs, brk", show_walk},
	{"why", "why ADDRESS   its area, the memory calls that made it so, what an access would do", show_why},
};

static void monitor(struct task_struct *t, const char *command, FILE *out)
{
	size_t n = strcspn(command, " "), skip = strspn(command + n, " ");

	for (size_t i = 0; i < ARRAY_SIZE(commands); i++) {
		if (n && strlen(commands[i].name) == n && !strncmp(command, commands[i].name, n)) {
			commands[i].show(t, command + n + skip, out);
			return;
		}
	}
	if (n && strcmp(command, "help"))
		fprintf(out, "%.*s: no such command\n", (int)n, command);
	for (size_t i = 0; i < ARRAY_SIZE(commands); i++)
		fprintf(out, "monitor %s\n", commands[i].help);
}

/* ---- running ---- */

/* One more change of the environment, after those of the command line. */
static bool add_env_op(struct launch *l, const char *text)
{
	struct env_op *grown = realloc(l->env_ops, (l->nr_env_ops + 1) * sizeof(*grown));

	if (!grown)
		return false;
	l->env_ops = grown;
	grown[l->nr_env_ops++] = (struct env_op){strchr(text, '=') ? 'E' : 'u', text};
	return true;
}

static void start(void *arg, char **argv, char **env, const char *dir, bool aslr, int fd, struct gdb_shared *shared,
		  unsigned slot)
{
	struct launch *l = arg;

	while (env && *env && add_env_op(l, *env))
		env++;
	if (dir)
		l->dir = dir;
	if (aslr)
		l->config.aslr = true;
	l->argv = argv;
	l->observers.gdb = gdb_create(fd, shared, slot, monitor);
	l->history = history_create();
	if (!l->observers.gdb || launch_watch(l, l->history ? history_sink(l->history) : NULL))
		_exit(EXIT_ULK);
	_exit(run_program(l));
}

int run_for_gdb(struct launch *l)
{
	const struct gdb_server_config config = {.where = l->gdb_where, .argv = l->argv, .start = start, .arg = l};
	const u64 dfl[4] = {0};
	int status = gdb_serve(&config), sig;
	u64 set;

	launch_free(l, 0);
	if (status < 0)
		return EXIT_ULK;
	if (!WIFSIGNALED(status))
		return WEXITSTATUS(status);
	/* As the program did; the core, if any, is its own. */
	sig = WTERMSIG(status);
	set = 1UL << (sig - 1);
	setrlimit(RLIMIT_CORE, &(const struct rlimit){0, 0});
	syscall(SYS_rt_sigaction, sig, dfl, NULL, sizeof(set));
	syscall(SYS_tgkill, getpid(), gettid(), sig);
	syscall(SYS_rt_sigprocmask, SIG_UNBLOCK, &set, NULL, sizeof(set));
	return 128 + sig;
}
