// SPDX-License-Identifier: GPL-2.0-or-later
/* prctl, whose option decides what follows it; capabilities. */
#include <linux/capability.h>
#include <sys/prctl.h>
#include "observe/decode.h"
#include "observe/xlat.h"

#define DECODE(name) void decode_##name(struct tcb *c, unsigned i, __attribute__((unused)) const void *param)

/* [value], which the kernel stored; @names may be NULL. */
static void put_stored(struct tcb *c, unsigned i, const struct xlat *names, const char *dflt)
{
	int v;

	if (not_filled(c, i) || !peek(c, c->a[1], &v, sizeof(v))) {
		put_addr(c, c->a[1]);
		return;
	}
	putc('[', c->out);
	if ((int)c->a[0] == PR_GET_PDEATHSIG && v)
		put_signal(c, v);
	else if (names)
		put_val(c, (u32)v, names, dflt);
	else
		fprintf(c->out, "%d", v);
	putc(']', c->out);
}

/* Words @from to 4. */
static void put_words(struct tcb *c, unsigned from)
{
	for (unsigned k = from; k < 5; k++)
		fprintf(c->out, "%s%#lx", k > from ? ", " : "", c->a[k]);
}

static void put_set_vma(struct tcb *c)
{
	put_val(c, c->a[1], xlat_pr_set_vma, "PR_SET_VMA_???");
	if (c->a[1]) {
		fputs(", ", c->out);
		put_words(c, 2);
		return;
	}
	fprintf(c->out, ", %#lx, %lu, ", c->a[2], c->a[3]);
	put_user_string(c, c->a[4], c->strlen_max);
}

/* What follows the option, which decides what it is. */
DECODE(prctl_arg)
{
	u64 a = c->a[1];

	switch ((int)c->a[0]) {
	case PR_GET_DUMPABLE:
	case PR_GET_KEEPCAPS:
	case PR_GET_SECCOMP:
	case PR_GET_TIMERSLACK:
	case PR_GET_SECUREBITS:
	case PR_GET_TIMING:
		return;
	}
	fputs(", ", c->out);
	switch ((int)c->a[0]) {
	case PR_SET_NAME:
		put_user_string(c, a, min_t(unsigned, 15, c->strlen_max));
		return;
	case PR_GET_NAME:
		if (not_filled(c, i))
			put_addr(c, a);
		else
			put_user_string(c, a, min_t(unsigned, 16, c->strlen_max));
		return;
	case PR_SET_PDEATHSIG:
		put_signal(c, (int)a);
		return;
	case PR_GET_PDEATHSIG:
	case PR_GET_CHILD_SUBREAPER:
	case PR_GET_UNALIGN:
		put_stored(c, i, NULL, NULL);
		return;
	case PR_GET_TSC:
		put_stored(c, i, xlat_pr_tsc, "PR_TSC_???");
		return;
	case PR_SET_TSC:
		put_val(c, (u32)a, xlat_pr_tsc, "PR_TSC_???");
		return;
	case PR_SET_DUMPABLE:
		put_val(c, a, xlat_pr_dumpable, "SUID_DUMP_???");
		return;
	case PR_SET_KEEPCAPS:
	case PR_SET_CHILD_SUBREAPER:
	case PR_SET_TIMERSLACK:
		fprintf(c->out, "%lu", a);
		return;
	case PR_SET_NO_NEW_PRIVS:
	case PR_SET_THP_DISABLE:
		fprintf(c->out, "%lu, ", a);
		put_words(c, 2);
		return;
	case PR_CAPBSET_READ:
	case PR_CAPBSET_DROP:
		put_val(c, a, xlat_caps, "CAP_???");
		return;
	case PR_CAP_AMBIENT:
		put_val(c, a, xlat_pr_cap_ambient, "PR_CAP_AMBIENT_???");
		fputs(", ", c->out);
		put_val(c, c->a[2], xlat_caps, "CAP_???");
		fprintf(c->out, ", %#lx, %#lx", c->a[3], c->a[4]);
		return;
	case PR_SET_SECUREBITS:
		put_flags(c, a, xlat_securebits, "SECBIT_???");
		return;
	case PR_GET_TID_ADDRESS:
		decode_addrp(c, 1, NULL);
		return;
	case PR_SET_MM:
		put_val(c, a, xlat_pr_set_mm, "PR_SET_MM_???");
		fputs(", ", c->out);
		put_words(c, 2);
		return;
	case 0x53564d41: /* PR_SET_VMA */
		put_set_vma(c);
		return;
	default:
		put_words(c, 1);
	}
}

/* ---- capabilities ---- */

DECODE(cap_header)
{
	struct __user_cap_header_struct h;

	if (!c->a[i] || !peek(c, c->a[i], &h, sizeof(h))) {
		put_addr(c, c->a[i]);
		return;
	}
	fputs("{version=", c->out);
	put_val(c, h.version, xlat_cap_version, "_LINUX_CAPABILITY_VERSION_???");
	fprintf(c->out, ", pid=%d}", h.pid);
}

static void put_caps(struct tcb *c, const char *name, u32 low, u32 high)
{
	const u64 set = low | (u64)high << 32;
	const char *sep = "";

	fputs(name, c->out);
	for (unsigned k = 0; k < 64; k++) {
		const char *cap = xlat_name(xlat_caps, k);

		if (!(set >> k & 1))
			continue;
		if (cap)
			fprintf(c->out, "%s1<<%s", sep, cap);
		else
			fprintf(c->out, "%s1<<%u", sep, k);
		sep = "|";
	}
	if (!set)
		putc('0', c->out);
}

/* One or two structures, as the version in the header says. */
DECODE(cap_data)
{
	struct __user_cap_data_struct d[2] = {};
	struct __user_cap_header_struct h;

	if (!c->a[i] || not_filled(c, i) || !peek(c, c->a[0], &h, sizeof(h)) ||
	    !peek(c, c->a[i], d, h.version == _LINUX_CAPABILITY_VERSION_1 ? sizeof(d[0]) : sizeof(d))) {
		put_addr(c, c->a[i]);
		return;
	}
	put_caps(c, "{effective=", d[0].effective, d[1].effective);
	put_caps(c, ", permitted=", d[0].permitted, d[1].permitted);
	put_caps(c, ", inheritable=", d[0].inheritable, d[1].inheritable);
	putc('}', c->out);
}
