/* SPDX-License-Identifier: GPL-2.0-or-later */
/* asleep: wait for what another thread or process does, not for a time in which it has mostly done so. */
#ifndef TESTS_NATIVE_ASLEEP_H
#define TESTS_NATIVE_ASLEEP_H

#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

/* A condition that does not come true within half a minute never will. */
#define UNTIL(cond)                                                                                          \
	do {                                                                                                 \
		for (int n_ = 0; n_ < 30000 && !(cond); n_++)                                                \
			usleep(1000);                                                                        \
	} while (0)

static inline int proc_line(int pid, int tid, const char *name, char *text, size_t size)
{
	char path[64];
	size_t n;
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%d/task/%d/%s", pid, tid, name);
	f = fopen(path, "r");
	if (!f)
		return 0;
	n = fread(text, 1, size - 1, f);
	text[n] = '\0';
	fclose(f);
	return n > 0;
}

/* The letter of stat: R, S, T, Z; 0: there is none such. */
static inline char state_of(int pid, int tid)
{
	char text[512], *p;

	p = proc_line(pid, tid, "stat", text, sizeof(text)) ? strrchr(text, ')') : NULL;
	return p && p[1] ? p[2] : 0;
}

static inline int in_call(int pid, int tid, long nr)
{
	char text[256];
	long now;

	return proc_line(pid, tid, "syscall", text, sizeof(text)) && sscanf(text, "%ld", &now) == 1 && now == nr;
}

/* Thread @tid of this process sleeps in system call @nr. */
static inline void until_thread_in(int tid, long nr)
{
	int seen = 0;

	UNTIL((seen = in_call(getpid(), tid, nr) && state_of(getpid(), tid) == 'S' ? seen + 1 : 0) >= 2);
}

/* Process @pid, of one thread, sleeps: in the call that it was about to make. */
static inline void until_asleep(int pid)
{
	int seen = 0;

	UNTIL((seen = state_of(pid, pid) == 'S' ? seen + 1 : 0) >= 2);
}

#endif
