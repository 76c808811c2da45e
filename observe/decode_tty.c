// SPDX-License-Identifier: GPL-2.0-or-later
/* ioctls of terminals. The control characters of a termios are left out, as strace does; -v shows them. */
#include <asm/termbits.h>
#include <asm/termios.h>
#include <asm/ioctls.h>
#include "observe/decode_ioctl.h"
#include "observe/xlat.h"

/* Bits that may be none at all: strace prints nothing then. */
static void put_bits(struct tcb *c, u64 bits, const struct xlat *names, const char *dflt)
{
	if (bits)
		put_flags(c, bits, names, dflt);
}

static void put_oflag(struct tcb *c, u64 flag)
{
	static const struct {
		u64 mask;
		const struct xlat *names;
		const char *dflt;
	} fields[] = {
		{NLDLY, xlat_tc_nldly, "NL?"},	  {CRDLY, xlat_tc_crdly, "CR?"},
		{TABDLY, xlat_tc_tabdly, "TAB?"}, {BSDLY, xlat_tc_bsdly, "BS?"},
		{VTDLY, xlat_tc_vtdly, "VT?"},	  {FFDLY, xlat_tc_ffdly, "FF?"},
	};

	for (size_t k = 0; k < ARRAY_SIZE(fields); k++) {
		put_val(c, flag & fields[k].mask, fields[k].names, fields[k].dflt);
		putc('|', c->out);
		flag &= ~fields[k].mask;
	}
	put_bits(c, flag, xlat_tc_oflag, "O???");
}

static void put_cflag(struct tcb *c, u64 flag)
{
	put_val(c, flag & CBAUD, xlat_tc_baud, "B???");
	putc('|', c->out);
	put_val(c, flag & CSIZE, xlat_tc_csize, "CS?");
	putc('|', c->out);
	put_bits(c, flag & ~(u64)(CBAUD | CSIZE), xlat_tc_cflag, "C???");
}

static void put_modes(struct tcb *c, u64 iflag, u64 oflag, u64 cflag, u64 lflag)
{
	fputs("{c_iflag=", c->out);
	put_bits(c, iflag, xlat_tc_iflag, "I???");
	fputs(", c_oflag=", c->out);
	put_oflag(c, oflag);
	fputs(", c_cflag=", c->out);
	put_cflag(c, cflag);
	fputs(", c_lflag=", c->out);
	put_bits(c, lflag, xlat_tc_lflag, "L???");
}

static void put_chars(struct tcb *c, unsigned line, const u8 *cc, size_t n)
{
	if (!c->verbose) {
		fputs(", ...}", c->out);
		return;
	}
	fprintf(c->out, ", c_line=%u, c_cc=\"", line);
	for (size_t k = 0; k < n; k++)
		fprintf(c->out, "\\x%02x", cc[k]);
	fputs("\"}", c->out);
}

static void put_termios(struct tcb *c, u64 addr, bool two)
{
	struct termios2 t;

	if (syserror(c) || !peek(c, addr, &t, two ? sizeof(t) : sizeof(struct termios))) {
		put_addr(c, addr);
		return;
	}
	put_modes(c, t.c_iflag, t.c_oflag, t.c_cflag, t.c_lflag);
	put_chars(c, t.c_line, t.c_cc, NCCS);
}

static void put_termio(struct tcb *c, u64 addr)
{
	struct termio t;

	if (syserror(c) || !peek(c, addr, &t, sizeof(t))) {
		put_addr(c, addr);
		return;
	}
	put_modes(c, t.c_iflag, t.c_oflag, t.c_cflag, t.c_lflag);
	put_chars(c, t.c_line, t.c_cc, NCC);
}

static void put_winsize(struct tcb *c, u64 addr)
{
	struct winsize w;

	if (syserror(c) || !peek(c, addr, &w, sizeof(w)))
		put_addr(c, addr);
	else
		fprintf(c->out, "{ws_row=%u, ws_col=%u, ws_xpixel=%u, ws_ypixel=%u}", w.ws_row, w.ws_col,
			w.ws_xpixel, w.ws_ypixel);
}

/* @set: the program's own, whether the kernel takes it or not. */
static void put_int(struct tcb *c, u64 addr, bool set)
{
	int v;

	if ((!set && syserror(c)) || !peek(c, addr, &v, sizeof(v)))
		put_addr(c, addr);
	else
		fprintf(c->out, "[%d]", v);
}

static void put_modem_bits(struct tcb *c, u64 addr)
{
	int v;

	if (((u32)c->a[1] == TIOCMGET && syserror(c)) || !peek(c, addr, &v, sizeof(v))) {
		put_addr(c, addr);
		return;
	}
	putc('[', c->out);
	put_flags(c, (u32)v, xlat_tc_modem, "TIOCM_???");
	putc(']', c->out);
}

bool put_tty_ioctl(struct tcb *c, unsigned i)
{
	const u64 addr = c->a[i];

	switch ((u32)c->a[1]) {
	case TCGETS:
	case TCSETS:
	case TCSETSW:
	case TCSETSF:
		put_termios(c, addr, false);
		return true;
	case TCGETS2:
	case TCSETS2:
	case TCSETSW2:
	case TCSETSF2:
		put_termios(c, addr, true);
		return true;
	case TCGETA:
	case TCSETA:
	case TCSETAW:
	case TCSETAF:
		put_termio(c, addr);
		return true;
	case TIOCGWINSZ:
	case TIOCSWINSZ:
		put_winsize(c, addr);
		return true;
	case TIOCGLCKTRMIOS:
	case TIOCSLCKTRMIOS:
		put_termios(c, addr, false);
		return true;
	case FIONREAD:
	case TIOCGPGRP:
	case TIOCGSID:
	case TIOCOUTQ:
	case TIOCGPTN:
	case TIOCGPTLCK:
	case TIOCGETD:
	case TIOCGSOFTCAR:
	case TIOCGEXCL:
	case TIOCGDEV:
		put_int(c, addr, false);
		return true;
	case FIONBIO:
	case FIOASYNC:
	case TIOCSPGRP:
	case TIOCSPTLCK:
	case TIOCSETD:
	case TIOCPKT:
	case TIOCSSOFTCAR:
		put_int(c, addr, true);
		return true;
	case TIOCMGET:
	case TIOCMBIS:
	case TIOCMBIC:
	case TIOCMSET:
		put_modem_bits(c, addr);
		return true;
	case TIOCSTI:
		put_user_bytes(c, addr, 1, false);
		return true;
	case TCXONC:
		put_val(c, addr, xlat_tc_flow, "TC???");
		return true;
	case TCFLSH:
		put_val(c, addr, xlat_tc_flush, "TC???");
		return true;
	case TCSBRK:
	case TCSBRKP:
	case TIOCSCTTY:
		fprintf(c->out, "%d", (int)addr);
		return true;
	}
	return false;
}
