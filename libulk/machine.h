/* SPDX-License-Identifier: GPL-2.0-or-later */
/* machine: what lies behind the opaque handle of include/ulk.h, for the ulk command and observers. */
#ifndef ULK_LIBULK_MACHINE_H
#define ULK_LIBULK_MACHINE_H

#include "kernel/task.h"
#include "observe/observe.h"
#include "ulk.h"

/* The process in the machine; valid until ulk_machine_free(). Owned by the machine. */
struct task_struct *ulk_machine_task(struct ulk_machine *m);

/* As ulk_machine_new(), watched from its first instruction on. @observers and what it names must live as long as the
 * machine; they stay the caller's. */
int ulk_machine_new_observed(const struct ulk_config *config, struct observers *observers, struct ulk_machine **out);

/* Signal by which the process died while it was being loaded (ulk_load returned LOAD_FATAL), or 0. */
int ulk_machine_fatal_signal(const struct ulk_machine *m);

#endif
