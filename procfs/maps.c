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

void proc_put_map_header(FILE *out, u64 start, u64 end, const char *perms, u64 offset, dev_t dev, ino_t ino,
			 const char *name)
{
	int width = fprintf(out, "%08lx-%08lx %s %08lx %02x:%02x %lu ", start, end, perms, offset, major(dev),
			    minor(dev), ino);

	if (*name) {
		fprintf(out, "%*s", width < NAME_COLUMN ? NAME_COLUMN - width + 1 : 1, "");
		put_escaped(out, name);
	}
	putc('\n', out);
}

void proc_show_map_vma(FILE *out, const struct vm_area_struct *vma)
{
	const struct file *file = vma->vm_file;
	vm_flags_t flags = vma->vm_flags;
	char buf[PATH_MAX + 16], perms[5];

	perms[0] = flags & VM_READ ? 'r' : '-';
	perms[1] = flags & VM_WRITE ? 'w' : '-';
	perms[2] = flags & VM_EXEC ? 'x' : '-';
	perms[3] = flags & VM_MAYSHARE ? 's' : 'p';
	perms[4] = '\0';
	proc_put_map_header(out, vma->vm_start, vma->vm_end, perms, file ? vma->vm_pgoff << PAGE_SHIFT : 0,
			    file ? file->dev : 0, file ? file->ino : 0, vma_name(vma, buf, sizeof(buf)));
}

const char *proc_vsyscall_line(struct task_struct *t)
{
	char *line = t->ulk->vsyscall_line, *text, *last;
	s64 len;

	if (*line)
		return *line == '-' ? NULL : line;
	strcpy(line, "-");
	len = proc_host_text(t, "maps", &text);
	if (len <= 0)
		return NULL;
	if (text[len - 1] == '\n')
		text[len - 1] = '\0';
	last = strrchr(text, '\n');
	last = last ? last + 1 : text;
	if (strstr(last, "[vsyscall]") && strlen(last) < sizeof(t->ulk->vsyscall_line))
		strcpy(line, last);
	free(text);
	return *line == '-' ? NULL : line;
}

int proc_vma_record(struct task_struct *t, u64 *index, FILE *out, proc_show_vma_fn show, void *arg)
{
	struct mm_struct *mm = t->mm;
	struct vm_area_struct *vma;

	if (!mm || *index == PROC_VMA_END)
		return 0;
	pthread_rwlock_rdlock(&mm->mmap_sem);
	vma = find_vma(mm, *index);
	if (vma) {
		/* Not vm_start: the area may be merged with the one before until the next read. */
		*index = vma->vm_end;
		show(t, out, vma, arg);
	}
	pthread_rwlock_unlock(&mm->mmap_sem);
	if (vma)
		return 1;
	*index = PROC_VMA_END;
	if (!proc_vsyscall_line(t))
		return 0;
	show(t, out, NULL, arg);
	return 1;
}

static void show_map(struct task_struct *t, FILE *out, struct vm_area_struct *vma, void *arg)
{
	(void)arg;
	if (vma)
		proc_show_map_vma(out, vma);
	else
		fprintf(out, "%s\n", proc_vsyscall_line(t));
}

int proc_maps_record(struct task_struct *t, u64 *index, void **view, FILE *out)
{
	(void)view;
	return proc_vma_record(t, index, out, show_map, NULL);
}

int proc_maps_text(struct task_struct *t, FILE *out)
{
	u64 index = 0;
	int r;

	while ((r = proc_maps_record(t, &index, NULL, out)) > 0)
		;
	return r;
}
