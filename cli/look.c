// SPDX-License-Identifier: GPL-2.0-or-later
/* What the looking verbs share: guest strings, and where an address points. */
#include <ctype.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include "cli/cli.h"
#include "loader/binfmt.h"
#include "mm/uaccess.h"

char *guest_string(struct task_struct *t, u64 addr, size_t max, size_t *len)
{
	size_t size = 0, room = 256;
	char *buf = NULL;

	for (;;) {
		size_t n = min_t(size_t, room - size, PAGE_SIZE - ((addr + size) & ~PAGE_MASK)), got;
		char *grown = realloc(buf, room + 1), *nul;

		if (!grown)
			break;
		buf = grown;
		got = n - access_remote_vm(t->mm, addr + size, buf + size, n, false);
		nul = memchr(buf + size, '\0', got);
		size = nul ? (size_t)(nul - buf) : size + got;
		if (size > max)
			size = max;
		if (nul || size == max || (got < n && size)) {
			buf[size] = '\0';
			*len = size;
			return buf;
		}
		if (got < n)
			break;
		if (size == room)
			room *= 2;
	}
	free(buf);
	return NULL;
}

void print_quoted(FILE *out, const char *s, size_t len, size_t max)
{
	static const char plain[] = "\n\t\r\"\\", names[] = "ntr\"\\";
	size_t n = max && len > max ? max : len;

	putc('"', out);
	for (size_t i = 0; i < n; i++) {
		const char *p = s[i] ? strchr(plain, s[i]) : NULL;

		if (p)
			fprintf(out, "\\%c", names[p - plain]);
		else if (isprint((unsigned char)s[i]) || (s[i] & 0x80))
			putc(s[i], out);
		else
			fprintf(out, "\\%03o", (unsigned char)s[i]);
	}
	fputs(n < len ? "\"..." : "\"", out);
}

const char *describe_address(struct task_struct *t, u64 addr, char *buf, size_t size)
{
	char name[PATH_MAX + 16], symbol[128];
	struct mm_struct *mm = t->mm;
	struct vm_area_struct *vma;
	const char *shown;
	bool file, end;
	u64 off;

	*buf = '\0';
	pthread_rwlock_rdlock(&mm->mmap_sem);
	vma = vma_lookup(mm, addr);
	/* Ends are written as the first byte past: brk, highest_vm_end. */
	end = !vma && addr;
	if (end)
		vma = vma_lookup(mm, addr - 1);
	if (!vma) {
		pthread_rwlock_unlock(&mm->mmap_sem);
		return buf;
	}
	file = vma->vm_file;
	off = addr - vma->vm_start + (file ? vma->vm_pgoff << PAGE_SHIFT : 0);
	vma_name(vma, name, sizeof(name));
	pthread_rwlock_unlock(&mm->mmap_sem);
	shown = file && strrchr(name, '/') ? strrchr(name, '/') + 1 : *name ? name : "anonymous memory";
	if (end)
		snprintf(buf, size, "end of %s", shown);
	else if (file && symbol_at(mm, addr, symbol, sizeof(symbol)))
		snprintf(buf, size, "%s+0x%lx (%s)", shown, off, symbol);
	else
		snprintf(buf, size, "%s+0x%lx", shown, off);
	return buf;
}
