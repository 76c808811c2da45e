// SPDX-License-Identifier: GPL-2.0-or-later
/* Code in files that change between two mappings, by this process and by others: what is there now is
 * executed. */
#include <fcntl.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include "show.h"

#define RX	(PROT_READ | PROT_EXEC)
#define CALL(p) (((int (*)(void))(p))())

/* mov $value, %eax; ret */
static void put(int fd, int value)
{
	unsigned char code[6] = {0xb8, (unsigned char)value, 0, 0, 0, 0xc3};

	pwrite(fd, code, sizeof(code), 0);
}

static int file(const char *name, int value)
{
	int fd = open(name, O_RDWR | O_CREAT | O_TRUNC, 0700);

	ftruncate(fd, 4096);
	put(fd, value);
	return fd;
}

static void by_another_process(int fd)
{
	for (int i = 0; i < 6; i++) {
		void *p = mmap(NULL, 4096, RX, i & 1 ? MAP_SHARED : MAP_PRIVATE, fd, 0);
		pid_t pid;

		printf("%d ", CALL(p));
		printf("%d ", CALL(p));
		munmap(p, 4096);
		pid = fork();
		if (!pid) {
			put(open("code", O_RDWR), i + 2);
			_exit(0);
		}
		waitpid(pid, NULL, 0);
	}
	putchar('\n');
}

static void while_mapped(int fd)
{
	char *p = mmap(NULL, 4096, RX, MAP_PRIVATE, fd, 0), *w;
	pid_t pid;

	SHOW(CALL(p));
	put(fd, 50);
	SHOW(CALL(p));
	mmap(p, 4096, RX, MAP_PRIVATE | MAP_FIXED, fd, 0);
	SHOW(CALL(p));
	pid = fork();
	if (!pid) {
		SHOW(CALL(p));
		put(fd, 60);
		SHOW(CALL(p));
		_exit(0);
	}
	waitpid(pid, NULL, 0);
	w = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	w[1] = 70;
	SHOW(CALL(p));
	munmap(p, 4096);
	w[1] = 80;
	p = mmap(NULL, 4096, RX, MAP_SHARED, fd, 0);
	SHOW(CALL(p));
	munmap(p, 4096);
	munmap(w, 4096);
}

/* Many files one after the other, at one address and, as it may be, in one place of memory. */
static void many(void)
{
	for (int i = 0; i < 40; i++) {
		char name[16];
		void *p;
		int fd;

		snprintf(name, sizeof(name), "c%d", i & 3);
		fd = file(name, i);
		p = mmap(NULL, 4096, RX, MAP_PRIVATE, fd, 0);
		close(fd);
		printf("%d ", CALL(p));
		munmap(p, 4096);
	}
	putchar('\n');
}

int main(void)
{
	int fd = file("code", 1);

	setvbuf(stdout, NULL, _IONBF, 0);
	by_another_process(fd);
	while_mapped(fd);
	many();
	return 0;
}
