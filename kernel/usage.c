// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include "kernel/usage.h"

#define SLOTS 4096
/* As far as a slot may be from where its pid would have it. */
#define REACH 16
#define KB_PER_PAGE (PAGE_SIZE / 1024)

static struct usage *slot_at(struct ulk *ulk, int pid, u32 n)
{
	return &ulk->usage_board[((u32)pid + n) % SLOTS];
}

static struct usage *find(struct ulk *ulk, int pid)
{
	for (u32 n = 0; ulk->usage_board && n < REACH; n++) {
		struct usage *u = slot_at(ulk, pid, n);

		if (__atomic_load_n(&u->pid, __ATOMIC_ACQUIRE) == (u32)pid)
			return u;
	}
	return NULL;
}

static bool gone(u32 pid)
{
	return HOST(SYS_kill, pid, 0) == -ESRCH;
}

/* A slot for @pid: its own from an earlier life, a free one, or that of a process nobody will ask for. */
static struct usage *claim(struct ulk *ulk, int pid)
{
	struct usage *u = find(ulk, pid);

	for (u32 n = 0; !u && n < REACH; n++) {
		u32 old = 0;

		u = slot_at(ulk, pid, n);
		if (!__atomic_compare_exchange_n(&u->pid, &old, (u32)pid, false, __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE) &&
		    (!gone(old) || !__atomic_compare_exchange_n(&u->pid, &old, (u32)pid, false, __ATOMIC_ACQ_REL,
								__ATOMIC_ACQUIRE)))
			u = NULL;
	}
	if (u)
		u->min_flt = u->maj_flt = u->maxrss = 0;
	return u;
}

void usage_before_fork(struct ulk *ulk)
{
	void *board;

	if (ulk->usage_board)
		return;
	board = mmap(NULL, SLOTS * sizeof(struct usage), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	ulk->usage_board = board == MAP_FAILED ? NULL : board;
}

void usage_in_child(struct task_struct *t, bool named)
{
	struct ulk *ulk = t->ulk;

	t->signal->cmin_flt = t->signal->cmaj_flt = t->signal->cmaxrss = 0;
	ulk->usage_unnamed |= !named;
	ulk->usage = ulk->usage_board && !ulk->usage_unnamed ? claim(ulk, t->pid) : NULL;
}

void usage_leave(struct ulk *ulk)
{
	if (ulk->usage)
		__atomic_store_n(&ulk->usage->pid, 0, __ATOMIC_RELEASE);
	ulk->usage = NULL;
}

void usage_note(struct task_struct *t)
{
	const struct signal_struct *sig = t->signal;
	struct usage *u = t->ulk->usage;
	u64 minor, major, rss;

	if (!u)
		return;
	task_faults(t, false, &minor, &major);
	rss = max_t(u64, sig->maxrss, sig->cmaxrss);
	if (t->mm)
		rss = max_t(u64, rss, max_t(u64, t->mm->hiwater_rss, get_mm_rss(t->mm)));
	u->min_flt = minor + sig->cmin_flt;
	u->maj_flt = major + sig->cmaj_flt;
	u->maxrss = rss;
}

void usage_of_child(struct task_struct *t, int pid, struct rusage *ru, bool reaped)
{
	struct signal_struct *sig = t->signal;
	struct usage *u = find(t->ulk, pid);

	if (u) {
		ru->ru_minflt = (long)u->min_flt;
		ru->ru_majflt = (long)u->maj_flt;
		ru->ru_maxrss = (long)(u->maxrss * KB_PER_PAGE);
	}
	if (!reaped)
		return;
	sig->cmin_flt += (u64)ru->ru_minflt;
	sig->cmaj_flt += (u64)ru->ru_majflt;
	sig->cmaxrss = max_t(u64, sig->cmaxrss, (u64)ru->ru_maxrss / KB_PER_PAGE);
	if (u)
		__atomic_store_n(&u->pid, 0, __ATOMIC_RELEASE);
}

void usage_of_children(const struct task_struct *t, struct rusage *ru)
{
	ru->ru_minflt = (long)t->signal->cmin_flt;
	ru->ru_majflt = (long)t->signal->cmaj_flt;
	ru->ru_maxrss = (long)(t->signal->cmaxrss * KB_PER_PAGE);
}

void usage_exit(struct ulk *ulk)
{
	if (ulk->usage_board)
		munmap(ulk->usage_board, SLOTS * sizeof(struct usage));
	ulk->usage_board = ulk->usage = NULL;
}
