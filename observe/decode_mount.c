// SPDX-License-Identifier: GPL-2.0-or-later
/* Mounts, file handles and fanotify. */
#define FAN_CLASS_BITS 0xcU
#include <fcntl.h>
#include <linux/mount.h>
#include "observe/decode.h"
#include "observe/xlat.h"

#define DECODE(name) void decode_##name(struct tcb *c, unsigned i, __attribute__((unused)) const void *param)

/* ---- the mount calls of descriptors ---- */

DECODE(fsconfig_key)
{
	if (!xlat_name(xlat_fsconfig_cmds, (u32)c->a[1]))
		put_addr(c, c->a[i]);
	else
		put_user_string(c, c->a[i], 256);
}

DECODE(fsconfig_value)
{
	switch ((u32)c->a[1]) {
	case FSCONFIG_SET_STRING:
	case FSCONFIG_SET_PATH:
	case FSCONFIG_SET_PATH_EMPTY:
		put_user_string(c, c->a[i], (u32)c->a[1] == FSCONFIG_SET_STRING ? 256 : 4096);
		break;
	case FSCONFIG_SET_BINARY:
		put_user_bytes(c, c->a[i], (u32)c->a[4], true);
		break;
	default:
		put_addr(c, c->a[i]);
	}
}

DECODE(fsconfig_aux)
{
	if ((u32)c->a[1] == FSCONFIG_SET_PATH || (u32)c->a[1] == FSCONFIG_SET_PATH_EMPTY)
		decode_dirfd(c, i, NULL);
	else
		fprintf(c->out, "%d", (int)c->a[i]);
}

DECODE(mount_attr)
{
	struct mount_attr m;

	if (c->a[i + 1] < sizeof(m) || !peek(c, c->a[i], &m, sizeof(m))) {
		put_addr(c, c->a[i]);
		return;
	}
	fputs("{attr_set=", c->out);
	put_flags(c, m.attr_set, xlat_mount_attr, "MOUNT_ATTR_???");
	fputs(", attr_clr=", c->out);
	put_flags(c, m.attr_clr, xlat_mount_attr, "MOUNT_ATTR_???");
	fputs(", propagation=", c->out);
	put_val(c, m.propagation, xlat_mount_propagation, "MS_???");
	fprintf(c->out, ", userns_fd=%llu}", m.userns_fd);
}

/* ---- file handles ---- */

static void put_handle(struct tcb *c, u64 addr, const struct file_handle *h)
{
	const unsigned limit = c->strlen_max;

	fprintf(c->out, ", handle_type=%d, f_handle=", h->handle_type);
	/* However long -s lets strings be: all that a handle can have. */
	c->strlen_max = 128;
	put_user_bytes(c, addr + sizeof(*h), h->handle_bytes, true);
	c->strlen_max = limit;
}

/* How much room there was, and how much the handle takes: also told when it was too little. */
DECODE(handle_out)
{
	struct file_handle h;

	if (!peek(c, c->a[i], &h, sizeof(h))) {
		put_addr(c, c->a[i]);
		return;
	}
	fprintf(c->out, "{handle_bytes=%u", c->kept);
	if (h.handle_bytes != c->kept)
		fprintf(c->out, " => %u", h.handle_bytes);
	if (!syserror(c))
		put_handle(c, c->a[i], &h);
	putc('}', c->out);
}

DECODE(handle_in)
{
	struct file_handle h;

	if (!peek(c, c->a[i], &h, sizeof(h))) {
		put_addr(c, c->a[i]);
		return;
	}
	fprintf(c->out, "{handle_bytes=%u", h.handle_bytes);
	put_handle(c, c->a[i], &h);
	putc('}', c->out);
}

/* ---- fanotify ---- */

DECODE(fanotify_flags)
{
	const u32 flags = (u32)c->a[i];

	put_val(c, flags & FAN_CLASS_BITS, xlat_fan_class, "FAN_CLASS_???");
	if (flags & ~FAN_CLASS_BITS) {
		putc('|', c->out);
		put_flags(c, flags & ~FAN_CLASS_BITS, xlat_fan_init, "FAN_???");
	}
}

DECODE(fanotify_mask)
{
	put_flags(c, c->a[i], xlat_fan_events, "FAN_???");
}
