// SPDX-License-Identifier: GPL-2.0-or-later
// A mapped file that is executed while system calls store into it: the new code runs.
#include "files.h"

static unsigned char code[6] = { 0xb8, 0, 0, 0, 0, 0xc3 };   /* mov $n, %eax; ret */

int main(void)
{
	int fd = (int)S(memfd_create, "code", 0), src = file_of("src", 4096), p[2];
	int (*shared)(void), (*private)(void);
	struct iovec v = { code, sizeof(code) };
	off_t zero = 0;

	ftruncate(fd, 8192);
	pipe(p);
	pwrite(fd, code, sizeof(code), 0);
	shared = mmap(NULL, 4096, PROT_READ | PROT_EXEC, MAP_SHARED, fd, 0);
	private = mmap(NULL, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE, fd, 0);
	printf("%d %d\n", shared(), private());
	for (int i = 1; i < 4; i++) {
		code[1] = i;
		pwrite(fd, code, sizeof(code), 0);
		printf("pwrite %d %d\n", shared(), private());
	}
	code[1] = 10;
	lseek(fd, 0, SEEK_SET);
	write(fd, code, sizeof(code));
	printf("write %d %d\n", shared(), private());
	code[1] = 11;
	pwritev(fd, &v, 1, 0);
	printf("pwritev %d %d\n", shared(), private());
	code[1] = 12;
	pwrite(src, code, sizeof(code), 0);
	lseek(src, 0, SEEK_SET);
	lseek(fd, 0, SEEK_SET);
	P(S(sendfile, fd, src, NULL, 100));
	printf("%d %d\n", shared(), private());
	code[1] = 13;
	write(p[1], code, sizeof(code));
	P(S(splice, p[0], NULL, fd, &zero, sizeof(code), 0));
	printf("%d %d\n", shared(), private());
	code[1] = 14;
	/* Read straight into a mapping that another one executes. */
	char *store = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);

	pwrite(src, code, sizeof(code), 0);
	P(S(pread64, src, store, sizeof(code), 0));
	printf("%d %d\n", shared(), private());
	store[1] = 15;
	printf("%d %d\n", shared(), private());
	return 0;
}
