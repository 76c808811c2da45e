/* SPDX-License-Identifier: GPL-2.0-or-later */
/* sockaddr: socket addresses on their way between guest and host. */
#ifndef ULK_SYSCALLS_SOCKADDR_H
#define ULK_SYSCALLS_SOCKADDR_H

#include <sys/socket.h>
#include "syscalls/hostarg.h"

struct addr_in {
	const void *host;
	u8 buf[sizeof(struct sockaddr_storage)];
};
/* An address the guest gives: a host pointer, or one that fails as the guest's does (EINVAL for a
 * length out of range is the host's to say). */
const void *addr_in_get(struct task_struct *t, struct addr_in *in, u64 addr, u64 len);

struct addr_out {
	void *host;                  /* set to NULL where the guest may not want the address and does not */
	int *host_len;
	u64 addr, len_addr;
	int guest_len, len;
	u8 buf[sizeof(struct sockaddr_storage)];
};
/* Room for an address the guest wants at @addr, its length in and out at @len_addr. */
void addr_out_get(struct task_struct *t, struct addr_out *out, u64 addr, u64 len_addr);
/* Store it, as move_addr_to_user does: cut to the room there is, the full length told. Returns @ret or
 * -EFAULT. */
s64 addr_out_put(struct task_struct *t, struct addr_out *out, s64 ret);

/* Result of a call that waits on a socket: with a timeout set (@option: SO_RCVTIMEO or SO_SNDTIMEO) Linux
 * does not restart it after a signal. */
s64 socket_waited(u64 fd, int option, s64 ret);

#endif
