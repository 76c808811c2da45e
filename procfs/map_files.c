// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * /proc/self/map_files: a link per area that maps a file, named by its addresses. The host's directory speaks
 * of ulk's own areas, so the names are made here; a link leads to the file by ulk's own descriptor on it.
 */
#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include "procfs/internal.h"

#define CAP_SYS_ADMIN_BIT	   (1UL << 21)
#define CAP_CHECKPOINT_RESTORE_BIT (1UL << 40)

/* "400000-401000", as the kernel writes it: lower case, without zeros in front. */
static bool parse_range(const char *name, u64 *start, u64 *end)
{
	char again[40];
	int n = -1;

	if (sscanf(name, "%lx-%lx%n", start, end, &n) != 2 || n < 0 || name[n])
		return false;
	snprintf(again, sizeof(again), "%lx-%lx", *start, *end);
	return !strcmp(again, name);
}

struct file *proc_map_file(struct task_struct *t, const char *name)
{
	struct vm_area_struct *vma;
	struct file *file = NULL;
	u64 start, end;

	if (!t->mm || !parse_range(name, &start, &end))
		return NULL;
	pthread_rwlock_rdlock(&t->mm->mmap_sem);
	vma = vma_lookup(t->mm, start);
	if (vma && vma->vm_start == start && vma->vm_end == end)
		file = vma->vm_file;
	pthread_rwlock_unlock(&t->mm->mmap_sem);
	return file;
}

bool proc_map_files_allowed(struct task_struct *t)
{
	char *text, *line;
	u64 caps = 0;

	if (proc_host_text(t, "status", &text) < 0)
		return false;
	line = strstr(text, "\nCapEff:");
	if (line)
		caps = strtoul(line + 8, NULL, 16);
	free(text);
	return caps & (CAP_SYS_ADMIN_BIT | CAP_CHECKPOINT_RESTORE_BIT);
}

/* One record of getdents64 at @to; its length, or 0 when it does not fit in @room. */
static size_t put_entry(u8 *to, size_t room, size_t name_at, u64 ino, s64 next, const char *name, u8 type)
{
	size_t len = (name_at + strlen(name) + 2 + 7) & ~7UL;
	u16 reclen = (u16)len;

	if (len > room)
		return 0;
	memset(to, 0, len);
	memcpy(to, &ino, 8);
	memcpy(to + 8, &next, 8);
	memcpy(to + 16, &reclen, 2);
	strcpy((char *)to + name_at, name);
	/* getdents64 has the type before the name, getdents in the last byte. */
	to[name_at == offsetof(struct dirent64, d_name) ? 18 : len - 1] = type;
	return len;
}

s64 procfs_map_files_dirents(struct task_struct *t, int hostfd, u8 *buf, size_t size, size_t name_at)
{
	s64 pos = HOST(SYS_lseek, hostfd, 0, SEEK_CUR), i = 2;
	struct vm_area_struct *vma;
	size_t len = 0, n = 1;
	char name[40];

	if (pos < 0)
		return pos;
	for (; pos < 2 && n; pos += n > 0, len += n)
		n = put_entry(buf + len, size - len, name_at, 1, pos + 1, pos ? ".." : ".", DT_DIR);
	pthread_rwlock_rdlock(&t->mm->mmap_sem);
	for (vma = t->mm->mmap; vma && n; vma = vma->vm_next) {
		if (!vma->vm_file || i++ < pos)
			continue;
		snprintf(name, sizeof(name), "%lx-%lx", vma->vm_start, vma->vm_end);
		n = put_entry(buf + len, size - len, name_at, vma->vm_start >> PAGE_SHIFT, pos + 1, name,
			      DT_LNK);
		len += n;
		pos += n > 0;
	}
	pthread_rwlock_unlock(&t->mm->mmap_sem);
	HOST(SYS_lseek, hostfd, pos, SEEK_SET);
	return !len && !n ? -EINVAL : (s64)len;
}
