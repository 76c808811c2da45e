// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What the fork server must stand: the first byte of the input (a file, or standard input) says what is done. Built so that it is a
 * harness for --function, too.
 */
#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

static int runs; /* must never be more than 1 */
static char **arguments;

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static volatile unsigned sink;

static int act(const uint8_t *data, size_t size)
{
	char *heap = malloc(100000);

	if (++runs != 1)
		return 99;
	memset(heap, 1, 100000);
	free(heap);
	for (size_t i = 0; i < size; i++)
		sink += data[i] & 1 ? 3 : sink >> 1;
	switch (size ? data[0] : 0) {
	case 'x':
		return 7;
	case 's':
		*(volatile int *)8 = 1;
		break;
	case 'a':
		abort();
	case 'k':
		kill(getpid(), SIGKILL);
		break;
	case 'b': /* behind the end of the input */
		sink += ((volatile const uint8_t *)data)[size];
		break;
	case 'h':
		for (;;)
			sink++;
	case 'H': /* a child that hangs, too */
		fork();
		for (;;)
			pause();
	case 'f': /* a child that is left */
		if (!fork())
			for (;;)
				pause();
		break;
	case 'c': { /* a child that dies */
		pid_t pid = fork();
		int status;

		if (!pid)
			abort();
		waitpid(pid, &status, 0);
		return WTERMSIG(status);
	}
	case 'e':
		execl(arguments[0], arguments[0], "-e", NULL);
		return 98;
	case 'd': /* descriptors, handlers and the directory are to be as before */
		if (open("/", O_RDONLY) != 3 || signal(SIGUSR1, SIG_IGN) != SIG_DFL || chdir("/"))
			return 97;
		return close(0) || close(3) ? 96 : 5;
	case 'u': /* it removes its input */
		return size > 1 && unlink(arguments[1]) ? 95 : 4;
	case 'm':
		return mmap(NULL, 1 << 20, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) == MAP_FAILED;
	}
	return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	return act(data, size);
}

int main(int argc, char **argv)
{
	static uint8_t data[1 << 16];
	ssize_t n;
	int fd = 0;

	if (argc > 1 && !strcmp(argv[1], "-e"))
		return 6;
	arguments = argv;
	if (argc > 1 && (fd = open(argv[1], O_RDONLY)) < 0)
		return 94;
	n = read(fd, data, sizeof(data));
	if (fd)
		close(fd);
	return n < 0 ? 93 : act(data, (size_t)n);
}
