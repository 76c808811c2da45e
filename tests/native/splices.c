// SPDX-License-Identifier: GPL-2.0-or-later
// splice, tee, vmsplice: between pipes and files, gifts, non-blocking ends.
#include "files.h"

int main(void)
{
	int f = file_of("f", 8192), g = open("g", O_RDWR | O_CREAT, 0644), a[2], b[2];
	struct iovec iov[3];
	char buf[9000];
	loff_t off = 4000;

	pipe(a);
	pipe(b);
	P(S(splice, f, &off, a[1], 0, 300, 0));
	printf("%ld\n", (long)off);
	P(S(tee, a[0], b[1], 200, 0));
	P(S(splice, a[0], 0, g, 0, 1000, 0));
	P(S(splice, b[0], 0, g, &off, 150, 0));
	printf("%ld %ld\n", (long)off, (long)lseek(g, 0, SEEK_END));
	P(S(splice, b[0], 0, a[1], 0, 50, 0));
	P(S(read, a[0], buf, 100));
	P(S(splice, a[0], 0, b[1], 0, 10, SPLICE_F_NONBLOCK));
	P(S(tee, a[0], b[1], 10, SPLICE_F_NONBLOCK));
	P(S(tee, a[0], a[1], 10, 0));
	P(S(splice, a[0], 0, a[1], 0, 10, 0));
	P(S(splice, f, 0, g, 0, 10, 0));
	P(S(splice, a[0], &off, g, 0, 10, 0));
	P(S(splice, a[1], 0, g, 0, 10, 0));
	P(S(splice, f, 0, a[0], 0, 10, 0));
	P(S(splice, f, 0, a[1], 0, 10, 0x100));
	P(S(splice, f, 0, a[1], 0, 0, 0));
	P(S(splice, 99, 0, a[1], 0, 5, 0));
	off = -5;
	P(S(splice, f, &off, a[1], 0, 10, 0));
	off = 8192;
	P(S(splice, f, &off, a[1], 0, 10, 0));
	memset(buf, 'v', sizeof(buf));
	iov[0] = (struct iovec){ buf, 5000 };
	iov[1] = (struct iovec){ buf + 10, 0 };
	iov[2] = (struct iovec){ buf + 20, 100 };
	P(S(vmsplice, a[1], iov, 3, 0));
	P(S(vmsplice, a[1], iov, 0, 0));
	P(S(vmsplice, a[1], iov, 1025, 0));
	P(S(vmsplice, f, iov, 1, 0));
	P(S(vmsplice, a[1], iov, 1, 0x40));
	iov[0].iov_len = 60;
	P(S(vmsplice, a[0], iov, 1, 0));
	P(S(read, a[0], buf, 9000));
	close(a[1]);
	P(S(splice, a[0], 0, g, 0, 10, 0));
	signal(SIGPIPE, SIG_IGN);
	close(b[0]);
	P(S(splice, f, 0, b[1], 0, 10, 0));
	return 0;
}
