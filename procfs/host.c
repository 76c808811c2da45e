// SPDX-License-Identifier: GPL-2.0-or-later
/* What is taken from the host's own procfs, and what is counted over the guest's threads. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include "procfs/internal.h"
#include <sys/syscall.h>

/* Read all of @fd. Procfs files have no size, so the buffer doubles until the end is met. */
static s64 read_all(int fd, char **text)
{
	size_t size = 2048, len = 0;
	char *buf = malloc(size), *grown;

	while (buf) {
		s64 n = HOST(SYS_read, fd, (uintptr_t)buf + len, size - len - 1);

		if (n < 0) {
			free(buf);
			return n;
		}
		if (!n) {
			buf[len] = '\0';
			*text = buf;
			return (s64)len;
		}
		len += (size_t)n;
		if (size - len > 512)
			continue;
		size *= 2;
		grown = realloc(buf, size);
		if (!grown)
			free(buf);
		buf = grown;
	}
	return -ENOMEM;
}

s64 proc_read_file(const char *path, char **text)
{
	s64 fd, len;

	fd = HOST(SYS_open, (uintptr_t)path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return fd;
	len = read_all((int)fd, text);
	HOST(SYS_close, fd);
	return len;
}

s64 proc_host_text(const struct task_struct *t, const char *name, char **text)
{
	char path[64];

	if (t->pid != HOST(SYS_getpid) && t->tid == t->pid) /* a peer */
		snprintf(path, sizeof(path), "/proc/%d/%s", t->pid, name);
	else if (t->pid != HOST(SYS_getpid))
		snprintf(path, sizeof(path), "/proc/%d/task/%d/%s", t->pid, t->tid, name);
	else if (t->tid == t->pid)
		snprintf(path, sizeof(path), "/proc/self/%s", name);
	else
		snprintf(path, sizeof(path), "/proc/self/task/%d/%s", t->tid, name);
	return proc_read_file(path, text);
}

int proc_nr_threads(const struct task_struct *t)
{
	int n = 0;

	for (const struct task_struct *p = t->ulk->tasks; p; p = p->next)
		n += p->signal == t->signal;
	return n ? n : max_t(int, 1, t->signal->nr_threads);
}

void proc_sigign_sigcatch(const struct task_struct *t, u64 *ign, u64 *caught)
{
	*ign = *caught = 0;
	for (int signo = 1; signo <= ULK_NSIG; signo++) {
		u64 handler = t->signal->action[signo].handler;

		if (handler == (u64)(uintptr_t)SIG_IGN)
			*ign |= 1UL << (signo - 1);
		else if (handler != (u64)(uintptr_t)SIG_DFL)
			*caught |= 1UL << (signo - 1);
	}
}
