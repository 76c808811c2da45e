// SPDX-License-Identifier: GPL-2.0-or-later
/* Asynchronous input and output. */
#include <linux/aio_abi.h>
#include "observe/decode.h"
#include "observe/xlat.h"

#define DECODE(name) void decode_##name(struct tcb *c, unsigned i, __attribute__((unused)) const void *param)

static const struct xlat commands[] = {
	{0, "IOCB_CMD_PREAD"}, {1, "IOCB_CMD_PWRITE"}, {2, "IOCB_CMD_FSYNC"}, {3, "IOCB_CMD_FDSYNC"}, {5, "IOCB_CMD_POLL"},
	{6, "IOCB_CMD_NOOP"}, {7, "IOCB_CMD_PREADV"}, {8, "IOCB_CMD_PWRITEV"}, {0, NULL},
};

static const struct xlat flags[] = {{1, "IOCB_FLAG_RESFD"}, {2, "IOCB_FLAG_IOPRIO"}, {0, NULL}};

static void put_common(struct tcb *c, const struct iocb *cb)
{
	const char *name = xlat_name(commands, cb->aio_lio_opcode);

	fprintf(c->out, "{aio_data=%#llx", cb->aio_data);
	if (cb->aio_key)
		fprintf(c->out, ", aio_key=%u", cb->aio_key);
	if (cb->aio_rw_flags) {
		fputs(", aio_rw_flags=", c->out);
		put_flags(c, (u32)cb->aio_rw_flags, xlat_rwf_flags, "RWF_???");
	}
	if (name)
		fprintf(c->out, ", aio_lio_opcode=%s", name);
	else
		fprintf(c->out, ", aio_lio_opcode=%u /* IOCB_CMD_??? */", cb->aio_lio_opcode);
	if (cb->aio_reqprio)
		fprintf(c->out, ", aio_reqprio=%d", cb->aio_reqprio);
	fprintf(c->out, ", aio_fildes=%d", (int)cb->aio_fildes);
}

static void put_request(struct tcb *c, const struct iocb *cb)
{
	const u32 op = cb->aio_lio_opcode;

	put_common(c, cb);
	if (op == IOCB_CMD_PREAD || op == IOCB_CMD_PWRITE) {
		fputs(", aio_buf=", c->out);
		if (op == IOCB_CMD_PWRITE)
			put_user_bytes(c, cb->aio_buf, cb->aio_nbytes, false);
		else
			put_addr(c, cb->aio_buf);
		fprintf(c->out, ", aio_nbytes=%llu, aio_offset=%lld", cb->aio_nbytes, cb->aio_offset);
	} else if (op == IOCB_CMD_PREADV || op == IOCB_CMD_PWRITEV) {
		fputs(", aio_buf=", c->out);
		if (op == IOCB_CMD_PWRITEV)
			put_iovecs(c, cb->aio_buf, cb->aio_nbytes, ~0UL);
		else
			put_iovec_addrs(c, cb->aio_buf, cb->aio_nbytes);
		fprintf(c->out, ", aio_offset=%lld", cb->aio_offset);
	} else if (op == IOCB_CMD_POLL) {
		fputs(", aio_buf=", c->out);
		put_flags(c, cb->aio_buf, xlat_poll_events, "POLL???");
	}
	if (cb->aio_flags & IOCB_FLAG_RESFD) {
		fputs(", aio_flags=", c->out);
		put_flags(c, cb->aio_flags, flags, "IOCB_FLAG_???");
		fprintf(c->out, ", aio_resfd=%d", (int)cb->aio_resfd);
	} else if (cb->aio_flags) {
		fputs(", aio_flags=", c->out);
		put_flags(c, cb->aio_flags, flags, "IOCB_FLAG_???");
	}
	putc('}', c->out);
}

/* Pointers to requests; how many stands before them. */
DECODE(iocbs)
{
	const s64 n = (s64)c->a[i - 1];
	struct iocb cb;
	u64 at;

	if (n < 0 || (n && (!c->a[i] || !peek(c, c->a[i], &at, sizeof(at))))) {
		put_addr(c, c->a[i]);
		return;
	}
	putc('[', c->out);
	for (s64 k = 0; k < n; k++) {
		fputs(k ? ", " : "", c->out);
		if (k == (s64)c->strlen_max || !peek(c, c->a[i] + 8 * (u64)k, &at, sizeof(at))) {
			fputs("...", c->out);
			break;
		}
		if (!at || !peek(c, at, &cb, sizeof(cb)))
			put_addr(c, at);
		else
			put_request(c, &cb);
	}
	putc(']', c->out);
}

/* The one to cancel: what says which it is. */
DECODE(iocb)
{
	struct iocb cb;

	if (!c->a[i] || !peek(c, c->a[i], &cb, sizeof(cb))) {
		put_addr(c, c->a[i]);
		return;
	}
	put_common(c, &cb);
	putc('}', c->out);
}

DECODE(io_events)
{
	struct io_event ev;

	if (!c->a[i] || not_filled(c, i) || (c->ret && !peek(c, c->a[i], &ev, sizeof(ev)))) {
		put_addr(c, c->a[i]);
		return;
	}
	putc('[', c->out);
	for (s64 k = 0; k < c->ret; k++) {
		fputs(k ? ", " : "", c->out);
		if (k == (s64)c->strlen_max || !peek(c, c->a[i] + (u64)k * sizeof(ev), &ev, sizeof(ev))) {
			fputs("...", c->out);
			break;
		}
		fprintf(c->out, "{data=%#llx, obj=%#llx, res=%lld, res2=%lld}", ev.data, ev.obj, ev.res, ev.res2);
	}
	putc(']', c->out);
}
