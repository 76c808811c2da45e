// SPDX-License-Identifier: GPL-2.0-or-later
/* The injector: which rule meets a call, and what it does to it. */
#include <errno.h>
#include <fcntl.h>
#include <linux/futex.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <time.h>
#include "kernel/determin.h"
#include "kernel/sched.h"
#include "kernel/signal.h"
#include "observe/inject_internal.h"
#include "observe/observe.h"

struct inject *inject_create(void)
{
	return calloc(1, sizeof(struct inject));
}

void inject_follow(struct inject *inj, bool follow)
{
	inj->follow = follow;
}

void inject_tell(struct inject *inj, inject_told_fn *told, void *arg)
{
	inj->told = told;
	inj->told_arg = arg;
}

void inject_destroy(struct inject *inj)
{
	struct inject_counts *c;

	if (!inj)
		return;
	for (u32 i = 0; i < inj->nr_rules; i++)
		inject_rule_free(inj->rules[i]);
	while ((c = inj->counts)) {
		inj->counts = c->next;
		free(c);
	}
	free(inj->rules);
	free(inj);
}

/* ---- which rule ---- */

static u32 *count_of(struct inject *inj, int tid, u64 nr)
{
	struct inject_counts **p = &inj->counts, *c;

	for (; (c = *p) && c->tid != tid; p = &c->next)
		;
	if (!c) {
		c = calloc(1, sizeof(*c));
		if (!c)
			return NULL;
		c->tid = tid;
	} else {
		*p = c->next;
	}
	c->next = inj->counts;     /* who calls now is likely to call next */
	inj->counts = c;
	return &c->nr[nr];
}

void inject_task_end(struct task_struct *t)
{
	struct inject_counts **p = &observers_of(t)->inject->counts, *c;

	for (; (c = *p); p = &c->next) {
		if (c->tid == t->tid) {
			*p = c->next;
			free(c);
			return;
		}
	}
}

static bool its_turn(const struct inject_rule *r, u64 n)
{
	if (n < r->first || n > r->last)
		return false;
	return r->step ? (n - r->first) % r->step == 0 : n == r->first;
}

/* The same throw of dice for the same call each time. */
static bool thrown(const struct inject_rule *r, u64 nr, u64 n)
{
	u64 x = r->seed + nr * 0x9e3779b97f4a7c15 + n * 0xd1b54a32d192ed03;

	x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9;
	x = (x ^ x >> 27) * 0x94d049bb133111eb;
	return (x ^ x >> 31) >> 32 < r->odds;
}

bool inject_may_interrupt(u64 nr, const u64 a[6])
{
	struct stat st;

	switch (nr) {
	case SYS_futex:
		return (a[1] & FUTEX_CMD_MASK) == FUTEX_WAIT || (a[1] & FUTEX_CMD_MASK) == FUTEX_WAIT_BITSET;
	case SYS_fcntl:
		return (int)a[1] == F_SETLKW || (int)a[1] == F_OFD_SETLKW;
	case SYS_read: case SYS_write: case SYS_readv: case SYS_writev: case SYS_pread64: case SYS_pwrite64:
	case SYS_preadv: case SYS_pwritev: case SYS_preadv2: case SYS_pwritev2:
		return !HOST(SYS_fstat, a[0], &st) && !S_ISREG(st.st_mode) && !S_ISDIR(st.st_mode) && !S_ISBLK(st.st_mode);
	case SYS_recvfrom: case SYS_sendto: case SYS_recvmsg: case SYS_sendmsg: case SYS_recvmmsg: case SYS_sendmmsg:
	case SYS_accept: case SYS_accept4: case SYS_wait4: case SYS_waitid: case SYS_poll: case SYS_ppoll: case SYS_select:
	case SYS_pselect6: case SYS_epoll_wait: case SYS_epoll_pwait: case SYS_epoll_pwait2: case SYS_pause:
	case SYS_rt_sigtimedwait: case SYS_rt_sigsuspend: case SYS_nanosleep: case SYS_clock_nanosleep: case SYS_flock:
	case SYS_semop: case SYS_semtimedop: case SYS_msgsnd: case SYS_msgrcv: case SYS_mq_timedsend:
	case SYS_mq_timedreceive: case SYS_getrandom: case SYS_splice: case SYS_tee: case SYS_vmsplice:
	case SYS_sendfile: case SYS_copy_file_range:
		return true;
	}
	return false; /* neither close nor connect, for which the second call is another */
}

static void poke(struct task_struct *t, const u64 args[6], const struct inject_rule *r, bool at_exit)
{
	for (u32 i = 0; i < r->nr_pokes; i++) {
		const struct poke *p = &r->pokes[i];

		if (p->at_exit == at_exit)
			access_remote_vm(t->mm, args[p->arg], p->bytes, p->size, true);
	}
}

static void find_rule(const struct inject *inj, u64 nr, const u64 args[6], struct injection *in)
{
	const struct inject_rule *r = inj->by_call[nr] ? inj->rules[inj->by_call[nr] - 1] : NULL;

	in->rule = NULL;
	if (r && its_turn(r, in->count) && (!(r->flags & INJECT_EINTR) || thrown(r, nr, in->count)))
		in->rule = r;
	else if (inj->storm.odds && inject_may_interrupt(nr, args) && thrown(&inj->storm, nr, in->count))
		in->rule = &inj->storm;
}

void inject_moved(struct inject *inj, int from, int to)
{
	for (struct inject_counts *c = inj->counts; c; c = c->next)
		if (c->tid == from)
			c->tid = to;
	if (inj->root_tid == from)
		inj->root_tid = to;
}

void inject_enter(struct task_struct *t, u64 nr, const u64 args[6], struct injection *in)
{
	struct inject *inj = observers_of(t)->inject;
	u32 *count, nr_rules;

	nr = (u32)nr;
	if (!inj->root_tid)
		inj->root_tid = t->tid;
	if (nr >= INJECT_CALLS || (!inj->follow && t->tid != inj->root_tid))
		return;
	count = count_of(inj, t->tid, nr);
	if (!count)
		return;
	in->count = ++*count;
	find_rule(inj, nr, args, in);
	nr_rules = inj->nr_rules;
	if (inj->told)
		inj->told(inj->told_arg, t, nr, args, in);
	/* Who was told may have asked for something to happen. */
	if (inj->nr_rules != nr_rules)
		find_rule(inj, nr, args, in);
	if (in->rule && in->rule->flags & INJECT_POKE_ENTER) {
		poke(t, args, in->rule, false);
		in->args = true;
	}
}

/* ---- what it does ---- */

/* As strace holds a thread: no signal ends it early, and other threads run. */
static void delay(struct task_struct *t, u64 ns)
{
	struct timespec until;

	if (t->ulk->det) {
		det_sleep(t, ns);
		return;
	}
	clock_gettime(CLOCK_MONOTONIC, &until);
	ns += (u64)until.tv_nsec;
	until.tv_sec += (time_t)(ns / 1000000000);
	until.tv_nsec = (long)(ns % 1000000000);
	cpu_release(t);
	while (HOST(SYS_clock_nanosleep, CLOCK_MONOTONIC, TIMER_ABSTIME, &until, NULL) == -EINTR)
		;
	cpu_acquire(t);
}

/* The kernel's send_sig() to the caller itself: waiting when the call begins. */
static void raise_signal(struct task_struct *t, int sig)
{
	const siginfo_t info = {.si_signo = sig, .si_code = SI_KERNEL};

	if (sig == SIGBUS) {
		/* The host's own is a fault of ulk's. */
		t->sigbus_info = info;
		t->sigbus_held = true;
		if (!(t->blocked & sigbit(sig)))
			__atomic_store_n(&t->sigpending, 1, __ATOMIC_RELEASE);
		return;
	}
	host_signal_requeue(t, &info);
}

static u64 shortened(const struct inject_rule *r, u64 n)
{
	u64 max = r->max ? r->max : n / 2;

	return n > 1 && max && max < n ? max : n;
}

/* readv, writev and so on, of fewer bytes: of the vectors that fit, or of part of the first. */
static s64 short_vectors(struct task_struct *t, u64 nr, u64 a[6], struct injection *in)
{
	static const u16 plain[][2] = {{SYS_readv, SYS_read},	     {SYS_writev, SYS_write},	  {SYS_preadv, SYS_pread64},
				       {SYS_preadv2, SYS_pread64}, {SYS_pwritev, SYS_pwrite64}, {SYS_pwritev2, SYS_pwrite64}};
	struct inject *inj = observers_of(t)->inject;
	u64 total = 0, whole = 0, max, fits = 0;
	struct iovec iov[UIO_MAXIOV];

	if (a[2] > UIO_MAXIOV || copy_from_user(t->mm, iov, a[1], a[2] * sizeof(*iov)))
		return inj->next(t, nr, a);
	for (u64 i = 0; i < a[2]; i++)
		total += iov[i].iov_len;
	max = shortened(in->rule, total);
	for (u64 i = 0; i < a[2] && whole + iov[i].iov_len <= max; i++, fits++)
		whole += iov[i].iov_len;
	if (max == total || (s64)total < 0)
		return inj->next(t, nr, a);
	in->args = true;
	if (whole) {
		a[2] = fits;
		return inj->next(t, nr, a);
	}
	a[1] = (u64)(uintptr_t)iov[fits].iov_base;
	a[2] = max;
	for (size_t i = 0; i < ARRAY_SIZE(plain); i++) {
		if (plain[i][0] == nr)
			return inj->next(t, plain[i][1], a);
	}
	return -ENOSYS;
}

static s64 cut_short(struct task_struct *t, u64 nr, const u64 args[6], struct injection *in)
{
	u64 a[6], *n;

	memcpy(a, args, sizeof(a));
	switch (nr) {
	case SYS_read: case SYS_write: case SYS_pread64: case SYS_pwrite64: case SYS_sendto: case SYS_recvfrom:
	case SYS_vmsplice:
		n = &a[2];
		break;
	case SYS_sendfile: case SYS_tee:
		n = nr == SYS_tee ? &a[2] : &a[3];
		break;
	case SYS_splice: case SYS_copy_file_range:
		n = &a[4];
		break;
	case SYS_getrandom:
		n = &a[1];
		break;
	case SYS_readv: case SYS_writev: case SYS_preadv: case SYS_pwritev: case SYS_preadv2: case SYS_pwritev2:
		return short_vectors(t, nr, a, in);
	default:
		return observers_of(t)->inject->next(t, nr, a);
	}
	in->args = shortened(in->rule, *n) != *n;
	*n = shortened(in->rule, *n);
	return observers_of(t)->inject->next(t, nr, a);
}

/* What an interrupted sleep leaves: here all of it. */
static void store_remaining(struct task_struct *t, u64 nr, const u64 a[6])
{
	u64 req = nr == SYS_nanosleep ? a[0] : a[2], rem = nr == SYS_nanosleep ? a[1] : a[3];
	struct timespec ts;

	if ((nr != SYS_nanosleep && nr != SYS_clock_nanosleep) || !rem || (nr == SYS_clock_nanosleep && a[1]))
		return;
	if (!copy_from_user(t->mm, &ts, req, sizeof(ts)))
		copy_to_user(t->mm, rem, &ts, sizeof(ts));
}

/* As memory: rules do it, for this once: brk has its own way of failing. */
static s64 call_without_memory(struct task_struct *t, u64 nr, const u64 args[6], struct injection *in)
{
	struct mm_env *env = &t->signal->mm_env;
	u64 max = env->commit_max, refused = env->commit_refused;
	s64 ret;

	env->commit_max = 1;
	ret = observers_of(t)->inject->next(t, nr, args);
	env->commit_max = max;
	in->result = env->commit_refused != refused;
	/* Not by the rule that lasts for good. */
	env->commit_refused = refused;
	return ret;
}

/* The call, or what stands for it. */
static s64 tampered_call(struct task_struct *t, u64 nr, const u64 args[6], struct injection *in)
{
	const struct inject_rule *r = in->rule;
	struct inject *inj = observers_of(t)->inject;

	in->result = r->flags & (INJECT_RESULT | INJECT_EINTR | INJECT_SYSCALL);
	if (r->flags & INJECT_RESULT) {
		if (r->flags & INJECT_SYSCALL)
			inj->next(t, r->other, args);
		return r->result;
	}
	if (r->flags & INJECT_EINTR) {
		store_remaining(t, nr, args);
		return -EINTR;
	}
	if (r->flags & INJECT_SYSCALL)
		return inj->next(t, r->other, args);
	if (r->flags & INJECT_SHORT)
		return cut_short(t, nr, args, in);
	if (r->flags & INJECT_NOMEM)
		return call_without_memory(t, nr, args, in);
	return inj->next(t, nr, args);
}

s64 inject_call(struct task_struct *t, u64 nr, const u64 args[6], struct injection *in)
{
	struct inject *inj = observers_of(t)->inject;
	const struct inject_rule *r = in->rule;
	u64 refused = t->signal->mm_env.commit_refused;
	s64 ret;

	if (!r) {
		ret = inj->next(t, nr, args);
		in->result = t->mm && t->signal->mm_env.commit_refused != refused;
		return ret;
	}
	if (r->flags & INJECT_SIGNAL)
		raise_signal(t, r->signal);
	if (r->flags & INJECT_DELAY_ENTER)
		delay(t, r->delay_enter);
	/* As the kernel has it: the signal is there, and what waits is interrupted by it. */
	t->signal_injected = r->flags & INJECT_SIGNAL && t->async_pending;
	ret = tampered_call(t, (u32)nr, args, in);
	t->signal_injected = false;
	if (r->flags & INJECT_DELAY_EXIT)
		delay(t, r->delay_exit);
	in->delayed = r->flags & (INJECT_DELAY_ENTER | INJECT_DELAY_EXIT);
	if (r->flags & INJECT_POKE_EXIT && (ret >= 0 || ret < -4095)) {
		poke(t, args, r, true);
		in->args = true;
	}
	return ret;
}

bool inject_is_value(const struct injection *in)
{
	return in->rule && in->rule->flags & INJECT_VALUE;
}

const char *inject_note(const struct injection *in)
{
	static const char *const notes[] = {"", " (INJECTED)", " (INJECTED: args)", " (INJECTED: args, retval)",
					    " (DELAYED)", " (INJECTED) (DELAYED)", " (INJECTED: args) (DELAYED)",
					    " (INJECTED: args, retval) (DELAYED)"};

	return notes[in->result + 2 * in->args + 4 * in->delayed];
}

/* ---- beginning ---- */

static s64 inject_syscall(struct task_struct *t, u64 nr, const u64 args[6])
{
	struct injection in = {};

	inject_enter(t, nr, args, &in);
	return inject_call(t, nr, args, &in);
}

void inject_attach(struct inject *inj, struct ulk *ulk)
{
	inj->next = ulk->hooks.syscall;
	ulk->hooks.syscall = inject_syscall;
	/* A call answered inside the engine would pass by. */
	ulk->hooks.syscall_is_fast = NULL;
}

void inject_started(struct inject *inj, struct task_struct *t)
{
	struct mm_env *env = &t->signal->mm_env;

	env->commit_max = inj->memory >> PAGE_SHIFT;
	env->commit_sticky = inj->memory_for_good;
}
