// SPDX-License-Identifier: GPL-2.0-or-later
// ioctls of a terminal, from both its ends: every number of the tty's range with a buffer.
#include "net.h"
#include <asm/termbits.h>

int main(void)
{
	static const int skip[] = { 0x540e /* SCTTY */, 0x5412 /* STI */, 0x541d /* CONS */, 0x5437 /* VHANGUP */, 0x5453, 0x5454, 0x541a, 0x5423,
				    0x5409, 0x5425, 0x5427, 0x5428, 0x5441, 0x5436 };
	struct termios2 t2;
	unsigned char buf[256];
	int m = open("/dev/ptmx", O_RDWR | O_NOCTTY | O_NONBLOCK), n = 0, s, peer;
	char name[64];

	ioctl(m, TIOCSPTLCK, &(int){ 0 });
	ioctl(m, TIOCGPTN, &n);
	snprintf(name, sizeof(name), "/dev/pts/%d", n);
	s = open(name, O_RDWR | O_NOCTTY | O_NONBLOCK);
	P(ioctl(s, TCGETS2, &t2));
	printf("%x %x %x %x %u %u\n", t2.c_iflag, t2.c_oflag, t2.c_cflag, t2.c_lflag, t2.c_ispeed, t2.c_ospeed);
	t2.c_cflag = (t2.c_cflag & ~CBAUD) | BOTHER;
	t2.c_ospeed = 12345;
	P(ioctl(s, TCSETS2, &t2));
	P(ioctl(s, TCGETS2, &t2));
	printf("%u %x\n", t2.c_ospeed, t2.c_cflag & CBAUD);
	for (unsigned cmd = 0x5401; cmd <= 0x545f; cmd++) {
		int bad = 0;

		for (unsigned i = 0; i < sizeof(skip) / sizeof(*skip); i++)
			bad |= skip[i] == (int)cmd;
		if (bad)
			continue;
		for (int i = 0; i < 2; i++) {
			memset(buf, 0, sizeof(buf));
			errno = 0;
			printf("%x %s: %d %s\n", cmd, i ? "slave" : "master", ioctl(i ? s : m, cmd, buf) >= 0, errno ? strerrorname_np(errno) : "");
		}
	}
	P((peer = ioctl(m, TIOCGPTPEER, O_RDWR | O_NOCTTY)) >= 0);
	P(fcntl(peer, F_GETFL) & O_ACCMODE);
	P(ioctl(s, TIOCGPTPEER, O_RDWR));
	P(ioctl(s, TIOCGPTN, &n));
	P(ioctl(m, TIOCPKT, &(int){ 1 }));
	write(s, "x", 1);
	usleep(2000);
	P(read(m, buf, 10));
	printf("%x %x\n", buf[0], buf[1]);
	P(ioctl(s, TCFLSH, 2));
	P(read(m, buf, 10));
	printf("%x\n", buf[0]);
	P(ioctl(s, TIOCEXCL));
	setuid(5);
	P(open(name, O_RDWR | O_NOCTTY));
	P(ioctl(s, TIOCSTI, "x"));
	return 0;
}
