// SPDX-License-Identifier: GPL-2.0-or-later
/* /proc/self/pagemap, and clear_refs, which resets what smaps and pagemap show. */
#include <errno.h>
#include <limits.h>
#include <linux/fiemap.h>
#include <linux/fs.h>
#include <string.h>
#include <sys/ioctl.h>
#include "mm/pagemap.h"
#include "procfs/internal.h"

/* Entries made under one lock: what the kernel's PAGEMAP_WALK_SIZE covers. */
#define WALK_ENTRIES 512

s64 proc_pagemap_rw(struct task_struct *t, u64 pos, void *buf, size_t n, bool write)
{
	u64 page = pos / sizeof(u64), end = t->mm->task_size >> PAGE_SHIFT;
	struct pagemap_view pv;
	size_t nr;

	if (write)
		return -EINVAL;
	if (page >= end)
		return 0;
	nr = min_t(u64, n / sizeof(u64), end - page);
	pagemap_view_open(t->mm, &pv);
	pthread_rwlock_rdlock(&t->mm->mmap_sem);
	pagemap_fill(t->mm, page << PAGE_SHIFT, buf, nr, &pv);
	pthread_rwlock_unlock(&t->mm->mmap_sem);
	pagemap_view_close(&pv);
	return (s64)(nr * sizeof(u64));
}

/* The kernel's kstrtoint(strstrip(buf), base 10): 0, -EINVAL or -ERANGE. */
static int parse_int(char *s, int *value)
{
	char *end = s + strlen(s);
	bool negative;
	s64 n = 0;

	while (end > s && strchr(" \t\n\v\f\r", end[-1]))
		*--end = '\0';
	s += strspn(s, " \t\n\v\f\r");
	negative = *s == '-';
	s += *s == '-' || *s == '+';
	if (!*s)
		return -EINVAL;
	for (; *s; s++) {
		if (*s < '0' || *s > '9')
			return -EINVAL;
		n = n * 10 + (*s - '0');
		if (n > (s64)INT_MAX + negative)
			return -ERANGE;
	}
	*value = (int)(negative ? -n : n);
	return 0;
}

s64 proc_ioctl_other(u32 cmd)
{
	switch (cmd) {
	case FIOCLEX:
	case FIONCLEX:
	case FIONBIO:
	case FIOASYNC:
	case FIOQSIZE:
	case FIGETBSZ:
	case FIBMAP:
	case FIFREEZE:
	case FITHAW:
	case FS_IOC_FIEMAP:
	case FICLONE:
	case FICLONERANGE:
	case FIDEDUPERANGE:
		return -ENOTTY;
	}
	return -EINVAL;
}

#define PROC_NUMBUF 13

s64 proc_clear_refs_rw(struct task_struct *t, u64 pos, void *buf, size_t n, bool write)
{
	char text[PROC_NUMBUF] = "";
	int type, err;

	(void)pos;
	if (!write)
		return -EINVAL;
	n = min_t(size_t, n, sizeof(text) - 1);
	memcpy(text, buf, n);
	err = parse_int(text, &type);
	if (err)
		return err;
	if (type < CLEAR_REFS_ALL || type >= CLEAR_REFS_LAST)
		return -EINVAL;
	if (t->mm)
		clear_refs(t->mm, type);
	return (s64)n;
}
