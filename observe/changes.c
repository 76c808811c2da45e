// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>
#include "observe/changes.h"
#include "observe/observe.h"
#include "procfs/internal.h"

static void on_event(struct memory_sink *s, struct task_struct *t, const struct memory_event *e)
{
	struct changes *ch = container_of(s, struct changes, sink);
	char *text = NULL;
	size_t size;
	FILE *out;

	if (e->kind == MEMORY_START)
		return;
	out = open_memstream(&text, &size);
	if (!out)
		return;
	if (!ch->bare && t->tid != t->pid)
		fprintf(out, "[%d] ", t->tid);
	if (!ch->bare)
		fprintf(out, "%s\n", e->kind == MEMORY_FAULT ? "page fault: the stack grew" : e->text);
	ch->put(ch, out, t, e);
	fclose(out);
	write_fully(ch->fd, text, size);
	free(text);
}

static void on_attach(struct memory_sink *s, struct ulk *ulk)
{
	own_descriptor(ulk, &container_of(s, struct changes, sink)->fd);
}

int changes_open(struct changes *ch, const char *path,
		 void (*put)(struct changes *ch, FILE *out, struct task_struct *t, const struct memory_event *e))
{
	*ch = (struct changes){.sink = {.event = on_event, .attach = on_attach}, .put = put};
	if (path)
		ch->fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_APPEND | O_CLOEXEC, 0666);
	else
		ch->fd = fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 3);
	return ch->fd < 0 ? -errno : 0;
}

void changes_close(struct changes *ch)
{
	if (ch->fd >= 0)
		close(ch->fd);
	ch->fd = -1;
}

void changes_put_area(FILE *out, const struct areas *all, const struct area *a)
{
	const char perms[] = {a->flags & VM_READ ? 'r' : '-', a->flags & VM_WRITE ? 'w' : '-', a->flags & VM_EXEC ? 'x' : '-',
			      a->flags & VM_MAYSHARE ? 's' : 'p', '\0'};

	proc_put_map_header(out, a->start, a->end, perms, a->offset, a->dev, a->ino, area_name(all, a));
}

static void put_area(FILE *out, char sign, const struct areas *all, const struct area *a)
{
	fprintf(out, "  %c ", sign);
	changes_put_area(out, all, a);
}

/* Flags that no line of maps shows: "    now locked, not dumped; no longer huge pages". */
static void put_flag_changes(FILE *out, const struct area *was, const struct area *now)
{
	const vm_flags_t came = now->flags & ~was->flags, went = was->flags & ~now->flags;
	const char *sep = "    now ";

	for (size_t i = 0; area_flag_words[i].word; i++) {
		if (came & area_flag_words[i].flag) {
			fprintf(out, "%s%s", sep, area_flag_words[i].word);
			sep = ", ";
		}
	}
	sep = *sep == ',' ? "; no longer " : "    no longer ";
	for (size_t i = 0; area_flag_words[i].word; i++) {
		if (went & area_flag_words[i].flag) {
			fprintf(out, "%s%s", sep, area_flag_words[i].word);
			sep = ", ";
		}
	}
	putc('\n', out);
}

static bool words_differ(const struct area *was, const struct area *now)
{
	for (size_t i = 0; area_flag_words[i].word; i++) {
		if ((was->flags ^ now->flags) & area_flag_words[i].flag)
			return true;
	}
	return false;
}

void changes_put_areas(struct changes *ch, FILE *out, struct task_struct *t, const struct memory_event *e)
{
	const struct areas *a = e->areas;

	for (u32 i = 0; i < a->nr_gone; i++)
		put_area(out, '-', a, &a->gone[i]);
	for (u32 i = 0; i < a->nr_fresh; i++) {
		const struct area *now = &a->fresh[i], *was = NULL;

		put_area(out, '+', a, now);
		for (u32 j = 0; j < a->nr_gone && !was; j++)
			was = a->gone[j].start < now->end && now->start < a->gone[j].end ? &a->gone[j] : NULL;
		if (was && words_differ(was, now))
			put_flag_changes(out, was, now);
	}
}
