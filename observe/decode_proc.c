// SPDX-License-Identifier: GPL-2.0-or-later
/* Arguments of the calls on processes. */
#include <linux/capability.h>
#include <linux/sched.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/sysinfo.h>
#include <sys/times.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <asm/prctl.h>
#include <linux/kcmp.h>
#include "observe/decode.h"
#include "observe/xlat.h"

#define DECODE(name) void decode_##name(struct tcb *c, unsigned i, __attribute__((unused)) const void *param)

DECODE(argv)
{
	u64 addr = c->a[i], word;

	if (!addr || !peek(c, addr, &word, sizeof(word))) {
		put_addr(c, addr);
		return;
	}
	putc('[', c->out);
	for (unsigned n = 0; word; n++) {
		if (n)
			fputs(", ", c->out);
		if (n == c->strlen_max) {
			fputs("...", c->out);
			break;
		}
		put_user_string(c, word, c->strlen_max);
		if (!peek(c, addr + 8 * (n + 1), &word, sizeof(word)))
			break;
	}
	putc(']', c->out);
}

DECODE(envp)
{
	u64 addr = c->a[i], word;
	unsigned n = 0;

	if (c->verbose) {
		decode_argv(c, i, NULL);
		return;
	}
	put_addr(c, addr);
	if (!addr || !peek(c, addr, &word, sizeof(word)))
		return;
	while (peek(c, addr + 8UL * n, &word, sizeof(word)) && word)
		n++;
	fprintf(c->out, " /* %u var%s */", n, n == 1 ? "" : "s");
}

static void put_clone_flags(struct tcb *c, u64 flags, bool with_signal)
{
	int sig = with_signal ? (int)(flags & 0xff) : 0;

	if (with_signal)
		flags &= ~0xffUL;
	if (flags || !sig)
		put_flags(c, flags, xlat_clone_flags, "CLONE_???");
	if (sig) {
		if (flags)
			putc('|', c->out);
		put_signal(c, sig);
	}
}

/* clone(2) as strace has it: the arguments with their names, first those known on entry, then what the flags ask
 * for. */
DECODE(clone_flags)
{
	fputs("child_stack=", c->out);
	put_addr(c, c->a[1]);
	fputs(", flags=", c->out);
	put_clone_flags(c, c->a[0], true);
}

DECODE(clone_rest)
{
	u64 flags = c->a[0];

	if (flags & (CLONE_PARENT_SETTID | CLONE_PIDFD)) {
		int tid;

		fputs(", parent_tid=", c->out);
		if (c->exiting && !not_filled(c, i) && peek(c, c->a[2], &tid, sizeof(tid)))
			fprintf(c->out, "[%d]", tid);
		else
			put_addr(c, c->a[2]);
	}
	if (flags & CLONE_SETTLS) {
		fputs(", tls=", c->out);
		put_addr(c, c->a[4]);
	}
	if (flags & (CLONE_CHILD_SETTID | CLONE_CHILD_CLEARTID)) {
		fputs(", child_tidptr=", c->out);
		put_addr(c, c->a[3]);
	}
}

static void put_set_tid(struct tcb *c, const struct clone_args *args)
{
	int tid;

	fputs(", set_tid=", c->out);
	if (!args->set_tid_size || args->set_tid_size > 32 || !peek(c, args->set_tid, &tid, sizeof(tid))) {
		put_addr(c, args->set_tid);
	} else {
		putc('[', c->out);
		for (u64 k = 0; k < args->set_tid_size && peek(c, args->set_tid + k * sizeof(tid), &tid, sizeof(tid)); k++)
			fprintf(c->out, "%s%d", k ? ", " : "", tid);
		putc(']', c->out);
	}
	fprintf(c->out, ", set_tid_size=%llu", args->set_tid_size);
}

/* What the kernel stored where the arguments say. */
static void put_clone_results(struct tcb *c, const struct clone_args *args)
{
	const char *sep = " => {";
	int v;

	if ((args->flags & CLONE_PIDFD) && peek(c, args->pidfd, &v, sizeof(v))) {
		fprintf(c->out, "%spidfd=[%d]", sep, v);
		sep = ", ";
	}
	if ((args->flags & CLONE_PARENT_SETTID) && peek(c, args->parent_tid, &v, sizeof(v))) {
		fprintf(c->out, "%sparent_tid=[%d]", sep, v);
		sep = ", ";
	}
	if (*sep == ',')
		putc('}', c->out);
}

DECODE(clone_args)
{
	struct clone_args args = {};
	size_t n = min_t(u64, c->a[i + 1], sizeof(args));

	if (c->a[i + 1] < 64 || !peek(c, c->a[i], &args, n)) {
		put_addr(c, c->a[i]);
		return;
	}
	fputs("{flags=", c->out);
	put_clone_flags(c, args.flags, false);
	if (args.flags & CLONE_PIDFD)
		fprintf(c->out, ", pidfd=%#llx", args.pidfd);
	if (args.flags & (CLONE_CHILD_SETTID | CLONE_CHILD_CLEARTID))
		fprintf(c->out, ", child_tid=%#llx", args.child_tid);
	if (args.flags & CLONE_PARENT_SETTID)
		fprintf(c->out, ", parent_tid=%#llx", args.parent_tid);
	fputs(", exit_signal=", c->out);
	if (args.exit_signal)
		put_signal(c, (int)args.exit_signal);
	else
		putc('0', c->out);
	fputs(", stack=", c->out);
	put_addr(c, args.stack);
	fprintf(c->out, ", stack_size=%s%llx", args.stack_size ? "0x" : "", args.stack_size);
	if (args.flags & CLONE_SETTLS) {
		fputs(", tls=", c->out);
		put_addr(c, args.tls);
	}
	if (args.set_tid || args.set_tid_size)
		put_set_tid(c, &args);
	if ((args.flags & CLONE_INTO_CGROUP) && n >= sizeof(args))
		fprintf(c->out, ", cgroup=%llu", args.cgroup);
	put_extra(c, c->a[i], sizeof(args), c->a[i + 1]);
	putc('}', c->out);
	if (c->exiting && !not_filled(c, i))
		put_clone_results(c, &args);
}

DECODE(wstatus)
{
	int st;

	if (!c->a[i] || not_filled(c, i) || !c->ret || !peek(c, c->a[i], &st, sizeof(st))) {
		put_addr(c, c->a[i]);
		return;
	}
	if (WIFEXITED(st)) {
		fprintf(c->out, "[{WIFEXITED(s) && WEXITSTATUS(s) == %d}]", WEXITSTATUS(st));
	} else if (WIFSIGNALED(st)) {
		fputs("[{WIFSIGNALED(s) && WTERMSIG(s) == ", c->out);
		put_signal(c, WTERMSIG(st));
		fputs(WCOREDUMP(st) ? " && WCOREDUMP(s)}]" : "}]", c->out);
	} else if (WIFSTOPPED(st)) {
		fputs("[{WIFSTOPPED(s) && WSTOPSIG(s) == ", c->out);
		put_signal(c, WSTOPSIG(st));
		fputs("}]", c->out);
	} else if (WIFCONTINUED(st)) {
		fputs("[{WIFCONTINUED(s)}]", c->out);
	} else {
		fprintf(c->out, "[%#x]", st);
	}
}

DECODE(waitid_id)
{
	fprintf(c->out, "%d", (int)c->a[i]);
}

DECODE(rusage)
{
	struct rusage ru;

	if (!c->a[i] || not_filled(c, i) || (c->ret == 0 && c->nr == SYS_wait4) || !peek(c, c->a[i], &ru, sizeof(ru))) {
		put_addr(c, c->a[i]);
		return;
	}
	fprintf(c->out, "{ru_utime={tv_sec=%ld, tv_usec=%ld}, ru_stime={tv_sec=%ld, tv_usec=%ld}, ", ru.ru_utime.tv_sec,
		ru.ru_utime.tv_usec, ru.ru_stime.tv_sec, ru.ru_stime.tv_usec);
	if (!c->verbose) {
		fputs("...}", c->out);
		return;
	}
	fprintf(c->out, "ru_maxrss=%ld, ru_ixrss=%ld, ru_idrss=%ld, ru_isrss=%ld, ru_minflt=%ld, ru_majflt=%ld, "
		"ru_nswap=%ld, ru_inblock=%ld, ru_oublock=%ld, ru_msgsnd=%ld, ru_msgrcv=%ld, ru_nsignals=%ld, "
		"ru_nvcsw=%ld, ru_nivcsw=%ld}", ru.ru_maxrss, ru.ru_ixrss, ru.ru_idrss, ru.ru_isrss, ru.ru_minflt,
		ru.ru_majflt, ru.ru_nswap, ru.ru_inblock, ru.ru_oublock, ru.ru_msgsnd, ru.ru_msgrcv, ru.ru_nsignals,
		ru.ru_nvcsw, ru.ru_nivcsw);
}

static void put_limit(struct tcb *c, u64 v, const char *infinity)
{
	if (v == ~0UL)
		fputs(infinity, c->out);
	else if (v > 1024 && v % 1024 == 0)
		fprintf(c->out, "%lu*1024", v / 1024);
	else
		fprintf(c->out, "%lu", v);
}

static void put_rlimit(struct tcb *c, unsigned i, const char *infinity)
{
	u64 lim[2];

	if (!c->a[i] || not_filled(c, i) || !peek(c, c->a[i], lim, sizeof(lim))) {
		put_addr(c, c->a[i]);
		return;
	}
	fputs("{rlim_cur=", c->out);
	put_limit(c, lim[0], infinity);
	fputs(", rlim_max=", c->out);
	put_limit(c, lim[1], infinity);
	putc('}', c->out);
}

DECODE(rlimit)
{
	put_rlimit(c, i, "RLIM64_INFINITY");
}

DECODE(rlimit64)
{
	put_rlimit(c, i, "RLIM64_INFINITY");
}

/* ---- arch_prctl, personality ---- */

DECODE(arch_prctl_arg)
{
	u64 v;

	if ((int)c->a[0] == ARCH_GET_CPUID)
		return;
	fputs(", ", c->out);
	if (((int)c->a[0] == ARCH_GET_FS || (int)c->a[0] == ARCH_GET_GS) && !not_filled(c, i) &&
	    peek(c, c->a[i], &v, sizeof(v))) {
		putc('[', c->out);
		put_addr(c, v);
		putc(']', c->out);
	} else if ((int)c->a[0] == ARCH_SET_FS || (int)c->a[0] == ARCH_SET_GS || (int)c->a[0] == ARCH_GET_FS ||
		   (int)c->a[0] == ARCH_GET_GS) {
		put_addr(c, c->a[i]);
	} else {
		fprintf(c->out, "%#lx", c->a[i]);
	}
}

DECODE(personality)
{
	u32 p = (u32)c->a[i];

	if (p == 0xffffffff) {
		fputs("0xffffffff", c->out);
		return;
	}
	put_val(c, p & 0xff, xlat_personality_types, "PER_???");
	if (p & ~0xffU) {
		putc('|', c->out);
		put_flags(c, p & ~0xffU, xlat_personality, NULL);
	}
}

/* ---- the rest ---- */

static void put_uts_field(struct tcb *c, const char *name, const char *value)
{
	fputs(name, c->out);
	put_string(c, value, strnlen(value, 65));
}

DECODE(utsname)
{
	struct utsname u;

	if (!c->a[i] || not_filled(c, i) || !peek(c, c->a[i], &u, sizeof(u))) {
		put_addr(c, c->a[i]);
		return;
	}
	put_uts_field(c, "{sysname=", u.sysname);
	put_uts_field(c, ", nodename=", u.nodename);
	if (c->verbose) {
		put_uts_field(c, ", release=", u.release);
		put_uts_field(c, ", version=", u.version);
		put_uts_field(c, ", machine=", u.machine);
		put_uts_field(c, ", domainname=", u.domainname);
		putc('}', c->out);
	} else {
		fputs(", ...}", c->out);
	}
}

DECODE(sysinfo)
{
	struct sysinfo s;

	if (!c->a[i] || not_filled(c, i) || !peek(c, c->a[i], &s, sizeof(s))) {
		put_addr(c, c->a[i]);
		return;
	}
	fprintf(c->out, "{uptime=%ld, loads=[%lu, %lu, %lu], totalram=%lu, freeram=%lu, sharedram=%lu, bufferram=%lu, "
		"totalswap=%lu, freeswap=%lu, procs=%u, totalhigh=%lu, freehigh=%lu, mem_unit=%u}", s.uptime,
		s.loads[0], s.loads[1], s.loads[2], s.totalram, s.freeram, s.sharedram, s.bufferram, s.totalswap,
		s.freeswap, s.procs, s.totalhigh, s.freehigh, s.mem_unit);
}

DECODE(tms)
{
	struct tms t;

	if (!c->a[i] || not_filled(c, i) || !peek(c, c->a[i], &t, sizeof(t)))
		put_addr(c, c->a[i]);
	else
		fprintf(c->out, "{tms_utime=%ld, tms_stime=%ld, tms_cutime=%ld, tms_cstime=%ld}", t.tms_utime, t.tms_stime,
			t.tms_cutime, t.tms_cstime);
}

/* Descriptors, or nothing, by the kind of comparison. */
DECODE(kcmp_args)
{
	struct { u32 efd, tfd, toff; } slot;

	switch ((u32)c->a[2]) {
	case KCMP_VM: case KCMP_FILES: case KCMP_FS: case KCMP_SIGHAND: case KCMP_IO: case KCMP_SYSVSEM:
		return;
	case KCMP_FILE:
		fprintf(c->out, ", %u, %u", (u32)c->a[3], (u32)c->a[4]);
		return;
	case KCMP_EPOLL_TFD:
		fprintf(c->out, ", %u, ", (u32)c->a[3]);
		if (peek(c, c->a[4], &slot, sizeof(slot)))
			fprintf(c->out, "{efd=%u, tfd=%u, toff=%u}", slot.efd, slot.tfd, slot.toff);
		else
			put_addr(c, c->a[4]);
		return;
	default:
		fprintf(c->out, ", %#lx, %#lx", c->a[3], c->a[4]);
	}
}
