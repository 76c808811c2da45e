// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include "kernel/signal.h"
#include "observe/observe.h"
#include "observe/report.h"
#include "observe/stop.h"
#include "observe/symbols.h"
#include "observe/trace.h"
#include "syscalls/syscalls.h"

struct stop {
	enum { STOP_SYSCALL, STOP_FAULT, STOP_TIME } kind;
	struct trace_set calls;
	unsigned long left;        /* calls to go */
	bool reached;
	/* STOP_TIME: a thread of the host's sleeps so long. */
	struct timespec until;
	struct task_struct *task;
	pthread_t timer;
	bool timer_runs;
	/* what was in the hook before */
	s64 (*syscall)(struct task_struct *t, u64 nr, const u64 args[6]);
	bool (*syscall_is_fast)(u64 nr);
};

/* ---- parsing ---- */

static int parse_syscall(const char *what, struct stop *s, char *why)
{
	char *name = strdup(what), *colon, *end;
	int err = 0;

	if (!name)
		return -ENOMEM;
	colon = strchr(name, ':');
	s->left = 1;
	if (colon) {
		*colon++ = '\0';
		errno = 0;
		s->left = strtoul(colon, &end, 10);
		if (errno || *end || end == colon || *colon == '-' || !s->left) {
			snprintf(why, 160, "`%s' is not a count", colon);
			err = -EINVAL;
		}
	}
	if (!err)
		err = parse_call_set(name, &s->calls, why, 160);
	free(name);
	return err;
}

static int parse_time(const char *what, struct stop *s, char *why)
{
	char *end;
	double seconds = strtod(what, &end);

	if (*end || end == what || !(seconds >= 0 && seconds < 1e9)) {
		snprintf(why, 160, "`%s' is not a number of seconds", what);
		return -EINVAL;
	}
	s->until.tv_sec = (time_t)seconds;
	s->until.tv_nsec = (long)((seconds - (double)s->until.tv_sec) * 1e9);
	return 0;
}

int stop_address(struct task_struct *t, const char *where, u64 *addr, char *why)
{
	char *plus, *end, *name;
	u64 offset = 0;
	int err;

	snprintf(why, 160, "no such symbol, line or address in the program");
	if (where[0] == '0' && (where[1] | 32) == 'x') {
		errno = 0;
		*addr = strtoull(where, &end, 16);
		return errno || *end || end == where + 2 ? -EINVAL : 0;
	}
	if (strchr(where, ':')) {
		struct symbols *s = symbols_open(t);

		err = s && symbols_line(s, where, addr) ? 0 : -ENOENT;
		symbols_close(s);
		return err;
	}
	name = strdup(where);
	if (!name)
		return -ENOMEM;
	plus = strrchr(name, '+');
	if (plus) {
		offset = strtoull(plus + 1, &end, 0);
		if (!*end && end > plus + 1)
			*plus = '\0';
		else
			offset = 0;
	}
	err = symbol_address(t->mm, name, addr);
	*addr += offset;
	free(name);
	return err;
}

int stop_parse(struct task_struct *t, const char *where, struct stop **out, u64 *addr, char *why)
{
	struct stop *s;
	int err = 0;

	*out = NULL;
	if (strncmp(where, "syscall:", 8) && strcmp(where, "fault") && strncmp(where, "time:", 5))
		return stop_address(t, where, addr, why);
	s = calloc(1, sizeof(*s));
	if (!s)
		return -ENOMEM;
	s->task = t;
	s->kind = *where == 's' ? STOP_SYSCALL : *where == 'f' ? STOP_FAULT : STOP_TIME;
	if (s->kind == STOP_SYSCALL)
		err = parse_syscall(where + 8, s, why);
	else if (s->kind == STOP_TIME)
		err = parse_time(where + 5, s, why);
	if (err)
		free(s);
	else
		*out = s;
	return err;
}

/* ---- waiting ---- */

static s64 stop_syscall(struct task_struct *t, u64 nr, const u64 args[6])
{
	struct stop *s = t->ulk->stop;

	if (s->reached || !set_has(&s->calls, (u32)nr) || --s->left)
		return s->syscall(t, nr, args);
	/* Back onto the instruction: the call is still to come when the run goes on. */
	s->reached = true;
	return -ERESTARTNOINTR;
}

/* A signal of the program's own making that nothing but its death can follow. */
static bool deadly(const struct task_struct *t, const siginfo_t *info)
{
	int sig = info->si_signo;

	return (REPORT_SIGNALS >> (sig - 1) & 1) && t->signal->action[sig].handler == 0;
}

static bool want_stop(struct task_struct *t, bool signals_delivered)
{
	struct stop *s = t->ulk->stop;

	switch (s->kind) {
	case STOP_SYSCALL:
		/* Only now is the program counter back where the call is. */
		if (!s->reached || !signals_delivered)
			return false;
		break;
	case STOP_FAULT:
		if (s->reached || signals_delivered || !((t->sync_pending && deadly(t, &t->sync_info)) ||
							 (t->async_pending && deadly(t, &t->async_info))))
			return false;
		s->reached = true;
		break;
	case STOP_TIME:
		if (!__atomic_load_n(&s->reached, __ATOMIC_ACQUIRE))
			return false;
		break;
	}
	t->ulk->hooks.want_stop = NULL;
	return true;
}

static void *timer_main(void *arg)
{
	struct stop *s = arg;

	while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &s->until, NULL) == EINTR)
		;
	__atomic_store_n(&s->reached, true, __ATOMIC_RELEASE);
	host_thread_kick(s->task);
	return NULL;
}

static int start_timer(struct stop *s)
{
	u64 all = ~0UL, old;
	struct timespec now;
	int err;

	clock_gettime(CLOCK_MONOTONIC, &now);
	s->until.tv_sec += now.tv_sec;
	s->until.tv_nsec += now.tv_nsec;
	if (s->until.tv_nsec >= 1000000000) {
		s->until.tv_nsec -= 1000000000;
		s->until.tv_sec++;
	}
	/* The guest's signals are not for it. */
	HOST(SYS_rt_sigprocmask, SIG_SETMASK, &all, &old, sizeof(old));
	err = pthread_create(&s->timer, NULL, timer_main, s);
	HOST(SYS_rt_sigprocmask, SIG_SETMASK, &old, NULL, sizeof(old));
	s->timer_runs = !err;
	return -err;
}

int stop_arm(struct stop *s, struct ulk *ulk)
{
	stop_free(ulk->stop, ulk);
	ulk->stop = s;
	s->syscall = ulk->hooks.syscall;
	s->syscall_is_fast = ulk->hooks.syscall_is_fast;
	if (s->kind == STOP_SYSCALL) {
		ulk->hooks.syscall = stop_syscall;
		ulk->hooks.syscall_is_fast = NULL;
	}
	ulk->hooks.want_stop = want_stop;
	return s->kind == STOP_TIME ? start_timer(s) : 0;
}

void stop_free(struct stop *s, struct ulk *ulk)
{
	if (!s)
		return;
	if (s->timer_runs) {
		pthread_cancel(s->timer);
		pthread_join(s->timer, NULL);
	}
	ulk->hooks.syscall = s->syscall;
	ulk->hooks.syscall_is_fast = s->syscall_is_fast;
	ulk->hooks.want_stop = NULL;
	ulk->stop = NULL;
	free(s);
}
