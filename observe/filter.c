// SPDX-License-Identifier: GPL-2.0-or-later
/* strace's sets of system calls and signals. */
#include <ctype.h>
#include <errno.h>
#include <regex.h>
#include <stdlib.h>
#include <string.h>
#include "observe/decode.h"
#include "observe/trace.h"
#include "syscalls/syscalls.h"

/* Classes: what the table's flags know, with the names (separated by spaces) that strace has besides, without those it has not. */
struct call_class {
	const char *name;
	u16 flags;
	const char *names;
	const char *except;
};

#define NET_MORE "getpmsg putpmsg sendfile"

static const struct call_class classes[] = {
	{"memory", SC_MEMORY, "io_destroy io_setup io_uring_register",
	 "pkey_alloc pkey_free process_madvise process_mrelease process_vm_readv process_vm_writev shmctl shmget userfaultfd"},
	{"file", SC_FILE, "fsconfig uselib", ""},
	{"desc", SC_DESC, "bpf mmap process_mrelease userfaultfd", "close_range"},
	{"process", 0, "fork vfork clone clone3 execve execveat exit exit_group wait4 waitid kill tkill tgkill rt_sigqueueinfo "
		       "rt_tgsigqueueinfo pidfd_send_signal", ""},
	{"signal", SC_SIGNAL, "io_uring_enter signalfd signalfd4", ""},
	{"network", SC_NET, NET_MORE, ""},
	{"net", SC_NET, NET_MORE, ""},
	{"ipc", 0, "shmget shmat shmctl shmdt semget semop semctl semtimedop msgget msgsnd msgrcv msgctl", ""},
	{"clock", 0, "clock_gettime clock_settime clock_getres clock_adjtime gettimeofday settimeofday time adjtimex"},
	{"creds", 0, "getuid getgid setuid setgid geteuid getegid setreuid setregid getgroups setgroups setresuid "
		     "getresuid setresgid getresgid setfsuid setfsgid capget capset prctl"},
	{"stat", 0, "stat"},
	{"lstat", 0, "lstat"},
	{"fstat", 0, "fstat newfstatat statx"},
	{"%stat", 0, "stat lstat fstat newfstatat statx"},
	{"statfs", 0, "statfs"},
	{"fstatfs", 0, "fstatfs"},
	{"%statfs", 0, "statfs fstatfs ustat"},
	{"pure", 0, "getpid getppid gettid getuid geteuid getgid getegid getpgrp"},
};

static void add(struct trace_set *s, u64 nr)
{
	s->bits[nr / 64] |= 1UL << nr % 64;
}

static bool in_list(const char *list, const char *name)
{
	size_t n = strlen(name);

	for (const char *p = list; (p = strstr(p, name)); p += n) {
		if ((p == list || p[-1] == ' ') && (p[n] == ' ' || !p[n]))
			return true;
	}
	return false;
}

static bool add_class(const char *name, struct trace_set *set)
{
	for (size_t i = 0; i < ARRAY_SIZE(classes); i++) {
		const struct call_class *cl = &classes[i];

		if (strcmp(cl->name, name))
			continue;
		for (u64 nr = 0; nr < syscall_table_size; nr++) {
			const struct syscall_row *row = &syscall_table[nr];

			if (row->name && ((row->flags & cl->flags) || in_list(cl->names, row->name)) &&
			    !(cl->except && in_list(cl->except, row->name)))
				add(set, nr);
		}
		return true;
	}
	return false;
}

static bool add_regex(const char *pattern, struct trace_set *set)
{
	regex_t re;

	if (regcomp(&re, pattern, REG_EXTENDED | REG_NOSUB))
		return false;
	for (u64 nr = 0; nr < syscall_table_size; nr++) {
		if (syscall_table[nr].name && !regexec(&re, syscall_table[nr].name, 0, NULL, 0))
			add(set, nr);
	}
	regfree(&re);
	return true;
}

static bool add_call(const char *name, struct trace_set *set)
{
	char *end;
	u64 nr;

	if (*name == '%')
		return add_class(name + 1, set);
	if (*name == '/')
		return add_regex(name + 1, set);
	if (isdigit((unsigned char)*name)) {
		nr = strtoull(name, &end, 0);
		if (*end || nr >= 64 * ARRAY_SIZE(set->bits))
			return false;
		add(set, nr);
		return true;
	}
	for (nr = 0; nr < syscall_table_size; nr++) {
		if (syscall_table[nr].name && !strcmp(syscall_table[nr].name, name)) {
			add(set, nr);
			return true;
		}
	}
	/* The class names without '%' that strace once took. */
	return !strcmp(name, "file") || !strcmp(name, "memory") || !strcmp(name, "desc") || !strcmp(name, "process") ||
	       !strcmp(name, "signal") || !strcmp(name, "network") ? add_class(name, set) : false;
}

static bool add_signal(const char *name, struct trace_set *set)
{
	char buf[16], *end;
	unsigned long nr = strtoul(name, &end, 10);

	if (!*end && nr >= 1 && nr <= ULK_NSIG) {
		add(set, nr);
		return true;
	}
	for (int sig = 1; sig <= ULK_NSIG; sig++) {
		const char *s = signal_name(sig, buf);

		if (!strcasecmp(s, name) || !strcasecmp(s + 3, name)) {
			add(set, (u64)sig);
			return true;
		}
	}
	return false;
}

static int parse_set(const char *text, struct trace_set *set, bool (*add_one)(const char *, struct trace_set *),
		     const char *what, char *why, size_t size)
{
	bool invert = false;
	char *copy, *rest, *word;
	int err = 0;

	memset(set, 0, sizeof(*set));
	while (*text == '!') {
		invert = !invert;
		text++;
	}
	if (!strcmp(text, "none")) {
		invert = !invert;
		text = "all";
	}
	if (!strcmp(text, "all")) {
		memset(set, invert ? 0 : 0xff, sizeof(*set));
		return 0;
	}
	copy = rest = strdup(text);
	if (!copy)
		return -ENOMEM;
	while (!err && (word = strsep(&rest, ","))) {
		bool optional = *word == '?';

		if (!add_one(word + optional, set) && !optional) {
			snprintf(why, size, "invalid %s '%s'", what, word);
			err = -EINVAL;
		}
	}
	free(copy);
	for (size_t i = 0; invert && i < ARRAY_SIZE(set->bits); i++)
		set->bits[i] = ~set->bits[i];
	return err;
}

int parse_call_set(const char *text, struct trace_set *set, char *why, size_t size)
{
	return parse_set(text, set, add_call, "system call", why, size);
}

int parse_signal_set(const char *text, struct trace_set *set, char *why, size_t size)
{
	return parse_set(text, set, add_signal, "signal", why, size);
}
