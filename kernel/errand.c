// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <fcntl.h>
#include <linux/futex.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <time.h>
#include "kernel/errand.h"
#include "kernel/sched.h"
#include "kernel/signal.h"

/* Of the board's state. */
enum { IDLE, POSTED, SERVED, DONE };

#define SLICE_NS (2 * 1000000L)
/* So many slices to wait for; the kick is repeated, for it may have met a thread that was not ready for it. */
#define SLICES     1000
#define KICK_EVERY 25

void errand_before_fork(struct ulk *ulk)
{
	void *board;

	if (ulk->errands)
		return;
	board = mmap(NULL, sizeof(struct errand_board), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	ulk->errands = board == MAP_FAILED ? NULL : board;
}

void errand_exit(struct ulk *ulk)
{
	if (ulk->errands)
		munmap(ulk->errands, sizeof(struct errand_board));
	ulk->errands = NULL;
}

/* ---- who asks ---- */

static void wait_slice(struct task_struct *t, u32 *word, u32 while_it_is)
{
	const struct timespec slice = {.tv_nsec = SLICE_NS};

	cpu_release(t);
	HOST(SYS_futex, word, FUTEX_WAIT, while_it_is, &slice, NULL, 0);
	cpu_acquire(t);
	errand_serve(t);
}

/* The board is this process's. One that was killed while it had it leaves it as it was. */
static bool take_board(struct task_struct *t, struct errand_board *board)
{
	for (int i = 0; i < SLICES; i++) {
		int holder = 0;

		if (__atomic_compare_exchange_n(&board->asker, &holder, t->pid, false, __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE))
			return true;
		if (holder != t->pid && HOST(SYS_kill, holder, 0) == -ESRCH &&
		    __atomic_compare_exchange_n(&board->asker, &holder, t->pid, false, __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE))
			return true;
		wait_slice(t, (u32 *)&board->asker, (u32)holder);
	}
	return false;
}

static void give_board(struct errand_board *board)
{
	__atomic_store_n(&board->asker, 0, __ATOMIC_RELEASE);
	HOST(SYS_futex, &board->asker, FUTEX_WAKE, 1, NULL, NULL, 0);
}

static s64 kick(const struct errand *e)
{
	siginfo_t info = {.si_signo = SIGBUS, .si_code = SI_ULK_KICK};

	return HOST(SYS_rt_tgsigqueueinfo, e->pid, e->kick, SIGBUS, &info);
}

/* A process that is stopped comes to nothing till it is continued. */
static bool is_stopped(const struct errand *e)
{
	char path[40], text[64] = "";
	const char *state;
	s64 fd;

	snprintf(path, sizeof(path), "/proc/%d/stat", e->kick);
	fd = HOST(SYS_open, (uintptr_t)path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return true;
	HOST(SYS_read, fd, (uintptr_t)text, sizeof(text) - 1);
	HOST(SYS_close, fd);
	state = strrchr(text, ')');
	return state && (state[2] == 'T' || state[2] == 'Z' || state[2] == 'X');
}

/* True when it was carried out. */
static bool await(struct task_struct *t, struct errand_board *board)
{
	u32 state, posted = POSTED;

	for (int i = 0; i < SLICES; i++) {
		state = __atomic_load_n(&board->state, __ATOMIC_ACQUIRE);
		if (state == DONE)
			return true;
		if (state == POSTED && i % KICK_EVERY == 0 && (kick(&board->e) < 0 || (i && is_stopped(&board->e))))
			break;
		wait_slice(t, &board->state, state);
	}
	if (__atomic_compare_exchange_n(&board->state, &posted, IDLE, false, __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE))
		return false;
	/* It is at it this moment; one that is killed there will not end it. */
	for (int i = 0; i < SLICES && __atomic_load_n(&board->state, __ATOMIC_ACQUIRE) == SERVED; i++)
		wait_slice(t, &board->state, SERVED);
	return __atomic_load_n(&board->state, __ATOMIC_ACQUIRE) == DONE;
}

s64 errand_ask(struct task_struct *t, struct errand *e, void *data)
{
	struct errand_board *board = t->ulk->errands;
	s64 ret = -ETIMEDOUT;

	if (!board)
		return -ESRCH;
	if (!take_board(t, board))
		return -ETIMEDOUT;
	board->e = *e;
	if (e->write)
		memcpy(board->data, data, e->len);
	__atomic_store_n(&board->state, POSTED, __ATOMIC_RELEASE);
	__atomic_store_n(&board->target, e->pid, __ATOMIC_RELEASE);
	if (await(t, board)) {
		*e = board->e;
		ret = e->ret;
		if (ret > 0 && !e->write)
			memcpy(data, board->data, (size_t)ret);
	}
	__atomic_store_n(&board->target, 0, __ATOMIC_RELEASE);
	give_board(board);
	return ret;
}

/* ---- who is asked ---- */

/* The record at *@next; a text is one. 1, 0 at the end, -errno. */
static int write_record(struct task_struct *target, const struct special_ops *ops, u64 *next, void **view, FILE *out)
{
	int err;

	if (ops->record)
		return ops->record(target, next, view, out);
	if (*next)
		return 0;
	*next = 1;
	err = ops->text(target, out);
	return err ? err : 1;
}

/* Records from e->index on, as many as there is room for. */
static s64 write_records(struct task_struct *target, struct errand *e, u8 *data)
{
	size_t len = 0, whole = 0;
	u64 next = e->index;
	char *buf = NULL;
	void *view = NULL;
	int more;
	FILE *out = open_memstream(&buf, &len);

	if (!out)
		return -ENOMEM;
	while ((more = write_record(target, e->ops, &next, &view, out)) > 0) {
		if (fflush(out) || len > ERRAND_BYTES)
			break;
		whole = len;
		e->index = next;
	}
	if (view && e->ops->release)
		e->ops->release(view);
	fclose(out);
	if (whole)
		memcpy(data, buf, whole);
	free(buf);
	return whole ? (s64)whole : more < 0 ? more : 0;
}

static s64 carry_out(struct task_struct *target, struct errand *e, u8 *data)
{
	size_t left;

	if (!target->mm || (e->mm_id && target->mm->id != e->mm_id))
		return 0;
	if (e->ops && e->ops->rw)
		return e->ops->rw(target, e->pos, data, e->len, e->write);
	if (e->ops)
		return write_records(target, e, data);
	left = e->write ? copy_to_user(target->mm, e->pos, data, e->len)
			: copy_from_user(target->mm, data, e->pos, e->len);
	return left == e->len ? -EFAULT : (s64)(e->len - left);
}

void errand_serve_slow(struct task_struct *t)
{
	struct errand_board *board = t->ulk->errands;
	struct task_struct *target = t;
	u32 posted = POSTED;

	if (!__atomic_compare_exchange_n(&board->state, &posted, SERVED, false, __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE))
		return;
	for (struct task_struct *p = t->ulk->tasks; p; p = p->next)
		if (p->tid == board->e.tid)
			target = p;
	board->e.ret = carry_out(target, &board->e, board->data);
	__atomic_store_n(&board->target, 0, __ATOMIC_RELEASE);
	__atomic_store_n(&board->state, DONE, __ATOMIC_RELEASE);
	HOST(SYS_futex, &board->state, FUTEX_WAKE, 1, NULL, NULL, 0);
	/* The kick is no signal: a call that it ended is made again. */
	if (t->orig_rax != (u64)-1 && !t->async_pending && task_regs(t)->rax == (u64)-EINTR) {
		t->regs.rax = (u64)-ERESTARTNOINTR;
		t->regs_dirty = t->must_notify = true;
	}
}
