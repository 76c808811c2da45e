// SPDX-License-Identifier: GPL-2.0-or-later
// statx: masks, flags, attributes, and what does not change from run to run.
#include "files.h"
#include <linux/stat.h>
#include <sys/sysmacros.h>

static void one(int dir, const char *path, int flags, unsigned mask)
{
	struct statx x;
	long ret;

	memset(&x, 0xaa, sizeof(x));
	ret = S(statx, dir, path, flags, mask, &x);
	printf("%s flags %x mask %x: %s", path ? path : "NULL", flags, mask, ret ? strerrorname_np(errno) : "ok");
	if (!ret)
		printf(" got %x nlink %u uid %u mode %o size %llu blksize %u attr %llx of %llx dev %u:%u rdev %u:%u dio %u %u zero %d",
		       x.stx_mask, x.stx_nlink, x.stx_uid, x.stx_mode, S_ISREG(x.stx_mode) ? x.stx_size : 0, x.stx_blksize,
		       (unsigned long long)x.stx_attributes, (unsigned long long)x.stx_attributes_mask, x.stx_dev_major,
		       x.stx_dev_minor, x.stx_rdev_major, x.stx_rdev_minor, x.stx_dio_mem_align, x.stx_dio_offset_align,
		       ((char *)&x)[sizeof(x) - 1]);
	putchar('\n');
}

int main(void)
{
	umask(022);
	close(file_of("f", 1234));
	symlink("f", "s");
	mkdir("d", 0750);
	one(AT_FDCWD, "f", 0, STATX_BASIC_STATS);
	one(AT_FDCWD, "f", 0, 0);
	one(AT_FDCWD, "f", 0, STATX_SIZE);
	one(AT_FDCWD, "f", 0, 0xffff);
	one(AT_FDCWD, "f", 0, STATX__RESERVED);
	one(AT_FDCWD, "s", 0, STATX_MODE);
	one(AT_FDCWD, "s", AT_SYMLINK_NOFOLLOW, STATX_MODE);
	one(AT_FDCWD, "d", AT_STATX_FORCE_SYNC, STATX_MODE);
	one(AT_FDCWD, "d", AT_STATX_DONT_SYNC, STATX_MODE);
	one(AT_FDCWD, "d", AT_STATX_DONT_SYNC | AT_STATX_FORCE_SYNC, STATX_MODE);
	one(AT_FDCWD, "d", AT_NO_AUTOMOUNT, STATX_TYPE);
	one(AT_FDCWD, "d", 0x10, STATX_TYPE);
	one(AT_FDCWD, "/dev/null", 0, STATX_BASIC_STATS);
	one(AT_FDCWD, "/proc/version", 0, STATX_TYPE);
	one(AT_FDCWD, "missing", 0, STATX_TYPE);
	one(99, "f", 0, STATX_TYPE);
	one(AT_FDCWD, "f/x", 0, STATX_TYPE);
	return 0;
}
