// SPDX-License-Identifier: GPL-2.0-or-later
// ioctl on files, directories and pipes: flags, sizes, clones, what is refused.
#include "files.h"
#include <linux/fiemap.h>
#include <linux/fs.h>
#include <sys/ioctl.h>

static void *buf_(void)
{
	static char buf[512];

	return buf;
}

static void on(const char *what, int fd)
{
	struct file_clone_range range = { 0, 0, 0, 0 };
	struct fsxattr x;
	struct fstrim_range trim = { 0, 0, 0 };
	long l = 0;
	int i = 0;

	printf("-- %s\n", what);
	P(ioctl(fd, FS_IOC_GETFLAGS, &i));
	printf("%x\n", i);
	P(ioctl(fd, FS_IOC_SETFLAGS, &i));
	OK(ioctl(fd, FS_IOC_GETVERSION, &i));
	memset(&x, 0, sizeof(x));
	P(ioctl(fd, FS_IOC_FSGETXATTR, &x));
	printf("%x %u %u\n", x.fsx_xflags, x.fsx_extsize, x.fsx_projid);
	P(ioctl(fd, FIGETBSZ, &i));
	printf("%d\n", i);
	i = -1;
	P(ioctl(fd, FIONREAD, &i));
	printf("%d\n", i);
	P(ioctl(fd, FIOQSIZE, &l));
	P(ioctl(fd, FIONBIO, &(int){ 1 }));
	P(!!(fcntl(fd, F_GETFL) & O_NONBLOCK));
	P(ioctl(fd, FIONBIO, &(int){ 0 }));
	P(ioctl(fd, FIOCLEX));
	P(fcntl(fd, F_GETFD));
	P(ioctl(fd, FIONCLEX));
	P(fcntl(fd, F_GETFD));
	P(ioctl(fd, FICLONE, fd));
	P(ioctl(fd, FICLONE, 99));
	P(ioctl(fd, FICLONERANGE, &range));
	P(ioctl(fd, FITRIM, &trim));
	P(ioctl(fd, BLKGETSIZE64, &l));
	P(ioctl(fd, BLKSSZGET, &i));
	P(ioctl(fd, TCGETS, buf_()));
	P(ioctl(fd, TIOCGWINSZ, buf_()));
	P(ioctl(fd, TIOCGPGRP, &i));
	P(ioctl(fd, 0xdeadbeef, 0));
	P(ioctl(fd, 0, 0));
	P(ioctl(fd, FIBMAP, &(int){ 0 }));
	P(ioctl(fd, FS_IOC_GETFSLABEL, buf_()));
}

int main(void)
{
	int p[2];

	pipe(p);
	on("file", file_of("f", 5000));
	on("directory", open(".", O_RDONLY));
	on("pipe", p[0]);
	on("null", open("/dev/null", O_RDWR));
	on("memfd", S(memfd_create, "x", 0));
	on("proc", open("/proc/self/status", O_RDONLY));
	on("path", open("f", O_PATH));
	on("closed", 99);
	return 0;
}
