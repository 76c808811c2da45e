/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the decoders of sockets share. */
#ifndef ULK_OBSERVE_DECODE_SOCKET_H
#define ULK_OBSERVE_DECODE_SOCKET_H

#include "observe/decode.h"

/* The address of @len bytes at @addr, by its family; a pointer when it cannot be read. */
void put_sockaddr(struct tcb *c, u64 addr, u64 len);
/* if_nametoindex("lo"), or the number. */
void put_ifindex(struct tcb *c, u32 index);
/* The option @name of @level. */
void put_sockopt_name(struct tcb *c, int level, u32 name);

/* The control messages in @len bytes at @addr (decode_control.c). */
void put_control(struct tcb *c, u64 addr, u64 len);

#endif
