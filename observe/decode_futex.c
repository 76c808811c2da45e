// SPDX-License-Identifier: GPL-2.0-or-later
/* Futexes: futex, whose operation decides what follows it, and the calls that came after it. */
#include <linux/futex.h>
#include <time.h>
#include "observe/decode.h"
#include "observe/xlat.h"

#define DECODE(name) void decode_##name(struct tcb *c, unsigned i, __attribute__((unused)) const void *param)

DECODE(futex_op)
{
	const u32 op = (u32)c->a[i], cmd = op & ~(u32)(FUTEX_PRIVATE_FLAG | FUTEX_CLOCK_REALTIME);
	const char *name = xlat_name(xlat_futex_ops, cmd);
	/* The clock goes with those that wait for a time. */
	const bool clock = cmd == FUTEX_WAIT || cmd == FUTEX_WAIT_BITSET || cmd == FUTEX_WAIT_REQUEUE_PI;

	if (!name || ((op & FUTEX_CLOCK_REALTIME) && !clock)) {
		fprintf(c->out, "%#x /* FUTEX_??? */", op);
		return;
	}
	fputs(name, c->out);
	/* The header has a name for the pair of each operation but the one that is gone. */
	if (op & FUTEX_PRIVATE_FLAG)
		fputs(cmd != FUTEX_FD ? "_PRIVATE" : "|FUTEX_PRIVATE_FLAG", c->out);
	if (op & FUTEX_CLOCK_REALTIME)
		fputs("|FUTEX_CLOCK_REALTIME", c->out);
}

static void put_timespec_at(struct tcb *c, u64 addr)
{
	struct timespec ts;

	if (!addr || !peek(c, addr, &ts, sizeof(ts)))
		put_addr(c, addr);
	else
		fprintf(c->out, "{tv_sec=%ld, tv_nsec=%ld}", ts.tv_sec, ts.tv_nsec);
}

/* Twelve bits, in hexadecimal with 0 as it is. */
static void put_bits(struct tcb *c, u32 v)
{
	fprintf(c->out, "%#x", v & 0xfff);
}

/* FUTEX_OP(): what is done to the second word, and how the old value is compared. */
static void put_wake_op(struct tcb *c, u32 v)
{
	static const char *const ops[] = {"SET", "ADD", "OR", "ANDN", "XOR"}, *const cmps[] = {"EQ", "NE", "LT", "LE", "GT", "GE"};
	const u32 op = v >> 28 & 7, cmp = v >> 24 & 15;

	if (v >> 31)
		fputs("FUTEX_OP_OPARG_SHIFT<<28|", c->out);
	if (op < ARRAY_SIZE(ops))
		fprintf(c->out, "FUTEX_OP_%s<<28|", ops[op]);
	else
		fprintf(c->out, "%#x<<28 /* FUTEX_OP_??? */|", op);
	put_bits(c, v >> 12);
	fputs("<<12|", c->out);
	if (cmp < ARRAY_SIZE(cmps))
		fprintf(c->out, "FUTEX_OP_CMP_%s<<24|", cmps[cmp]);
	else
		fprintf(c->out, "%#x<<24 /* FUTEX_OP_CMP_??? */|", cmp);
	put_bits(c, v);
}

static void put_bitset(struct tcb *c, u64 bits)
{
	if (bits == FUTEX_BITSET_MATCH_ANY)
		fputs("FUTEX_BITSET_MATCH_ANY", c->out);
	else
		fprintf(c->out, "%#lx", bits);
}

/* All that follows the operation. */
DECODE(futex_val)
{
	const u32 cmd = (u32)c->a[1] & (u32)FUTEX_CMD_MASK;

	if (cmd == FUTEX_UNLOCK_PI || cmd == FUTEX_TRYLOCK_PI)
		return;
	if (cmd == FUTEX_LOCK_PI || cmd == FUTEX_LOCK_PI2) {
		fputs(", ", c->out);
		put_timespec_at(c, c->a[3]);
		return;
	}
	fprintf(c->out, ", %u", (u32)c->a[2]);
	switch (cmd) {
	case FUTEX_WAKE:
	case FUTEX_FD:
		break;
	case FUTEX_WAIT:
	case FUTEX_WAIT_BITSET:
	case FUTEX_WAIT_REQUEUE_PI:
		fputs(", ", c->out);
		put_timespec_at(c, c->a[3]);
		if (cmd == FUTEX_WAIT_REQUEUE_PI)
			fprintf(c->out, ", %#lx", c->a[4]);
		break;
	case FUTEX_REQUEUE:
	case FUTEX_CMP_REQUEUE:
	case FUTEX_CMP_REQUEUE_PI:
	case FUTEX_WAKE_OP:
		fprintf(c->out, ", %u, %#lx", (u32)c->a[3], c->a[4]);
		if (cmd == FUTEX_WAKE_OP) {
			fputs(", ", c->out);
			put_wake_op(c, (u32)c->a[5]);
		} else if (cmd != FUTEX_REQUEUE) {
			fprintf(c->out, ", %u", (u32)c->a[5]);
		}
		break;
	case FUTEX_WAKE_BITSET:
		break;
	default:
		fputs(", ", c->out);
		put_addr(c, c->a[3]);
		fputs(", ", c->out);
		put_addr(c, c->a[4]);
		fprintf(c->out, ", %#x", (u32)c->a[5]);
	}
	if (cmd == FUTEX_WAIT_BITSET || cmd == FUTEX_WAKE_BITSET) {
		fputs(", ", c->out);
		put_bitset(c, (u32)c->a[5]);
	}
}

/* ---- futex_waitv, futex_wait, futex_wake, futex_requeue ---- */

static void put_flags2(struct tcb *c, u32 flags)
{
	static const char *const sizes[] = {"FUTEX2_SIZE_U8", "FUTEX2_SIZE_U16", "FUTEX2_SIZE_U32", "FUTEX2_SIZE_U64"};

	fputs(sizes[flags & 3], c->out);
	if (flags & ~3U) {
		putc('|', c->out);
		put_flags(c, flags & ~3U, xlat_futex2_flags, NULL);
	}
}

DECODE(futex2_flags)
{
	put_flags2(c, (u32)c->a[i]);
}

DECODE(futex2_mask)
{
	put_bitset(c, c->a[i]);
}

static void put_waiters(struct tcb *c, u64 addr, u32 count)
{
	struct futex_waitv w;

	if (!addr || (count && !peek(c, addr, &w, sizeof(w)))) {
		put_addr(c, addr);
		return;
	}
	putc('[', c->out);
	for (u32 k = 0; k < count; k++) {
		if (k)
			fputs(", ", c->out);
		if (k == c->strlen_max || !peek(c, addr + k * sizeof(w), &w, sizeof(w))) {
			fputs("...", c->out);
			break;
		}
		fprintf(c->out, "{val=%#llx, uaddr=", w.val);
		put_addr(c, w.uaddr);
		fputs(", flags=", c->out);
		put_flags2(c, w.flags);
		if (w.__reserved)
			fprintf(c->out, ", __reserved=%#x", w.__reserved);
		putc('}', c->out);
	}
	putc(']', c->out);
}

/* How many stands in the next argument. */
DECODE(waiters)
{
	put_waiters(c, c->a[i], (u32)c->a[i + 1]);
}

/* From the first to the second. */
DECODE(waiter_pair)
{
	put_waiters(c, c->a[i], 2);
}
