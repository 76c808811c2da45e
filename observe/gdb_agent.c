// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * gdb: the agent in the program's process. The hooks in which a thread may have to stop, and what a stopped one does.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/futex.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>
#include "kernel/sched.h"
#include "kernel/signal.h"
#include "observe/gdb_internal.h"
#include "observe/observe.h"

struct gdb *gdb_of(const struct task_struct *t)
{
	return observers_of(t)->gdb;
}

struct gdb *gdb_create(int fd, struct gdb_shared *shared, unsigned slot, gdb_monitor_fn monitor)
{
	struct gdb *g = calloc(1, sizeof(*g));

	if (!g)
		return NULL;
	g->fd = fd;
	g->shared = shared;
	g->slot = slot;
	g->monitor = monitor;
	g->child_fd = g->server_fd = -1;
	return g;
}

/* What is known of a thread; NULL without memory, and then the thread just runs. */
struct gdb_thread *gdb_know(struct task_struct *t)
{
	if (!t->debugged)
		t->debugged = calloc(1, sizeof(struct gdb_thread));
	return t->debugged;
}

static u32 *stop_word(struct gdb *g)
{
	return &g->shared->slot[g->slot].stop;
}

static bool stop_asked(struct gdb *g)
{
	return __atomic_load_n(stop_word(g), __ATOMIC_ACQUIRE);
}

static void wake_stayers(struct gdb *g)
{
	__atomic_add_fetch(&g->resumed, 1, __ATOMIC_RELEASE);
	HOST(SYS_futex, &g->resumed, FUTEX_WAKE_PRIVATE, INT32_MAX, NULL, NULL, 0);
}

/* ---- letting go ---- */

void gdb_let_go(struct gdb *g)
{
	struct ulk *ulk = g->ulk;
	struct task_struct *t = ulk->tasks;

	if (g->detached)
		return;
	g->detached = true;
	gdb_remove_points(g);
	ulk->hooks.run = NULL;
	ulk->hooks.want_stop = NULL;
	ulk->hooks.filter_signal = NULL;
	ulk->hooks.fork = NULL;
	ulk->hooks.syscall = g->syscall;
	ulk->hooks.syscall_is_fast = g->syscall_is_fast;
	ulk->opt.observe_signals = g->observe_signals;
	for (int sig = 1; t && sig <= ULK_NSIG; sig++)
		host_signal_mirror(t, sig);
	own_fd_close(&ulk->phys->own, &g->fd);
	wake_stayers(g);
}

/* ---- going on ---- */

static bool matches(const struct task_struct *t, int pid, int tid)
{
	return (pid <= 0 || pid == t->pid) && (tid <= 0 || tid == t->tid);
}

/* A signal that gdb sends to a thread which did not stop at one. */
static void send_signal(struct task_struct *o, struct gdb_thread *th, int sig)
{
	siginfo_t info = {.si_signo = sig, .si_code = SI_TKILL};

	info.si_pid = o->pid;
	info.si_uid = getuid();
	th->pass_once |= sigbit(sig);
	HOST(SYS_rt_tgsigqueueinfo, o->pid, o->tid, sig, &info);
}

/* One action of vCont, "c", "C0a", "s", "S0a", "t", "rSTART,END", at *@s, for @o; false when it makes no sense. */
static bool apply(const char **s, struct task_struct *o, bool mine)
{
	struct gdb_thread *th = mine ? gdb_know(o) : NULL;
	char what = *(*s)++;
	u64 sig = 0, start = 0, end = 0;

	if ((what == 'C' || what == 'S') && !gdb_parse_hex(s, &sig))
		return false;
	if (what == 'r' && (!gdb_parse_hex(s, &start) || *(*s)++ != ',' || !gdb_parse_hex(s, &end)))
		return false;
	if (!what || !strchr("cCsStr", what))
		return false;
	if (!th)
		return true;
	th->resume = what == 't' ? GDB_STAY : what == 'r' ? GDB_RANGE : (what | 32) == 's' ? GDB_STEP : GDB_GO;
	th->start = start;
	th->end = end;
	sig = sig > 255 ? 0 : (u64)gdb_signal_from((int)sig);
	if (sig && !th->signal)
		send_signal(o, th, (int)sig);
	if (th->signal)
		th->signal = (int)sig;
	return true;
}

/* The first action of "vCont;ACTION[:THREAD];..." that is for @o. */
static void resume_thread(struct task_struct *o, const char *packet)
{
	const char *s = strchr(packet, ';'), *action, *rest;
	int pid, tid;

	if (gdb_know(o))
		gdb_thread(o)->resume = GDB_STAY;
	while (s) {
		action = rest = s + 1;
		pid = tid = -1;
		if (!apply(&rest, o, false))
			return;
		if (*rest == ':') {
			rest++;
			if (!gdb_parse_thread(&rest, &pid, &tid))
				return;
		}
		if (matches(o, pid, tid)) {
			apply(&action, o, true);
			return;
		}
		s = *rest == ';' ? rest : NULL;
	}
}

static void resume(struct gdb *g, const char *packet)
{
	for (struct task_struct *o = g->ulk->tasks; o; o = o->next) {
		if (o->tid && !o->exited)
			resume_thread(o, packet);
	}
	/* With calls to catch none is answered inside the engine. */
	g->ulk->hooks.syscall_is_fast = g->shared->catch_on ? NULL : g->syscall_is_fast;
	wake_stayers(g);
}

/* ---- stopped ---- */

static struct task_struct *find_thread(struct gdb *g, struct task_struct *self, int tid)
{
	if (tid <= 0)
		return self;
	for (struct task_struct *o = g->ulk->tasks; o; o = o->next) {
		if (o->tid == tid && !o->exited)
			return o;
	}
	return NULL;
}

static bool answer(struct gdb *g, struct task_struct *t, const struct gdb_header *request, size_t n)
{
	struct task_struct *about = find_thread(g, t, request->tid);
	const struct gdb_header h = {.type = GDB_REPLY};
	char *text = NULL;
	size_t len = 0;
	FILE *out = open_memstream(&text, &len);
	bool sent;

	if (!out)
		return false;
	if (!about || !about->mm)
		fputs("E03", out);
	else
		gdb_answer(g, about, (const char *)g->in, n, out);
	fclose(out);
	sent = gdb_send(g->fd, &h, text, min_t(size_t, len, GDB_REPLY_MAX), -1);
	free(text);
	return sent;
}

/* Do what the server says until it says to go on. */
static void serve(struct gdb *g, struct task_struct *t)
{
	struct gdb_header h;
	ssize_t n;

	__atomic_store_n(stop_word(g), 0, __ATOMIC_RELEASE);
	for (;;) {
		n = gdb_receive(g->fd, &h, g->in, sizeof(g->in) - 1, NULL);
		if (n == -EINTR)
			continue;
		if (n < 0)
			break;
		g->in[n] = '\0';
		if (h.type == GDB_RESUME) {
			resume(g, (const char *)g->in);
			return;
		}
		if (h.type == GDB_DETACH) {
			gdb_let_go(g);
			return;
		}
		if (h.type == GDB_REQUEST && !answer(g, t, &h, (size_t)n))
			break;
	}
	/* The server is gone, and with it who wanted this program to be here. */
	kill(getpid(), SIGKILL);
}

/*
 * A thread that is not to run while others do. It returns also when the process ends, or its program is replaced, which the
 * caller finds out by itself.
 */
static void stay(struct gdb *g, struct task_struct *t)
{
	struct gdb_thread *th = gdb_thread(t);
	bool pending;

	if (!th || th->resume != GDB_STAY)
		return;
	pending = __atomic_load_n(&t->sigpending, __ATOMIC_ACQUIRE);
	host_mask_hold(t);
	while (th->resume == GDB_STAY && !g->detached && !t->signal->exiting && !t->signal->execer) {
		u32 seen = __atomic_load_n(&g->resumed, __ATOMIC_ACQUIRE);

		__atomic_store_n(&t->sigpending, 0, __ATOMIC_RELEASE);
		if (stop_asked(g)) {
			const struct gdb_header h = {.type = GDB_STOPPED, .tid = t->tid};

			gdb_send(g->fd, &h, "T00", 3, -1);
			serve(g, t);
			continue;
		}
		HOST_BLOCKING(t, SYS_futex, &g->resumed, FUTEX_WAIT_PRIVATE, seen, NULL, NULL, 0);
	}
	if (pending || t->async_pending)
		__atomic_store_n(&t->sigpending, 1, __ATOMIC_RELEASE);
	t->must_notify = true;
	host_mask_open(t);
}

/* @t stops: tell the server why, "T05swbreak:;" and the like, and wait till it may go on. */
void gdb_stop_with(struct gdb *g, struct task_struct *t, struct gdb_header *h, const char *reason, int pass)
{
	char *text = NULL;
	size_t len = 0;
	FILE *out = open_memstream(&text, &len);
	const struct cpu_regs *r = task_regs(t);

	h->type = GDB_STOPPED;
	h->tid = t->tid;
	if (out) {
		fputs(reason, out);
		fputs("06:", out);
		gdb_put_hex(out, &r->rbp, 8);
		fputs(";07:", out);
		gdb_put_hex(out, &r->rsp, 8);
		fputs(";10:", out);
		gdb_put_hex(out, &r->rip, 8);
		fputs(";thread:", out);
		gdb_put_thread(out, g->shared->multiprocess, t->pid, t->tid);
		putc(';', out);
		fclose(out);
	}
	gdb_send(g->fd, h, text, len, pass);
	free(text);
	if (gdb_know(t))
		gdb_thread(t)->ran = false;
	serve(g, t);
	stay(g, t);
}

void gdb_stop(struct gdb *g, struct task_struct *t, const char *reason)
{
	struct gdb_header h = {};

	/* What stopped it is no signal of the program's. */
	if (gdb_know(t)) {
		gdb_thread(t)->signal = 0;
		memset(&gdb_thread(t)->info, 0, sizeof(siginfo_t));
		gdb_thread(t)->info.si_signo = SIGTRAP;
		gdb_thread(t)->info.si_code = SI_KERNEL;
	}
	gdb_stop_with(g, t, &h, reason, -1);
}

/* ---- executing ---- */

static void stop_at_break(struct gdb *g, struct task_struct *t)
{
	const struct gdb_point *p = gdb_break_at(g, task_regs(t)->rip);

	gdb_stop(g, t, p && p->type == GDB_HWBREAK ? (g->shared->hwbreak ? "T05hwbreak:;" : "T05")
					       : (g->shared->swbreak ? "T05swbreak:;" : "T05"));
}

static void stop_at_watch(struct gdb *g, struct task_struct *t, const struct gdb_point *p)
{
	char reason[48];

	snprintf(reason, sizeof(reason), "T05%s:%lx;",
		 p->type == GDB_WATCH ? "watch" : p->type == GDB_RWATCH ? "rwatch" : "awatch", p->addr);
	gdb_stop(g, t, reason);
}

static bool step_over(const struct gdb_thread *th, u64 rip)
{
	return th->resume == GDB_STEP || (th->resume == GDB_RANGE && (rip < th->start || rip >= th->end));
}

/* ulk_hooks.run */
static void on_run(struct task_struct *t, struct cpu_exit *exit)
{
	struct gdb *g = gdb_of(t);
	struct gdb_thread *th = gdb_know(t);
	const struct gdb_point *hit = NULL;
	bool stepping = th && (th->resume == GDB_STEP || th->resume == GDB_RANGE);

	g->missed = false;
	if (stepping)
		cpu_run_step(g->ulk->cpu, exit);
	else
		cpu_run(g->ulk->cpu, exit);
	if (g->missed && exit->reason == CPU_EXIT_FAULT)
		hit = gdb_watched_step(g, t, exit);
	if (th && exit->reason != CPU_EXIT_KICKED)
		th->ran = true;
	if (exit->reason != CPU_EXIT_BREAK && exit->reason != CPU_EXIT_STEP)
		return;
	t->regs_valid = false;
	task_regs(t);
	if (exit->reason == CPU_EXIT_BREAK)
		stop_at_break(g, t);
	else if (hit)
		stop_at_watch(g, t, hit);
	else if (stepping && step_over(th, t->regs.rip))
		gdb_stop(g, t, "T05");
	exit->reason = CPU_EXIT_STEP;
	if (t->regs_dirty)
		cpu_set_regs(g->ulk->cpu, &t->regs);
	t->regs_dirty = false;
}

static void tell_program(struct gdb *g, struct task_struct *t)
{
	char path[4096], reason[2 * sizeof(path) + 16], *p = reason;
	ssize_t n = t->mm->exe_file ? file_path(t->mm->exe_file, path, sizeof(path)) : -1;

	g->program_changed = false;
	if (!g->shared->exec_events || n < 0)
		return;
	p += sprintf(p, "T05exec:");
	for (size_t i = 0; i < strlen(path); i++)
		p += sprintf(p, "%02x", (u8)path[i]);
	strcpy(p, ";");
	gdb_stop(g, t, reason);
}

/* ulk_hooks.want_stop: never for the machine's owner, but here the thread is at rest. */
static bool on_want_stop(struct task_struct *t, bool signals_delivered)
{
	struct gdb *g = gdb_of(t);
	struct gdb_thread *th = gdb_know(t);

	if (!th)
		return false;
	if (signals_delivered) {
		if (th->ran && step_over(th, t->regs.rip))
			gdb_stop(g, t, "T05");
		th->ran = false;
		return false;
	}
	if (!g->started) {
		g->started = true;
		gdb_stop(g, t, "T05");
	} else if (g->born) {
		g->born = false;
		serve(g, t);
	}
	if (!g->detached && g->program_changed && !t->hand_over)
		tell_program(g, t);
	if (!g->detached && stop_asked(g))
		gdb_stop(g, t, "T00");
	if (!g->detached)
		stay(g, t);
	return false;
}

/* ---- signals ---- */

/* ulk_hooks.filter_signal */
static bool on_signal(struct task_struct *t, siginfo_t *info)
{
	struct gdb *g = gdb_of(t);
	struct gdb_thread *th = gdb_know(t);
	int sig = info->si_signo, then;
	struct gdb_header h = {};
	char reason[8];

	if (!th || sig < 1 || sig > ULK_NSIG)
		return true;
	if ((th->pass_once | g->shared->pass_signals) & sigbit(sig)) {
		th->pass_once &= ~sigbit(sig);
		return true;
	}
	th->signal = sig;
	th->info = *info;
	snprintf(reason, sizeof(reason), "T%02x", (unsigned)gdb_signal_to(sig));
	gdb_stop_with(g, t, &h, reason, -1);
	if (g->detached)
		return g->shared->program_signals & sigbit(sig);
	then = th->signal;
	th->signal = 0;
	if (then == sig) {
		*info = th->info;
	} else if (then) {
		memset(info, 0, sizeof(*info));
		info->si_signo = then;
		info->si_pid = (int)HOST(SYS_getppid);
		info->si_uid = getuid();
	}
	th->ran = then && t->signal->action[then].handler > ULK_SIG_IGN;
	return then;
}

/* ---- system calls ---- */

static bool catching(const struct gdb *g, u64 nr)
{
	const struct gdb_shared *s = g->shared;

	return s->catch_on && (s->catch_all || (nr < GDB_SYSCALLS && s->catch_set[nr / 64] >> nr % 64 & 1));
}

static void stop_at_call(struct gdb *g, struct task_struct *t, const char *end, u64 nr)
{
	char reason[48];

	snprintf(reason, sizeof(reason), "T05syscall_%s:%lx;", end, nr);
	gdb_stop(g, t, reason);
}

/* ulk_hooks.syscall */
static s64 on_syscall(struct task_struct *t, u64 nr, const u64 args[6])
{
	struct gdb *g = gdb_of(t);
	struct gdb_thread *th = gdb_know(t);
	u64 changed[6];
	s64 ret;

	if (!th)
		return g->syscall(t, nr, args);
	if (unlikely(catching(g, nr))) {
		const struct cpu_regs *r;

		th->at_entry = true;
		stop_at_call(g, t, "entry", nr);
		th->at_entry = false;
		r = task_regs(t);
		memcpy(changed, (const u64[]){r->rdi, r->rsi, r->rdx, r->r10, r->r8, r->r9}, sizeof(changed));
		args = changed;
		nr = t->orig_rax;
	}
	th->in_syscall = true;
	ret = g->syscall(t, nr, args);
	/* A fork's child has another. */
	th = gdb_know(t);
	if (!th || g->detached)
		return ret;
	th->in_syscall = false;
	if ((nr == SYS_execve || nr == SYS_execveat) && !ret) {
		gdb_remove_points(g);
		g->program_changed = true;
	}
	/* A step over the call stops behind it anyway. */
	if (unlikely(catching(g, nr)) && th->resume == GDB_GO && !g->born && !t->exited && !t->signal->exiting && !t->hand_over) {
		task_regs(t)->rax = (u64)ret;
		stop_at_call(g, t, "return", nr);
		ret = (s64)task_regs(t)->rax;
	}
	return ret;
}

/* ---- the whole ---- */

void gdb_task_end(struct gdb *g, struct task_struct *t)
{
	const struct gdb_header h = {.type = GDB_EXITED, .pid = t->signal->exit_code};

	if (!g->detached && t->signal->exiting && !g->end_told) {
		g->end_told = true;
		gdb_send(g->fd, &h, NULL, 0, -1);
	}
	free(t->debugged);
	t->debugged = NULL;
}

void gdb_attach(struct gdb *g, struct ulk *ulk)
{
	g->ulk = ulk;
	g->observe_signals = ulk->opt.observe_signals;
	ulk->opt.observe_signals = ~0UL;
	g->syscall = ulk->hooks.syscall;
	g->syscall_is_fast = ulk->hooks.syscall_is_fast;
	ulk->hooks.syscall = on_syscall;
	ulk->hooks.run = on_run;
	ulk->hooks.want_stop = on_want_stop;
	ulk->hooks.filter_signal = on_signal;
	ulk->hooks.fork = gdb_on_fork;
	own_descriptor(ulk, &g->fd);
}
