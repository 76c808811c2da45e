/* SPDX-License-Identifier: GPL-2.0-or-later */
/* handlers: every handler the rows name, by the group of files that defines them. */
#ifndef ULK_SYSCALLS_HANDLERS_H
#define ULK_SYSCALLS_HANDLERS_H

#include "kernel/rseq.h"
#include "syscalls/nr.h"
#include "syscalls/handlers_file.h"
#include "syscalls/handlers_net.h"
#include "syscalls/handlers_proc.h"

#endif
