// SPDX-License-Identifier: GPL-2.0-or-later
// Flags of files (FS_IOC_SETFLAGS, file_setattr): immutable, append-only, nodump; what they forbid.
#include "files.h"
#include <linux/fs.h>
#include <sys/ioctl.h>

static int set(int fd, int flags)
{
	int now = 0;

	ioctl(fd, FS_IOC_GETFLAGS, &now);
	now = (now & 0x80000) | flags;
	return ioctl(fd, FS_IOC_SETFLAGS, &now);
}

int main(void)
{
	struct { unsigned long long xflags; unsigned extsize, nextents, projid, cowextsize; } a = { 0 };
	int fd = file_of("f", 10), w;

	P(set(fd, FS_NODUMP_FL | FS_NOATIME_FL));
	P(syscall(468, AT_FDCWD, "f", &a, sizeof(a), 0));
	printf("%llx\n", a.xflags);
	P(syscall(468, fd, "", &a, sizeof(a), AT_EMPTY_PATH));
	P(syscall(468, AT_FDCWD, "f", &a, 8, 0));
	P(syscall(468, AT_FDCWD, "f", &a, sizeof(a), 0x40000));
	P(syscall(468, AT_FDCWD, "/dev/null", &a, sizeof(a), 0));
	P(set(fd, FS_APPEND_FL));
	P(open("f", O_RDWR));
	P((w = open("f", O_WRONLY | O_APPEND)) >= 0);
	P(S(write, w, "x", 1));
	P(S(pwrite64, w, "x", 1, 0));
	P(S(ftruncate, w, 0));
	P(S(truncate, "f", 0));
	P(S(unlink, "f"));
	P(S(rename, "f", "g"));
	P(S(fallocate, w, 3, 0, 5));
	P(fcntl(w, F_SETFL, 0));
	P(set(fd, FS_IMMUTABLE_FL));
	P(open("f", O_WRONLY | O_APPEND));
	P(S(link, "f", "g"));
	P(S(chmod, "f", 0600));
	P(S(utimensat, AT_FDCWD, "f", NULL, 0));
	P(S(setxattr, "f", "user.a", "x", 1, 0));
	P(set(fd, 0));
	P(syscall(468, AT_FDCWD, "f", &a, sizeof(a), 0));
	a.xflags |= 0x80 /* NODUMP */;
	P(syscall(469, AT_FDCWD, "f", &a, sizeof(a), 0));
	P(syscall(468, AT_FDCWD, "f", &a, sizeof(a), 0));
	printf("%llx\n", a.xflags);
	a.xflags = 1ULL << 40;
	P(syscall(469, AT_FDCWD, "f", &a, sizeof(a), 0));
	P(S(unlink, "f"));
	setuid(5);
	P(set(fd, FS_IMMUTABLE_FL));
	return 0;
}
