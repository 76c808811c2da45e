/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * core: a core file when the program dies of a signal whose default action is one: where --core says, or where the host's
 * kernel would put it when RLIMIT_CORE allows one.
 */
#ifndef ULK_OBSERVE_CORE_H
#define ULK_OBSERVE_CORE_H

#include "observe/report.h"

/* The signals that dump core by default. */
#define CORE_SIGNALS (REPORT_SIGNALS | 1UL << 2 | 1UL << 23 | 1UL << 24)

struct core_dump {
	const char *path;          /* --core; NULL: as core_pattern says, within RLIMIT_CORE */
	bool written;              /* the last signal left one */
};

/* A signal takes effect: write the core if @t's process dies of it. What went wrong is said on ulk's log. */
void core_signal(struct core_dump *dump, struct task_struct *t, const siginfo_t *info);

#endif
