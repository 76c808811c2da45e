// SPDX-License-Identifier: GPL-2.0-or-later
// copy_file_range: offsets, overlap, ends, kinds of files it refuses.
#include "files.h"

int main(void)
{
	int a = file_of("a", 9000), b = open("b", O_RDWR | O_CREAT, 0644), ro = open("a", O_RDONLY), p[2];
	int ap = open("c", O_WRONLY | O_CREAT | O_APPEND, 0644), dir = open(".", O_RDONLY);
	loff_t in, out;
	char buf[9000];

	pipe(p);
	P(S(copy_file_range, a, 0, b, 0, 100, 0));
	printf("%ld %ld\n", (long)lseek(a, 0, SEEK_CUR), (long)lseek(b, 0, SEEK_CUR));
	in = 8000, out = 10000;
	P(S(copy_file_range, a, &in, b, &out, 5000, 0));
	printf("%ld %ld %ld\n", (long)in, (long)out, (long)lseek(b, 0, SEEK_END));
	P(S(copy_file_range, a, &in, b, &out, 5000, 0));
	in = 0, out = 100;
	P(S(copy_file_range, a, &in, a, &out, 200, 0));
	in = 0, out = 5000;
	P(S(copy_file_range, a, &in, a, &out, 2000, 0));
	in = -1;
	P(S(copy_file_range, a, &in, b, 0, 10, 0));
	in = 0x7fffffffffffff00;
	P(S(copy_file_range, a, &in, b, 0, 0x1000, 0));
	in = 0, out = 0x7fffffffffffff00;
	P(S(copy_file_range, a, &in, b, &out, 0x1000, 0));
	P(S(copy_file_range, a, 0, b, 0, 10, 1));
	P(S(copy_file_range, a, 0, ro, 0, 10, 0));
	P(S(copy_file_range, ap, 0, b, 0, 10, 0));
	P(S(copy_file_range, a, 0, ap, 0, 10, 0));
	P(S(copy_file_range, p[0], 0, b, 0, 10, 0));
	P(S(copy_file_range, a, 0, p[1], 0, 10, 0));
	P(S(copy_file_range, dir, 0, b, 0, 10, 0));
	P(S(copy_file_range, a, 0, dir, 0, 10, 0));
	P(S(copy_file_range, 99, 0, b, 0, 10, 0));
	P(S(copy_file_range, a, 0, b, 0, 0, 0));
	pread(a, buf, 9000, 0);
	printf("%x\n", hash(buf, 9000));
	memset(buf, 0, 9000);
	printf("%x\n", hash(buf, pread(b, buf, 9000, 0)));
	return 0;
}
