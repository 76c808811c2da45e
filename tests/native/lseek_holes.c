// SPDX-License-Identifier: GPL-2.0-or-later
// lseek: positions, ends, SEEK_DATA and SEEK_HOLE on a sparse file.
#include "files.h"

int main(void)
{
	int fd = open("sparse", O_RDWR | O_CREAT, 0644), p[2], dir = open(".", O_RDONLY);
	char page[4096] = { 1 };

	pipe(p);
	pwrite(fd, page, 4096, 0x10000);
	pwrite(fd, page, 4096, 0x40000);
	ftruncate(fd, 0x80000);
	for (long at = 0; at <= 0x80000; at += 0x8000)
		printf("%lx: data %lx hole %lx\n", at, (long)lseek(fd, at, SEEK_DATA), (long)lseek(fd, at, SEEK_HOLE));
	P(S(lseek, fd, 0x80000, SEEK_DATA));
	P(S(lseek, fd, 0x80001, SEEK_HOLE));
	P(S(lseek, fd, -1, SEEK_DATA));
	P(S(lseek, fd, -1, SEEK_SET));
	P(S(lseek, fd, 10, SEEK_SET));
	P(S(lseek, fd, -11, SEEK_CUR));
	P(S(lseek, fd, -5, SEEK_CUR));
	P(S(lseek, fd, 0x7fffffffffffffff, SEEK_CUR));
	P(S(lseek, fd, 0x7fffffffffffffff, SEEK_SET));
	P(S(lseek, fd, 5, SEEK_END));
	P(S(lseek, fd, 0, 5));
	P(S(lseek, p[0], 0, SEEK_CUR));
	P(S(lseek, 99, 0, SEEK_CUR));
	P(S(lseek, dir, 0, SEEK_SET));
	P(S(lseek, open("/dev/null", O_RDONLY), 100, SEEK_SET));
	P(S(read, fd, page, 10));
	P(S(lseek, fd, 0, SEEK_CUR));
	return 0;
}
