// SPDX-License-Identifier: GPL-2.0-or-later
/* Names: files. */
#include <fcntl.h>
#include <linux/fs.h>
#include <linux/fadvise.h>
#include <linux/falloc.h>
#include <linux/openat2.h>
#include <linux/mount.h>
#include <sys/file.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/xattr.h>
#include <unistd.h>
#include "observe/xlat.h"

const struct xlat xlat_file_types[] = {
	XLAT(S_IFREG), XLAT(S_IFSOCK), XLAT(S_IFIFO), XLAT(S_IFLNK), XLAT(S_IFDIR), XLAT(S_IFBLK),
	XLAT(S_IFCHR), {0, NULL},
};

const struct xlat xlat_open_access[] = {
	XLAT(O_RDONLY), XLAT(O_WRONLY), XLAT(O_RDWR), XLAT(O_ACCMODE), {0, NULL},
};

const struct xlat xlat_open_flags[] = {
	XLAT(O_CREAT), XLAT(O_EXCL), XLAT(O_NOCTTY), XLAT(O_TRUNC), XLAT(O_APPEND), XLAT(O_NONBLOCK),
	XLAT(O_SYNC), XLAT(O_DSYNC), {O_ASYNC, "FASYNC"}, XLAT(O_DIRECT), {0100000, "O_LARGEFILE"},
	XLAT(O_NOFOLLOW), XLAT(O_NOATIME), XLAT(O_CLOEXEC), XLAT(O_PATH), XLAT(O_TMPFILE),
	XLAT(O_DIRECTORY), {0, NULL},
};

const struct xlat xlat_resolve_flags[] = {
	XLAT(RESOLVE_NO_XDEV), XLAT(RESOLVE_NO_MAGICLINKS), XLAT(RESOLVE_NO_SYMLINKS),
	XLAT(RESOLVE_BENEATH), XLAT(RESOLVE_IN_ROOT), XLAT(RESOLVE_CACHED), {0, NULL},
};

const struct xlat xlat_access_modes[] = {
	XLAT(F_OK), XLAT(R_OK), XLAT(W_OK), XLAT(X_OK), {0, NULL},
};

const struct xlat xlat_at_flags[] = {
	XLAT(AT_SYMLINK_NOFOLLOW), XLAT(AT_REMOVEDIR), XLAT(AT_SYMLINK_FOLLOW), XLAT(AT_NO_AUTOMOUNT),
	XLAT(AT_EMPTY_PATH), XLAT(AT_RECURSIVE), {0, NULL},
};

const struct xlat xlat_faccessat_flags[] = {
	XLAT(AT_SYMLINK_NOFOLLOW), XLAT(AT_EACCESS), XLAT(AT_EMPTY_PATH), {0, NULL},
};

/* Of calls that strace does not let descend. */
const struct xlat xlat_unlinkat_flags[] = {
	XLAT(AT_SYMLINK_NOFOLLOW), XLAT(AT_REMOVEDIR), XLAT(AT_SYMLINK_FOLLOW), XLAT(AT_NO_AUTOMOUNT), XLAT(AT_EMPTY_PATH),
	{0, NULL},
};

const struct xlat xlat_statx_mask[] = {
	{0xfff, "STATX_ALL"}, {0x7ff, "STATX_BASIC_STATS"}, XLAT(STATX_TYPE), XLAT(STATX_MODE),
	XLAT(STATX_NLINK), XLAT(STATX_UID), XLAT(STATX_GID), XLAT(STATX_ATIME), XLAT(STATX_MTIME),
	XLAT(STATX_CTIME), XLAT(STATX_INO), XLAT(STATX_SIZE), XLAT(STATX_BLOCKS), XLAT(STATX_BTIME),
	{0x1000, "STATX_MNT_ID"}, {0x2000, "STATX_DIOALIGN"}, {0x4000, "STATX_MNT_ID_UNIQUE"},
	{0x8000, "STATX_SUBVOL"}, {0, NULL},
};

const struct xlat xlat_whence[] = {
	XLAT(SEEK_SET), XLAT(SEEK_CUR), XLAT(SEEK_END), XLAT(SEEK_DATA), XLAT(SEEK_HOLE), {0, NULL},
};

const struct xlat xlat_fcntl_cmds[] = {
	XLAT(F_DUPFD), XLAT(F_GETFD), XLAT(F_SETFD), XLAT(F_GETFL), XLAT(F_SETFL), XLAT(F_GETLK),
	XLAT(F_SETLK), XLAT(F_SETLKW), XLAT(F_SETOWN), XLAT(F_GETOWN), XLAT(F_SETSIG), XLAT(F_GETSIG),
	XLAT(F_SETOWN_EX), XLAT(F_GETOWN_EX), {17, "F_GETOWNER_UIDS"}, XLAT(F_OFD_GETLK),
	XLAT(F_OFD_SETLK), XLAT(F_OFD_SETLKW), XLAT(F_SETLEASE), XLAT(F_GETLEASE), XLAT(F_NOTIFY),
	XLAT(F_DUPFD_CLOEXEC), XLAT(F_SETPIPE_SZ), XLAT(F_GETPIPE_SZ), XLAT(F_ADD_SEALS),
	XLAT(F_GET_SEALS), XLAT(F_GET_RW_HINT), XLAT(F_SET_RW_HINT), XLAT(F_GET_FILE_RW_HINT),
	XLAT(F_SET_FILE_RW_HINT), {1027, "F_DUPFD_QUERY"}, {1028, "F_CREATED_QUERY"}, {0, NULL},
};

const struct xlat xlat_fd_flags[] = {
	XLAT(FD_CLOEXEC), {0, NULL},
};

const struct xlat xlat_seals[] = {
	XLAT(F_SEAL_SEAL), XLAT(F_SEAL_SHRINK), XLAT(F_SEAL_GROW), XLAT(F_SEAL_WRITE),
	{0x10, "F_SEAL_FUTURE_WRITE"}, {0x20, "F_SEAL_EXEC"}, {0, NULL},
};

const struct xlat xlat_lock_types[] = {
	XLAT(F_RDLCK), XLAT(F_WRLCK), XLAT(F_UNLCK), {0, NULL},
};

const struct xlat xlat_flock_ops[] = {
	XLAT(LOCK_SH), XLAT(LOCK_EX), XLAT(LOCK_NB), XLAT(LOCK_UN), {32, "LOCK_MAND"}, {64, "LOCK_READ"},
	{128, "LOCK_WRITE"}, {0, NULL},
};

const struct xlat xlat_rename_flags[] = {
	XLAT(RENAME_NOREPLACE), XLAT(RENAME_EXCHANGE), XLAT(RENAME_WHITEOUT), {0, NULL},
};

const struct xlat xlat_fadvise[] = {
	XLAT(POSIX_FADV_NORMAL), XLAT(POSIX_FADV_RANDOM), XLAT(POSIX_FADV_SEQUENTIAL),
	XLAT(POSIX_FADV_WILLNEED), XLAT(POSIX_FADV_DONTNEED), XLAT(POSIX_FADV_NOREUSE), {0, NULL},
};

const struct xlat xlat_falloc_modes[] = {
	XLAT(FALLOC_FL_KEEP_SIZE), XLAT(FALLOC_FL_PUNCH_HOLE), XLAT(FALLOC_FL_NO_HIDE_STALE),
	XLAT(FALLOC_FL_COLLAPSE_RANGE), XLAT(FALLOC_FL_ZERO_RANGE), XLAT(FALLOC_FL_INSERT_RANGE),
	XLAT(FALLOC_FL_UNSHARE_RANGE), {0, NULL},
};

const struct xlat xlat_rwf_flags[] = {
	XLAT(RWF_HIPRI), XLAT(RWF_DSYNC), XLAT(RWF_SYNC), XLAT(RWF_NOWAIT), XLAT(RWF_APPEND),
	{0x20, "RWF_NOAPPEND"}, {0x40, "RWF_ATOMIC"}, {0x80, "RWF_DONTCACHE"}, {0, NULL},
};

const struct xlat xlat_splice_flags[] = {
	XLAT(SPLICE_F_MOVE), XLAT(SPLICE_F_NONBLOCK), XLAT(SPLICE_F_MORE), XLAT(SPLICE_F_GIFT), {0, NULL},
};

const struct xlat xlat_sync_file_flags[] = {
	XLAT(SYNC_FILE_RANGE_WAIT_BEFORE), XLAT(SYNC_FILE_RANGE_WRITE), XLAT(SYNC_FILE_RANGE_WAIT_AFTER),
	{0, NULL},
};

const struct xlat xlat_xattr_flags[] = {
	XLAT(XATTR_CREATE), XLAT(XATTR_REPLACE), {0, NULL},
};

const struct xlat xlat_inotify_init[] = {
	XLAT(IN_NONBLOCK), XLAT(IN_CLOEXEC), {0, NULL},
};

const struct xlat xlat_inotify_mask[] = {
	XLAT(IN_ACCESS), XLAT(IN_MODIFY), XLAT(IN_ATTRIB), XLAT(IN_CLOSE_WRITE), XLAT(IN_CLOSE_NOWRITE),
	XLAT(IN_OPEN), XLAT(IN_MOVED_FROM), XLAT(IN_MOVED_TO), XLAT(IN_CREATE), XLAT(IN_DELETE),
	XLAT(IN_DELETE_SELF), XLAT(IN_MOVE_SELF), XLAT(IN_UNMOUNT), XLAT(IN_Q_OVERFLOW), XLAT(IN_IGNORED),
	XLAT(IN_ONLYDIR), XLAT(IN_DONT_FOLLOW), XLAT(IN_EXCL_UNLINK), XLAT(IN_MASK_CREATE),
	XLAT(IN_MASK_ADD), XLAT(IN_ISDIR), XLAT(IN_ONESHOT), {0, NULL},
};

const struct xlat xlat_close_range[] = {
	{2, "CLOSE_RANGE_UNSHARE"}, {4, "CLOSE_RANGE_CLOEXEC"}, {0, NULL},
};

const struct xlat xlat_fs_types[] = {
	{0xef53, "EXT2_SUPER_MAGIC"}, {0x01021994, "TMPFS_MAGIC"}, {0x9fa0, "PROC_SUPER_MAGIC"},
	{0x62656572, "SYSFS_MAGIC"}, {0x58465342, "XFS_SUPER_MAGIC"}, {0x9123683e, "BTRFS_SUPER_MAGIC"},
	{0x794c7630, "OVERLAYFS_SUPER_MAGIC"}, {0x1cd1, "DEVPTS_SUPER_MAGIC"},
	{0x63677270, "CGROUP2_SUPER_MAGIC"}, {0x6969, "NFS_SUPER_MAGIC"}, {0x65735546, "FUSE_SUPER_MAGIC"},
	{0x50495045, "PIPEFS_MAGIC"}, {0x534F434B, "SOCKFS_MAGIC"}, {0x09041934, "ANON_INODE_FS_MAGIC"},
	{0x858458f6, "RAMFS_MAGIC"}, {0, NULL},
};

const struct xlat xlat_statfs_flags[] = {
	{0x40, "ST_MANDLOCK"}, {1, "ST_RDONLY"}, {2, "ST_NOSUID"}, {4, "ST_NODEV"}, {8, "ST_NOEXEC"},
	{16, "ST_SYNCHRONOUS"}, {0x20, "ST_VALID"}, {1024, "ST_NOATIME"}, {2048, "ST_NODIRATIME"},
	{4096, "ST_RELATIME"}, {8192, "ST_NOSYMFOLLOW"}, {0, NULL},
};

const struct xlat xlat_dirent_types[] = {
	{0, "DT_UNKNOWN"}, {1, "DT_FIFO"}, {2, "DT_CHR"}, {4, "DT_DIR"}, {6, "DT_BLK"}, {8, "DT_REG"},
	{10, "DT_LNK"}, {12, "DT_SOCK"}, {14, "DT_WHT"}, {0, NULL},
};

const struct xlat xlat_mount_flags[] = {
	{1, "MS_RDONLY"}, {2, "MS_NOSUID"}, {4, "MS_NODEV"}, {8, "MS_NOEXEC"}, {16, "MS_SYNCHRONOUS"},
	{32, "MS_REMOUNT"}, {64, "MS_MANDLOCK"}, {128, "MS_DIRSYNC"}, {256, "MS_NOSYMFOLLOW"},
	{1024, "MS_NOATIME"}, {2048, "MS_NODIRATIME"}, {4096, "MS_BIND"}, {8192, "MS_MOVE"},
	{16384, "MS_REC"}, {32768, "MS_SILENT"}, {65536, "MS_POSIXACL"}, {0x20000, "MS_UNBINDABLE"},
	{0x40000, "MS_PRIVATE"}, {0x80000, "MS_SLAVE"}, {0x100000, "MS_SHARED"}, {0x200000, "MS_RELATIME"},
	{0x1000000, "MS_STRICTATIME"}, {0x2000000, "MS_LAZYTIME"}, {0, NULL},
};

const struct xlat xlat_umount_flags[] = {
	{1, "MNT_FORCE"}, {2, "MNT_DETACH"}, {4, "MNT_EXPIRE"}, {8, "UMOUNT_NOFOLLOW"}, {0, NULL},
};

const struct xlat xlat_owner_types[] = {
	{0, "F_OWNER_TID"}, {1, "F_OWNER_PID"}, {2, "F_OWNER_PGRP"}, {0, NULL},
};
