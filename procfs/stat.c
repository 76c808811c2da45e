// SPDX-License-Identifier: GPL-2.0-or-later
/* /proc/self/stat and statm */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include "procfs/internal.h"

#define PF_FORKNOEXEC 0x00000040UL
#define PF_RANDOMIZE  0x00400000UL
#define STAT_FIELDS   52

/* Fields of stat by their number in proc(5). */
enum {
	STAT_FLAGS = 9,
	STAT_MINFLT = 10,
	STAT_CMINFLT = 11,
	STAT_MAJFLT = 12,
	STAT_CMAJFLT = 13,
	STAT_THREADS = 20,
	STAT_VSIZE = 23,
	STAT_RSS = 24,
	STAT_RSSLIM = 25,
	STAT_START_CODE = 26,
	STAT_END_CODE = 27,
	STAT_START_STACK = 28,
	STAT_SIGNAL = 31,
	STAT_BLOCKED = 32,
	STAT_SIGIGNORE = 33,
	STAT_SIGCATCH = 34,
	STAT_START_DATA = 45,
	STAT_END_DATA = 46,
	STAT_START_BRK = 47,
	STAT_ARG_START = 48,
	STAT_ARG_END = 49,
	STAT_ENV_START = 50,
	STAT_ENV_END = 51,
};

void proc_mem_sample(struct mm_struct *mm, struct proc_mem *m)
{
	u64 text;

	pthread_rwlock_rdlock(&mm->mmap_sem);
	m->anon = (u64)mm->rss_stat[MM_ANONPAGES];
	m->file = (u64)mm->rss_stat[MM_FILEPAGES];
	m->shmem = (u64)mm->rss_stat[MM_SHMEMPAGES];
	m->swap = (u64)mm->rss_stat[MM_SWAPENTS];
	m->rss = m->anon + m->file + m->shmem;
	m->total = mm->total_vm;
	/* The marks are only raised before something shrinks; until then the present is the peak. */
	m->peak = max_t(u64, mm->hiwater_vm, mm->total_vm);
	m->hiwater_rss = max_t(u64, mm->hiwater_rss, m->rss);
	text = (PAGE_ALIGN(mm->end_code) - PAGE_ALIGN_DOWN(mm->start_code)) >> PAGE_SHIFT;
	m->text = text;
	m->lib = mm->exec_vm - min_t(u64, text, mm->exec_vm);
	m->data = mm->data_vm;
	m->stack = mm->stack_vm;
	m->locked = mm->locked_vm;
	m->pinned = mm->pinned_vm;
	m->tables = mm->nr_ptes + mm->nr_pmds + mm->nr_puds;
	pthread_rwlock_unlock(&mm->mmap_sem);
}

int proc_statm_text(struct task_struct *t, FILE *out)
{
	struct proc_mem m = {};

	if (t->mm)
		proc_mem_sample(t->mm, &m);
	fprintf(out, "%lu %lu %lu %lu 0 %lu 0\n", m.total, m.rss, m.file + m.shmem, m.text, m.data + m.stack);
	return 0;
}

static void set_field(char *field[], char values[][24], int nr, u64 value)
{
	snprintf(values[nr], sizeof(values[nr]), "%lu", value);
	field[nr] = values[nr];
}

static void set_mm_fields(struct task_struct *t, char *field[], char values[][24])
{
	struct mm_struct *mm = t->mm;
	struct proc_mem m;

	proc_mem_sample(mm, &m);
	set_field(field, values, STAT_VSIZE, m.total << PAGE_SHIFT);
	set_field(field, values, STAT_RSS, get_mm_rss(mm));
	set_field(field, values, STAT_RSSLIM, t->signal->rlim[RLIMIT_RSS].rlim_cur);
	pthread_rwlock_rdlock(&mm->mmap_sem);
	set_field(field, values, STAT_START_CODE, mm->start_code);
	set_field(field, values, STAT_END_CODE, mm->end_code);
	set_field(field, values, STAT_START_STACK, mm->start_stack);
	set_field(field, values, STAT_START_DATA, mm->start_data);
	set_field(field, values, STAT_END_DATA, mm->end_data);
	set_field(field, values, STAT_START_BRK, mm->start_brk);
	set_field(field, values, STAT_ARG_START, mm->arg_start);
	set_field(field, values, STAT_ARG_END, mm->arg_end);
	set_field(field, values, STAT_ENV_START, mm->env_start);
	set_field(field, values, STAT_ENV_END, mm->env_end);
	pthread_rwlock_unlock(&mm->mmap_sem);
}

static void set_signal_fields(struct task_struct *t, char *field[], char values[][24])
{
	u64 ign, caught;

	/* Only the signals below 32, as decimal: the kernel calls them obsolete and keeps them. */
	proc_sigign_sigcatch(t, &ign, &caught);
	set_field(field, values, STAT_SIGNAL, strtoul(field[STAT_SIGNAL], NULL, 10) & t->blocked);
	set_field(field, values, STAT_BLOCKED, t->blocked & 0x7fffffff);
	set_field(field, values, STAT_SIGIGNORE, ign & 0x7fffffff);
	set_field(field, values, STAT_SIGCATCH, caught & 0x7fffffff);
}

int proc_stat_text(struct task_struct *t, FILE *out)
{
	char *text, *rest, *save, *field[STAT_FIELDS + 1] = {}, values[STAT_FIELDS + 1][24];
	s64 len = proc_host_text(t, "stat", &text);
	u64 flags, minflt, majflt;
	int nr = 3;

	if (len < 0)
		return (int)len;
	rest = strrchr(text, ')'); /* the name may hold spaces and brackets */
	if (!rest) {
		free(text);
		return -EIO;
	}
	*rest = '\0';
	for (char *tok = strtok_r(rest + 1, " \n", &save); tok && nr <= STAT_FIELDS;
	     tok = strtok_r(NULL, " \n", &save))
		field[nr++] = tok;
	if (nr <= STAT_FIELDS) {
		free(text);
		return -EIO;
	}
	flags = strtoul(field[STAT_FLAGS], NULL, 10) & ~PF_RANDOMIZE;
	if (t->signal->mm_env.aslr_seed)
		flags |= PF_RANDOMIZE;
	if (t->signal->did_exec) /* the host process did not execve when its guest did */
		flags &= ~PF_FORKNOEXEC;
	set_field(field, values, STAT_FLAGS, flags);
	task_faults(t, t->tid != t->pid, &minflt, &majflt);
	set_field(field, values, STAT_MINFLT, minflt);
	set_field(field, values, STAT_MAJFLT, majflt);
	set_field(field, values, STAT_CMINFLT, t->signal->cmin_flt);
	set_field(field, values, STAT_CMAJFLT, t->signal->cmaj_flt);
	set_field(field, values, STAT_THREADS, (u64)proc_nr_threads(t));
	if (t->mm)
		set_mm_fields(t, field, values);
	set_signal_fields(t, field, values);
	fprintf(out, "%s)", text);
	for (nr = 3; nr <= STAT_FIELDS; nr++)
		fprintf(out, " %s", field[nr]);
	putc('\n', out);
	free(text);
	return 0;
}
