// SPDX-License-Identifier: GPL-2.0-or-later
// sendfile, splice, tee, vmsplice, copy_file_range.
#include "files.h"

static char buf[1 << 20] __attribute__((aligned(4096)));

static void sends(void)
{
	int in = file_of("in", 30000), out = file_of("out", 0), fds[2];
	char *p = pages();
	off_t off = 10;

	pipe(fds);
	P(S(sendfile, out, in, &off, 5000));
	printf("%ld\n", (long)off);
	P(S(sendfile, out, in, NULL, 1 << 30));
	P(lseek(in, 0, SEEK_CUR));
	P(S(sendfile, out, in, NULL, 100));
	P(S(sendfile, out, in, NOWHERE, 100));
	off = -1;
	P(S(sendfile, out, in, &off, 100));
	off = 0;
	P(S(sendfile, fds[1], in, &off, 1000));
	P(S(sendfile, out, fds[0], NULL, 1000));
	P(S(sendfile, 99, in, NULL, 100));
	P(S(sendfile, out, 99, NULL, 100));
	P(S(sendfile, out, in, NULL, -1));
	off = 0;
	memcpy(p + 4096 - 4, &off, 8);
	P(S(sendfile, out, in, p + 4096 - 4, 100));
	printf("%ld\n", (long)*(off_t *)(p + 4096 - 4));
	P(S(sendfile, out, in, p + 8192, 100));
	P(lseek(out, 0, SEEK_END));
	P(S(pread64, out, buf, sizeof(buf), 0));
	printf("%08x\n", hash(buf, 35000));
	close(in);
	close(out);
	close(fds[0]);
	close(fds[1]);
}

static void copies(void)
{
	int in = file_of("in", 30000), out = file_of("out2", 0);
	loff_t a = 100, b = 200;

	P(S(copy_file_range, in, &a, out, &b, 5000, 0));
	printf("%ld %ld\n", (long)a, (long)b);
	P(S(copy_file_range, in, NULL, out, NULL, 1 << 30, 0));
	P(S(copy_file_range, in, NULL, out, NULL, 1 << 30, 0));
	P(S(copy_file_range, in, NULL, out, NULL, 100, 1));
	a = 0;
	b = 10;
	P(S(copy_file_range, in, &a, in, &b, 100, 0));
	P(S(copy_file_range, 0, &a, out, &b, 100, 0));
	P(S(copy_file_range, 99, &a, out, &b, 100, 0));
	P(S(copy_file_range, in, NOWHERE, out, &b, 100, 0));
	P(lseek(out, 0, SEEK_END));
	close(in);
	close(out);
}

static void splices(void)
{
	int in = file_of("in", 30000), out = file_of("out3", 0), x[2], y[2];
	struct iovec v[3] = { { "hello ", 6 }, { "world", 5 }, { NOWHERE, 5 } };
	char *p = pages();
	loff_t off = 5;

	pipe(x);
	pipe(y);
	P(S(splice, in, &off, x[1], NULL, 1000, 0));
	printf("%ld\n", (long)off);
	P(S(tee, x[0], y[1], 600, 0));
	P(S(tee, x[0], x[1], 600, 0));
	P(S(tee, in, y[1], 600, 0));
	P(S(tee, x[0], y[1], 600, 0x100));
	P(S(splice, x[0], NULL, out, NULL, 100000, 0));
	P(S(splice, x[0], &off, out, NULL, 10, 0));
	P(S(splice, in, NULL, out, NULL, 10, 0));
	P(S(splice, x[0], NULL, out, NULL, 10, 2));
	P(S(splice, 99, NULL, out, NULL, 10, 0));
	P(S(splice, in, NOWHERE, x[1], NULL, 10, 0));
	P(S(splice, in, &off, x[1], NULL, 10, 0x100));
	P(S(vmsplice, x[1], v, 2, 0));
	P(S(vmsplice, x[1], v, 3, 0));
	P(S(vmsplice, x[1], v + 2, 1, 0));
	P(S(vmsplice, x[1], v, 0, 0));
	P(S(vmsplice, x[1], v, 1025, 0));
	P(S(vmsplice, in, v, 1, 0));
	P(S(vmsplice, 99, v, 1, 0));
	P(S(vmsplice, x[1], v, 1, 0x100));
	P(S(vmsplice, x[1], NOWHERE, 1, 0));
	P(read(x[0], buf, 100));
	printf("%.22s\n", buf);
	v[0] = (struct iovec){ p + 4090, 10 };
	P(S(vmsplice, y[0], v, 1, 0));
	printf("%08x\n", hash(p + 4090, 10));
	v[0] = (struct iovec){ p, 1000 };
	P(S(vmsplice, y[0], v, 1, 0));
	P(S(vmsplice, y[0], v, 1, 2));
	v[0] = (struct iovec){ buf, 200000 };
	P(S(vmsplice, y[1], v, 1, 2));
	P(S(vmsplice, y[1], v, 1, 2));
}

static void pipes(void)
{
	int fds[2] = { 0, 0 };

	P(S(pipe2, fds, O_CLOEXEC | O_NONBLOCK));
	P(fcntl(fds[0], F_GETFD));
	P(fcntl(fds[1], F_GETFL));
	P(S(pipe2, fds, O_APPEND));
	P(S(pipe2, NOWHERE, 0));
	P(S(pipe, KERNEL));
	P(S(pipe2, fds, O_DIRECT));
	P(write(fds[1], "abc", 3));
	P(write(fds[1], "de", 2));
	P(read(fds[0], buf, 100));
	P(read(fds[0], buf, 1));
}

int main(void)
{
	sends();
	copies();
	splices();
	pipes();
	return 0;
}
