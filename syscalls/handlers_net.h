/* SPDX-License-Identifier: GPL-2.0-or-later */
/* handlers_net: sockets. One block per file. */
#ifndef ULK_SYSCALLS_HANDLERS_NET_H
#define ULK_SYSCALLS_HANDLERS_NET_H

#include "syscalls/syscalls.h"

/* msg.c */
SYSCALL(sendto);
SYSCALL(recvfrom);
SYSCALL(sendmsg);
SYSCALL(recvmsg);
SYSCALL(sendmmsg);
SYSCALL(recvmmsg);

/* socket.c */
SYSCALL(socket);
SYSCALL(socketpair);
SYSCALL(bind);
SYSCALL(listen);
SYSCALL(connect);
SYSCALL(accept);
SYSCALL(accept4);
SYSCALL(getsockname);
SYSCALL(getpeername);
SYSCALL(shutdown);

/* sockopt.c */
SYSCALL(setsockopt);
SYSCALL(getsockopt);

#endif
