// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Steps, limits and threads. A limit of instructions is counted by blocks, whose lengths are decoded once; shortly before it
 * is reached the rest is stepped, so that it is met exactly.
 */
#include <errno.h>
#include <linux/futex.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>
#include "kernel/determin.h"
#include "kernel/sched.h"
#include "kernel/signal.h"
#include "libulk/internal.h"

/* The engine's longest block: no more is executed once it is asked to leave. */
#define BLOCK_MAX 512
#define SIZES     65536

enum { OVER_INSTRUCTIONS = 1, OVER_SECONDS = 2 };

/* How many instructions a block has, by its address and size: a cache. */
struct block_sizes {
	struct {
		u64 addr;
		u32 size, insns;
	} slot[SIZES];
};

/* ---- counting ---- */

static u32 count_insns(struct task_struct *t, u64 addr, u64 end)
{
	u8 code[BLOCK_MAX * 15];
	size_t len = mm_peek(t->mm, addr, code, min_t(u64, end - addr, sizeof(code)));
	u32 n = 0;

	for (size_t at = 0; at < len; n++)
		at += decode_length(code + at, len - at);
	return n;
}

static void on_block(void *arg, u64 addr, u32 size)
{
	struct ulk_machine *m = arg;
	u64 hash = (addr * 0x9e3779b97f4a7c15UL >> 40 ^ size) % SIZES;
	/* A step is one instruction, whatever the block. */
	if (!m->counting || !m->running)
		return;
	if (m->sizes->slot[hash].addr != addr || m->sizes->slot[hash].size != size) {
		m->sizes->slot[hash].insns = count_insns(m->running, addr, addr + size);
		m->sizes->slot[hash].addr = addr;
		m->sizes->slot[hash].size = size;
	}
	m->block_addr = addr;
	m->block_size = size;
	m->block_insns = m->sizes->slot[hash].insns;
	/* The kick is heard before this block's first instruction. */
	if (m->count + 2 * BLOCK_MAX > m->limit)
		cpu_kick(m->ulk->cpu);
	m->count += m->block_insns;
}

/* The block that was entered last may have been left in its middle. */
static void count_last_block(struct task_struct *t, const struct cpu_exit *exit)
{
	struct ulk_machine *m = t->ulk->owner;
	u64 rip;

	if (!m->block_insns)
		return;
	t->regs_valid = false;
	rip = task_regs(t)->rip;
	/* A kick is heard when it was told of, before its first instruction. */
	if (rip - m->block_addr < m->block_size)
		m->count -= m->block_insns - count_insns(t, m->block_addr, rip);
	m->block_insns = 0;
}

static bool executed(const struct cpu_exit *exit)
{
	switch (exit->reason) {
	case CPU_EXIT_STEP:
	case CPU_EXIT_SYSCALL:
		return true;
	case CPU_EXIT_EXCEPTION: /* traps; the others are faults */
		return exit->exception.vector == 3 || exit->exception.vector == 4 || exit->exception.vector == 0x80;
	default:
		return false;
	}
}

/* ---- running ---- */

static void run_one(struct task_struct *t, struct cpu_exit *exit)
{
	struct ulk_machine *m = t->ulk->owner;

	machine_step(t, exit);
	m->count += executed(exit);
	if (m->count < m->limit || !executed(exit)) {
		if (exit->reason != CPU_EXIT_STEP)
			return;
		t->regs_valid = false;
		if (machine_is_break(m, task_regs(t)->rip) || t->regs.rip == cpu_get_break(t->ulk->cpu))
			exit->reason = CPU_EXIT_BREAK;
		return;
	}
	m->over = OVER_INSTRUCTIONS;
	/* A call is still to be made, a trap to be delivered. */
	m->told = exit->reason == CPU_EXIT_STEP;
	if (m->told)
		exit->reason = CPU_EXIT_BREAK;
	else
		m->stop_thread = t;
}

static void run_block(struct task_struct *t, struct cpu_exit *exit)
{
	struct ulk_machine *m = t->ulk->owner;

	if (m->passing == t && m->passing_addr == task_regs(t)->rip) {
		machine_step(t, exit);
		/* Kicked, it still stands there. */
		if (exit->reason != CPU_EXIT_KICKED)
			m->passing = NULL;
		m->count += executed(exit);
		return;
	}
	m->running = t;
	cpu_run(t->ulk->cpu, exit);
	m->running = NULL;
	if (m->counting)
		count_last_block(t, exit);
}

/*
 * The limit was reached by another thread. If its last instruction was a system call in which it now waits, this one ends the
 * run in its place; once that is done, who gets here stands still until the next run.
 */
static void limit_passed(struct task_struct *t, struct cpu_exit *exit)
{
	struct ulk_machine *m = t->ulk->owner;
	u32 seen = __atomic_load_n(&t->ulk->stops_over, __ATOMIC_ACQUIRE);

	exit->reason = m->told ? CPU_EXIT_KICKED : CPU_EXIT_BREAK;
	if (m->told) {
		t->cpu_wanted = true;
		HOST_BLOCKING(t, SYS_futex, &t->ulk->stops_over, FUTEX_WAIT_PRIVATE, seen, NULL, NULL, 0);
		t->cpu_wanted = false;
		t->must_notify = true;
	}
	m->told = true;
}

/* Is another thread to be stepped, and able to go on? Then @t stands still. (One that is stepped and waits may wait for @t.) */
static bool another_steps(const struct ulk_machine *m, const struct task_struct *t)
{
	if (!m->stepping || m->stepping == t)
		return false;
	for (const struct task_struct *o = m->ulk->tasks; o; o = o->next) {
		if (o == m->stepping)
			return !o->exited && (__atomic_load_n(&o->cpu_wanted, __ATOMIC_ACQUIRE) ||
					      (m->ulk->det ? det_ready(o) : !o->cpu_released));
	}
	return false;
}

/* ulk_hooks.run */
static void on_run(struct task_struct *t, struct cpu_exit *exit)
{
	struct ulk_machine *m = t->ulk->owner;
	bool ours = m->pid == getpid();

	if (ours && m->counting && m->count >= m->limit) {
		limit_passed(t, exit);
		return;
	}
	if (ours && another_steps(m, t)) {
		/* On its way to the CPU, for which it need not queue behind this one for long. */
		if (t->ulk->det)
			det_end_turn(t);
		else
			HOST(SYS_sched_yield);
		exit->reason = CPU_EXIT_KICKED;
		return;
	}
	if (ours && (m->stepping == t || (m->counting && m->count + 2 * BLOCK_MAX > m->limit)))
		run_one(t, exit);
	else
		run_block(t, exit);
	if (exit->reason != CPU_EXIT_BREAK)
		return;
	if (!ours) {
		/* Nobody waits for it there: on it goes. */
		t->regs_valid = false;
		m->passing = t;
		m->passing_addr = task_regs(t)->rip;
		exit->reason = CPU_EXIT_STEP;
	} else if (!m->over) {
		t->regs_valid = false;
		machine_break_reached(t);
	}
}

static bool on_stop(struct watch *w, struct task_struct *t)
{
	struct ulk_machine *m = container_of(w, struct ulk_machine, control);

	if (m->stop_thread != t)
		return false;
	m->stop_thread = NULL;
	if (m->over && m->told)
		return false;
	m->told = true;
	return true;
}

void machine_control(struct ulk_machine *m)
{
	bool hook = m->nr_addresses || m->stepping || m->counting, watch = m->nr_calls || m->limited;

	if (hook && !m->ulk->hooks.run)
		m->ulk->hooks.run = on_run;
	else if (!hook && m->ulk->hooks.run == on_run)
		m->ulk->hooks.run = NULL;
	if (watch && !m->controlled) {
		m->control.stop = on_stop;
		watch_attach(m->ulk, &m->control);
	} else if (!watch && m->controlled) {
		watch_detach(m->ulk, &m->control);
	}
	m->controlled = watch;
}

void machine_control_free(struct ulk_machine *m)
{
	machine_breaks_free(m);
	free(m->sizes);
	m->sizes = NULL;
}

static bool at_break(struct ulk_machine *m)
{
	u64 rip = task_regs(ulk_machine_task(m))->rip;

	return m->hit || rip == cpu_get_break(m->ulk->cpu);
}

/* What a run counts ends with it. */
static int run_limited(struct ulk_machine *m, struct ulk_result *result)
{
	int err;

	m->limited = true;
	machine_control(m);
	err = machine_run(m, result);
	m->limited = m->counting = false;
	m->stepping = m->stop_thread = NULL;
	machine_control(m);
	/* What has ended the process meanwhile is the better answer, and a break must not pass unheard. */
	if (!err && m->over && result->end == ULK_END_BREAK && (m->over == OVER_INSTRUCTIONS || !at_break(m)))
		*result = (struct ulk_result){.end = ULK_END_LIMIT, .code = (int)m->over};
	return err;
}

static int begin(struct ulk_machine *m, u64 instructions, struct ulk_result *result)
{
	struct task_struct *t;
	int err = machine_task(m, result, &t);

	if (result)
		*result = (struct ulk_result){.end = ULK_END_ERROR};
	if (err)
		return err;
	if (m->current || t->signal->exiting)
		return machine_fail(m, -EINVAL, m->current ? "a callback cannot run the machine" : "the process has ended");
	if (m->task->running || (m->ulk->hooks.run && m->ulk->hooks.run != on_run))
		return machine_fail(m, -EBUSY, "the machine runs already, or a debugger has it");
	m->over = 0;
	m->told = false;
	m->count = 0;
	m->limit = instructions;
	return 0;
}

int ulk_step(struct ulk_machine *m, uint64_t n, struct ulk_result *result)
{
	int err;

	err = begin(m, n, result);
	if (err)
		return err;
	if (!n) {
		*result = (struct ulk_result){.end = ULK_END_LIMIT, .code = OVER_INSTRUCTIONS};
		return 0;
	}
	m->stepping = ulk_machine_task(m);
	return run_limited(m, result);
}

uint64_t ulk_instructions(const struct ulk_machine *m)
{
	return m ? m->count : 0;
}

/* ---- limits ---- */

/* A thread of the host's, which waits for the time to be over, or for being told that it need not. */
struct timer {
	struct ulk_machine *m;
	pthread_t thread;
	struct timespec until;
	u32 cancelled; /* futex */
};

static void *timer_main(void *arg)
{
	struct timer *timer = arg;
	struct ulk_machine *m = timer->m;

	while (!__atomic_load_n(&timer->cancelled, __ATOMIC_ACQUIRE)) {
		if (HOST(SYS_futex, &timer->cancelled, FUTEX_WAIT_BITSET_PRIVATE, 0, &timer->until, NULL,
			 FUTEX_BITSET_MATCH_ANY) != -ETIMEDOUT)
			continue;
		__atomic_store_n(&m->over, OVER_SECONDS, __ATOMIC_RELEASE);
		machine_interrupt(m);
		break;
	}
	return NULL;
}

static int timer_start(struct timer *timer, struct ulk_machine *m, double seconds)
{
	u64 all = ~0UL, old;
	int err;

	timer->m = m;
	timer->cancelled = 0;
	clock_gettime(CLOCK_MONOTONIC, &timer->until);
	timer->until.tv_sec += (time_t)seconds;
	timer->until.tv_nsec += (long)((seconds - (double)(time_t)seconds) * 1e9);
	if (timer->until.tv_nsec >= 1000000000) {
		timer->until.tv_nsec -= 1000000000;
		timer->until.tv_sec++;
	}
	/* The guest's signals are not for it, nor the host's. */
	HOST(SYS_rt_sigprocmask, SIG_SETMASK, &all, &old, sizeof(old));
	err = pthread_create(&timer->thread, NULL, timer_main, timer);
	HOST(SYS_rt_sigprocmask, SIG_SETMASK, &old, NULL, sizeof(old));
	return -err;
}

static void timer_stop(struct timer *timer)
{
	__atomic_store_n(&timer->cancelled, 1, __ATOMIC_RELEASE);
	HOST(SYS_futex, &timer->cancelled, FUTEX_WAKE_PRIVATE, 1, NULL, NULL, 0);
	pthread_join(timer->thread, NULL);
}

static int count_blocks(struct ulk_machine *m)
{
	int err;

	if (!m->sizes && !(m->sizes = calloc(1, sizeof(*m->sizes))))
		return -ENOMEM;
	/* Stays until a run that need not count: making the engine call it costs all translated code. */
	err = m->counter ? 0 : cpu_watch_blocks(m->ulk->cpu, on_block, m);
	m->counter = m->counting = !err;
	m->block_insns = 0;
	return err;
}

void machine_count_no_more(struct ulk_machine *m)
{
	if (m->counter)
		cpu_unwatch_blocks(m->ulk->cpu, m);
	m->counter = false;
}

int ulk_run_for(struct ulk_machine *m, uint64_t instructions, double seconds, struct ulk_result *result)
{
	struct timer timer;
	int err;

	err = begin(m, instructions, result);
	if (err)
		return err;
	if (!(seconds >= 0 && seconds < 1e9))
		return machine_fail(m, -EINVAL, "not a number of seconds");
	if (!instructions)
		machine_count_no_more(m);
	if (instructions && (err = count_blocks(m)))
		return machine_fail(m, err, NULL);
	if (seconds > 0)
		err = timer_start(&timer, m, seconds);
	if (err) {
		m->counting = false;
	} else {
		err = run_limited(m, result);
		if (seconds > 0)
			timer_stop(&timer);
	}
	/* It may have come too late to be heard. */
	__atomic_store_n(&m->ulk->stop_request, 0, __ATOMIC_RELEASE);
	return err ? machine_fail(m, err, NULL) : 0;
}

/* ---- threads ---- */

int ulk_threads(struct ulk_machine *m, int *tids, size_t max)
{
	struct task_struct *t;
	int err = machine_task(m, tids || !max, &t), n = 0;

	if (err)
		return err;
	for (const struct task_struct *o = m->ulk->tasks; o; o = o->next) {
		if (o->signal != t->signal || o->exited)
			continue;
		if ((size_t)n < max)
			tids[n] = o->tid;
		n++;
	}
	return n;
}

int ulk_select_thread(struct ulk_machine *m, int tid)
{
	struct task_struct *t;
	int err = machine_ok(m, true);

	if (err)
		return err;
	m->selected = NULL;
	err = machine_task(m, true, &t);
	if (err || !tid)
		return err;
	for (struct task_struct *o = m->ulk->tasks; o; o = o->next) {
		if (o->signal == t->signal && !o->exited && o->tid == tid) {
			m->selected = o;
			return 0;
		}
	}
	return machine_fail(m, -ESRCH, "the program has no such thread");
}

int ulk_thread(const struct ulk_machine *m)
{
	if (!m || !m->made)
		return -EINVAL;
	return (m->current ?: m->selected ?: m->ulk->stopped ?: m->task)->tid;
}
