// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The host's allocations that mm/ makes, through the linker's --wrap: one of them can be made to fail. Only
 * the calls that may fail: putting a hole where a window was, or a page under a SIGBUS, is not an allocation.
 */
#include <errno.h>
#include <stdlib.h>
#include <sys/mman.h>
#include "mm_ops.h"

/* The linker's --wrap knows names only, so this cannot hang off anything. */
static unsigned countdown, failures;

void fail_nth(unsigned nth, unsigned count)
{
	countdown = nth;
	failures = count;
}

static bool fails(void)
{
	if (countdown && --countdown)
		return false;
	if (!failures)
		return false;
	failures--;
	errno = ENOMEM;
	return true;
}

void *__real_malloc(size_t size);
void *__real_calloc(size_t n, size_t size);
char *__real_strdup(const char *s);
int __real_posix_memalign(void **out, size_t align, size_t size);
void *__real_mmap(void *addr, size_t len, int prot, int flags, int fd, off_t off);
int __real_madvise(void *addr, size_t len, int advice);
int __real_memfd_create(const char *name, unsigned flags);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t n, size_t size);
char *__wrap_strdup(const char *s);
int __wrap_posix_memalign(void **out, size_t align, size_t size);
void *__wrap_mmap(void *addr, size_t len, int prot, int flags, int fd, off_t off);
int __wrap_madvise(void *addr, size_t len, int advice);
int __wrap_memfd_create(const char *name, unsigned flags);

void *__wrap_malloc(size_t size)
{
	return fails() ? NULL : __real_malloc(size);
}

void *__wrap_calloc(size_t n, size_t size)
{
	return fails() ? NULL : __real_calloc(n, size);
}

char *__wrap_strdup(const char *s)
{
	return fails() ? NULL : __real_strdup(s);
}

int __wrap_posix_memalign(void **out, size_t align, size_t size)
{
	return fails() ? ENOMEM : __real_posix_memalign(out, align, size);
}

void *__wrap_mmap(void *addr, size_t len, int prot, int flags, int fd, off_t off)
{
	return fd >= 0 && fails() ? MAP_FAILED : __real_mmap(addr, len, prot, flags, fd, off);
}

int __wrap_madvise(void *addr, size_t len, int advice)
{
	return fails() ? -1 : __real_madvise(addr, len, advice);
}

int __wrap_memfd_create(const char *name, unsigned flags)
{
	return fails() ? -1 : __real_memfd_create(name, flags);
}
