// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * /proc/self/status. The host's own text is the frame: ids, capabilities, CPUs, context switches and
 * whatever a newer kernel adds stay as they are. The lines about memory, signals and threads are made
 * from the guest.
 */
#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include "kernel/fds.h"
#include "kernel/seccomp.h"
#include "mm/huge.h"
#include "procfs/internal.h"

struct status_ctx {
	struct task_struct *t;
	struct proc_mem mem;
	u64 ign, caught;
};

static u64 kib(u64 pages)
{
	return pages << (PAGE_SHIFT - 10);
}

/* A memory line: true when @label is one. */
static bool put_memory(const struct status_ctx *c, const char *label, FILE *out)
{
	const struct proc_mem *m = &c->mem;
	const struct {
		const char *label;
		u64 pages;
	} rows[] = {
		{"VmPeak", m->peak},	   {"VmSize", m->total},
		{"VmLck", m->locked},	   {"VmPin", m->pinned},
		{"VmHWM", m->hiwater_rss}, {"VmRSS", m->rss},
		{"RssAnon", m->anon},	   {"RssFile", m->file},
		{"RssShmem", m->shmem},	   {"VmData", m->data},
		{"VmStk", m->stack},	   {"VmExe", min_t(u64, m->text, m->text + m->lib)},
		{"VmLib", m->lib},	   {"VmPTE", m->tables},
		{"VmSwap", m->swap},	   {"HugetlbPages", 0},
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		if (!strcmp(label, rows[i].label)) {
			fprintf(out, "%s:\t%8lu kB\n", label, kib(rows[i].pages));
			return true;
		}
	}
	return false;
}

/* A line that is the guest's own: true when @label is one. @value: what the host has there. */
static bool put_guest(const struct status_ctx *c, const char *label, const char *value, FILE *out)
{
	const struct task_struct *t = c->t;

	if (!strcmp(label, "FDSize"))
		fprintf(out, "FDSize:\t%d\n", fd_table_size(t));
	else if (!strcmp(label, "Threads"))
		fprintf(out, "Threads:\t%d\n", proc_nr_threads(t));
	else if (!strcmp(label, "SigPnd") || !strcmp(label, "ShdPnd"))
		fprintf(out, "%s:\t%016lx\n", label, strtoul(value, NULL, 16) & t->blocked);
	else if (!strcmp(label, "SigBlk"))
		fprintf(out, "SigBlk:\t%016lx\n", t->blocked);
	else if (!strcmp(label, "SigIgn"))
		fprintf(out, "SigIgn:\t%016lx\n", c->ign);
	else if (!strcmp(label, "SigCgt"))
		fprintf(out, "SigCgt:\t%016lx\n", c->caught);
	else if (!strcmp(label, "THP_enabled") && t->mm && t->mm->flags & MMF_DISABLE_THP)
		fputs("THP_enabled:\t0\n", out);
	else if (!strcmp(label, "Seccomp") && t->seccomp_mode)
		fprintf(out, "Seccomp:\t%u\n", t->seccomp_mode);
	else if (!strcmp(label, "Seccomp_filters") && t->seccomp)
		fprintf(out, "Seccomp_filters:\t%u\n", seccomp_filter_count(t));
	else
		return t->mm && put_memory(c, label, out);
	return true;
}

int proc_status_text(struct task_struct *t, FILE *out)
{
	struct status_ctx c = {.t = t};
	char *text, *save, label[32];
	s64 len = proc_host_text(t, "status", &text);

	if (len < 0)
		return (int)len;
	if (t->mm)
		proc_mem_sample(t->mm, &c.mem);
	proc_sigign_sigcatch(t, &c.ign, &c.caught);
	for (char *line = strtok_r(text, "\n", &save); line; line = strtok_r(NULL, "\n", &save)) {
		size_t n = strcspn(line, ":");

		if (n < sizeof(label) && line[n]) {
			memcpy(label, line, n);
			label[n] = '\0';
			if (put_guest(&c, label, line + n + 1, out))
				continue;
		}
		fprintf(out, "%s\n", line);
	}
	free(text);
	return 0;
}
