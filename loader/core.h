/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * core: an ELF core file of a process, as the kernel's elf_core_dump() writes it: a note segment and a PT_LOAD for each
 * area; which areas have content the coredump filter says (mm->flags). Pages that are not there stay holes in the
 * file.
 */
#ifndef ULK_LOADER_CORE_H
#define ULK_LOADER_CORE_H

#include <signal.h>
#include "cpu/cpu.h"
#include "mm/mm.h"

struct core_thread {
	int tid;
	struct cpu_regs regs;
	u64 orig_rax;
	struct cpu_fxstate fx;
	u64 blocked, pending;      /* signal sets */
};

struct core_info {
	struct mm_struct *mm;
	const siginfo_t *info;     /* what the process died of */
	int pid, ppid, pgrp, sid;
	u32 uid, gid;
	const char *comm;
	int nice;
	u64 flags;                 /* PF_*, as stat shows them */
	struct timeval utime, stime, cutime, cstime;
	const struct core_thread *threads;   /* the one that died first */
	unsigned nr_threads;
};

/*
 * Write the core to @fd from its beginning, at most @limit bytes (RLIMIT_CORE). Returns 0 or -errno: -EFBIG when the limit
 * left not even the headers, -ENOMEM, an error of write(2). The mm must not change meanwhile.
 */
int elf_core_dump(int fd, const struct core_info *core, u64 limit);

#endif
