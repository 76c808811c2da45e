/* SPDX-License-Identifier: GPL-2.0-or-later */
/* files.h: what the files_* programs share: raw calls whose results and errno are printed. */
#ifndef FILES_H
#define FILES_H

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

/* Raw system call: -1 and errno. */
#define S(name, ...) syscall(SYS_##name, ##__VA_ARGS__)
/* Carry out an expression and print it with its result. */
#define P(expr) show(#expr, (errno = 0, (long)(expr)))
/* As P, for calls whose good result is an address or otherwise of no interest. */
#define OK(expr) show(#expr, (errno = 0, (long)(expr) == -1 ? -1L : 0L))

static inline long show(const char *what, long ret)
{
	int err = errno;

	if (ret == -1 && err)
		printf("%s = -1 %s\n", what, strerrorname_np(err) ? strerrorname_np(err) : "?");
	else
		printf("%s = %ld\n", what, ret);
	errno = err;
	return ret;
}

static inline unsigned hash(const void *data, size_t n)
{
	const unsigned char *p = data;
	unsigned h = 2166136261u;

	while (n--)
		h = (h ^ *p++) * 16777619u;
	return h;
}

#define NOWHERE ((void *)8)                       /* not mapped */
#define KERNEL ((void *)0xffff800000000000UL)     /* not the user's */

/* Pages: [0] and [1] writable, [2] read-only, [3] nothing. */
static inline char *pages(void)
{
	char *p = mmap(NULL, 4 * 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	mprotect(p + 2 * 4096, 4096, PROT_READ);
	mprotect(p + 3 * 4096, 4096, PROT_NONE);
	return p;
}

static inline int file_of(const char *name, size_t size)
{
	int fd = open(name, O_RDWR | O_CREAT | O_TRUNC, 0644);
	char block[4096];

	for (size_t at = 0; at < size; at += sizeof(block)) {
		for (size_t i = 0; i < sizeof(block); i++)
			block[i] = (char)((at + i) * 7 + (at >> 12));
		if (write(fd, block, size - at < sizeof(block) ? size - at : sizeof(block)) < 0)
			break;
	}
	lseek(fd, 0, SEEK_SET);
	return fd;
}

#endif
