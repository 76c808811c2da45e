// SPDX-License-Identifier: GPL-2.0-or-later
// ioctl on name spaces, pidfds, block devices, random, clocks: what each says, and to the wrong descriptor.
#include "files.h"
#include <linux/fs.h>
#include <linux/loop.h>
#include <linux/nsfs.h>
#include <linux/random.h>
#include <linux/rtc.h>
#include <sys/ioctl.h>
#include <sys/mount.h>

static void value(const char *what, int fd, unsigned long cmd)
{
	unsigned char buf[512] = { 0 };
	int ret = ioctl(fd, cmd, buf);

	printf("%s = %d %s %02x%02x%02x%02x\n", what, ret, ret < 0 ? strerrorname_np(errno) : "", buf[3], buf[2], buf[1], buf[0]);
}
#define V(fd, cmd) value(#fd " " #cmd, fd, cmd)

int main(void)
{
	int ns = open("/proc/self/ns/uts", O_RDONLY), user = open("/proc/self/ns/user", O_RDONLY), pidns = open("/proc/self/ns/pid", O_RDONLY);
	int loop = open("/dev/loop7", O_RDONLY), ctl = open("/dev/loop-control", O_RDONLY), rnd = open("/dev/urandom", O_RDONLY);
	int file = file_of("f", 100), pidfd = S(pidfd_open, getpid(), 0), zero = open("/dev/zero", O_RDONLY), tty = open("/dev/tty0", O_RDONLY);
	int fd;

	P((fd = ioctl(ns, NS_GET_USERNS)) >= 0);
	P(ioctl(ns, NS_GET_NSTYPE) == 0x04000000);
	P(ioctl(user, NS_GET_NSTYPE) == 0x10000000);
	P(ioctl(ns, NS_GET_PARENT));
	P(ioctl(user, NS_GET_PARENT));
	V(user, NS_GET_OWNER_UID);
	V(ns, NS_GET_OWNER_UID);
	P(ioctl(pidns, 0x8004b706 /* NS_GET_PID_FROM_PIDNS */, getpid()) == getpid());
	P(ioctl(pidns, 0x8004b708 /* NS_GET_PID_IN_PIDNS */, getpid()) == getpid());
	P(ioctl(ns, 0xb7ff));
	V(file, NS_GET_NSTYPE);
	V(loop, BLKGETSIZE64);
	V(loop, BLKGETSIZE);
	V(loop, BLKSSZGET);
	V(loop, BLKPBSZGET);
	V(loop, BLKBSZGET);
	V(loop, BLKIOMIN);
	V(loop, BLKIOOPT);
	V(loop, BLKALIGNOFF);
	V(loop, BLKROTATIONAL);
	V(loop, BLKROGET);
	V(loop, BLKRAGET);
	V(loop, BLKFRAGET);
	V(loop, BLKSECTGET);
	V(loop, BLKDISCARDZEROES);
	V(loop, LOOP_GET_STATUS64);
	V(loop, LOOP_CLR_FD);
	V(loop, 0x301);
	V(loop, 0x1268);
	V(zero, BLKGETSIZE64);
	P(ioctl(ctl, LOOP_CTL_GET_FREE) >= 0);
	P(ioctl(ctl, LOOP_CTL_ADD, 0));
	P(ioctl(ctl, LOOP_CTL_REMOVE, 9999));
	P(ioctl(rnd, RNDGETENTCNT, &fd));
	P(fd > 0);
	V(file, RNDGETENTCNT);
	P(ioctl(open("/proc/self/ns/mnt", O_RDONLY), 0x8008b705 /* NS_GET_MNTNS_ID */, &(long){ 0 }));
	P(ioctl(open("/proc/self/ns/mnt", O_RDONLY), 0x8010b70b /* NS_MNT_GET_NEXT */, 0) >= -1);
	P((fd = ioctl(pidfd, 0xff03 /* PIDFD_GET_MNT_NAMESPACE */, 0)) >= 0);
	P(ioctl(fd, NS_GET_NSTYPE) == 0x20000);
	P(ioctl(pidfd, 0xff0a /* PIDFD_GET_UTS_NAMESPACE */, 0) >= 0);
	P(ioctl(pidfd, 0xff04 /* PIDFD_GET_NET_NAMESPACE */, 1));
	{
		struct { unsigned long mask, cgroup; unsigned pid, tgid, ppid, uids[8], code; } info = { 1 };

		P(ioctl(pidfd, _IOC(_IOC_READ | _IOC_WRITE, 0xff, 11, sizeof(info)), &info));
		P(info.pid == getpid() && info.ppid == getppid());
		P(ioctl(pidfd, _IOC(_IOC_READ | _IOC_WRITE, 0xff, 11, 8), &info));
	}
	P(ioctl(pidfd, 0xffff, 0));
	V(tty, 0x4b33 /* KDGKBTYPE */);
	V(tty, 0x4b3b /* KDGETMODE */);
	V(zero, 0x4b3b);
	P(ioctl(file, _IOC(_IOC_READ, 'z', 1, 8), &fd));
	return 0;
}
