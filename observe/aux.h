/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What strace writes in parentheses behind a result: struct call_decoder.aux. Called on exit, before the line
 * ends; they append to c->aux. */
#ifndef ULK_OBSERVE_AUX_H
#define ULK_OBSERVE_AUX_H

#include "observe/decode.h"

void aux_poll(struct tcb *c);     /* decode_poll.c */
void aux_ppoll(struct tcb *c);
void aux_select(struct tcb *c);
void aux_pselect(struct tcb *c);
void aux_fcntl(struct tcb *c);    /* calls.c */
void aux_ioctl(struct tcb *c);
void aux_personality(struct tcb *c);
void aux_prctl(struct tcb *c);
void aux_sched(struct tcb *c);
void aux_signal(struct tcb *c);
void aux_ioprio(struct tcb *c);  /* decode_sched.c */
void aux_timex(struct tcb *c);

#endif
