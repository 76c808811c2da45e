// SPDX-License-Identifier: GPL-2.0-or-later
// stat, statx, access, statfs, and what changes them: chmod, chown, utimes, truncate, fallocate.
#include "files.h"
#include <linux/falloc.h>
#include <sys/statfs.h>
#include <sys/sysmacros.h>
#include <sys/time.h>
#include <utime.h>

static void put(const char *name)
{
	struct stat st;

	if (P(S(lstat, name, &st)) == 0)
		printf("%s: %o links %lu uid %u gid %u size %ld rdev %x mtime %ld.%09ld atime %ld\n", name, st.st_mode,
		       (unsigned long)st.st_nlink, st.st_uid, st.st_gid, S_ISDIR(st.st_mode) ? 0L : (long)st.st_size,
		       (unsigned)st.st_rdev, st.st_mtim.tv_sec % 2000000000 < 1000000000 ? st.st_mtim.tv_sec : -1L,
		       st.st_mtim.tv_sec < 1000000000 ? st.st_mtim.tv_nsec : 0L,
		       st.st_atim.tv_sec < 1000000000 ? st.st_atim.tv_sec : -1L);
}

static void stats(void)
{
	char *p = pages();
	struct statx sx;
	struct stat st;

	close(file_of("f", 5000));
	symlink("f", "l");
	P(chmod("f", 04751));
	put("l");
	P(S(stat, "l", &st));
	printf("%o %ld\n", st.st_mode, (long)st.st_size);
	P(S(stat, "f", NOWHERE));
	P(S(stat, "f", p + 4096 - 8));
	printf("%ld\n", (long)((struct stat *)(p + 4096 - 8))->st_size);
	P(S(stat, "f", p + 8192 - 8));
	P(S(stat, NOWHERE, &st));
	P(S(stat, "", &st));
	P(S(stat, "f/", &st));
	P(S(fstat, 99, &st));
	P(S(fstat, 99, NOWHERE));
	P(S(newfstatat, AT_FDCWD, "l", &st, AT_SYMLINK_NOFOLLOW));
	printf("%o\n", st.st_mode);
	P(S(newfstatat, 0, "", &st, AT_EMPTY_PATH));
	P(S(newfstatat, AT_FDCWD, "f", &st, 0x8000));
	P(S(newfstatat, 99, "f", &st, 0));
	P(S(newfstatat, 99, "/", &st, 0));
	P(S(statx, AT_FDCWD, "f", 0, STATX_BASIC_STATS, &sx));
	printf("%x %o %llu\n", sx.stx_mask & STATX_BASIC_STATS, sx.stx_mode, (unsigned long long)sx.stx_size);
	P(S(statx, AT_FDCWD, "l", AT_SYMLINK_NOFOLLOW, STATX_MODE, &sx));
	printf("%o\n", sx.stx_mode);
	P(S(statx, AT_FDCWD, "f", 0, 0x80000000, &sx));
	P(S(statx, AT_FDCWD, "f", 0x10000000, 0, &sx));
	P(S(statx, AT_FDCWD, "f", AT_STATX_FORCE_SYNC | AT_STATX_DONT_SYNC, 0, &sx));
	P(S(statx, AT_FDCWD, NULL, AT_EMPTY_PATH, 0, &sx) == 0 || errno == EFAULT);
	P(S(statx, AT_FDCWD, "f", 0, STATX_BASIC_STATS, NOWHERE));
}

static void accesses(void)
{
	P(S(access, "f", R_OK | W_OK));
	P(S(access, "f", X_OK));
	P(S(access, "f", 8));
	P(S(access, "none", F_OK));
	P(S(access, NOWHERE, F_OK));
	P(S(faccessat, AT_FDCWD, "f", F_OK));
	P(S(faccessat2, AT_FDCWD, "l", F_OK, AT_SYMLINK_NOFOLLOW));
	P(S(faccessat2, AT_FDCWD, "l", F_OK, AT_EACCESS));
	P(S(faccessat2, AT_FDCWD, "l", F_OK, 0x40000));
	P(S(faccessat2, 0, "", F_OK, AT_EMPTY_PATH));
}

static void changes(void)
{
	struct utimbuf ub = { 100, 200 };
	struct timeval tv[2] = { { 300, 5 }, { 400, 7 } }, bad[2] = { { 300, 5 }, { 400, 1000000 } };
	struct timespec ts[2] = { { 500, 11 }, { 600, UTIME_OMIT } }, worse[2] = { { 1, 0 }, { 2, 1000000000 } };
	int fd = open("f", O_RDWR);

	P(S(utime, "f", &ub));
	put("f");
	P(S(utimes, "f", tv));
	put("f");
	P(S(utimes, "f", bad));
	P(S(utimes, "f", NOWHERE));
	P(S(futimesat, AT_FDCWD, "f", tv));
	P(S(utimensat, AT_FDCWD, "f", ts, 0));
	put("f");
	P(S(utimensat, AT_FDCWD, "l", ts, AT_SYMLINK_NOFOLLOW));
	put("l");
	P(S(utimensat, fd, NULL, ts, 0));
	P(S(utimensat, 99, NULL, ts, 0));
	P(S(utimensat, AT_FDCWD, "f", worse, 0));
	P(S(utimensat, AT_FDCWD, NULL, ts, 0));
	P(S(utimensat, AT_FDCWD, "f", NULL, 0));
	P(S(utimensat, AT_FDCWD, "f", ts, 0x8000));
	P(S(chmod, "none", 0600));
	P(S(fchmod, fd, 0640));
	P(S(fchmod, 99, 0640));
	P(S(fchmodat, AT_FDCWD, "l", 0600));
	P(S(fchmodat, AT_FDCWD, "l", 0601, AT_SYMLINK_NOFOLLOW));
	P(syscall(452, AT_FDCWD, "l", 0602, AT_SYMLINK_NOFOLLOW));
	P(syscall(452, AT_FDCWD, "l", 0602, 0));
	P(syscall(452, AT_FDCWD, "l", 0602, 0x8000));
	put("f");
	P(S(chown, "f", getuid(), -1));
	P(S(lchown, "l", -1, getgid()));
	P(S(fchown, fd, -1, -1));
	P(S(fchown, 99, -1, -1));
	P(S(fchownat, AT_FDCWD, "f", -1, -1, AT_SYMLINK_NOFOLLOW));
	P(S(fchownat, fd, "", -1, -1, AT_EMPTY_PATH));
	P(S(fchownat, AT_FDCWD, "f", -1, -1, 0x8000));
	P(S(umask, 0123));
	P(S(umask, 07777));
	close(fd);
}

static void sizes(void)
{
	int fd = open("f", O_RDWR), ro = open("f", O_RDONLY);

	P(S(truncate, "f", 100));
	put("f");
	P(S(truncate, "f", -1));
	P(S(truncate, ".", 0));
	P(S(truncate, "none", 0));
	P(S(ftruncate, fd, 9000));
	P(S(ftruncate, ro, 10));
	P(S(ftruncate, fd, -1));
	P(S(ftruncate, 99, 0));
	P(S(fallocate, fd, 0, 0, 20000));
	P(S(fallocate, fd, FALLOC_FL_KEEP_SIZE, 0, 40000));
	P(S(fallocate, fd, FALLOC_FL_PUNCH_HOLE, 0, 4096));
	P(S(fallocate, fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 0, 4096));
	P(S(fallocate, fd, 0, 0, 0));
	P(S(fallocate, fd, 0, -1, 10));
	P(S(fallocate, fd, 0x4000, 0, 10));
	P(S(fallocate, ro, 0, 0, 10));
	put("f");
	// On memory: a disk that is busy with other things would hold these up for minutes.
	int memory = S(memfd_create, "memory", 0);
	P(S(fsync, memory));
	P(S(fdatasync, memory));
	P(S(fsync, 99));
	P(S(sync_file_range, memory, 0, 100, 7));
	P(S(sync_file_range, memory, 0, 100, 8));
	P(S(sync_file_range, memory, -1, 100, 7));
	P(S(fadvise64, fd, 0, 0, 3));
	P(S(fadvise64, fd, 0, 0, 99));
	P(S(readahead, fd, 0, 100));
	P(S(readahead, 99, 0, 100));
	P(S(syncfs, memory));
	P(S(syncfs, 99));
	close(memory);
	close(fd);
	close(ro);
}

static void nodes(void)
{
	struct statfs fs;

	P(S(mknod, "fifo", S_IFIFO | 0640, 0));
	put("fifo");
	P(S(mknod, "reg", S_IFREG | 0600, 0));
	P(S(mknod, "reg", S_IFREG | 0600, 0));
	P(S(mknodat, AT_FDCWD, "sock", S_IFSOCK | 0600, 0));
	put("sock");
	P(S(mknod, "dir", S_IFDIR | 0600, 0));
	P(S(mknod, "what", 0160000, 0));
	P(S(statfs, "/proc", &fs));
	printf("%lx %ld %ld\n", (unsigned long)fs.f_type, (long)fs.f_bsize, (long)fs.f_namelen);
	P(S(statfs, "none", &fs));
	P(S(statfs, ".", NOWHERE));
	P(S(fstatfs, 99, &fs));
	P(S(fstatfs, 0, NULL));
	P(S(ustat, 0xffff, &fs));
	P(S(sysfs, 1, "proc") >= 0);
	P(S(sysfs, 1, "nonesuch"));
	P(S(sysfs, 3) > 0);
	P(S(sysfs, 9));
}

int main(void)
{
	umask(022);
	stats();
	accesses();
	changes();
	sizes();
	nodes();
	return 0;
}
