// SPDX-License-Identifier: GPL-2.0-or-later
/* Which decoder prints which argument of which call, and what is special about results. */
#include <fcntl.h>
#include <linux/nsfs.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include "observe/aux.h"
#include "observe/xlat.h"
#include "syscalls/nr.h"

void aux_fcntl(struct tcb *c)
{
	if (syserror(c))
		return;
	switch ((int)c->a[1]) {
	case F_GETFD:
		if (c->ret & FD_CLOEXEC)
			put_aux(c, "flags FD_CLOEXEC");
		break;
	case F_GETFL: {
		/* "flags O_RDWR|O_APPEND" */
		u64 rest = (u64)c->ret & ~(u64)O_ACCMODE;

		put_aux(c, "flags %s", xlat_name(xlat_open_access, (u64)c->ret & O_ACCMODE));
		for (const struct xlat *x = xlat_open_flags; x->name; x++) {
			if ((rest & x->value) == x->value) {
				put_aux(c, "|%s", x->name);
				rest &= ~x->value;
			}
		}
		break;
	}
	case 1034: { /* F_GET_SEALS */
		const char *sep = "seals ";

		for (const struct xlat *x = xlat_seals; x->name; x++) {
			if ((u64)c->ret & x->value) {
				put_aux(c, "%s%s", sep, x->name);
				sep = "|";
			}
		}
		break;
	}
	case F_GETSIG:
		if (c->ret) {
			char buf[16];

			put_aux(c, "%s", signal_name((int)c->ret, buf));
		}
		break;
	case F_GETLEASE:
		put_aux(c, "%s", xlat_name(xlat_lock_types, (u64)c->ret));
		break;
	}
}

/* The kind of a namespace is the flag of clone that makes one. */
void aux_ioctl(struct tcb *c)
{
	const char *name = xlat_name(xlat_clone_flags, (u64)c->ret);

	if ((u32)c->a[1] == NS_GET_NSTYPE && !syserror(c) && name)
		put_aux(c, "%s", name);
}

void aux_personality(struct tcb *c)
{
	const char *sep = "";
	u64 p = (u64)c->ret;

	if (syserror(c))
		return;
	if (!p)
		put_aux(c, "PER_LINUX");
	for (const struct xlat *x = xlat_personality; x->name && p; x++) {
		if (x->value && (p & x->value) == x->value) {
			put_aux(c, "%s%s", *c->aux ? sep : "PER_LINUX|", x->name);
			sep = "|";
		}
	}
}

void aux_prctl(struct tcb *c)
{
	static const char *const dumpable[] = {"SUID_DUMP_DISABLE", "SUID_DUMP_USER", "SUID_DUMP_ROOT"};

	if (!syserror(c) && (int)c->a[0] == PR_GET_DUMPABLE && c->ret >= 0 && c->ret <= 2)
		put_aux(c, "%s", dumpable[c->ret]);
}

void aux_sched(struct tcb *c)
{
	const char *name = xlat_name(xlat_sched, (u64)c->ret);

	if (!syserror(c) && name)
		put_aux(c, "%s", name);
}

void aux_signal(struct tcb *c)
{
	char buf[16];

	if (!syserror(c))
		put_aux(c, "%s", signal_name((int)c->ret, buf));
}

/* Arguments: known on entry, or (O_) filled in by the kernel; T and TO: the same, there only sometimes. */
#define A(name) {.fn = decode_##name}
#define O_(name) {.fn = decode_##name, .at_exit = true}
#define T(name) {.fn = decode_##name, .tail = true}
#define TO(name) {.fn = decode_##name, .tail = true, .at_exit = true}
/* The kernel fills it in, and the 32 bits at @off were something else before: c->kept. KT: there only sometimes. */
#define K(name, off) {.fn = decode_##name, .at_exit = true, .keep = (off) + 1}
#define KT(name, off) {.fn = decode_##name, .at_exit = true, .tail = true, .keep = (off) + 1}
/* A word that says nothing: the upper half of an offset. */
#define N {.fn = decode_nothing, .tail = true}
#define F(set, unknown) {.fn = decode_flags, .param = &(const struct xlat_set){xlat_##set, unknown}}
#define V(set, unknown) {.fn = decode_val, .param = &(const struct xlat_set){xlat_##set, unknown}}
#define PARAM(decoder, set, unknown) {.fn = decode_##decoder, .param = &(const struct xlat_set){xlat_##set, unknown}}

#define CALL(n, ...) .nr_args = n, .arg = {__VA_ARGS__}

static const struct call_decoder decoders[] = {
#include "observe/calls_file.inc"
#include "observe/calls_memory.inc"
#include "observe/calls_process.inc"
#include "observe/calls_signal.inc"
#include "observe/calls_net.inc"
#include "observe/calls_system.inc"
};

const struct call_decoder *call_decoder(u64 nr)
{
	return nr < ARRAY_SIZE(decoders) && decoders[nr].name ? &decoders[nr] : NULL;
}
