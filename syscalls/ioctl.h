/* SPDX-License-Identifier: GPL-2.0-or-later */
/* ioctl: what the argument of each command is. */
#ifndef ULK_SYSCALLS_IOCTL_H
#define ULK_SYSCALLS_IOCTL_H

#include "mm/types.h"

enum ioctl_kind {
	IOA_UNKNOWN = 0,
	IOA_INT,              /* the argument is a number (or nothing) */
	IOA_IN,               /* ... the address of `size` bytes that the kernel reads */
	IOA_OUT,              /* ... that it writes */
	IOA_INOUT,            /* ... both */
	IOA_FD,               /* a number that is a descriptor */
	IOA_NEW_FD,           /* a number; the result is a new descriptor */
	IOA_SPECIAL,          /* holds addresses or descriptors: has a function of its own */
};

struct ioctl_desc {
	u32 cmd;
	const char *name;     /* for the trace */
	u8 kind;
	u16 size;
};

/* Newer than Debian 12's headers. */
#define NS_MNT_GET_NEXT_CMD 0x8010b70b
#define NS_MNT_GET_PREV_CMD 0x8010b70c

/* The description of @cmd: from the table, else derived from its number for families whose arguments
 * are known to hold no addresses. kind is IOA_UNKNOWN when neither knows it. */
struct ioctl_desc ioctl_describe(u32 cmd);

#endif
