// SPDX-License-Identifier: GPL-2.0-or-later
/* Arguments that need no structure: numbers, descriptors, strings, buffers. */
#include <stdlib.h>
#include "observe/decode.h"
#include "observe/xlat.h"

#define DECODE(name) void decode_##name(struct tcb *c, unsigned i, __attribute__((unused)) const void *param)

DECODE(nothing)
{
}

DECODE(int)
{
	fprintf(c->out, "%d", (int)c->a[i]);
}

DECODE(uint)
{
	fprintf(c->out, "%u", (u32)c->a[i]);
}

DECODE(long)
{
	fprintf(c->out, "%ld", (long)c->a[i]);
}

DECODE(ulong)
{
	fprintf(c->out, "%lu", c->a[i]);
}

DECODE(hex)
{
	fprintf(c->out, "%#lx", c->a[i]);
}

DECODE(octal)
{
	fprintf(c->out, "%#lo", c->a[i]);
}

DECODE(addr)
{
	put_addr(c, c->a[i]);
}

DECODE(fd)
{
	put_fd(c, (int)c->a[i]);
}

DECODE(dirfd)
{
	put_fd(c, (int)c->a[i]);
}

DECODE(path)
{
	put_user_string(c, c->a[i], 4096);
}

DECODE(str)
{
	put_user_string(c, c->a[i], c->strlen_max);
}

DECODE(buf)
{
	put_user_bytes(c, c->a[i], c->a[i + 1], false);
}

DECODE(outbuf)
{
	if (not_filled(c, i))
		put_addr(c, c->a[i]);
	else
		put_user_bytes(c, c->a[i], (u64)c->ret, false);
}

DECODE(random)
{
	if (not_filled(c, i))
		put_addr(c, c->a[i]);
	else
		put_user_bytes(c, c->a[i], (u64)c->ret, true);
}

DECODE(flags)
{
	const struct xlat_set *set = param;

	put_flags(c, (u32)c->a[i], set->names, set->dflt);
}

DECODE(val)
{
	const struct xlat_set *set = param;

	put_val(c, (u32)c->a[i], set->names, set->dflt);
}

DECODE(signal)
{
	put_signal(c, (int)c->a[i]);
}

/* [N] of the kind that the kernel stores or reads. */
DECODE(intp)
{
	int v;

	if (!c->a[i] || not_filled(c, i) || !peek(c, c->a[i], &v, sizeof(v)))
		put_addr(c, c->a[i]);
	else
		fprintf(c->out, "[%d]", v);
}

DECODE(u64p)
{
	u64 v;

	if (!c->a[i] || not_filled(c, i) || !peek(c, c->a[i], &v, sizeof(v)))
		put_addr(c, c->a[i]);
	else
		fprintf(c->out, "[%lu]", v);
}

/* [offset], which may be negative. */
DECODE(s64p)
{
	s64 v;

	if (!c->a[i] || not_filled(c, i) || !peek(c, c->a[i], &v, sizeof(v)))
		put_addr(c, c->a[i]);
	else
		fprintf(c->out, "[%ld]", v);
}

/* [pointer]. */
DECODE(addrp)
{
	u64 v;

	if (!c->a[i] || not_filled(c, i) || !peek(c, c->a[i], &v, sizeof(v))) {
		put_addr(c, c->a[i]);
		return;
	}
	putc('[', c->out);
	put_addr(c, v);
	putc(']', c->out);
}

DECODE(fdpair)
{
	int v[2];

	if (!c->a[i] || not_filled(c, i) || !peek(c, c->a[i], v, sizeof(v))) {
		put_addr(c, c->a[i]);
		return;
	}
	putc('[', c->out);
	put_fd(c, v[0]);
	fputs(", ", c->out);
	put_fd(c, v[1]);
	putc(']', c->out);
}

DECODE(mode)
{
	fprintf(c->out, "%#03o", (u32)(u16)c->a[i]);
}

DECODE(filemode)
{
	put_mode(c, (u32)(u16)c->a[i]);
}

DECODE(cwd)
{
	if (not_filled(c, i))
		put_addr(c, c->a[i]);
	else
		put_user_string(c, c->a[i], 4096);
}

DECODE(hexoff)
{
	if (c->a[i])
		fprintf(c->out, "%#lx", c->a[i]);
	else
		putc('0', c->out);
}

DECODE(umask)
{
	fprintf(c->out, "%#03o", (u32)(u16)c->a[i]);
}

DECODE(dev)
{
	put_dev(c, (u32)c->a[i]);
}

DECODE(uid)
{
	if ((u32)c->a[i] == (u32)-1)
		fputs("-1", c->out);
	else
		fprintf(c->out, "%u", (u32)c->a[i]);
}

DECODE(gidlist)
{
	s64 n = c->exiting ? c->ret : (s64)(int)c->a[0];
	u32 gid;

	if (!c->a[i] || not_filled(c, i) || n < 0 || n > 65536 || (c->exiting && !c->a[0]) ||
	    (n && !peek(c, c->a[i], &gid, sizeof(gid)))) {
		put_addr(c, c->a[i]);
		return;
	}
	putc('[', c->out);
	for (s64 k = 0; k < n; k++) {
		if (k == (s64)c->strlen_max || !peek(c, c->a[i] + 4 * (u64)k, &gid, sizeof(gid))) {
			fputs(", ...", c->out);
			break;
		}
		fprintf(c->out, "%s%u", k ? ", " : "", gid);
	}
	putc(']', c->out);
}

DECODE(clock)
{
	int clock = (int)c->a[i];

	if (clock < 0 && (clock & 7) == 3)
		fprintf(c->out, "FD_TO_CLOCKID(%d)", ~(clock >> 3));
	else
		put_val(c, (u32)clock, xlat_clocks, "CLOCK_???");
}
