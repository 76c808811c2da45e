// SPDX-License-Identifier: GPL-2.0-or-later
// cachestat: pages of a file that are in memory; ranges and mistakes.
#include "files.h"

struct range { unsigned long off, len; };
struct stats { unsigned long cache, dirty, writeback, evicted, recently; };

int main(void)
{
	struct stats s;
	int fd = S(memfd_create, "m", 0), p[2];
	static char buf[40960];

	pipe(p);
	pwrite(fd, buf, 20000, 0);
	P(syscall(451, fd, &(struct range){ 0, 0 }, &s, 0));
	printf("%lu %lu\n", s.cache, s.writeback);
	P(syscall(451, fd, &(struct range){ 4096, 4096 }, &s, 0));
	printf("%lu\n", s.cache);
	P(syscall(451, fd, &(struct range){ 100000, 4096 }, &s, 0));
	printf("%lu\n", s.cache);
	P(syscall(451, fd, &(struct range){ 0, 0 }, &s, 1));
	P(syscall(451, fd, NOWHERE, &s, 0));
	P(syscall(451, fd, &(struct range){ 0, 0 }, NOWHERE, 0));
	P(syscall(451, 99, &(struct range){ 0, 0 }, &s, 0));
	P(syscall(451, p[0], &(struct range){ 0, 0 }, &s, 0));
	P(syscall(451, open(".", O_RDONLY), &(struct range){ 0, 0 }, &s, 0));
	return 0;
}
