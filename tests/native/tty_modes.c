// SPDX-License-Identifier: GPL-2.0-or-later
// A pseudo-terminal's line discipline: canonical and raw input, echo, erase, end of file, output translation.
#include "net.h"
#include <termios.h>

static int m, s;

static void type(const char *keys)
{
	char buf[200];
	long n;

	write(m, keys, strlen(keys));
	usleep(3000);
	n = S(read, s, buf, sizeof(buf));
	printf("read %ld:", n);
	for (long i = 0; i < n; i++)
		printf(" %02x", (unsigned char)buf[i]);
	n = S(read, m, buf, sizeof(buf));
	printf(" echo %ld:", n);
	for (long i = 0; i < n; i++)
		printf(" %02x", (unsigned char)buf[i]);
	putchar('\n');
}

int main(void)
{
	struct termios t, got;
	char name[64];
	int n;

	m = open("/dev/ptmx", O_RDWR | O_NOCTTY | O_NONBLOCK);
	P(ioctl(m, TIOCGPTLCK, &n));
	P(n);
	P(ioctl(m, TIOCSPTLCK, &(int){ 0 }));
	P(ioctl(m, TIOCGPTN, &n));
	snprintf(name, sizeof(name), "/dev/pts/%d", n);
	s = open(name, O_RDWR | O_NOCTTY | O_NONBLOCK);
	P(tcgetattr(s, &t));
	printf("%x %x %x %x speed %x cc", t.c_iflag, t.c_oflag, t.c_cflag, t.c_lflag, cfgetospeed(&t));
	for (int i = 0; i < 19; i++)
		printf(" %x", t.c_cc[i]);
	putchar('\n');
	type("abc");
	type("\n");
	type("ab\177c\n");
	type("word other\027x\n");
	type("gone\025kept\n");
	type("\004");
	type("a\004");
	type("cr\r");
	t.c_lflag &= ~(ECHO | ICANON);
	t.c_cc[VMIN] = 3;
	t.c_cc[VTIME] = 0;
	P(tcsetattr(s, TCSANOW, &t));
	type("ab");
	type("c\r");
	cfmakeraw(&t);
	P(tcsetattr(s, TCSADRAIN, &t));
	type("raw\r\n\003\004");
	P(tcgetattr(m, &got));
	P(!memcmp(&t, &got, sizeof(t)));
	t.c_oflag = OPOST | ONLCR;
	tcsetattr(s, TCSAFLUSH, &t);
	write(s, "out\n", 4);
	type("");
	P(ioctl(m, FIONREAD, &n));
	write(m, "pending", 7);
	usleep(3000);
	P(ioctl(s, FIONREAD, &n));
	P(n);
	P(tcflush(s, TCIFLUSH));
	P(ioctl(s, FIONREAD, &n));
	P(n);
	P(tcflow(s, TCOOFF));
	P(write(s, "x", 1));
	P(tcflow(s, TCOON));
	P(tcsendbreak(s, 0));
	P(ioctl(s, 0x5423 /* TIOCSETD */, &(int){ 99 }));
	P(ioctl(s, TIOCGETD, &n));
	P(n);
	close(s);
	P(read(m, name, 10) >= -1);
	P(ready(m, POLLIN) & POLLHUP);
	return 0;
}
