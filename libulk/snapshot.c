// SPDX-License-Identifier: GPL-2.0-or-later
/* The API of include/ulk/snapshot.h over kernel/snapshot.h. */
#include <elf.h>
#include <errno.h>
#include <stdlib.h>
#include <unistd.h>
#include "kernel/snapshot.h"
#include "libulk/internal.h"

struct ulk_snapshot {
	struct ulk_machine *m;
	struct ulk_snapshot *next;
	struct task_snapshot *task;
	u64 pages;
};

int ulk_snapshot(struct ulk_machine *m, const char *const *files, struct ulk_snapshot **out)
{
	struct ulk_snapshot *s;
	const char *why = NULL;
	int err = machine_ok(m, out);

	if (out)
		*out = NULL;
	if (err)
		return err;
	if (!m->task->mm || m->task->signal->exiting)
		return machine_fail(m, -EINVAL, m->task->mm ? "the process has ended" : "no program is loaded");
	if (m->task->running || m->ulk->stopped)
		return machine_fail(m, -EBUSY, "a snapshot is of a process with one thread that stands still");
	s = calloc(1, sizeof(*s));
	if (!s)
		return machine_fail(m, -ENOMEM, NULL);
	err = machine_place_enter(m);
	if (!err) {
		err = task_snapshot_take(m->task, files, &s->task, &why);
		machine_place_leave(m);
		if (err)
			machine_fail(m, err, why);
	}
	if (err) {
		free(s);
		return err;
	}
	s->m = m;
	s->next = m->snapshots;
	m->snapshots = s;
	*out = s;
	return 0;
}

/* Is @s, of which the caller says so, a snapshot of @m? It may have been freed. */
static int check_snapshot(struct ulk_machine *m, const struct ulk_snapshot *s)
{
	int err = machine_idle(m, s);

	for (const struct ulk_snapshot *o = err ? s : m->snapshots; o != s; o = o->next) {
		if (!o)
			return machine_fail(m, -EINVAL, "the snapshot is another machine's, or was freed");
	}
	return err;
}

int ulk_restore(struct ulk_machine *m, struct ulk_snapshot *s)
{
	const char *why;
	int err = check_snapshot(m, s);

	if (err)
		return err;
	machine_drop_symbols(m);
	m->selected = m->passing = NULL;
	__atomic_store_n(&m->stop, 0, __ATOMIC_RELEASE);
	err = machine_place_enter(m);
	if (err)
		return err;
	err = task_snapshot_restore(s->task, &s->pages, &why);
	machine_place_leave(m);
	return err ? machine_fail(m, err, why) : 0;
}

int ulk_snapshot_save(struct ulk_machine *m, const struct ulk_snapshot *s, const char *path)
{
	char why[TASK_SNAPSHOT_WHY];
	int err = check_snapshot(m, s);

	if (!err)
		err = machine_ok(m, path);
	if (err)
		return err;
	err = task_snapshot_write(s->task, path, why);
	return err ? machine_fail(m, err, why) : 0;
}

/* AT_ENTRY. A dynamic program began elsewhere, but not to come back to there either. */
static u64 entry_of(const struct mm_struct *mm)
{
	for (size_t i = 0; i + 1 < ARRAY_SIZE(mm->saved_auxv) && mm->saved_auxv[i]; i += 2) {
		if (mm->saved_auxv[i] == AT_ENTRY)
			return mm->saved_auxv[i + 1];
	}
	return 0;
}

int ulk_snapshot_load(struct ulk_machine *m, const char *path, struct ulk_snapshot **out)
{
	char why[TASK_SNAPSHOT_WHY];
	int err = machine_ok(m, path);

	if (out)
		*out = NULL;
	if (err)
		return err;
	if (m->task->mm || m->task->running)
		return machine_fail(m, -EBUSY, "the machine has a program already");
	/* A working directory of its own, from the beginning. */
	machine_place_note(m, 0);
	err = machine_place_enter(m);
	if (err)
		return err;
	err = task_snapshot_read(m->task, path, why);
	machine_place_leave(m);
	if (err)
		return machine_fail(m, err, why);
	m->entry = entry_of(m->task->mm);
	return out ? ulk_snapshot(m, NULL, out) : 0;
}

uint64_t ulk_snapshot_pages(const struct ulk_snapshot *s)
{
	return s ? s->pages : 0;
}

void ulk_snapshot_free(struct ulk_snapshot *s)
{
	/* What a run notes in it cannot go away meanwhile: it ends with the machine. */
	if (!s || (s->m->task->running && s->m->pid == getpid()))
		return;
	for (struct ulk_snapshot **p = &s->m->snapshots; *p; p = &(*p)->next) {
		if (*p == s) {
			*p = s->next;
			break;
		}
	}
	task_snapshot_free(s->task);
	free(s);
}
