// SPDX-License-Identifier: GPL-2.0-or-later
/* /proc/self/maps */
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sysmacros.h>
#include "procfs/internal.h"

/* The name starts one column further; the kernel's seq_setwidth(m, 25 + sizeof(void *) * 6 - 1). */
#define NAME_COLUMN 72

/* seq_path(m, path, "\n"): only a newline would break the format, so only it is escaped. */
static void put_escaped(FILE *out, const char *s)
{
	for (; *s; s++) {
		if (*s == '\n')
			fputs("\\012", out);
		else
			putc(*s, out);
	}
}

void proc_show_map_vma(FILE *out, const struct vm_area_struct *vma)
{
	const struct file *file = vma->vm_file;
	vm_flags_t flags = vma->vm_flags;
	char buf[PATH_MAX + 16];
	const char *name;
	int width;

	width = fprintf(out, "%08lx-%08lx %c%c%c%c %08lx %02x:%02x %lu ", vma->vm_start, vma->vm_end,
			flags & VM_READ ? 'r' : '-', flags & VM_WRITE ? 'w' : '-',
			flags & VM_EXEC ? 'x' : '-', flags & VM_MAYSHARE ? 's' : 'p',
			file ? vma->vm_pgoff << PAGE_SHIFT : 0, file ? major(file->dev) : 0,
			file ? minor(file->dev) : 0, file ? file->ino : 0UL);
	name = vma_name(vma, buf, sizeof(buf));
	if (*name) {
		fprintf(out, "%*s", width < NAME_COLUMN ? NAME_COLUMN - width + 1 : 1, "");
		put_escaped(out, name);
	}
	putc('\n', out);
}

/* The vsyscall page is the kernel's, not the mm's: whether and how it is shown is the host's setting. */
static const char *vsyscall_line(struct task_struct *t)
{
	char *line = t->ulk->vsyscall_line, *text, *last;
	s64 len;

	if (*line)
		return line;
	strcpy(line, "-");
	len = proc_host_text(t, "maps", &text);
	if (len <= 0)
		return line;
	if (text[len - 1] == '\n')
		text[len - 1] = '\0';
	last = strrchr(text, '\n');
	last = last ? last + 1 : text;
	if (strstr(last, "[vsyscall]") && strlen(last) < sizeof(t->ulk->vsyscall_line))
		strcpy(line, last);
	free(text);
	return line;
}

int proc_maps_text(struct task_struct *t, FILE *out)
{
	struct mm_struct *mm = t->mm;
	struct vm_area_struct *vma;
	const char *gate;

	if (!mm)
		return 0;
	pthread_rwlock_rdlock(&mm->mmap_sem);
	for_each_vma (mm, vma)
		proc_show_map_vma(out, vma);
	pthread_rwlock_unlock(&mm->mmap_sem);
	gate = vsyscall_line(t);
	if (*gate != '-')
		fprintf(out, "%s\n", gate);
	return 0;
}
