// SPDX-License-Identifier: GPL-2.0-or-later
/* Arguments of the calls on signals and time; siginfo as text. */
#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <utime.h>
#include "observe/decode.h"
#include "observe/xlat.h"

#define DECODE(name) void decode_##name(struct tcb *c, unsigned i, __attribute__((unused)) const void *param)

/* Of @size bytes: whole words, and not more than the kernel knows signals for. */
static void put_set_at(struct tcb *c, u64 addr, u64 size)
{
	u64 set = 0;

	if (!addr || size > sizeof(set) || size % sizeof(u32) || !peek(c, addr, &set, size))
		put_addr(c, addr);
	else
		put_sigset(c, set);
}

DECODE(sigset)
{
	put_set_at(c, c->a[i], c->a[c->call->nr_args - 1 - (c->nr == SYS_signalfd4)]);
}

DECODE(outsigset)
{
	if (not_filled(c, i))
		put_addr(c, c->a[i]);
	else
		put_set_at(c, c->a[i], c->a[c->call->nr_args - 1]);
}

DECODE(sigreturn)
{
	u64 set;

	/* Behind uc_flags, uc_link, uc_stack and the machine context. */
	if (peek(c, task_regs(c->t)->rsp + 40 + 256, &set, sizeof(set))) {
		fputs("{mask=", c->out);
		put_sigset(c, set);
		putc('}', c->out);
	} else {
		fprintf(c->out, "{mask=%#lx}", task_regs(c->t)->rsp + 40 + 256);
	}
}

/* pselect6: a pointer to the set's address and size. */
DECODE(sigset_pair)
{
	u64 pair[2];

	if (!c->a[i] || !peek(c, c->a[i], pair, sizeof(pair))) {
		put_addr(c, c->a[i]);
		return;
	}
	fputs("{sigmask=", c->out);
	put_set_at(c, pair[0], pair[1]);
	fprintf(c->out, ", sigsetsize=%lu}", pair[1]);
}

DECODE(sigaction)
{
	struct k_sigaction ka;

	if (!c->a[i] || not_filled(c, i) || !peek(c, c->a[i], &ka, sizeof(ka))) {
		put_addr(c, c->a[i]);
		return;
	}
	fputs("{sa_handler=", c->out);
	if (ka.handler == 0)
		fputs("SIG_DFL", c->out);
	else if (ka.handler == 1)
		fputs("SIG_IGN", c->out);
	else if (ka.handler == ~0UL)
		fputs("SIG_ERR", c->out);
	else
		fprintf(c->out, "%#lx", ka.handler);
	fputs(", sa_mask=", c->out);
	put_sigset(c, ka.mask);
	fputs(", sa_flags=", c->out);
	put_flags(c, ka.flags, xlat_sa_flags, "SA_???");
	if (ka.flags & 0x04000000)
		fprintf(c->out, ", sa_restorer=%#lx", ka.restorer);
	putc('}', c->out);
}

DECODE(stack_t)
{
	stack_t ss;

	if (!c->a[i] || not_filled(c, i) || !peek(c, c->a[i], &ss, sizeof(ss))) {
		put_addr(c, c->a[i]);
		return;
	}
	fputs("{ss_sp=", c->out);
	put_addr(c, (u64)(uintptr_t)ss.ss_sp);
	fputs(", ss_flags=", c->out);
	put_flags(c, (u32)ss.ss_flags, xlat_ss_flags, "SS_???");
	fprintf(c->out, ", ss_size=%zu}", ss.ss_size);
}

/* ---- siginfo ---- */

static const char *code_name(int sig, int code)
{
	const struct xlat *specific = NULL;
	const char *name = xlat_name(xlat_si_codes, (u64)(s64)code);

	if (name)
		return name;
	switch (sig) {
	case SIGSEGV: specific = xlat_segv_codes; break;
	case SIGBUS: specific = xlat_bus_codes; break;
	case SIGFPE: specific = xlat_fpe_codes; break;
	case SIGILL: specific = xlat_ill_codes; break;
	case SIGTRAP: specific = xlat_trap_codes; break;
	case SIGCHLD: specific = xlat_cld_codes; break;
	case SIGIO: specific = xlat_poll_codes; break;
	case SIGSYS: specific = xlat_sys_codes; break;
	}
	return specific ? xlat_name(specific, (u64)code) : NULL;
}

static void put_hex_or_null(FILE *out, u64 v)
{
	if (v)
		fprintf(out, "%#lx", v);
	else
		fputs("NULL", out);
}

static void put_queued(FILE *out, const siginfo_t *info)
{
	fprintf(out, ", si_pid=%d, si_uid=%u", info->si_pid, info->si_uid);
	if (info->si_code != SI_USER && info->si_code != SI_TKILL && info->si_ptr)
		fprintf(out, ", si_int=%d, si_ptr=%#lx", info->si_int, (u64)(uintptr_t)info->si_ptr);
}

static void put_sigchld(FILE *out, const siginfo_t *info)
{
	char buf[16];

	fprintf(out, ", si_pid=%d, si_uid=%u, si_status=", info->si_pid, info->si_uid);
	if (info->si_code == CLD_EXITED)
		fprintf(out, "%d", info->si_status);
	else
		fputs(signal_name(info->si_status, buf), out);
	fprintf(out, ", si_utime=%lu, si_stime=%lu", (u64)info->si_utime, (u64)info->si_stime);
}

void put_siginfo(FILE *out, const siginfo_t *info)
{
	const char *code = code_name(info->si_signo, info->si_code);
	char buf[16];

	fprintf(out, "{si_signo=%s, si_code=", signal_name(info->si_signo, buf));
	if (code)
		fputs(code, out);
	else
		fprintf(out, "%#x", (u32)info->si_code);
	if (info->si_code == SI_TIMER) {
		fprintf(out, ", si_timerid=%#x, si_overrun=%d", (u32)info->si_timerid, info->si_overrun);
		fprintf(out, ", si_int=%d, si_ptr=", info->si_int);
		put_hex_or_null(out, (u64)(uintptr_t)info->si_ptr);
	} else if (info->si_code == SI_KERNEL && info->si_signo == SIGIO) {
		/* Without F_SETSIG: nothing is said of the descriptor. */
	} else if (info->si_code <= 0) {
		put_queued(out, info);
	} else {
		switch (info->si_signo) {
		case SIGCHLD:
			put_sigchld(out, info);
			break;
		case SIGILL: case SIGFPE: case SIGSEGV: case SIGBUS: case SIGTRAP:
			fputs(", si_addr=", out);
			put_hex_or_null(out, (u64)(uintptr_t)info->si_addr);
			break;
		case SIGIO:
			fprintf(out, ", si_band=%ld, si_fd=%d", info->si_band, info->si_fd);
			break;
		case SIGSYS:
			fprintf(out, ", si_call_addr=%p, si_syscall=", info->si_call_addr);
			if (call_decoder((u32)info->si_syscall))
				fprintf(out, "__NR_%s", call_decoder((u32)info->si_syscall)->name);
			else
				fprintf(out, "%d", info->si_syscall);
			/* The only one there is. */
			if (info->si_arch == 0xc000003e)
				fputs(", si_arch=AUDIT_ARCH_X86_64", out);
			else
				fprintf(out, ", si_arch=%#x", info->si_arch);
			break;
		default:
			if (info->si_code != SI_KERNEL || info->si_pid || info->si_uid)
				put_queued(out, info);
		}
	}
	putc('}', out);
}

DECODE(siginfo)
{
	siginfo_t info;

	if (!c->a[i] || not_filled(c, i) || !peek(c, c->a[i], &info, sizeof(info)))
		put_addr(c, c->a[i]);
	else if (!info.si_signo)
		fputs("{}", c->out);
	else
		put_siginfo(c->out, &info);
}

/* ---- time ---- */

static void put_ts(struct tcb *c, const struct timespec *ts)
{
	if (ts->tv_nsec == 0x3fffffff || ts->tv_nsec == 0x3ffffffe)
		fputs(ts->tv_nsec == 0x3fffffff ? "UTIME_NOW" : "UTIME_OMIT", c->out);
	else
		fprintf(c->out, "{tv_sec=%ld, tv_nsec=%lu}", ts->tv_sec, (u64)ts->tv_nsec);
}

static void put_tv(struct tcb *c, const struct timeval *tv)
{
	fprintf(c->out, "{tv_sec=%ld, tv_usec=%lu}", tv->tv_sec, (u64)tv->tv_usec);
}

/* The point in time as a date, unless it is the first or none. */
static void put_date(struct tcb *c, s64 sec, u64 fraction, u64 per_second)
{
	struct tm tm;
	char buf[40];

	if ((!sec && !fraction) || fraction >= per_second || !localtime_r(&sec, &tm) || !strftime(buf, sizeof(buf), "%FT%T", &tm))
		return;
	fprintf(c->out, " /* %s", buf);
	if (fraction)
		fprintf(c->out, ".%0*lu", per_second == 1000000 ? 6 : 9, fraction);
	strftime(buf, sizeof(buf), "%z", &tm);
	fprintf(c->out, "%s */", buf);
}

DECODE(timespec)
{
	struct timespec ts;

	if (!c->a[i] || not_filled(c, i) || !peek(c, c->a[i], &ts, sizeof(ts)))
		put_addr(c, c->a[i]);
	else
		fprintf(c->out, "{tv_sec=%ld, tv_nsec=%lu}", ts.tv_sec, (u64)ts.tv_nsec);
}

/* What is left of a sleep: told when it was interrupted, and of a relative one only. */
DECODE(remaining)
{
	struct timespec ts;
	const bool absolute = c->nr == SYS_clock_nanosleep && (c->a[1] & TIMER_ABSTIME);
	const bool told = c->ret == -ERESTART_RESTARTBLOCK || (c->ret == -EINTR && c->nr == SYS_nanosleep);

	if (!c->a[i] || absolute || !told || !peek(c, c->a[i], &ts, sizeof(ts)))
		put_addr(c, c->a[i]);
	else
		fprintf(c->out, "{tv_sec=%ld, tv_nsec=%lu}", ts.tv_sec, (u64)ts.tv_nsec);
}

DECODE(timeval)
{
	struct timeval tv;

	if (!c->a[i] || not_filled(c, i) || !peek(c, c->a[i], &tv, sizeof(tv)))
		put_addr(c, c->a[i]);
	else
		put_tv(c, &tv);
}

DECODE(timeval_pair)
{
	struct timeval tv[2];

	if (!c->a[i] || !peek(c, c->a[i], tv, sizeof(tv))) {
		put_addr(c, c->a[i]);
		return;
	}
	for (int k = 0; k < 2; k++) {
		fputs(k ? ", " : "[", c->out);
		put_tv(c, &tv[k]);
		put_date(c, tv[k].tv_sec, (u64)tv[k].tv_usec, 1000000);
	}
	putc(']', c->out);
}

DECODE(timespec_pair)
{
	struct timespec ts[2];

	if (!c->a[i] || !peek(c, c->a[i], ts, sizeof(ts))) {
		put_addr(c, c->a[i]);
		return;
	}
	for (int k = 0; k < 2; k++) {
		fputs(k ? ", " : "[", c->out);
		put_ts(c, &ts[k]);
		put_date(c, ts[k].tv_sec, (u64)ts[k].tv_nsec, 1000000000);
	}
	putc(']', c->out);
}

DECODE(utimbuf)
{
	struct utimbuf u;

	if (!c->a[i] || !peek(c, c->a[i], &u, sizeof(u))) {
		put_addr(c, c->a[i]);
		return;
	}
	fprintf(c->out, "{actime=%ld", u.actime);
	put_date(c, u.actime, 0, 1);
	fprintf(c->out, ", modtime=%ld", u.modtime);
	put_date(c, u.modtime, 0, 1);
	putc('}', c->out);
}

DECODE(itimerval)
{
	struct itimerval it;

	if (!c->a[i] || not_filled(c, i) || !peek(c, c->a[i], &it, sizeof(it))) {
		put_addr(c, c->a[i]);
		return;
	}
	fputs("{it_interval=", c->out);
	put_tv(c, &it.it_interval);
	fputs(", it_value=", c->out);
	put_tv(c, &it.it_value);
	putc('}', c->out);
}

DECODE(itimerspec)
{
	struct itimerspec it;

	if (!c->a[i] || not_filled(c, i) || !peek(c, c->a[i], &it, sizeof(it))) {
		put_addr(c, c->a[i]);
		return;
	}
	fputs("{it_interval=", c->out);
	put_ts(c, &it.it_interval);
	fputs(", it_value=", c->out);
	put_ts(c, &it.it_value);
	putc('}', c->out);
}

DECODE(sigevent)
{
	struct { u64 value; int signo, notify; union { int tid; u64 thread[2]; } u; } ev;

	if (!c->a[i] || !peek(c, c->a[i], &ev, sizeof(ev))) {
		put_addr(c, c->a[i]);
		return;
	}
	putc('{', c->out);
	if (ev.value)
		fprintf(c->out, "sigev_value={sival_int=%d, sival_ptr=%#lx}, ", (int)ev.value, ev.value);
	fputs("sigev_signo=", c->out);
	if (ev.notify == SIGEV_SIGNAL || ev.notify == SIGEV_THREAD || ev.notify == SIGEV_THREAD_ID)
		put_signal(c, ev.signo);
	else
		fprintf(c->out, "%d", ev.signo);
	fputs(", sigev_notify=", c->out);
	put_val(c, (u64)ev.notify, xlat_sigev_types, "SIGEV_???");
	if (ev.notify == SIGEV_THREAD_ID)
		fprintf(c->out, ", sigev_notify_thread_id=%d", ev.u.tid);
	if (ev.notify == SIGEV_THREAD) {
		fprintf(c->out, ", sigev_notify_function=%#lx, sigev_notify_attributes=", ev.u.thread[0]);
		put_addr(c, ev.u.thread[1]);
	}
	putc('}', c->out);
}

DECODE(timezone)
{
	struct timezone tz;

	if (!c->a[i] || not_filled(c, i) || !peek(c, c->a[i], &tz, sizeof(tz)))
		put_addr(c, c->a[i]);
	else
		fprintf(c->out, "{tz_minuteswest=%d, tz_dsttime=%d}", tz.tz_minuteswest, tz.tz_dsttime);
}

DECODE(timer_id)
{
	int id;

	if (!c->a[i] || not_filled(c, i) || !peek(c, c->a[i], &id, sizeof(id)))
		put_addr(c, c->a[i]);
	else
		fprintf(c->out, "[%d]", id);
}
