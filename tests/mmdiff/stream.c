// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * stream --seed=N --ops=N --dir=DIR [--every=N] [--accounting] [--avoid=BITS] [--mode=N] [--user=UID] [--only=FILE]
 *
 * Operation i depends on the seed and on i alone (but for addresses that earlier operations returned), so that
 * a list of operations is a stream, too: --only reads numbers, one per line, from a file. That is what the
 * shrinker of mmdiff.py uses.
 */
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>
#include "stream.h"

struct options opt = {.seed = 1, .ops = 100, .every = 50, .dir = "/tmp"};
unsigned long now;
int in_child;

static char only[1 << 16];

static void show_state(void)
{
	print_maps();
	if (opt.accounting)
		setup_accounting();
	out(".\n");
	flush();
}

static void finish(int status)
{
	flush();
	_exit(status);
}

// All pages of program and stack that will be used, so that their faults are over: which code the C library
// chooses for memset and its like depends on the CPU's features.
static void settle(void)
{
	extern char __executable_start, end;
	volatile char stack[8 * PAGE];

	for (u64 i = 0; i < sizeof(stack); i += PAGE)
		stack[i] = 0;
	for (volatile char *p = &__executable_start; p < &end; p += PAGE)
		(void)*p;
}

// The child does a few things of its own, prints its maps and ends; the parent waits for it.
static void do_fork(void)
{
	int status = 0;
	long pid;

	out("fork\n");
	flush();
	pid = fork();
	if (pid < 0) {
		out("fork failed\n");
		return;
	}
	if (!pid) {
		in_child = 1;
		if (opt.accounting) {
			settle();
			setup_accounting();
		}
		for (int i = 0; i < 12; i++) {
			out("%d.%d: ", (long)now, (long)i);
			if (chance(opt.mode == MODE_FORKS ? 40 : 70))
				touch();
			else
				one_call();
			if (opt.accounting)
				print_accounting();
		}
		show_state();
		finish((int)rnd(100));
	}
	if (waitpid((int)pid, &status, 0) != pid)
		finish(4);
	if (opt.accounting)
		own_altstack();
	out("child %x\n", (u64)status);
}

static void one_op(unsigned long i)
{
	now = i;
	seed_dice(opt.seed * 1000003 + i);
	out("%d: ", (long)i);
	if (chance(opt.mode == MODE_FORKS ? 8 : 1) && !(opt.avoid & AVOID_FORK))
		do_fork();
	else
		one_call();
	if (opt.accounting)
		print_accounting();
	if ((i + 1) % opt.every == 0)
		show_state();
}

static int option(const char *arg, const char *name, const char **value)
{
	size_t n = strlen(name);

	*value = arg + n;
	return !strncmp(arg, name, n);
}

static void become(unsigned user)
{
	if (setresgid(user, user, user) || setresuid(user, user, user))
		_exit(2);
	// /proc/self stays readable.
	prctl(PR_SET_DUMPABLE, 1, 0, 0, 0);
}

static void read_only(const char *path)
{
	int fd = open(path, O_RDONLY);

	if (fd < 0 || read(fd, only, sizeof(only) - 1) <= 0)
		_exit(2);
	close(fd);
}

// An area that grows down must not do so for terabytes, which it would take for ever to lock.
static void bound_stack(void)
{
	struct rlimit lim = {.rlim_cur = 8UL << 20, .rlim_max = 64UL << 20};

	if (setrlimit(RLIMIT_STACK, &lim))
		_exit(2);
}

// Go on in a child. ru_maxrss remembers who called execve, and the marks which pages of code came first, which the
// C library decides by the CPU's features: a child knows nothing of either.
static void begin_afresh(void)
{
	int status = 0;
	long pid;

	flush();
	pid = fork();
	if (!pid) {
		settle();
		if (opt.mode != MODE_PLAIN)
			open_mem();
		alarm(120);
		return;
	}
	if (pid < 0 || waitpid((int)pid, &status, 0) != pid)
		_exit(2);
	_exit(WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status));
}

int main(int argc, char **argv)
{
	const char *value, *list = NULL;
	long user = -1;
	char *p;

	for (int i = 1; i < argc; i++) {
		if (option(argv[i], "--seed=", &value))
			opt.seed = strtoul(value, NULL, 0);
		else if (option(argv[i], "--ops=", &value))
			opt.ops = strtoul(value, NULL, 0);
		else if (option(argv[i], "--every=", &value))
			opt.every = strtoul(value, NULL, 0);
		else if (option(argv[i], "--dir=", &value))
			opt.dir = value;
		else if (option(argv[i], "--avoid=", &value))
			opt.avoid = strtoul(value, NULL, 0);
		else if (option(argv[i], "--mode=", &value))
			opt.mode = strtoul(value, NULL, 0) % NR_MODES;
		else if (option(argv[i], "--user=", &value))
			user = strtol(value, NULL, 0);
		else if (option(argv[i], "--only=", &value))
			list = value;
		else if (!strcmp(argv[i], "--accounting"))
			opt.accounting = 1;
		else
			return 2;
	}
	if (!opt.every)
		return 2;
	alarm(120);     // never for ever, whatever the operations lead to
	bound_stack();
	setup_faults();
	setup_files();
	setup_places();
	if (opt.mode != MODE_PLAIN)
		setup_io();
	if (list)
		read_only(list);
	if (user >= 0)
		become((unsigned)user);
	settle();
	if (opt.accounting)
		begin_afresh();
	show_state();
	show_state();
	if (list) {
		for (p = only; *p; p++)
			one_op(strtoul(p, &p, 10));
	} else {
		for (unsigned long i = 0; i < opt.ops; i++)
			one_op(i);
	}
	show_state();
	finish(0);
}
