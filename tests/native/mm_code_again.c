// SPDX-License-Identifier: GPL-2.0-or-later
/* Code that was overwritten in a shared mapping, after which the same place shows another file with the first code. */
#include <fcntl.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include "show.h"

#define PAGE 4096UL

/* mov $value, %eax; ret */
static void make(unsigned char *code, int value)
{
	code[0] = 0xb8;
	memcpy(code + 1, &value, sizeof(value));
	code[5] = 0xc3;
}

static int call(void *code)
{
	return ((int (*)(void))code)();
}

static unsigned char *map(int fd)
{
	return mmap((void *)0x10000000, PAGE, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_SHARED | MAP_FIXED, fd, 0);
}

static int file_with(int value)
{
	unsigned char code[PAGE] = {0};
	int fd = memfd_create("code", 0);

	make(code, value);
	SHOW(pwrite(fd, code, PAGE, 0));
	return fd;
}

/* How the first code is replaced: by a store, by a read into the page, or by a write to the file. */
static void replace(int how, unsigned char *p, int fd, int value)
{
	unsigned char code[16];
	int from = file_with(value);

	make(code, value);
	if (how == 0)
		memcpy(p, code, 6);
	else if (how == 1)
		SHOW(pread(from, p, 6, 0));
	else
		SHOW(pwrite(fd, code, 6, 0));
	close(from);
}

int main(void)
{
	for (int how = 0; how < 3; how++) {
		int fd = file_with(1 + 10 * how);
		unsigned char *p = map(fd);

		SHOW(call(p));
		replace(how, p, fd, 2 + 10 * how);
		SHOW(call(p));
		munmap(p, PAGE);
		/* The file goes, and what comes in its place begins as it did. */
		close(fd);
		fd = file_with(1 + 10 * how);
		p = map(fd);
		SHOW(call(p));
		/* Or it stays, and gets its old content while it is not mapped. */
		replace(2, p, fd, 3 + 10 * how);
		SHOW(call(p));
		munmap(p, PAGE);
		replace(2, p, fd, 1 + 10 * how);
		p = map(fd);
		SHOW(call(p));
		munmap(p, PAGE);
		close(fd);
	}
	return 0;
}
