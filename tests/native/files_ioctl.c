// SPDX-License-Identifier: GPL-2.0-or-later
// ioctl: terminals (a pty), queues, files, sockets and interfaces.
#include "files.h"
#include <linux/fs.h>
#include <linux/fiemap.h>
#include <net/if.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <termios.h>

struct ktermios {
	unsigned iflag, oflag, cflag, lflag;
	unsigned char line, cc[19];
};

static void pty(void)
{
	struct winsize ws = { 24, 80, 1, 2 };
	struct ktermios t;
	struct termios lt;
	int master = open("/dev/ptmx", O_RDWR | O_NOCTTY), n, slave, peer;
	char name[32], buf[100], *p = pages();

	n = 0;
	P(S(ioctl, master, TIOCSPTLCK, &n));
	P(S(ioctl, master, TIOCGPTN, &n));
	sprintf(name, "/dev/pts/%d", n);
	slave = open(name, O_RDWR | O_NOCTTY);
	P(slave > 0);
	P((peer = S(ioctl, master, TIOCGPTPEER, O_RDWR | O_NOCTTY)) > 0);
	close(peer);
	P(S(ioctl, slave, TCGETS, &t));
	printf("%x %x %x %x %d %u\n", t.iflag, t.oflag, t.cflag, t.lflag, t.line, hash(t.cc, 19));
	P(S(ioctl, slave, TCGETS, NOWHERE));
	P(S(ioctl, slave, TCGETS, p + 8192 - 4));
	P(S(ioctl, slave, TCGETS, p + 4096 - 4));
	P(S(ioctl, slave, TCSETS, p + 4096 - 4));
	P(tcgetattr(slave, &lt));
	cfmakeraw(&lt);
	P(tcsetattr(slave, TCSAFLUSH, &lt));
	P(S(ioctl, slave, TIOCSWINSZ, &ws));
	memset(&ws, 0, sizeof(ws));
	P(S(ioctl, master, TIOCGWINSZ, &ws));
	printf("%d %d %d %d\n", ws.ws_row, ws.ws_col, ws.ws_xpixel, ws.ws_ypixel);
	P(write(master, "input", 5));
	P(poll(&(struct pollfd){ slave, POLLIN, 0 }, 1, 1000));
	P(S(ioctl, slave, FIONREAD, &n));
	printf("%d\n", n);
	P(read(slave, buf, 100));
	P(write(slave, "out\n", 4));
	P(read(master, buf, 100));
	P(S(ioctl, slave, TIOCOUTQ, &n));
	P(S(ioctl, slave, TCFLSH, 2));
	P(S(ioctl, slave, TCFLSH, 9));
	P(S(ioctl, slave, TCSBRK, 1));
	P(S(ioctl, slave, TIOCGPGRP, &n));
	P(S(ioctl, slave, TIOCGSID, &n));
	P(S(ioctl, slave, TIOCSCTTY, 0) == 0 || errno == EPERM);
	P(S(ioctl, slave, TIOCEXCL, 0));
	P(S(ioctl, slave, TIOCGEXCL, &n));
	printf("%d\n", n);
	P(S(ioctl, slave, TIOCNXCL, 0));
	P(S(ioctl, slave, TIOCGETD, &n));
	P(S(ioctl, slave, TIOCMGET, &n));
	P(S(ioctl, slave, TIOCGSERIAL, buf));
	n = 1;
	P(S(ioctl, master, TIOCPKT, &n));
	P(S(ioctl, master, TIOCGPKT, &n));
	printf("%d\n", n);
	P(S(ioctl, slave, 0x54ff, 0));
	P(isatty(slave));
	close(slave);
	P(read(master, buf, 100));
	close(master);
}

static void queues(void)
{
	int fds[2], n = 1;

	pipe(fds);
	P(write(fds[1], "abc", 3));
	P(S(ioctl, fds[0], FIONREAD, &n));
	printf("%d\n", n);
	n = 1;
	P(S(ioctl, fds[0], FIONBIO, &n));
	P(fcntl(fds[0], F_GETFL));
	P(S(ioctl, fds[0], FIOCLEX));
	P(fcntl(fds[0], F_GETFD));
	P(S(ioctl, fds[0], FIONCLEX));
	P(fcntl(fds[0], F_GETFD));
	P(S(ioctl, fds[0], FIOASYNC, &n));
	P(S(ioctl, fds[0], FIONREAD, NOWHERE));
	P(S(ioctl, fds[0], TCGETS, &n));
	P(S(ioctl, fds[0], TIOCGWINSZ, &n));
	P(S(ioctl, 99, FIONREAD, &n));
	P(S(ioctl, 99, 0xdeadbeef, &n));
	P(S(ioctl, fds[0], 0xdeadbeef, &n));
	P(S(ioctl, fds[0], 0, 0));
	P(S(ioctl, fds[0], 0x80045499, &n));
	n = open("/dev/null", O_RDWR);
	P(S(ioctl, n, TCGETS, fds));
	P(S(ioctl, n, FIONREAD, fds));
	close(n);
	close(fds[0]);
	close(fds[1]);
}

static void file_calls(void)
{
	struct { struct fiemap f; struct fiemap_extent e[4]; } map = { { 0 } };
	struct file_clone_range range = { .src_fd = 99 };
	int fd = file_of("f", 9000), n = 0, other = file_of("g", 0);
	struct fsxattr attr;
	long size = -1;
	char label[256];

	P(S(ioctl, fd, FIGETBSZ, &n));
	printf("%d\n", n);
	P(S(ioctl, fd, FIONREAD, &n));
	printf("%d\n", n);
	P(S(ioctl, fd, FIOQSIZE, &size));
	printf("%ld\n", size);
	size = -1;
	P(S(ioctl, fd, FS_IOC_GETFLAGS, &size));
	printf("%lx\n", (unsigned long)size & ~0x80000UL);
	P(S(ioctl, fd, FS_IOC_FSGETXATTR, &attr));
	P(S(ioctl, fd, FS_IOC_FSGETXATTR, NOWHERE));
	P(S(ioctl, other, FICLONE, fd));
	P(S(ioctl, other, FICLONE, 99));
	P(S(ioctl, other, FICLONE, 16000));
	P(S(ioctl, other, FICLONERANGE, &range));
	P(S(ioctl, other, FICLONERANGE, NOWHERE));
	map.f.fm_length = ~0UL;
	map.f.fm_flags = FIEMAP_FLAG_SYNC;
	map.f.fm_extent_count = 4;
	P(S(ioctl, fd, FS_IOC_FIEMAP, &map));
	printf("%u %llu\n", map.f.fm_mapped_extents, map.f.fm_mapped_extents ? (unsigned long long)map.e[0].fe_logical : 0);
	P(S(ioctl, fd, FS_IOC_FIEMAP, NOWHERE));
	map.f.fm_extent_count = ~0U;
	P(S(ioctl, fd, FS_IOC_FIEMAP, &map));
	P(S(ioctl, fd, FS_IOC_GETFSLABEL, label));
	P(S(ioctl, fd, BLKGETSIZE64, &size));
	P(S(ioctl, fd, TCGETS, label));
	P(S(ioctl, fd, FIBMAP, &n) == 0 || errno == EPERM || errno == EINVAL);
	close(fd);
	close(other);
}

static void interfaces(void)
{
	int s = socket(AF_INET, SOCK_DGRAM, 0), n;
	struct ifreq r = { .ifr_name = "lo" }, many[16];
	struct ifconf c = { 0 };

	P(S(ioctl, s, SIOCGIFINDEX, &r));
	printf("%d\n", r.ifr_ifindex);
	P(S(ioctl, s, SIOCGIFNAME, &r));
	printf("%s\n", r.ifr_name);
	P(S(ioctl, s, SIOCGIFFLAGS, &r));
	P(S(ioctl, s, SIOCGIFMTU, &r));
	printf("%d\n", r.ifr_mtu);
	P(S(ioctl, s, SIOCGIFHWADDR, &r));
	printf("%d\n", r.ifr_hwaddr.sa_family);
	strcpy(r.ifr_name, "nonesuch");
	P(S(ioctl, s, SIOCGIFFLAGS, &r));
	P(S(ioctl, s, SIOCGIFCONF, &c));
	printf("%d\n", c.ifc_len > 0);
	n = c.ifc_len;
	c.ifc_req = many;
	c.ifc_len = sizeof(many);
	P(S(ioctl, s, SIOCGIFCONF, &c));
	printf("%d %s\n", c.ifc_len == n, many[0].ifr_name);
	c.ifc_req = NOWHERE;
	P(S(ioctl, s, SIOCGIFCONF, &c));
	P(S(ioctl, s, SIOCGIFCONF, NOWHERE));
	P(S(ioctl, s, FIONREAD, &n));
	P(S(ioctl, s, TIOCOUTQ, &n));
	P(S(ioctl, s, 0x8905, &n));
	n = getpid();
	P(S(ioctl, s, 0x8902, &n));
	P(S(ioctl, s, 0x8904, &n));
	printf("%d\n", n == getpid());
	P(S(ioctl, s, 0x8999, &n));
	close(s);
}

int main(void)
{
	signal(SIGIO, SIG_IGN);
	pty();
	queues();
	file_calls();
	interfaces();
	return 0;
}
