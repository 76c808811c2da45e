// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include "kernel/posix_timers.h"

int posix_timer_add(struct signal_struct *signal, int id)
{
	int *bigger = reallocarray(signal->posix_timers, signal->nr_posix_timers + 1, sizeof(*bigger));

	if (!bigger)
		return -ENOMEM;
	signal->posix_timers = bigger;
	bigger[signal->nr_posix_timers++] = id;
	return 0;
}

static u32 timer_index(const struct signal_struct *signal, int id)
{
	u32 i = 0;

	while (i < signal->nr_posix_timers && signal->posix_timers[i] != id)
		i++;
	return i;
}

bool posix_timer_known(const struct signal_struct *signal, int id)
{
	return timer_index(signal, id) < signal->nr_posix_timers;
}

void posix_timer_forget(struct signal_struct *signal, int id)
{
	u32 i = timer_index(signal, id);

	if (i < signal->nr_posix_timers)
		signal->posix_timers[i] = signal->posix_timers[--signal->nr_posix_timers];
}

void posix_timers_forked(struct signal_struct *signal)
{
	free(signal->posix_timers);
	signal->posix_timers = NULL;
	signal->nr_posix_timers = 0;
}

void exit_itimers(struct signal_struct *signal)
{
	for (u32 i = 0; i < signal->nr_posix_timers; i++)
		HOST(SYS_timer_delete, signal->posix_timers[i]);
	posix_timers_forked(signal);
}
