/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the third argument of ioctl is, by the kind of file that knows the command. */
#ifndef ULK_OBSERVE_DECODE_IOCTL_H
#define ULK_OBSERVE_DECODE_IOCTL_H

#include "observe/decode.h"

/* Each prints argument @i; false, and nothing printed, when the command is not its own. */
bool put_tty_ioctl(struct tcb *c, unsigned i);
bool put_netif_ioctl(struct tcb *c, unsigned i);
bool put_file_ioctl(struct tcb *c, unsigned i);

#endif
