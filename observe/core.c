// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <time.h>
#include <unistd.h>
#include "loader/core.h"
#include "mm/file.h"
#include "observe/core.h"
#include "observe/report.h"

/* ---- the name ---- */

/* One %-letter of core_pattern (core(5)). */
static void put_specifier(FILE *out, char letter, const struct task_struct *t, const siginfo_t *info)
{
	char path[PATH_MAX];
	struct utsname uts;

	switch (letter) {
	case '%':
		putc('%', out);
		break;
	case 'p': case 'P':
		fprintf(out, "%d", t->pid);
		break;
	case 'i': case 'I':
		fprintf(out, "%d", t->tid);
		break;
	case 'u':
		fprintf(out, "%u", getuid());
		break;
	case 'g':
		fprintf(out, "%u", getgid());
		break;
	case 'd':
		fprintf(out, "%lu", t->mm->flags & MMF_DUMPABLE_MASK);
		break;
	case 's':
		fprintf(out, "%d", info->si_signo);
		break;
	case 't':
		fprintf(out, "%ld", (long)time(NULL));
		break;
	case 'c':
		fprintf(out, "%lu", (u64)t->signal->rlim[RLIMIT_CORE].rlim_cur);
		break;
	case 'h':
		if (!uname(&uts))
			fputs(uts.nodename, out);
		break;
	case 'e': case 'f':
		fprintf(out, "%.15s", t->comm);
		break;
	case 'E':
		if (t->mm->exe_file && file_path(t->mm->exe_file, path, sizeof(path)) >= 0) {
			for (char *p = path; *p; p++)
				putc(*p == '/' ? '!' : *p, out);
		}
		break;
	}
}

/* Where the kernel would write it, malloc'ed; NULL when it is no file (a pipe to a program) or there is no memory. */
static char *pattern_path(const struct task_struct *t, const siginfo_t *info)
{
	char pattern[256] = "", uses_pid[8] = "", *path = NULL;
	FILE *f = fopen("/proc/sys/kernel/core_pattern", "re"), *out;
	bool pid_in_pattern = false;
	size_t size;

	if (!f)
		return NULL;
	if (!fgets(pattern, sizeof(pattern), f))
		*pattern = '\0';
	fclose(f);
	pattern[strcspn(pattern, "\n")] = '\0';
	if (*pattern == '|' || *pattern == '@' || !*pattern)
		return NULL;
	out = open_memstream(&path, &size);
	if (!out)
		return NULL;
	for (const char *p = pattern; *p; p++) {
		if (*p != '%') {
			putc(*p, out);
			continue;
		}
		if (!*++p)
			break;
		pid_in_pattern |= *p == 'p';
		put_specifier(out, *p, t, info);
	}
	f = fopen("/proc/sys/kernel/core_uses_pid", "re");
	if (f) {
		if (fgets(uses_pid, sizeof(uses_pid), f) && *uses_pid == '1' && !pid_in_pattern)
			fprintf(out, ".%d", t->pid);
		fclose(f);
	}
	fclose(out);
	return path;
}

/* ---- the process ---- */

static void fill_thread(struct core_thread *c, struct task_struct *t, struct task_struct *current)
{
	c->tid = t->tid;
	c->regs = t == current ? *task_regs(t) : t->regs;
	c->orig_rax = t->orig_rax;
	c->blocked = t->blocked;
	c->pending = 0;
	if (t == current)
		cpu_get_fxstate(t->ulk->cpu, &c->fx);
	else
		c->fx = t->fx;
}

static int dump_to(int fd, struct task_struct *t, const siginfo_t *info, u64 limit)
{
	struct rusage self, children;
	struct core_info core = {
		.mm = t->mm, .info = info, .pid = t->pid, .ppid = getppid(), .pgrp = getpgrp(), .sid = getsid(0),
		.uid = getuid(), .gid = getgid(), .comm = t->comm, .nice = getpriority(PRIO_PROCESS, 0),
	};
	struct core_thread *threads;
	unsigned n = 0;
	int err;

	for (struct task_struct *o = t->ulk->tasks; o; o = o->next)
		n++;
	threads = calloc(n, sizeof(*threads));
	if (!threads)
		return -ENOMEM;
	fill_thread(&threads[core.nr_threads++], t, t);
	for (struct task_struct *o = t->ulk->tasks; o; o = o->next) {
		if (o != t && !o->exited)
			fill_thread(&threads[core.nr_threads++], o, t);
	}
	core.threads = threads;
	if (!getrusage(RUSAGE_SELF, &self) && !getrusage(RUSAGE_CHILDREN, &children)) {
		core.utime = self.ru_utime;
		core.stime = self.ru_stime;
		core.cutime = children.ru_utime;
		core.cstime = children.ru_stime;
	}
	err = elf_core_dump(fd, &core, limit);
	free(threads);
	return err;
}

/* The guest's RLIMIT_FSIZE does not bind a core, nor may it kill ulk that writes one. */
static void lift_file_size(struct rlimit *old)
{
	struct rlimit lim;

	getrlimit(RLIMIT_FSIZE, old);
	lim = *old;
	lim.rlim_cur = lim.rlim_max;
	setrlimit(RLIMIT_FSIZE, &lim);
}

void core_signal(struct core_dump *dump, struct task_struct *t, const siginfo_t *info)
{
	u64 limit = dump->path ? ~0UL : t->signal->rlim[RLIMIT_CORE].rlim_cur;
	struct rlimit old;
	char *path;
	int fd, err;

	if (!(CORE_SIGNALS >> (info->si_signo - 1) & 1) || !t->mm || t->signal->action[info->si_signo].handler != 0)
		return;
	/* Linux dumps no core of a process that is not dumpable, or within a limit below a page. */
	if (!dump->path && (limit < PAGE_SIZE || (t->mm->flags & MMF_DUMPABLE_MASK) != 1))
		return;
	path = dump->path ? strdup(dump->path) : pattern_path(t, info);
	if (!path)
		return;
	fd = open(path, O_CREAT | O_RDWR | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0600);
	err = fd < 0 ? -errno : 0;
	if (!err) {
		lift_file_size(&old);
		err = dump_to(fd, t, info, limit);
		setrlimit(RLIMIT_FSIZE, &old);
		close(fd);
	}
	dump->written = !err;
	if (err && dump->path)
		pr_err(t->ulk, "core file %s: %s", path, strerror(-err));
	free(path);
}
