// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Signals from outside, in recordings: an entry with the siginfo, whose time and thread say when it is sent again. The entries are in the
 * order of the turns; so a signal is foretold (kernel/determin.h) once its entry is the next one.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>
#include "kernel/determin.h"
#include "observe/observe.h"
#include "observe/record_internal.h"

struct signal_entry {
	struct entry e;
	struct piece piece;
	siginfo_t info;
};

static bool is_signal(const struct entry *e)
{
	return e->nr == SIGNAL_CALL || e->nr == SIGNAL_BETWEEN;
}

static bool is_whole(const struct signal_entry *s)
{
	struct signal_entry plain = *s;

	plain.e.sum = 0;
	return s->e.pieces == 1 && s->piece.size == sizeof(s->info) && record_sum(0, &plain, sizeof(plain)) == s->e.sum;
}

void record_foretell(struct record *r, struct ulk *ulk)
{
	struct signal_entry next;
	s64 at = HOST(SYS_lseek, r->fd, 0, SEEK_CUR);
	bool found = HOST(SYS_pread64, r->fd, &next, sizeof(next), at) == (s64)sizeof(next) && is_signal(&next.e) && is_whole(&next);

	det_foretell_signal(ulk, found ? next.e.tid : 0, found ? next.e.now : 0, found && next.e.nr == SIGNAL_CALL, &next.info);
}

void record_signal(struct task_struct *t, const siginfo_t *info)
{
	struct record *r = observers_of(t)->record;
	s64 ret = t->orig_rax == (u64)-1 ? 0 : (s64)t->regs.rax;
	bool in_call = det_signal_interrupts(t) || (ret <= -ERESTARTSYS && ret >= -ERESTART_RESTARTBLOCK);
	struct signal_entry s;

	if (r->replay) {
		record_read(r, t, &s.e, sizeof(s.e));
		if (!is_signal(&s.e) || s.e.tid != t->tid)
			record_diverged(r, t, "a signal came that was not recorded");
		record_read(r, t, &s.piece, sizeof(s) - sizeof(s.e));
		record_foretell(r, t->ulk);
		return;
	}
	memset(&s, 0, sizeof(s));
	s.e = (struct entry){in_call ? SIGNAL_CALL : SIGNAL_BETWEEN, 1, ret, det_now(t->ulk), t->pid, t->tid, 0};
	s.piece.size = sizeof(s.info);
	s.info = *info;
	record_write(r, t, (char *)&s, sizeof(s));
}
