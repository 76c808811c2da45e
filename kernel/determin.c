// SPDX-License-Identifier: GPL-2.0-or-later
/* Deterministic runs: their beginning, virtual time and chance. */
#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include "kernel/det_internal.h"
#include "kernel/sched.h"
#include "kernel/signal.h"

static u64 next_random(struct determin *d)
{
	u64 x = d->rng += 0x9e3779b97f4a7c15;

	x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9;
	x = (x ^ x >> 27) * 0x94d049bb133111eb;
	return x ^ x >> 31;
}

/* On the way into each basic block. */
static void count_block(void *arg, u64 addr, u32 size)
{
	struct ulk *ulk = arg;
	struct determin *d = ulk->det;

	d->now += DET_BLOCK_NS;
	if (unlikely(d->now >= d->kick_at)) {
		d->kick_at = ~0UL;
		cpu_kick(ulk->cpu);
	}
	if (--d->quantum)
		return;
	d->quantum = DET_QUANTUM;
	d->turn_over = true;
	cpu_kick(ulk->cpu);
}

static u64 random_number(void *arg)
{
	return next_random(((struct ulk *)arg)->det);
}

int det_create(struct ulk *ulk, u64 seed)
{
	struct determin *d = mmap(NULL, sizeof(*d), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	pthread_mutexattr_t attr;

	if (d == MAP_FAILED)
		return -errno;
	d->seed = d->rng = seed;
	d->quantum = DET_QUANTUM;
	d->kick_at = ~0UL;
	d->epoch = DET_EPOCH;
	pthread_mutexattr_init(&attr);
	pthread_mutexattr_setpshared(&attr, PTHREAD_PROCESS_SHARED);
	pthread_mutexattr_setrobust(&attr, PTHREAD_MUTEX_ROBUST);
	pthread_mutex_init(&d->lock, &attr);
	pthread_mutexattr_destroy(&attr);
	ulk->det = d;
	cpu_trap_tsc(ulk->cpu, true);
	cpu_set_random(ulk->cpu, random_number, ulk);
	return cpu_watch_blocks(ulk->cpu, count_block, ulk);
}

void det_destroy(struct ulk *ulk)
{
	if (ulk->det)
		munmap(ulk->det, sizeof(*ulk->det));
	ulk->det = NULL;
}

void det_set_epoch(struct ulk *ulk, u64 seconds)
{
	ulk->det->epoch = seconds;
}

u64 det_now(struct ulk *ulk)
{
	return ulk->det->now;
}

void det_jump(struct determin *d, u64 to)
{
	if (d->now >= to)
		return;
	d->began += to - d->now; /* nobody ran */
	d->now = to;
}

u64 det_slot_cpu(const struct determin *d, const struct det_slot *s)
{
	return s->cpu + (s == &d->slots[d->current] ? d->now - d->began : 0);
}

u64 det_process_cpu(struct task_struct *t)
{
	const struct determin *d = t->ulk->det;
	u64 sum = 0;

	det_for_each(d, s) {
		if (s->pid == t->pid)
			sum += det_slot_cpu(d, s);
	}
	return sum;
}

s64 task_clock(struct task_struct *t, clockid_t clock, struct timespec *ts)
{
	const struct determin *d = t->ulk->det;
	s64 ret = HOST(SYS_clock_gettime, clock, ts);
	u64 base = 0, ns;

	if (!d || ret < 0)
		return ret;
	ns = d->now;
	switch (clock) {
	case CLOCK_REALTIME: case CLOCK_REALTIME_COARSE: case CLOCK_TAI: case CLOCK_REALTIME_ALARM:
		base = d->epoch;
		break;
	case CLOCK_MONOTONIC: case CLOCK_MONOTONIC_COARSE: case CLOCK_MONOTONIC_RAW: case CLOCK_BOOTTIME: case CLOCK_BOOTTIME_ALARM:
		base = DET_UPTIME;
		break;
	case CLOCK_THREAD_CPUTIME_ID:
		ns = det_slot_cpu(d, t->det);
		break;
	default:
		ns = det_process_cpu(t);
	}
	ts->tv_sec = (time_t)(base + ns / 1000000000);
	ts->tv_nsec = (long)(ns % 1000000000);
	return ret;
}

void det_random(struct ulk *ulk, void *buf, size_t n)
{
	u8 *p = buf;

	while (n) {
		u64 x = next_random(ulk->det);
		size_t k = n < 8 ? n : 8;

		memcpy(p, &x, k);
		p += k;
		n -= k;
	}
}

bool det_rdtsc(struct task_struct *t)
{
	struct cpu_regs *r = task_regs(t);
	u8 code[3] = {0};
	u64 tsc;
	bool p;

	if (t->notsc || mm_peek(t->mm, r->rip, code, sizeof(code)) < 2 || code[0] != 0x0f)
		return false;
	p = code[1] == 0x01 && code[2] == 0xf9;
	if (!p && code[1] != 0x31)
		return false;
	tsc = (DET_UPTIME * 1000000000 + t->ulk->det->now) * DET_CYCLES_PER_NS;
	t->ulk->det->now += DET_BLOCK_NS;
	r->rax = (u32)tsc;
	r->rdx = tsc >> 32;
	if (p)
		r->rcx = 0; /* CPU 0 of node 0 */
	r->rip += p ? 3 : 2;
	t->regs_dirty = true;
	return true;
}

void det_siginfo(struct task_struct *t, siginfo_t *info)
{
	if (info->si_code == SI_ULK_USER)
		info->si_code = SI_USER;
	else if (info->si_code == SI_ULK_KERNEL)
		info->si_code = SI_KERNEL;
	if (info->si_signo == SIGCHLD && info->si_code > 0 && info->si_code != SI_KERNEL)
		info->si_utime = info->si_stime = 0;
	else if (info->si_code == SI_TIMER)
		info->si_overrun = det_timer_taken(t, info->si_timerid);
}

void det_rusage(struct ulk *ulk, struct rusage *ru)
{
	if (ulk->det)
		*ru = (struct rusage){.ru_maxrss = ru->ru_maxrss, .ru_minflt = ru->ru_minflt, .ru_majflt = ru->ru_majflt};
}

void det_syscall(struct task_struct *t, u64 nr)
{
	struct determin *d = t->ulk->det;

	t->det->interrupted = false;
	d->now += DET_SYSCALL_NS;
	d->progress++;
	d->pause = 0;
	switch ((u32)nr) {
	case SYS_kill: case SYS_tkill: case SYS_tgkill: case SYS_rt_sigqueueinfo: case SYS_rt_tgsigqueueinfo:
	case SYS_pidfd_send_signal: case SYS_exit: case SYS_exit_group:
		/* Those who wait have a look. */
		d->signals++;
	}
}
