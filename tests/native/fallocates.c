// SPDX-License-Identifier: GPL-2.0-or-later
// fallocate: each mode and how they combine, on a disk's file and in memory.
#include "files.h"
#include <linux/falloc.h>

static void on(int fd)
{
	static const unsigned char modes[] = { 0, 1, 2, 3, 4, 5, 8, 9, 10, 16, 17, 18, 32, 33, 48, 64, 65, 67, 80, 127 };
	static char buf[40000];
	struct stat st;

	memset(buf, 'a', sizeof(buf));
	pwrite(fd, buf, 40000, 0);
	for (unsigned i = 0; i < sizeof(modes) / sizeof(*modes); i++) {
		unsigned mode = modes[i];
		long ret = S(fallocate, fd, mode, 4096, 8192);

		if (ret || mode < 4)
			printf("%x %s\n", mode, ret ? strerrorname_np(errno) : "ok");
		fstat(fd, &st);
		if (st.st_size != 40000)
			printf("size %ld\n", (long)st.st_size);
		ftruncate(fd, 0);
		pwrite(fd, buf, 40000, 0);
	}
	P(S(fallocate, fd, 0, 0, 0));
	P(S(fallocate, fd, 0, -1L, 10L));
	P(S(fallocate, fd, 0, 10L, -1L));
	P(S(fallocate, fd, 0, 0x7fffffffffffffff, 10));
	P(S(fallocate, fd, 0, 100000, 10));
	fstat(fd, &st);
	printf("%ld\n", (long)st.st_size);
	P(S(fallocate, fd, FALLOC_FL_KEEP_SIZE, 200000, 4096));
	P(S(fallocate, fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 4000, 200));
	P(S(fallocate, fd, FALLOC_FL_ZERO_RANGE, 8000, 200));
	P(S(pread64, fd, buf, 40000, 0));
	printf("%x\n", hash(buf, 40000));
	fstat(fd, &st);
	printf("%ld\n", (long)st.st_size);
}

int main(void)
{
	int p[2];

	on(open("disk", O_RDWR | O_CREAT, 0644));
	on(S(memfd_create, "m", 0));
	pipe(p);
	P(S(fallocate, p[1], 0, 0, 10));
	P(S(fallocate, open("disk", O_RDONLY), 0, 0, 10));
	P(S(fallocate, open(".", O_RDONLY), 0, 0, 10));
	P(S(fallocate, open("/dev/null", O_RDWR), 0, 0, 10));
	P(S(fallocate, 99, 0, 0, 10));
	return 0;
}
