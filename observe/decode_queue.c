// SPDX-License-Identifier: GPL-2.0-or-later
/* POSIX message queues. */
#include <fcntl.h>
#include <mqueue.h>
#include "observe/decode.h"
#include "observe/xlat.h"

#define DECODE(name) void decode_##name(struct tcb *c, unsigned i, __attribute__((unused)) const void *param)

DECODE(mq_attr)
{
	struct mq_attr a;

	if (!c->a[i] || not_filled(c, i) || !peek(c, c->a[i], &a, sizeof(a))) {
		put_addr(c, c->a[i]);
		return;
	}
	fputs("{mq_flags=", c->out);
	put_flags(c, (u64)a.mq_flags, xlat_open_flags, "O_???");
	fprintf(c->out, ", mq_maxmsg=%ld, mq_msgsize=%ld, mq_curmsgs=%ld}", a.mq_maxmsg, a.mq_msgsize,
		a.mq_curmsgs);
}

/* The mode and the attributes, of a call that may create the queue. */
DECODE(mq_creation)
{
	if (!((u32)c->a[1] & O_CREAT))
		return;
	fputs(", ", c->out);
	decode_mode(c, i, NULL);
	fputs(", ", c->out);
	decode_mq_attr(c, i + 1, NULL);
}

DECODE(mq_prio)
{
	u32 prio;

	if (!c->a[i] || not_filled(c, i) || !peek(c, c->a[i], &prio, sizeof(prio)))
		put_addr(c, c->a[i]);
	else
		fprintf(c->out, "[%u]", prio);
}
