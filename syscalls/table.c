// SPDX-License-Identifier: GPL-2.0-or-later
/* The table: every family's rows, by number. */
#include "syscalls/syscalls.h"
#include "syscalls/handlers.h"

const struct syscall_row syscall_table[] = {
#include "syscalls/rows_file.inc"
#include "syscalls/rows_desc.inc"
#include "syscalls/rows_net.inc"
#include "syscalls/rows_mm.inc"
#include "syscalls/rows_process.inc"
#include "syscalls/rows_signal.inc"
#include "syscalls/rows_time.inc"
#include "syscalls/rows_misc.inc"
};
const unsigned syscall_table_size = ARRAY_SIZE(syscall_table);
