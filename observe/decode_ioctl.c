// SPDX-License-Identifier: GPL-2.0-or-later
/* ioctl: commands by name, and the structures of the common ones. */
#include <asm/termbits.h>
#include <asm/ioctls.h>
#include <asm/ioctl.h>
#include <asm-generic/ioctl.h>
#include "observe/decode.h"
#include "observe/xlat.h"

#define DECODE(name) void decode_##name(struct tcb *c, unsigned i, __attribute__((unused)) const void *param)

DECODE(ioctl_cmd)
{
	u32 cmd = (u32)c->a[i];
	const char *name = xlat_name(xlat_ioctls, cmd);
	static const char *const dirs[] = {"_IOC_NONE", "_IOC_WRITE", "_IOC_READ", "_IOC_READ|_IOC_WRITE"};

	if (name)
		fputs(name, c->out);
	else
		fprintf(c->out, "_IOC(%s, %#x, %#x, %#x)", dirs[_IOC_DIR(cmd)], _IOC_TYPE(cmd), _IOC_NR(cmd), _IOC_SIZE(cmd));
}

static void put_termios(struct tcb *c, u64 addr)
{
	struct termios t;

	if (syserror(c) || !peek(c, addr, &t, sizeof(t))) {
		put_addr(c, addr);
		return;
	}
	/* As newer straces do; the control characters only under -v. */
	fputs("{c_iflag=", c->out);
	put_flags(c, t.c_iflag, xlat_tc_iflag, "I???");
	fputs(", c_oflag=", c->out);
	if (t.c_oflag == (OPOST | ONLCR))
		fputs("NL0|CR0|TAB0|BS0|VT0|FF0|OPOST|ONLCR", c->out);
	else
		put_flags(c, t.c_oflag, xlat_tc_oflag, "O???");
	fputs(", c_cflag=", c->out);
	put_val(c, t.c_cflag & CBAUD, xlat_tc_baud, "B???");
	putc('|', c->out);
	put_val(c, t.c_cflag & CSIZE, xlat_tc_csize, "CS?");
	if (t.c_cflag & ~(u32)(CBAUD | CSIZE)) {
		putc('|', c->out);
		put_flags(c, t.c_cflag & ~(u32)(CBAUD | CSIZE), xlat_tc_cflag, "C???");
	}
	fputs(", c_lflag=", c->out);
	put_flags(c, t.c_lflag, xlat_tc_lflag, "L???");
	fputs(c->verbose ? "" : ", ...}", c->out);
	if (c->verbose) {
		fprintf(c->out, ", c_line=%u, c_cc=", t.c_line);
		for (unsigned k = 0; k < NCCS; k++)
			fprintf(c->out, "\\x%02x", t.c_cc[k]);
		putc('}', c->out);
	}
}

static void put_winsize(struct tcb *c, u64 addr)
{
	struct { u16 row, col, xpixel, ypixel; } w;

	if (syserror(c) || !peek(c, addr, &w, sizeof(w)))
		put_addr(c, addr);
	else
		fprintf(c->out, "{ws_row=%u, ws_col=%u, ws_xpixel=%u, ws_ypixel=%u}", w.row, w.col, w.xpixel, w.ypixel);
}

DECODE(ioctl_arg)
{
	u64 addr = c->a[i];
	int v;

	switch ((u32)c->a[1]) {
	case TCGETS: case TCSETS: case TCSETSW: case TCSETSF:
		put_termios(c, addr);
		return;
	case TIOCGWINSZ: case TIOCSWINSZ:
		put_winsize(c, addr);
		return;
	case FIONREAD: case FIONBIO: case FIOASYNC: case TIOCGPGRP: case TIOCSPGRP: case TIOCGSID: case TIOCOUTQ:
	case 0x80045430: case 0x40045431:
		if (not_filled(c, i) || !peek(c, addr, &v, sizeof(v)))
			put_addr(c, addr);
		else
			fprintf(c->out, "[%d]", v);
		return;
	case TCSBRK: case TCXONC: case TCFLSH: case TIOCSCTTY: case TIOCNOTTY:
		fprintf(c->out, "%#lx", addr);
		return;
	default:
		fprintf(c->out, "%#lx", addr);
	}
}
