// SPDX-License-Identifier: GPL-2.0-or-later
// Which pages of a file are in the host's page cache.
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>
#include "mm/pages.h"
#include "mm/resident.h"

// cachestat(2), Linux 6.5; older headers lack the number.
#define SYS_CACHESTAT 451

bool file_mincore_allowed(const struct mm_env *env, const struct file *file)
{
	struct stat st;
	char path[32];

	if (env->root)
		return true;
	if (fstat(file->fd, &st))
		return false;
	if (geteuid() == 0 || st.st_uid == geteuid())
		return true;
	snprintf(path, sizeof(path), "/proc/self/fd/%d", file->fd);
	return eaccess(path, W_OK) == 0;
}

int file_page_cached(const struct file *file, pgoff_t pgoff)
{
	struct {
		u64 off, len;
	} range = {pgoff << PAGE_SHIFT, PAGE_SIZE};
	struct {
		u64 nr_cache, nr_dirty, nr_writeback, nr_evicted, nr_recently_evicted;
	} stat = {0};

	return syscall(SYS_CACHESTAT, file->fd, &range, &stat, 0) < 0 ? -errno : stat.nr_cache != 0;
}

int file_resident(const struct mm_env *env, struct file *file, pfn_t pfn, pgoff_t pgoff, u64 nr, u8 *vec)
{
	int err = window_mincore(file->phys, pfn, nr, vec), cached;
	u64 i;

	for (i = 0; !err && i < nr && vec[i] & 1; i++)
		;
	// "All of them" is also what the host says to whom it does not want to tell. A descriptor that may be
	// written to, even if the file may not any more, is told by cachestat.
	if (err || i < nr || file->fd < 0 || file_mincore_allowed(env, file))
		return err;
	for (i = 0; i < nr; i++) {
		cached = file_page_cached(file, pgoff + i);
		if (cached < 0)
			return 1;
		vec[i] = (u8)cached;
	}
	return 0;
}
