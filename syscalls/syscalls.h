/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * syscalls: one table, one row per x86-64 system call. From the row come dispatch, the strace-style
 * line, docs/syscalls.md and what fault injection can name.
 *
 * A handler is s64 fn(struct task_struct *t, const u64 a[6]) and returns the result or -errno. It
 * reaches guest memory through mm/uaccess.h only and the host through host_syscall*() only. Where a
 * host structure is the guest's byte for byte (x86-64 both), it is copied as it is.
 */
#ifndef ULK_SYSCALLS_SYSCALLS_H
#define ULK_SYSCALLS_SYSCALLS_H

#include <errno.h>
#include <fcntl.h>
#include <sys/syscall.h>
#include "kernel/task.h"

/* What an argument is. An FD argument that is one of ulk's own descriptors reaches the handler as a number
 * that is certainly closed, so the host gives EBADF where its order of checks has it. */
enum arg_kind {
	ARG_NONE = 0,
	ARG_INT, ARG_UINT, ARG_LONG, ARG_HEX, ARG_OCTAL, ARG_SIZE, ARG_OFF,
	ARG_FD,        /* descriptor: checked */
	ARG_DIRFD,     /* descriptor or AT_FDCWD: checked */
	ARG_ADDR,      /* guest address, not looked at */
	ARG_PATH,      /* string, in */
	ARG_STR,       /* other string, in */
	ARG_STRV,      /* argv, envp */
	ARG_BUF_IN, ARG_BUF_OUT,      /* buffer, its size in the argument `size_arg` (the next one) */
	ARG_PTR_IN, ARG_PTR_OUT, ARG_PTR_INOUT,   /* structure */
	ARG_FLAGS,     /* bits, named by the row's flags set */
	ARG_SIGNAL, ARG_PID, ARG_CLOCK, ARG_IOV_IN, ARG_IOV_OUT,
};

enum syscall_flags {
	SC_FAST = 1 << 0,      /* cannot block, needs no registers but its arguments: answered in the engine */
	SC_MEMORY = 1 << 1,    /* %memory */
	SC_FILE = 1 << 2,      /* %file: takes a path */
	SC_DESC = 1 << 3,      /* %desc */
	SC_PROCESS = 1 << 4,
	SC_SIGNAL = 1 << 5,
	SC_NET = 1 << 6,
	SC_PARTLY = 1 << 7,    /* docs: supported in part; `note` says what is not */
	SC_PATH = SC_FILE,
};

struct syscall_row {
	const char *name;
	s64 (*fn)(struct task_struct *t, const u64 *a);   /* NULL: ENOSYS, `note` says why */
	u8 args[6];                                        /* enum arg_kind */
	u16 flags;
	const char *note;
};

/* Rows by number; numbers without a row have name NULL. Each family's file defines its rows with
 * SYSCALL_ROWS in syscalls/table_*.inc, collected by table.c. */
extern const struct syscall_row syscall_table[];
extern const unsigned syscall_table_size;

/* struct ulk_hooks.syscall */
s64 do_syscall(struct task_struct *t, u64 nr, const u64 args[6]);
bool syscall_is_fast(u64 nr);

/* Declare a handler. */
#define SYSCALL(name) s64 sys_##name(struct task_struct *t, const u64 *a)

/*
 * Copy a path in: PATH_MAX rules (ENAMETOOLONG, EFAULT, "" kept), with /proc/self/... rewritten by
 * procfs where the host's answer would be about ulk and not the guest. @buf has PATH_MAX bytes.
 * Returns 0 or -errno. (syscalls/path.c)
 */
int user_path(struct task_struct *t, u64 uaddr, char *buf);
int user_path_at(struct task_struct *t, u64 dirfd, u64 uaddr, char *buf);

#endif
