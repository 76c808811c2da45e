// SPDX-License-Identifier: GPL-2.0-or-later
/* /proc/self/{auxv,cmdline,environ,mem}: bytes of the guest's memory. */
#include <errno.h>
#include <string.h>
#include "mm/uaccess.h"
#include "procfs/internal.h"

int proc_auxv_bytes(struct task_struct *t, FILE *out)
{
	const struct mm_struct *mm = t->mm;
	size_t n = 0;

	if (!mm)
		return 0;
	do   /* up to AT_NULL and its value */
		n += 2;
	while (n < AT_VECTOR_SIZE && mm->saved_auxv[n - 2]);
	fwrite(mm->saved_auxv, sizeof(u64), n, out);
	return 0;
}

/* Guest bytes [start, end), as far as they can be read. */
static void put_guest_bytes(struct mm_struct *mm, u64 start, u64 end, FILE *out)
{
	char page[PAGE_SIZE];

	while (start < end) {
		size_t n = min_t(u64, end - start, PAGE_SIZE - (start & ~PAGE_MASK));
		size_t left = access_remote_vm(mm, start, page, n, false);

		fwrite(page, 1, n - left, out);
		if (left)
			return;
		start += n;
	}
}

/* A program that wrote over the NUL of its last argument (setproctitle) gets one string, which may run
 * on into the environment. */
static void put_proctitle(struct mm_struct *mm, u64 arg_start, FILE *out)
{
	char page[PAGE_SIZE];
	size_t got = PAGE_SIZE - access_remote_vm(mm, arg_start, page, PAGE_SIZE, false);
	size_t len = strnlen(page, got);

	fwrite(page, 1, len < got ? len + 1 : len, out);
}

int proc_cmdline_bytes(struct task_struct *t, FILE *out)
{
	struct mm_struct *mm = t->mm;
	char last;

	if (!mm || mm->arg_start >= mm->arg_end)
		return 0;
	if (!access_remote_vm(mm, mm->arg_end - 1, &last, 1, false) && last)
		put_proctitle(mm, mm->arg_start, out);
	else
		put_guest_bytes(mm, mm->arg_start, mm->arg_end, out);
	return 0;
}

int proc_environ_bytes(struct task_struct *t, FILE *out)
{
	struct mm_struct *mm = t->mm;

	if (mm && mm->env_end)
		put_guest_bytes(mm, mm->env_start, mm->env_end, out);
	return 0;
}
